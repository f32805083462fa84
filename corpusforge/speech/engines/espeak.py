"""Formant synthesis in many languages: espeak-ng from PyPI's espeakng-loader, a fork per clip."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import (
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    distribution_license,
    distribution_version,
    language_matches,
    package_folder,
)
from corpusforge.speech.espeak_scripts import spelled
from corpusforge.speech.espeak_server import (
    COUNT,
    CRASHED,
    HEADER,
    OK,
    TOO_LONG,
    UNKNOWN_VOICE,
    WORD,
)
from corpusforge.speech.espeak_variants import ALIKE, HARD_ACCENTS, VARIANTS

if TYPE_CHECKING:
    import numpy as np

# espeakng-loader's wheel declares no license. espeak-ng's README.md ("released under the GPL
# version 3 or later license") and COPYING, read at espeak-ng/espeak-ng 359f5f3.
_UPSTREAM_LICENSE = "GPL-3.0-or-later"

_NORMAL_WPM = 175
_WPM = (80, 450)  # limits of speak_lib.h
_START_S = 60.0
_LIMIT_S = 20.0  # CPU time
_WALL_FACTOR = 10.0  # wall clock per CPU time at most: only a process that hangs needs more
_GRACE_S = 5.0

_UNNUMBERED = 5  # DEFAULT_LANGUAGE_PRIORITY of espeak-ng's voices.c
_SPOKEN_AS = {f"zh-{region}": "yue" for region in ("hk", "mo", "hant-hk", "hant-mo")}
"""Regions that speak another language than the tag of what they write names. An own table: none of
espeak's files says it; that `zh` elsewhere is Mandarin, they do say."""

_SCRIPT = re.compile(r"-[A-Z][a-z]{3}(?:-|$)")
_SERVER = Path(__file__).parent.parent / "espeak_server.py"
_PROBLEMS = {
    UNKNOWN_VOICE: Problem.UNKNOWN_VOICE,
    TOO_LONG: Problem.TOO_LONG,
    CRASHED: Problem.CRASH,
}


