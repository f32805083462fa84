"""The contract of a speech engine, and what every answer of one is held against.

An engine speaks one text with one voice. It is cheap to make and to ask about languages and
voices (standard library only); models are loaded by the first `speak` and kept per process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from corpusforge.core.errors import RunError
from corpusforge.core.licenses import certain_spdx

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.core.recipe import VoiceConfig

__all__ = [
    "Engine",
    "EngineError",
    "OpenEngine",
    "Problem",
    "Prosody",
    "Spoken",
    "Voice",
    "Word",
    "bounded",
    "check_speed",
    "checked",
    "distribution_license",
    "distribution_version",
    "family_of",
    "language_matches",
    "package_folder",
]


class Problem(StrEnum):
    """Why a clip could not be made: a closed set of phrases.

    They go into dropped.parquet and from there to people who may not see the row, so none of
    them holds any of its text; the row itself stands beside the reason.
    """

    NOTHING_TO_SAY = "nothing to say"
    FOREIGN_SCRIPT = "letters of a script that the engine does not read"
    UNSAID = "a word that the engine leaves out"
    SPEED = "a tempo that the engine does not speak at"
    UNKNOWN_VOICE = "a voice that the engine does not have"
    TOO_LONG = "the engine took longer than its limit"
    CRASH = "the engine crashed"
    LOST = "the process of the engine ended"
    FAILED = "the engine reported a failure"
    WRONG_RATE = "audio at another rate than the engine declares"
    NOT_MONO_FLOAT = "audio that is not mono float32"
    NO_SAMPLES = "no samples"
    NOT_FINITE = "NaN or infinite samples"
    SILENCE = "silence"
    OUT_OF_RANGE = "samples outside of [-1, 1]"
    NO_SNR = "no speech left to set the noise against"
    LONGER_THAN_CLIP = "speech longer than the clip"
    SILENT_NOISE = "a piece of noise that is silent"
    OTHER_VERSION = "parameters of another version of an effect"
    UNFIT = "samples that an effect does not take"
    NOISE_FILE = "a noise file that is missing, has changed or cannot be read"


class EngineError(RunError):
    """An engine gave no usable audio for a text; the row is dropped with `problem` as its reason.

    Args:
        problem: What goes into the table of dropped clips.
        detail: For the person at the screen: which clip, engine, number. Never the text.
    """

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem, detail)
        self.problem = problem
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.detail}: {self.problem}" if self.detail else str(self.problem)


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of an engine.

    Attributes:
        name: Unique within the engine.
        lang: BCP-47 tag of what it speaks.
        license: SPDX expression, or "NOASSERTION" where none is declared.
        gender: "female", "male" or "" (not declared).
        accent: As the engine names it, "" when it does not.
        speaker: Who is heard: voices of one speaker (the same timbre with another accent) share
            it. "" = the voice is a speaker of its own.
        rate_hz: Sampling rate of its clips, 0 = that of its engine.
        source: Where an added voice comes from: a hub name, a file or folder, a command line; ""
            for voices that come with the engine's package.
        sha256: Of the files of an added voice (see `speech.pins`), "" when there is nothing to pin.
        path: Where an added voice is on this machine; it goes into no table and no key.
        family: Kind of synthesis where its engine has several, "" = that of its engine.
    """

    name: str
    lang: str
    license: str
    gender: str
    accent: str
    speaker: str = ""
    rate_hz: int = 0
    source: str = ""
    sha256: str = ""
    path: str = ""
    family: str = ""

    @property
    def who(self) -> str:
        """The speaker's name, unique within the engine."""
        return self.speaker or self.name


