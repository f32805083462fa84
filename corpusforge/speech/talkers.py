"""Talkers of babble: rows of the corpus, spoken again from what a chain tells of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from corpusforge.core import plugins
from corpusforge.core.errors import require
from corpusforge.core.run import canonical_json
from corpusforge.speech.engine import (
    Engine,
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    checked,
)
from corpusforge.speech.levels import trimmed
from corpusforge.speech.noise_sources import sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Scalar

__all__ = ["brought_by", "engines_of", "know", "said", "speak", "talker"]

# A pause after each sentence, before it is said again.
_PAUSE_S = 0.3

# (engine, source, sha256) of a voice that a recipe brought -> where it is on this machine: a chain
# holds no paths. By content, so that it cannot change a sound.
_PLACES: dict[tuple[str, str, str], str] = {}


def know(voices: Iterable[tuple[str, Voice]]) -> None:
    """Say where voices are that a recipe brought: (engine, voice of `added.pinned`)."""
    _PLACES.update({(name, one.source, one.sha256): one.path for name, one in voices if one.source})


def speak(engine: Engine, voice: Voice, spoken: str, speed: float, seed: int, what: str) -> Spoken:
    """What an engine says, held against what it promises.

    Raises:
        EngineError: When it gave nothing usable; names `what`.
    """
    import numpy as np

    generator = np.random.Generator(np.random.Philox(seed))
    try:
        answer = engine.speak(spoken, voice, Prosody(speed=speed), generator)
    except EngineError as error:
        raise EngineError(error.problem, ", ".join(filter(None, (what, error.detail)))) from error
    return checked(answer, engine, voice, what)


def talker(engine: str, version: str, voice: Voice, spoken: str, speed: float, seed: int) -> str:
    """All that is needed to hear a talker again, as canonical JSON.

    A voice that a recipe brought is named by source and hash; who renders must `know` it.
    """
    # Who it is stands with the rows of that voice. The license comes along, "" too: the clip is
    # also under it, and no row of that voice need be in the release.
    known = replace(voice, gender="", accent="", speaker="", path="")
    parts = {name: value for name, value in asdict(known).items() if value or name == "license"}
    return canonical_json(
        {
            "engine": engine,
            "version": version,
            "voice": parts,
            "spoken": spoken,
            "speed": speed,
            "seed": seed,
        }
    )


def engines_of(chain: Sequence[tuple[str, str, Mapping[str, Scalar]]]) -> list[tuple[str, str]]:
    """(engine, version) of those that are heard in the babble of a chain, sorted."""
    return sorted({(one["engine"], one["version"]) for one in _heard(chain)})


def brought_by(chain: Sequence[tuple[str, str, Mapping[str, Scalar]]]) -> list[tuple[str, Voice]]:
    """(engine, voice without its path) of talkers in a chain whose voices a recipe brought."""
    found = [(one["engine"], _voice(one)) for one in _heard(chain)]
    return list(dict.fromkeys((engine, voice) for engine, voice in found if voice.source))


def _heard(chain: Sequence[tuple[str, str, Mapping[str, Scalar]]]) -> list[dict[str, Any]]:
    behind = [one for op, _, params in chain if op == "noise" for one in sources_of(params)]
    talkers = [json.loads(str(one["talkers"])) for one in behind if "talkers" in one]
    return [one for some in talkers for one in some]


def _voice(one: Mapping[str, Any]) -> Voice:
    return Voice(**{"license": "", "gender": "", "accent": "", **one["voice"]})


@lru_cache(maxsize=64)
def said(one: str, rate_hz: int) -> npt.NDArray[np.float32]:
    """A talker's sentence and a pause, at `rate_hz`; treat it as read-only.

    Args:
        one: JSON from `talker`.
        rate_hz: Rate wanted.

    Raises:
        EngineError: When the engine gave nothing usable, or nobody said where a voice is.
    """
    import numpy as np

    found: dict[str, Any] = json.loads(one)
    voice, what = _voice(found), "talker of babble"
    if voice.source:
        path = _PLACES.get((found["engine"], voice.source, voice.sha256))
        if path is None:
            raise EngineError(
                Problem.UNKNOWN_VOICE,
                f"engine {found['engine']}, {what}, voice {voice.name} ({voice.source})",
            )
        voice = replace(voice, path=path)
    engine: Engine = plugins.load("engine", found["engine"])
    answer = speak(engine, voice, found["spoken"], found["speed"], found["seed"], what)
    samples, _ = trimmed(answer.samples, answer.rate_hz)
    if answer.rate_hz != rate_hz:
        soxr = require("soxr", extra="speech", purpose="resampling")
        samples = soxr.resample(samples, answer.rate_hz, rate_hz, quality="HQ")
    return np.concatenate([samples, np.zeros(round(_PAUSE_S * rate_hz), np.float32)])
