"""What a training mode works with, and what every mode is: the contract of the `mode` family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from corpusforge.expand.contract import TEMPERATURES, Candidate, FitContext
from corpusforge.expand.gan.decoding import Sample
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.gan.state import State
from corpusforge.expand.gan.training import Corpus, Trainer
from corpusforge.expand.judge import condition_of
from corpusforge.expand.slots import Frame

__all__ = ["Fitting", "Mode", "candidates", "corpus_of"]

# Candidates sampled in a round per train frame.
_SAMPLED = 4.0


@dataclass
class Fitting:
    """One fit: the generator in training, its judge, the rows.

    Attributes:
        trainer: Holds the generator.
        train: Frames to learn from.
        context: Judge, recipe, seed.
        generator: Draws of the rounds; sampling and shuffling have the trainer's.
    """

    trainer: Trainer
    train: Sequence[Frame]
    context: FitContext
    generator: torch.Generator

    def __post_init__(self) -> None:
        self._known = {(frame.intent, frame.text) for frame in self.train}

    def frames(self, count: int) -> list[Frame]:
        """Random train frames, with replacement."""
        places = torch.randint(0, len(self.train), (count,), generator=self.generator)
        return [self.train[place] for place in places.tolist()]

    def fakes(self) -> tuple[list[Frame], list[str]]:
        """Fresh samples for random train frames, at the recipe's temperatures.

        Copies of train rows are left out: to call the same text real and generated teaches
        the discriminator nothing, and a good generator copies half of the time.
        """
        temperatures = self.context.config.temperatures or TEMPERATURES
        frames = self.frames(round(_SAMPLED * len(self.train)))
        heats = [temperatures[index % len(temperatures)] for index in range(len(frames))]
        samples = self.trainer.samples([condition_of(frame) for frame in frames], heats)
        found = [
            candidate
            for candidate in candidates(frames, samples)
            if (candidate.frame.intent, candidate.text) not in self._known
        ]
        return [c.frame for c in found], [c.text for c in found]


class Mode(Protocol):
    """How the generator is trained in a round.

    The rounds themselves (guard, gate, restoring, resuming, the judge's own training) are the
    same for all modes, see `corpusforge.expand.gan.rounds`.

    Attributes:
        has_rounds: False when there is nothing to do after maximum likelihood.
    """

    has_rounds: bool

    def __init__(self, fitting: Fitting) -> None:
        """Nothing is drawn or trained yet."""
        ...

    def play(
        self, frames: Sequence[Frame], texts: Sequence[str], number: int, rounds: int
    ) -> dict[str, Any]:
        """Trains the generator, in place, for one round.

        Args:
            frames: What the fakes were made for.
            texts: Fakes of the generator as it is; the judge has learnt them.
            number: Of the round, from 1.
            rounds: How many there will be.

        Returns:
            Figures for history.json.
        """
        ...

    def undone(self) -> None:
        """The round did harm, and the generator has its weights of the best round again."""
        ...

    def state(self) -> State:
        """All that shapes the rounds to come, beside generator, judge and random sources."""
        ...

    def restore(self, state: State) -> None:
        """Puts back what `state` gave, in place of the rounds before."""
        ...


def corpus_of(layout: Layout, frames: Sequence[Frame]) -> Corpus:
    """Frames as rows to learn."""
    return Corpus.of(
        layout, [condition_of(frame) for frame in frames], [frame.text for frame in frames]
    )


def candidates(frames: Sequence[Frame], samples: Sequence[Sample]) -> list[Candidate]:
    """Samples that came to their own end and say something."""
    return [
        Candidate(frame, item.text, item.log_probability)
        for frame, item in zip(frames, samples, strict=True)
        if item.finished and item.text.strip()
    ]
