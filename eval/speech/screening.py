"""What screening espeak's variants and making pseudo-speakers is worth on real speech.

    python -m eval.speech.screening --work DIR

The keyword model of `corpusforge.assess` learns ten digits from clips of one set of voices, as many
clips from each set, and hears the plain clips of an engine that took no part (flite) and real
digits. Whatever is decided is decided on flite; the real digits stand beside it. Clips are the
engine's own sound at a drawn tempo, without room or noise, so that sets of voices are compared and
nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.clips import Clips, read_audio
from corpusforge.assess.keyword_cnn import Training
from corpusforge.assess.log_mel import log_mel
from corpusforge.assess.speech import hear, train_models
from corpusforge.assess.speech_scores import Heard
from corpusforge.core import plugins
from corpusforge.core.run import package_versions, read_json
from corpusforge.core.seeding import rng
from corpusforge.speech.engine import Engine, Prosody, Voice
from corpusforge.speech.pseudo import pseudo_speakers_of, shift_of
from eval.cells import RESULTS, Cell, code_digest, command_line, run, write
from eval.speech.fsdd import DIGITS, missing, real_digits
from eval.speech.voices import offered

CLIPS_PER_WORD = 60
SEEDS = 3
TEMPO = (0.7, 1.5)
RESAMPLED = (0.77, 1.3)
"""Range of the factor where pseudo-speakers are made by resampling."""
_RATE_HZ = 8000
_SCREEN = RESULTS / "speech_espeak_screen.json"
_BEFORE = ("f2", "f4", "f5", "steph", "steph3", "m1", "m4", "m5", "m7", "victor")
"""The ten variants that were allowed before, chosen for the fewest word errors of each sex."""

VoiceSet = Sequence[tuple[str, Voice]]


def _espeak(variants: Sequence[str]) -> VoiceSet:
    found = [Voice(f"en-US+{v}", "en-US", "", "", "", v) for v in variants]
    return [("espeak", voice) for voice in found]


def _hibari(shifted: bool) -> VoiceSet:
    voices = plugins.load("engine", "hibari").voices("en")
    return [("hibari", v) for v in voices if shifted or shift_of(v.name) is None]


def _flite(shifted: bool) -> VoiceSet:
    voices = plugins.load("engine", "flite").voices("en")
    return [("flite", v) for v in voices if shifted or shift_of(v.name) is None]


def _piper(shifted: bool) -> VoiceSet:
    voice = offered("piper", "joe")
    moved = pseudo_speakers_of(replace(voice, gender="male"))
    return [("piper", v) for v in (voice, *(moved if shifted else ()))]


def _rates() -> dict[str, float]:
    """Variant -> word error rate."""
    found: dict[str, float] = {
        name: float(np.mean(list(variant["wer"].values())))
        for name, variant in read_json(_SCREEN)["variants"].items()
    }
    return found


def _up_to(limit: float) -> VoiceSet:
    return _espeak([name for name, rate in sorted(_rates().items()) if rate <= limit])


SETS: Mapping[str, Callable[[], VoiceSet]] = {
    "espeak, 10 best of each sex": lambda: _espeak(_BEFORE),
    "espeak, word errors up to 25 %": lambda: _up_to(0.25),
    "espeak, all variants": lambda: _up_to(1.0),
    "hibari, the voice alone": lambda: _hibari(False),
    "hibari, resampled": lambda: _hibari(False),
    "hibari, pseudo-speakers": lambda: _hibari(True),
    "espeak, word errors up to 10 %": lambda: _up_to(0.10),
    "piper, the voice alone": lambda: _piper(False),
    "piper, pseudo-speakers": lambda: _piper(True),
    "flite, the voices alone": lambda: _flite(False),
    "flite, pseudo-speakers": lambda: _flite(True),
}
HELD_OUT: Mapping[str, Callable[[], VoiceSet]] = {
    "flite": lambda: _flite(False),
    "hibari": lambda: _hibari(True),
}


def held_out_from(names: Sequence[str]) -> str:
    """The engine that tests models of these sets."""
    return "hibari" if any(name.startswith("flite") for name in names) else "flite"


def clip(engine: str, voice: Voice, word: str, number: int, resampled: bool) -> Any:
    """Log-mel levels of one word of one voice, shape [frames, bands]; None where nothing is heard.

    Args:
        engine: Key of the engine.
        voice: Of the engine.
        word: Text.
        number: Tells the clips of a word apart: tempo and engine noise are drawn by it.
        resampled: Move pitch and formants together by a drawn factor, keeping the tempo.
    """
    import soxr

    draws = rng(1, "eval.screening", engine, voice.name, word, number)
    tempo = float(np.exp(draws.uniform(*np.log(TEMPO))))
    factor = float(np.exp(draws.uniform(*np.log(RESAMPLED)))) if resampled else 1.0
    speaker: Engine = plugins.load("engine", engine)
    said = speaker.speak(word, voice, Prosody(tempo / factor), draws)
    low = soxr.resample(said.samples, said.rate_hz * factor, _RATE_HZ, quality="HQ")
    try:
        return log_mel(low, _RATE_HZ)
    except ValueError:
        return None


@cache
def clips_of(name: str) -> Clips:
    """`CLIPS_PER_WORD` clips of each digit, the voices of a set in turn."""
    voices = HELD_OUT[name]() if name in HELD_OUT else SETS[name]()
    found = []
    for word in DIGITS:
        # Another start for each word, so that few clips do not always have the same voices.
        start = int(rng(1, "eval.screening", name, word).integers(len(voices)))
        for number in range(CLIPS_PER_WORD):
            engine, voice = voices[(start + number) % len(voices)]
            features = clip(engine, voice, word, number, name.endswith("resampled"))
            if features is not None:
                found.append((features, word, voice.who, engine))
    columns = list(zip(*found, strict=True))
    return Clips(columns[0], columns[1], columns[2], columns[3], ("",) * len(found))


@cache
def real(work: Path) -> Clips:
    """The real digits."""
    return read_audio(real_digits(work, 50))


def _accuracies(heard: Heard) -> dict[str, Any]:
    by_seed = heard.right.mean(axis=1)
    speakers = np.array(heard.speakers, dtype=object)
    return {
        "accuracy": round(float(by_seed.mean()), 4),
        "by_seed": [round(float(value), 4) for value in by_seed],
        "by_speaker": {
            who: round(float(heard.right[:, speakers == who].mean()), 4)
            for who in sorted(set(heard.speakers))
        },
    }


def measure(work: Path, names: Sequence[str]) -> dict[str, Any]:
    """Models that are trained on one set, or on several together, and what they hear."""
    clips = clips_of(names[0])
    for name in names[1:]:
        clips = clips.plus(clips_of(name))
    models = train_models(clips, clips.engines, Training(), 1, SEEDS)
    tested_by = held_out_from(names)
    return {
        "clips": len(clips),
        "voices": len({*zip(clips.engines, clips.speakers, strict=True)}),
        "held_out_engine": tested_by,
        "held_out": _accuracies(hear(models, replace_speakers(clips_of(tested_by)))),
        "real": _accuracies(hear(models, real(work))),
    }


def replace_speakers(clips: Clips) -> Clips:
    """The clips, each voice's under its name."""
    return replace(clips, speakers=tuple(who or "voice" for who in clips.speakers))


