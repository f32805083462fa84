"""Table of the cold start for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean
from typing import Any

__all__ = ["cold_start"]


def cold_start(result: dict[str, Any]) -> Iterator[str]:
    """Accuracy of classifiers that saw no real sentence, and of others beside them."""
    yield "## Cold start: packs without a real sentence, tested on real ones"
    yield ""
    yield f"Command: `{result['command']}`. Date {result['date']}, seed {result['seed']}."
    yield ""
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items() if v)
    yield f"Versions: {versions}."
    yield ""
    yield (
        "Accuracy in % on all real test rows of the intents, mean (lowest to highest) over draws "
        "of pack rows and of real rows. Public templates gave 72.6 (SVM) and 87.5 to 88.1 "
        "(MiniLM) on 19 intents of CLINC150 elsewhere; which 19 is not known, and the packs here "
        "are not those templates."
    )
    yield ""
    for name, draws in result["sets"].items():
        if draws:
            yield from _set(name, draws)
    for cell, why in result["not_run"].items():
        yield f"Not run: {cell}: {why}."
    yield ""


def _set(name: str, draws: list[dict[str, Any]]) -> Iterator[str]:
    equal = mean(draw["pack_rows_equal_to_test_rows"] for draw in draws)
    yield (
        f"{name}: {draws[0]['test_rows']} test rows, {len(draws)} draw(s); {equal:.0f} pack rows "
        "a draw equal a test row and were left out."
    )
    yield ""
    classifiers = list(draws[0]["accuracy"])
    yield f"| training rows | {' | '.join(classifiers)} |"
    yield f"|---|{'---|' * len(classifiers)}"
    arms = draws[0]["accuracy"][classifiers[0]]
    for arm in arms:
        cells = [
            _spread([d["accuracy"][c][arm] for d in draws if arm in d["accuracy"][c]])
            for c in classifiers
        ]
        yield f"| {arm} | {' | '.join(cells)} |"
    yield ""
    for classifier in classifiers:
        recall = draws[0]["recall"][classifier]
        worst = sorted(recall, key=lambda intent: (recall[intent], intent))[:4]
        said = ", ".join(f"{intent} {recall[intent]:.0f}" for intent in worst)
        yield f"Lowest recall, {classifier}, first draw: {said}."
        yield ""


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"
