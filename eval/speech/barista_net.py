"""Words of orders from sound alone: a small network that saw no pretrained recogniser.

Convolutions over time (40 ms a step), and for every step the probability of each word of the
grammar or of none: learnt from the word times of the clips where there are any, and by CTC (Graves
et al. 2006) from all. Word times are worth 26 points of slots over CTC alone (eval/LOG.md).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.speech.barista_sound import (
    BANDS,
    HOP_S,
    Powers,
    Variation,
    Varied,
    levels,
    stacked,
    varied,
)

__all__ = ["Example", "Net", "Training", "train"]


@dataclass(frozen=True)
class Training:
    """How long and how wide.

    Attributes:
        steps: Of the optimiser.
        short: Share of the steps that only hear clips of at most `short_s`.
        short_s: What is short, seconds.
        batch: Clips in a step.
        width: Channels of the convolutions.
        dropout: Behind each of them.
        ctc: Weight of CTC beside the known words of the steps.
        rate: Highest step size of AdamW.
        seed: Of weights, batches and variations.
        variation: How far clips are varied.
    """

    steps: int = 1000
    short: float = 0.25
    short_s: float = 2.0
    batch: int = 16
    width: int = 128
    dropout: float = 0.1
    ctc: float = 0.3
    rate: float = 4e-3
    seed: int = 1
    variation: Variation = field(default_factory=Variation)


@dataclass(frozen=True, eq=False)
class Example:
    """A clip.

    Attributes:
        powers: From `barista_sound.powers`.
        words: What is said.
        times: Start and end of each word in seconds; () = unknown.
    """

    powers: Powers
    words: tuple[str, ...]
    times: tuple[tuple[float, float], ...] = ()


class Net:
    """A trained network; see `train`.

    Attributes:
        vocabulary: Words by number; 0 is none.
        losses: Mean loss in each eighth of the training.
    """

    def __init__(self, module: Any, vocabulary: Sequence[str], losses: Sequence[float]) -> None:
        self._module = module
        self.vocabulary = tuple(vocabulary)
        eighths = np.array_split(np.array(losses), min(8, len(losses)))
        self.losses = [round(float(part.mean()), 4) for part in eighths]

    def log_probabilities(self, clips: Sequence[Powers]) -> list[npt.NDArray[np.float32]]:
        """Of each word in each step of 40 ms, shape [steps, words] for every clip.

        Args:
            clips: From `barista_sound.powers`.
        """
        import torch

        from corpusforge.expand.gan.runtime import deterministic

        found = []
        with torch.inference_mode(), deterministic(1):
            self._module.eval()
            for start in range(0, len(clips), 32):
                some = [levels(clip) for clip in clips[start : start + 32]]
                inputs, lengths = stacked(some)
                out = self._module(torch.from_numpy(inputs), torch.from_numpy(lengths))
                found += [
                    row[: -(-int(n) // 4)].numpy() for row, n in zip(out, lengths, strict=True)
                ]
        return found


def _module(words: int, training: Training) -> Any:
    import torch
    from torch import nn

    width = training.width

    class Block(nn.Module):
        """Convolution over three steps that lie `apart` from each other, added to its input."""

        def __init__(self, apart: int) -> None:
            super().__init__()
            self.over_time = nn.Sequential(
                nn.Conv1d(width, width, 3, padding=apart, dilation=apart, bias=False),
                nn.BatchNorm1d(width),
                nn.ReLU(),
                nn.Dropout(training.dropout),
            )

        def forward(self, x: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = x + self.over_time(x * inside)
            return found

    class WordNet(nn.Module):
        """Levels [clips, frames, bands], their lengths -> log probabilities [clips, steps, words].

        One step is four frames.
        """

        def __init__(self) -> None:
            super().__init__()
            self.front = nn.Sequential(
                nn.Conv1d(BANDS, 96, 5, stride=2, padding=2, bias=False),
                nn.BatchNorm1d(96),
                nn.ReLU(),
                nn.Conv1d(96, width, 5, stride=2, padding=2, bias=False),
                nn.BatchNorm1d(width),
                nn.ReLU(),
            )
            self.blocks = nn.ModuleList(Block(apart) for apart in (1, 2, 4, 8, 1))
            self.words = nn.Conv1d(width, words, 1)

        def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            y = self.front(x.transpose(1, 2))
            inside = torch.arange(y.shape[2])[None, :] < ((lengths + 3) // 4)[:, None]
            for block in self.blocks:
                y = block(y, inside[:, None].float())
            scores: torch.Tensor = self.words(y)
            return scores.log_softmax(dim=1).transpose(1, 2)

    return WordNet()


def _batches(
    examples: Sequence[Example], training: Training, draws: np.random.Generator
) -> list[list[int]]:
    """Clips of every step: shuffled, then those of like length together; short ones first."""
    lengths = np.array([example.powers.shape[0] for example in examples])
    found: list[list[int]] = []
    while len(found) < training.steps:
        early = len(found) < training.short * training.steps
        few = np.flatnonzero(lengths <= 100 * training.short_s)
        pool = few if early and few.size else np.arange(len(lengths))
        pool = draws.permutation(pool)
        some = []
        for start in range(0, len(pool), 8 * training.batch):
            part = pool[start : start + 8 * training.batch]
            part = part[np.argsort(lengths[part], kind="stable")]
            some += [
                part[i : i + training.batch].tolist() for i in range(0, len(part), training.batch)
            ]
        found += [some[i] for i in draws.permutation(len(some))]
    return found[: training.steps]


def _framewise(
    examples: Sequence[Example],
    numbers: Sequence[Sequence[int]],
    some: Sequence[Varied],
    steps: int,
) -> npt.NDArray[np.int64]:
    """The word of every step (0 between words), -1 where times are unknown or the clip is over."""
    found = np.full((len(examples), steps), -1, dtype=np.int64)
    for row, example, own, one in zip(found, examples, numbers, some, strict=True):
        if example.times:
            row[: -(-one.levels.shape[0] // 4)] = 0
            edges = np.array(example.times) * one.tempo + one.before_s
            for number, (start, end) in zip(
                own, np.ceil(edges / (4 * HOP_S)).astype(int), strict=True
            ):
                row[start:end] = number
    return found


def train(examples: Sequence[Example], training: Training, *, log: bool = False) -> Net:
    """Train a network on synthetic clips.

    Args:
        examples: Of all engines that are heard.
        training: How long.
        log: Print the mean loss of every 50 steps.
    """
    import torch
    from torch.nn.functional import ctc_loss, nll_loss

    from corpusforge.expand.gan.runtime import deterministic

    vocabulary = ["", *sorted({word for example in examples for word in example.words})]
    number: Mapping[str, int] = {word: place for place, word in enumerate(vocabulary)}
    heard = [example.powers for example in examples]
    draws = np.random.default_rng(training.seed)
    losses = []
    with deterministic(training.seed):
        module = _module(len(vocabulary), training)
        optimiser = torch.optim.AdamW(module.parameters(), lr=training.rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, training.rate, total_steps=training.steps + 1, pct_start=0.2
        )
        module.train()
        for step, rows in enumerate(_batches(examples, training, draws), 1):
            some = [varied(heard[row], heard, training.variation, draws) for row in rows]
            inputs, lengths = stacked([one.levels for one in some])
            steps = torch.from_numpy((lengths + 3) // 4)
            out = module(torch.from_numpy(inputs), torch.from_numpy(lengths))
            own = [[number[word] for word in examples[row].words] for row in rows]
            flat = torch.tensor([place for one in own for place in one])
            sizes = torch.tensor([len(one) for one in own])
            loss = training.ctc * ctc_loss(
                out.transpose(0, 1), flat, steps, sizes, zero_infinity=True
            )
            said = _framewise([examples[row] for row in rows], own, some, out.shape[1])
            if (said >= 0).any():
                loss = loss + nll_loss(out.transpose(1, 2), torch.from_numpy(said), ignore_index=-1)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(module.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if log and step % 50 == 0:
                print(f"step {step}: {np.mean(losses[-50:]):.3f}", file=sys.stderr, flush=True)
    return Net(module, vocabulary, losses)
