"""What generators share that work on carrier phrases: learnt ones, and frames to answer.

A candidate holds the slots of a frame that was asked for, each as often; everything else a
text has to be (new, probable, of its intent) is decided by those who judge all generators.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from corpusforge.core.run import read_json, write_json
from corpusforge.core.text import fold_delexicalised
from corpusforge.core.trigram import words
from corpusforge.expand.contract import Candidate, FitContext
from corpusforge.expand.forger import symbols_of
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.slots import Frame
from corpusforge.expand.tokenizer import RESERVED, normalise

__all__ = ["CarrierGenerator", "Frames", "by_intent"]

_FRAMES_FILE = "frames.json"


def by_intent(frames: Sequence[Frame]) -> dict[str, list[Frame]]:
    """Frames of each intent, in the order in which they came."""
    found: defaultdict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        found[frame.intent].append(frame)
    return dict(found)


class Frames:
    """Frames of this run's train rows, found by intent and slots.

    Args:
        frames: What a generator may be asked for.
        layout: Says which texts are too long.
    """

    def __init__(self, frames: Sequence[Frame], layout: Layout) -> None:
        self._layout = layout
        self._places: defaultdict[tuple[str, tuple[str, ...]], dict[str, Frame]]
        self._places = defaultdict(dict)
        for frame in frames:
            self._places[frame.intent, frame.symbols].setdefault(frame.text, frame)
        self._words = {frame.text: frozenset(_bag(frame.text)) for frame in frames}

    def symbols(self, intent: str) -> list[tuple[str, ...]]:
        """The slot multisets of an intent's frames, sorted."""
        return sorted(symbols for name, symbols in self._places if name == intent)

    def answer(self, frame: Frame, text: str) -> Candidate | None:
        """The text as a candidate for exactly this frame; None when it is none."""
        clean = normalise(text)
        if symbols_of(clean) != frame.symbols or not fold_delexicalised(clean):
            return None
        # A brace that is no slot would be read as one further on.
        if clean.count("{") + clean.count("}") != 2 * len(frame.symbols):
            return None
        if RESERVED.search(clean) or not self._layout.fits(clean):
            return None
        return Candidate(frame, clean)

    def offer(self, intent: str, text: str) -> Candidate | None:
        """The text as a candidate for its `most_like` frame; None when it is none."""
        frame = self.most_like(intent, text)
        return None if frame is None else self.answer(frame, text)

    def most_like(self, intent: str, text: str) -> Frame | None:
        """The frame of the intent with the text's slots and the most words in common.

        Most: the largest share, ties by text. None where no train row of the intent has these
        slots.
        """
        found = self._places.get((intent, symbols_of(text)))
        if not found:
            return None
        own = frozenset(_bag(text))
        return max(found.values(), key=lambda f: (self._alike(own, f), f.text))

    def _alike(self, own: frozenset[str], frame: Frame) -> float:
        other = self._words[frame.text]
        return len(own & other) / max(1, len(own | other))


def _bag(text: str) -> list[str]:
    return [word.strip() for word in words(fold_delexicalised(text), slots=True)]


class CarrierGenerator(ABC):
    """A generator that keeps the carrier phrases it learnt, and knows no likelihood.

    Subclasses say in `prepare` what they make of the phrases, and in `expand` what they give.

    Attributes:
        context: Of the last `fit` or `load`.
        learnt: Frames it learnt from; after `load` without parents (-1).
        frames: The frames it answers.
    """

    may_change_slot_values = True
    trains_judge = False
    least_log_probability = float("-inf")
    example: Mapping[str, Any] = MappingProxyType({})

    context: FitContext
    learnt: tuple[Frame, ...] = ()
    frames: Frames

    @property
    def wave(self) -> int:
        """See `corpusforge.expand.contract.Generator`."""
        return 1024

    def fit(self, train: Sequence[Frame], context: FitContext) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`."""
        self._open(train, context)
        return self.prepare()

    def prepare(self) -> dict[str, Any]:
        """Makes what `expand` needs of `learnt`; returns what to write into history.json."""
        return {}

    @abstractmethod
    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`."""

    def spent(self, intent: str) -> bool:
        """See `corpusforge.expand.contract.Generator`."""
        return False

    def usage(self) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`."""
        return {}

    def save(self, folder: Path) -> None:
        """See `corpusforge.expand.contract.Generator`."""
        write_json([[f.intent, f.text] for f in self.learnt], folder / _FRAMES_FILE)

    def load(self, folder: Path, context: FitContext) -> None:
        """See `corpusforge.expand.contract.Generator`."""
        pairs = read_json(folder / _FRAMES_FILE)
        self._open([Frame(i, text, symbols_of(text), -1) for i, text in pairs], context)
        self.prepare()

    def source(self, frame: Frame, rng: np.random.Generator) -> str | None:
        """A learnt phrase with the frame's slots: its own, unless it was held out.

        None where nothing of the intent with these slots was learnt; draws only when another
        phrase has to stand in.
        """
        texts = self._by_frame.get((frame.intent, frame.symbols))
        if not texts or frame.text in texts:
            return frame.text if texts else None
        return texts[int(rng.integers(len(texts)))]

    def _open(self, train: Sequence[Frame], context: FitContext) -> None:
        self.context = context
        self.learnt = tuple(train)
        self.frames = Frames(context.frames, context.layout)
        self._by_frame: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
        for frame in train:
            self._by_frame[frame.intent, frame.symbols].append(frame.text)
