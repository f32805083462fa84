"""The judge of all generators: discriminator and intent classifier, with limits.

The limits are read off held-out train rows: a text passes when it scores no lower than all
but the lowest few per cent of real ones. So a judge that knows little lets more pass, and no
limit was tuned by hand on one data set.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from corpusforge.expand.agreement import IntentClassifier
from corpusforge.expand.gan.critic import Critic
from corpusforge.expand.gan.discriminator import (
    Discriminator,
    load_discriminator,
    save_discriminator,
)
from corpusforge.expand.gan.layout import Condition, Layout
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.gan.state import State
from corpusforge.expand.slots import Frame, SlotTable

__all__ = ["Judge", "Judging", "Limits", "Posterior", "Scores", "condition_of", "write_limits"]

# Share of held-out real rows that may fall below a limit. Realness is the strictest: it is
# the only one that sees torn sentences.
_REAL_SHARE = 0.10
_INTENT_SHARE = 0.05
# The match must be more likely than not, however low held-out rows score; and a few held-out
# rows that all score high must not shut everything out.
_LEAST_MATCH, _MOST_MATCH, _MOST_INTENT = 0.5, 0.8, 0.5
_LIMITS_FILE = "limits.json"

Scored = npt.NDArray[np.float64]


def condition_of(frame: Frame) -> Condition:
    """What a model is conditioned on for this frame."""
    return Condition(frame.intent, frame.symbols)


@dataclass(frozen=True, slots=True)
class Limits:
    """Lowest scores that pass.

    Attributes:
        realness: Logit of the discriminator.
        match: Probability of the discriminator's intent head.
        intent: Probability of the intent classifier.
    """

    realness: float
    match: float
    intent: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities of texts.

    Attributes:
        intents: Labels.
        table: Of each intent and, last, of none of them, shape [texts, intents + 1]; rows sum
            to 1.
    """

    intents: tuple[str, ...]
    table: Scored


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of texts, each of shape [texts].

    Attributes:
        realness: Logit of the discriminator.
        match: Probability of the discriminator's intent head, in [0, 1].
        intent: Probability of the intent classifier, in [0, 1].
        posterior: Of all intents and of none, from judges that know texts of no intent.
    """

    realness: Scored
    match: Scored
    intent: Scored
    posterior: Posterior | None = None

    def agrees(self, limits: Limits) -> npt.NDArray[np.bool_]:
        """Whether both intent judges find the text's own intent, shape [texts]."""
        return (self.match >= limits.match) & (self.intent >= limits.intent)


class Judging(Protocol):
    """What every judge of candidates is.

    Attributes:
        limits: Lowest scores that pass.
        pool: Passing candidates wanted per accepted row, so that there is something to choose
            from.
        by_odds: Whether accepted rows are drawn in proportion to their odds of saying their
            intent, or the best are taken.
        worth_rows: Real rows that all generated rows of an intent may weigh, even where that is
            more than half of its real ones (but never more than twice as much).
    """

    limits: Limits
    pool: float
    by_odds: bool
    worth_rows: float

    def learn(
        self,
        frames: Sequence[Frame],
        texts: Sequence[str],
        *,
        epochs: int,
        generator: torch.Generator,
    ) -> dict[str, Any]:
        """Trains against fakes; returns what to record."""
        ...

    def scores(self, frames: Sequence[Frame], texts: Sequence[str]) -> Scores:
        """Scores of texts (with slot symbols) for the frames' intents."""
        ...

    def state(self) -> State:
        """All that shapes later lessons."""
        ...

    def restore(self, state: State) -> None:
        """Puts back what `state` gave."""
        ...

    def save(self, folder: Path) -> None:
        """Writes what is needed to judge again."""
        ...


class Judge:
    """Scores texts for their frames.

    Attributes:
        limits: See `Judging`, as the others.

    Args:
        layout: Pieces and lengths.
        table: Gives plain slot names for the classifier.
        train: Frames to learn from.
        held_out: Train frames that set the limits.
        folder: Where a saved discriminator lies; None = a new one.
        seed: Of the new discriminator's weights and of dropout.
    """

    pool = 4.0
    by_odds = False
    worth_rows = 0.0

    def __init__(
        self,
        layout: Layout,
        table: SlotTable,
        train: Sequence[Frame],
        held_out: Sequence[Frame],
        folder: Path | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self._table = table
        self._seed = seed
        self._held_out = list(held_out)
        self._classifier = IntentClassifier(
            [table.plain(frame.text) for frame in train], [frame.intent for frame in train]
        )
        tokenizer = layout.tokenizer
        if folder is None:
            with deterministic(seed):
                model = Discriminator(len(tokenizer), len(tokenizer.intents), tokenizer.pad_id)
        else:
            model = load_discriminator(folder)
        conditions = [condition_of(frame) for frame in train]
        self._critic = Critic(layout, model, conditions, [frame.text for frame in train])
        self.limits = self._calibrated() if folder is None else _read_limits(folder)

    def learn(
        self,
        frames: Sequence[Frame],
        texts: Sequence[str],
        *,
        epochs: int,
        generator: torch.Generator,
    ) -> dict[str, Any]:
        """Trains the discriminator against fakes, then sets the limits anew.

        Returns:
            Loss (nats) and the limits.
        """
        conditions = [condition_of(frame) for frame in frames]
        self._seed += 1
        with deterministic(self._seed):
            loss = self._critic.learn(conditions, texts, epochs=epochs, generator=generator)
        self.limits = self._calibrated()
        return {"discriminator_loss": loss, "limits": asdict(self.limits)}

    def scores(self, frames: Sequence[Frame], texts: Sequence[str]) -> Scores:
        """Scores of texts (with slot symbols) for the frames' intents."""
        conditions = [condition_of(frame) for frame in frames]
        with deterministic(0):
            realness, match = self._critic.scores(conditions, texts)
        intent = self._classifier.probability(
            [self._table.plain(text) for text in texts], [frame.intent for frame in frames]
        )
        return Scores(realness.double().numpy(), match.double().numpy(), intent)

    def state(self) -> State:
        """All that shapes later lessons; the classifier is fitted anew."""
        state = State(facts={"seed": self._seed, "limits": asdict(self.limits)})
        state.put("critic", self._critic.state())
        return state

    def restore(self, state: State) -> None:
        """Puts back what `state` gave."""
        self._seed, self.limits = state.facts["seed"], Limits(**state.facts["limits"])
        self._critic.restore(state.get("critic"))

    def _calibrated(self) -> Limits:
        if not self._held_out:
            return Limits(-1e9, 0.0, 0.0)
        scores = self.scores(self._held_out, [frame.text for frame in self._held_out])
        match = float(np.quantile(scores.match, _INTENT_SHARE))
        intent = float(np.quantile(scores.intent, _INTENT_SHARE))
        return Limits(
            realness=float(np.quantile(scores.realness, _REAL_SHARE)),
            match=min(_MOST_MATCH, max(_LEAST_MATCH, match)),
            intent=min(_MOST_INTENT, intent),
        )

    def save(self, folder: Path) -> None:
        """Writes the discriminator and the limits; the classifier is fitted anew."""
        save_discriminator(self._critic.model, folder)
        write_limits(self.limits, folder)


def write_limits(limits: Limits, folder: Path) -> None:
    """Writes limits.json."""
    text = json.dumps(asdict(limits), indent=2, sort_keys=True)
    (folder / _LIMITS_FILE).write_text(text + "\n", encoding="utf-8")


def _read_limits(folder: Path) -> Limits:
    return Limits(**json.loads((folder / _LIMITS_FILE).read_text(encoding="utf-8")))