TOGETHER = (
    ("hibari, the voice alone", "espeak, 10 best of each sex"),
    ("hibari, pseudo-speakers", "espeak, word errors up to 25 %"),
    ("hibari, pseudo-speakers", "espeak, word errors up to 25 %", "piper, the voice alone"),
    ("hibari, pseudo-speakers", "espeak, word errors up to 25 %", "piper, pseudo-speakers"),
)


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    speakers = sorted(next(iter(result["sets"].values()))["real"]["by_speaker"])
    yield "| trained on | voices | held-out engine | real digits | " + " | ".join(speakers) + " |"
    yield "|---|---|---|---|" + "---|" * len(speakers)
    for name in [*SETS, *(" + ".join(names) for names in TOGETHER)]:
        if name not in result["sets"]:
            continue
        found = result["sets"][name]
        cells = [f"{100 * found[key]['accuracy']:.1f}" for key in ("held_out", "real")]
        spread = 100 * float(np.std(found["real"]["by_seed"], ddof=1))
        each = [f"{100 * found['real']['by_speaker'][who]:.0f}" for who in speakers]
        held_out = f"{found['held_out_engine']} {cells[0]}"
        yield f"| {name} | {found['voices']} | {held_out} | {cells[1]} ± {spread:.1f} | " + (
            " | ".join(each) + " |"
        )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    options = command_line("eval.speech.screening", __doc__).parse_args(arguments)
    if why := missing():
        raise SystemExit(why)
    code = code_digest(("corpusforge.assess.keyword_cnn", "corpusforge.assess.log_mel"))
    facts: dict[str, Any] = {
        "clips_per_word": CLIPS_PER_WORD,
        "seeds": SEEDS,
        **package_versions(("hibari-tts", "espeakng-loader", "soxr", "torch")),
    }

    def cell(names: tuple[str, ...]) -> Cell:
        voices = [[engine, voice.name] for name in names for engine, voice in SETS[name]()]
        parameters = {**facts, "voices": voices, "names": list(names)}
        return Cell(" + ".join(names), parameters, lambda: measure(options.work, names))

    cells = [cell(names) for names in [*((name,) for name in SETS), *TOGETHER]]
    outcome = run(cells, options.work / "cells", code, options.cpu_hours)
    result: dict[str, Any] = {
        "data": "Free Spoken Digit Dataset, 50 clips per digit and speaker, CC BY-SA 4.0",
        "protocol": facts,
        "sets": dict(outcome.figures),
    }
    for line in table(result):
        print(line)
    write("speech_screening", "eval.speech.screening", options.seed, outcome, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
