import json
from dataclasses import replace

import pyarrow as pa
import pytest

from corpusforge.core.digests import digest
from corpusforge.core.errors import RunError
from corpusforge.core.ids import assign_ids
from corpusforge.core.recipe import GateConfig, Recipe, SpeechConfig
from corpusforge.core.run import Cache, canonical_json
from corpusforge.core.schema import (
    CLIPS,
    DROPPED_CLIPS,
    read_table,
    utterances_to_table,
    with_scores,
    write_table,
)
from corpusforge.speech import gate
from corpusforge.speech.recognise import bundled_model
from corpusforge.speech.scores import measure as measuring
from corpusforge.speech.scores.gop import wordings_of
from corpusforge.speech.scores.limits import LIMITS, calibrated, limit_of
from corpusforge.speech.scores.models import asr_of
from corpusforge.speech.scores.texts import KINDS
from corpusforge.speech.scores.work import KIND, score_key
from corpusforge.speech.stage import SCORES
from tests.speech.rows import context, corpus, recipe, speak, utterance

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


@pytest.mark.parametrize(
    ("clip", "name", "score", "threshold", "reason"),
    [
        ({"duration_s": 0.2}, "too_short", 0.2, 0.3, "lasts 0.20 s, at least 0.3 s"),
        ({"duration_s": 20.0}, "too_long", 20.0, 15.0, "at most 15 s"),
        ({"score_level_dbfs": -60.0}, "level", -60.0, -45.0, "-60.0 dBFS, at least -45"),
        ({"score_level_dbfs": None}, "level", None, -45.0, "nan"),
        ({"score_active_share": 0.1}, "inactive", 0.1, 0.2, "10.0% of the clip"),
        ({"clipped_samples": 320}, "clipped", 0.01, 0.001, "1.000% of the samples"),
        ({"speech_s": 0.07}, "no_speech", 0.05, 0.1, "5% of the time in which it is active"),
        ({"gap_s": 3.0}, "gap", 3.0, 2.0, "no speech for 3.00 s in its middle"),
        (
            {"spoken": "a" * 16, "duration_s": 12.8},
            "too_slow",
            0.56,
            0.5,
            "0.560 s per letter",
        ),
        ({"spoken": "a" * 100}, "too_fast", 0.014, 0.016, "0.014 s per letter"),
        ({"spoken": "on " * 40}, "too_fast", 1.4 / 80, 0.03, "0.018 s per phone, at least 0.03"),
    ],
)
def test_each_limit_drops_with_filter_reason_score_and_threshold(
    tmp_path, clip, name, score, threshold, reason
):
    own = {"max_gap_s": 2.0, "max_s_per_letter": 0.5, "min_s_per_letter": 0.016}
    per_phone = 0.03 if "on" in clip.get("spoken", "") else None
    own |= {"min_s_per_phone": per_phone, "max_s_per_phone": None}
    limits = {"*": {"min_vad_share": 0.1, **own}}
    result, kept, dropped = judge(tmp_path, {}, clip, limits=limits)
    assert result.dropped == {name: 1}
    assert (result.rows_in, result.rows_out) == (2, 1)
    assert kept["clip_id"].to_pylist() == ["clip0"]
    (row,) = dropped.to_pylist()
    assert (row["clip_id"], row["stage"], row["filter"]) == ("clip1", "audio_gate", name)
    assert reason in row["reason"]
    assert row["threshold"] == pytest.approx(threshold)
    if score is not None:
        assert row["score"] == pytest.approx(score)


def test_the_first_broken_limit_counts_and_limits_are_inclusive(tmp_path):
    result, kept, _ = judge(
        tmp_path,
        {"duration_s": 0.2, "clipped_samples": 32000},
        {"duration_s": 15.0, "clipped_samples": 32},
    )
    assert result.dropped == {"too_short": 1}
    assert kept.num_rows == 1


def test_scores_stay_for_another_cut(tmp_path):
    _, kept, dropped = judge(tmp_path, {"clipped_samples": 16}, {"duration_s": 0.1})
    assert kept["score_clipped_share"].to_pylist() == [pytest.approx(0.0005)]
    names = (*SCORES, "clipped_share", *measuring.SCORES)
    scores = [f"score_{name}" for name in names]
    assert kept.schema.names == [*CLIPS.names, *scores]
    assert set(dropped.schema.names) == {*DROPPED_CLIPS.names, *scores}


