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
from functools import cached_property, partial
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from corpusforge.core.schema import SPLITS
from corpusforge.core.spans import Slot
from corpusforge.grammar.apart import Reserved, Sides
from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.constrained import Constrainer, Demand
from corpusforge.grammar.dealing import Dealing, Dealt, Quotas, Shares, spread_offsets
from corpusforge.grammar.derivations import Piece
from corpusforge.grammar.expression import Expression
from corpusforge.grammar.guides import Integers
from corpusforge.grammar.ownership import Claim, Property, owned
from corpusforge.grammar.pack import Template
from corpusforge.grammar.permutation import ColumnPermutations, KeyedPermutation
from corpusforge.grammar.plain_words import said_plainly
from corpusforge.grammar.sentence_paths import SentencePaths
from corpusforge.grammar.splits import DEFAULT_SHARES
from corpusforge.grammar.unranking import MAX_RANK, Steps, Unranker
from corpusforge.grammar.value_splits import HoldOut, PinnedValues, ValueSplits, slot_values
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
        plain_words: Of lists that are held out, words of values of other splits that train says
            outside of slots.
    """

    sentences: tuple[int, int]
    shared_sentences: int
    shared_carriers: int
    shared_words: Mapping[str, Sequence[str]]
    shared_lists: Sequence[str]
    plain_words: Mapping[str, Sequence[str]]


class Corpus:
    """All labelled sentences of some templates in a fixed order, none of them made yet.

    Args:
        templates: Without wildcards.
        seed: Of the order.
        by: See `By`.
        splits: Template id -> split; templates of train own what they share with others.
        hold_out: What held-out rows do not share with train. "values": the rows of every
            template are split by their values, and of `splits` only those count that are
            written in the templates.
        shares: Split -> share of the values, where values are held out.
        pinned: Values whose split is known.
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
        shares: Mapping[str, float] | None = None,
        pinned: PinnedValues | None = None,
    ) -> None:
        self._seed = seed
        if hold_out == "values":
            splits = {template.id: template.split for template in templates if template.split}
        owners = _split(templates, by, splits or {})
        builder = AutomatonBuilder("values")
        claims = [Claim(o.template, o.expression, first=o.split == "train") for o in owners]
        self._states = builder.states
        self._sides = (
            None
            if hold_out == "values"
            else Sides(templates, splits or {}, reserved or {}, builder.tables)
        )
        self._carriers = [
            (owner, self._apart(owner, properties, builder))
            for owner, properties in zip(owners, owned(builder, claims), strict=True)
        ]
        shares = self._shares = shares or DEFAULT_SHARES
        self._pinned = pinned
        self._fillers = dict(builder.fillers)
        self._symbols = self._fillers if hold_out == "templates" else self.values.fillers
        self._constrainer = Constrainer(self._states, self._symbols)
        self._owned = self._carriers
        if hold_out != "templates":
            every = [split for split in SPLITS if shares.get(split, 0.0)]
            self._owned = self._by_values(every if hold_out == "values" else [])
        self.owners = tuple(owner for owner, _ in self._owned)
        self._roots = [self._sentences(properties) for _, properties in self._owned]
        self.unranker = Unranker(builder.states, self._symbols)
        self._paths = SentencePaths(builder.states, self._symbols)
        self.sizes = [self.unranker.total(root) for root in self._roots]
        """Sentences of each owner."""
        self._tables = np.array(
            [self.unranker.table(root) if root else 0 for root in self._roots], np.int64
        )
        # Ranks beyond 62 bits are permuted and begun one by one.
        self._is_big = np.array([size >= MAX_RANK for size in self.sizes])
        self._any_big = bool(self._is_big.any())
        self._big_orders: dict[int, KeyedPermutation] = {}
        small = [size if 0 < size < MAX_RANK else 1 for size in self.sizes]
        keys = [f"{owner.template.id}/{owner.part}" for owner in self.owners]
        if hold_out == "values":
            keys = [f"{k}/{owner.split}" for k, owner in zip(keys, self.owners, strict=True)]
        self._orders = ColumnPermutations(small, keys, seed)
        self._dealing = self._deal(templates, self._weigh(by, shares), quotas or {})

    @cached_property
    def values(self) -> ValueSplits:
        """Which values are held out, unless only templates are."""
        return ValueSplits(self._fillers, self._seed, self._shares, self._pinned)

    def _deal(
        self,
        templates: Sequence[Template],
        weights: npt.NDArray[np.float64],
        quotas: Mapping[str, float],
    ) -> Dealing | Quotas:
        placed = spread_offsets(templates, self._seed)
        number = {template.id: index for index, template in enumerate(templates)}
        pairs = [(owner, placed[number[owner.template.id]]) for owner in self.owners]
        shares = Shares(
            np.array([float(size) for size in self.sizes]),
            weights,
            # Parts of one template start at different places, spread by the golden ratio.
            np.array([(offset + 0.6180339887498949 * o.part) % 1.0 for o, (offset, _) in pairs]),
            np.array([turn for _, (_, turn) in pairs], np.int64),
        )
        if not quotas:
            return Dealing(shares)
        return Quotas(shares, [owner.template.intent for owner in self.owners], quotas)

    def _apart(
        self, owner: Owner, properties: Sequence[Property], builder: AutomatonBuilder
    ) -> list[Property]:
        """Without the carrier phrases that belong to the other side of the splits."""
        if self._sides is None:
            return list(properties)
        taken, intent = self._sides[owner.split], owner.template.intent
        return [
            Property(taken.without(intent, builder.states, root, builder.fillers), demand)
            for root, demand in properties
        ]

    def _sentences(self, properties: Sequence[Property]) -> int:
        """All that one owner says."""
        return self._states.unite(self._constrainer.apply(*mine) for mine in properties)

    def _by_values(self, every: Sequence[str]) -> list[tuple[Owner, list[Property]]]:
        """Owners with the values of their split; without one of their own they are in `every`."""
        found: list[tuple[Owner, list[Property]]] = []
        for owner, properties in self._carriers:
            splits = [owner.split] if owner.template.split or not every else every
            held: dict[str, list[Property]] = {split: [] for split in splits}
            for root, demand in properties:
                before: list[int] = []
                for split in splits:
                    made = self._states.relabel(root, partial(self.values.symbol, split=split))
                    for other in before:  # sentences without any held-out value
                        made = self._states.subtract(made, other)
                    if made:
                        before.append(made)
                        held[split].append(Property(made, demand))
            found += [(owner._replace(split=split), mine) for split, mine in held.items() if mine]
        return found

    def proof(self) -> SplitProof:
        """Compare train with the held-out splits, intent by intent."""
        states = self._states
        sentences = [0, 0]
        for owner, size in zip(self.owners, self.sizes, strict=True):
            sentences[owner.split != "train"] += size
        shared = carriers = 0
        for intent in dict.fromkeys(owner.template.intent for owner in self.owners):
            train, others = (_united(states, self._owned, intent, train=t) for t in (True, False))
            for (demand, root), (other, theirs) in product(train.items(), others.items()):
                both = states.intersect(root, theirs)
                shared += self.unranker.total(self._constrainer.apply(both, demand & other))
            carriers += self._shared_carriers(intent)
        return SplitProof(
            (sentences[0], sentences[1]),
            shared,
            carriers,
            self.values.words_in_two_splits(),
            sorted(self.values.shared),
            self._plain_words(),
        )

    def _plain_words(self) -> dict[str, list[str]]:
        held = self.values.words_of(train=False)
        train = [own for owner, own in self._owned if owner.split == "train"]
        roots = [root for own in train for root, _ in own]
        said = said_plainly(set().union(*held.values()), self._states, roots)
        found = {
            entity: sorted(word for word in words if word.lower() in said)
            for entity, words in sorted(held.items())
        }
        return {entity: words for entity, words in found.items() if words}

    def _shared_carriers(self, intent: str) -> int:
        states, fillers = self._states, self._symbols
        if self._sides is None:
            sides = (_united(states, self._owned, intent, train=t).values() for t in (True, False))
            roots = (states.project(states.unite(side), self._named) for side in sides)
            return states.counts[states.intersect(*roots)]
        others = states.unite(_united(states, self._carriers, intent, train=False).values())
        free = self._sides["test"].without(intent, states, others, fillers)
        return states.counts[others] - states.counts[free]

    def _named(self, symbol: str) -> str:
        """A symbol without its list where it fills a slot."""
        slot = self._symbols[symbol].slot
        return f"{{{slot}}}" if slot else symbol

    def __len__(self) -> int:
        """How many sentences there are; `size` for numbers beyond 2^63."""
        return self.size

    def _weigh(self, by: By, shares: Mapping[str, float]) -> npt.NDArray[np.float64]:
        sizes = self.sizes
        if by in ("sentences", 1.0):
            return np.array([float(size) if size else 1.0 for size in sizes])
        together: dict[tuple[str, int], list[int]] = {}
        for number, owner in enumerate(self.owners):
            together.setdefault((owner.template.id, owner.part), []).append(number)
        found = np.ones(len(sizes))
        for numbers in together.values():
            template, _, _, share, _ = self.owners[numbers[0]]
            if by == "weights":
                weight = template.weight * share
            else:
                size = float(max(1, sum(sizes[number] for number in numbers)))
                weight = size ** (0.0 if by == "templates" else float(by))
            # A template in several splits gives each its share.
            parts = [shares.get(self.owners[number].split, 0.0) for number in numbers]
            whole = sum(parts)
            for number, part in zip(numbers, parts, strict=True):
                found[number] = weight * (part / whole if len(numbers) > 1 else 1.0)
        return found

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

    def owner_of(self, intent: str, text: str, slots: Sequence[Slot]) -> Owner | None:
        """Whose a sentence is; None where nobody of the intent may say it."""
        for owner, root in zip(self.owners, self._roots, strict=True):
            if owner.template.intent == intent and self._paths.says(root, text, slots):
                return owner
        return None

    def slot_values(self) -> dict[str, set[tuple[str, str]]]:
        """List -> (words, canonical value), for lists that fill slots; see `slot_values`."""
        return slot_values(self._fillers)

    def steps(self, owners: Integers, numbers: Integers) -> Steps:
        """Take rows apart, by owner and number within the owner, shape [rows] each."""
        if not (self._any_big and self._is_big[owners].any()):
            return self.unranker.walk(self._tables[owners], self._orders(owners, numbers))
        big = np.flatnonzero(self._is_big[owners])
        tables, ranks = self._tables[owners], np.zeros(len(owners), np.int64)
        small = np.flatnonzero(~self._is_big[owners])
        ranks[small] = self._orders(owners[small], numbers[small])
        begun = [
            self.unranker.descend(self._roots[owner], self._rank(owner, number), MAX_RANK)
            for owner, number in zip(owners[big].tolist(), numbers[big].tolist(), strict=True)
        ]
        tables[big] = [start.table for start in begun]
        ranks[big] = [start.rank for start in begun]
        return self.unranker.walk(tables, ranks).behind(len(owners), big, begun)

    def _rank(self, owner: int, number: int) -> int:
        """The rank of a row, of any size."""
        if not self._is_big[owner]:
            return int(self._orders(np.array([owner]), np.array([number]))[0])
        if owner not in self._big_orders:
            self._big_orders[owner] = KeyedPermutation(
                self.sizes[owner], self._seed, "grammar.bulk", self.owners[owner].template.id
            )
        return self._big_orders[owner](number)

    def pieces(self, owner: int, number: int) -> list[Piece]:
        """The pieces of one row."""
        return self.unranker.pieces(self._roots[owner], self._rank(owner, number))


def _united(
    states: States, owners: Sequence[tuple[Owner, list[Property]]], intent: str, *, train: bool
) -> dict[Demand, int]:
    """The carrier phrases that one side says of an intent, by what their values must obey."""
    found: dict[Demand, list[int]] = {}
    for owner, properties in owners:
        if owner.template.intent == intent and (owner.split == "train") == train:
            for root, demand in properties:
                found.setdefault(demand, []).append(root)
    return {demand: states.unite(roots) for demand, roots in found.items()}


def _split(templates: Sequence[Template], by: By, splits: Mapping[str, str]) -> tuple[Owner, ...]:
    """Templates; by weights, the parts that the weights inside them make."""
    return tuple(
        Owner(template, part, expression, share, splits.get(template.id, "train"))
        for template in templates
        for part, (expression, share) in enumerate(
            parts(template) if by == "weights" else [(template.expression, 1.0)]
        )
    )
