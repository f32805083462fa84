"""The random numbers of an ONNX graph as inputs: the same numbers give the same samples.

VITS graphs (Piper) draw their noise inside, from a generator of onnxruntime that is seeded once
per session and moves on with every run: what a text sounds like depends on what was said before.
Each `RandomNormalLike(x) -> y` becomes `Reshape(first elements of an input, Shape(x)) -> y`; all
other nodes stay as they are.
"""

from __future__ import annotations

from typing import NamedTuple

from corpusforge.speech.protobuf import Field, encoded_field, fields

__all__ = ["START", "Graph", "noise_as_input"]

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.node and .input, NodeProto.input,
# .output and .op_type, ValueInfoProto.name and .type, TypeProto.tensor_type,
# TypeProto.Tensor.elem_type and .shape, TensorShapeProto.dim, Dimension.dim_value.
_GRAPH, _NODE, _GRAPH_INPUT = 7, 1, 11
_INPUT, _OUTPUT, _OP_TYPE = 1, 2, 4
_NAME, _TYPE, _TENSOR, _ELEMENT, _SHAPE, _DIM, _DIM_VALUE = 1, 2, 1, 1, 2, 1, 1
_FLOAT, _INT64 = 1, 7

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


def _node(op: str, inputs: tuple[bytes, ...], output: bytes) -> bytes:
    body = b"".join(encoded_field(_INPUT, name) for name in inputs)
    return encoded_field(
        _NODE, body + encoded_field(_OUTPUT, output) + encoded_field(_OP_TYPE, op.encode())
    )


def _input(name: bytes, element: int, length: int | None) -> bytes:
    """A one-dimensional input; None = of any length."""
    dimension = encoded_field(_DIM, b"" if length is None else encoded_field(_DIM_VALUE, length))
    tensor = encoded_field(_ELEMENT, element) + encoded_field(_SHAPE, dimension)
    typed = encoded_field(_TYPE, encoded_field(_TENSOR, tensor))
    return encoded_field(_GRAPH_INPUT, encoded_field(_NAME, name) + typed)


def noise_as_input(model: bytes) -> Graph:
    """The file with its random numbers as inputs; unchanged when it draws none."""
    parts: list[bytes | memoryview] = []
    noise: list[bytes] = []
    for item in fields(memoryview(model)):
        if item.number != _GRAPH:
            parts.append(item.whole)
            continue
        graph: list[bytes | memoryview] = []
        for inner in fields(item.content):
            replaced = _replaced(inner, noise) if inner.number == _NODE else None
            graph.append(inner.whole if replaced is None else replaced)
        if noise:
            graph += [_input(name, _FLOAT, None) for name in noise]
            graph.append(_input(START.encode(), _INT64, 1))
        parts.append(encoded_field(_GRAPH, b"".join(graph)))
    return Graph(b"".join(parts), tuple(name.decode() for name in noise))


def _replaced(node: Field, noise: list[bytes]) -> bytes | None:
    """What stands for a node that draws normal numbers, None for any other node."""
    parts = [(item.number, bytes(item.content)) for item in fields(node.content)]
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
