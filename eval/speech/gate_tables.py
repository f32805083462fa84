"""Tables of the audio gate for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpusforge.speech.scores.limits import LIMITS
from corpusforge.speech.scores.texts import KINDS
from eval.table_head import head

__all__ = ["calibration", "cost"]


_OWN = "dropped"
_OTHERS = "dropped_by_limits_of_others"
_GOOD = ("held out", "sentences of people", "in lower case")


def calibration(result: dict[str, Any]) -> Iterator[str]:
    """Tables for RESULTS.md."""
    yield "## The audio gate: limits per engine"
    yield ""
    yield from head(result)
    yield (
        "Good clips with the recipe's defaults; half of them set the limits (gop: goodness of "
        "pronunciation, nats per token; `*`: engines and languages that were not calibrated)."
    )
    yield ""
    names = [limit.name for limit in LIMITS if not limit.name.endswith("_letter")]
    yield f"| engine, texts | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(names)
    for key, kinds in result["limits"].items():
        for kind, limits in kinds.items():
            cells = [str(limits.get(name, "")) for name in names]
            yield f"| {key} {kind} | {' | '.join(cells)} |"
    yield ""
    yield (
        "Dropped %, by speech heard, holes, pace, clipping / by these and what a recogniser hears "
        "(all clips listened to) / of the rated ones by the rating alone. Sentences of people are "
        "CLINC150's. Noisy: at 0 to 10 dB."
    )
    yield ""
    yield from _dropped(result, _GOOD, _OWN, KINDS)
    faults = [name for name in result["calibrations"][0][_OWN] if name not in _GOOD]
    yield "Clips broken on purpose, by the engine's own limits:"
    yield ""
    yield from _dropped(result, faults, _OWN, ("plain", "word", "short", "plain, noisy"))
    yield "The same by the limits of the other engines: what an engine that is not here gets."
    yield ""
    yield from _dropped(result, ("held out", *faults), _OTHERS, ("plain",))
    yield "Languages that set no limit, spoken by espeak, good clips: dropped % by the limits `*`."
    yield ""
    yield "| language, texts | dropped | s per phone: 1 %, median, 99 % | s per letter |"
    yield "|---|---|---|---|"
    for lang, one in result["other_languages"].items():
        for kind, part in one["dropped"].items():
            known = one["quantiles"][kind]
            phone, letter = (
                ", ".join(f"{known[name][at]:.3f}" for at in (1, 3, 5))
                for name in ("s_per_phone", "s_per_letter")
            )
            yield f"| {lang} {kind} | {_cell(part)} | {phone} | {letter} |"
    yield ""


def _dropped(
    result: dict[str, Any], arms: Sequence[str], by: str, kinds: Sequence[str]
) -> Iterator[str]:
    """One row per engine, language and kind of text, one column per arm."""
    yield f"| engine, texts | {' | '.join(arms)} |"
    yield "|---|" + "---|" * len(arms)
    for one in result["calibrations"]:
        for kind in kinds:
            parts = [one[by].get(arm, {}).get(kind) for arm in arms]
            cells = ["" if part is None else _cell(part) for part in parts]
            if any(cells):
                yield f"| {one['engine']} {one['lang']} {kind} | {' | '.join(cells)} |"
    yield ""


def _cell(part: Mapping[str, Any]) -> str:
    cells = [f"{100 * part['cheap']:.1f}", f"{100 * part['with_asr']:.1f}"]
    cells.append("" if part["mos_alone"] is None else f"{100 * part['mos_alone']:.0f}")
    return " / ".join(cell for cell in cells if cell) + f" of {part['clips']}"


def cost(result: dict[str, Any]) -> Iterator[str]:
    """Tables for RESULTS.md."""
    yield "## Cost of the audio gate"
    yield ""
    yield from head(result)
    yield (
        f"{result['clips']} clips, {result['audio_s']} s of audio; one thread, load "
        f"{result['load_at_end']:.0f} at the end. Goal: 50 s of audio per CPU second."
    )
    yield ""
    yield "| what | s of audio per CPU s |"
    yield "|---|---|"
    for name, one in result["figures"].items():
        yield f"| {name} | {one['x_real_time']} |"
    for name, one in result["windows"].items():
        if isinstance(one, dict):
            yield (
                f"| ASR, {name} ({result['windows']['clips']} clips, "
                f"WER {100 * one['wer']:.1f} %) | {one['x_real_time']} |"
            )
    yield ""
    yield "| with ASR on all: own time of | share % |"
    yield "|---|---|"
    for part in result["profile_with_asr_on_all"]:
        yield f"| `{part['what']}` | {100 * part['share']:.1f} |"
    yield ""
