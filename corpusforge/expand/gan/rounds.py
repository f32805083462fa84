"""The rounds of one fit: play, measure, keep or undo, teach the judge, and be able to go on.

A round counts as better only when the held-out loss is lower (the gate). It is undone, and the
weights of the best round come back, when the guard says that the generator got worse or
narrower.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from corpusforge.core.seeding import rng as keyed_rng
from corpusforge.expand.gan.fitting import Fitting, Mode
from corpusforge.expand.gan.state import State, read_state, weights_of, write_state
from corpusforge.expand.gan.training import GUARD_SAMPLES, Guard, guard_of, worse
from corpusforge.expand.judge import condition_of
from corpusforge.expand.slots import Frame

__all__ = ["Rounds"]

# Passes of the judge's discriminator over the real rows: before the first round, and in each.
_FIRST_EPOCHS, _ROUND_EPOCHS = 40, 12
_ROUND = re.compile(r"round-\d{3}")


class Rounds:
    """Rounds of a mode after maximum likelihood.

    Args:
        fitting: Generator, judge and rows.
        mode: Trains the generator in a round.
        folder: Where finished rounds are kept, so that a killed fit goes on there; None =
            they are not kept.
    """

    def __init__(self, fitting: Fitting, mode: Mode, folder: Path | None = None) -> None:
        self._fitting = fitting
        self._mode = mode
        self._folder = folder
        self._records: list[dict[str, Any]] = []
        self._best, self._kept = float("inf"), 0
        self._weights: dict[str, torch.Tensor] = {}
        self._frames: list[Frame] = []
        self._texts: list[str] = []
        # Always the same conditions and random numbers, or two guards could not be compared.
        self._conditions = [condition_of(frame) for frame in fitting.frames(GUARD_SAMPLES)]
        seed = keyed_rng(fitting.context.seed, "expand.gan", "guard")
        self._guard_seed = int(seed.integers(2**62))

    @property
    def finished(self) -> int:
        """Rounds that are over; -1 before `begin`."""
        return len(self._records) - 1

    def begin(self, learnt: Sequence[dict[str, float]]) -> None:
        """Round 0: the generator as maximum likelihood left it, and the judge's first lesson.

        Args:
            learnt: What maximum likelihood recorded; kept with the round.
        """
        guard = self._measure()
        self._best = guard.nll
        self._weights = weights_of(self._fitting.trainer.model)
        record = {
            "round": 0,
            "guard": asdict(guard),
            "undone": "",
            "maximum_likelihood": list(learnt),
        }
        self._records = [record | self._teach(_FIRST_EPOCHS)]
        self._save()

    def run(self, rounds: int, on_round: Callable[[], None]) -> dict[str, Any]:
        """Plays what is left of the rounds; the generator gets the weights of the best one.

        Args:
            rounds: How many, those before a restart counted in.
            on_round: Called after each.

        Returns:
            Figures of maximum likelihood and of each round, and the number of the round kept
            (0 = maximum likelihood).
        """
        for _ in range(self.finished):
            on_round()
        for number in range(self.finished + 1, rounds + 1 if self._mode.has_rounds else 0):
            self._play(number, rounds)
            on_round()
        self._fitting.trainer.model.load_state_dict(self._weights)
        first, *later = self._records
        first = dict(first)
        learnt = first.pop("maximum_likelihood")
        return {
            "maximum_likelihood": learnt,
            "rounds": [first, *later],
            "round_kept": self._kept,
        }

    def _play(self, number: int, rounds: int) -> None:
        model = self._fitting.trainer.model
        sampled = len(self._texts)
        figures = self._mode.play(self._frames, self._texts, number, rounds)
        guard = self._measure()
        undone = worse(Guard(**self._records[0]["guard"]), guard)
        if undone:
            model.load_state_dict(self._weights)
            self._mode.undone()
        elif guard.nll < self._best:
            self._best, self._kept = guard.nll, number
            self._weights = weights_of(model)
        record = {"round": number, "guard": asdict(guard), "undone": undone, "sampled": sampled}
        self._records.append(record | self._teach(_ROUND_EPOCHS) | figures)
        self._save()

    def _measure(self) -> Guard:
        return guard_of(self._fitting.trainer, self._conditions, self._guard_seed)

    def _teach(self, epochs: int) -> dict[str, Any]:
        """Fresh fakes, and what the judge learns from them."""
        fitting = self._fitting
        self._frames, self._texts = fitting.fakes()
        return fitting.context.judge.learn(
            self._frames, self._texts, epochs=epochs, generator=fitting.generator
        )

    def _save(self) -> None:
        if self._folder is None:
            return
        trainer, context = self._fitting.trainer, self._fitting.context
        places = {id(frame): place for place, frame in enumerate(self._fitting.train)}
        state = State(
            {
                "torch": torch.default_generator.get_state(),
                "shuffling": trainer.generator.get_state(),
                "drawing": self._fitting.generator.get_state(),
            },
            {
                "records": self._records,
                "best": self._best,
                "kept": self._kept,
                "frames": [places[id(frame)] for frame in self._frames],
                "texts": self._texts,
            },
        )
        state.put("generator", State(weights_of(trainer.model)))
        state.put("best_generator", State(self._weights))
        state.put("judge", context.judge.state())
        state.put("mode", self._mode.state())
        # The new round is complete before the old one goes.
        write_state(state, self._folder / f"round-{self.finished:03d}")
        for old in self._kept_folders()[:-1]:
            shutil.rmtree(old)

    def _kept_folders(self) -> list[Path]:
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if _ROUND.fullmatch(path.name))

    def resume(self) -> bool:
        """Goes on after the last finished round, in place of `begin`; False when there is none."""
        folders = self._kept_folders()
        if not folders:
            return False
        state = read_state(folders[-1])
        trainer, facts = self._fitting.trainer, state.facts
        torch.default_generator.set_state(state.tensors["torch"])
        trainer.generator.set_state(state.tensors["shuffling"])
        self._fitting.generator.set_state(state.tensors["drawing"])
        trainer.model.load_state_dict(state.get("generator").tensors)
        self._weights = state.get("best_generator").tensors
        self._fitting.context.judge.restore(state.get("judge"))
        self._mode.restore(state.get("mode"))
        self._records, self._best = facts["records"], facts["best"]
        self._kept, self._texts = facts["kept"], facts["texts"]
        self._frames = [self._fitting.train[place] for place in facts["frames"]]
        return True
