"""Maximum likelihood alone: no rounds, the control that every other mode is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpusforge.expand.gan.fitting import Fitting
from corpusforge.expand.gan.state import State
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "MaximumLikelihood"]


class MaximumLikelihood:
    """Leaves the generator as maximum likelihood made it."""

    has_rounds = False

    def __init__(self, fitting: Fitting) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""

    def play(
        self, frames: Sequence[Frame], texts: Sequence[str], number: int, rounds: int
    ) -> dict[str, Any]:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        return {}

    def undone(self) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""

    def state(self) -> State:
        """See `corpusforge.expand.gan.fitting.Mode`."""
        return State()

    def restore(self, state: State) -> None:
        """See `corpusforge.expand.gan.fitting.Mode`."""


PLUGIN = MaximumLikelihood
