"""Rasa's annotations: `[Berlin](city)`, `[NY](city:New York)`, `[Rome]{"entity": "city"}`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.annotated import Mark
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack

__all__ = ["LOSSES", "Example", "plain_and_marks"]

_SECOND = Kind("second annotations of the same words", "left out; the first one stays")
_KEYS = Kind("other keys of annotations than entity, role, group, value", "left out")
LOSSES = (_SECOND, _KEYS)
"""What is lost of annotations."""

# [words](entity), [words](entity:value), [words]{...}, [words][{...}, {...}]
_MARK = re.compile(
    r"\[(?P<words>[^\]]+?)\]"
    r"(?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)"
    r"|(?P<one>\{[^}]+?\})|\[(?P<several>\s*\{.*?\}\s*)\])"
)
_SLIP = re.compile(r"\[[^\[\]]*\]?[({][^\s\])}]*|\[[^\[\]]+\]\s+\([^)]*\)")
_KNOWN = ("entity", "role", "group", "value")


@dataclass(frozen=True)
class Example:
    """One example: its text, and the place of each of its characters."""

    text: str
    at: Callable[[int], Position]


def plain_and_marks(example: Example, pack: ForeignPack) -> tuple[str, list[Mark]]:
    """The text without annotations, and these.

    Raises:
        InputError: When an annotation cannot be read, or names no entity.
    """
    pieces: list[str] = []
    marks: list[Mark] = []
    at = length = 0
    for found in _MARK.finditer(example.text):
        before = example.text[at : found.start()]
        start = length + len(before)
        length = start + len(found["words"])
        pieces += [before, found["words"]]
        at = found.end()
        if found["entity"] is not None:
            entity = found["entity"].strip()
            value = found["value"].strip() if found["value"] else None
            marks.append(Mark(start, length, entity, entity, value))
        else:
            marks.append(_mark(found, start, length, example, pack))
    text = "".join([*pieces, example.text[at:]])
    slip = _SLIP.search(text)
    if slip is not None:
        place = example.at(0)
        pack.fact(
            f"{place.file}:{place.line}: {slip[0]!r} looks like an annotation and is none; it "
            "stays text, as Rasa has it."
        )
    return text, marks


def _mark(found: re.Match[str], start: int, end: int, example: Example, pack: ForeignPack) -> Mark:
    one = found["one"] is not None
    at = example.at(found.start("one" if one else "several"))
    written = found["one"] if one else f"[{found['several']}]"
    try:
        parsed = json.loads(written)
    except ValueError as error:
        raise InputError(
            f"the annotation {written} is not valid JSON: {error}",
            position=at,
            hint='expected, for example: [Berlin]{"entity": "city", "role": "from"}',
        ) from None
    body, *others = parsed if isinstance(parsed, list) else [parsed]
    for other in others:
        pack.lose(_SECOND, at, f"a second annotation of {found['words']!r}: {json.dumps(other)}")
    for key in body:
        if key not in _KNOWN:
            pack.lose(_KEYS, at, f"the key {key!r} of an annotation")
    entity = _text(body, "entity")
    if not entity:
        near = next(iter(body), None)
        raise InputError("an annotation has no 'entity'", position=at, given=near, allowed=_KNOWN)
    value = body.get("value")
    return Mark(
        start,
        end,
        entity,
        entity,
        None if value is None else str(value),
        _text(body, "role"),
        _text(body, "group"),
    )


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    return "" if value is None else str(value).strip()
