"""Limits of the audio gate per engine, what they drop of good clips and catch of broken ones.

    python -m eval.speech.gate_calibration

Texts of the shipped packs (eval/speech/gate_texts.py: plain ones, short ones, single words, ones
with a pause) are spoken by one engine after another, with the recipe's defaults (rooms, noise,
pitch), and half as many in noise at 0 to 10 dB. Half of the good clips, by keyed hash, set the
limits; judged by them are the other half, sentences that people wrote, rows without capitals, and
planted broken clips (eval/speech/planted_clips.py).

Speech heard, holes, seconds per phone, ratings: the worst good clip and some room. Goodness of
pronunciation: the 1 % quantile of good clips and some room. No limit is set by fewer than 30
clips, and none on words, characters and slots heard wrong (see `_NOT_SET`). In other languages
than English there is no recogniser at hand. Rules were chosen on seeds 1 and 2; the result is of
seed 3.

Engines that are not here get the widest limits of those that are. What that is worth is measured
by leaving each engine out: its good clips and broken ones, judged by the limits of the others. The
same for languages: Home Assistant's test sentences in languages that set no limit, by espeak.

corpusforge/speech/scores/calibrated.json is written from the result's "limits".
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.recipe import GateConfig, Recipe
from corpusforge.core.run import Cache, package_versions
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.seeding import uniforms
from corpusforge.speech.gate import clipped_shares
from corpusforge.speech.scores import limits as shipped
from corpusforge.speech.scores.limits import LIMITS
from corpusforge.speech.scores.measure import PACKAGES, SCORES, measure
from corpusforge.speech.scores.texts import KINDS, TEXTS, kind_of
from corpusforge.speech.spoken_spans import spoken_form
from eval.speech.gate_texts import in_lower_case, other_rows, rows_of_kind, test_rows
from eval.speech.planted_clips import FAULTS, context_of, recipe_of, speak_rows, swapped

RESULTS = Path(__file__).parents[1] / "results"
SHIPPED = Path(shipped.__file__).with_name("calibrated.json")
ENGINE_PACKAGES = ("corpusforge", "hibari-tts", "espeakng-loader", "piper-tts", "numpy")

LISTENING = ("min_gop", "min_slot_gop")
_NOISE: Mapping[str, Any] = {"snr_db": (0.0, 10.0), "noise_probability": 1.0}
_IN_NOISE = ("wrong text", "wrong slot", "truncated", "noise only")
_OF_FAULTS = ("plain", "short", "word")
_WORST = 0.01  # quantile of good clips
_NOISY = ", noisy"
# Room beyond the worst good clip, or the quantile, as a factor.
_ROOM = {
    "min_vad_share": 0.6,
    "max_gap_s": 2.0,
    "min_s_per_phone": 0.8,
    "max_s_per_phone": 1.25,
    "min_gop": 1.4,
    "min_slot_gop": 1.4,
    "min_mos": 0.9,
}
# The tail of a room is as long as a word of two phones, at any tempo, and a word is over before the
# detector of speech has made up its mind: it must hear something, and how much says little.
_OF_WORDS = {**_ROOM, "max_s_per_phone": 1.8, "min_vad_share": 0.1}
# Longer sentences have longer pauses; and something must be heard.
_LEAST = {"max_gap_s": 0.8, "min_vad_share": 0.01}
_FEWEST = 30  # good clips that a limit is set by
_NATS = 0.5
# Outside of English only espeak was at hand, and its reader counts the phones.
_FOR_OTHERS = {"min_s_per_phone": 0.8, "max_s_per_phone": 1.25}
# Pace is told by phones. Of the errors of transcripts the worst 1 % of good clips have nearly all,
# and where they have not (hibari 0.8 of the characters, Piper 0.86 of the words), such a limit
# dropped 1 to 6 % of other good clips and found nothing that goodness of pronunciation had not.
_NOT_SET = (
    *("min_s_per_letter", "max_s_per_letter"),
    *("max_cer", "max_wer", "max_slot_error_rate"),
)
_FAULTS_RATED = 0.1

Scores = Mapping[str, npt.NDArray[np.float64]]
Limits = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Clips:
    """Scores of clips, shape [clips] each, and of which kind their texts are."""

    scores: Scores
    kinds: npt.NDArray[np.str_]

    def taken(self, rows: npt.NDArray[np.bool_]) -> Clips:
        """Some of them."""
        return Clips({name: v[rows] for name, v in self.scores.items()}, self.kinds[rows])

    def of_kind(self, kind: str) -> Clips:
        """Those of one kind."""
        return self.taken(self.kinds == kind)

    def and_those(self, others: Clips) -> Clips:
        """Both."""
        joined = {k: np.concatenate([v, others.scores[k]]) for k, v in self.scores.items()}
        return Clips(joined, np.concatenate([self.kinds, others.kinds]))


def clips_of(
    rows: pa.Table, recipe: Recipe, fault: str = "", slots: Mapping[str, str] | None = None
) -> Clips:
    """Speak and measure; with `clipped_share`, which its own limit judges."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        table = speak_rows(root, rows, recipe, fault, slots)
        ctx = context_of(root / "gate", recipe, {"speech": root / "speech"}, Cache(root / "cache"))
        found = dict(measure(ctx, table).scores)
    found["clipped_share"] = clipped_shares(table)
    kinds = map(kind_of, table["spoken"].to_pylist(), table["snr_db"].to_pylist())
    return Clips(found, np.array(list(kinds), str))


