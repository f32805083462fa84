"""Less weight for generated rows that repeat a slot value.

Beside one or three real rows an intent has one or three values of a slot, and fifty generated
rows repeat them. A classifier then learns the value for the intent: on SNIPS that made rows
harmful which helped with other values in the same texts (eval/LOG.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from corpusforge.core.schema import Utterance
from corpusforge.core.text import nfc

__all__ = ["FREE", "Limited", "limited", "limits_note"]

# Weight of a value in generated rows of an intent, relative to its weight in other train rows (at
# least one row). On SNIPS' train rows, mean gain beside the names at 1 to 10 real rows, by SVM
# and encoder: without limit -.3 / +.8 points, at 1 -.1 / +1.3, at .5 +.5 / +1.4, at .25 +.5 / +1.5.
_MOST = 0.5
# Slots that a note names.
_NAMED = 3

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Limited:
    """What becomes of the weight of a generated row.

    Attributes:
        factor: The weight is to be multiplied with it, in (0, 1].
        values: (slot name, value) of those values that weigh too much without it; sorted.
    """

    factor: float
    values: tuple[tuple[str, str], ...]


FREE = Limited(1.0, ())
"""A row that keeps its weight."""


def limited(
    rows: Sequence[Utterance], train: Iterable[Utterance], weights: Mapping[str, float]
) -> list[Limited]:
    """How much less each generated row is to weigh for its slot values.

    Afterwards all generated rows of an intent that hold a value weigh at most half of what its
    other train rows that hold it weigh, or half of one row where that is more. Values that differ
    in case alone are one.

    Args:
        rows: Generated rows.
        train: Other train rows, with their weights.
        weights: Intent -> weight of a generated row.
    """
    known: defaultdict[_Key, float] = defaultdict(float)
    for row in train:
        for key in _keys(row):
            known[key] += row.weight
    said = Counter(key for row in rows for key in _keys(row))
    found = []
    for row in rows:
        whole = {key: said[key] * weights[row.intent] for key in _keys(row)}
        most = {key: _MOST * max(1.0, known[key]) for key in whole}
        over = sorted(key for key in whole if whole[key] > most[key])
        factor = min((most[key] / whole[key] for key in over), default=1.0)
        values = tuple((name, value) for _, name, value in over)
        found.append(Limited(factor, values) if values else FREE)
    return found


def limits_note(rows: Sequence[Limited]) -> tuple[str, ...]:
    """A note on rows that weigh less for their values, where there are any."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    held: Counter[str] = Counter()
    for row in rows:
        held.update({name for name, _ in row.values})
        for name, value in row.values:
            values[name].add(value)
    if not held:
        return ()
    found = sorted(held, key=lambda name: (len(values[name]) / held[name], name))
    told = [f"{name} ({_count(values[name])} in {held[name]} rows)" for name in found[:_NAMED]]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (
        f"expansion: {sum(bool(row.values) for row in rows)} of {len(rows)} generated rows repeat "
        f"slot values and weigh less for that: {', '.join(told)}{more}; lists of values in "
        "templates, or real rows with others, would give them more to say",
    )


def _count(values: Collection[str]) -> str:
    return f"{len(values)} value{'s' * (len(values) != 1)}"


def _keys(row: Utterance) -> set[_Key]:
    """Intent, slot name and value; `fold` would make one of "c" and "c++"."""
    return {
        (row.intent, slot.name, " ".join(nfc(slot.text).casefold().split()))
        for slot in row.slots or ()
    }