class _Server:
    """The child process that forks per clip; see `speech.espeak_server`."""

    def __init__(self, library: Path, data: Path) -> None:
        self.owner = os.getpid()
        self.requests = 0
        command = [sys.executable, "-I", "-S", str(_SERVER), str(library), str(data)]
        # Its own session: a time limit can end it together with the child it has forked.
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={"LC_ALL": "C.UTF-8"},
        )
        try:
            rate = self._read(4, time.monotonic() + _START_S)
        except EngineError:
            self.close()
            raise
        self.rate_hz = int.from_bytes(rate, "little", signed=True)

    def _read(self, count: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        parts: list[bytes] = []
        while count > 0:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise EngineError(Problem.TOO_LONG, "espeak does not answer")
            part = os.read(descriptor, count)
            if not part:
                raise EngineError(Problem.LOST, "espeak")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def ask(self, request: dict[str, object], limit_s: float) -> tuple[int, bytes]:
        """Status and answer; raises EngineError when the process is lost."""
        assert self.process.stdin is not None
        self.requests += 1
        wall_s = limit_s * _WALL_FACTOR
        numbered = {**request, "number": self.requests, "limit_s": limit_s, "wall_s": wall_s}
        try:
            self.process.stdin.write(json.dumps(numbered).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise EngineError(Problem.LOST, "espeak") from error
        deadline = time.monotonic() + wall_s + _GRACE_S
        header = self._read(HEADER.size, deadline)
        number, status, size = HEADER.unpack(header)
        answer = self._read(size, deadline)
        if number != self.requests:
            raise EngineError(Problem.LOST, "espeak answered another request")
        return status, answer

    def close(self) -> None:
        """End it and whatever it has forked; a process that was forked off only lets go of it."""
        if os.getpid() == self.owner:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class Espeak:
    """Speaks the languages of the espeak-ng data that espeakng-loader ships.

    Every clip is made in a child forked from a process that has never spoken: in-process calls
    carry state from text to text. That process has one thread, so forking is safe whatever runs
    in this one. Threads that speak at once take turns; a process that is forked from this one
    starts a server of its own. It needs `os.fork` (Linux, macOS).
    """

    name = "espeak"
    family = "formant"
    extra = "espeak"
    packages = ("espeakng-loader",)
    rate_hz = 22050
    speeds = (0.46, 2.57)
    offline = True
    deterministic = (
        "one child per clip, forked from a process that has never spoken, and seeded from the "
        "Generator that is passed in"
    )
    example = {"lang": "de", "text": "schalte das Licht in der Küche ein"}  # noqa: RUF012

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            forget = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (call := forget()) and call())

    def _after_fork(self) -> None:
        """The lock may be held by a thread that does not exist here; the pipes are not ours."""
        self._lock = threading.Lock()
        self.stop()

    @property
    def version(self) -> str:
        """Version of espeakng-loader, "" when it is not installed."""
        return distribution_version("espeakng-loader")

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        if not hasattr(os, "fork"):
            return "espeak needs os.fork, which this system lacks"
        if package_folder("espeakng_loader") is None:
            return "espeakng-loader is not installed: pip install 'corpusforge[espeak]'"
        return ""

    def languages(self) -> list[str]:
        """Tags of the language files in the package, and the tags they say they serve."""
        tags = {t.casefold(): t for tag, served in _languages() for t in (*dict(served), tag)}
        return [tags[key] for key in sorted(tags)]

    def offered(self, lang: str | None = None) -> list[tuple[Voice, str]]:
        """Each accent of the language with each variant of the screened allow-list.

        A file of another language speaks it only where none is named as a better one for it.
        """
        missing = self.missing()
        declared = distribution_license("espeakng-loader")
        license_ = _UPSTREAM_LICENSE if declared == "NOASSERTION" else declared
        serving = None if lang is None else _serving(lang)
        found = []
        for tag, _ in _languages():
            wanted = serving is None or tag in serving
            # A tag with a script subtag reads another script than the language is written in.
            special = bool(_SCRIPT.search(tag)) or tag in HARD_ACCENTS
            if not wanted or (special and lang is not None and tag.casefold() != lang.casefold()):
                continue
            for variant in VARIANTS:
                voice = Voice(
                    f"{tag}+{variant}",
                    tag,
                    license_,
                    _gender(variant),
                    _accent(tag),
                    _speaker(variant),
                )
                found.append((voice, missing))
        return found

    def voices(self, lang: str) -> list[Voice]:
        """Usable voices; a region that espeak does not know falls back to its language."""
        lang = _SPOKEN_AS.get(lang.casefold(), lang)
        found = [voice for voice, why_not in self.offered(lang) if not why_not]
        if not found and "-" in lang:
            return self.voices(lang.rsplit("-", 1)[0])
        return found

    def _start(self) -> _Server:
        if self._server is None:
            if missing := self.missing():
                raise InputError(f"the engine espeak cannot speak: {missing}")
            folder = package_folder("espeakng_loader")
            assert folder is not None
            suffix = ".dylib" if sys.platform == "darwin" else ".so"
            library = folder / f"libespeak-ng{suffix}"
            try:
                server = _Server(library, folder / "espeak-ng-data")
            except EngineError as error:
                raise InputError(
                    f"{library} cannot be loaded", hint="pip install 'corpusforge[espeak]'"
                ) from error
            atexit.register(server.close)
            self._server = server
        return self._server

    def stop(self) -> None:
        """End the child process; the next `speak` starts another one."""
        if self._server is not None:
            atexit.unregister(self._server.close)
            self._server.close()
            self._server = None

    def speak(
        self,
        spoken: str,
        voice: Voice,
        prosody: Prosody,
        rng: np.random.Generator,
        limit_s: float = _LIMIT_S,
    ) -> Spoken:
        """Mono float32 samples at 22.05 kHz; `rng` seeds the noise of breathy voices.

        Args:
            spoken: Text.
            voice: One of `voices`.
            prosody: Speed from 0.46 to 2.57 (80 to 450 words per minute).
            rng: One 31-bit seed is drawn from it.
            limit_s: Time limit of the clip, seconds of CPU time; ten times that by the clock.

        Raises:
            EngineError: Empty text, letters of a script that the voice names one by one, unknown
                voice, speed out of range, a crash, or the limit.
            InputError: When the extra is not installed or its library cannot be loaded.
        """
        import numpy as np

        from corpusforge.speech.word_times import starts_of_pieces, words_from

        rate_wpm = round(_NORMAL_WPM * prosody.speed)
        if not _WPM[0] <= rate_wpm <= _WPM[1]:
            raise EngineError(
                Problem.SPEED, f"espeak speaks at 80 to 450 words per minute, not {rate_wpm}"
            )
        if not spoken.strip() or "\0" in spoken:
            raise EngineError(Problem.NOTHING_TO_SAY, "espeak")
        if spelled(spoken, voice.lang):
            raise EngineError(Problem.FOREIGN_SCRIPT, f"espeak, voice {voice.name}")
        request: dict[str, object] = {
            "text": spoken,
            "voice": voice.name,
            "rate_wpm": rate_wpm,
            "seed": int(rng.integers(2**31)),
        }
        with self._lock:
            server = self._start()
            try:
                status, answer = server.ask(request, limit_s)
            except EngineError:
                self.stop()
                raise
        if status != OK:
            detail = f"espeak, voice {voice.name} {answer.decode()}".rstrip()
            raise EngineError(_PROBLEMS.get(status, Problem.FAILED), detail)
        (count,) = COUNT.unpack_from(answer)
        begin = COUNT.size + count * WORD.size
        events = list(WORD.iter_unpack(answer[COUNT.size : begin]))
        pcm = np.frombuffer(answer, dtype="<i2", offset=begin)
        samples = pcm.astype(np.float32) / np.float32(32768)
        starts = starts_of_pieces(spoken, events)
        words = words_from(spoken.split(), starts, samples, server.rate_hz)
        return Spoken(samples, server.rate_hz, words)


@cache
def _data() -> Path | None:
    folder = package_folder("espeakng_loader")
    return None if folder is None else folder / "espeak-ng-data"


@cache
def _languages() -> list[tuple[str, tuple[tuple[str, int], ...]]]:
    """(tag, other tags it serves, each with how well: 1 = best) of every language file, sorted."""
    data = _data()
    if data is None:
        return []
    found = []
    for path in sorted((data / "lang").rglob("*")):
        if path.is_file():
            lines = re.findall(
                r"^language[ \t]+(\S+)[ \t]*(\d*)", path.read_text("utf-8"), re.MULTILINE
            )
            served = tuple((tag, int(number or _UNNUMBERED)) for tag, number in lines)
            found.append((path.name, served))
    return sorted(found, key=lambda item: item[0].casefold())


def _serving(lang: str) -> set[str]:
    """Tags of the language files that speak a language.

    Those of the language itself and of its accents do, whatever their number. A file of another
    language (Cantonese for `zh`, West Armenian for `hy`) does only when none has a better number.
    """
    numbers: dict[str, int] = {}
    for tag, served in _languages():
        exact = [number for one, number in served if one.casefold() == lang.casefold()]
        near = [number for one, number in served if language_matches(lang, one)]
        if exact or near or language_matches(lang, tag):
            numbers[tag] = min(exact or near or [_UNNUMBERED])
    best = min(numbers.values(), default=0)
    return {tag for tag, n in numbers.items() if n == best or language_matches(lang, tag)}


@cache
def _first_line(folder: str, name: str, key: str) -> str:
    """Value of a key in an espeak voice file, "" when it is not there."""
    data = _data()
    if data is None:
        return ""
    for path in sorted((data / folder).rglob(name)):
        found = re.search(rf"^{key}[ \t]+(\S.*)$", path.read_text("utf-8"), re.MULTILINE)
        if found:
            return found.group(1).strip()
    return ""


def _gender(variant: str) -> str:
    words = _first_line("voices", variant, "gender").casefold().split()
    return words[0] if words and words[0] in ("female", "male") else ""


def _speaker(variant: str) -> str:
    """Whose voice it is: the first of the variants that sound alike."""
    return next((group[0] for group in ALIKE if variant in group), variant)


def _accent(tag: str) -> str:
    found = re.search(r"\((.+)\)", _first_line("lang", tag, "name"))
    return found.group(1) if found else ""


PLUGIN = Espeak()
