"""Cost of one adversarial step, beside TextGAN-PyTorch's RelGAN.

    python -m eval.expand.adversarial_step --peer CHECKOUT

Equal batch (64), length (20) and vocabulary (4,683, that of Image COCO), CPU seconds of one
thread, both sides in one process by turns, the least of the repeats. Two schedules: RelGAN's own
(one generator step, five discriminator steps, each with samples of its own) on both sides, and
one step of each. Our mode `gumbel` at its own schedule (one of each on the same samples) stands
beside. CHECKOUT is a checkout of williamSYSU/TextGAN-PyTorch. Writes
eval/results/gan_adversarial_step.json.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch

from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.run import write_json
from corpusforge.expand.contract import FitContext
from corpusforge.expand.gan.fitting import Fitting, corpus_of
from corpusforge.expand.gan.generator import build_generator
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.gan.modes.gumbel import Gumbel
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.training import Trainer
from corpusforge.expand.judge import Judge
from corpusforge.expand.slots import Frame, SlotTable
from eval.cells import RESULTS, versions
from eval.expand.textgan_side import SHIMS, Peer, load_peer

__all__ = ["main", "measure"]

BATCH, LENGTH, VOCABULARY = 64, 20, 4683
SIZES = {"d128 L3 (the recipe's default)": (128, 3), "d192 L4": (192, 4)}
GOAL = 12.0
_SPECIAL = 6
PEER = "TextGAN-PyTorch RelGAN"


@dataclass(frozen=True)
class Words:
    """A vocabulary of numbers, in place of a trained piece table: only sizes matter here."""

    size: int = VOCABULARY
    symbols: tuple[str, ...] = ()
    intents: tuple[str, ...] = ("any",)
    pad_id: int = 0
    end_id: int = 1
    separator_id: int = 2
    empty_id: int = 3

    def __len__(self) -> int:
        return self.size

    def intent_id(self, intent: str) -> int:
        """The one intent."""
        return 4

    def encode(self, text: str) -> list[int]:
        """Numbers written as words."""
        return [int(word) for word in text.split()]


def gumbel(width: int, layers: int) -> tuple[Gumbel, dict[str, int]]:
    """Our mode over random rows, and the parameters of both networks."""
    words: Any = Words()
    layout = Layout(words, 0, LENGTH)
    draws = torch_generator(1)
    rows = torch.randint(_SPECIAL, VOCABULARY, (BATCH * 4, LENGTH - 1), generator=draws)
    frames = [
        Frame("any", " ".join(map(str, row)), (), place) for place, row in enumerate(rows.tolist())
    ]
    model = build_generator(layout, hidden_size=width, layers=layers)
    corpus = corpus_of(layout, frames)
    trainer = Trainer(layout, model, corpus, corpus, torch_generator(2))
    # All words may be drawn, as in the peer.
    trainer.allowed = torch.arange(VOCABULARY) >= _SPECIAL
    trainer.allowed[words.end_id] = True
    table = SlotTable({}, {}, {})
    context = FitContext(
        layout,
        held_out=[],
        judge=Judge(layout, table, frames, [], seed=3),
        config=ExpandConfig(),
        seed=1,
        progress=Progress(quiet=True),
        table=table,
        frames=frames,
        folder=Path(),
        cache=None,
    )
    mode = Gumbel(Fitting(trainer, frames, context, torch_generator(4)))
    sizes = {"generator": model.num_parameters(), "discriminator": mode.adversary_size()}
    return mode, sizes


def _steps(peer: Peer | None) -> tuple[dict[str, Callable[[], object]], dict[str, dict[str, int]]]:
    """Name -> what is timed, and name of a side -> parameters."""
    timed: dict[str, Callable[[], object]] = {}
    sizes: dict[str, dict[str, int]] = {}
    for name, (width, layers) in SIZES.items():
        mode, sizes[name] = gumbel(width, layers)

        def generator_step(mode: Gumbel = mode) -> object:
            rows, drawn = mode.sample()
            return mode.train_generator(rows, drawn, 0.5)

        def discriminator_step(mode: Gumbel = mode) -> object:
            return mode.train_discriminator(*mode.sample())

        timed[f"{name}: generator"] = generator_step
        timed[f"{name}: discriminator"] = discriminator_step
        timed[f"{name}: own"] = partial(mode.step, 0.5)
    if peer is not None:
        timed[f"{PEER}: generator"] = peer.generator_step
        timed[f"{PEER}: discriminator"] = peer.discriminator_step
        sizes[PEER] = peer.parameters
    return timed, sizes


def measure(peer: Peer | None, repeats: int) -> dict[str, Any]:
    """CPU seconds of each step, by turns so that a busy machine hits all alike."""
    with deterministic(1):
        timed, sizes = _steps(peer)
        seconds: dict[str, list[float]] = {name: [] for name in timed}
        for turn in range(repeats + 1):
            for name, step in timed.items():
                start_s = time.process_time()
                step()
                if turn:  # the first turn warms up
                    seconds[name].append(time.process_time() - start_s)
    sides = {}
    for side, parameters in sizes.items():
        g, d = (seconds[f"{side}: {what}"] for what in ("generator", "discriminator"))
        sides[side] = {
            "parameters": parameters,
            "generator_s": round(min(g), 4),
            "discriminator_s": round(min(d), 4),
            "one_and_one_s": round(min(g) + min(d), 4),
            "one_and_five_s": round(min(g) + 5 * min(d), 4),
            "medians_s": [round(statistics.median(values), 4) for values in (g, d)],
        }
        if f"{side}: own" in seconds:
            sides[side]["own_s"] = round(min(seconds[f"{side}: own"]), 4)
        else:
            sides[side]["own_s"] = sides[side]["one_and_five_s"]
    return sides


def _ratios(sides: dict[str, Any]) -> dict[str, dict[str, float]]:
    """How many times as dear the peer is."""
    names = ("generator_s", "discriminator_s", "one_and_one_s", "one_and_five_s", "own_s")
    return {
        side: {name: round(sides[PEER][name] / figures[name], 2) for name in names}
        for side, figures in sides.items()
        if side != PEER
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m eval.expand.adversarial_step")
    parser.add_argument("--peer", type=Path, required=True, help="checkout of TextGAN-PyTorch")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    peer = load_peer(options.peer, batch=BATCH, length=LENGTH, vocabulary=VOCABULARY)
    sides = measure(peer, options.repeats)
    result = {
        "command": "python -m eval.expand.adversarial_step --peer CHECKOUT",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": 1,
        "versions": versions(("corpusforge", "torch", "transformers")),
        "batch": BATCH,
        "length": LENGTH,
        "vocabulary": VOCABULARY,
        "repeats": options.repeats,
        "peer": {"commit": peer.commit, "shims": list(SHIMS), "empty": peer.imported_empty},
        "sides": sides,
        "goal": GOAL,
        "times_as_dear": _ratios(sides),
    }
    write_json(result, RESULTS / "gan_adversarial_step.json")


if __name__ == "__main__":
    main()
