"""Constrained sampling: every slot of the frame exactly as often as the frame has it.

Slots are single pieces, so the constraint is a mask on the next piece: slots that are used up
or foreign to the frame are forbidden, the end is forbidden while a slot is missing, and when
only as many places are left as slots are missing, nothing but a missing slot is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from corpusforge.expand.gan.layout import Condition, Layout

__all__ = ["Constraint", "Sample", "allowed_pieces", "sample"]

_BATCH = 256
_FORBIDDEN = float("-inf")
# Pieces outside of the likeliest 95 % are not drawn (nucleus sampling, Holtzman et al. 2020,
# arXiv 1904.09751): a model this small has a long tail of nonsense, and a high temperature is
# meant to mix phrasings, not to reach into it.
_NUCLEUS = 0.95
# The nucleus is looked for among so many pieces: sorting the whole vocabulary costs more than
# the model.
_MOST_LIKELY = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled text.

    Attributes:
        text: With slot symbols.
        log_probability: Mean log probability per piece, in nats, under the model at
            temperature 1 and without the constraint: low when a slot had to be forced.
        least: Log probability of the least likely piece, in nats, taken likewise: low where two
            halves do not fit together.
        finished: False when the length ran out, so that the end (and perhaps slots) was
            forced; the slots are valid, the sentence may be torn.
    """

    text: str
    log_probability: float
    least: float
    finished: bool


def allowed_pieces(layout: Layout, texts: torch.Tensor) -> torch.Tensor:
    """The pieces that occur in the texts, bool [vocabulary].

    A piece that was never trained has a random embedding, and would come out now and then.
    """
    allowed = torch.zeros(len(layout.tokenizer), dtype=torch.bool)
    allowed[torch.unique(texts)] = True
    allowed[layout.tokenizer.pad_id] = False
    return allowed


def sample(
    model: Any,
    layout: Layout,
    conditions: Sequence[Condition],
    temperatures: Sequence[float],
    generator: torch.Generator,
    *,
    allowed: torch.Tensor,
    nucleus: float = _NUCLEUS,
) -> list[Sample]:
    """One text per condition.

    Args:
        model: The generator.
        layout: Its vocabulary and lengths.
        conditions: Intent and slots of each text; shape [rows].
        temperatures: Sampling temperature of each text, > 0; shape [rows].
        generator: The only source of randomness.
        allowed: bool [vocabulary]: pieces that plain text may hold.
        nucleus: Pieces outside of the likeliest so much are not drawn; 1 = all may be.

    Returns:
        As many samples, in order.
    """
    model.eval()
    samples: list[Sample] = []
    with torch.no_grad():
        for start in range(0, len(conditions), _BATCH):
            part = slice(start, start + _BATCH)
            samples += _sample_batch(
                model, layout, conditions[part], temperatures[part], generator, allowed, nucleus
            )
    return samples


class Constraint:
    """Which pieces may come next, per row of a batch."""

    def __init__(
        self, layout: Layout, conditions: Sequence[Condition], allowed: torch.Tensor
    ) -> None:
        tokenizer = layout.tokenizer
        self.end_id = tokenizer.end_id
        # Two pieces for each symbol: after a space, and glued; [symbols, 2].
        self.symbol_ids = torch.tensor(
            [tokenizer.symbol_ids(symbol) for symbol in tokenizer.symbols], dtype=torch.int64
        ).reshape(-1, 2)
        place = {symbol: index for index, symbol in enumerate(tokenizer.symbols)}
        self.missing = torch.zeros((len(conditions), len(tokenizer.symbols)), dtype=torch.int64)
        for row, condition in enumerate(conditions):
            for symbol in condition.symbols:
                self.missing[row, place[symbol]] += 1
        self.plain = torch.zeros(len(tokenizer)).masked_fill(~allowed, _FORBIDDEN)
        self.plain[self.symbol_ids.flatten()] = _FORBIDDEN
        # A glued slot may only be written where the train rows have one.
        glue = torch.zeros(self.symbol_ids.shape)
        self.slots = glue.masked_fill(~allowed[self.symbol_ids], _FORBIDDEN)
        self.slots[:, 0] = 0.0
        self.plain[self.end_id] = _FORBIDDEN
        # Symbol id -> column of `missing`, other pieces -> -1.
        self.column = torch.full((len(tokenizer),), -1, dtype=torch.int64)
        columns = torch.arange(len(self.symbol_ids))
        self.column[self.symbol_ids[:, 0]] = columns
        self.column[self.symbol_ids[:, 1]] = columns

    def mask(self, places_left: int, *, empty: bool) -> torch.Tensor:
        """0 or -inf for every next piece, float32 [rows, vocabulary].

        Args:
            places_left: Pieces that can still be written, the end included.
            empty: Whether nothing was written yet, when no text may end.
        """
        rows = self.missing.shape[0]
        mask = self.plain.expand(rows, -1).clone()
        due = self.missing.sum(1)
        # Full rows may only write missing slots, then the end.
        full = due + 1 >= places_left
        mask[full] = _FORBIDDEN
        used = torch.zeros(self.missing.shape).masked_fill(self.missing == 0, _FORBIDDEN)
        if used.shape[1]:
            for glued in (0, 1):
                mask[:, self.symbol_ids[:, glued]] = used + self.slots[:, glued]
        end = (due > 0) | (empty & ~full)
        mask[:, self.end_id] = torch.zeros(rows).masked_fill(end, _FORBIDDEN)
        return mask

    def use(self, pieces: torch.Tensor) -> None:
        """Counts the chosen pieces, int64 [rows]."""
        columns = self.column[pieces]
        rows = torch.nonzero(columns >= 0).squeeze(1)
        self.missing[rows, columns[rows]] -= 1


