"""How declared attributes of slot values go with intents: counts, association, representation.

Nothing is guessed from a name or a text: an attribute is what the author of a value list
declared for a value (DESIGN section 4, catalogue), so the counts are exact.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpusforge.core.seeding import rng
from corpusforge.core.text import fold
from corpusforge.metrics import cramers_v, representation

__all__ = ["LIMITS", "bias_figures"]

LIMITS = (
    "Counted are mentions, in rows of the release, of slot values whose attribute the recipe's "
    "value lists declare; private rows, words "
    "outside of slots, voices and undeclared attributes are not seen. The association says how "
    "unevenly the values are spread over the intents that use them, not whether a model trained "
    "on the corpus treats anyone worse. Rows of one template are alike, so the interval is too "
    "narrow for another draw of the corpus. A figure near 0 for few mentions is no proof of "
    "balance: compare it with the figure under independence."
)

Mention = tuple[str, str, str]  # intent, attribute value, origin


def bias_figures(
    table: pa.Table, catalogue: pa.Table, attributes: Sequence[str], seed: int
) -> dict[str, Any]:
    """Figures of each declared attribute against the intent, as JSON values.

    Args:
        table: Utterances that go into the release.
        catalogue: Slot values with their declared attributes.
        attributes: Attribute keys to look at, as the recipe names them.
        seed: The recipe's seed, for the permutations.

    Returns:
        {"status": "nothing declared"} without attributes; else "measured" with one entry per
        attribute. Figures that cannot be computed are null.
    """
    if not attributes:
        return {"status": "nothing declared"}
    entries = []
    for key in attributes:
        declared = _declared(catalogue, key)
        entries.append(_figures(key, declared, _mentions(table, declared), seed))
    return {"status": "measured", "limits": LIMITS, "attributes": entries}


def _declared(catalogue: pa.Table, key: str) -> dict[tuple[str, str], str]:
    """(entity, folded surface or value) -> declared value; contradictory ones are left out."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in catalogue.to_pylist():
        for attribute in row["attributes"] or ():
            if attribute["key"] == key:
                for name in (row["text"], row["value"]):
                    found[row["entity"], fold(name)].add(attribute["value"])
    return {place: values.pop() for place, values in sorted(found.items()) if len(values) == 1}


def _mentions(table: pa.Table, declared: dict[tuple[str, str], str]) -> list[Mention]:
    mentions: list[Mention] = []
    columns = (table[name].to_pylist() for name in ("intent", "slots", "origin"))
    for intent, slots, origin in zip(*columns, strict=True):
        for slot in slots or ():
            value = declared.get((slot["entity"], fold(slot["text"])))
            if value is None:
                value = declared.get((slot["entity"], fold(slot["value"])))
            if value is not None:
                mentions.append((intent, value, origin))
    return mentions


def _figures(
    key: str, declared: dict[tuple[str, str], str], mentions: list[Mention], seed: int
) -> dict[str, Any]:
    if not declared:
        return {"attribute": key, "status": "no value of the lists declares it"}
    values = sorted(set(declared.values()))
    intents = sorted({intent for intent, _, _ in mentions})
    counts = _table(mentions, intents, values)
    low, high = cramers_v.interval(counts)
    independent, p_value = cramers_v.permutation_test(
        counts, rng(seed, "clean", "bias permutation", key)
    )
    origins = sorted({origin for _, _, origin in mentions})
    by_origin = {
        origin: _number(
            cramers_v.compute(_table([m for m in mentions if m[2] == origin], intents, values))
        )
        for origin in origins
    }
    return {
        "attribute": key,
        "status": "measured" if mentions else "no row mentions such a value",
        "mentions": len(mentions),
        "intents": intents,
        "values": values,
        "counts": counts.T.tolist(),
        "representation": _number(representation.compute(counts.sum(axis=1))),
        "cramers_v": _number(cramers_v.compute(counts)),
        "interval_95": [_number(low), _number(high)],
        "independent_95": _number(independent),
        "p_value": _number(p_value),
        "cramers_v_by_origin": by_origin,
    }


def _table(
    mentions: list[Mention], intents: Sequence[str], values: Sequence[str]
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Counts, shape [values, intents]."""
    counted = Counter((value, intent) for intent, value, _ in mentions)
    cells = [[counted[value, intent] for intent in intents] for value in values]
    return np.array(cells, dtype=np.int64).reshape(len(values), len(intents))


def _number(value: float) -> float | None:
    """Rounded to what the figure can bear; NaN, which JSON lacks, as null."""
    return None if math.isnan(value) else round(value, 4)
