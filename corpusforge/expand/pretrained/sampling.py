"""Sampling one more line of many lists: each prompt once, all their samples together.

What costs most on a CPU is the model itself, and it costs least for many rows at a time. So the
samples of many lists share a batch, each prompt is computed once, finished rows leave the batch,
and the last few stragglers are given up: they would cost as much as the whole batch, and long
texts are mostly those that lost their thread.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from corpusforge.expand.gan.decoding import Sample
from corpusforge.expand.pretrained.cache import RoomyCache, roomy_cache
from corpusforge.expand.pretrained.pieces import Pieces
from corpusforge.expand.pretrained.slot_frames import SlotFrames

__all__ = ["ListSampler", "Request"]

# Nucleus and cut as in the notes on few-shot lists: outside of the likeliest 95 %, and of the
# 100 likeliest pieces, nothing is drawn (Holtzman et al. 2020, arXiv 1904.09751).
_NUCLEUS, _LIKELIEST = 0.95, 100
# Rows of a batch that are given up when only so many are left, and finished rows that leave the
# batch together: each leaving copies the cache.
_STRAGGLERS, _LEAVING = 0.03, 0.15
# Rows of a batch: the more, the better the products of a CPU are used; beyond so many the
# batch's keys and values no longer fit its caches.
_ROWS = 128


@dataclass(frozen=True, slots=True)
class Request:
    """One text to write.

    Attributes:
        prompt: Ids: a header, lines and an opening. Requests of one prompt share its computation.
        symbols: Slot symbols that the text may hold, each as often, sorted.
        temperature: > 0.
    """

    prompt: tuple[int, ...]
    symbols: tuple[str, ...]
    temperature: float


class ListSampler:
    """A causal model that writes one more line of a list.

    Args:
        model: A causal language model of transformers, merged with its adapter.
        pieces: Its tokenizer.
    """

    def __init__(self, model: Any, pieces: Pieces) -> None:
        self._body = model.eval().base_model
        self._pieces = pieces
        # transformers 5.24 renamed the argument; the old name still works there, but warns.
        arguments = inspect.signature(self._body.forward).parameters
        self._cache_argument = "cache" if "cache" in arguments else "past_key_values"
        # The output layer for the kept pieces only: a quarter of the products of a small model
        # are those with its vocabulary.
        self._output = model.get_output_embeddings().weight.detach()[pieces.kept].clone()

    def sample(
        self, requests: Sequence[Request], longest: int, generator: torch.Generator
    ) -> list[Sample]:
        """One text per request, in order.

        Args:
            requests: What to write; those of like length share batches.
            longest: Pieces of a text at most, its end included.
            generator: The only source of randomness.

        Returns:
            Texts with the slots of their requests, each at most as often; those that did not come
            to an end (too long, given up) have `finished` False. A text may end without some of
            its slots: forced to go on, the model babbles, and the shorter text often is a right
            one of another frame.
        """
        order = sorted(range(len(requests)), key=lambda i: (len(requests[i].prompt), i))
        found: list[Sample | None] = [None] * len(requests)
        with torch.inference_mode():
            for start in range(0, len(order), _ROWS):
                places = order[start : start + _ROWS]
                batch = _Batch(self, [requests[place] for place in places], longest)
                for place, sample in zip(places, batch.run(generator), strict=True):
                    found[place] = sample
        return [sample for sample in found if sample is not None]

    def likelihood(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits of the kept pieces, float32 [rows, kept pieces]."""
        logits: torch.Tensor = hidden.float() @ self._output.T
        return logits

    def states(self, ids: torch.Tensor, seen: torch.Tensor | None, cache: Any) -> torch.Tensor:
        """Hidden states of the last piece of each row, [rows, width]; the cache grows.

        Args:
            ids: New pieces, int64 [rows, pieces].
            seen: Which pieces of the whole rows are no padding, int64 [rows, all pieces]; None =
                all, which is cheaper: attention needs no mask then.
            cache: Keys and values of the pieces before.
        """
        more: dict[str, Any] = {self._cache_argument: cache}
        if seen is not None:
            places = (seen.cumsum(1) - 1).clamp_min(0)[:, -ids.shape[1] :]
            more |= {"attention_mask": seen, "position_ids": places}
        output = self._body(input_ids=ids, use_cache=True, **more)
        last: torch.Tensor = output.last_hidden_state[:, -1]
        return last

    @property
    def pieces(self) -> Pieces:
        """The tokenizer."""
        return self._pieces

    def cache(self, room: int) -> RoomyCache:
        """An empty cache with room for so many pieces behind the prompt."""
        return roomy_cache(self._body, room)


