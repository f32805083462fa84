"""How evenly slot values are used: entropy of the values of each slot name.

Source: Shannon 1948; normalised by the log of the number of different values (Pielou's
evenness, 1966), so that slots with few and with many values can be averaged.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["PLUGIN", "SlotEntropy", "slot_entropy"]


def slot_entropy(values: Iterable[tuple[str, str]]) -> float:
    """Mean evenness over slot names.

    Args:
        values: (slot name, value) of every slot.

    Returns:
        A value in [0, 1]: 1 when every value of a slot comes equally often, 0 when each slot
        has one value only or there are no slots.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, value in values:
        counts[name][value] += 1
    if not counts:
        return 0.0
    return sum(_evenness(counter) for counter in counts.values()) / len(counts)


def _evenness(counter: Counter[str]) -> float:
    if len(counter) < 2:
        return 0.0
    total = sum(counter.values())
    entropy = -sum(count / total * math.log(count / total) for count in counter.values())
    # Rounding may reach a hair above 1.
    return min(1.0, entropy / math.log(len(counter)))


@dataclass(frozen=True)
class SlotEntropy:
    """Mean evenness of slot values."""

    name: str = "slot_entropy"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "share of the largest entropy"
    source: str = "Pielou 1966, evenness of Shannon's entropy"

    def compute(self, values: Iterable[tuple[str, str]]) -> float:
        """See the function `slot_entropy`."""
        return slot_entropy(values)


PLUGIN = SlotEntropy()