def limits_from(good: Scores, kind: str) -> dict[str, float]:
    """Limits of one kind of clip by the rules above, for the scores of enough clips."""
    found: dict[str, float] = {}
    for limit in LIMITS:
        values = good[limit.score][~np.isnan(good[limit.score])]
        if values.size < _FEWEST or limit.name in _NOT_SET:
            continue
        if limit.name in LISTENING:
            worst = float(np.quantile(values, _WORST, method="lower"))
            # In nats: where all fit well, a share of that is no room.
            value = min(_ROOM[limit.name] * worst, worst - _NATS, -2 * _NATS)
        else:
            worst = float(values.max() if limit.is_maximum else values.min())
            room = _OF_WORDS if kind.startswith("word") else _ROOM
            value = max(worst * room[limit.name], _LEAST.get(limit.name, 0.0))
            if limit.name == "min_vad_share" and kind.endswith(_NOISY):
                value = worst * room[limit.name]  # noise may cover all of a good clip
        found[limit.name] = round(value, 3)
    return found


def widest(of: Sequence[Limits]) -> dict[str, dict[str, float]]:
    """Of every limit the one that lets most through, kind by kind; only what all of them have."""
    found: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        known = [one[kind] for one in of if kind in one]
        found[kind] = {
            limit.name: (max if limit.is_maximum else min)(one[limit.name] for one in known)
            for limit in LIMITS
            if known and all(limit.name in one for one in known)
        }
    return found


def loosened(limits: Limits) -> dict[str, dict[str, float]]:
    """No limit of clips that vary more is tighter than that of those that vary less.

    Chance would have it otherwise where few clips set a limit: a text with a pause is no more
    regular than a plain one, and noise makes none so.
    """
    found: dict[str, dict[str, float]] = {}
    for kind in KINDS:  # quiet ones first
        looser = [limits[kind]]
        if kind.endswith(_NOISY):
            looser.append(found[kind.removesuffix(_NOISY)])
        if kind.startswith("paused"):
            looser.append(found[kind.replace("paused", "plain")])
        names = [limit for limit in LIMITS if limit.name in limits[kind]]
        found[kind] = {
            limit.name: (max if limit.is_maximum else min)(
                one[limit.name] for one in looser if limit.name in one
            )
            for limit in names
        }
    return found


def broken(clips: Clips, limits: Limits) -> dict[str, npt.NDArray[np.bool_]]:
    """Limit -> clips that break it; what was not measured keeps every limit."""
    scores = clips.scores
    found = {"max_clipped_share": scores["clipped_share"] > GateConfig().max_clipped_share}
    for limit in LIMITS:
        held = np.array([limits.get(k, {}).get(limit.name, np.nan) for k in clips.kinds], float)
        values = scores[limit.score]
        bad = values > held if limit.is_maximum else values < held
        if not np.isnan(held).all():
            found[limit.name] = bad  # NaN is neither
    return found


