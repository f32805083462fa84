"""Any program that writes a WAV file, by its command line; it runs only with --allow-command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.core.errors import InputError, require
from corpusforge.core.executors import at_parents_end
from corpusforge.speech.brought import NoVoicesOfItsOwn, brought
from corpusforge.speech.engine import (
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    check_speed,
    checked,
    distribution_version,
    package_folder,
)
from corpusforge.speech.pins import hold_pin
from corpusforge.speech.pseudo import Slowed, say_shifted

if TYPE_CHECKING:
    import numpy as np

    from corpusforge.core.recipe import VoiceConfig

_PLACES = ("text", "text_file", "out", "speed", "length", "seed")
_PLACE = re.compile(r"\{([a-z_]+)\}")
# Programs that speak by what they read: scripts, classes, other programs.
_INTERPRETER = re.compile(
    r"(python|pypy|perl|ruby|node|nodejs|lua|luajit|php|tclsh|guile|octave)[\d.]*(-cli)?"
    r"|(b|d|k|mk|pdk|z|fi|c|tc|a|ya)?sh|busybox|env|java|julia|Rscript|deno|bun"
)
_LIMIT_S = 60.0
# The second for programs that say nothing in another language than their own.
_PROBES = ("one two three four", "1 2 3 4")
_SOURCES = (
    "a command line with {text} or {text_file}, {out} (the WAV file to write), {speed} (factor) or "
    "{length} (1 / speed), and {seed} if it takes one"
)

_running: set[int] = set()  # process groups; nobody else would end them

# A tone whose length goes with the text, for the contract test: nothing but Python.
_TONE = (
    "import sys,math,struct,wave; t,o,s=sys.argv[1:]; n=int(1200*len(t)/float(s)); "
    "w=wave.open(o,'wb'); w.setparams((1,2,16000,0,'NONE','')); "
    "w.writeframes(b''.join(struct.pack('<h',int(9000*math.sin(i*.07))) for i in range(n)))"
)


class Command(NoVoicesOfItsOwn):
    """Runs a program once per clip and reads the WAV file that it writes.

    No shell is involved. It runs in the recipe's folder. A recipe alone cannot make it run: the
    place of a voice is filled in only when the user has allowed commands.
    """

    name = "command"
    family = "command"
    extra = "speech"
    packages: tuple[str, ...] = ("soundfile", "numpy")
    rate_hz = 16000
    speeds = (0.5, 2.0)
    offline = True
    deterministic = (
        "as far as the command is: {seed} is the clip's own seed; a command without it is taken "
        "as not deterministic, and its clips are kept in the cache"
    )
    families = (family,)
    sources = _SOURCES
    runs_commands = True
    # Programs may not speak as slowly as pseudo-speakers would ask them to.
    pseudo_speakers = Slowed.AFTERWARDS
    example: Mapping[str, str] = {
        "lang": "en",
        "text": "turn on the lights in the kitchen",
        "source": shlex.join([sys.executable, "-c", _TONE, "{text}", "{out}", "{speed}"]),
    }

    def __init__(self) -> None:
        self._rates: dict[Voice, int] = {}

    @property
    def version(self) -> str:
        """Version of the reader of its files, "" when it is not installed."""
        return distribution_version("soundfile")

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        if package_folder("_soundfile_data") is None and not distribution_version("soundfile"):
            return "soundfile is not installed: pip install 'corpusforge[speech]'"
        return ""

    def added(self, entry: VoiceConfig, folder: Path) -> Voice:
        """The voice of a command line.

        Raises:
            InputError: A program that is not there; places that are missing or unknown.
        """
        _words(entry.source, folder)
        return brought(entry, self.name, str(folder.resolve()))

    def fetched(self, voice: Voice) -> tuple[Voice, Sequence[Path]]:
        """The voice with the rate that a first run shows, and the files that the command names.

        Raises:
            InputError: When it does not write a sound file that clips can be made of.
        """
        if voice not in self._rates:
            try:
                said = self._probed(voice)
            except EngineError as error:
                raise InputError(
                    f"the command of the voice {voice.name} does not work: {error}",
                    hint=f"it ran as: {voice.source}; clips are mono, up to full scale",
                ) from error
            self._rates[voice] = said.rate_hz
        return replace(voice, rate_hz=self._rates[voice]), _files(voice)

    def _probed(self, voice: Voice) -> Spoken:
        """What it says to the first text to which it says anything."""
        for text in _PROBES[:-1]:
            said = self._run(voice, text, 1.0, 1, tell=True)
            if said.samples.any():
                break
        else:
            said = self._run(voice, _PROBES[-1], 1.0, 1, tell=True)
        return checked(said, self, replace(voice, rate_hz=said.rate_hz), "its first run")

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at the rate of the file; see `speech.engine.Engine.speak`."""
        return say_shifted(self._say, spoken, voice, prosody, rng, Slowed.AFTERWARDS)

    def _say(self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator) -> Spoken:
        check_speed(self.name, self.speeds, prosody)
        if not any(map(str.isalnum, spoken)) or "\0" in spoken:
            raise EngineError(Problem.NOTHING_TO_SAY, "command")
        hold_pin(voice, _files(voice))
        return self._run(voice, spoken, prosody.speed, int(rng.integers(2**31)))

    def _run(self, voice: Voice, text: str, speed: float, seed: int, tell: bool = False) -> Spoken:
        """Run it once; `tell` = its last words may be shown, for they are not about a row."""
        if not voice.path:
            raise InputError(
                f"the voice {voice.name} runs a command: {voice.source}",
                hint="a command runs only from a recipe, with build --allow-command",
            )
        folder = Path(voice.path)
        soundfile = require("soundfile", extra=self.extra, purpose="the engine command")
        with tempfile.TemporaryDirectory(prefix="corpusforge-") as place:
            out, text_file = Path(place) / "out.wav", Path(place) / "text.txt"
            text_file.write_text(text + "\n", "utf-8")
            filled = {
                "text": text,
                "text_file": str(text_file),
                "out": str(out),
                "speed": f"{speed:g}",
                "length": f"{1 / speed:.6g}",
                "seed": str(seed),
            }
            given = _words(voice.source, folder)
            # A program would read such a text as an option of its own.
            if "{text}" in given and text.startswith("-"):
                what = f"command, voice {voice.name}, a text that begins with a hyphen"
                raise EngineError(Problem.FAILED, f"{what}; {{text_file}} takes it")
            words = [_fill(word, filled) for word in given]
            _call(words, folder, voice, tell)
            try:
                samples, rate_hz = soundfile.read(out, dtype="float32")
            except (OSError, RuntimeError) as error:
                what = "wrote no file" if not out.is_file() else "wrote no sound file"
                raise EngineError(Problem.FAILED, f"command, voice {voice.name} {what}") from error
        return Spoken(samples, int(rate_hz))


