"""What stands above every table of RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["head"]


def head(result: dict[str, Any], date: str | None = None) -> Iterator[str]:
    """Command, date, seed and versions.

    Args:
        result: Of one evaluation.
        date: Of a part of it; None for its own.
    """
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items() if v)
    yield f"Command: `{result['command']}`. Date {date or result['date']}, seed {result['seed']}."
    yield ""
    yield f"Versions: {versions}."
    yield ""