class _Batch:
    """Rows that are written together."""

    def __init__(self, sampler: ListSampler, requests: Sequence[Request], longest: int) -> None:
        self._sampler = sampler
        self._requests = requests
        self._longest = longest
        self._written: list[list[int]] = [[] for _ in requests]
        self._gained: list[list[float]] = [[] for _ in requests]
        self._finished = [False] * len(requests)

    def run(self, generator: torch.Generator) -> list[Sample]:
        """Writes all rows."""
        pieces = self._sampler.pieces
        hidden, seen, cache = self._prompted()
        frames = SlotFrames(pieces, [request.symbols for request in self._requests])
        heat = torch.tensor([r.temperature for r in self._requests])[:, None]
        rows = torch.arange(len(self._requests))
        writing = torch.ones(len(rows), dtype=torch.bool)
        end = int(pieces.place[pieces.end_id])
        for step in range(self._longest):
            logits = self._sampler.likelihood(hidden)
            likelihood = torch.log_softmax(logits, 1)
            frames.forbid(logits, empty=step == 0)
            chosen = _draw(logits / heat[rows], generator)
            self._note(rows, chosen, likelihood.gather(1, chosen[:, None])[:, 0], writing)
            frames.use(chosen)
            writing &= chosen != end
            left = int(writing.sum())
            if left <= _STRAGGLERS * len(self._requests):
                break
            if left <= (1 - _LEAVING) * len(rows):
                kept = torch.nonzero(writing).squeeze(1)
                cache.keep(kept)
                frames.keep(kept)
                rows, chosen, writing = rows[kept], chosen[kept], writing[kept]
                seen = None if seen is None else seen[kept]
            if seen is not None:
                seen = torch.cat([seen, seen.new_ones((len(seen), 1))], 1)
            hidden = self._sampler.states(pieces.kept[chosen][:, None], seen, cache)
        return [
            Sample(pieces.read(ids), sum(own) / max(len(own), 1), min(own, default=0.0), done)
            for ids, own, done in zip(self._written, self._gained, self._finished, strict=True)
        ]

    def _prompted(self) -> tuple[torch.Tensor, torch.Tensor | None, RoomyCache]:
        """States behind the prompts, the mask of the rows, and the cache, spread over the rows."""
        prompts = list(dict.fromkeys(request.prompt for request in self._requests))
        place = {prompt: number for number, prompt in enumerate(prompts)}
        length = max(map(len, prompts))
        ids = torch.full((len(prompts), length), self._sampler.pieces.end_id)
        seen = torch.zeros((len(prompts), length), dtype=torch.int64)
        for row, prompt in enumerate(prompts):
            # On the left, so that all texts begin at the same place.
            ids[row, length - len(prompt) :] = torch.tensor(prompt)
            seen[row, length - len(prompt) :] = 1
        mask = None if bool(seen.all()) else seen
        cache = self._sampler.cache(self._longest)
        hidden = self._sampler.states(ids, mask, cache)
        rows = torch.tensor([place[request.prompt] for request in self._requests])
        cache.spread(rows)
        return hidden[rows], None if mask is None else mask[rows], cache

    def _note(
        self, rows: torch.Tensor, chosen: torch.Tensor, likely: torch.Tensor, writing: torch.Tensor
    ) -> None:
        pieces = self._sampler.pieces
        columns = (rows.tolist(), pieces.kept[chosen].tolist(), likely.tolist(), writing.tolist())
        for row, piece, value, is_writing in zip(*columns, strict=True):
            if is_writing:
                self._gained[row].append(value)
                self._finished[row] = piece == pieces.end_id
                if not self._finished[row]:
                    self._written[row].append(piece)


def _draw(logits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One piece per row of [rows, pieces], from the nucleus."""
    ordered, places = torch.topk(torch.softmax(logits, 1), min(_LIKELIEST, logits.shape[1]), 1)
    before = torch.cumsum(ordered, 1) - ordered
    place = torch.multinomial(ordered.masked_fill(before >= _NUCLEUS, 0.0), 1, generator=generator)
    return places.gather(1, place).squeeze(1)
