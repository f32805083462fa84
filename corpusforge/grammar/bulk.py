"""Sample in columns: distinct labelled sentences by unranking, without a memory of what was drawn.

Every template (by weights: every part of it, see `variants`) owns the sentences that no template
of its intent before it says (those of train come first), so a sentence has one owner, and what is
held out has no carrier phrase that train could say (see `apart`).
A keyed permutation of its ranks is the order of an owner's rows; `dealing` says whose row comes
when, in windows that depend on nothing but the grammar and the seed: any window can be made alone,
in any order, by any worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from corpusforge.core.schema import SPLITS
from corpusforge.grammar.apart import Reserved, Sides
from corpusforge.grammar.automata import Automaton, States, difference, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.dealing import Dealing, Dealt, Quotas, Shares, spread_offsets
from corpusforge.grammar.derivations import Piece
from corpusforge.grammar.expression import Expression
from corpusforge.grammar.pack import Template
from corpusforge.grammar.permutation import ColumnPermutations, KeyedPermutation
from corpusforge.grammar.unranking import MAX_RANK, Ids, Integers, Steps, Unranker
from corpusforge.grammar.value_splits import HoldOut, ValueSplits
from corpusforge.grammar.variants import parts

__all__ = ["By", "Corpus", "Owner", "SplitProof"]

By = Literal["sentences", "templates", "weights"] | float
"""Share of a template: as many as it has sentences, all alike, by its weight, or its number of
sentences to this power (0 all alike ... 1 as many as sentences)."""


class Owner(NamedTuple):
    """A template, or the part of one that its weights or held-out values make.

    Attributes:
        template: As written.
        part: Number of the part that its weights make.
        expression: Of this part.
        share: Of the template's rows; the parts sum to 1.
        split: Of all its rows.
    """

    template: Template
    part: int
    expression: Expression
    share: float
    split: str


class SplitProof(NamedTuple):
    """What automata say about train and the held-out splits.

    Attributes:
        sentences: Labelled sentences of train, and of the other splits.
        shared_sentences: Those that are in both: the size of the intersection.
        shared_carriers: Carrier phrases, lists opaque, of validation and test that train can say,
            case and punctuation aside; where values are held out, those that are in both.
        shared_words: Of lists that are held out, words of a value on both sides.
        shared_lists: Lists that are not held out.
    """

    sentences: tuple[int, int]
    shared_sentences: int
    shared_carriers: int
    shared_words: Mapping[str, Sequence[str]]
    shared_lists: Sequence[str]


class Corpus:
    """All labelled sentences of some templates in a fixed order, none of them made yet.

    Args:
        templates: Without wildcards.
        seed: Of the order.
        by: See `By`.
        splits: Template id -> split; templates of train own what they share with others.
        hold_out: What held-out rows do not share with train. "values": the rows of every
            template are split by their values, and `splits` does not count.
        quotas: Intent -> share of the rows; the others share what is left.
        reserved: Carrier phrases that one side must not say, unless values are held out.
    """

    def __init__(
        self,
        templates: Sequence[Template],
        *,
        seed: int,
        by: By = "sentences",
        splits: Mapping[str, str] | None = None,
        hold_out: HoldOut = "templates",
        quotas: Mapping[str, float] | None = None,
        reserved: Reserved | None = None,
    ) -> None:
        self._seed = seed
        owners = _split(templates, by, {} if hold_out == "values" else splits or {})
        builder = AutomatonBuilder("values")
        roots = [automaton.parts()[1] for automaton in _owned(builder, owners)]
        self._sides: Sides | None = None
        if hold_out != "values":
            self._sides = Sides(templates, splits or {}, reserved or {})
            roots = [
                self._sides[owner.split].without(
                    owner.template.intent, builder.states, root, builder.fillers
                )
                for owner, root in zip(owners, roots, strict=True)
            ]
        self._states, self._carriers = builder.states, list(zip(owners, roots, strict=True))
        self._values = ValueSplits(builder.fillers, seed)
        if hold_out == "templates":
            self.owners, self._roots = owners, roots
        else:
            self.owners, self._roots = self._by_values(hold_out)
        self.unranker = Unranker(builder.states, self._values.fillers)
        self.sizes = [self.unranker.total(root) for root in self._roots]
        """Sentences of each owner."""
        self._tables = np.array(
            [self.unranker.table(root) if root else 0 for root in self._roots], np.int32
        )
        small = [size if 0 < size < MAX_RANK else 1 for size in self.sizes]
        keys = [f"{owner.template.id}/{owner.part}" for owner in self.owners]
        if hold_out == "values":
            keys = [f"{k}/{owner.split}" for k, owner in zip(keys, self.owners, strict=True)]
        self._orders = ColumnPermutations(small, keys, seed)
        self._dealing = self._deal(templates, by, quotas or {})

    def _deal(
        self, templates: Sequence[Template], by: By, quotas: Mapping[str, float]
    ) -> Dealing | Quotas:
        placed = spread_offsets(templates, self._seed)
        number = {template.id: index for index, template in enumerate(templates)}
        pairs = [(owner, placed[number[owner.template.id]]) for owner in self.owners]
        shares = Shares(
            np.array([float(size) for size in self.sizes]),
            self._weigh(by),
            # Parts of one template start at different places, spread by the golden ratio.
            np.array([(offset + 0.6180339887498949 * o.part) % 1.0 for o, (offset, _) in pairs]),
            np.array([turn for _, (_, turn) in pairs], np.int64),
        )
        if not quotas:
            return Dealing(shares)
        return Quotas(shares, [owner.template.intent for owner in self.owners], quotas)

    def _by_values(self, hold_out: HoldOut) -> tuple[tuple[Owner, ...], list[int]]:
        """Owners with the values of their split; by "values" each template is in all splits."""
        owners: list[Owner] = []
        roots: list[int] = []
        for owner, root in self._carriers:
            before = len(roots)
            for split in SPLITS if hold_out == "values" else (owner.split,):
                made = self._states.relabel(root, partial(self._values.symbol, split=split))
                for other in roots[before:]:  # sentences without any held-out value
                    made = self._states.subtract(made, other)
                if made:
                    owners.append(owner._replace(split=split))
                    roots.append(made)
        return tuple(owners), roots

    def proof(self) -> SplitProof:
        """Compare train with the held-out splits, intent by intent."""
        states, unranker = self._states, self.unranker
        sentences = [0, 0]
        shared = carriers = 0
        owned = list(zip(self.owners, self._roots, strict=True))
        for intent in dict.fromkeys(owner.template.intent for owner in self.owners):
            sides = [_united(states, owned, intent, train=train) for train in (True, False)]
            for index, side in enumerate(sides):
                sentences[index] += unranker.total(side)
            shared += unranker.total(states.intersect(*sides))
            carriers += self._shared_carriers(intent)
        return SplitProof(
            (sentences[0], sentences[1]),
            shared,
            carriers,
            self._values.words_in_two_splits(),
            sorted(self._values.shared),
        )

    def _shared_carriers(self, intent: str) -> int:
        states = self._states
        train, others = (_united(states, self._carriers, intent, train=t) for t in (True, False))
        if self._sides is None:
            return states.counts[states.intersect(train, others)]
        fillers = self._values.fillers
        free = self._sides["test"].without(intent, states, others, fillers)
        return states.counts[others] - states.counts[free]

    def __len__(self) -> int:
        """How many sentences there are; `size` for numbers beyond 2^63."""
        return self.size

    def _weigh(self, by: By) -> npt.NDArray[np.float64]:
        if by == "weights":
            return np.array([owner.template.weight * owner.share for owner in self.owners])
        power = {"sentences": 1.0, "templates": 0.0}[by] if isinstance(by, str) else by
        return np.array([float(size) ** power if size else 1.0 for size in self.sizes])

    @property
    def size(self) -> int:
        """Exact number of labelled sentences."""
        return sum(self.sizes)

    def windows(self, stop: int, start: int = 0) -> Iterator[Dealt]:
        """Which rows there are: (first row, owners, number of the row within its owner).

        Args:
            stop: Rows from `start` to here, as far as there are any.
            start: First row wanted.
        """
        return self._dealing.windows(stop, start)

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
                self.sizes[owner], self._seed, "grammar.bulk", self.owners[owner].template.id
            )
            rank = order(number)
        return self.unranker.pieces(self._roots[owner], rank)

    def is_big(self) -> npt.NDArray[np.bool_]:
        """Say of each template whether its ranks need more than 62 bits."""
        return np.array([size >= MAX_RANK for size in self.sizes])


def _united(states: States, owned: Sequence[tuple[Owner, int]], intent: str, *, train: bool) -> int:
    """All that one side says of an intent."""
    return states.unite(
        root
        for owner, root in owned
        if owner.template.intent == intent and (owner.split == "train") == train
    )


def _owned(builder: AutomatonBuilder, owners: Sequence[Owner]) -> list[Automaton]:
    """What each owner says and none before it in the order of ownership."""
    order = sorted(
        range(len(owners)),
        key=lambda index: (owners[index].split != "train", index),
    )
    said: dict[str, Automaton] = {}
    owned: dict[int, Automaton] = {}
    for index in order:
        template = owners[index].template
        whole = builder.expression(owners[index].expression, template.scope)
        before = said.get(template.intent)
        owned[index] = whole if before is None else difference(whole, before)
        said[template.intent] = whole if before is None else union((before, whole))
    return [owned[index] for index in range(len(owners))]


def _split(templates: Sequence[Template], by: By, splits: Mapping[str, str]) -> tuple[Owner, ...]:
    """Templates; by weights, the parts that the weights inside them make."""
    return tuple(
        Owner(template, part, expression, share, splits.get(template.id, "train"))
        for template in templates
        for part, (expression, share) in enumerate(
            parts(template) if by == "weights" else [(template.expression, 1.0)]
        )
    )
