"""Less weight for generated rows that repeat a slot value.

Beside one or three real rows an intent has one or three values of a slot, and fifty generated
rows repeat them. A classifier then learns the value for the intent: on SNIPS that made rows
harmful which helped with other values in the same texts (eval/LOG.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from corpusforge.core.schema import Utterance
from corpusforge.core.text import fold

__all__ = ["repeated_values", "value_factors"]

# Weight of a value in generated rows of an intent, relative to its weight in other train rows (at
# least one row). On SNIPS' train rows, mean gain beside the names at 1 to 10 real rows, by SVM
# and encoder: without limit -.3 / +.8 points, at 1 -.1 / +1.3, at .5 +.5 / +1.4, at .25 +.5 / +1.5.
_MOST = 0.5
# Slots that a note names.
_NAMED = 3

_Key = tuple[str, str, str]


def value_factors(
    rows: Sequence[Utterance], train: Iterable[Utterance], weights: Mapping[str, float]
) -> list[float]:
    """What the weight of each generated row is to be multiplied with, in (0, 1].

    Afterwards all generated rows of an intent that hold a value weigh at most half as much as
    the train rows of the intent that hold it, or as one row where none does.

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
    factors = []
    for row in rows:
        weight = weights[row.intent]
        limits = [_MOST * max(1.0, known[k]) / (said[k] * weight) for k in _keys(row) if weight]
        factors.append(min([1.0, *limits]))
    return factors


def repeated_values(rows: Sequence[Utterance], factors: Sequence[float]) -> tuple[str, ...]:
    """A note on rows that weigh less for their values, where there are any."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    held: Counter[str] = Counter()
    for row, factor in zip(rows, factors, strict=True):
        own = row.slots or ()
        held.update({slot.name for slot in own} if factor < 1 else ())
        for slot in own:
            values[slot.name].add(fold(slot.text))
    if not held:
        return ()
    found = sorted(held, key=lambda name: (len(values[name]) / held[name], name))
    told = [f"{name} ({_count(values[name])} in {held[name]} rows)" for name in found[:_NAMED]]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    less = sum(factor < 1 for factor in factors)
    return (
        f"expansion: {less} of {len(factors)} generated rows repeat few slot values and weigh "
        f"less for that: {', '.join(told)}{more}; templates with lists of values, or real rows "
        "with others, would give them more to say",
    )


def _count(values: Collection[str]) -> str:
    return f"{len(values)} value{'s' * (len(values) != 1)}"


def _keys(row: Utterance) -> set[_Key]:
    return {(row.intent, slot.name, fold(slot.text)) for slot in row.slots or ()}
