"""Conditional text GAN: a small transformer trained from scratch against a discriminator.

Cooperative by default: the discriminator does not send gradients, it decides what the
generator learns next. Other training modes stand beside it in `corpusforge.expand.gan.modes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.run import read_json, write_json
from corpusforge.core.seeding import rng as keyed_rng
from corpusforge.expand.contract import TEMPERATURES, Candidate, FitContext, Generator
from corpusforge.expand.gan.decoding import sample
from corpusforge.expand.gan.fitting import Fitting, Mode, candidates, corpus_of
from corpusforge.expand.gan.generator import (
    build_generator,
    load_generator,
    save_generator,
)
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.gan.rounds import Rounds
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.training import Trainer
from corpusforge.expand.judge import condition_of
from corpusforge.expand.pretrained.adapter_files import AdapterFiles, pretrained_base
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "TextGan"]

# A candidate must be at least as likely as the lower quarter of held-out real rows: below that
# the generator only stumbles on. What passes is ranked by likelihood again, among other scores.
_HELD_OUT_QUANTILE = 0.25
_SAMPLER_FILE = "sampler.json"


class TextGan:
    """Llama from a config, maximum likelihood, then the rounds of a training mode."""

    may_change_slot_values = True
    trains_judge = True
    wave = 1024
    example: Mapping[str, Any] = MappingProxyType(
        {"hidden_size": 16, "layers": 1, "epochs": 2, "rounds": 0}
    )

    def __init__(self) -> None:
        self._model: Any = None
        self._layout: Layout | None = None
        self._allowed = torch.empty(0, dtype=torch.bool)
        self.least_log_probability = float("-inf")
        self._temperatures: tuple[float, ...] = (1.0,)

    @classmethod
    def for_recipe(
        cls, config: ExpandConfig, folder: Path, adapter: AdapterFiles | None
    ) -> Generator:
        """The one on a pretrained model where the recipe has one, else this one.

        Args:
            config: The recipe's `expand` part.
            folder: Where its paths start.
            adapter: That of the recipe, or of a model folder.
        """
        base = pretrained_base(config.base, adapter, folder)
        if base is None:
            return cls()
        from corpusforge.expand.pretrained.generator import PretrainedGan

        return PretrainedGan(base, adapter)

    def fit(self, train: Sequence[Frame], context: FitContext) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`."""
        config, layout = context.config, context.layout
        generator = torch_generator(_seed(context.seed, "shuffle"))
        with deterministic(_seed(context.seed, "weights")):
            model = build_generator(layout, hidden_size=config.hidden_size, layers=config.layers)
            rows, held_out = (corpus_of(layout, frames) for frames in (train, context.held_out))
            trainer = Trainer(layout, model, rows, held_out, generator)
            fitting = Fitting(
                trainer, train, context, torch_generator(_seed(context.seed, "rounds"))
            )
            mode: Mode = plugins.load("mode", config.mode)(fitting)
            rounds = Rounds(fitting, mode, context.unfinished)
            if not rounds.resume():
                with context.progress.task("expand: learn", config.epochs, "epochs") as task:
                    rounds.begin(trainer.maximum_likelihood(config.epochs, task.advance))
            with context.progress.task("expand: adversarial", config.rounds, "rounds") as task:
                history = rounds.run(config.rounds, task.advance)
            self.least_log_probability = trainer.held_out_quantile(_HELD_OUT_QUANTILE)
        self._model, self._layout, self._allowed = model, layout, trainer.allowed
        self._temperatures = tuple(config.temperatures or TEMPERATURES)
        return {"mode": config.mode, **history}

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
        return candidates(wanted, texts)

    def spent(self, intent: str) -> bool:
        """See `corpusforge.expand.contract.Generator`; there is always more."""
        return False

    def usage(self) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`; nothing is paid."""
        return {}

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
        if not (folder / _SAMPLER_FILE).is_file():
            raise InputError(
                f"expand.model: {folder} was made on a pretrained model, and expand.base has none",
                hint="name in expand.base what it was made with",
            )
        self._model, self._layout = load_generator(folder), context.layout
        self._allowed = torch.zeros(len(context.layout.tokenizer), dtype=torch.bool)
        sampler = read_json(folder / _SAMPLER_FILE)
        self._allowed[torch.tensor(sampler["allowed_pieces"], dtype=torch.int64)] = True
        self.least_log_probability = float(sampler["least_log_probability"])
        self._temperatures = tuple(context.config.temperatures or TEMPERATURES)


def _seed(seed: int, what: str) -> int:
    return int(keyed_rng(seed, "expand.gan", what).integers(2**62))


PLUGIN = TextGan
