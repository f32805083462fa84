"""Talkers of babble: rows of the corpus, spoken again from what a chain tells of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from corpusforge.core import plugins
from corpusforge.core.errors import require
from corpusforge.core.run import canonical_json
from corpusforge.speech.engine import Engine, EngineError, Prosody, Spoken, Voice, checked
from corpusforge.speech.levels import trimmed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Scalar

__all__ = ["engines_of", "said", "speak", "talker"]

# A pause after each sentence, before it is said again.
_PAUSE_S = 0.3


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
    """All that is needed to hear a talker again, as canonical JSON."""
    # Who it is stands with the rows of that voice. The license comes along, "" too: the clip is
    # also under it, and no row of that voice need be in the release.
    known = replace(voice, gender="", accent="", speaker="")
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
    talkers = [json.loads(str(params["talkers"])) for _, _, params in chain if "talkers" in params]
    return sorted({(one["engine"], one["version"]) for some in talkers for one in some})


@lru_cache(maxsize=64)
def said(one: str, rate_hz: int) -> npt.NDArray[np.float32]:
    """A talker's sentence and a pause, at `rate_hz`; treat it as read-only.

    Args:
        one: JSON from `talker`.
        rate_hz: Rate wanted.

    Raises:
        EngineError: When the engine gave nothing usable.
    """
    import numpy as np

    found: dict[str, Any] = json.loads(one)
    parts = {"license": "", "gender": "", "accent": "", **found["voice"]}
    engine: Engine = plugins.load("engine", found["engine"])
    answer = speak(
        engine, Voice(**parts), found["spoken"], found["speed"], found["seed"], "talker of babble"
    )
    samples, _ = trimmed(answer.samples, answer.rate_hz)
    if answer.rate_hz != rate_hz:
        soxr = require("soxr", extra="speech", purpose="resampling")
        samples = soxr.resample(samples, answer.rate_hz, rate_hz, quality="HQ")
    return np.concatenate([samples, np.zeros(round(_PAUSE_S * rate_hz), np.float32)])
