"""Diphone and statistical English voices of CMU Flite, from the system's libflite, in process."""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import (
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    Word,
    check_speed,
)
from corpusforge.speech.engine import language_matches as matches
from corpusforge.speech.flite_text import readable
from corpusforge.speech.pseudo import Slowed, pseudo_speakers_of, say_shifted, unshifted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# The text of "All other files" in Debian's copyright file of libflite1 2.2 is the license that
# SPDX lists under this name; the voices' data files are among them.
_LICENSE = "MIT-Festival"
_INSTALL = "apt-get install libflite1 (Debian, Ubuntu), or your system's package of CMU Flite"

_VOICES = (
    Voice("slt", "en-US", _LICENSE, "female", "American"),
    Voice("rms", "en-US", _LICENSE, "male", "American"),
    Voice("awb", "en-GB-scotland", _LICENSE, "male", "Scottish"),
    Voice("kal16", "en-US", _LICENSE, "male", "American", speaker="kal"),
    Voice("kal", "en-US", _LICENSE, "male", "American", speaker="kal", rate_hz=8000),
)
# Not of kal, which is kal16 with half the band.
_ALL = tuple(
    one
    for voice in _VOICES
    for one in (voice, *(pseudo_speakers_of(voice) if voice.name != "kal" else ()))
)
_PARTS = ("flite", "flite_usenglish", "flite_cmulex")
_STRETCH = b"duration_stretch"  # the library keeps the pointer, so the name lives as long as this
_REVISION = 3
_BEFORE_S, _AFTER_S = 0.03, 0.06  # kept around the words: the library's edges are not exact
_FADE_S = 0.01
_LOCK = threading.Lock()  # one library in a process, with one `rand`
# 140 s at the voices' own pace; more in one utterance is no command, and memory is not bounded.
_MOST_CHARACTERS = 4000