def _sample_batch(
    model: Any,
    layout: Layout,
    conditions: Sequence[Condition],
    temperatures: Sequence[float],
    generator: torch.Generator,
    allowed: torch.Tensor,
    nucleus: float,
) -> list[Sample]:
    rows, length = len(conditions), layout.text_length
    end, pad = layout.tokenizer.end_id, layout.tokenizer.pad_id
    constraint = Constraint(layout, conditions, allowed)
    heat = torch.tensor(temperatures, dtype=torch.float32).unsqueeze(1)
    written = torch.full((rows, length), pad, dtype=torch.int64)
    log_probabilities = torch.zeros(rows)
    least = torch.zeros(rows)
    open_rows = torch.ones(rows, dtype=torch.bool)
    finished = torch.ones(rows, dtype=torch.bool)
    output = model(input_ids=layout.prompts(conditions), use_cache=True, logits_to_keep=1)
    for step in range(length):
        places_left = length - step
        finished &= ~(open_rows & (constraint.missing.sum(1) + 1 >= places_left))
        logits = output.logits[:, -1]
        masked = logits + constraint.mask(places_left, empty=step == 0)
        chosen = _draw(torch.softmax(masked / heat, dim=1), generator, nucleus)
        gained = torch.log_softmax(logits, dim=1).gather(1, chosen.unsqueeze(1)).squeeze(1)
        gained = torch.where(open_rows, gained, 0.0)
        log_probabilities += gained
        least = torch.minimum(least, gained)
        chosen = torch.where(open_rows, chosen, end)
        written[:, step] = torch.where(open_rows, chosen, pad)
        constraint.use(chosen)
        open_rows = open_rows & (chosen != end)
        if not bool(open_rows.any()):
            break
        # transformers 5.24 renamed it; the old name still works there, but warns
        cache = "cache" if "cache" in output else "past_key_values"
        output = model(input_ids=chosen.unsqueeze(1), use_cache=True, **{cache: output[cache]})
    return _read(layout, written, torch.stack([log_probabilities, least], dim=1), finished)


def _draw(probabilities: torch.Tensor, generator: torch.Generator, nucleus: float) -> torch.Tensor:
    """One piece per row of [rows, vocabulary], from the nucleus."""
    if nucleus >= 1:
        return torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
    count = min(_MOST_LIKELY, probabilities.shape[1])
    ordered, pieces = torch.topk(probabilities, count, dim=1)
    before = torch.cumsum(ordered, dim=1) - ordered
    place = torch.multinomial(ordered.masked_fill(before >= nucleus, 0.0), 1, generator=generator)
    return pieces.gather(1, place).squeeze(1)


def _read(
    layout: Layout,
    written: torch.Tensor,
    log_probabilities: torch.Tensor,
    finished: torch.Tensor,
) -> list[Sample]:
    tokenizer = layout.tokenizer
    samples = []
    for ids, (total, least), done in zip(
        written.tolist(), log_probabilities.tolist(), finished.tolist(), strict=True
    ):
        size = ids.index(tokenizer.end_id)
        text = tokenizer.decode(ids[:size])
        samples.append(Sample(text, total / (size + 1), least, done))
    return samples
