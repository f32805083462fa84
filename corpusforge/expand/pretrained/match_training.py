"""Meta-training of the discriminator, and its calibration.

Episodes of background intents: an intent, its nearest siblings, a few exemplars of each; texts
to sort are real ones and the generator's own samples for these intents, with the label that a
classifier of all background rows gives them. That is the adversarial part: what the generator
writes for an intent and does not say it, is what the discriminator must tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812

from corpusforge.core.errors import require
from corpusforge.core.seeding import rng
from corpusforge.expand.pretrained import lora
from corpusforge.expand.pretrained.background import Background
from corpusforge.expand.pretrained.match import Head, IntentMatch
from corpusforge.expand.pretrained.pieces import spoken_name

__all__ = ["MatchTraining", "label_samples", "learn_match", "vectors_of"]

# Intents of an episode; how many nearest siblings they are drawn from.
_INTENTS, _SIBLINGS = 15, 30
_SHOTS = (1, 2, 3, 5)
_QUERIES, _SAMPLES, _FOREIGN = 2, 1, 4
_RANDOM, _UNNAMED = 0.25, 0.2
_SMOOTHING = 0.05
_WARM_UP = 20
_RANK = 16
_HEAD_RATE = 1e-2
# Where training starts; MiniLM ended at 12 to 14, 1.2 to 1.4 and about .3.
_START = Head(scale=14.0, name_weight=1.2, nothing=0.3)
_SURE = 0.7
_LOOKED_AT = 50
_EPISODES = 40
_BINS = 10


@dataclass(frozen=True)
class MatchTraining:
    """Settings.

    Attributes:
        steps: Episodes.
        learning_rate: Highest rate of the encoder's adapter; warm-up, then linear to 0.
        seed: Draws episodes and dropout.
    """

    steps: int = 220
    learning_rate: float = 8e-4
    seed: int = 1


@dataclass(frozen=True)
class _Episode:
    exemplars: Mapping[str, Sequence[str]]
    queries: Sequence[str]
    labels: Sequence[int]
    named: bool


def vectors_of(match: IntentMatch, background: Background) -> dict[str, torch.Tensor]:
    """Vectors of texts of all intents, `_LOOKED_AT` of each at most.

    Returns:
        Label -> float32 [texts, width].
    """
    found = {}
    for label, texts in background.intents.items():
        # Every n-th, as they are sorted.
        step = max(1, len(texts) // _LOOKED_AT)
        found[label] = match.vectors([text.text for text in texts[::step][:_LOOKED_AT]])
    return found


def label_samples(
    match: IntentMatch,
    vectors: Mapping[str, torch.Tensor],
    samples: Mapping[str, Sequence[str]],
) -> dict[str, list[tuple[str, str]]]:
    """What the generator's samples for background intents really say.

    Args:
        match: The encoder before its training.
        vectors: Of all background texts, see `vectors_of`; they train a logistic regression.
        samples: Intent it was asked for -> texts.

    Returns:
        Intent it was asked for -> (text, label) where the classifier is at least 70 % sure.
    """
    linear = require("sklearn.linear_model", extra="text", purpose="meta-training")
    labels = list(samples)
    truth = [label for label in labels for _ in range(len(vectors[label]))]
    # The tolerance is on the mean loss, of which each intent's part shrinks with their number.
    model = linear.LogisticRegression(C=10.0, max_iter=300, tol=min(1e-3, 0.015 / len(labels)))
    model.fit(torch.cat([vectors[label] for label in labels]).numpy(), truth)
    found: dict[str, list[tuple[str, str]]] = {}
    for intent, own in samples.items():
        table = model.predict_proba(match.vectors(own).numpy()) if own else np.empty((0, 1))
        found[intent] = [
            (text, str(model.classes_[row.argmax()]))
            for text, row in zip(own, table, strict=True)
            if row.max() >= _SURE
        ]
    return found


class _Episodes:
    """Draws episodes."""

    def __init__(
        self,
        background: Background,
        labels: Sequence[str],
        vectors: Mapping[str, torch.Tensor],
        samples: Mapping[str, Sequence[tuple[str, str]]],
    ) -> None:
        self._background = background
        self._labels = list(labels)
        self._samples = samples
        means = torch.stack([vectors[label].mean(0) for label in labels])
        near = F.normalize(means, dim=1)
        self._near = (near @ near.T).argsort(dim=1, descending=True).tolist()

    def draw(self, draws: np.random.Generator) -> _Episode:
        """One episode of `_INTENTS` intents or as many as there are."""
        # Some stay outside, for texts that say none of the episode's intents.
        count = max(2, min(_INTENTS, 2 * len(self._labels) // 3))
        anchor = int(draws.integers(len(self._labels)))
        if draws.random() < _RANDOM:
            places = draws.permutation(len(self._labels))[:count].tolist()
        else:
            near = [place for place in self._near[anchor] if place != anchor]
            others = near[:_SIBLINGS]
            places = [anchor, *(others[i] for i in draws.permutation(len(others))[: count - 1])]
        intents = [self._labels[place] for place in places]
        shots = int(draws.choice(_SHOTS))
        exemplars: dict[str, list[str]] = {}
        queries: list[str] = []
        labels: list[int] = []
        for number, intent in enumerate(intents):
            texts = [t.text for t in self._background.draw(intent, shots + _QUERIES, draws)]
            exemplars[intent] = texts[:shots]
            queries += texts[shots:]
            labels += [number] * len(texts[shots:])
            made = self._samples.get(intent, ())
            for place in draws.permutation(len(made))[:_SAMPLES]:
                text, label = made[place]
                if text not in exemplars[intent]:
                    queries.append(text)
                    # What is said of an intent outside of the episode is none of its intents.
                    labels.append(intents.index(label) if label in intents else count)
        outside = [label for label in self._labels if label not in intents]
        for _ in range(_FOREIGN if outside else 0):
            intent = outside[int(draws.integers(len(outside)))]
            queries += [t.text for t in self._background.draw(intent, 1, draws)]
            labels.append(count)
        return _Episode(exemplars, queries, labels, named=draws.random() >= _UNNAMED)


def learn_match(
    match: IntentMatch,
    background: Background,
    vectors: Mapping[str, torch.Tensor],
    samples: Mapping[str, Sequence[tuple[str, str]]],
    settings: MatchTraining,
    on_step: Callable[[], None],
) -> tuple[IntentMatch, Any, dict[str, Any]]:
    """Trains an adapter of the encoder, then its temperature; call inside `deterministic`.

    Args:
        match: The encoder as it came; its head is not used.
        background: What to learn.
        vectors: Of its texts before the training, see `vectors_of`: which intents are siblings.
        samples: See `label_samples`; may be empty.
        settings: Steps and rate.
        on_step: Called after each step.

    Returns:
        The trained discriminator, its encoder as a PEFT model, and figures.
    """
    episodes = _Episodes(background, background.learnt, vectors, samples)
    adapted = lora.adapted(match.encoder, "all-linear", rank=_RANK, dropout=0.0)
    learner = IntentMatch(adapted, match.tokenizer, _START)
    scale = torch.nn.Parameter(torch.tensor(np.log(_START.scale), dtype=torch.float32))
    name = torch.nn.Parameter(torch.tensor(np.log(_START.name_weight), dtype=torch.float32))
    nothing = torch.nn.Parameter(torch.tensor(_START.nothing))
    weights = [p for p in adapted.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": weights}, {"params": [scale, name, nothing]}], lr=_HEAD_RATE, weight_decay=0.01
    )
    draws = rng(settings.seed, "meta-train.episodes")
    losses: list[float] = []
    for step in range(settings.steps):
        adapted.train()
        episode = episodes.draw(draws)
        heat = min(1.0, (step + 1) / _WARM_UP) * (1 - step / settings.steps)
        optimiser.param_groups[0]["lr"] = settings.learning_rate * heat
        loss = _episode_loss(learner, episode, scale, name, nothing)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
        on_step()
    with torch.no_grad():
        learner.head = Head(float(scale.exp()), float(name.exp()), float(nothing))
    head, figures = _calibrated(learner, background, vectors, settings.seed)
    learner.head = head
    last = losses[-50:]
    return learner, adapted, {"loss": float(np.mean(last)), **head.to_json(), **figures}


def _episode_loss(
    learner: IntentMatch, episode: _Episode, scale: Any, name: Any, nothing: Any
) -> torch.Tensor:
    texts = [text for own in episode.exemplars.values() for text in own]
    names = [spoken_name(label) for label in episode.exemplars]
    vectors = learner.embed([*texts, *names, *episode.queries])
    count = len(names)
    shots = vectors[: len(texts)].reshape(count, -1, vectors.shape[1]).sum(1)
    if episode.named:
        shots = shots + torch.exp(name) * vectors[len(texts) : len(texts) + count]
    prototypes = F.normalize(shots, dim=1)
    queries = vectors[len(texts) + count :]
    logits = IntentMatch.logits(queries, prototypes, torch.exp(scale), nothing)
    return F.cross_entropy(logits, torch.tensor(episode.labels), label_smoothing=_SMOOTHING)


def _calibrated(
    learner: IntentMatch,
    background: Background,
    vectors: Mapping[str, torch.Tensor],
    seed: int,
) -> tuple[Head, dict[str, Any]]:
    """Temperature scaling (Guo et al. 2017, arXiv 1706.04599) on held-out intents.

    Expected calibration error in ten bins of equal width, on other episodes than those that the
    temperature was fitted on.
    """
    labels = background.held_out
    episodes = _Episodes(background, labels, vectors, {})
    draws = rng(seed, "meta-train.calibration")
    logits: list[torch.Tensor] = []
    truths: list[torch.Tensor] = []
    for _ in range(_EPISODES):
        episode = episodes.draw(draws)
        prototypes = learner.prototypes(episode.exemplars)
        said = learner.vectors(episode.queries)
        head = learner.head
        logits.append(IntentMatch.logits(said, prototypes, head.scale, head.nothing).double())
        truths.append(torch.tensor(episode.labels))
    half = _EPISODES // 2
    grid = np.exp(np.linspace(np.log(0.25), np.log(4.0), 65))

    def nll(temperature: float, part: slice) -> float:
        pairs = zip(logits[part], truths[part], strict=True)
        return float(np.mean([float(F.cross_entropy(x / temperature, y)) for x, y in pairs]))

    best = float(grid[int(np.argmin([nll(t, slice(half)) for t in grid]))])
    rest = slice(half, None)
    tables = [torch.softmax(x / best, 1).numpy() for x in logits[rest]]
    plain = [torch.softmax(x, 1).numpy() for x in logits[rest]]
    truth = [y.numpy() for y in truths[rest]]
    right = np.concatenate([t.argmax(1) == y for t, y in zip(tables, truth, strict=True)])
    return replace(learner.head, temperature=best), {
        "held_out_intents": len(labels),
        "held_out_accuracy": float(right.mean()),
        "ece": _ece(np.concatenate([t.max(1) for t in tables]), right),
        "ece_before": _ece(np.concatenate([t.max(1) for t in plain]), right),
    }


def _ece(sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error, 0..1 (Guo et al. 2017, equation 3)."""
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    parts = [
        (bins == b).mean() * abs(sure[bins == b].mean() - right[bins == b].mean())
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return float(sum(parts))
