"""The scores of all clips as columns, and which of them were computed on which clips."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.recipe import Recipe
from corpusforge.core.run import StageContext, canonical_json, package_versions
from corpusforge.core.seeding import uniforms
from corpusforge.speech.scores import gop, mos, phones, vad, whisper
from corpusforge.speech.scores.compare import compare
from corpusforge.speech.scores.gop import wordings_of
from corpusforge.speech.scores.lengths import phones_of
from corpusforge.speech.scores.models import MODEL_PACKAGE, Asr, asr_of, missing
from corpusforge.speech.scores.texts import letters, primary
from corpusforge.speech.scores.work import Request, Scorer, clip_scores

__all__ = ["PACKAGES", "SCORES", "Measured", "measure", "scorers", "vad_scorer"]

SCORES = (
    *("vad_share", "gap_s", "s_per_phone", "s_per_letter"),
    *("gop", "slot_gop", "wer", "cer", "slot_error_rate", "mos"),
)
"""Columns `score_<name>` that are measured here."""

_OF_TRANSCRIPTS = ("wer", "cer", "slot_error_rate")
_OF_FITS = ("gop", "slot_gop")

PACKAGES = (
    *(*vad.PACKAGES, *phones.PACKAGES, *whisper.PACKAGES, *mos.PACKAGES),
    *(MODEL_PACKAGE, "soundfile"),
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Scores of n clips.

    Attributes:
        scores: Name (see `SCORES`) -> values, NaN where there is none; shape [n].
        transcripts: What was heard, None where nobody listened; [n].
        facts: How many clips were listened to and rated, and their mean error rates.
        notes: What was asked for and not done, and why.
    """

    scores: Mapping[str, Floats]
    transcripts: list[str | None]
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


def scorers(recipe: Recipe) -> dict[str, Any]:
    """What shapes the scores beside the clips; for the key of the stage."""
    found = {
        "vad": vad.VERSION,
        "whisper": whisper.VERSION,
        "mos": mos.VERSION,
        "gop": gop.VERSION,
        "phones": [phones.VERSION, dict(package_versions(phones.PACKAGES))],
    }
    asr = asr_of(recipe) if recipe.audio_gate.asr_share > 0 else ""
    heard_by = asr if isinstance(asr, str) else [asr.identity, asr.full, asr.aligns]
    return {**found, "asr": heard_by}


def _sampled(recipe: Recipe, table: pa.Table, kind: str, share: float) -> npt.NDArray[np.bool_]:
    """The clips that are listened to or rated: a keyed hash of the clip's id."""
    drawn = uniforms(recipe.seed, f"audio_gate.{kind}", table["clip_id"].to_pylist())
    return drawn < share


def measure(ctx: StageContext, table: pa.Table) -> Measured:
    """Score the clips; what is in the cache is taken from there.

    Args:
        ctx: Of the stage.
        table: Clips with `score_active_share`.
    """
    config, count = ctx.recipe.audio_gate, table.num_rows
    notes: list[str] = []
    requests = [Request(vad_scorer(), range(count))]
    heard: list[Request] = []
    chosen = _sampled(ctx.recipe, table, "asr", config.asr_share)
    for lang, asr in _listeners(ctx.recipe, table, notes).items():
        own = chosen & np.array([tag == lang for tag in table["lang"].to_pylist()], bool)
        heard.append(_to_hear(table, np.flatnonzero(own).tolist(), asr, lang))
    requests += heard
    rated = np.empty(0, np.int64)
    if config.mos_share > 0 and count:
        if lacking := missing("mos"):
            notes.append(f"audio_gate: no clip was rated for quality: {lacking}")
        else:
            rated = np.flatnonzero(_sampled(ctx.recipe, table, "mos", config.mos_share))
            requests.append(Request(_mos_scorer(), rated.tolist()))
    records = clip_scores(ctx, table, requests)
    scores = {name: np.full(count, np.nan) for name in SCORES}
    counts, unread = phones_of(ctx, table)
    notes += unread
    _speech_heard(table, records[0], counts, scores)
    transcripts: list[str | None] = [None] * count
    for request, found in zip(heard, records[1 : 1 + len(heard)], strict=True):
        for row, record in zip(request.rows, found, strict=True):
            transcripts[row] = record["text"]
            for name in _OF_FITS:
                scores[name][row] = np.nan if record[name] is None else record[name]
    _compare(table, transcripts, scores)
    if rated.size:
        scores["mos"][rated] = [record["mos"] for record in records[-1]]
    return Measured(scores, transcripts, _facts(scores, transcripts, count), tuple(notes))


