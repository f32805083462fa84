"""The effects of a clip: which there are, in which order, and what was drawn for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from corpusforge.core import plugins
from corpusforge.core.recipe import SpeechConfig
from corpusforge.core.seeding import rng
from corpusforge.speech.effect import Effect, Scalar

__all__ = ["EFFECTS", "draw_chain", "effects"]

EFFECTS = ("formant", "room", "noise", "gain")
"""The effects in use. A list and not all plug-ins that are found: installing another package
must not change a corpus."""


@cache
def effects() -> tuple[Effect, ...]:
    """The effects in use, in physical order."""
    loaded: list[Effect] = [plugins.load("effect", name) for name in EFFECTS]
    return tuple(sorted(loaded, key=lambda effect: effect.order))


def draw_chain(
    config: SpeechConfig, seed: int, row_id: str, variant: int
) -> tuple[tuple[str, str, Mapping[str, Scalar]], ...]:
    """(op, version, params) of each effect that this clip gets.

    Every effect draws from a generator of its own, so that a change of one leaves the others.
    """
    drawn = []
    for effect in effects():
        params = effect.draw(rng(seed, "speech", row_id, variant, effect.op), config)
        if params:
            drawn.append((effect.op, effect.version, params))
    return tuple(drawn)
