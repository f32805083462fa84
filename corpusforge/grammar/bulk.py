"""Sample in columns: distinct labelled sentences by unranking, without a memory of what was drawn.

Every template owns the sentences that no template of its intent before it says (those of train
come first), so a sentence has one owner, and what is held out is nothing that train could say.
A keyed permutation of its ranks is the order of an owner's rows. Rows are dealt to owners as in
`sampling`: each to the one furthest below its share, (rows + offset) / weight; an owner that
has given all drops out, and its share goes to the others (water-filling). Dealing is cut into
windows that depend on nothing but the grammar and the seed: any window can be made alone, in any
order, by any worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.derivations import Piece
from corpusforge.grammar.pack import Template
from corpusforge.grammar.permutation import ColumnPermutations, KeyedPermutation
from corpusforge.grammar.sampling import spread_offsets
from corpusforge.grammar.unranking import MAX_RANK, Ids, Integers, Steps, Unranker

__all__ = ["By", "Corpus"]

By = Literal["sentences", "templates", "weights"] | float
"""Share of a template: as many as it has sentences, all alike, by its weight, or its number of
sentences to this power (0 all alike ... 1 as many as sentences)."""

WINDOW = 1 << 16


class Corpus:
    """All labelled sentences of some templates in a fixed order, none of them made yet.

    Args:
        templates: Without wildcards.
        seed: Of the order.
        by: See `By`.
        splits: Template id -> split; templates of train own what they share with others.
    """

    def __init__(
        self,
        templates: Sequence[Template],
        *,
        seed: int,
        by: By = "sentences",
        splits: Mapping[str, str] | None = None,
    ) -> None:
        self.templates = tuple(templates)
        self._seed = seed
        builder = AutomatonBuilder("values")
        owned = _owned(builder, self.templates, splits or {})
        states = builder.states
        self.unranker = Unranker(states, builder.fillers)
        self._roots = [automaton.parts()[1] for automaton in owned]
        self.sizes = [self.unranker.total(root) for root in self._roots]
        """Sentences that each template owns."""
        self._tables = np.array(
            [self.unranker.table(root) if root else 0 for root in self._roots], np.int32
        )
        small = [size if 0 < size < MAX_RANK else 1 for size in self.sizes]
        ids = [template.id for template in self.templates]
        self._orders = ColumnPermutations(small, ids, seed)
        self._weights = _weights(self.templates, self.sizes, by)
        placed = spread_offsets(self.templates, seed)
        self._offsets = np.array([offset for offset, _ in placed])
        self._turns = np.array([turn for _, turn in placed], np.int64)

    def __len__(self) -> int:
        """How many sentences there are; `size` for numbers beyond 2^63."""
        return self.size

    @property
    def size(self) -> int:
        """Exact number of labelled sentences."""
        return sum(self.sizes)

    def windows(self, stop: int, start: int = 0) -> Iterator[tuple[int, Ids, Integers]]:
        """Which rows there are: (first row, owners, number of the row within its owner).

        Args:
            stop: Rows from `start` to here, as far as there are any.
            start: First row wanted.
        """
        sizes = np.array([float(size) for size in self.sizes])
        caps = np.minimum(sizes, float(1 << 53))
        time = 0.0
        counts = np.zeros(len(sizes), np.int64)
        row = 0
        while row < stop:
            active = counts < caps
            share = float(self._weights[active].sum())
            if share <= 0.0:
                return
            time += WINDOW / share
            reached = np.ceil(time * self._weights - self._offsets)
            after = np.maximum(np.minimum(reached, caps), counts).astype(np.int64)
            rows = int((after - counts).sum())
            if row + rows > start:
                owners, numbers = self._deal(counts, after)
                low, high = max(0, start - row), min(rows, stop - row)
                yield row + low, owners[low:high], numbers[low:high]
            row += rows
            counts = after

    def _deal(self, before: Integers, after: Integers) -> tuple[Ids, Integers]:
        """The rows of one window in the order in which they are dealt."""
        each = after - before
        owners = np.repeat(np.arange(len(each), dtype=np.int32), each)
        ends = np.cumsum(each)
        numbers = np.arange(len(owners)) - np.repeat(ends - each - before, each)
        if np.count_nonzero(each) > 1:
            due = (numbers + self._offsets[owners]) / self._weights[owners]
            order = np.lexsort((owners, self._turns[owners], due))
            owners, numbers = owners[order], numbers[order]
        return owners, numbers

    def steps(self, owners: Ids, numbers: Integers) -> Steps:
        """Take rows apart whose owners are below 2^62."""
        return self.unranker.walk(self._tables[owners], self._orders(owners, numbers))

    def pieces(self, owner: int, number: int) -> list[Piece]:
        """The pieces of one row, for owners of any size."""
        if self.sizes[owner] < MAX_RANK:
            which = np.array([owner], np.int32)
            rank = int(self._orders(which, np.array([number]))[0])
        else:
            order = KeyedPermutation(
                self.sizes[owner], self._seed, "grammar.bulk", self.templates[owner].id
            )
            rank = order(number)
        return self.unranker.pieces(self._roots[owner], rank)

    def is_big(self) -> npt.NDArray[np.bool_]:
        """Say of each template whether its ranks need more than 62 bits."""
        return np.array([size >= MAX_RANK for size in self.sizes])


def _owned(
    builder: AutomatonBuilder, templates: Sequence[Template], splits: Mapping[str, str]
) -> list[Automaton]:
    """What each template says and no template before it in the order of ownership."""
    order = sorted(
        range(len(templates)),
        key=lambda index: (splits.get(templates[index].id, "train") != "train", index),
    )
    said: dict[str, Automaton] = {}
    owned: dict[int, Automaton] = {}
    for index in order:
        template = templates[index]
        whole = builder.template(template)
        before = said.get(template.intent)
        owned[index] = whole if before is None else difference(whole, before)
        said[template.intent] = whole if before is None else union((before, whole))
    return [owned[index] for index in range(len(templates))]


def _weights(
    templates: Sequence[Template], sizes: Sequence[int], by: By
) -> npt.NDArray[np.float64]:
    if by == "weights":
        return np.array([template.weight for template in templates])
    power = {"sentences": 1.0, "templates": 0.0}.get(by, 0.0) if isinstance(by, str) else by
    return np.array([float(size) ** power if size else 1.0 for size in sizes])