def test_an_empty_table_passes(tmp_path):
    result, kept, dropped = judge(tmp_path)
    assert (result.rows_in, kept.num_rows, dropped.num_rows) == (0, 0, 0)


def test_real_clips_pass(tmp_path):
    speak(tmp_path, corpus(10), recipe(clips=5))
    config = recipe(clips=5)
    assert config.audio_gate.asr_share == 0.1
    ctx = context(tmp_path, "gate", config, {"speech": tmp_path / "speech"})
    assert gate.run(ctx).rows_out == 5
    assert gate.config(config)["audio_gate"]["min_level_dbfs"] == -45


@pytest.mark.parametrize(
    ("lost", "count", "max_dropped", "fails"),
    [(1, 10, 0.02, False), (1, 9, 0.02, True), (2, 40, 0.02, True), (1, 24, 0.0, True)],
)
def test_one_clip_of_a_small_corpus_may_be_lost(tmp_path, lost, count, max_dropped, fails):
    clips = [{"duration_s": 0.1}] * lost + [{}] * (count - lost)
    if fails:
        with pytest.raises(RunError, match=rf"{lost} of {count} clips were lost"):
            judge(tmp_path, *clips, max_dropped=max_dropped)
    else:
        assert judge(tmp_path, *clips, max_dropped=max_dropped)[0].rows_out == count - lost


def test_losses_of_speech_and_gate_are_counted_together(tmp_path):
    clips = [{"duration_s": 0.1}, *[{}] * 17]
    # One of twenty here and two in the stage before: 15 %.
    (tmp_path / "good").mkdir()
    result, _, _ = judge(tmp_path / "good", *clips, unmade=2, max_dropped=0.15)
    assert result.rows_out == 17
    (tmp_path / "bad").mkdir()
    with pytest.raises(RunError, match=r"3 of 20 clips.*14\.0% of speech\.max_dropped") as error:
        judge(tmp_path / "bad", *clips, unmade=2, max_dropped=0.14)
    message = str(error.value)
    assert "1 x too_short: lasts 0.10 s" in message
    assert "2 x lost in the stage speech" in message
    assert "clip0 (row row)" in message
    (kept,) = (tmp_path / "bad" / "cache" / "failed").rglob("*.parquet")
    assert str(kept) in message
    assert read_table(kept)["clip_id"].to_pylist() == ["clip0"]
    assert not (tmp_path / "bad" / "gate" / "clips.parquet").exists()


def test_a_split_that_ends_without_clips_is_said(tmp_path):
    result, _, _ = judge(tmp_path, {}, {"split": "test", "duration_s": 0.1})
    assert result.notes == ("clips: none in validation (0 were planned), test (1 were planned)",)


def test_no_clips_planned_is_no_note(tmp_path):
    assert judge(tmp_path)[0].notes == ()


def test_the_limit_on_losses_is_part_of_the_key():
    assert gate.config(recipe(max_dropped=0.1)) != gate.config(recipe(max_dropped=0.2))


def test_an_engine_has_limits_of_its_own_and_null_is_none(tmp_path):
    clips = [{"gap_s": 1.0, "engine": engine} for engine in ("hibari", "espeak", "flite")]
    limits = {"*": {"max_gap_s": 0.5}, "espeak": {"max_gap_s": 2.0}, "flite": {"max_gap_s": None}}
    result, kept, dropped = judge(tmp_path, *clips, limits=limits)
    assert kept["engine"].to_pylist() == ["espeak", "flite"]
    assert dropped["threshold"].to_pylist() == [0.5]
    assert result.dropped == {"gap": 1}


def test_limits_for_an_engine_and_a_language_come_first():
    limits = {"*": {"max_wer": 0.1}, "espeak": {"max_wer": 0.2}, "espeak/de": {"max_wer": 0.3}}
    config = GateConfig(limits=limits)
    found = [limit_of(config, "espeak", lang, "max_wer") for lang in ("de-AT", "en")]
    assert [*found, limit_of(config, "flite", "de", "max_wer")] == [0.3, 0.2, 0.1]
    config = GateConfig(limits={**limits, "*/de": {"max_wer": 0.4, "max_cer": None}})
    assert limit_of(config, "flite", "de", "max_wer") == 0.4
    assert limit_of(config, "espeak", "de", "max_wer") == 0.3
    assert limit_of(config, "flite", "de", "max_cer") is None


