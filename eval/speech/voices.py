"""How far a voice can be moved before it is no speech, and when it is somebody else.

    python -m eval.speech.voices --work DIR

hibari's network answers with pitch and spectrum, so both are moved by themselves there; other
engines are resampled, with the tempo made good. Whisper tiny.en says whether the words are still
heard, a speaker encoder whose voice it is (`eval.speech.ear`). The pseudo-speakers in
`speech/engines/hibari.py` are what `chosen` makes of the result, by test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from corpusforge.core import plugins
from corpusforge.core.run import package_versions
from corpusforge.speech.engine import Engine, Prosody, Voice
from corpusforge.speech.pseudo import Shift, pseudo_speaker, unshifted
from eval.cells import Cell, code_digest, command_line, run, write
from eval.speech.ear import PACKAGES, RATE_HZ, Samples, judge

PITCHES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 1.0, 1.12, 1.25)
FORMANTS = (0.8, 0.86, 0.93, 1.0, 1.08, 1.16)
FACTORS = (0.8, 0.86, 0.92, 0.96, 1.0, 1.04, 1.09, 1.16, 1.25)
RESAMPLED = (("flite", "slt"), ("flite", "rms"), ("espeak", "en-US+m1"), ("espeak", "en-US+f2"))
MOST_WER = 0.05
"""What moving may cost in word errors, over those of the voice as it is."""
NEAR = 0.85
"""Two voices that are this like each other are one speaker. Voices had 0.84 to 0.91 with
themselves, from one short sentence to another, in an earlier measurement; from four sentences to
four others it is `floor`."""
MOST = {"male": 4, "female": 3}
"""Pseudo-speakers of each sex, at most; the voice itself is a woman's."""

SEXES: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "male": ((0.5, 0.7), (0.8, 0.93)),
    "female": ((0.9, 1.25), (0.93, 1.16)),
}
"""Pitch and formants, as factors on a woman's, that sound like a man and like another woman: men
speak at about 0.6 times the pitch of women, with formants at about 0.85 times theirs."""


def offered(engine: str, name: str) -> Voice:
    """A voice of an engine by its name."""
    found: Engine = plugins.load("engine", engine)
    return next(voice for voice, _ in found.offered() if voice.name == name)


def say(engine: str, voice: Voice, text: str, factor: float) -> Samples:
    """One sentence at 16 kHz, resampled by a factor, in the tempo of the voice."""
    spoken: Engine = plugins.load("engine", engine)
    rng = np.random.Generator(np.random.Philox(1))
    said = spoken.speak(text, voice, Prosody(1 / factor), rng)
    found: Samples = soxr.resample(said.samples, said.rate_hz * factor, RATE_HZ, quality="HQ")
    return found


def measure(engine: str, voice: Voice, factor: float = 1.0) -> dict[str, Any]:
    """Word error rate and embeddings of a voice."""
    judged = judge(lambda text: say(engine, voice, text, factor))
    halves = [[round(float(x), 4) for x in half] for half in judged.voice]
    return {"wer": round(judged.wer, 4), "voice": halves}


def hibari_cells(facts: Mapping[str, Any]) -> Iterator[Cell]:
    """The grid of pitch and formants."""
    heart = offered("hibari", "heart")
    for pitch, formant in product(PITCHES, FORMANTS):
        shift = Shift(pitch, formant)
        voice = heart if pitch == formant == 1 else pseudo_speaker(heart, shift, "", "")
        yield Cell(
            f"hibari{shift}", {**facts, "shift": str(shift)}, partial(measure, "hibari", voice)
        )


def resampled_cells(facts: Mapping[str, Any]) -> Iterator[Cell]:
    """Voices of other engines, resampled."""
    for (engine, name), factor in product(RESAMPLED, FACTORS):
        if plugins.exists("engine", engine) and not plugins.load("engine", engine).missing():
            voice = unshifted(offered(engine, name))
            yield Cell(
                f"{engine} {name} {factor}",
                {**facts, "factor": factor},
                partial(measure, engine, voice, factor),
            )


def _halves(figures: Mapping[str, Any], name: str) -> npt.NDArray[np.float64]:
    return np.asarray(figures[name]["voice"])


def cosine(figures: Mapping[str, Any], one: str, other: str) -> float:
    """Mean cosine between two voices, with other words where it is the same voice."""
    a, b = _halves(figures, one), _halves(figures, other)
    return float(a[0] @ b[1]) if one == other else float(np.mean(a @ b.T))


