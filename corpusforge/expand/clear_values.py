"""Slot values that stand in clear where a slot symbol should: their row would be labelled wrong.

Models with words of their own write "the desk lamp" where "{lamp}" was asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from corpusforge.core.schema import Utterance
from corpusforge.core.text import SLOT_PATTERN, fold, fold_delexicalised
from corpusforge.expand.slots import Frame, SlotTable

__all__ = ["ClearValues"]

_Words = tuple[str, ...]


class ClearValues:
    """Finds values of an intent's slots in a carrier phrase.

    Words that train carriers of the intent say as well ("on", where a list has "on") are no
    sign of a value.

    Args:
        table: Slot kinds and values.
        frames: Frames of train rows.
        rows: Train rows, whose values count as well: those of rows that are not published are
            not in the table.
    """

    def __init__(
        self, table: SlotTable, frames: Sequence[Frame], rows: Sequence[Utterance] = ()
    ) -> None:
        self._table = table
        self._said: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            self._said[row.intent].update(slot.text for slot in row.slots or ())
        self._symbols: defaultdict[str, set[str]] = defaultdict(set)
        self._carriers: defaultdict[str, set[str]] = defaultdict(set)
        for frame in frames:
            self._symbols[frame.intent].update(frame.symbols)
            self._carriers[frame.intent].add(frame.text)
        self._values: dict[str, set[_Words]] = {}

    def first(self, intent: str, text: str) -> str | None:
        """The first value (folded) that stands in the carrier phrase, or None."""
        if intent not in self._values:
            self._values[intent] = self._of(intent)
        values = self._values[intent]
        longest = max(map(len, values), default=0)
        found = (words for words in _runs(text, longest) if words in values)
        first = next(found, None)
        return None if first is None else " ".join(first)

    def _of(self, intent: str) -> set[_Words]:
        texts = {
            value.text for symbol in self._symbols[intent] for value in self._table.values(symbol)
        }
        values = {tuple(fold(text).split()) for text in texts | self._said[intent]}
        longest = max(map(len, values), default=0)
        said = {words for text in self._carriers[intent] for words in _runs(text, longest)}
        return values - said - {()}


def _runs(text: str, longest: int) -> Iterator[_Words]:
    """Runs of up to so many words between the slots of a text, folded, long ones first."""
    for carrier in SLOT_PATTERN.split(fold_delexicalised(text))[::2]:
        words = carrier.split()
        for start in range(len(words)):
            for size in range(min(longest, len(words) - start), 0, -1):
                yield tuple(words[start : start + size])
