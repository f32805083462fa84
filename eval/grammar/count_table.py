"""Table of counts made again by other programs, for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["count_check"]


def count_check(result: dict[str, Any]) -> Iterator[str]:
    """Exact counts of Home Assistant's languages, ours and others'."""
    totals = {name: int(number) for name, number in result["totals"].items()}
    yield "## Counts of Home Assistant's languages, made again without our code"
    yield ""
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items() if v)
    yield f"Command: `{result['command']}`. Date {result['date']}, seed {result['seed']}."
    yield ""
    yield f"Versions: {versions}."
    yield ""
    differ = len(result["intents_that_differ"])
    yield (
        f"{result['languages']} languages, {result['intents']:,} intents; {differ} intents whose "
        f"counts differ. {totals['derivations']:,} derivations."
    )
    yield ""
    yield "| different sentences, lists opaque, alike when they | ours | OpenFst |"
    yield "|---|---|---|"
    for name, said in (
        ("by_slot", "fill the same slot (`count`)"),
        ("by_list", "are the same list"),
        ("by_list_and_slot", "are the same list in the same slot"),
    ):
        other = totals.get(f"{name}_openfst")
        yield f"| {said} | {totals[name]:,} | {f'{other:,}' if other is not None else ''} |"
    yield ""
