"""What stands above and below every table of RESULTS.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["head", "not_run"]


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


def not_run(result: dict[str, Any]) -> Iterator[str]:
    """Cells without a figure, by reason; repeats and draws of one cell together.

    Args:
        result: Of one evaluation.
    """
    by_reason: dict[str, dict[str, list[str]]] = {}
    for cell, why in result["not_run"].items():
        number = _NUMBER.search(cell)
        name = " ".join(_NUMBER.sub(" ", cell).split())
        which = by_reason.setdefault(why, {}).setdefault(name, [])
        if number:
            which.append(number[0].strip())
    for why, names in by_reason.items():
        listed = [f"{name} ({_numbers(which)})" if which else name for name, which in names.items()]
        yield f"Not run, because {why}: {'; '.join(listed)}."
        yield ""


_NUMBER = re.compile(r" draw \d+| \d\d(?= )")


def _numbers(which: list[str]) -> str:
    """Numbers in words: draw 1, 2, or repeats 01 to 20."""
    numbers = [text.removeprefix("draw ") for text in which]
    kind = "draws" if which[0].startswith("draw") else "repeats"
    shown = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 2 else ", ".join(numbers)
    return f"{kind} {shown}"
