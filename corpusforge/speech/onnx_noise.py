"""The random numbers of an ONNX graph as inputs: the same numbers give the same samples.

VITS graphs (Piper) draw their noise inside, from a generator of onnxruntime that is seeded once
per session and moves on with every run: what a text sounds like depends on what was said before.
Each `RandomNormalLike(x) -> y` becomes `Reshape(first elements of an input, Shape(x)) -> y`; all
other nodes stay as they are. No package for the file format is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["START", "Graph", "noise_as_input"]

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.node and .input, NodeProto.input,
# .output and .op_type, ValueInfoProto.name and .type, TypeProto.tensor_type,
# TypeProto.Tensor.elem_type and .shape, TensorShapeProto.dim, Dimension.dim_value.
_GRAPH, _NODE, _GRAPH_INPUT = 7, 1, 11
_INPUT, _OUTPUT, _OP_TYPE = 1, 2, 4
_NAME, _TYPE, _TENSOR, _ELEMENT, _SHAPE, _DIM, _DIM_VALUE = 1, 2, 1, 1, 2, 1, 1
_FLOAT, _INT64 = 1, 7
_VARINT, _BYTES = 0, 2

START = "noise_start"
"""Input of a graph with noise: int64 [0]."""


class Graph(NamedTuple):
    """A changed ONNX file.

    Attributes:
        model: Its bytes.
        noise: Names of the new inputs, float32 of any one length, in the order of the graph.
    """

    model: bytes
    noise: tuple[str, ...]


class _Field(NamedTuple):
    """A field of a message: its number, all of its bytes, and its content (b"" for numbers)."""

    number: int
    whole: memoryview
    content: memoryview


def _number(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _fields(data: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        start = at
        tag, at = _number(data, at)
        kind = tag & 7
        content = data[:0]
        if kind == _VARINT:
            _, at = _number(data, at)
        elif kind == _BYTES:
            size, at = _number(data, at)
            content, at = data[at : at + size], at + size
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind} in an ONNX file")
        yield _Field(tag >> 3, data[start:at], content)


def _encoded(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def _field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return _encoded(number << 3 | _VARINT) + _encoded(content)
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _node(op: str, inputs: tuple[bytes, ...], output: bytes) -> bytes:
    body = b"".join(_field(_INPUT, name) for name in inputs)
    return _field(_NODE, body + _field(_OUTPUT, output) + _field(_OP_TYPE, op.encode()))


def _input(name: bytes, element: int, length: int | None) -> bytes:
    """A one-dimensional input; None = of any length."""
    dimension = _field(_DIM, b"" if length is None else _field(_DIM_VALUE, length))
    tensor = _field(_ELEMENT, element) + _field(_SHAPE, dimension)
    typed = _field(_TYPE, _field(_TENSOR, tensor))
    return _field(_GRAPH_INPUT, _field(_NAME, name) + typed)


def noise_as_input(model: bytes) -> Graph:
    """The file with its random numbers as inputs; unchanged when it draws none."""
    parts: list[bytes | memoryview] = []
    noise: list[bytes] = []
    for item in _fields(memoryview(model)):
        if item.number != _GRAPH:
            parts.append(item.whole)
            continue
        graph: list[bytes | memoryview] = []
        for inner in _fields(item.content):
            replaced = _replaced(inner, noise) if inner.number == _NODE else None
            graph.append(inner.whole if replaced is None else replaced)
        if noise:
            graph += [_input(name, _FLOAT, None) for name in noise]
            graph.append(_input(START.encode(), _INT64, 1))
        parts.append(_field(_GRAPH, b"".join(graph)))
    return Graph(b"".join(parts), tuple(name.decode() for name in noise))


def _replaced(node: _Field, noise: list[bytes]) -> bytes | None:
    """What stands for a node that draws normal numbers, None for any other node."""
    parts = [(item.number, bytes(item.content)) for item in _fields(node.content)]
    if (_OP_TYPE, b"RandomNormalLike") not in parts:
        return None
    like = next(value for number, value in parts if number == _INPUT)
    drawn = next(value for number, value in parts if number == _OUTPUT)
    noise.append(drawn + b"_noise")
    shape, count, flat = drawn + b"_shape", drawn + b"_count", drawn + b"_flat"
    return (
        _node("Shape", (like,), shape)
        + _node("ReduceProd", (shape,), count)
        + _node("Slice", (noise[-1], START.encode(), count), flat)
        + _node("Reshape", (flat, shape), drawn)
    )