class _Wave(ctypes.Structure):
    """cst_wave of cst_wave.h."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _VoiceHead(ctypes.Structure):
    """The first fields of cst_voice of cst_voice.h."""

    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


class _Token(NamedTuple):
    """Letters and digits of a token, and when it is heard (both 0 = not at all)."""

    text: str
    start_s: float
    end_s: float


@cache
def _library(part: str) -> ctypes.CDLL | None:
    """One of flite's libraries, None when the system does not have it."""
    suffix = ".dylib" if sys.platform == "darwin" else ".so.1"
    try:
        return ctypes.CDLL(f"lib{part}{suffix}", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        # This one runs other programs: only when the usual name is not there.
        found = ctypes.util.find_library(part)
    try:
        return ctypes.CDLL(found, mode=ctypes.RTLD_GLOBAL) if found else None
    except OSError:
        return None


class _DlInfo(ctypes.Structure):
    """Dl_info of dlfcn.h."""

    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


def _file_of(library: ctypes.CDLL, symbol: str) -> Path:
    """The file that a symbol was loaded from."""
    info = _DlInfo()
    address = ctypes.cast(getattr(library, symbol), ctypes.c_void_p)
    ctypes.CDLL(None).dladdr(address, ctypes.byref(info))
    return Path((info.file or b"").decode()).resolve()


@cache
def _version() -> str:
    """Version in the file's name, and a digest: no package manager of Python knows these files.

    What is done here with what the library says has a number of its own at the end.
    """
    library = _library("flite")
    if library is None:
        return ""
    files = [_file_of(library, "flite_init")]
    for part, symbol in (("flite_usenglish", "usenglish_init"), ("flite_cmulex", "cmulex_init")):
        if (other := _library(part)) is not None:
            files.append(_file_of(other, symbol))
    for voice in _VOICES:
        if (other := _library(f"flite_cmu_us_{voice.name}")) is not None:
            files.append(_file_of(other, f"register_cmu_us_{voice.name}"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    number = files[0].name.partition(".so.")[2] or "1"
    return f"{number}+{digest.hexdigest()[:8]}.{_REVISION}"


class _Flite:
    """The library with its functions' types set; one per process."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, text = ctypes.c_void_p, ctypes.c_char_p

        def function(name: str, result: Any, *arguments: Any) -> Any:
            found = getattr(library, name)
            found.restype, found.argtypes = result, list(arguments)
            return found

        self.synthesise = function("flite_synth_text", pointer, text, pointer)
        self.wave = function("utt_wave", ctypes.POINTER(_Wave), pointer)
        self.delete = function("delete_utterance", None, pointer)
        self.get_float = function(
            "flite_get_param_float", ctypes.c_float, pointer, text, ctypes.c_float
        )
        self.set_float = function("flite_feat_set_float", None, pointer, text, ctypes.c_float)
        self.relation = function("utt_relation", pointer, pointer, text)
        self.head = function("relation_head", pointer, pointer)
        self.next = function("item_next", pointer, pointer)
        self.string = function("flite_ffeature_string", text, pointer, text)
        self.float = function("flite_ffeature_float", ctypes.c_float, pointer, text)
        self.srand = ctypes.CDLL(None).srand
        self._voices: dict[str, tuple[int, float]] = {}
        library.flite_init()

    def voice(self, name: str) -> tuple[int, float]:
        """A voice and the stretch of its own pace."""
        if name not in self._voices:
            library = _library(f"flite_cmu_us_{name}")
            assert library is not None
            register = getattr(library, f"register_cmu_us_{name}")
            register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
            voice = register(None)
            self._voices[name] = voice, self.get_float(self.features(voice), _STRETCH, 1.0)
        return self._voices[name]

    @staticmethod
    def features(voice: int) -> int:
        """The settings of a voice."""
        head = ctypes.cast(voice, ctypes.POINTER(_VoiceHead)).contents
        found: int = head.features
        return found

    def tokens(self, utterance: int) -> Iterator[_Token]:
        """The tokens of what was said, with the ends of their first and last phones."""
        item = self.head(self.relation(utterance, b"Token"))
        first = b"R:Token.daughter1.R:SylStructure.daughter1.daughter1.R:Segment.p.end"
        last = b"R:Token.daughtern.R:SylStructure.daughtern.daughtern.R:Segment.end"
        while item:
            parts = (self.string(item, key) for key in (b"prepunctuation", b"name", b"punc"))
            yield _Token(
                _plain(b"".join(parts).decode("ascii", "replace")),
                self.float(item, first),
                self.float(item, last),
            )
            item = self.next(item)


class Flite:
    """Speaks English with the five voices that Debian builds, and pseudo-speakers made of them.

    The statistical voices draw their noise from the C library's `rand`, which is one per process:
    it is seeded before each clip and threads take turns. After that no voice remembers what it
    said before (by test). Word times come from the library's own durations.
    """

    name = "flite"
    family = "statistical"
    extra = "speech"
    packages = ("numpy",)
    rate_hz = 16000
    pseudo_speakers = Slowed.ENGINE
    speeds = (0.25, 4.0)  # of what the library is told; a pseudo-speaker is told to speak slower
    offline = True
    deterministic = (
        "the C library's rand is seeded from the Generator that is passed in before each clip; "
        "threads take turns"
    )
    example = {"lang": "en", "text": "turn on the lights in the kitchen"}  # noqa: RUF012

    def __init__(self) -> None:
        self._flite: _Flite | None = None

    @property
    def version(self) -> str:
        """Version of the library and a digest of its files, "" when it is not there."""
        return _version()

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        lacking = [f"lib{part}" for part in _PARTS if _library(part) is None]
        if lacking:
            return f"{', '.join(lacking)} not found: {_INSTALL}"
        return ""

    def languages(self) -> list[str]:
        """Tags of the voices, and "en"."""
        return [] if self.missing() else sorted({"en", *(voice.lang for voice in _VOICES)})

    def offered(self, lang: str | None = None) -> list[tuple[Voice, str]]:
        """The five voices and their pseudo-speakers; a system may have built fewer."""
        wanted = [voice for voice in _ALL if lang is None or matches(lang, voice.lang)]
        if missing := self.missing():
            return [(voice, missing) for voice in wanted]
        found = []
        for voice in wanted:
            library = f"flite_cmu_us_{unshifted(voice).name}"
            why_not = "" if _library(library) else f"lib{library} not found: {_INSTALL}"
            found.append((voice, why_not))
        return found

    def voices(self, lang: str) -> list[Voice]:
        """The usable voices for a language."""
        return [voice for voice, why_not in self.offered(lang) if not why_not]

    def _start(self) -> _Flite:
        if self._flite is None:
            if missing := self.missing():
                raise InputError(f"the engine flite cannot speak: {missing}")
            library = _library("flite")
            assert library is not None
            self._flite = _Flite(library)
        return self._flite

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at 16 kHz (8 kHz for `kal`) with word times; see `speech.engine.Engine.speak`."""
        return say_shifted(self._say, spoken, voice, prosody, rng)

    def _say(self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator) -> Spoken:
        check_speed(self.name, self.speeds, prosody)
        pieces = [readable(piece) for piece in spoken.split()]
        if not any(character.isalnum() for piece in pieces for character in piece):
            raise EngineError(Problem.NOTHING_TO_SAY, "flite")
        text = " ".join(pieces)
        if len(text) > _MOST_CHARACTERS:
            raise EngineError(Problem.TOO_LONG, f"flite, {len(text)} characters")
        known = {one.name for one, why_not in self.offered() if not why_not}
        if voice.name not in known:
            raise EngineError(Problem.UNKNOWN_VOICE, f"flite, voice {voice.name}")
        seed = int(rng.integers(2**31))
        with _LOCK:
            flite = self._start()
            handle, stretch = flite.voice(voice.name)
            flite.set_float(flite.features(handle), _STRETCH, stretch / prosody.speed)
            flite.srand(ctypes.c_uint(seed))
            try:
                utterance = flite.synthesise(text.encode("ascii"), handle)
            finally:
                # The voice is the process's: another engine object reads its pace from here.
                flite.set_float(flite.features(handle), _STRETCH, stretch)
            if not utterance:
                raise EngineError(Problem.FAILED, f"flite, voice {voice.name}")
            try:
                samples, rate_hz = _samples(flite.wave(utterance).contents)
                tokens = list(flite.tokens(utterance))
            finally:
                flite.delete(utterance)
        samples, cut_s = _cut(samples, rate_hz, tokens)
        tokens = [_Token(one.text, one.start_s - cut_s, one.end_s - cut_s) for one in tokens]
        words = _words(spoken.split(), pieces, tokens, samples.size / rate_hz)
        return Spoken(samples, rate_hz, words)


def _samples(wave: _Wave) -> tuple[Any, int]:
    """A copy of the samples as float32, and their rate."""
    import numpy as np

    count = wave.num_samples * wave.num_channels
    if not count:
        return np.zeros(0, np.float32), wave.sample_rate
    pcm = np.ctypeslib.as_array(wave.samples, (count,))
    return pcm.astype(np.float32) / np.float32(32768), wave.sample_rate


def _cut(
    samples: npt.NDArray[np.float32], rate_hz: int, tokens: Sequence[_Token]
) -> tuple[npt.NDArray[np.float32], float]:
    """The samples without the 0.1 to 0.3 s of faint noise around the words; seconds cut in front.

    The noise is too loud (-40 to -55 dB of the peak) to be found by its level, and a model could
    tell the engine by it.
    """
    import numpy as np

    heard = [one for one in tokens if one.end_s > one.start_s]
    if not heard:
        return samples, 0.0
    first = max(0, round((heard[0].start_s - _BEFORE_S) * rate_hz))
    last = round((heard[-1].end_s + _AFTER_S) * rate_hz)
    kept = samples[first:last].copy()
    fade = min(round(_FADE_S * rate_hz), kept.size // 2)
    slope = np.sin(0.5 * np.pi * (np.arange(fade, dtype=np.float32) + 0.5) / max(fade, 1)) ** 2
    if first:
        kept[:fade] *= slope
    if last < samples.size:
        kept[kept.size - fade :] *= slope[::-1]
    return kept, first / rate_hz


def _plain(text: str) -> str:
    """Letters and digits alone: the tokens of the library leave out some full stops."""
    return "".join(filter(str.isalnum, text))


def _words(
    words: Sequence[str], pieces: Sequence[str], tokens: Sequence[_Token], length_s: float
) -> tuple[Word, ...] | None:
    """Times of the words, each of one or more tokens; None when they do not fit together.

    Raises:
        EngineError: When a word has no sound.
    """
    found: list[Word] = []
    rest = iter(tokens)
    for word, piece in zip(words, map(_plain, pieces), strict=True):
        heard: list[_Token] = []
        text = ""
        while len(text) < len(piece) and (token := next(rest, None)) is not None:
            text += token.text
            if token.end_s > token.start_s:
                heard.append(token)
        if piece and text == piece and not heard:
            raise EngineError(Problem.UNSAID, "flite")
        if text != piece or not heard:
            return None
        end_s = min(max(token.end_s for token in heard), length_s)
        start_s = max(min(token.start_s for token in heard), found[-1].end_s if found else 0.0)
        if end_s <= start_s:
            return None
        found.append(Word(word, round(start_s, 6), round(end_s, 6)))
    return tuple(found)


PLUGIN = Flite()
