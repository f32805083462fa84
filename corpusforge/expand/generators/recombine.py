"""Carrier phrases of an intent recombined at shared words and slots, none twice.

The head of one phrase and the tail of another meet at a word, or a slot, that both have. Both
come from one intent, so the label is as safe as a template mixer can make it. Joints with more
context come first: two words in common, or a slot; then a single word. When all are given, the
generator is spent. Values are drawn afterwards, as for every generator, and no text comes
twice; a known phrase with another value is not novel, and so is not made here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from corpusforge.core.text import SLOT_PATTERN, fold_delexicalised
from corpusforge.core.trigram import joined, words
from corpusforge.expand.carriers import CarrierGenerator, by_intent
from corpusforge.expand.contract import Candidate
from corpusforge.expand.forger import symbols_of
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "Recombiner"]

Pieces = tuple[str, ...]
# Pairs of head and tail looked at per intent and kind of joint; of more, a random sample.
_MOST_PAIRS = 200_000


class Recombiner(CarrierGenerator):
    """Deals recombined phrases of each intent in random order, each once."""

    def prepare(self) -> dict[str, Any]:
        """Cuts the learnt phrases; nothing is drawn yet."""
        self._decks = {
            intent: _Deck([frame.text for frame in frames], self.frames.symbols(intent))
            for intent, frames in by_intent(self.learnt).items()
        }
        self._streams: dict[str, Iterator[str]] = {}
        self._spent: set[str] = set()
        return {"pairs": {intent: deck.pairs for intent, deck in sorted(self._decks.items())}}

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`; answers other frames of the intent."""
        wanted = Counter(frames[index % len(frames)].intent for index in range(n if frames else 0))
        found: list[Candidate] = []
        for intent, count in wanted.items():
            if intent not in self._streams:
                deck = self._decks.get(intent)
                self._streams[intent] = iter(()) if deck is None else deck.deal(rng)
            given = 0
            while given < count:
                text = next(self._streams[intent], None)
                if text is None:
                    self._spent.add(intent)
                    break
                candidate = self.frames.offer(intent, text)
                if candidate is not None:
                    found.append(candidate)
                    given += 1
        return found

    def spent(self, intent: str) -> bool:
        """See `corpusforge.expand.contract.Generator`."""
        return intent in self._spent


class _Deck:
    """All that the phrases of one intent can become.

    Args:
        texts: Carrier phrases.
        frames: Slot multisets that the result may have.
    """

    def __init__(self, texts: Sequence[str], frames: Sequence[tuple[str, ...]]) -> None:
        self._texts = sorted(set(texts))
        self._frames = set(frames)
        self._tiers = [self._joints(tight=True), self._joints(tight=False)]

    @property
    def pairs(self) -> int:
        """Pairs of head and tail, useless ones included."""
        return sum(len(heads) * len(tails) for tier in self._tiers for heads, tails in tier)

    def _joints(self, *, tight: bool) -> list[tuple[list[Pieces], list[Pieces]]]:
        heads: defaultdict[Pieces, dict[Pieces, None]] = defaultdict(dict)
        tails: defaultdict[Pieces, dict[Pieces, None]] = defaultdict(dict)
        for text in self._texts:
            pieces = tuple(words(text, slots=True))
            for end in range(1, len(pieces) + 1):
                last = pieces[end - 1 : end]
                slot = SLOT_PATTERN.fullmatch(last[0].strip()) is not None
                if slot and not tight:
                    continue
                if tight and not slot:
                    last = pieces[max(0, end - 2) : end]
                if tight and not slot and len(last) < 2:
                    continue
                heads[last][pieces[:end]] = None
                tails[last][pieces[end:]] = None
        return [(list(heads[key]), list(tails[key])) for key in heads if len(heads[key]) > 1]

    def deal(self, rng: np.random.Generator) -> Iterator[str]:
        """New phrases in random order, tight joints first; all draws are made here and now."""
        return self._texts_in([self._order(tier, rng) for tier in self._tiers])

    def _texts_in(self, orders: Sequence[Any]) -> Iterator[str]:
        known = {fold_delexicalised(text) for text in self._texts}
        most: Counter[tuple[str, str]] = Counter()
        for text in self._texts:
            most |= Counter(pairwise(words(text, slots=True)))
        for tier, order in zip(self._tiers, orders, strict=True):
            ends = np.cumsum([len(heads) * len(tails) for heads, tails in tier])
            for place in order:
                joint = int(np.searchsorted(ends, place, side="right"))
                heads, tails = tier[joint]
                rest = int(place) - (int(ends[joint - 1]) if joint else 0)
                pieces = heads[rest // len(tails)] + tails[rest % len(tails)]
                text = joined(pieces)
                folded = fold_delexicalised(text)
                if folded in known or symbols_of(text) not in self._frames:
                    continue
                known.add(folded)
                # "the lamp on the lamp on": a joint that goes round in a circle.
                pairs = Counter(pairwise(pieces))
                if all(count <= max(1, most[pair]) for pair, count in pairs.items()):
                    yield text

    def _order(
        self, tier: Sequence[tuple[list[Pieces], list[Pieces]]], rng: np.random.Generator
    ) -> Any:
        total = sum(len(heads) * len(tails) for heads, tails in tier)
        return rng.choice(total, size=min(total, _MOST_PAIRS), replace=False) if total else ()


PLUGIN = Recombiner
