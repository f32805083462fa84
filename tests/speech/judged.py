"""The gate over clips that differ from a good one as given."""

import pyarrow as pa
import pytest

from corpusforge.core.digests import digest
from corpusforge.core.recipe import GateConfig, Recipe, SpeechConfig
from corpusforge.core.run import Cache, canonical_json
from corpusforge.core.schema import CLIPS, DROPPED_CLIPS, read_table, with_scores, write_table
from corpusforge.speech import gate
from corpusforge.speech.scores import measure as measuring
from corpusforge.speech.scores.gop import wordings_of
from corpusforge.speech.scores.limits import LIMITS
from corpusforge.speech.scores.models import asr_of
from corpusforge.speech.scores.work import KIND, score_key
from corpusforge.speech.stage import SCORES
from tests.speech.rows import context

GOOD = {
    "utterance_id": "row",
    "split": "train",
    "engine": "hibari",
    "voice": "heart",
    "lang": "en",
    "spoken": "turn the light on now",
    "duration_s": 2.0,
    "num_samples": 32000,
    "clipped_samples": 0,
    "score_active_share": 0.7,
    "score_level_dbfs": -20.0,
}


HEARD = {"speech_s": 1.4, "gap_s": 0.1}


def heard(cache, pcm_sha256, **found):
    """Put away what the VAD is to have heard."""
    record = {**HEARD, **found}
    noted = {"record": record, "digest": digest(KIND, canonical_json(record))}
    key = score_key(measuring.vad_scorer(), pcm_sha256)
    cache.put(KIND, key, ".json", canonical_json(noted).encode())


def judge(root, *clips, unmade=0, max_dropped=1.0, **gate_config):
    """Run the gate over clips that differ from a good one as given."""
    schema = with_scores(CLIPS, SCORES)
    rows = [
        {**GOOD, "clip_id": f"clip{n}", "pcm_sha256": f"pcm{n}", **clip}
        for n, clip in enumerate(clips)
    ]
    cache = Cache(root / "cache")
    for row in rows:
        heard(cache, row["pcm_sha256"], **{name: row.pop(name) for name in HEARD if name in row})
    (root / "speech").mkdir(parents=True)
    write_table(pa.Table.from_pylist(rows, schema), root / "speech" / "clips.parquet")
    who = {name: GOOD[name] for name in ("engine", "voice", "lang", "split")}
    lost = [{"clip_id": f"lost{n}", **who} for n in range(unmade)]
    dropped = pa.Table.from_pylist(lost, with_scores(DROPPED_CLIPS, SCORES))
    write_table(dropped, root / "speech" / "dropped.parquet")
    speech = SpeechConfig(max_dropped=max_dropped)
    none = {"*": dict.fromkeys(limit.name for limit in LIMITS)}
    limits = GateConfig(**{"asr_share": 0.0, "limits": none, **gate_config})
    config = Recipe(name="x", lang="en", license="MIT", speech=speech, audio_gate=limits)
    result = gate.run(context(root, "gate", config, {"speech": root / "speech"}, cache=cache))
    kept = read_table(root / "gate" / "clips.parquet")
    return result, kept, read_table(root / "gate" / "dropped.parquet")


def listened_to(root, *clips, limits):
    """Notes of the gate when all English clips were heard as they should be."""
    root.mkdir()
    heard = [
        {"text": clip.get("spoken", GOOD["spoken"]), "gop": 0.0, "slot_gop": None} for clip in clips
    ]
    return listened(root, *clips, heard=heard, limits=limits)[0].notes


def listened(root, *clips, heard, limits=None):
    """What the gate makes of clips in which a recogniser heard what is given."""
    shares = {"asr_share": 1.0, "limits": limits}
    asr = asr_of(Recipe(name="x", lang="en", license="MIT", audio_gate=GateConfig(**shares)))
    if isinstance(asr, str):
        pytest.skip(asr)
    scorer = measuring._asr_scorer(asr, "en")
    for number, (clip, record) in enumerate(zip(clips, heard, strict=True)):
        noted = {"record": record, "digest": digest(KIND, canonical_json(record))}
        row = {"text": None, "slots": None, "spoken_slots": None, **GOOD, **clip}
        key = score_key(scorer, f"pcm{number}", wordings_of(row))
        Cache(root / "cache").put(KIND, key, ".json", canonical_json(noted).encode())
    return judge(root, *clips, **shares)
