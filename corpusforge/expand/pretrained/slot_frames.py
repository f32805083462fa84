"""Which pieces may come next, so that a text holds slots of its frame alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from corpusforge.expand.pretrained.pieces import Pieces

__all__ = ["SlotFrames"]

_FORBIDDEN = float("-inf")


class SlotFrames:
    """Rows of a batch with the slots that each may still say.

    The spellings of slots form a tree of pieces; a row stands at its root (outside of a slot) or
    somewhere in it, where only spellings of slots that are still to come go on.

    Args:
        pieces: Spellings and places of pieces.
        symbols: Slots of each row.
    """

    def __init__(self, pieces: Pieces, symbols: Sequence[tuple[str, ...]]) -> None:
        column = {symbol: number for number, symbol in enumerate(pieces.symbols)}
        self._missing = torch.zeros((len(symbols), len(column)), dtype=torch.int64)
        for row, wanted in enumerate(symbols):
            for symbol in wanted:
                self._missing[row, column[symbol]] += 1
        self._end = int(pieces.place[pieces.end_id])
        self._plant(pieces, column)
        self._at = [0] * len(symbols)

    def _plant(self, pieces: Pieces, column: dict[str, int]) -> None:
        """The tree: nodes with their next pieces (kept places) and the slots below them."""
        self._next: list[dict[int, int]] = [{}]
        self._below: list[set[int]] = [set()]
        self._leaf: dict[int, int] = {}
        for symbol, spelled in pieces.spellings:
            node = 0
            for place in pieces.place[torch.tensor(spelled)].tolist():
                if place not in self._next[node]:
                    self._next[node][place] = len(self._next)
                    self._next.append({})
                    self._below.append(set())
                node = self._next[node][place]
                self._below[node].add(column[symbol])
            self._leaf[node] = column[symbol]
        openers = list(self._next[0].items())
        self._openers = torch.tensor([place for place, _ in openers], dtype=torch.int64)
        self._opens = torch.zeros((len(column), len(openers)), dtype=torch.int64)
        for number, (_, node) in enumerate(openers):
            self._opens[sorted(self._below[node]), number] = 1
        closing = {int(pieces.place[i]) for i in pieces.slots_alone()} - set(self._next[0])
        self._closing = torch.tensor(sorted(closing), dtype=torch.int64)

    def forbid(self, logits: torch.Tensor, *, empty: bool) -> None:
        """Sets what may not come next to -inf, in place; float32 [rows, kept pieces].

        Args:
            logits: Of all rows.
            empty: Whether nothing is written yet: then no text may end.
        """
        inside = [(row, self._onward(row)) for row, node in enumerate(self._at) if node]
        kept = [logits[row, places] for row, places in inside]
        if len(self._openers):
            closed = ((self._missing > 0).long() @ self._opens) == 0
            logits[:, self._openers] = logits[:, self._openers].masked_fill(closed, _FORBIDDEN)
            logits[:, self._closing] = _FORBIDDEN
        if empty:
            logits[:, self._end] = _FORBIDDEN
        for (row, places), values in zip(inside, kept, strict=True):
            logits[row] = _FORBIDDEN
            logits[row, places] = values

    def _onward(self, row: int) -> list[int]:
        """Places that may come next in a row inside of a slot's name."""
        due = set(torch.nonzero(self._missing[row]).squeeze(1).tolist())
        onward = self._next[self._at[row]].items()
        return [place for place, child in onward if self._below[child] & due]

    def use(self, places: torch.Tensor) -> None:
        """Moves on by the chosen pieces, int64 [rows]."""
        for row, place in enumerate(places.tolist()):
            node = self._next[self._at[row]].get(place, 0)
            column = self._leaf.get(node)
            if column is not None:
                self._missing[row, column] -= 1
            self._at[row] = 0 if column is not None else node

    def keep(self, rows: torch.Tensor) -> None:
        """Drops the other rows."""
        self._missing = self._missing[rows]
        self._at = [self._at[row] for row in rows.tolist()]
