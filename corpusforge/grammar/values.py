"""Read the lists of a template file: values, ranges of numbers, wildcards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from corpusforge.core.errors import InputError
from corpusforge.grammar.expression import Expression, Text
from corpusforge.grammar.pack import FRACTIONS, ListValue, NumberRange, Source, ValueList
from corpusforge.grammar.parser import has_syntax, literal
from corpusforge.grammar.series import Series

# More numbers than this, written with decimals, would make an automaton of that size.
MAX_DECIMAL_NUMBERS = 100_000
_BOUNDED = ("range", "time", "date", "money", "duration")


class Parse(Protocol):
    """Parses a template; keeps the error for later and returns empty text when it is wrong."""

    def __call__(self, text: str, source: Source, *, what: str) -> Expression:
        """See `loader._Builder`."""
        ...


def read_list(
    name: str, entity: str, body: Mapping[str, Any], source: Source, parse: Parse, lang: str
) -> ValueList:
    """Make a list of its YAML body, whose structure has been checked.

    Args:
        name: As references write it.
        entity: Name of its values in rows.
        body: What stands under the name.
        source: Where it stands.
        parse: For values that are templates.
        lang: BCP-47 tag, for numbers and times.

    Raises:
        InputError: For an empty value, a range that ends before it starts, and the like.
    """
    bounds = _read_bounds(name, body, source, lang)
    if bounds is not None:
        return ValueList(name, entity, range=bounds, source=source)
    values = tuple(
        _read_value(name, value, Source(source.document, (*source.path, "values", index)), parse)
        for index, value in enumerate(body.get("values", ()))
    )
    return ValueList(name, entity, values=values, source=source)


def _read_bounds(
    name: str, body: Mapping[str, Any], source: Source, lang: str
) -> NumberRange | Series | None:
    """The values of a list with bounds; None for any other list."""
    kind = next((key for key in _BOUNDED if key in body), None)
    if kind is None:
        return None
    numbers = _read_range(name, body["range"], source) if kind == "range" else None
    if numbers is not None and body["range"].get("forms", ["digits"]) == ["digits"]:
        return numbers
    # imported here: most packs have no such list, and need none of CLDR's data
    from corpusforge.grammar.cldr_values import read_numbers, read_series

    where = Source(source.document, (*source.path, kind))
    if numbers is not None:
        return read_numbers(name, numbers, body["range"], where, lang)
    return read_series(name, kind, body[kind], where, lang)


def merge_lists(first: ValueList, second: ValueList) -> ValueList:
    """A list whose values stand in two files.

    Raises:
        InputError: When both are not lists of values, and are not the same.
    """
    if first.values and second.values:
        return replace(first, values=first.values + second.values)
    if (first.values, first.range) == (second.values, second.range):
        return first
    where = first.source.position() if first.source else None
    raise InputError(
        f"the list {{{second.name}}} was defined otherwise before"
        + (f" ({where.file}:{where.line})" if where else ""),
        position=second.source.document.key_position(second.source.path) if second.source else None,
        hint="values of two files are joined; ranges and wildcards cannot be",
    )


def _read_value(name: str, value: Any, source: Source, parse: Parse) -> ListValue:
    whole: Mapping[str, Any] = {"in": value} if isinstance(value, str) else value
    if not isinstance(value, str):
        source = Source(source.document, (*source.path, "in"))
    words = whole["in"]
    if not words.strip():
        raise InputError(f"a value of the list {{{name}}} is empty", position=source.position())
    expression: Expression = literal(words)
    if has_syntax(words):
        expression = parse(words, source, what=f"list {{{name}}}")
    if whole is not value:  # only words, as nearly all values are
        return ListValue(expression, None, (), "", 1.0, source)
    out, spoken = whole.get("out"), whole.get("spoken", "").strip()
    if spoken and not isinstance(expression, Text):
        raise InputError(
            f"a value of the list {{{name}}} has a spoken form, and its words are a template",
            position=source.position(),
            hint="write each way to say it as a value of its own",
        )
    attributes = {str(k): text_of(v) for k, v in (whole.get("attributes") or {}).items()}
    return ListValue(
        expression=expression,
        value=None if out is None else text_of(out),
        attributes=tuple(sorted(attributes.items())),
        agreement=whole.get("agreement", ""),
        weight=float(whole.get("weight", 1)),
        source=source,
        spoken=spoken,
    )


def text_of(value: Any) -> str:
    """A canonical value as text; what is not text is written as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _read_range(name: str, body: Mapping[str, Any], source: Source) -> NumberRange:
    first, last = int(body["from"]), int(body["to"])
    if first > last:
        raise InputError(
            f"the range of the list {{{name}}} ends before it starts: from {first} to {last}",
            position=source.document.position((*source.path, "range", "to")),
        )
    multiplier = body.get("multiplier")
    numbers = NumberRange(
        first=first,
        last=last,
        step=int(body.get("step", 1)),
        decimals=FRACTIONS[body["fractions"]] if "fractions" in body else "",
        multiplier=None if multiplier is None else float(multiplier),
        words=body.get("words", True),
        words_language=body.get("words_language", ""),
    )
    if numbers.decimals and len(numbers) > MAX_DECIMAL_NUMBERS:
        raise InputError(
            f"the range of the list {{{name}}} has {len(numbers):,} numbers with decimals, "
            f"more than {MAX_DECIMAL_NUMBERS:,}",
            position=source.document.key_position((*source.path, "range")),
            hint="make it smaller, or use a larger step",
        )
    return numbers
