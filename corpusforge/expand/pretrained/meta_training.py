"""Meta-training of the generator: to continue a list of utterances of one intent.

MetaICL (Min et al. 2022, arXiv 2110.15943) with lists of utterances as tasks: the loss is on
every line of a list, so that one pass teaches continuing after no, one, ... seven exemplars.
LoRA (Hu et al. 2021, arXiv 2106.09685) on the linear layers of the upper half of the blocks: the
gradient stops there, a step costs half, and on SmolLM2-135M the loss on held-out intents was
the same as with all blocks (2.386 and 2.371 nats at three exemplars, 2026-11).
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from corpusforge.core.errors import InputError
from corpusforge.core.seeding import rng
from corpusforge.expand.pretrained import lora
from corpusforge.expand.pretrained.background import Background, Text
from corpusforge.expand.pretrained.pieces import UNNAMED, Pieces, spoken_name

__all__ = [
    "CLIP",
    "MetaTraining",
    "continue_lists",
    "draw_lists",
    "list_ids",
    "list_loss",
    "rate_at",
]

LINES = 8
"""Utterances of a list."""
_LISTS = 8
# Share of lists without the intent's name: labels of users may say nothing ("intent_17").
_UNNAMED = 0.2
_WARM_UP = 8
CLIP = 1.0
"""Largest norm of a step's gradient."""
_RANK, _DROPOUT = 8, 0.05
# Steps between two looks at held-out intents; lists of each held-out intent in a look.
_LOOK, _HELD_OUT_LISTS = 15, 2
_PATIENCE = 2


@dataclass(frozen=True)
class MetaTraining:
    """Settings of meta-training.

    Attributes:
        steps: Steps of eight lists, at most.
        learning_rate: Highest rate; warm-up, then a half cosine.
        seed: Draws lists and dropout.
    """

    steps: int = 45
    learning_rate: float = 8e-4
    seed: int = 1


def list_ids(
    pieces: Pieces, intent: str, texts: Sequence[Text], *, named: bool
) -> tuple[list[int], list[bool]]:
    """A list as ids, and which of them are text to learn.

    Without a name the first line is not learnt: nothing says what it should be about.
    """
    ids = pieces.header(spoken_name(intent) if named else UNNAMED)
    learnt = [False] * len(ids)
    ids = list(ids)
    for number, text in enumerate(texts):
        line, opening = pieces.line(text.text, text.symbols)
        ids += line
        learnt += [False] * opening + [named or number > 0] * (len(line) - opening)
    return ids, learnt


def list_loss(
    model: Any, pieces: Pieces, output: torch.Tensor, lists: Sequence[tuple[list[int], list[bool]]]
) -> torch.Tensor:
    """Mean loss per learnt piece, in nats, among the kept pieces.

    Args:
        model: Body of a causal model, without its output layer.
        pieces: Its tokenizer.
        output: Output layer for the kept pieces, float32 [kept pieces, width].
        lists: From `list_ids`.
    """
    longest = max(len(ids) for ids, _ in lists)
    # A causal model needs no mask for what stands to the right.
    batch = torch.full((len(lists), longest), pieces.end_id, dtype=torch.int64)
    learnt = torch.zeros((len(lists), longest), dtype=torch.bool)
    for row, (ids, marks) in enumerate(lists):
        batch[row, : len(ids)] = torch.tensor(ids)
        learnt[row, : len(ids)] = torch.tensor(marks)
    states = model(input_ids=batch[:, :-1], use_cache=False).last_hidden_state
    # Pieces that may not be written (halves of rare characters, emoji) are not learnt either.
    chosen = learnt[:, 1:] & (pieces.place[batch[:, 1:]] >= 0)
    return F.cross_entropy(states[chosen] @ output.T, pieces.place[batch[:, 1:][chosen]])


