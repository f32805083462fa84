"""What a block of Home Assistant's templates demands of the home, beside the words."""

from __future__ import annotations

from typing import Any

from corpusforge.grammar.pack import Template

__all__ = ["block_of", "separated"]


def block_of(template: Template) -> dict[str, Any]:
    """The block of the file in which a template stands, as written."""
    value: Any = template.source.document.value
    for step in template.source.path:
        if step == "sentences" and isinstance(value, dict) and "sentences" in value:
            found: dict[str, Any] = value
            return found
        value = value[step]
    return {}


def separated(first: Template, second: Template) -> bool:
    """Say whether no state of a home allows both, by requires_context and excludes_context.

    One key is enough: one block requires `domain: light` and the other `domain: fan`, or
    excludes `light`.
    """
    one, two = block_of(first), block_of(second)
    return _refuses(one, two) or _refuses(two, one)


def _refuses(one: dict[str, Any], two: dict[str, Any]) -> bool:
    excluded = two.get("excludes_context") or {}
    others = two.get("requires_context") or {}
    for key, wanted in (one.get("requires_context") or {}).items():
        values = _values(wanted)
        if not values:
            continue
        also = _values(others.get(key))
        if (also and values.isdisjoint(also)) or values <= _values(excluded.get(key)):
            return True
    return False


def _values(wanted: Any) -> frozenset[str]:
    """Values that a key may have; none where any will do, as in `area: {slot: true}`."""
    if isinstance(wanted, dict):
        wanted = wanted.get("value")
    if wanted is None:
        return frozenset()
    return frozenset(map(str, wanted if isinstance(wanted, list) else [wanted]))
