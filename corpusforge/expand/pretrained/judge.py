"""The judge of few-shot corpora: the meta-trained discriminator, shown the train rows.

It learnt beforehand, on other intents, what it is to say an intent; from this corpus it needs
exemplars only. So it judges rows of intents with a single real row, for which a classifier or a
discriminator of the corpus' own has nothing to learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.gan.state import State
from corpusforge.expand.judge import Limits, Posterior, Scores, write_limits
from corpusforge.expand.pretrained.match import IntentMatch
from corpusforge.expand.slots import Frame

__all__ = ["ExemplarJudge"]

_LEAST_MATCH = 0.5
_EPSILON = 1e-6


class ExemplarJudge:
    """Scores texts against the exemplars of all intents.

    Attributes:
        limits: A text passes when its own intent is more likely than not; realness does not
            count (its cross-validated weight was 0 in the notes on few-shot generation).
        pool: Passing candidates wanted per accepted row. Few: among those that pass, rows are
            drawn by their odds, not picked from the top.
        by_odds: Accepted rows are drawn in proportion to their odds.
        worth_rows: All generated rows of an intent together weigh at most as many real ones.

    Args:
        match: The discriminator.
        frames: All train frames.
    """

    pool = 1.25
    by_odds = True
    worth_rows = 10.0

    def __init__(self, match: IntentMatch, frames: Sequence[Frame]) -> None:
        exemplars: dict[str, dict[str, None]] = {}
        for frame in sorted(frames, key=lambda f: (f.intent, f.text)):
            exemplars.setdefault(frame.intent, {})[frame.text] = None
        self._match = match
        self._place = {intent: place for place, intent in enumerate(exemplars)}
        with deterministic(0):
            self._prototypes = match.prototypes({i: list(own) for i, own in exemplars.items()})
        self.limits = Limits(realness=-1e9, match=_LEAST_MATCH, intent=0.0)

    def learn(
        self, frames: Sequence[Frame], texts: Sequence[str], *, epochs: int, generator: Any
    ) -> dict[str, Any]:
        """Nothing: it was trained on background intents, with a generator's samples for them."""
        return {}

    def scores(self, frames: Sequence[Frame], texts: Sequence[str]) -> Scores:
        """See `corpusforge.expand.judge.Judge.scores`; realness is the logit of the match."""
        if not len(texts):
            nothing = np.empty(0)
            return Scores(nothing, nothing, nothing)
        with deterministic(0):
            table = self._match.posterior(texts, self._prototypes)
        rows = np.arange(len(texts))
        own = table[rows, [self._place[frame.intent] for frame in frames]]
        bounded = np.clip(own, _EPSILON, 1 - _EPSILON)
        posterior = Posterior(tuple(self._place), table)
        return Scores(np.log(bounded / (1 - bounded)), own, own, posterior)

    def state(self) -> State:
        """Nothing that changes."""
        return State(facts={})

    def restore(self, state: State) -> None:
        """Nothing to put back."""

    def save(self, folder: Path) -> None:
        """Its limits; the adapter lies beside them."""
        write_limits(self.limits, folder)
