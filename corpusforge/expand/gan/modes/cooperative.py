"""Cooperative rounds: the discriminator decides what the generator learns next.

No gradient passes from one to the other. A round keeps of the generator's samples what the
judge passes, and trains the generator on that beside real rows (expert iteration; SelfGAN,
Scialom et al. 2021, arXiv 2106.06363).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from corpusforge.expand.gan.fitting import Fitting, corpus_of
from corpusforge.expand.gan.state import State
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "Cooperative"]

# Samples learnt in a round, per train frame.
_KEPT = 0.5


class Cooperative:
    """Learns samples that the judge takes for real and for their intent."""

    has_rounds = True

    def __init__(self, fitting: Fitting) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        self._fitting = fitting

    def play(
        self, frames: Sequence[Frame], texts: Sequence[str], number: int, rounds: int
    ) -> dict[str, Any]:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        chosen = self._choose(frames, texts)
        if chosen:
            self._fitting.trainer.learn(corpus_of(self._fitting.context.layout, chosen))
        return {"learnt": len(chosen)}

    def undone(self) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""

    def state(self) -> State:
        """See `corpusforge.expand.gan.fitting.Mode`; each round has a new optimiser."""
        return State()

    def restore(self, state: State) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""

    def _choose(self, frames: Sequence[Frame], texts: Sequence[str]) -> list[Frame]:
        """New samples that agree with their intent, drawn by realness, as frames to learn.

        Gumbel noise on the realness logit draws without replacement in proportion to the
        discriminator's odds (Chen et al. 2020, arXiv 2004.02135, use the same odds to
        accept or reject), so that the likeliest sentence does not win every time.
        """
        fitting = self._fitting
        judge = fitting.context.judge
        new: dict[tuple[str, str], Frame] = {}
        for frame, text in zip(frames, texts, strict=True):
            new.setdefault(
                (frame.intent, text), Frame(frame.intent, text, frame.symbols, frame.parent)
            )
        found = list(new.values())
        if not found:
            return []
        scores = judge.scores(found, [frame.text for frame in found])
        noise = torch.rand(len(found), generator=fitting.generator, dtype=torch.float64)
        gumbel = -np.log(-np.log(noise.clamp(1e-12, 1 - 1e-12).numpy()))
        rank = np.where(scores.agrees(judge.limits), scores.realness + gumbel, -np.inf)
        order = np.argsort(-rank, kind="stable")[: round(_KEPT * len(fitting.train))]
        return [found[place] for place in order if np.isfinite(rank[place])]


PLUGIN = Cooperative
