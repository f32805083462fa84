"""Hold out slot values: every value of a list belongs to one split.

Values are dealt by canonical value, so that two ways to say the same thing stay together, and so do
values of any lists that are said with the same words. Each list is dealt in the order of keyed
hashes: a new value moves few others. Values that are pinned, as those of real rows are, come first;
what a list that is not held out says too stays in train. Lists with fewer than `MIN_VALUES`
different values, ranges too long to spell out, wildcards and lists that fill no slot are not held
out. A sentence with values of two splits is in none of them.

Only slots are held out: what sentences of train say in plain words stays as it is, also where it
is a value of another split. `Corpus.proof` counts these values (see `plain_words`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Literal

from corpusforge.core.text import fold
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.slot_labels import split_label
from corpusforge.grammar.splits import DEFAULT_SHARES

__all__ = ["MIN_VALUES", "HoldOut", "PinnedValues", "ValueSplits", "slot_values"]

HoldOut = Literal["templates", "values", "both"]
"""What no held-out row shares with train: carrier phrases, slot values, or neither of them."""

PinnedValues = Mapping[str, Mapping[str, str]]
"""Slot or list -> folded words of a value -> split."""

# With fewer, a tenth would be less than one value.
MIN_VALUES = 10


class ValueSplits:
    """The symbols of an automaton, by split.

    Args:
        fillers: The symbols of a builder with labels "values".
        seed: Of the dealing.
        shares: Split -> share of the values of each list.
        pinned: Slot or list -> folded words -> split.
    """

    def __init__(
        self,
        fillers: Mapping[str, Filler],
        seed: int,
        shares: Mapping[str, float] | None = None,
        pinned: PinnedValues | None = None,
    ) -> None:
        self.fillers: dict[str, Filler] = dict(fillers)
        """The same symbols and those of the splits."""
        self.shared: set[str] = set()
        """Lists that are not held out."""
        shares = shares or DEFAULT_SHARES
        self._dealt: dict[str, dict[str, str]] = {}
        lists = _slotted(fillers)
        values = {entity: _values(tables) for entity, (tables, _) in lists.items()}
        alike = _Alike()
        for entity, (tables, slots) in lists.items():
            words = [(pinned or {}).get(name, {}) for name in sorted({entity, *slots})]
            for text, value in _pairs(tables):
                alike.join(entity, value, fold(text))
                for known in words:
                    alike.pin(entity, value, known.get(fold(text), ""))
                if not values[entity]:
                    alike.pin(entity, value, "train")
        for entity in sorted(lists):
            self._dealt[entity] = _dealt(entity, values[entity], seed, shares, alike)
        self._symbols: dict[tuple[str, str], str] = {}
        self._parts: dict[tuple[int, str], ListTable | None] = {}
        self.shared = {entity for entity, dealt in self._dealt.items() if not dealt}
        self.held_out = set(self._dealt) - self.shared
        """The others."""

    def split_of(self, entity: str, value: str) -> str:
        """The split of a canonical value; "" where the values of its list are not held out."""
        return self._dealt.get(entity, {}).get(value, "")

    def symbol(self, symbol: str, split: str) -> str | None:
        """The symbol for the values of one split; None when it has none of them."""
        filler = self.fillers.get(symbol)
        if filler is None or filler.table is None or not filler.slot:
            return symbol
        dealt = self._dealt[filler.table.entity]
        if not dealt:
            return symbol
        part = self._part(filler.table, dealt, split)
        if part is None:
            return None
        made = f"{{{split}/{symbol[1:-1]}}}"
        self.fillers.setdefault(made, Filler(filler.slot, part))
        return made

    def _part(self, table: ListTable, dealt: Mapping[str, str], split: str) -> ListTable | None:
        key = id(table), split
        if key not in self._parts:
            pairs = [table.value(index) for index in range(table.size)]
            held = [pair for pair in pairs if dealt[pair[1]] == split]
            self._parts[key] = table.only(held) if held else None
        return self._parts[key]

    def words_of(self, *, train: bool) -> dict[str, set[str]]:
        """List that is held out -> words of its values, of train or of the other splits."""
        found: dict[str, set[str]] = {}
        for (_, split), part in self._parts.items():
            if part is not None and (split == "train") == train:
                words = (part.value(index)[0] for index in range(part.size))
                found.setdefault(part.entity, set()).update(words)
        return found

    def words_in_two_splits(self) -> dict[str, list[str]]:
        """Of lists that are held out, words of another split that train says, in any list."""
        said = self.words_of(train=True).values()
        train = {words.lower() for those in said for words in those}
        others = {
            entity: {words.lower() for words in those}
            for entity, those in self.words_of(train=False).items()
        }
        found = {entity: sorted(words & train) for entity, words in others.items()}
        return {entity: words for entity, words in found.items() if words}


def slot_values(fillers: Mapping[str, Filler]) -> dict[str, set[tuple[str, str]]]:
    """List -> (words, canonical value) of lists that fill slots.

    Numbers and dates between bounds, and lists too long to spell out, are left out.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    for entity, (tables, _) in _slotted(fillers).items():
        for table in tables:
            if table.spelled and not table.is_range:
                pairs = (table.value(index) for index in range(table.size))
                found.setdefault(entity, set()).update(pairs)
    return found


