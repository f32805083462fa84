"""A JSON file whose upper levels know their place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.text import SourceText

__all__ = ["JsonText"]

_SPACE = " \t\n\r"
Path_ = tuple[str | int, ...]


class JsonText:
    """A JSON file.

    Args:
        path: The file.
        depth: Values below so many keys and indices know their place, deeper ones that of the
            value around them. The C decoder reads these, so a large file stays quick.

    Attributes:
        value: The whole value; of equal keys the last counts, as in the standard library.

    Raises:
        InputError: When it is not UTF-8 or no JSON.
    """

    def __init__(self, path: Path, depth: int) -> None:
        self._source = SourceText(path)
        self._text = self._source.text
        self._decoder = json.JSONDecoder()
        self._places: dict[Path_, int] = {}
        try:
            self.value: Any = json.loads(self._text)
        except json.JSONDecodeError as error:
            place = self._source.place(error.lineno - 1, error.colno - 1)
            raise InputError(f"not valid JSON: {error.msg}", position=place) from None
        except RecursionError:
            raise InputError(f"{path} is nested too deeply") from None
        self._locate(self._after_space(0), depth, ())

    def position(self, path: Sequence[str | int] = ()) -> Position:
        """Where a value stands, or the nearest one around it that knows its place."""
        whole = tuple(path)
        while whole not in self._places:
            whole = whole[:-1]
        return self._source.at(self._places[whole])

    def _after_space(self, at: int) -> int:
        while self._text[at : at + 1] and self._text[at] in _SPACE:
            at += 1
        return at

    def _locate(self, at: int, depth: int, path: Path_) -> int:
        """Note the place of a value and of those in it; returns where it ends."""
        self._places[path] = at
        char = self._text[at]
        if depth == 0 or char not in "[{":
            end: int = self._decoder.raw_decode(self._text, at)[1]
            return end
        at = self._after_space(at + 1)
        index = 0
        while self._text[at] not in "]}":
            key: str | int = index
            if char == "{":
                key, at = self._decoder.raw_decode(self._text, at)
                at = self._after_space(self._after_space(at) + 1)
            at = self._after_space(self._locate(at, depth - 1, (*path, key)))
            if self._text[at] == ",":
                at = self._after_space(at + 1)
            index += 1
        return at + 1