def shares(clips: Clips, limits: Limits) -> dict[str, Any]:
    """Share of the clips that is dropped: by the cheap limits, by listening too, by ratings."""
    hit = broken(clips, limits)
    count = len(clips.kinds)
    cheap = [hit[n] for n in hit if n not in (*LISTENING, "min_mos")]
    heard = [hit[n] for n in hit if n != "min_mos"]

    def share(parts: Sequence[npt.NDArray[np.bool_]]) -> float:
        return round(float(np.mean(np.any(parts, axis=0))), 4) if parts and count else 0.0

    rated = ~np.isnan(clips.scores["mos"])
    low = hit.get("min_mos", np.zeros(count, bool))
    return {
        "clips": count,
        "cheap": share(cheap),
        "with_asr": share(heard),
        "rated": int(rated.sum()),
        "mos_alone": round(float(np.mean(low[rated])), 4) if rated.any() else None,
        "by_limit": {name: int(found.sum()) for name, found in hit.items() if found.any()},
    }


def _quantiles(clips: Clips) -> dict[str, list[float]]:
    found = {}
    for name in SCORES:
        values = clips.scores[name][~np.isnan(clips.scores[name])]
        if values.size:
            points = np.quantile(values, [0, 0.01, 0.05, 0.5, 0.95, 0.99, 1])
            found[name] = [round(float(q), 3) for q in points]
    return found


def _kinds(clips: Clips, found: Callable[[Clips], Any]) -> dict[str, Any]:
    return {kind: found(clips.of_kind(kind)) for kind in KINDS if (clips.kinds == kind).any()}


@dataclass(frozen=True)
class Measured:
    """Clips of one engine in one language.

    Attributes:
        engine: Who speaks.
        lang: What.
        sets: Half of the good clips, by which limits are set.
        arms: Name -> clips that are judged; "held out" are the other half.
    """

    engine: str
    lang: str
    sets: Clips
    arms: Mapping[str, Clips]