def vad_scorer() -> Scorer:
    """Silero, as it is installed here."""
    return Scorer("vad", canonical_json([vad.VERSION, package_versions(vad.PACKAGES)]))


def _mos_scorer() -> Scorer:
    return Scorer("mos", canonical_json([mos.VERSION, package_versions(mos.PACKAGES)]))


def _asr_scorer(asr: Asr, lang: str) -> Scorer:
    made_by = [
        *(whisper.VERSION, gop.VERSION, package_versions(whisper.PACKAGES)),
        *(asr.identity, asr.full, asr.aligns),
    ]
    return Scorer("asr", canonical_json(made_by), str(asr.folder), lang, asr.full)


def _to_hear(table: pa.Table, rows: list[int], asr: Asr, lang: str) -> Request:
    """The clips of a language that are listened to, with what should be heard in them."""
    columns = ["spoken", "text", "slots", "spoken_slots"]
    clips = table.select(columns).take(pa.array(rows, pa.int64())).to_pylist()
    said = [wordings_of(clip) for clip in clips] if asr.aligns else ()
    return Request(_asr_scorer(asr, lang), rows, said)


def _listeners(recipe: Recipe, table: pa.Table, notes: list[str]) -> dict[str, Asr]:
    """Language -> the model that listens to its clips; says why where there is none."""
    if recipe.audio_gate.asr_share <= 0 or not table.num_rows:
        return {}
    asr = asr_of(recipe)
    if isinstance(asr, str):
        notes.append(f"audio_gate: no clip was held against what is heard in it: {asr}")
        return {}
    if not asr.aligns:
        notes.append(
            "audio_gate: no goodness of pronunciation: config.json of asr_model states no "
            "alignment_heads (convert it anew with ct2-transformers-converter)"
        )
    found: dict[str, Asr] = {}
    for lang in sorted(set(table["lang"].to_pylist())):
        if asr.lang in ("", primary(lang)):
            found[lang] = asr
        else:
            notes.append(
                f"audio_gate: no clip in {lang} was held against what is heard in it: the model "
                "at hand knows English only; name one in audio_gate.asr_model"
            )
    return found


def _speech_heard(
    table: pa.Table, records: list[Any], counts: Sequence[int], scores: Mapping[str, Floats]
) -> None:
    """Speech by the ear of the VAD against where it should be, and how fast it is."""
    active_s = table["score_active_share"].to_numpy().astype(np.float64) * (
        table["duration_s"].to_numpy().astype(np.float64)
    )
    speech_s = np.array([record["speech_s"] for record in records], float)
    scores["gap_s"][:] = [record["gap_s"] for record in records]
    pace = np.array([_pace(text) for text in table["prosody"].to_pylist()], float)
    length = [letters(text) for text in table["spoken"].to_pylist()]
    with np.errstate(divide="ignore", invalid="ignore"):
        scores["vad_share"][:] = np.where(active_s > 0, speech_s / active_s, np.nan)
        for name, found in (("s_per_phone", counts), ("s_per_letter", length)):
            lengths = np.array(found, float)
            scores[name][:] = np.where(lengths > 0, active_s * pace / lengths, np.nan)


def _pace(prosody: str | None) -> float:
    """The tempo that was asked for, 1 where none was."""
    return float(json.loads(prosody).get("speed", 1.0)) if prosody else 1.0


def _compare(table: pa.Table, transcripts: list[str | None], scores: Mapping[str, Floats]) -> None:
    rows = [row for row, text in enumerate(transcripts) if text is not None]
    columns = ["spoken", "lang", "slots", "spoken_slots"]
    clips = table.select(columns).take(pa.array(rows, pa.int64())).to_pylist()
    for row, clip in zip(rows, clips, strict=True):
        found = compare(clip, transcripts[row] or "")
        for name in _OF_TRANSCRIPTS:
            value = getattr(found, name)
            scores[name][row] = np.nan if value is None else value


def _facts(
    scores: Mapping[str, Floats], transcripts: list[str | None], count: int
) -> dict[str, Any]:
    def mean(name: str) -> float | None:
        known = scores[name][~np.isnan(scores[name])]
        return round(float(known.mean()), 4) if known.size else None

    return {
        "clips": count,
        "listened_to": sum(text is not None for text in transcripts),
        "rated": int(np.count_nonzero(~np.isnan(scores["mos"]))),
        "means": {name: mean(name) for name in SCORES},
    }