def continue_lists(
    model: Any,
    pieces: Pieces,
    background: Background,
    settings: MetaTraining,
    on_step: Callable[[], None],
) -> tuple[Any, dict[str, Any]]:
    """Trains an adapter; call inside `deterministic`.

    Args:
        model: A causal model of transformers; it is changed.
        pieces: Its tokenizer, with the background's symbols and pieces.
        background: What to learn.
        settings: Steps and rate.
        on_step: Called after each step.

    Returns:
        The model with the adapter of the step with the lowest loss on held-out intents (a PEFT
        model), and the losses in nats per piece.
    """
    adapted = lora.adapted(model, _upper_half(model), rank=_RANK, dropout=_DROPOUT)
    whole = adapted.get_base_model()
    body = whole.base_model
    output = whole.get_output_embeddings().weight.detach()[pieces.kept].clone()
    parameters = [p for p in adapted.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=0.0)
    held_out = _held_out_lists(pieces, background, settings.seed)
    draws = rng(settings.seed, "meta-train.lists")
    best = _Best(adapted, _nll(adapted, body, pieces, output, held_out))
    losses: list[float] = []
    for step in range(1, settings.steps + 1):
        adapted.train()
        loss = list_loss(body, pieces, output, draw_lists(pieces, background, draws))
        for group in optimiser.param_groups:
            group["lr"] = rate_at(settings, step)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimiser.step()
        losses.append(float(loss.detach()))
        on_step()
        if step % _LOOK and step < settings.steps:
            continue
        now = _nll(adapted, body, pieces, output, held_out)
        if not best.take(step, now, float(np.mean(losses[-_LOOK:]))):
            break
    return best.restored(), {
        "looks": best.looks,
        "step_kept": best.step,
        "held_out_nll": best.nll,
    }


class _Best:
    """The weights with the lowest held-out loss so far, and the looks that told."""

    def __init__(self, adapted: Any, nll: float) -> None:
        self._adapted = adapted
        self._waited = 0
        self.step, self.nll = 0, nll
        self.looks: list[dict[str, float]] = [{"step": 0, "held_out_nll": nll}]
        self._state = copy.deepcopy(lora.weights(adapted))

    def take(self, step: int, nll: float, loss: float) -> bool:
        """Notes a look; False when it is time to stop."""
        self.looks.append({"step": step, "loss": loss, "held_out_nll": nll})
        if nll < self.nll:
            self.step, self.nll, self._waited = step, nll, 0
            self._state = copy.deepcopy(lora.weights(self._adapted))
            return True
        self._waited += 1
        return self._waited < _PATIENCE

    def restored(self) -> Any:
        """The model with the best weights."""
        lora.set_weights(self._adapted, self._state)
        return self._adapted.eval()


def rate_at(settings: MetaTraining, step: int) -> float:
    """Learning rate of a step from 1: linear warm-up, half a cosine down."""
    falling = 0.5 * (1 + math.cos(math.pi * (step - 1) / settings.steps))
    return settings.learning_rate * min(1.0, step / _WARM_UP) * falling


def _nll(
    adapted: Any,
    body: Any,
    pieces: Pieces,
    output: torch.Tensor,
    lists: Sequence[tuple[list[int], list[bool]]],
) -> float:
    """Mean over batches of the loss per piece, in nats."""
    adapted.eval()
    parts = [lists[start : start + _LISTS] for start in range(0, len(lists), _LISTS)]
    with torch.no_grad():
        return float(np.mean([float(list_loss(body, pieces, output, part)) for part in parts]))


def draw_lists(
    pieces: Pieces, background: Background, draws: np.random.Generator
) -> list[tuple[list[int], list[bool]]]:
    """The lists of one step; a fifth of them without the intent's name."""
    labels = background.learnt
    found = []
    for _ in range(_LISTS):
        intent = labels[int(draws.integers(len(labels)))]
        texts = background.draw(intent, LINES, draws)
        found.append(list_ids(pieces, intent, texts, named=draws.random() >= _UNNAMED))
    return found


def _upper_half(model: Any) -> list[str]:
    """Names of the linear layers of the upper half of the blocks.

    Raises:
        InputError: When there are none (GPT-2 has layers of another kind).
    """
    found = re.compile(r"\.(?:layers|h|blocks)\.(\d+)\.")
    linear = [name for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
    numbers = {name: int(match[1]) for name in linear if (match := found.search("." + name))}
    if not numbers:
        raise InputError(
            f"the base model ({type(model).__name__}) has no blocks of linear layers",
            hint="use a model like Llama: SmolLM2, Qwen2.5, Llama 3.2, ...",
        )
    half = (max(numbers.values()) + 1) // 2
    return [name for name in linear if numbers.get(name, -1) >= half]


def _held_out_lists(
    pieces: Pieces, background: Background, seed: int
) -> list[tuple[list[int], list[bool]]]:
    """Named lists of intents that are not learnt; the same in every look."""
    draws = rng(seed, "meta-train.held_out")
    return [
        list_ids(pieces, intent, background.draw(intent, LINES, draws), named=True)
        for intent in background.held_out
        for _ in range(_HELD_OUT_LISTS)
    ]
