"""Just enough of protobuf's encoding to change ONNX files without a package for the format.

https://protobuf.dev/programming-guides/encoding/: a message is a row of fields, each a tag (field
number and wire type) and its content.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Field", "encoded_field", "fields"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """A field of a message.

    Attributes:
        number: Which field of its message.
        whole: All of its bytes, with the tag.
        content: Of a string or message; empty for numbers.
    """

    number: int
    whole: memoryview
    content: memoryview


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a serialized message in their order.

    Raises:
        ValueError: A wire type that ONNX files do not have.
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        kind = tag & 7
        content = message[:0]
        if kind == _VARINT:
            _, at = _varint(message, at)
        elif kind == _BYTES:
            size, at = _varint(message, at)
            content, at = message[at : at + size], at + size
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind} in an ONNX file")
        yield Field(tag >> 3, message[start:at], content)


def encoded_field(number: int, content: bytes | int) -> bytes:
    """A field as bytes: a string or message, or a number that is not negative."""
    if isinstance(content, int):
        return _encoded(number << 3 | _VARINT) + _encoded(content)
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _encoded(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])