def _end_running() -> None:
    """End the programs that run, with all that they have started."""
    for pid in tuple(_running):
        os.killpg(pid, signal.SIGKILL)


at_parents_end(_end_running)


def _call(words: Sequence[str], folder: Path, voice: Voice, tell: bool) -> None:
    """Run a program to its end, or end it with all that it has started."""
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:  # not a program, too long a text, no process left
        what = f"command, voice {voice.name}, cannot be started ({error.strerror})"
        raise EngineError(Problem.FAILED, what) from error
    _running.add(process.pid)
    try:
        _, said = process.communicate(timeout=_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        what = f"command, voice {voice.name}, longer than {_LIMIT_S:g} s"
        raise EngineError(Problem.TOO_LONG, what) from error
    finally:
        _running.discard(process.pid)
    if process.returncode != 0:
        # What it prints may quote the text, which must not get into messages.
        last = said.decode("utf-8", "replace").strip()[-300:] if tell else ""
        what = f"command, voice {voice.name}, exit status {process.returncode}"
        raise EngineError(Problem.FAILED, f"{what} ({last})" if last else what)


def _fill(word: str, filled: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: filled[match[1]], word)


def _words(source: str, folder: Path) -> list[str]:
    """The words of a command line, the program's first, with its full path."""
    try:
        words = shlex.split(source)
    except ValueError as error:
        raise InputError(f"the command {source} cannot be read: {error}") from error
    places = {place for word in words for place in _PLACE.findall(word)}
    if unknown := sorted(places - set(_PLACES)):
        raise InputError(
            f"the command {source} has a place {{{unknown[0]}}} that nothing fills",
            given=unknown[0],
            allowed=_PLACES,
        )
    needed = (("text", "text_file"), ("out",), ("speed", "length"))
    lacking = [either for either in needed if not places & {*either}]
    if not words or lacking:
        named = ", ".join(" or ".join(f"{{{place}}}" for place in either) for either in lacking)
        raise InputError(
            f"the command {source} lacks {named}",
            hint=f"{_SOURCES}; a script can stand between for a program that takes none of them",
        )
    found = shutil.which(words[0] if "/" not in words[0] else str(folder / words[0]))
    if found is None:
        raise InputError(
            f"the program {words[0]} of the command {source} is not there",
            hint=f"programs are looked for on the PATH, ./programs in {folder}",
        )
    return [str(Path(found).absolute()), *words[1:]]


def _files(voice: Voice) -> list[Path]:
    """The files that are pinned: the program, and those that its command line names.

    An interpreter is not, called by its name as little as by a script's first line: a voice would
    be tied to one build of it, and what it reads is a file of the line, or the line itself.
    """
    folder = Path(voice.path)
    program, *words = _words(voice.source, folder)
    # A file is named by a word, or after the = of an option.
    named = [part for word in words for part in (word, word.partition("=")[2]) if part]
    paths = [Path(program), *(folder / part for part in named if not _PLACE.search(part))]
    return [path for path in dict.fromkeys(paths) if _can_be_read(path) and not _interprets(path)]


def _interprets(program: Path) -> bool:
    return any(_INTERPRETER.fullmatch(path.name) for path in (program, program.resolve()))


def _can_be_read(path: Path) -> bool:
    """Whether it is a file with a content, so no folder, device or pipe."""
    try:
        return path.is_file() and os.access(path, os.R_OK)
    except OSError:  # too long for a name
        return False


PLUGIN = Command()
