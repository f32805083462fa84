import dataclasses
import hashlib
import json

import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.executors import InlineExecutor, ProcessExecutor
from corpusforge.core.gate import KEPT_OUT, Gate
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import RealConfig, VoiceConfig
from corpusforge.core.run import Cache
from corpusforge.core.schema import CLIPS, DROPPED_CLIPS, read_table, write_table
from corpusforge.speech import stage
from corpusforge.speech.engine import Problem
from corpusforge.speech.engines.espeak import PLUGIN as ESPEAK
from corpusforge.speech.mending import ADVICE, lost_lines
from corpusforge.speech.planning import plan_clips
from tests.speech.rows import context, corpus, recipe, speak, utterance

needs_espeak = pytest.mark.skipif(bool(ESPEAK.missing()), reason=ESPEAK.missing())
ENGINES = ("hibari",) if ESPEAK.missing() else ("hibari", "espeak")


class Reversed(InlineExecutor):
    """Does the work from the end to the start."""

    def map(self, function, items, *, on_result=None):
        return super().map(function, items[::-1], on_result=on_result)[::-1]


def files(root):
    """Content of everything the stage made, cache included."""
    paths = [*sorted((root / "speech").iterdir()), *sorted((root / "cache").rglob("*.*"))]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Twelve clips of forty rows, rendered inline."""
    root = tmp_path_factory.mktemp("small")
    result = speak(root, corpus(40), recipe(clips=12, engines=ENGINES))
    return root, result


def test_clips_have_the_published_columns_and_true_facts(small):
    root, result = small
    clips = read_table(root / "speech" / "clips.parquet")
    assert clips.schema.names == [*CLIPS.names, "score_active_share", "score_level_dbfs"]
    assert clips.select(CLIPS.names).schema.equals(CLIPS)
    assert result.rows_out == clips.num_rows == 12
    assert (result.rows_in, dict(result.dropped)) == (40, {})
    assert result.facts["rendered"] == 12
    assert result.facts["cached"] == 0
    assert result.facts["voices_disjoint"] is False
    assert result.facts["pseudo_speakers"] is False
    assert sum(result.facts["voices"].values()) == 12
    assert any("splits that share no voice (hibari has 1;" in note for note in result.notes)
    for clip in clips.to_pylist():
        data = (root / "cache" / clip["audio"]["path"]).read_bytes()
        assert data[:4] == b"fLaC"
        assert clip["audio"]["bytes"] is None
        assert clip["spoken"].endswith(" percent")
        assert clip["slots"][0]["name"] == "room"
        assert clip["voice_license"] in ("Apache-2.0", "GPL-3.0-or-later")
        ops = {step["op"]: json.loads(step["params"]) for step in clip["chain"]}
        assert (clip["snr_db"] is None) is ("noise" not in ops)
        if clip["snr_db"] is not None:
            assert clip["snr_requested_db"] == pytest.approx(ops["noise"]["snr_db"])
            assert clip["snr_db"] == pytest.approx(clip["snr_requested_db"], abs=0.1)


def test_clips_are_ordered_by_row_and_named_once(small):
    root, _ = small
    clips = read_table(root / "speech" / "clips.parquet")
    rows = corpus(40)["id"].to_pylist()
    places = [rows.index(row) for row in clips["utterance_id"].to_pylist()]
    assert places == sorted(places)
    assert len(set(clips["clip_id"].to_pylist())) == 12
    assert set(clips["split"].to_pylist()) == {"train", "validation", "test"}


@pytest.mark.parametrize("executor", [ProcessExecutor(1), ProcessExecutor(2), Reversed()])
def test_the_same_bytes_however_the_work_is_done(small, tmp_path, executor):
    root, result = small
    again = speak(tmp_path, corpus(40), recipe(clips=12, engines=ENGINES), executor)
    assert files(tmp_path) == files(root)
    assert again == result


def test_a_second_run_renders_nothing_and_gives_the_same_tables(small, tmp_path):
    root, _ = small
    again = speak(
        tmp_path, corpus(40), recipe(clips=12, engines=ENGINES), cache=Cache(root / "cache")
    )
    assert (again.facts["rendered"], again.facts["cached"]) == (0, 12)
    for name in ("clips.parquet", "dropped.parquet"):
        assert (tmp_path / "speech" / name).read_bytes() == (root / "speech" / name).read_bytes()


def test_new_rows_leave_the_old_clips(small, tmp_path):
    root, _ = small
    table = corpus(40, utterance(1, "switch everything off now"))
    config = recipe(clips=13, engines=ENGINES)
    again = speak(tmp_path, table, config, cache=Cache(root / "cache"))
    assert again.facts["cached"] >= 11


def test_a_broken_file_in_the_cache_is_made_again(small, tmp_path):
    _, result = small
    config = recipe(clips=12, engines=ENGINES)
    speak(tmp_path, corpus(40), config)
    before = files(tmp_path)
    flac, *_ = sorted((tmp_path / "cache").rglob("*.flac"))
    flac.write_bytes(flac.read_bytes()[:1000])
    _, sidecar, *_ = sorted((tmp_path / "cache").rglob("*.json"))
    sidecar.write_text("{")
    again = speak(tmp_path, corpus(40), config)
    assert again.facts["rendered"] == 2
    assert files(tmp_path) == before
    assert result.facts["rendered"] == 12


def test_variants_are_different_clips_of_the_same_rows(tmp_path):
    result = speak(tmp_path, corpus(40), recipe(clips=6, variants=3))
    clips = read_table(tmp_path / "speech" / "clips.parquet")
    assert clips["variant"].to_pylist() == [0, 1, 2, 0, 1, 2]
    assert len(set(clips["utterance_id"].to_pylist())) == 2 == result.facts["rows"]
    assert len(set(clips["pcm_sha256"].to_pylist())) == 6


def test_rows_with_nothing_to_say_are_dropped_with_the_reason(tmp_path):
    table = corpus(5, utterance(7, "?!"))
    result = speak(tmp_path, table, recipe(clips=6, max_dropped=0.2))
    dropped = read_table(tmp_path / "speech" / "dropped.parquet")
    assert result.dropped == {"verbalise": 1}
    assert set(DROPPED_CLIPS.names) <= set(dropped.schema.names)
    assert dropped["reason"].to_pylist() == ["nothing to say"]
    assert dropped["text"].to_pylist() == ["?!"]
    assert dropped["stage"].to_pylist() == ["speech"]
    assert result.rows_out == 5


def test_too_many_dropped_rows_fail_the_stage_and_are_kept(tmp_path):
    table = corpus(5, utterance(7, "?!"), utterance(8, "включи 灯"))
    with pytest.raises(RunError, match=r"2 of 7 clips.*speech\.max_dropped") as error:
        speak(tmp_path, table, recipe(clips=7))
    message = str(error.value)
    assert "1 x verbalise: nothing to say" in message
    assert not (tmp_path / "speech" / "clips.parquet").exists()
    (kept,) = (tmp_path / "cache" / "failed").rglob("*.parquet")
    assert str(kept) in message
    rows = read_table(kept).to_pylist()
    assert {row["filter"] for row in rows} == {"verbalise", "render"}
    assert all(row["clip_id"] in message and row["utterance_id"] in message for row in rows)
    assert not any(row["text"] in message for row in rows)


def test_every_reason_has_an_advice_and_the_most_frequent_are_told():
    assert set(ADVICE) == set(Problem)
    long, silent = Problem.LONGER_THAN_CLIP.value, Problem.SILENT_NOISE.value
    lines = lost_lines([(silent, "clip a, hall.wav, from 3 s on"), (long, ""), (long, "clip b")])
    assert lines == [
        f"2 clips lost: {long} (for example clip b); {ADVICE[Problem.LONGER_THAN_CLIP]}",
        f"1 clip lost: {silent} (for example clip a, hall.wav, from 3 s on); "
        f"{ADVICE[Problem.SILENT_NOISE]}",
    ]


def test_who_loses_clips_is_told_what_to_mend(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(Progress, "note", lambda self, text: told.append(text))
    with pytest.raises(RunError, match="speech longer than the clip") as error:
        speak(tmp_path, corpus(3), recipe(clips=3, length_s=0.5))
    assert ADVICE[Problem.LONGER_THAN_CLIP] in str(error.value)
    (line,) = told
    assert line.startswith("3 clips lost: speech longer than the clip (for example clip ")
    assert "s of speech for 0.5 s); raise speech.length_s" in line


def test_reasons_are_a_closed_set_without_any_text_of_the_row(tmp_path):
    table = corpus(5, utterance(7, "включи 灯"), utterance(8, "?! \N{SNOWMAN}"))
    result = speak(tmp_path, table, recipe(clips=7, max_dropped=0.5))
    assert result.dropped == {"render": 1, "verbalise": 1}
    rows = read_table(tmp_path / "speech" / "dropped.parquet").to_pylist()
    assert {row["reason"] for row in rows} == {Problem.FOREIGN_SCRIPT, Problem.NOTHING_TO_SAY}


def test_private_real_rows_are_not_spoken(tmp_path):
    private = [utterance(n, f"my secret number {n}", origin="real") for n in range(20)]
    for publish in (False, True):
        root = tmp_path / str(publish)
        real = RealConfig(path="real.csv", license="CC0-1.0", publish=publish)
        config = dataclasses.replace(recipe(clips=12), real=real)
        result = speak(root, corpus(8, *private), config)
        clips = read_table(root / "speech" / "clips.parquet")
        assert ("real" in clips["origin"].to_pylist()) is publish
        assert len(list((root / "cache").rglob("*.flac"))) == clips.num_rows == (8, 12)[publish]
        assert result.facts["rows_withheld"] == (20, 0)[publish]
    assert stage.config(config) == stage.config(recipe(clips=12))
    hidden = dataclasses.replace(config, real=dataclasses.replace(real, publish=False))
    assert stage.config(hidden) != stage.config(config)


def test_switched_off_and_empty_input_give_empty_tables(tmp_path):
    for name, table, clips in (("off", corpus(5), 0), ("empty", corpus(0), 5)):
        result = speak(tmp_path / name, table, recipe(clips=clips))
        assert result.rows_out == 0
        assert read_table(tmp_path / name / "speech" / "clips.parquet").num_rows == 0


def test_fewer_rows_than_clips_is_said(tmp_path):
    result = speak(tmp_path, corpus(2), recipe(clips=9))
    assert result.rows_out == 2
    assert any("2 clips were planned, 9 wanted" in note for note in result.notes)


def test_splits_that_pseudo_speakers_make_disjoint_say_so(tmp_path):
    result = speak(tmp_path, corpus(9), recipe(clips=9, pseudo_speakers=True))
    assert len(result.facts["speakers_by_split"]) == 3
    assert result.facts["voices_disjoint"] is True
    assert result.facts["pseudo_speakers"] is True
    assert any("only by pseudo-speaker for hibari/heart:" in note for note in result.notes)


@needs_espeak
def test_german_with_voices_that_no_split_shares(tmp_path):
    rows = [utterance(n, f"stell die Heizung auf {n} Grad", lang="de", slots=()) for n in range(20)]
    from corpusforge.core.ids import assign_ids
    from corpusforge.core.schema import utterances_to_table

    table = assign_ids(utterances_to_table(rows))
    result = speak(tmp_path, table, recipe(lang="de", clips=20, engines=("espeak",)))
    clips = read_table(tmp_path / "speech" / "clips.parquet")
    assert result.facts["voices_disjoint"] is True
    assert result.facts["pseudo_speakers"] is False
    heard = {}
    for voice, split in zip(clips["voice"].to_pylist(), clips["split"].to_pylist(), strict=True):
        assert heard.setdefault(voice, split) == split
    assert "Grad" in clips["spoken"].to_pylist()[0]
    assert clips["spoken"].to_pylist()[7] == "stell die Heizung auf sieben Grad"


def test_a_row_in_a_language_without_a_voice_stops_the_stage(tmp_path):
    with pytest.raises(RunError, match="no engine of hibari has a voice for 'de'"):
        speak(tmp_path, corpus(0, utterance(1, "hallo", lang="de")), recipe(clips=1))


def test_the_configuration_is_json_and_follows_the_engines():
    one, two = (stage.config(recipe(engines=engines)) for engines in (("hibari",), ("espeak",)))
    assert json.dumps(one) != json.dumps(two)
    assert "hibari-tts" in one["engines"]["hibari"]


def test_rows_that_the_gate_keeps_out_are_not_spoken(tmp_path):
    made = [
        utterance(100 + n, f"made up {n}", origin="gan", generation=1, split="train", slots=())
        for n in range(5)
    ]
    table = corpus(10, *made)
    (tmp_path / "clean").mkdir()
    write_table(table, tmp_path / "clean" / "utterances.parquet")
    assess = tmp_path / "assess"
    assess.mkdir()
    Gate(KEPT_OUT, "no gain", ("gan",)).write(assess)
    inputs = {"clean": tmp_path / "clean", "assess": assess}
    result = stage.run(context(tmp_path, "speech", recipe(clips=15), inputs))
    clips = read_table(tmp_path / "speech" / "clips.parquet")
    assert result.rows_in == clips.num_rows == 10
    assert set(clips["origin"].to_pylist()) == {"grammar"}


@needs_espeak
def test_split_by_voice_every_split_hears_all_words_from_its_own_speakers(tmp_path):
    config = recipe(clips=60, spread="intents", split_by="voice", engines=("espeak",))
    speak(tmp_path, corpus(5), config)
    clips = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    assert len(clips) == 60
    words, voices = {}, {}
    for clip in clips:
        words.setdefault(clip["split"], set()).add(clip["text"])
        speaker = clip["voice"].split("+")[-1]
        voices.setdefault(speaker, set()).add(clip["split"])
    assert set(words) == {"train", "validation", "test"}
    assert len(words["train"]) == 5
    assert words["test"] & words["train"]
    assert all(len(splits) == 1 for splits in voices.values())


def test_a_row_in_a_language_that_nobody_speaks_is_named():
    table = corpus(3, utterance(9, "nuqneH", lang="tlh-x"), utterance(10, "Qapla", lang="tlh-x"))
    with pytest.raises(RunError, match=r"'tlh-x', the language of row [0-9a-f]{32} and 1 more"):
        plan_clips(recipe(clips=9), table)


def test_a_brought_voice_that_no_row_asks_for_is_in_the_notes(tmp_path):
    command = plugins.load("engine", "command").example["source"]
    voice = VoiceConfig(engine="command", source=command, license="MIT", name="anna", lang="de")
    config = dataclasses.replace(
        recipe(clips=2, voices=(voice,)), folder=tmp_path, allow_command=True
    )
    result = speak(tmp_path, corpus(3), config)
    assert any("command/anna will not be heard: made for de" in note for note in result.notes)
