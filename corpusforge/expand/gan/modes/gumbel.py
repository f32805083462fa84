"""Gumbel rounds: the gradient of a relativistic discriminator through relaxed samples.

The RelGAN family (Nie et al., ICLR 2019) with a transformer: relativistic loss (Jolicoeur-
Martineau 2019, arXiv 1807.00734), straight-through Gumbel softmax with parallel replay
(`corpusforge.expand.gan.replay`), and at least half of the loss from real rows. Kept for
comparison: on small corpora it has not been better than its maximum likelihood start, and the
gate then keeps that start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from corpusforge.core.seeding import rng as keyed_rng
from corpusforge.expand.gan.discriminator import Discriminator
from corpusforge.expand.gan.fitting import Fitting
from corpusforge.expand.gan.generator import token_nll
from corpusforge.expand.gan.replay import Drawn, draw, soft_pieces
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.gan.state import State, optimiser_state, restore_optimiser, weights_of
from corpusforge.expand.judge import condition_of
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "Gumbel"]

_BATCH = 64
# Steps of a round: one pass over the rows, within these.
_FEWEST_STEPS, _MOST_STEPS = 20, 100
# The discriminator's first lesson: steps on fakes of the generator as it is, at another rate.
_FIRST_STEPS, _FIRST_RATE = 60, 2e-3
_RATE, _DISCRIMINATOR_RATE = 1e-4, 2e-4
# Relaxation at the first and the last step of all rounds; exponential between them.
_HOT, _COLD = 1.0, 0.3
# Share of the generator's loss that comes from real rows.
_ANCHOR = 0.5
_CLIP = 1.0
# Weights of the squared logits, and of the squared gradient at real rows (R1, Mescheder et al.
# 2018, arXiv 1801.04406): both keep the discriminator from being sure.
_LOGITS, _R1 = 1e-3, 1.0


class Gumbel:
    """One discriminator step per generator step, on the same samples."""

    has_rounds = True

    def __init__(self, fitting: Fitting) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        self._fitting = fitting
        layout, context = fitting.context.layout, fitting.context
        self._model = fitting.trainer.model
        self._pad_id = layout.tokenizer.pad_id
        place = {intent: number for number, intent in enumerate(layout.tokenizer.intents)}
        self._intents = torch.tensor([place[frame.intent] for frame in fitting.train])
        self._places = {id(frame): place for place, frame in enumerate(fitting.train)}
        seed = int(keyed_rng(context.seed, "expand.gan", "gumbel").integers(2**62))
        with deterministic(seed):
            self._adversary = Discriminator(len(layout.tokenizer), len(place), self._pad_id)
        self._own = self._new_optimiser(self._model, _RATE)
        self._its = self._new_optimiser(self._adversary, _DISCRIMINATOR_RATE)

    def adversary_size(self) -> int:
        """Parameters of the discriminator."""
        return sum(value.numel() for value in self._adversary.parameters())

    @staticmethod
    def _new_optimiser(model: torch.nn.Module, rate: float) -> torch.optim.Optimizer:
        return torch.optim.AdamW(model.parameters(), lr=rate, fused=True)

    def play(
        self, frames: Sequence[Frame], texts: Sequence[str], number: int, rounds: int
    ) -> dict[str, Any]:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        if number == 1:
            self._first_lesson(frames, texts)
        rows = len(self._fitting.train)
        steps = min(_MOST_STEPS, max(_FEWEST_STEPS, -(-rows // _BATCH)))
        sums = {"adversarial_loss": 0.0, "real_row_loss": 0.0, "discriminator_step_loss": 0.0}
        for step in range(steps):
            done = (number - 1 + step / steps) / rounds
            for name, loss in self.step(_HOT * (_COLD / _HOT) ** done).items():
                sums[name] += loss / steps
        return {"steps": steps, **sums}

    def step(self, temperature: float) -> dict[str, float]:
        """Draws a batch, trains the discriminator on it, then the generator.

        Args:
            temperature: Of the relaxation, > 0.

        Returns:
            Losses in nats.
        """
        rows, drawn = self.sample()
        its = self.train_discriminator(rows, drawn)
        adversarial, real = self.train_generator(rows, drawn, temperature)
        return {
            "adversarial_loss": adversarial,
            "real_row_loss": real,
            "discriminator_step_loss": its,
        }

    def sample(self) -> tuple[torch.Tensor, Drawn]:
        """Random train rows, int64 [batch], and a sample for the frame of each."""
        fitting = self._fitting
        count = min(_BATCH, len(fitting.train))
        rows = torch.randint(0, len(fitting.train), (count,), generator=fitting.generator)
        drawn = draw(
            self._model,
            fitting.context.layout,
            [condition_of(fitting.train[row]) for row in rows.tolist()],
            fitting.generator,
            allowed=fitting.trainer.allowed,
        )
        return rows, drawn

    def train_discriminator(self, rows: torch.Tensor, drawn: Drawn) -> float:
        """One step on samples beside the real rows of the same frames; its loss in nats."""
        return self._discriminator_step(self._its, rows, drawn.texts)

    def train_generator(
        self, rows: torch.Tensor, drawn: Drawn, temperature: float
    ) -> tuple[float, float]:
        """One step; the adversarial and the real-row part of its loss, each in nats."""
        corpus = self._fitting.trainer.fit
        real = self._cut(corpus.texts[rows])
        self._adversary.requires_grad_(False)
        adversarial = self.adversarial_loss(rows, drawn, temperature)
        self._model.train()
        losses = token_nll(self._model, corpus.prompts[rows], real, pad_id=self._pad_id)
        likelihood = losses.sum() / (real != self._pad_id).sum()
        loss = (1 - _ANCHOR) * adversarial + _ANCHOR * likelihood
        self._own.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), _CLIP)
        self._own.step()
        self._adversary.requires_grad_(True)
        return float(adversarial.detach()), float(likelihood.detach())

    def adversarial_loss(
        self, rows: torch.Tensor, drawn: Drawn, temperature: float
    ) -> torch.Tensor:
        """How far samples fall short of the real rows of their frames, in nats, with gradient."""
        intents = self._intents[rows]
        self._adversary.eval()
        with torch.no_grad():
            theirs, _ = self._adversary(self._cut(self._fitting.trainer.fit.texts[rows]), intents)
        soft = soft_pieces(self._model, drawn, temperature)
        ours, match = self._adversary.judge(self._adversary.embed(drawn.texts, soft), intents)
        own_match = match.gather(1, intents.unsqueeze(1)).squeeze(1)
        return F.softplus(theirs - ours).mean() + F.softplus(-own_match).mean()

    def _first_lesson(self, frames: Sequence[Frame], texts: Sequence[str]) -> None:
        """The discriminator alone: against one that knows nothing there is nothing to learn."""
        if not frames:
            return
        fakes = self._fitting.context.layout.texts(texts)
        rows = torch.tensor([self._places[id(frame)] for frame in frames])
        optimiser = self._new_optimiser(self._adversary, _FIRST_RATE)
        for _ in range(_FIRST_STEPS):
            chosen = torch.randint(
                0, len(rows), (min(_BATCH, len(rows)),), generator=self._fitting.generator
            )
            self._discriminator_step(optimiser, rows[chosen], fakes[chosen])

    def _discriminator_step(
        self, optimiser: torch.optim.Optimizer, rows: torch.Tensor, fakes: torch.Tensor
    ) -> float:
        real, intents = self._fitting.trainer.fit.texts[rows], self._intents[rows]
        length = max(self._cut(real).shape[1], self._cut(fakes).shape[1])
        # Gradients with respect to what the real rows are embedded as.
        seen = self._adversary.embedding(self._fill(real, length)).detach().requires_grad_()
        self._adversary.train()
        tied = self._adversary.embedding(self._fill(real, length))
        theirs, match = self._adversary.judge(tied + (seen - seen.detach()), intents)
        ours, _ = self._adversary(self._fill(fakes, length), intents)
        (slope,) = torch.autograd.grad(theirs.sum(), seen, create_graph=True)
        own = F.one_hot(intents, match.shape[1]).bool()
        signed = torch.where(own, -match, match)
        loss = (
            F.softplus(ours - theirs).mean()
            + F.softplus(signed).sum(1).mean()
            + _LOGITS * (theirs.square().mean() + ours.square().mean())
            + _R1 / 2 * slope.square().sum((1, 2)).mean()
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    def _cut(self, texts: torch.Tensor) -> torch.Tensor:
        """Without places that are padding in all rows."""
        return texts[:, : int((texts != self._pad_id).sum(1).max())]

    def _fill(self, texts: torch.Tensor, length: int) -> torch.Tensor:
        cut = self._cut(texts)
        return F.pad(cut, (0, length - cut.shape[1]), value=self._pad_id)

    def undone(self) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        # Moments of a way that was left lead astray.
        self._own = self._new_optimiser(self._model, _RATE)

    def state(self) -> State:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        state = State()
        state.put("adversary", State(weights_of(self._adversary)))
        state.put("own", optimiser_state(self._own))
        state.put("its", optimiser_state(self._its))
        return state

    def restore(self, state: State) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        self._adversary.load_state_dict(state.get("adversary").tensors)
        self._own = self._new_optimiser(self._model, _RATE)
        self._its = self._new_optimiser(self._adversary, _DISCRIMINATOR_RATE)
        restore_optimiser(self._own, state.get("own"))
        restore_optimiser(self._its, state.get("its"))


PLUGIN = Gumbel
