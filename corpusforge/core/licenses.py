"""SPDX license expressions: which of their licenses may not be published without a word.

Two kinds are refused unless a recipe allows them by name: licenses that forbid commercial use,
and those that nobody stated. Everything else passes, also names that SPDX does not know: whoever
wrote them meant something.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

__all__ = ["UNKNOWN", "Refused", "allowing", "refused_licenses", "stated"]

UNKNOWN = "NOASSERTION"
"""SPDX' word for "nothing was found out"; also the name by which unstated licenses are allowed."""

_UNSTATED = frozenset({"", "noassertion", "none", "unknown", "licenseref-unknown", "not stated"})
# CC-BY-NC-4.0, CC-BY-NC-SA-2.0-FR, NCGL-UK-2.0, PolyForm-Noncommercial-1.0.0 of the SPDX list
# (3.28), and the same words in names that packages make up.
_NON_COMMERCIAL = re.compile(r"non-?commercial|\bNC(GL)?\b|\bresearch[- ]only\b", re.IGNORECASE)
_TOKENS = re.compile(r"(\(|\)|\bAND\b|\bOR\b)")


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A license that may not be published, unless it is allowed by name.

    Attributes:
        name: As it stands in the expression; `UNKNOWN` where nothing stands.
        why: "non-commercial" or "unknown".
    """

    name: str
    why: str


def stated(expression: str | None) -> str:
    """An expression on one line; `UNKNOWN` for none."""
    lines = (expression or "").strip().splitlines()
    return lines[0].strip() if lines else UNKNOWN


def allowing(*names: str) -> str:
    """The line of a recipe that allows licenses by name."""
    return f"export: {{allow_licenses: [{', '.join(names)}]}}"


def refused_licenses(expression: str | None, allowed: Iterable[str] = ()) -> tuple[Refused, ...]:
    """What in a license expression is refused, sorted.

    Args:
        expression: SPDX, or any name; of licenses joined by OR it is enough that one passes.
        allowed: Names that pass whatever they are, in any case.
    """
    text = stated(expression)
    names = {name.casefold() for name in allowed}
    if text.casefold() in names:
        return ()
    try:
        tokens = [token.strip() for token in _TOKENS.split(text) if token.strip()]
        found, rest = _any_of(tokens, names)
        if rest:
            raise ValueError(text)
    except ValueError:  # a name with brackets of its own
        found = _one(text, names)
    return tuple(sorted(found))


def _any_of(tokens: list[str], allowed: Collection[str]) -> tuple[set[Refused], list[str]]:
    found, tokens = _all_of(tokens, allowed)
    while tokens and tokens[0] == "OR":
        other, tokens = _all_of(tokens[1:], allowed)
        found = found | other if found and other else set()
    return found, tokens


def _all_of(tokens: list[str], allowed: Collection[str]) -> tuple[set[Refused], list[str]]:
    found, tokens = _factor(tokens, allowed)
    while tokens and tokens[0] == "AND":
        other, tokens = _factor(tokens[1:], allowed)
        found = found | other
    return found, tokens


def _factor(tokens: list[str], allowed: Collection[str]) -> tuple[set[Refused], list[str]]:
    if not tokens or tokens[0] in (")", "AND", "OR"):
        raise ValueError("a license is missing")
    if tokens[0] != "(":
        return _one(tokens[0], allowed), tokens[1:]
    found, rest = _any_of(tokens[1:], allowed)
    if not rest or rest[0] != ")":
        raise ValueError("a bracket is not closed")
    return found, rest[1:]


def _one(name: str, allowed: Collection[str]) -> set[Refused]:
    if name.casefold() in allowed:
        return set()
    if name.casefold() in _UNSTATED:
        return {Refused(name, "unknown")}
    return {Refused(name, "non-commercial")} if _NON_COMMERCIAL.search(name) else set()
