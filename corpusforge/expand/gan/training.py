"""Training the generator: maximum likelihood, and what the rounds after it are made of.

What a round does is the training mode's business (`corpusforge.expand.gan.modes`), the guard
that every round must pass stands here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from corpusforge.core.text import SLOT_PATTERN
from corpusforge.expand.gan.decoding import Sample, allowed_pieces, sample
from corpusforge.expand.gan.generator import nll, token_nll
from corpusforge.expand.gan.layout import Condition, Layout
from corpusforge.metrics.distinct_n import distinct_n
from corpusforge.metrics.self_bleu import self_bleu
from corpusforge.metrics.slot_entropy import slot_entropy

__all__ = ["Corpus", "Guard", "Trainer", "guard_of", "worse"]

# Small batches, smaller still for tiny corpora: with a few hundred distinct rows the number of
# steps is what lacks. At least so many steps per pass, in batches of 4 to 32 rows.
_BATCH, _LEAST_BATCH, _STEPS = 32, 4, 16
_RATE = 2e-3
_ROUND_RATE = 2e-4
_WARM_UP = 20
_DECAY = 0.1
_CLIP = 1.0
# Passes without a better held-out loss before maximum likelihood stops.
_PATIENCE = 4
# Batches are cut from windows of this many batches, sorted by length: less padding.
_WINDOW = 6
# A round is undone beyond these (relative, absolute, relative): held-out loss, self-BLEU,
# distinct-2, slot entropy. What is promised is that self-BLEU does not rise by more than 0.05;
# with that as the limit and 256 samples, fresh samples of one model in ten had risen by 0.051.
_MORE_NLL, _MORE_SELF_BLEU, _LESS_DISTINCT, _LESS_ENTROPY = 0.005, 0.025, 0.10, 0.10
GUARD_SAMPLES = 512


@dataclass(frozen=True)
class Corpus:
    """Rows as tensors: prompts int64 [rows, prompt], texts int64 [rows, length]."""

    prompts: torch.Tensor
    texts: torch.Tensor

    @classmethod
    def of(cls, layout: Layout, conditions: Sequence[Condition], texts: Sequence[str]) -> Corpus:
        """Encodes rows."""
        return cls(layout.prompts(conditions), layout.texts(texts))

    def __len__(self) -> int:
        return len(self.texts)

    def join(self, other: Corpus) -> Corpus:
        """Both corpora, one after the other."""
        return Corpus(
            torch.cat([self.prompts, other.prompts]), torch.cat([self.texts, other.texts])
        )


@dataclass(frozen=True, slots=True)
class Guard:
    """How a generator stands after a round.

    Attributes:
        nll: Held-out negative log likelihood per piece at temperature 1, in nats.
        self_bleu: Self-BLEU-4 of a fixed number of samples, in [0, 1].
        distinct_2: Share of different bigrams in them, in [0, 1].
        slot_entropy: Evenness of the places (word before, word after) of each slot symbol in
            them, in [0, 1]; 0 without slots. The frame says which slots a text has, so what can
            collapse is where they stand.
    """

    nll: float
    self_bleu: float
    distinct_2: float
    slot_entropy: float


def worse(start: Guard, now: Guard) -> str:
    """Why a round must be undone, "" when it may stand."""
    if now.nll > start.nll * (1 + _MORE_NLL):
        return "held-out loss rose"
    if now.self_bleu > start.self_bleu + _MORE_SELF_BLEU:
        return "self-BLEU rose"
    if now.distinct_2 < start.distinct_2 * (1 - _LESS_DISTINCT):
        return "distinct-2 fell"
    if now.slot_entropy < start.slot_entropy * (1 - _LESS_ENTROPY):
        return "slot entropy fell"
    return ""


class Trainer:
    """A generator in training.

    Args:
        layout: Pieces and lengths.
        model: The generator, changed in place.
        fit: Rows to learn.
        held_out: Train rows that are not learnt, for stopping and for the guard.
        generator: Source of shuffling and sampling.
    """

    def __init__(
        self,
        layout: Layout,
        model: Any,
        fit: Corpus,
        held_out: Corpus,
        generator: torch.Generator,
    ) -> None:
        self.layout = layout
        self.model = model
        self.fit = fit
        self.held_out = held_out
        self.generator = generator
        self.allowed = allowed_pieces(layout, fit.texts)
        self._batch = min(_BATCH, max(_LEAST_BATCH, len(fit) // _STEPS))

    def held_out_nll(self) -> float:
        """Mean loss per held-out piece at temperature 1, in nats."""
        pad_id = self.layout.tokenizer.pad_id
        return nll(self.model, self.held_out.prompts, self.held_out.texts, pad_id=pad_id)

    def held_out_quantile(self, share: float) -> float:
        """Quantile over held-out rows of their mean log probability per piece, in nats."""
        pad_id = self.layout.tokenizer.pad_id
        if not len(self.held_out):
            return float("-inf")
        self.model.eval()
        with torch.no_grad():
            losses = token_nll(
                self.model, self.held_out.prompts, self.held_out.texts, pad_id=pad_id
            )
        means = -losses.sum(1) / (self.held_out.texts != pad_id).sum(1)
        return float(torch.quantile(means, share))

    def maximum_likelihood(
        self, epochs: int, on_epoch: Callable[[], None]
    ) -> list[dict[str, float]]:
        """Trains until the held-out loss no longer falls; keeps the best weights.

        Args:
            epochs: Most passes.
            on_epoch: Called after each pass.

        Returns:
            Train and held-out loss of each pass, in nats per piece.
        """
        steps = epochs * -(-len(self.fit) // self._batch)
        optimiser = self._optimiser(_RATE)
        history: list[dict[str, float]] = []
        best, best_state, waited, step = float("inf"), None, 0, 0
        for epoch in range(epochs):
            losses = []
            for batch in self._batches(len(self.fit), self.fit.texts):
                # Linear warm-up, then linear to a twentieth.
                heat = min(1.0, (step + 1) / _WARM_UP) * (1 - 0.95 * step / steps)
                losses.append(self._step(optimiser, self.fit, batch, _RATE * heat))
                step += 1
            now = self.held_out_nll()
            history.append({"epoch": epoch + 1, "loss": _mean(losses), "held_out_nll": now})
            on_epoch()
            if now < best:
                best, best_state, waited = now, copy.deepcopy(self.model.state_dict()), 0
            else:
                waited += 1
                if waited >= _PATIENCE:
                    break
        if best_state is not None:
            self.model.load_state_dict(best_state)
        return history

    def learn(self, accepted: Corpus) -> None:
        """One pass over accepted samples, each batch at least half real rows."""
        optimiser = self._optimiser(_ROUND_RATE)
        half = self._batch // 2
        joined = self.fit.join(accepted)
        real = torch.randperm(len(self.fit), generator=self.generator)
        order = torch.randperm(len(accepted), generator=self.generator) + len(self.fit)
        batches = max(-(-len(real) // half), -(-len(order) // half))
        for index in range(batches):
            places = torch.arange(index * half, (index + 1) * half)
            # Real rows go round, samples come once.
            mine = order[index * half : (index + 1) * half]
            batch = torch.cat([real[places % len(real)], mine])
            self._step(optimiser, joined, batch, _ROUND_RATE)

    def samples(
        self, conditions: Sequence[Condition], temperatures: Sequence[float]
    ) -> list[Sample]:
        """One text per condition."""
        return sample(
            self.model,
            self.layout,
            conditions,
            temperatures,
            self.generator,
            allowed=self.allowed,
        )

    def _optimiser(self, rate: float) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=_DECAY, fused=True)

    def _batches(self, rows: int, texts: torch.Tensor) -> list[torch.Tensor]:
        """Row numbers in random batches of rows of like length."""
        order = torch.randperm(rows, generator=self.generator)
        lengths = (texts != self.layout.tokenizer.pad_id).sum(1)
        batches: list[torch.Tensor] = []
        for start in range(0, rows, self._batch * _WINDOW):
            window = order[start : start + self._batch * _WINDOW]
            window = window[torch.argsort(lengths[window], stable=True)]
            batches += list(torch.split(window, self._batch))
        shuffled = torch.randperm(len(batches), generator=self.generator).tolist()
        return [batches[index] for index in shuffled]

    def _step(
        self, optimiser: torch.optim.Optimizer, rows: Corpus, batch: torch.Tensor, rate: float
    ) -> float:
        pad_id = self.layout.tokenizer.pad_id
        for group in optimiser.param_groups:
            group["lr"] = rate
        texts = rows.texts[batch]
        pieces = texts != pad_id
        texts = texts[:, : int(pieces.sum(1).max())]
        self.model.train()
        losses = token_nll(self.model, rows.prompts[batch], texts, pad_id=pad_id)
        loss = losses.sum() / pieces.sum()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
        optimiser.step()
        return float(loss.detach())


def guard_of(trainer: Trainer, conditions: Sequence[Condition], seed: int) -> Guard:
    """Measures a generator on the same conditions and the same random numbers each time.

    Args:
        trainer: Holds the generator.
        conditions: Intent and slots of the samples; always the same for one model.
        seed: Of the sampling.
    """
    generator = torch.Generator()
    generator.manual_seed(seed)
    texts = sample(
        trainer.model,
        trainer.layout,
        conditions,
        [1.0] * len(conditions),
        generator,
        allowed=trainer.allowed,
    )
    words = [item.text.split() for item in texts]
    entropy = slot_entropy(_slot_places(words))
    return Guard(trainer.held_out_nll(), self_bleu(words), distinct_n(words), entropy)


def _slot_places(texts: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """(symbol, word before and after it) of every slot."""
    for words in texts:
        around = ["", *words, ""]
        for place, word in enumerate(words):
            for symbol in SLOT_PATTERN.findall(word):
                yield symbol, f"{around[place]} {around[place + 2]}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)
