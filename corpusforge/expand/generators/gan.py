"""Conditional text GAN: a small transformer trained from scratch against a discriminator.

Cooperative by default: the discriminator does not send gradients, it decides what the
generator learns next (see `corpusforge.expand.gan.training`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpusforge.core.run import read_json, write_json
from corpusforge.core.seeding import rng as keyed_rng
from corpusforge.expand.contract import Candidate, FitContext
from corpusforge.expand.gan.decoding import Sample, sample
from corpusforge.expand.gan.generator import (
    build_generator,
    load_generator,
    save_generator,
)
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.training import GUARD_SAMPLES, Corpus, Trainer, guard_of, worse
from corpusforge.expand.judge import condition_of
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "TextGan"]

# Passes of the discriminator over the real rows: before the first round, and in each.
_FIRST_EPOCHS, _ROUND_EPOCHS = 40, 12
# Candidates sampled in a round and samples learnt in it, per train frame.
_SAMPLED, _KEPT = 4.0, 0.5
# A candidate must be at least as likely as the lower quarter of held-out real rows: below that
# the generator only stumbles on. What passes is ranked by likelihood again, among other scores.
_HELD_OUT_QUANTILE = 0.25
_SAMPLER_FILE = "sampler.json"


class TextGan:
    """Llama from a config, maximum likelihood, then rounds against the discriminator."""

    may_change_slot_values = True

    def __init__(self) -> None:
        self._model: Any = None
        self._layout: Layout | None = None
        self._allowed = torch.empty(0, dtype=torch.bool)
        self.least_log_probability = float("-inf")
        self._temperatures: tuple[float, ...] = (1.0,)

    def fit(self, train: Sequence[Frame], context: FitContext) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`."""
        config, layout = context.config, context.layout
        generator = torch_generator(_seed(context.seed, "shuffle"))
        with deterministic(_seed(context.seed, "weights")):
            model = build_generator(layout, hidden_size=config.hidden_size, layers=config.layers)
            trainer = Trainer(
                layout, model, _corpus(layout, train), _corpus(layout, context.held_out), generator
            )
            with context.progress.task("expand: learn", config.epochs, "epochs") as task:
                epochs = trainer.maximum_likelihood(config.epochs, task.advance)
            rounds = _Rounds(trainer, list(train), context)
            with context.progress.task("expand: adversarial", config.rounds, "rounds") as task:
                history = rounds.run(config.rounds, task.advance)
            self.least_log_probability = trainer.held_out_quantile(_HELD_OUT_QUANTILE)
        self._model, self._layout, self._allowed = model, layout, trainer.allowed
        self._temperatures = tuple(config.temperatures)
        return {"maximum_likelihood": epochs, **history}

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`; temperatures are dealt in turn."""
        if not frames or self._layout is None:
            return []
        wanted = [frames[index % len(frames)] for index in range(n)]
        heats = [self._temperatures[index % len(self._temperatures)] for index in range(n)]
        with deterministic(0):
            texts = sample(
                self._model,
                self._layout,
                [condition_of(frame) for frame in wanted],
                heats,
                torch_generator(int(rng.integers(2**63))),
                allowed=self._allowed,
            )
        return _candidates(wanted, texts)

    def save(self, folder: Path) -> None:
        """See `corpusforge.expand.contract.Generator`."""
        save_generator(self._model, folder)
        sampler = {
            "allowed_pieces": torch.nonzero(self._allowed).squeeze(1).tolist(),
            "least_log_probability": self.least_log_probability,
        }
        write_json(sampler, folder / _SAMPLER_FILE)

    def load(self, folder: Path, context: FitContext) -> None:
        """See `corpusforge.expand.contract.Generator`."""
        self._model, self._layout = load_generator(folder), context.layout
        self._allowed = torch.zeros(len(context.layout.tokenizer), dtype=torch.bool)
        sampler = read_json(folder / _SAMPLER_FILE)
        self._allowed[torch.tensor(sampler["allowed_pieces"], dtype=torch.int64)] = True
        self.least_log_probability = float(sampler["least_log_probability"])
        self._temperatures = tuple(context.config.temperatures)


class _Rounds:
    """The adversarial rounds of one fit."""

    def __init__(self, trainer: Trainer, train: list[Frame], context: FitContext) -> None:
        self._trainer = trainer
        self._train = train
        self._context = context
        self._known = {(frame.intent, frame.text) for frame in train}
        self._generator = torch_generator(_seed(context.seed, "rounds"))

    def run(self, rounds: int, on_round: Any) -> dict[str, Any]:
        """Runs the rounds; the weights of the best one stay.

        Returns:
            Figures of each round and the number of the round kept (0 = maximum likelihood).
        """
        trainer, judge = self._trainer, self._context.judge
        guard_frames = self._frames(GUARD_SAMPLES)
        conditions = [condition_of(frame) for frame in guard_frames]
        guard_seed = _seed(self._context.seed, "guard")
        start = guard_of(trainer, conditions, guard_seed)
        records: list[dict[str, Any]] = [{"round": 0, "guard": asdict(start), "undone": ""}]
        frames, texts = self._fakes()
        records[0] |= judge.learn(frames, texts, epochs=_FIRST_EPOCHS, generator=self._generator)
        best, kept = start.nll, 0
        state = copy.deepcopy(trainer.model.state_dict())
        for number in range(1, rounds + 1):
            chosen = self._choose(frames, texts)
            if chosen:
                trainer.learn(_corpus(self._context.layout, chosen))
            guard = guard_of(trainer, conditions, guard_seed)
            undone = worse(start, guard)
            if not undone and guard.nll < best:
                best, kept = guard.nll, number
                state = copy.deepcopy(trainer.model.state_dict())
            record = {"round": number, "guard": asdict(guard), "undone": undone}
            if undone:
                trainer.model.load_state_dict(state)
            frames, texts = self._fakes()
            record |= judge.learn(frames, texts, epochs=_ROUND_EPOCHS, generator=self._generator)
            records.append({**record, "sampled": len(texts), "learnt": len(chosen)})
            on_round()
        trainer.model.load_state_dict(state)
        return {"rounds": records, "round_kept": kept}

    def _frames(self, count: int) -> list[Frame]:
        places = torch.randint(0, len(self._train), (count,), generator=self._generator)
        return [self._train[place] for place in places.tolist()]

    def _fakes(self) -> tuple[list[Frame], list[str]]:
        """Fresh samples for random train frames, at the recipe's temperatures.

        Copies of train rows are left out: to call the same text real and generated teaches
        the discriminator nothing, and a good generator copies half of the time.
        """
        temperatures = self._context.config.temperatures
        frames = self._frames(round(_SAMPLED * len(self._train)))
        heats = [temperatures[index % len(temperatures)] for index in range(len(frames))]
        samples = self._trainer.samples([condition_of(frame) for frame in frames], heats)
        found = [
            candidate
            for candidate in _candidates(frames, samples)
            if (candidate.frame.intent, candidate.text) not in self._known
        ]
        return [c.frame for c in found], [c.text for c in found]

    def _choose(self, frames: Sequence[Frame], texts: Sequence[str]) -> list[Frame]:
        """New samples that agree with their intent, drawn by realness, as frames to learn.

        Gumbel noise on the realness logit draws without replacement in proportion to the
        discriminator's odds (Chen et al. 2020, arXiv 2004.02135, use the same odds to
        accept or reject), so that the likeliest sentence does not win every time.
        """
        judge = self._context.judge
        new: dict[tuple[str, str], Frame] = {}
        for frame, text in zip(frames, texts, strict=True):
            new.setdefault(
                (frame.intent, text), Frame(frame.intent, text, frame.symbols, frame.parent)
            )
        found = list(new.values())
        if not found:
            return []
        scores = judge.scores(found, [frame.text for frame in found])
        noise = torch.rand(len(found), generator=self._generator, dtype=torch.float64)
        gumbel = -np.log(-np.log(noise.clamp(1e-12, 1 - 1e-12).numpy()))
        rank = np.where(scores.agrees(judge.limits), scores.realness + gumbel, -np.inf)
        order = np.argsort(-rank, kind="stable")[: round(_KEPT * len(self._train))]
        return [found[place] for place in order if np.isfinite(rank[place])]


def _corpus(layout: Layout, frames: Sequence[Frame]) -> Corpus:
    return Corpus.of(
        layout, [condition_of(frame) for frame in frames], [frame.text for frame in frames]
    )


def _candidates(frames: Sequence[Frame], samples: Sequence[Sample]) -> list[Candidate]:
    """Samples that came to their own end and say something."""
    return [
        Candidate(frame, item.text, item.log_probability)
        for frame, item in zip(frames, samples, strict=True)
        if item.finished and item.text.strip()
    ]


def _seed(seed: int, what: str) -> int:
    return int(keyed_rng(seed, "expand.gan", what).integers(2**62))


PLUGIN = TextGan