@dataclass(frozen=True, slots=True)
class Prosody:
    """How to say it.

    Attributes:
        speed: Tempo as a factor of the voice's own pace: 2 is twice as fast.
    """

    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a clip and when it is heard.

    Attributes:
        word: A white-space separated piece of the spoken text, as it stands there.
        start_s: Its first sample, in seconds from the first sample of the audio.
        end_s: One past its last sample, in seconds.
    """

    word: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an engine answers.

    Attributes:
        samples: Mono, in [-1, 1], shape [samples].
        rate_hz: Their rate.
        words: The pieces of `spoken.split()`, one by one in their order, ascending in time; None
            when the engine does not know, or not for all of them.
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    words: tuple[Word, ...] | None = None


class Engine(Protocol):
    """What a file in `speech/engines` offers as `PLUGIN`.

    Attributes:
        name: Its key, equal to the file name.
        family: Kind of synthesis, unless the voice states its own. What is of one family sounds
            alike to a classifier and counts as one when families are counted.
        extra: The extra of corpusforge that installs it.
        packages: Distributions whose versions shape the bytes.
        rate_hz: Sampling rate of every answer, unless the voice states its own.
        speeds: Slowest and fastest tempo it can speak at.
        offline: True when it never needs a network.
        deterministic: One sentence: how the same input gives the same bytes.
        example: `{"lang": ..., "text": ...}` for the shared contract test.
    """

    name: str
    family: str
    extra: str
    packages: tuple[str, ...]
    rate_hz: int
    speeds: tuple[float, float]
    offline: bool
    deterministic: str
    example: Mapping[str, str]

    @property
    def version(self) -> str:
        """Version of the engine, "" when it is not installed."""

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""

    def languages(self) -> Sequence[str]:
        """BCP-47 tags it speaks, sorted; empty when it is not installed."""

    def offered(self, lang: str | None = None) -> list[tuple[Voice, str]]:
        """Voices for a language (None = all), each with why it is not usable ("" = it is)."""

    def voices(self, lang: str) -> list[Voice]:
        """The usable voices for a language, in stable order."""

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """The samples, their rate, and word times where the engine knows them.

        Raises:
            EngineError: When nothing usable came out.
            InputError: When the extra is not installed.
        """


class OpenEngine(Engine, Protocol):
    """An engine that also speaks with voices that a recipe brings.

    Attributes:
        families: Kinds of synthesis that such voices can be of.
        sources: What the `source` of such a voice may be, for messages.
        runs_commands: Whether a voice is a command, which runs only with the user's word.
    """

    families: tuple[str, ...]
    sources: str
    runs_commands: bool

    def added(self, entry: VoiceConfig, folder: Path) -> Voice:
        """A voice of a recipe; nothing is downloaded, run, or imported that is heavy.

        Args:
            entry: From the recipe, with `name` and `lang` filled in.
            folder: Where relative paths start.

        Raises:
            InputError: When there is no such source.
        """

    def fetched(self, voice: Voice) -> tuple[Voice, Sequence[Path]]:
        """A voice of `added` with path and rate, and the files to pin; downloads what is missing.

        Raises:
            InputError: When the files are not to be had, or are none that it can speak with.
        """


def family_of(engine: Engine, voice: Voice) -> str:
    """Kind of synthesis of one voice of an engine."""
    return voice.family or engine.family


def check_speed(name: str, speeds: tuple[float, float], prosody: Prosody) -> None:
    """Refuse a tempo that an engine cannot speak at.

    Args:
        name: Of the engine, for the message.
        speeds: Slowest and fastest, as factors of the voice's own pace.
        prosody: What it is asked for.

    Raises:
        EngineError: The tempo is outside of them.
    """
    slowest, fastest = speeds
    if not slowest <= prosody.speed <= fastest:
        raise EngineError(
            Problem.SPEED,
            f"{name} speaks at {slowest:g} to {fastest:g} times its pace, not {prosody.speed:g}",
        )


def bounded(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The samples in [-1, 1], shape [samples]: all scaled by their peak where that is above 1.

    For networks and transforms whose output is not bounded; it is rare, and a short peak.
    """
    import numpy as np

    peak = float(np.abs(samples).max(initial=0.0))
    return samples / np.float32(peak) if peak > 1.0 else samples


def checked(said: Spoken, engine: Engine, voice: Voice, what: str) -> Spoken:
    """What an engine said, when it is what it promises.

    Args:
        said: What `speak` gave.
        engine: Who gave it.
        voice: The voice it was asked for.
        what: The clip, for the message.

    Raises:
        EngineError: No samples, silence only, NaN or infinite, out of [-1, 1], not mono float32,
            or at another rate than declared. (One widely used engine answers an unreadable text
            with zero samples and no error.)
    """
    import numpy as np

    problem, figure = None, ""
    samples, declared_hz = said.samples, voice.rate_hz or engine.rate_hz
    if said.rate_hz != declared_hz:
        problem, figure = Problem.WRONG_RATE, f"{said.rate_hz} Hz, not {declared_hz} Hz"
    elif samples.ndim != 1 or samples.dtype != np.float32:
        problem, figure = Problem.NOT_MONO_FLOAT, f"{samples.dtype}, shape {samples.shape}"
    elif samples.size == 0:
        problem = Problem.NO_SAMPLES
    elif not np.isfinite(samples).all():
        problem = Problem.NOT_FINITE
    else:
        peak = float(np.abs(samples).max())
        if peak == 0.0:
            problem = Problem.SILENCE
        elif peak > 1.0:
            problem, figure = Problem.OUT_OF_RANGE, f"up to {peak:.2f}"
    if problem is not None:
        detail = f"engine {engine.name}, {what}" + (f" ({figure})" if figure else "")
        raise EngineError(problem, detail)
    return said


def distribution_version(distribution: str) -> str:
    """Version of an installed distribution, "" when it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def distribution_license(distribution: str) -> str:
    """License that an installed distribution declares, "NOASSERTION" when it declares none.

    As SPDX has it where that is certain ("MIT License" is MIT), otherwise as it stands there.
    """
    try:
        found = metadata.metadata(distribution)
    except metadata.PackageNotFoundError:
        return "NOASSERTION"
    for key in ("License-Expression", "License"):
        if key in found and found[key].strip():
            return certain_spdx(found[key]) or found[key].strip()
    return "NOASSERTION"


def package_folder(module: str) -> Path | None:
    """Folder of an importable package, without importing it; None when it is not there."""
    try:
        spec = util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def language_matches(wanted: str, tag: str) -> bool:
    """Whether a voice's tag serves a wanted language: equal, or more precise (RFC 4647, 3.3.1)."""
    wanted, tag = wanted.casefold(), tag.casefold()
    return tag == wanted or tag.startswith(wanted + "-")
