"""Sampling one more line of many lists: the prompt once, its samples together.

What costs most on a CPU is the model itself; so all samples of a list share one computation of
its prompt, finished rows leave the batch, and the last few stragglers are given up: they would
cost as much as the whole batch, and long texts are mostly those that lost their thread.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from corpusforge.expand.gan.decoding import Sample
from corpusforge.expand.pretrained.cache import roomy_cache
from corpusforge.expand.pretrained.pieces import Pieces

__all__ = ["ListSampler", "Lists"]

_FORBIDDEN = float("-inf")
# Nucleus and cut as in the notes on few-shot lists: outside of the likeliest 95 %, and of the
# 100 likeliest pieces, nothing is drawn (Holtzman et al. 2020, arXiv 1904.09751).
_NUCLEUS, _LIKELIEST = 0.95, 100
# Rows of a batch that are given up when only so many are left, and finished rows that leave the
# batch together: each leaving copies the cache.
_STRAGGLERS, _LEAVING = 0.03, 0.15


@dataclass(frozen=True)
class Lists:
    """Prompts of one length, and rows to sample from each.

    Attributes:
        prompts: Ids, all of the same length, shape [prompts, pieces]: headers, lines and an
            opening; the same exemplars in several orders.
        symbols: Slot symbols that each row must hold, sorted, shape [prompts * repeats]; the
            rows of one prompt stand together.
        temperatures: Of each row, > 0.
        longest: Pieces of a text at most.
    """

    prompts: Sequence[Sequence[int]]
    symbols: Sequence[tuple[str, ...]]
    temperatures: Sequence[float]
    longest: int


class _Frames:
    """Which pieces may come next, per row: every slot as often as the frame has it."""

    def __init__(self, pieces: Pieces, symbols: Sequence[tuple[str, ...]]) -> None:
        place = {symbol: column for column, symbol in enumerate(pieces.symbols)}
        self.missing = torch.zeros((len(symbols), len(pieces.symbols)), dtype=torch.int64)
        for row, wanted in enumerate(symbols):
            for symbol in wanted:
                self.missing[row, place[symbol]] += 1
        self._ids = pieces.place[pieces.symbol_ids]
        self._end = int(pieces.place[pieces.end_id])
        self._column = torch.full((len(pieces.kept),), -1, dtype=torch.int64)
        for form in (0, 1):
            self._column[self._ids[:, form]] = torch.arange(len(self._ids))

    def forbid(self, logits: torch.Tensor, places_left: int, *, empty: bool) -> None:
        """Sets what may not come next to -inf, in place; float32 [rows, kept pieces]."""
        due = self.missing.sum(1)
        full = due + 1 >= places_left
        slots = logits[:, self._ids.flatten()].reshape(len(logits), -1, 2)
        end = logits[:, self._end].clone()
        logits[full] = _FORBIDDEN
        used_up = (self.missing == 0)[..., None].expand_as(slots)
        logits[:, self._ids.flatten()] = slots.masked_fill(used_up, _FORBIDDEN).flatten(1)
        early = (due > 0) | (empty & ~full)
        logits[:, self._end] = end.masked_fill(early, _FORBIDDEN)

    def use(self, places: torch.Tensor) -> None:
        """Counts the chosen pieces, int64 [rows]."""
        columns = self._column[places]
        rows = torch.nonzero(columns >= 0).squeeze(1)
        self.missing[rows, columns[rows]] -= 1

    def keep(self, rows: torch.Tensor) -> None:
        """Drops the other rows."""
        self.missing = self.missing[rows]


class ListSampler:
    """A causal model that writes one more line of a list.

    Args:
        model: A causal language model of transformers, merged with its adapter.
        pieces: Its tokenizer.
    """

    def __init__(self, model: Any, pieces: Pieces) -> None:
        self._model = model.eval()
        self._pieces = pieces
        self._cache_argument = _cache_argument(model)
        # The output layer for the kept pieces only: a quarter of the products of a small model
        # are those with its vocabulary.
        self._output = model.get_output_embeddings().weight.detach()[pieces.kept].clone()

    def sample(self, lists: Lists, generator: torch.Generator) -> list[Sample]:
        """One text per row of `lists.symbols`, in order.

        Unfinished texts (too long, given up) have `finished` False.
        """
        with torch.inference_mode():
            return self._sample(lists, generator)

    def _sample(self, lists: Lists, generator: torch.Generator) -> list[Sample]:
        count = len(lists.symbols)
        repeats, rest = divmod(count, len(lists.prompts))
        if rest:
            raise ValueError(
                f"{count} rows cannot be shared evenly by {len(lists.prompts)} prompts"
            )
        cache = roomy_cache(self._model, lists.longest)
        hidden = self._states(torch.tensor(lists.prompts), cache)
        cache.spread(repeats)
        hidden = hidden.repeat_interleave(repeats, 0)
        frames = _Frames(self._pieces, lists.symbols)
        heat = torch.tensor(lists.temperatures, dtype=torch.float32)[:, None]
        rows = torch.arange(count)
        written: list[list[int]] = [[] for _ in range(count)]
        gained: list[list[float]] = [[] for _ in range(count)]
        finished = [False] * count
        open_rows = torch.ones(count, dtype=torch.bool)
        end = int(self._pieces.place[self._pieces.end_id])
        for step in range(lists.longest):
            logits = hidden.float() @ self._output.T
            likelihood = torch.log_softmax(logits, 1)
            frames.forbid(logits, lists.longest - step, empty=step == 0)
            chosen = _draw(logits / heat[rows], generator)
            likely = likelihood.gather(1, chosen[:, None])[:, 0]
            frames.use(chosen)
            ids = self._pieces.kept[chosen]
            columns = (rows.tolist(), ids.tolist(), likely.tolist(), open_rows.tolist())
            for row, piece, value, is_open in zip(*columns, strict=True):
                if is_open:
                    gained[row].append(value)
                    finished[row] = piece == self._pieces.end_id
                    if not finished[row]:
                        written[row].append(piece)
            open_rows &= chosen != end
            left = int(open_rows.sum())
            if left <= _STRAGGLERS * count:
                break
            if left <= (1 - _LEAVING) * len(rows):
                kept = torch.nonzero(open_rows).squeeze(1)
                cache.keep(kept)
                frames.keep(kept)
                rows, ids, open_rows = rows[kept], ids[kept], open_rows[kept]
            hidden = self._states(ids[:, None], cache)
        return [
            Sample(self._pieces.read(ids), sum(own) / len(own), min(own), done)
            for ids, own, done in zip(written, gained, finished, strict=True)
        ]

    def _states(self, ids: torch.Tensor, cache: Any) -> torch.Tensor:
        """Hidden states of the last piece of each row, [rows, width]; the cache grows."""
        # transformers 5.24 renamed the argument; the old name still works there, but warns.
        name = self._cache_argument
        output = self._model.base_model(input_ids=ids, use_cache=True, **{name: cache})
        states: torch.Tensor = output.last_hidden_state[:, -1]
        return states


def _cache_argument(model: Any) -> str:
    arguments = inspect.signature(model.base_model.forward).parameters
    return "cache" if "cache" in arguments else "past_key_values"


def _draw(logits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One piece per row of [rows, pieces], from the nucleus."""
    ordered, places = torch.topk(torch.softmax(logits, 1), min(_LIKELIEST, logits.shape[1]), 1)
    before = torch.cumsum(ordered, 1) - ordered
    place = torch.multinomial(ordered.masked_fill(before >= _NUCLEUS, 0.0), 1, generator=generator)
    return places.gather(1, place).squeeze(1)
