"""Recall of a wake word detector: over all clips, by speaker, and by the voice behind a speaker.

A pseudo-speaker is another voice with its pitch and formants moved. One that a detector did not
hear is no new person when the voice behind it has trained, so new voices are counted by themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.intervals import mean_interval
from corpusforge.core.seeding import rng
from corpusforge.core.voice_names import base_voice

__all__ = ["recall_figures"]


def recall_figures(
    right: npt.NDArray[np.bool_], speakers: Sequence[str], trained: Collection[str], seed: int
) -> dict[str, Any]:
    """What was heard of the positives of a split.

    Args:
        right: Whether each was heard, shape [positives].
        speakers: Who says each, "engine/voice"; "" where unknown.
        trained: Speakers of train.
        seed: Of the resamples behind the intervals.

    Returns:
        Recall with its interval over clips, by speaker and by base voice (`core.voice_names`);
        `new_voices` is the recall of those whose base voice did not train, None when there are
        none.
    """
    bases = [base_voice(who) for who in speakers]
    known = {base_voice(who) for who in trained} | {""}
    by_speaker = _shares(right, speakers)
    return {
        "positives": len(right),
        "speakers": len(by_speaker),
        **_overall(right, seed, "wake.recall"),
        "recall_by_speaker": {who: round(float(own.mean()), 4) for who, own in by_speaker.items()},
        "positives_by_speaker": {who: len(own) for who, own in by_speaker.items()},
        "recall_by_base_voice": {
            base: {
                "recall": round(float(own.mean()), 4),
                "positives": len(own),
                "speakers": len({w for w, b in zip(speakers, bases, strict=True) if b == base}),
                "trained": base in known,
            }
            for base, own in _shares(right, bases).items()
        },
        "new_voices": _new_voices(right, speakers, bases, known, seed),
    }


def _new_voices(
    right: npt.NDArray[np.bool_],
    speakers: Sequence[str],
    bases: Sequence[str],
    known: Collection[str],
    seed: int,
) -> dict[str, Any] | None:
    new = np.array([base not in known for base in bases], dtype=bool)
    if not new.any():
        return None
    return {
        "positives": int(new.sum()),
        "speakers": len({who for who, own in zip(speakers, new, strict=True) if own}),
        "base_voices": len(set(bases) - set(known)),
        **_overall(right[new], seed, "wake.recall_new"),
    }


def _overall(right: npt.NDArray[np.bool_], seed: int, use: str) -> dict[str, float]:
    _, low, high = mean_interval(right[None, :], rng(seed, use))
    return {
        "recall": round(float(right.mean()), 4),
        "recall_low": round(max(low, 0.0), 4),
        "recall_high": round(high, 4),
    }


def _shares(
    right: npt.NDArray[np.bool_], names: Sequence[str]
) -> dict[str, npt.NDArray[np.float64]]:
    """Name -> 1 where it was heard, 0 where not."""
    own = np.array(names)
    return {name: right[own == name].astype(np.float64) for name in sorted(set(names))}
