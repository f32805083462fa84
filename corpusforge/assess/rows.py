"""Labelled texts in columns: what every protocol here trains on and tests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from corpusforge.core.spans import Slot
from corpusforge.core.text import fold

__all__ = ["Rows"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Labelled texts; all columns have one entry per row.

    Attributes:
        texts: Sentences.
        intents: Their labels.
        weights: Sample weights for a loss, shape [rows]; 1 = a real row, 0 = do not train on it.
        slots: Spans in each text; None = not annotated.
        origins: Where each row comes from: real, grammar, gan, external, ...
    """

    texts: tuple[str, ...]
    intents: tuple[str, ...]
    weights: npt.NDArray[np.float64]
    slots: tuple[tuple[Slot, ...] | None, ...]
    origins: tuple[str, ...]

    @classmethod
    def labelled(
        cls,
        texts: Sequence[str],
        intents: Sequence[str],
        *,
        origin: str = "real",
        weights: npt.NDArray[np.float64] | None = None,
    ) -> Rows:
        """Rows of one origin without slots; weight 1 unless given."""
        count = len(texts)
        return cls(
            tuple(texts),
            tuple(intents),
            np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64),
            (None,) * count,
            (origin,) * count,
        )

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The texts as `core.text.fold` writes them: equal = the same sentence."""
        return tuple(fold(text) for text in self.texts)

    def take(self, indices: npt.ArrayLike) -> Rows:
        """The rows at these places, in this order."""
        places = np.asarray(indices, dtype=np.int64)
        return Rows(
            tuple(self.texts[i] for i in places),
            tuple(self.intents[i] for i in places),
            self.weights[places],
            tuple(self.slots[i] for i in places),
            tuple(self.origins[i] for i in places),
        )

    def where(self, mask: npt.ArrayLike) -> Rows:
        """The rows whose place in `mask` (shape [rows]) is true."""
        return self.take(np.flatnonzero(np.asarray(mask, dtype=bool)))

    def plus(self, other: Rows) -> Rows:
        """These rows, then the others."""
        return Rows(
            self.texts + other.texts,
            self.intents + other.intents,
            np.concatenate([self.weights, other.weights]),
            self.slots + other.slots,
            self.origins + other.origins,
        )

    def with_intents(self, intents: Sequence[str]) -> Rows:
        """The same texts under other labels."""
        return replace(self, intents=tuple(intents))

    def with_weights(self, weights: npt.NDArray[np.float64]) -> Rows:
        """The same rows with other weights."""
        return replace(self, weights=np.asarray(weights, dtype=np.float64))

    def by_intent(self) -> dict[str, npt.NDArray[np.int64]]:
        """Intent -> places of its rows, sorted by intent."""
        names = np.array(self.intents, dtype=object)
        return {name: np.flatnonzero(names == name) for name in sorted(set(self.intents))}
