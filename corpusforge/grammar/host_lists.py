"""Lists that the host supplies at run time: the devices, rooms and floors of a home.

Home Assistant's sentences refer to `{name}`, `{area}` and `{floor}` and define them nowhere; the
running system fills them. Here they are wildcards until a file gives their values: a file of
`lists:`, or a fixture file of Home Assistant's own tests (`areas:`, `floors:`, `entities:`).
"""

from __future__ import annotations

from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.source import Document
from corpusforge.grammar.expression import Expression
from corpusforge.grammar.pack import ListValue, Source, ValueList
from corpusforge.grammar.parser import TemplateSyntaxError, has_syntax, literal, parse

__all__ = ["fixture_lists", "is_fixture"]

# Section of a fixture file -> the list that its names fill.
_SECTIONS = {"areas": "area", "floors": "floor", "entities": "name"}


def is_fixture(document: Document) -> bool:
    """Say whether a file has the layout of Home Assistant's test fixtures."""
    value = document.value
    return isinstance(value, dict) and bool(set(value) & set(_SECTIONS)) and "lists" not in value


def fixture_lists(document: Document) -> tuple[list[ValueList], list[InputError]]:
    """The lists of a fixture file, and what is wrong with it.

    A name with brackets is a template, as in Home Assistant's fixtures (`Trader Joe[']s`), or is
    taken literally where it cannot be read as one. A name that stands twice counts once.
    """
    lists: list[ValueList] = []
    errors: list[InputError] = []
    for section, name in _SECTIONS.items():
        entries = document.value.get(section)
        if not entries:
            continue
        if not isinstance(entries, list):
            at = document.key_position((section,))
            errors.append(InputError(f"expected a list for {section!r}", position=at))
            continue
        values: dict[str, ListValue] = {}
        for index, entry in enumerate(entries):
            source = Source(document, (section, index, "name"))
            text = _name(entry)
            if text is None:
                at = document.position((section, index))
                hint = 'expected a mapping with "name:", as in Home Assistant\'s fixtures'
                errors.append(
                    InputError(f"an entry of {section!r} has no name", position=at, hint=hint)
                )
            elif text not in values:
                values[text] = ListValue(_words(text), None, (), "", 1.0, source)
        if values:
            source = Source(document, (section,))
            lists.append(ValueList(name, name, values=tuple(values.values()), source=source))
    return lists, errors


def _name(entry: Any) -> str | None:
    text = entry.get("name") if isinstance(entry, dict) else None
    return text.strip() if isinstance(text, str) and text.strip() else None


def _words(name: str) -> Expression:
    if has_syntax(name):
        try:
            return parse(name)
        except TemplateSyntaxError:
            pass
    return literal(name)
