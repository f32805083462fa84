"""One finding of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from corpusforge.core.errors import Position

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning", "note"]
"""error: rows with wrong labels come of it; warning: rows are lost or lopsided; note: untidy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Attributes:
        rule: Name of the rule.
        severity: How grave it is.
        position: Where; None for what stands nowhere, as a missing intent.
        message: One plain sentence.
        witnesses: Sentences or values that show it.
        hint: What to do.
        also: Other places that have a part in it.
    """

    rule: str
    severity: Severity
    position: Position | None
    message: str
    witnesses: tuple[str, ...] = ()
    hint: str = ""
    also: tuple[Position, ...] = ()

    def order(self) -> tuple[int, str, int, int, str]:
        """Graver first, then by place."""
        grave = ("error", "warning", "note").index(self.severity)
        at = self.position
        place = (at.file, at.line, at.column) if at else ("", 0, 0)
        return (grave, *place, self.rule)

    def lines(self) -> list[str]:
        """For people: the finding on one line; witnesses, other places and what to do below it."""
        place = f"{self.position}: " if self.position else ""
        lines = [f"{place}{self.severity} [{self.rule}] {self.message}"]
        lines += [f"    {witness}" for witness in self.witnesses]
        lines += [f"    see {position}" for position in self.also]
        if self.hint:
            lines.append(f"    -> {self.hint}")
        return lines

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            **_place(self.position),
            "message": self.message,
            "witnesses": list(self.witnesses),
            "hint": self.hint,
            "also": [_place(position) for position in self.also],
        }


def _place(at: Position | None) -> dict[str, Any]:
    return {
        "file": at.file if at else None,
        "line": at.line if at else None,
        "column": at.column if at else None,
    }
