"""Which of espeak's variants and English accents are speech, and which sound alike.

    python -m eval.speech.espeak_screen --work DIR

Every variant speaks American English, every English accent is spoken by two variants; Whisper
tiny.en and a speaker encoder listen, see `eval.speech.ear`. The allow-list in
`speech/espeak_variants.py` is what `allowed` makes of the result, by test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from corpusforge.core.run import package_versions
from corpusforge.speech.engine import Prosody, Voice, package_folder
from corpusforge.speech.engines.espeak import PLUGIN as ESPEAK
from eval.cells import Cell, code_digest, command_line, run, write
from eval.speech.ear import PACKAGES, RATE_HZ, Samples, judge

ACCENTS = ("en-US",)
PROBES = ("m1", "f2")
MOST_WER = 0.25
"""A variant whose words are heard wrong more often is left out."""


def variants() -> list[str]:
    """All variants that come with espeakng-loader, sorted."""
    folder = package_folder("espeakng_loader")
    if folder is None:
        return []
    return sorted(path.name for path in (folder / "espeak-ng-data/voices/!v").iterdir())


def english() -> list[str]:
    """All English accents that read Latin script, sorted."""
    tags = {voice.lang for voice, _ in ESPEAK.offered()}
    return sorted(t for t in tags if t.split("-")[0] == "en" and "Shaw" not in t)


def speak(name: str, text: str) -> Samples:
    """One sentence of an espeak voice at 16 kHz."""
    rng = np.random.Generator(np.random.Philox(1))
    said = ESPEAK.speak(text, Voice(name, "en", "", "", ""), Prosody(), rng)
    found: Samples = soxr.resample(said.samples, said.rate_hz, RATE_HZ, quality="HQ")
    return found


def measure(name: str) -> dict[str, Any]:
    """Word error rate and embeddings of a voice."""
    judged = judge(lambda text: speak(name, text))
    voice = [[round(float(x), 4) for x in half] for half in judged.voice]
    return {"wer": round(judged.wer, 4), "seconds": round(judged.seconds, 2), "voice": voice}


def summary(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Per variant: error rates, and the nearest other variant (en-US)."""
    names = [name for name in variants() if f"{ACCENTS[0]}+{name}" in figures]
    halves = np.array([figures[f"{ACCENTS[0]}+{name}"]["voice"] for name in names])
    own = np.einsum("nd,nd->n", halves[:, 0], halves[:, 1])
    across = np.einsum("iad,jbd->ij", halves, halves) / 4
    np.fill_diagonal(across, -1)
    near = {}
    for place, name in enumerate(names):
        other = int(across[place].argmax())
        near[name] = {
            "wer": {a: figures[f"{a}+{name}"]["wer"] for a in ACCENTS if f"{a}+{name}" in figures},
            "same_voice": round(float(own[place]), 4),
            "nearest": names[other],
            "cosine": round(float(across[place, other]), 4),
        }
    return {
        "variants": near,
        "accents": {
            accent: {p: figures[f"{accent}+{p}"]["wer"] for p in PROBES}
            for accent in english()
            if all(f"{accent}+{p}" in figures for p in PROBES)
        },
        "same_voice_floor": round(float(np.quantile(own, 0.05)), 4),
        "alike": _alike(names, across, float(np.quantile(own, 0.05))),
    }


def _alike(names: Sequence[str], across: np.ndarray[Any, Any], floor: float) -> list[list[str]]:
    """Groups of variants joined by cosines that a voice has with itself, two or more each."""
    group = list(range(len(names)))
    for i, j in zip(*np.nonzero(across >= floor), strict=True):
        old, new = group[int(i)], group[int(j)]
        group = [new if g == old else g for g in group]
    found = [[n for n, g in zip(names, group, strict=True) if g == key] for key in set(group)]
    return sorted(some for some in found if len(some) > 1)


def allowed(result: Mapping[str, Any], most_wer: float = MOST_WER) -> tuple[str, ...]:
    """The variants with a mean word error rate of at most `most_wer`, sorted."""
    rates = {name: np.mean(list(v["wer"].values())) for name, v in result["variants"].items()}
    return tuple(sorted(name for name, rate in rates.items() if rate <= most_wer))


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    found = result["variants"]
    rates = {name: float(np.mean(list(v["wer"].values()))) for name, v in found.items()}
    yield "| word error rate up to | variants |"
    yield "|---|---|"
    for limit in (0.05, 0.1, 0.15, 0.25, 0.5, 1.0):
        yield f"| {limit:.0%} | {sum(rate <= limit for rate in rates.values())} |"
    yield ""
    floor = result["same_voice_floor"]
    yield (
        f"A variant is as like itself, with other words, as a cosine of {floor:.2f} or more (95 % "
        f"of them); {len(result['alike'])} groups of variants are that like each other."
    )
    yield ""
    yield "| accent | " + " | ".join(PROBES) + " |"
    yield "|---|" + "---|" * len(PROBES)
    for accent, by_variant in result["accents"].items():
        yield f"| {accent} | " + " | ".join(f"{by_variant[p]:.0%}" for p in PROBES) + " |"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    options = command_line("eval.speech.espeak_screen", __doc__).parse_args(arguments)
    names = [f"{accent}+{variant}" for accent in ACCENTS for variant in variants()]
    names += [name for a in english() for p in PROBES if (name := f"{a}+{p}") not in names]
    code = code_digest(("eval.speech.ear",))
    facts = package_versions(("espeakng-loader", *PACKAGES))

    def cell(name: str) -> Cell:
        return Cell(name, {"voice": name, **facts}, lambda: measure(name))

    work = Path(options.work) / "cells"
    outcome = run([cell(name) for name in names], work, code, options.cpu_hours)
    result = summary(outcome.figures)
    for line in table(result):
        print(line)
    result |= {"most_wer": MOST_WER, "allowed": list(allowed(result)), "speech_versions": facts}
    write("speech_espeak_screen", "eval.speech.espeak_screen", options.seed, outcome, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
