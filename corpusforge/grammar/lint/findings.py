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
    """

    rule: str
    severity: Severity
    position: Position | None
    message: str
    witnesses: tuple[str, ...] = ()
    hint: str = ""

    def order(self) -> tuple[int, str, int, int, str]:
        """Graver first, then by place."""
        grave = ("error", "warning", "note").index(self.severity)
        at = self.position
        place = (at.file, at.line, at.column) if at else ("", 0, 0)
        return (grave, *place, self.rule)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        at = self.position
        return {
            "rule": self.rule,
            "severity": self.severity,
            "file": at.file if at else None,
            "line": at.line if at else None,
            "column": at.column if at else None,
            "message": self.message,
            "witnesses": list(self.witnesses),
            "hint": self.hint,
        }