def chosen(figures: Mapping[str, Mapping[str, Any]]) -> list[tuple[float, float, str]]:
    """(pitch, formants, sex) of the pseudo-speakers of heart, sorted.

    Of the shifts in the region of a sex that cost at most `MOST_WER`: as many as are pairwise, and
    with all that were taken before, less alike than `NEAR`; of sets of so many the one whose two
    most alike members are least so.
    """
    base = f"hibari{Shift(1, 1)}"
    most = figures[base]["wer"] + MOST_WER
    known = [name for name in figures if name.startswith("hibari")]
    cosines = {(a, b): cosine(figures, a, b) for a in known for b in known}
    names = [base]
    taken: list[tuple[float, float, str]] = []
    for sex, ((low, high), (short, long_)) in SEXES.items():
        region = [
            key
            for key in product(PITCHES, FORMANTS)
            if low <= key[0] <= high and short <= key[1] <= long_
            if key != (1, 1) and figures[f"hibari{Shift(*key)}"]["wer"] <= most
        ]
        for count in range(MOST[sex], 0, -1):
            sets = [
                (_most_alike(cosines, [*names, *(f"hibari{Shift(*key)}" for key in some)]), some)
                for some in combinations(region, count)
            ]
            cosine_, some = min(sets, default=(1.0, ()))
            if cosine_ < NEAR:
                taken += [(*key, sex) for key in some]
                names += [f"hibari{Shift(*key)}" for key in some]
                break
    return sorted(taken)


def _most_alike(cosines: Mapping[tuple[str, str], float], names: Sequence[str]) -> float:
    return max(cosines[pair] for pair in combinations(names, 2))


def summary(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Floor of a voice with itself, the grids, and what is chosen."""
    floor = float(np.quantile([cosine(figures, name, name) for name in figures], 0.05))
    base = f"hibari{Shift(1, 1)}"
    grid = {
        name.removeprefix("hibari"): {
            "wer": found["wer"],
            "cosine": round(cosine(figures, name, base), 4),
            "itself": round(cosine(figures, name, name), 4),
        }
        for name, found in figures.items()
        if name.startswith("hibari")
    }
    resampled: dict[str, dict[str, dict[str, float]]] = {}
    for name, found in figures.items():
        if not name.startswith("hibari"):
            voice, factor = name.rsplit(" ", 1)
            near = round(cosine(figures, name, f"{voice} 1.0"), 4)
            resampled.setdefault(voice, {})[factor] = {"wer": found["wer"], "cosine": near}
    taken = chosen(figures)
    names = [base, *(f"hibari{Shift(pitch, formant)}" for pitch, formant, _ in taken)]
    pairs = [cosine(figures, a, b) for a in names for b in names if a < b]
    return {
        "floor": round(floor, 4),
        "hibari": grid,
        "resampled": resampled,
        "chosen": [list(item) for item in taken],
        "largest_cosine_of_two": round(max(pairs), 4) if pairs else None,
    }


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    yield (
        "95 % of voices are like themselves, with other words, by a cosine of "
        f"{result['floor']:.2f} or more. Word error rate / cosine with the voice as it is:"
    )
    yield ""
    yield "| hibari: pitch | " + " | ".join(f"formants {f:g}" for f in FORMANTS) + " |"
    yield "|---|" + "---|" * len(FORMANTS)
    for pitch in PITCHES:
        cells = [result["hibari"][str(Shift(pitch, formant))] for formant in FORMANTS]
        shown = [f"{100 * c['wer']:.0f} % / {c['cosine']:.2f}" for c in cells]
        yield f"| {pitch:g} | " + " | ".join(shown) + " |"
    yield ""
    yield "| resampled by | " + " | ".join(f"{f:g}" for f in FACTORS) + " |"
    yield "|---|" + "---|" * len(FACTORS)
    for voice, by_factor in result["resampled"].items():
        cells = [by_factor[str(factor)] for factor in FACTORS]
        shown = [f"{100 * c['wer']:.0f} % / {c['cosine']:.2f}" for c in cells]
        yield f"| {voice} | " + " | ".join(shown) + " |"
    yield ""
    names = ", ".join(f"{pitch:g}/{formant:g} ({sex})" for pitch, formant, sex in result["chosen"])
    yield (
        f"Chosen (pitch/formants): {names}; no two of them, nor one and the voice itself, are more "
        f"alike than {result['largest_cosine_of_two']:.2f}."
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    options = command_line("eval.speech.voices", __doc__).parse_args(arguments)
    facts = package_versions(("hibari-tts", "espeakng-loader", "soxr", *PACKAGES))
    cells = [*hibari_cells(facts), *resampled_cells(facts)]
    modules = ("eval.speech.ear", "corpusforge.speech.pseudo")
    outcome = run(cells, options.work / "cells", code_digest(modules), options.cpu_hours)
    result = summary(outcome.figures)
    for line in table(result):
        print(line)
    result["speech_versions"] = facts
    write("speech_voices", "eval.speech.voices", options.seed, outcome, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
