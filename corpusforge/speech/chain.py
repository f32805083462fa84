"""The effects of a clip: which there are, in which order, and what was drawn for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from corpusforge.core import plugins
from corpusforge.core.seeding import rng
from corpusforge.speech.effect import Context, Effect, Scalar

__all__ = ["EFFECTS", "SPEAKER_BELOW", "draw_chain", "effects"]

EFFECTS = (
    "formant",
    "place",
    "room",
    "noise",
    "mic",
    "agc",
    "gain",
    "clip",
    "codec",
    "dither",
)
"""The effects in use. A list and not all plug-ins that are found: installing another package
must not change a corpus."""

SPEAKER_BELOW = 20
"""Effects of a lower order are of the speaker and come before the change to the corpus' rate, so
that a shift of the formants has the engine's full band to draw on; the others are of place, room
and microphone. Copies of a clip share the former."""


@cache
def effects() -> tuple[Effect, ...]:
    """The effects in use, in physical order."""
    loaded: list[Effect] = [plugins.load("effect", name) for name in EFFECTS]
    return tuple(sorted(loaded, key=lambda effect: effect.order))


def draw_chain(
    context: Context, row_id: str, variant: int, copy: int = 0
) -> tuple[tuple[str, str, Mapping[str, Scalar]], ...]:
    """(op, version, params) of each effect that this clip gets.

    Every effect draws from a generator of its own, so that a change of one leaves the others.

    Args:
        context: What may be drawn from; `drawn` is filled here.
        row_id: Utterance.
        variant: Tells the voices of one row apart.
        copy: Tells the chains of one voice and prosody apart.
    """
    drawn: dict[str, Mapping[str, Scalar]] = {}
    steps = []
    for effect in effects():
        key: tuple[str | int, ...] = ("speech", row_id, variant, effect.op)
        if copy and effect.order >= SPEAKER_BELOW:
            key += (copy,)
        params = effect.draw(rng(context.seed, *key), replace(context, drawn=drawn))
        if params:
            drawn[effect.op] = params
            steps.append((effect.op, effect.version, params))
    return tuple(steps)
