"""The stage audio_gate: what it drops, counts, keeps and says."""

import pytest

from corpusforge.core.errors import RunError
from corpusforge.core.schema import CLIPS, DROPPED_CLIPS, read_table
from corpusforge.speech import gate
from corpusforge.speech.scores import measure as measuring
from corpusforge.speech.stage import SCORES
from tests.speech.judged import judge
from tests.speech.rows import context, corpus, recipe, speak


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
