"""Why a clip that was rendered again is not the one that was recorded, as far as it can be told."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require
from corpusforge.core.ids import clip_ids
from corpusforge.speech.recorded import spoken_of
from corpusforge.speech.render import Rendered

__all__ = ["StoredAudio", "verdict"]

_NEAR_DB = 30.0
"""Level of a clip over its difference to another one, from which on they are the same sound with
other last digits. An own choice: another word, voice or noise leaves a few dB."""


class StoredAudio:
    """A FLAC file, decoded.

    Attributes:
        samples: 16 bits, shape [samples]; None for a file that cannot be read.
        pcm_sha256: Of the samples, "" when there are none.
    """

    def __init__(self, flac: bytes) -> None:
        soundfile = require("soundfile", extra="speech", purpose="reading FLAC")
        self.samples: npt.NDArray[np.int16] | None = None
        self.pcm_sha256 = ""
        try:
            found, _ = soundfile.read(io.BytesIO(flac), dtype="int16")
        except RuntimeError:  # of which that of libsndfile is one
            return
        self.samples = found.astype("<i2")
        self.pcm_sha256 = hashlib.sha256(found.astype("<i2").tobytes()).hexdigest()


def verdict(
    row: Mapping[str, Any], now: Rendered, stored: StoredAudio | None, *, versions_differ: bool
) -> tuple[str, ...]:
    """Sentences about a clip that is not as it was recorded, () for one that is.

    Args:
        row: Of `CLIPS`, with `pcm_sha256`; "" or null for a clip that could not be made.
        now: What its row gives.
        stored: The audio that is kept beside it, where it is at hand.
        versions_differ: Whether versions of engine, effects or packages are others: what explains
            a difference by itself.
    """
    recorded, rendered = row.get("pcm_sha256") or "", now.facts.pcm_sha256
    kept = stored.pcm_sha256 if stored is not None else recorded
    if not recorded or recorded == rendered == kept:
        return ()
    said = []
    if stored is not None and not kept:
        said.append("the audio that is stored cannot be read")
    elif kept != recorded:
        said.append(f"the audio that is stored is not what was recorded: it is {kept}")
    if recorded == rendered:
        return tuple(said)
    if kept == rendered:
        return (*said, "it is what was rendered now: pcm_sha256 of the row was edited")
    edits = _edits(row)
    said += edits
    if edits or versions_differ:
        return tuple(said)
    near = None
    if stored is not None and stored.samples is not None and kept == recorded:
        near = _level_over_difference_db(stored.samples, StoredAudio(now.flac).samples)
        said.append("the audio that is stored is what was recorded")
    return (*said, _guess(near))


def _guess(near_db: float | None) -> str:
    """What it may be when all versions are as recorded and nothing shows in the row itself."""
    same = "versions of engine, effects and packages are as recorded"
    if near_db is None:
        return f"{same}: an edited row, or another CPU family?"
    if near_db >= _NEAR_DB:
        return (
            f"{same}, and the difference is {near_db:.0f} dB below the sound: another CPU family?"
        )
    return (
        f"{same}, and it is another sound: the row was edited (spoken, voice, prosody or chain), "
        "or another CPU family changed a duration?"
    )


def _edits(row: Mapping[str, Any]) -> list[str]:
    """What in a row contradicts the rest of it."""
    found = []
    variant, copy = row.get("variant"), row.get("copy")
    who = f"{row['engine']}/{row['voice']}"
    (expected,) = clip_ids(
        [str(row.get("utterance_id"))],
        [who],
        [f"{variant}.{copy}" if copy else str(variant)],
        [str(row.get("engine_version"))],
    )
    if row["clip_id"] != expected:
        found.append(
            f"the row was edited: its clip_id is not that of {who} {row.get('engine_version')} "
            "for its utterance_id and variant"
        )
    words = row.get("words")
    if isinstance(words, list) and [word["word"] for word in words] != spoken_of(row).split():
        found.append("the row was edited: its words are not those of spoken")
    return found


def _level_over_difference_db(
    stored: npt.NDArray[np.int16], now: npt.NDArray[np.int16] | None
) -> float:
    """Power of a clip over that of its difference to another one, -inf for another length."""
    if now is None or stored.shape != now.shape:
        return -math.inf
    before = stored.astype(np.float64)
    difference = float(np.sum((before - now) ** 2))
    power = float(np.sum(before**2))
    return 10.0 * math.log10(power / difference) if power and difference else -math.inf
