import pyarrow as pa
import pytest

from corpusforge.core.errors import RunError
from corpusforge.core.recipe import GateConfig, Recipe, SpeechConfig
from corpusforge.core.schema import CLIPS, DROPPED_CLIPS, read_table, with_scores, write_table
from corpusforge.speech import gate
from corpusforge.speech.stage import SCORES
from tests.speech.rows import context, corpus, recipe, speak

GOOD = {
    "utterance_id": "row",
    "split": "train",
    "duration_s": 2.0,
    "num_samples": 32000,
    "clipped_samples": 0,
    "score_active_share": 0.7,
    "score_level_dbfs": -20.0,
}


def judge(root, *clips, unmade=0, max_dropped=1.0):
    """Run the gate over clips that differ from a good one as given."""
    schema = with_scores(CLIPS, SCORES)
    rows = [{**GOOD, "clip_id": f"clip{n}", **clip} for n, clip in enumerate(clips)]
    (root / "speech").mkdir()
    write_table(pa.Table.from_pylist(rows, schema), root / "speech" / "clips.parquet")
    lost = [{"clip_id": f"lost{n}", "split": "train"} for n in range(unmade)]
    dropped = pa.Table.from_pylist(lost, with_scores(DROPPED_CLIPS, SCORES))
    write_table(dropped, root / "speech" / "dropped.parquet")
    speech = SpeechConfig(max_dropped=max_dropped)
    config = Recipe(name="x", lang="en", license="MIT", speech=speech, audio_gate=GateConfig())
    result = gate.run(context(root, "gate", config, {"speech": root / "speech"}))
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
    ],
)
def test_each_limit_drops_with_filter_reason_score_and_threshold(
    tmp_path, clip, name, score, threshold, reason
):
    result, kept, dropped = judge(tmp_path, {}, clip)
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
    scores = ["score_active_share", "score_level_dbfs", "score_clipped_share"]
    assert kept.schema.names == [*CLIPS.names, *scores]
    assert set(dropped.schema.names) == {*DROPPED_CLIPS.names, *scores}


def test_an_empty_table_passes(tmp_path):
    result, kept, dropped = judge(tmp_path)
    assert (result.rows_in, kept.num_rows, dropped.num_rows) == (0, 0, 0)


def test_real_clips_pass(tmp_path):
    speak(tmp_path, corpus(10), recipe(clips=5))
    config = recipe(clips=5)
    ctx = context(tmp_path, "gate", config, {"speech": tmp_path / "speech"})
    assert gate.run(ctx).rows_out == 5
    assert gate.config(config)["audio_gate"]["min_level_dbfs"] == -45


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
