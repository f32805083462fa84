"""Rows dealt to owners: each to the one furthest below its share.

An owner is a template or a part of one. Row k of an owner is due at (k + offset) / weight, with
an offset in (0, 1) of its own, as in systematic sampling; rows stand in the order in which they
are due. An owner that has given all drops out, and its share goes to the others (water-filling).
Dealing is cut into windows that depend on nothing but sizes, weights and offsets: any window can
be made alone, in any order, by any worker, and a larger number of rows only appends rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpusforge.grammar.pack import Template
from corpusforge.grammar.permutation import KeyedPermutation

__all__ = ["Dealing", "Quotas", "Shares", "spread_offsets"]

Integers = npt.NDArray[np.int64]
Dealt = tuple[int, Integers, Integers]
"""First row, owners, number of the row within its owner."""

WINDOW = 1 << 16

# The share of intents without a quota where the quotas leave nothing: they come last.
_LAST = 1e-9


class Shares(NamedTuple):
    """What owners get, shape [owners] each.

    Attributes:
        sizes: Rows that each has at most.
        weights: Relative number of rows, > 0.
        offsets: Where each starts in the first round, 0 to 1.
        turns: Order among equals.
    """

    sizes: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.float64]
    turns: Integers

    def only(self, owners: Integers) -> Shares:
        """Those of some owners."""
        return Shares(
            self.sizes[owners], self.weights[owners], self.offsets[owners], self.turns[owners]
        )


class Dealing:
    """Deals by weight.

    Args:
        shares: What owners get.
    """

    def __init__(self, shares: Shares) -> None:
        # Counts beyond 2^53 are not exact as floats, and nobody asks for so many rows.
        self._caps = np.minimum(shares.sizes, float(1 << 53))
        self._shares = shares
        # Owners that are due at the same time stand in this order.
        self._turns = np.argsort(shares.turns, kind="stable")
        self.size = float(self._caps.sum())
        """Rows that can be dealt."""

    def windows(self, stop: int, start: int = 0) -> Iterator[Dealt]:
        """Rows start ... stop - 1, as far as there are any."""
        _, weights, offsets, _ = self._shares
        caps = self._caps
        time = 0.0
        counts = np.zeros(len(caps), np.int64)
        row = 0
        while row < stop:
            share = float(weights[counts < caps].sum())
            if share <= 0.0:
                return
            time += WINDOW / share
            reached = np.ceil(time * weights - offsets)
            after = np.maximum(np.minimum(reached, caps), counts).astype(np.int64)
            rows = int((after - counts).sum())
            low, high = max(0, start - row), min(rows, stop - row)
            if high > low:
                owners, numbers = self._deal(counts, after)
                yield row + low, owners[low:high], numbers[low:high]
            row += rows
            counts = after

    def _deal(self, before: Integers, after: Integers) -> tuple[Integers, Integers]:
        """The rows of one window in the order in which they are due."""
        _, weights, offsets, _ = self._shares
        each = (after - before)[self._turns]
        owners = np.repeat(self._turns, each)
        ends = np.cumsum(each)
        numbers = np.arange(len(owners)) - np.repeat(ends - each - before[self._turns], each)
        if np.count_nonzero(each) > 1:
            due = numbers + offsets[owners]
            due /= weights[owners]
            order = np.argsort(due, kind="stable")
            owners, numbers = owners[order], numbers[order]
        return owners, numbers


class Quotas:
    """Deals rows to intents first, then to the owners of each.

    What an intent cannot give, the others do. Where quotas leave nothing for the intents without
    one, these come after all that the others have.

    Args:
        shares: What owners get within their intent, or among those without a quota.
        intents: Of each owner, shape [owners].
        quotas: Intent -> share of all rows; together at most 1.
    """

    def __init__(self, shares: Shares, intents: Sequence[str], quotas: Mapping[str, float]) -> None:
        number = {intent: group for group, intent in enumerate(quotas)}
        group_of = np.array([number.get(intent, len(quotas)) for intent in intents], np.int64)
        wanted = [*quotas.values(), max(1.0 - sum(quotas.values()), _LAST)]
        kept = [group for group, quota in enumerate(wanted) if quota > 0.0]
        self._owners = [np.flatnonzero(group_of == group).astype(np.int64) for group in kept]
        self._groups = [Dealing(shares.only(owners)) for owners in self._owners]
        count = len(kept)
        self._outer = Dealing(
            Shares(
                np.array([group.size for group in self._groups]),
                np.array([wanted[group] for group in kept]),
                (np.arange(count) + 0.5) / count,
                np.arange(count),
            )
        )

    def windows(self, stop: int, start: int = 0) -> Iterator[Dealt]:
        """Rows start ... stop - 1, as far as there are any."""
        inner: dict[int, _Stream] = {}
        for row, groups, numbers in self._outer.windows(stop, start):
            owners = np.zeros(len(groups), np.int64)
            own = np.zeros(len(groups), np.int64)
            for group in np.unique(groups).tolist():
                places = np.flatnonzero(groups == group)
                first = int(numbers[places[0]])
                if group not in inner:
                    inner[group] = _Stream(self._groups[group], first)
                local, own[places] = inner[group].take(len(places))
                owners[places] = self._owners[group][local]
            yield row, owners, own


class _Stream:
    """The rows of a dealing from `start` on, a few at a time."""

    def __init__(self, dealing: Dealing, start: int) -> None:
        self._windows = dealing.windows(int(min(dealing.size, 1 << 62)), start)
        self._owners = np.zeros(0, np.int64)
        self._numbers = np.zeros(0, np.int64)

    def take(self, count: int) -> tuple[Integers, Integers]:
        """The next rows."""
        while len(self._owners) < count:
            _, owners, numbers = next(self._windows)
            self._owners = np.concatenate([self._owners, owners])
            self._numbers = np.concatenate([self._numbers, numbers])
        taken = self._owners[:count], self._numbers[:count]
        self._owners, self._numbers = self._owners[count:], self._numbers[count:]
        return taken


def spread_offsets(templates: Sequence[Template], seed: int) -> list[tuple[float, int]]:
    """Where each template starts in the first round: (offset in (0, 1), turn among equals).

    Spread evenly within an intent, in keyed order, so that the first rows already show all
    intents in proportion to their weight. Keyed by intent and position and not by the
    template's id: editing one sentence leaves the turns of all others as they are.
    """
    members: dict[str, list[int]] = {}
    for index, template in enumerate(templates):
        members.setdefault(template.intent, []).append(index)
    offsets = [(0.5, 0)] * len(templates)
    order = KeyedPermutation(max(1, len(members)), seed, "grammar.intents")
    for number, (intent, indices) in enumerate(members.items()):
        place = KeyedPermutation(len(indices), seed, "grammar.turns", intent)
        for position, index in enumerate(indices):
            offsets[index] = ((place(position) + 0.5) / len(indices), order(number))
    return offsets