def measured(engine: str, lang: str, options: argparse.Namespace) -> Measured:
    """Speak and measure good clips and broken ones."""
    english = lang == "en"
    gate = GateConfig(asr_share=float(english), mos_share=options.mos if english else 0.0)
    counts = {kind: options.good // (1 if kind == "plain" else 2) for kind in TEXTS}
    rows = {k: rows_of_kind(lang, k, n, options.seed) for k, n in counts.items() if k != "plain"}
    more = rows_of_kind(lang, "plain", options.good + 2 * options.bad, options.seed)
    rows["plain"] = more.slice(0, options.good)
    every = pa.concat_tables(rows.values())
    few = pa.concat_tables([part.slice(0, part.num_rows // 2) for part in rows.values()])
    recipe = recipe_of(lang, engine, every.num_rows, options.seed, gate)
    noisy = replace(recipe.speech, clips=few.num_rows, **_NOISE)
    good = clips_of(every, recipe).and_those(clips_of(few, replace(recipe, speech=noisy)))
    drawn = uniforms(options.seed, "gate_calibration", [str(n) for n in range(len(good.kinds))])
    half = drawn < np.median(drawn)
    arms = {"held out": good.taken(~half)}
    others = other_rows(2 * options.bad, options.seed) if english else None
    if others is not None:
        unrated = replace(gate, mos_share=0.0)
        recipe = recipe_of(lang, engine, others.num_rows, options.seed + 2, unrated)
        arms["sentences of people"] = clips_of(others, recipe)
    lower = in_lower_case(more.slice(options.good))
    recipe = recipe_of(lang, engine, lower.num_rows, options.seed + 3, replace(gate, mos_share=0.0))
    arms["in lower case"] = clips_of(lower, recipe)
    rated = replace(gate, mos_share=min(gate.mos_share, _FAULTS_RATED))
    slots = swapped(rows["plain"], rows["plain"])
    said = [spoken_form(row)[0] for row in table_to_utterances(rows["plain"])]
    swappable = rows["plain"].filter(pa.array([text in slots for text in said]))
    for fault in FAULTS:
        parts = [rows[kind] for kind in _OF_FAULTS] if fault != "wrong slot" else [swappable]
        chosen = pa.concat_tables([part.slice(0, options.bad) for part in parts])
        recipe = recipe_of(lang, engine, chosen.num_rows, options.seed + 1, rated)
        arms[fault] = clips_of(chosen, recipe, fault, slots)
        if fault in _IN_NOISE:
            few = parts[0].slice(0, options.bad)
            noisy = replace(recipe.speech, clips=few.num_rows, **_NOISE)
            arms[fault] = arms[fault].and_those(
                clips_of(few, replace(recipe, speech=noisy), fault, slots)
            )
    print(engine, lang, {name: len(clips.kinds) for name, clips in arms.items()}, flush=True)
    return Measured(engine, lang, good.taken(half), arms)


def judged(one: Measured, limits: Limits, others: Limits) -> dict[str, Any]:
    """What the limits of an engine, and those of the others alone, do to its clips."""
    return {
        "engine": one.engine,
        "lang": one.lang,
        "limits": limits,
        "set_by": _kinds(one.sets, lambda clips: len(clips.kinds)),
        "dropped": {
            name: _kinds(clips, lambda part: shares(part, limits))
            for name, clips in one.arms.items()
        },
        "dropped_by_limits_of_others": {
            name: _kinds(clips, lambda part: shares(part, others))
            for name, clips in one.arms.items()
        },
        "quantiles_of_good": _kinds(one.arms["held out"], _quantiles),
    }


def _all_of(pairs: Sequence[tuple[str, str]], options: argparse.Namespace) -> list[Measured]:
    """One process for each; they share nothing."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        return list(pool.map(measured, *zip(*pairs, strict=True), [options] * len(pairs)))


def _table(own: Mapping[tuple[str, str], Limits]) -> dict[str, Limits]:
    """The limits of all, as they are shipped."""
    table: dict[str, Limits] = {f"{engine}/{lang}": found for (engine, lang), found in own.items()}
    for lang in sorted({lang for _, lang in own}):
        known = [found for (_, tag), found in own.items() if tag == lang]
        if len(known) > 1:  # one engine says nothing about the others
            table[f"*/{lang}"] = widest(known)
    table["*"] = {
        kind: {name: round(value * _FOR_OTHERS.get(name, 1.0), 3) for name, value in limits.items()}
        for kind, limits in widest(list(own.values())).items()
    }
    return table


def foreign(folder: str, options: argparse.Namespace) -> tuple[str, Clips] | None:
    """Good clips in a language that set no limit; None where its sentences are not at hand."""
    lang = folder.split("-")[0]
    rows = test_rows(folder, lang, 2 * options.bad, options.seed)
    if rows is None:
        return None
    gate = GateConfig(asr_share=0.0)
    return lang, clips_of(rows, recipe_of(lang, "espeak", rows.num_rows, options.seed + 2, gate))


def _of_others(own: Mapping[tuple[str, str], Limits], engine: str, lang: str) -> Limits:
    """The limits that an engine would have if it had not been calibrated."""
    table = _table({pair: found for pair, found in own.items() if pair[0] != engine})
    language = table.get(f"*/{lang}", {})
    return {kind: {**table["*"][kind], **language.get(kind, {})} for kind in KINDS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result and the table that is shipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", default="hibari,espeak,flite,piper")
    parser.add_argument("--langs", default="de,es,fr", help="further languages of espeak")
    parser.add_argument("--other-langs", default="it,nl,ru,zh-cn", help="that set no limit")
    parser.add_argument("--good", type=int, default=400, help="good plain clips per engine")
    parser.add_argument("--bad", type=int, default=40, help="clips per fault")
    parser.add_argument("--mos", type=float, default=0.2, help="share of good ones that is rated")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "gate_calibration.json")
    parser.add_argument("--shipped", type=Path, default=SHIPPED)
    options = parser.parse_args(arguments)
    pairs = [(engine, "en") for engine in options.engines.split(",")]
    pairs += [("espeak", lang) for lang in options.langs.split(",") if lang]
    found = _all_of(pairs, options)
    own = {
        (one.engine, one.lang): loosened(
            {kind: limits_from(one.sets.of_kind(kind).scores, kind) for kind in KINDS}
        )
        for one in found
    }
    strangers = [foreign(folder, options) for folder in options.other_langs.split(",") if folder]
    table = _table(own)
    result = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": f"python -m eval.speech.gate_calibration --engines {options.engines} "
        f"--langs {options.langs} --good {options.good} --bad {options.bad} --mos {options.mos} "
        f"--seed {options.seed}",
        "seed": options.seed,
        "versions": {
            "python": platform.python_version(),
            **package_versions((*ENGINE_PACKAGES, *PACKAGES)),
        },
        "machine": platform.machine(),
        "limits": table,
        "other_languages": {
            lang: {
                "dropped": _kinds(clips, lambda part: shares(part, table["*"])),
                "quantiles": _kinds(clips, _quantiles),
            }
            for lang, clips in filter(None, strangers)
        },
        "calibrations": [
            judged(one, own[one.engine, one.lang], _of_others(own, one.engine, one.lang))
            for one in found
        ],
    }
    for path, part in ((options.out, result), (options.shipped, result["limits"])):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(part, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