def test_no_limit_of_clips_that_vary_more_is_tighter():
    for key, kinds in calibrated().items():
        for kind, limits in kinds.items():
            looser = [kind.removesuffix(", noisy"), kind.replace("paused", "plain")]
            for limit in LIMITS:
                for other in (kinds[name] for name in looser if name != kind):
                    if limit.name in limits and limit.name in other:
                        one, two = limits[limit.name], other[limit.name]
                        at_ease = one >= two if limit.is_maximum else one <= two
                        assert at_ease, (key, kind, limit.name)


def test_a_model_without_alignment_heads_hears_words_only(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    bundled = bundled_model()
    for name in ("model.bin", "tokenizer.json", "vocabulary.json", "vocabulary.txt"):
        if (bundled / name).exists():
            (folder / name).symlink_to(bundled / name)
    stated = json.loads((bundled / "config.json").read_text("utf-8"))
    assert stated.pop("alignment_heads")
    (folder / "config.json").write_text(json.dumps(stated), "utf-8")
    speak(tmp_path, corpus(3), recipe(clips=2))
    gating = GateConfig(asr_share=1.0, asr_model=str(folder))
    config = replace(recipe(clips=2), audio_gate=gating)
    ctx = context(tmp_path, "gate", config, {"speech": tmp_path / "speech"})
    result = gate.run(ctx)
    kept = read_table(tmp_path / "gate" / "clips.parquet")
    assert kept["score_gop"].to_pylist() == [None, None]
    assert all(kept["asr_text"].to_pylist())
    assert any("states no alignment_heads" in note for note in result.notes)
    before = gate.config(config)
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(bundled / "config.json")
    assert gate.config(config) != before  # converted anew: the stage runs again


def test_what_one_recogniser_hears_is_no_limit_for_another_one(tmp_path):
    ours, other = GateConfig(), GateConfig(asr_model="whisper-large")
    given = GateConfig(asr_model="whisper-large", limits={"*": {"min_gop": -5.0}})
    assert limit_of(ours, "hibari", "en", "min_gop") is not None
    for name in ("min_gop", "min_slot_gop", "max_cer", "max_wer"):
        assert limit_of(other, "hibari", "en", name) is None
    assert limit_of(given, "hibari", "en", "min_gop") == -5.0
    assert limit_of(other, "hibari", "en", "max_gap_s") == limit_of(
        ours, "hibari", "en", "max_gap_s"
    )


def test_engines_that_were_not_calibrated_have_the_widest_limits():
    table = calibrated()
    for kind in KINDS:
        for limit in LIMITS:
            known = [
                one[kind].get(limit.name)
                for key, one in table.items()
                if key.endswith("/en") and key != "*/en"
            ]
            found = limit_of(GateConfig(), "transformers", "en-GB", limit.name, kind)
            if None in known:
                assert found is None
            else:
                assert found == (max if limit.is_maximum else min)(known)
    for name in ("min_vad_share", "max_gap_s", "min_s_per_phone", "max_s_per_phone"):
        assert limit_of(GateConfig(), "command", "sw", name, "short") == table["*"]["short"][name]
    assert limit_of(GateConfig(), "command", "sw", "min_gop") is None


def test_thresholds_of_several_engines_stand_beside_their_clips(tmp_path):
    clips = [{"gap_s": 9.0, "engine": engine} for engine in ("hibari", "espeak")]
    limits = {"hibari": {"max_gap_s": 1.0}, "espeak": {"max_gap_s": 2.0}}
    _, _, dropped = judge(tmp_path, *clips, limits=limits)
    found = dict(zip(dropped["engine"].to_pylist(), dropped["threshold"].to_pylist(), strict=True))
    assert found == {"hibari": 1.0, "espeak": 2.0}


def test_a_clip_that_was_not_listened_to_passes(tmp_path):
    _, kept, _ = judge(tmp_path, {}, limits={"*": {"max_wer": 0.0, "min_mos": 5.0}})
    assert kept["score_wer"].to_pylist() == [None]
    assert kept["asr_text"].to_pylist() == [None]


def test_engines_of_which_the_recogniser_drops_nothing_are_named(tmp_path):
    clips = [{"engine": engine} for engine in ("hibari", "espeak", "flite", "piper", "command")]
    clips.append({"engine": "espeak", "lang": "de", "spoken": "mach jetzt das Licht an"})
    clips.append({"spoken": "six", "duration_s": 0.9})
    none = dict.fromkeys(limit.name for limit in LIMITS)
    notes = listened_to(tmp_path / "a", *clips, limits={"espeak": none, "flite": none})
    (note,) = [note for note in notes if "what the recogniser hears" in note]
    assert "drops no clip by espeak/en, flite/en: the recipe sets their limits to null, or" in note
    assert "audio_gate: {limits: {espeak/en: {min_gop: -10}}}" in note
    notes = listened_to(tmp_path / "b", *clips, limits=None)
    assert not any("recogniser hears" in note for note in notes)


def test_a_clip_that_says_something_else_is_dropped_whoever_speaks(tmp_path):
    clips = [{"engine": engine} for engine in ("hibari", "espeak", "flite", "piper", "command")]
    heard = [{"text": "what", "gop": -6.0, "slot_gop": None} for _ in clips]
    result, _, dropped = listened(tmp_path, *clips, heard=heard)
    assert result.dropped == {"misheard": len(clips)}
    assert "goodness of pronunciation -6.00 nats per token, at least -" in str(dropped["reason"])


def test_clips_with_more_noise_than_speech_keep_only_limits_of_the_recipe(tmp_path):
    clips = [{"gap_s": 9.0, "snr_db": ratio} for ratio in (None, 20.0, 3.0, -3.0)]
    (tmp_path / "a").mkdir()
    result, kept, _ = judge(tmp_path / "a", *clips, limits=None)
    assert kept["clip_id"].to_pylist() == ["clip3"]
    assert "audio_gate: clips with more noise than speech: 1; no good ones" in " ".join(
        result.notes
    )
    (tmp_path / "b").mkdir()
    limits = {"*": {"max_gap_s": 2.0}}
    assert judge(tmp_path / "b", *clips, limits=limits)[0].rows_out == 0


def test_a_slot_value_that_is_not_said_drops_the_clip(tmp_path):
    heard = [{"text": "turn the light off now", "gop": -1.0, "slot_gop": -25.0}]
    result, *_ = listened(tmp_path, {"engine": "flite"}, heard=heard)
    assert result.dropped == {"slot_not_heard": 1}


def test_no_engine_is_named_when_nobody_listens(tmp_path):
    result, _, _ = judge(tmp_path, {"engine": "espeak"}, limits=None)
    assert not any("recogniser hears" in note for note in result.notes)


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


def test_the_tempo_that_was_asked_for_is_no_fault(tmp_path):
    slow = {"duration_s": 4.0, "num_samples": 64000, "prosody": '{"speed":0.5}'}
    slow |= {"speech_s": 2.8}
    _, kept, _ = judge(tmp_path, {}, slow, limits={"*": {"max_s_per_letter": 0.1}})
    first, second = kept["score_s_per_letter"].to_pylist()
    assert first == pytest.approx(2.0 * 0.7 / 17)
    assert second == pytest.approx(first)


def test_single_words_keep_no_limit_that_comes_from_sentences(tmp_path):
    rows = [utterance(n, word, slots=()) for n, word in enumerate(("six", "eight", "stop", "no"))]
    table = assign_ids(utterances_to_table(rows))
    config = recipe(clips=40, variants=10, engines=("hibari",), speed=(0.75, 1.5))
    speak(tmp_path, table, config)
    inputs = {"speech": tmp_path / "speech"}
    result = gate.run(context(tmp_path, "audio_gate", config, inputs))
    assert not set(result.dropped) & {"too_slow", "too_fast", "misheard"}
    assert result.dropped.get("no_speech", 0) <= 2  # nothing at all is heard in one of 200


def test_a_single_word_in_which_no_speech_is_heard_is_dropped(tmp_path):
    short = {"spoken": "six", "duration_s": 0.9}
    clips = ({**short, "speech_s": 0.0}, short)
    _, kept, dropped = judge(tmp_path, *clips, limits=None)
    assert dropped["filter"].to_pylist() == ["no_speech"] and kept.num_rows == 1


def test_limits_of_the_recipe_hold_for_single_words_too(tmp_path):
    limits = {"*": {"max_s_per_letter": 0.2}}
    clip = {"spoken": "six", "duration_s": 0.9}
    _, _, dropped = judge(tmp_path, clip, limits=limits)
    assert dropped["filter"].to_pylist() == ["too_slow"]


def test_voices_and_families_that_nothing_is_left_of_are_named(tmp_path):
    short = {"duration_s": 0.1}
    result, *_ = judge(
        tmp_path,
        {},
        {**short, "voice": "emma"},
        {**short, "engine": "espeak", "voice": "en+f2"},
        {**short, "engine": "espeak", "voice": "en+f2"},
        {**short, "engine": "espeak", "voice": "en+m1"},
        {"engine": "espeak", "voice": "de+m1", "lang": "de"},
        {**short, "voice": "heart"},
    )
    assert result.facts["voices_silenced"] == {
        "espeak/en+f2": 2,
        "espeak/en+m1": 1,
        "hibari/emma": 1,
    }
    assert result.facts["families_silenced"] == {"en: formant": 3}
    assert result.notes[-2:] == (
        "no clip is left of these families of engines: en: formant (3 planned)",
        "no clip is left of these voices: espeak/en+f2 (2 planned), espeak/en+m1 (1 planned), "
        "hibari/emma (1 planned)",
    )


def test_nobody_is_named_when_all_are_heard(tmp_path):
    result, *_ = judge(tmp_path, {}, {"duration_s": 0.1})
    assert result.facts["voices_silenced"] == result.facts["families_silenced"] == {}
    assert not any("no clip is left" in note for note in result.notes)


def test_the_voices_that_lost_most_are_named_and_no_limit_of_all_is_advised(tmp_path):
    short = {"duration_s": 0.1}
    others = [{"voice": "kore"}, {**short, "voice": "kore"}]
    with pytest.raises(RunError, match=r"by voice: hibari/heart 2 of 2, hibari/kore 1 of 2") as one:
        judge(tmp_path / "some", short, short, *others, max_dropped=0.1)
    assert "or raise speech.max_dropped above 0.750" in str(one.value)
    with pytest.raises(RunError, match=r"3 of 3 clips(.|\n)*heart 3 of 3") as every:
        judge(tmp_path / "all", short, short, unmade=1, max_dropped=0.1)
    assert "max_dropped above" not in str(every.value)


@pytest.mark.parametrize(
    ("spoken", "gap_s", "kept"),
    [
        ("Stop the music. Turn off the light.", 1.0, True),
        ("Stop the music. Turn off the light.", 3.6, False),
        ("I live in Springfield, which is nice", 1.0, True),
        ("turn off the light at 7:30 please.", 1.0, False),
        ("turn off the light and the music", 1.0, False),
    ],
)
def test_a_pause_at_a_sign_is_no_hole(tmp_path, spoken, gap_s, kept):
    _, found, dropped = judge(tmp_path, {"spoken": spoken, "gap_s": gap_s}, limits={})
    assert found.num_rows == kept
    assert dropped["filter"].to_pylist() == ([] if kept else ["gap"])


@pytest.mark.parametrize(
    ("spoken", "seconds", "filters"),
    [
        ("use the VPN on the NAS via SSH", 2.6, []),
        ("use the VPN on the NAS via SSH", 6.0, ["too_slow"]),
        ("use the van on the gas via gash", 2.6, ["too_slow"]),
        # It may be said as words.
        ("use the IKEA lamp and NASA radio", 1.3, []),
    ],
)
def test_letters_said_by_their_names_take_their_time(tmp_path, spoken, seconds, filters):
    clip = {"spoken": spoken, "duration_s": 2 * seconds, "score_active_share": 0.5}
    _, _, dropped = judge(tmp_path, {**clip, "speech_s": seconds}, limits={})
    assert dropped["filter"].to_pylist() == filters
