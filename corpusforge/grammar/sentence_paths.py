"""Is a labelled sentence one of those of an automaton?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpusforge.core.spans import Slot
from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.slot_labels import slot_label

__all__ = ["SentencePaths"]


class SentencePaths:
    """Follows sentences in the states of a builder with labels "values".

    Args:
        states: Its states.
        fillers: Its symbols.
    """

    def __init__(self, states: States, fillers: Mapping[str, Filler]) -> None:
        self._states = states
        self._fillers = fillers
        self._known: dict[int, dict[str, list[tuple[str, int]]]] = {}

    def says(self, root: int, text: str, slots: Sequence[Slot]) -> bool:
        """Say whether a sentence is one of those of a state; `text` is NFC, squeezed, stripped."""
        starts = {slot.start: slot for slot in slots}
        met: dict[int, set[int]] = {0: {root}}
        for position in range(len(text)):
            slot = starts.get(position)
            for state in met.pop(position, ()):
                for symbol, target in self._states.arcs[state]:
                    if len(symbol) == 1:
                        ends = [position + 1] if not slot and symbol == text[position] else []
                    elif slot:
                        ends = [slot.end] if self._fills(symbol, slot) else []
                    else:
                        ends = self._ends(symbol, text, position)
                    for end in ends:
                        met.setdefault(end, set()).add(target)
        return any(self._states.final[state] for state in met.get(len(text), ()))

    def _fills(self, symbol: str, slot: Slot) -> bool:
        """Say whether a slot is one of those of a symbol."""
        name, table = self._fillers[symbol]
        if table is None or name != slot_label(slot.name, slot.role, slot.group):
            return False
        if table.entity != slot.entity:
            return False
        return any(value == slot.value for value in self._values(table, slot.text))

    def _ends(self, symbol: str, text: str, start: int) -> list[int]:
        """Where values of a list without a slot can end."""
        name, table = self._fillers[symbol]
        if table is None or name:
            return []
        ends = range(start + 1, len(text) + 1)
        return [end for end in ends if any(self._values(table, text[start:end]))]

    def _values(self, table: ListTable, words: str) -> list[str]:
        """Canonical values of a table that are said with these words."""
        if table.texts_id not in self._known:
            found: dict[str, list[tuple[str, int]]] = {}
            whole = table.whole()
            for index in range(whole.size):
                said, value = whole.value(index)
                found.setdefault(said, []).append((value, index))
            self._known[table.texts_id] = found
        first, last = table.offset, table.offset + table.size
        said_so = self._known[table.texts_id].get(words, ())
        return [value for value, index in said_so if first <= index < last]
