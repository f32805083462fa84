"""Hold out slot values: every value of a list belongs to one split.

Values are dealt by canonical value, so that two ways to say the same thing stay together, in the
order of keyed hashes: a new value moves few others. Lists with fewer than `MIN_VALUES` different
values, ranges too long to spell out, wildcards and lists that fill no slot are not held out.
A sentence with values of two splits is in none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal

from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.splits import DEFAULT_SHARES

__all__ = ["MIN_VALUES", "HoldOut", "ValueSplits"]

HoldOut = Literal["templates", "values", "both"]
"""What no held-out row shares with train: carrier phrases, slot values, or neither of them."""

# With fewer, a tenth would be less than one value.
MIN_VALUES = 10


class ValueSplits:
    """The symbols of an automaton, by split.

    Args:
        fillers: The symbols of a builder with labels "values".
        seed: Of the dealing.
    """

    def __init__(self, fillers: Mapping[str, Filler], seed: int) -> None:
        self.fillers: dict[str, Filler] = dict(fillers)
        """The same symbols and those of the splits."""
        self.shared: set[str] = set()
        """Lists that are not held out."""
        tables: dict[str, list[ListTable]] = {}
        for filler in fillers.values():
            if filler.table is not None and filler.slot:
                known = tables.setdefault(filler.table.entity, [])
                if filler.table not in known:
                    known.append(filler.table)
        self._dealt = {entity: _dealt(entity, held, seed) for entity, held in tables.items()}
        self._symbols: dict[tuple[str, str], str] = {}
        self._parts: dict[tuple[int, str], ListTable | None] = {}
        self.shared = {entity for entity, dealt in self._dealt.items() if not dealt}

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

    def words_in_two_splits(self) -> dict[str, list[str]]:
        """Of lists that are held out, words that stand for values of train and of another split."""
        found: dict[str, list[str]] = {}
        sides: dict[str, dict[bool, set[str]]] = {}
        for (_, split), part in self._parts.items():
            if part is not None:
                side = sides.setdefault(part.entity, {True: set(), False: set()})
                said = (part.value(index)[0].lower() for index in range(part.size))
                side[split == "train"].update(said)
        for entity, side in sides.items():
            if both := sorted(side[True] & side[False]):
                found[entity] = both
        return found


def _dealt(entity: str, tables: list[ListTable], seed: int) -> dict[str, str]:
    """Canonical value -> split; empty for a list that is not held out."""
    if not all(table.spelled for table in tables):
        return {}
    values = {table.value(index)[1] for table in tables for index in range(table.size)}
    if len(values) < MIN_VALUES:
        return {}

    def place(value: str) -> bytes:
        text = f"{seed}\x1f{entity}\x1f{value}".encode()
        return blake2b(text, digest_size=16, person=b"cf-values-1").digest()

    order = sorted(values, key=place)
    found = dict.fromkeys(order, "train")
    start = 0
    for split in ("validation", "test"):
        count = max(1, round(len(order) * DEFAULT_SHARES[split]))
        found.update(dict.fromkeys(order[start : start + count], split))
        start += count
    return found