def _slotted(fillers: Mapping[str, Filler]) -> dict[str, tuple[list[ListTable], set[str]]]:
    """List -> its tables, and the slots that it fills."""
    found: dict[str, tuple[list[ListTable], set[str]]] = {}
    for filler in fillers.values():
        if filler.table is not None and filler.slot:
            tables, slots = found.setdefault(filler.table.entity, ([], set()))
            slots.add(split_label(filler.slot).name)
            if filler.table not in tables:
                tables.append(filler.table)
    return found


def _pairs(tables: Sequence[ListTable]) -> Iterator[tuple[str, str]]:
    """Words and canonical values of a list, as far as they can be spelled out."""
    for table in tables:
        if table.spelled:
            yield from (table.value(index) for index in range(table.size))


def _values(tables: Sequence[ListTable]) -> set[str]:
    """The canonical values of a list; empty for a list that is not held out."""
    if not all(table.spelled for table in tables):
        return set()
    values = {value for _, value in _pairs(tables)}
    return values if len(values) >= MIN_VALUES else set()


class _Alike:
    """Values that are said with the same words, whatever their lists, and their splits."""

    def __init__(self) -> None:
        self._above: dict[tuple[str, str], tuple[str, str]] = {}
        self._by_words: dict[str, tuple[str, str]] = {}
        self._splits: dict[tuple[str, str], str] = {}

    def join(self, entity: str, value: str, words: str) -> None:
        """Note that a value is said with these words."""
        one = self.group(entity, value)
        other = self._find(self._by_words.setdefault(words, one))
        if one != other:
            self._above[other] = one
            split = self._splits.pop(other, "")
            self.pin(entity, value, split)

    def pin(self, entity: str, value: str, split: str) -> None:
        """Give a value, and all that are alike, a split; train goes first, "" says nothing."""
        root = self.group(entity, value)
        if split and self._splits.get(root) != "train":
            self._splits[root] = split

    def split(self, entity: str, value: str) -> str:
        """The split of a value, "" while it has none."""
        return self._splits.get(self.group(entity, value), "")

    def group(self, entity: str, value: str) -> tuple[str, str]:
        """The one of the values that are alike that stands for all of them."""
        return self._find((entity, value))

    def _find(self, key: tuple[str, str]) -> tuple[str, str]:
        root = key
        while (above := self._above.get(root)) is not None:
            root = above
        while key != root:
            self._above[key], key = root, self._above[key]
        return root


def _dealt(
    entity: str, values: set[str], seed: int, shares: Mapping[str, float], alike: _Alike
) -> dict[str, str]:
    """Canonical value -> split; what is dealt holds for all values that are alike."""

    def place(value: str) -> bytes:
        text = f"{seed}\x1f{entity}\x1f{value}".encode()
        return blake2b(text, digest_size=16, person=b"cf-values-1").digest()

    order = sorted(values, key=place)
    groups = Counter(alike.group(entity, value) for value in order)
    total = sum(shares.values())
    for split in ("validation", "test"):
        share = shares.get(split, 0.0) / total
        wanted = max(1, round(len(order) * share)) if share else 0
        there = sum(alike.split(entity, value) == split for value in order)
        for value in order:
            if there >= wanted:
                break
            if not alike.split(entity, value):
                alike.pin(entity, value, split)
                there += groups[alike.group(entity, value)]
    for value in order:
        alike.pin(entity, value, alike.split(entity, value) or "train")
    return {value: alike.split(entity, value) for value in order}
