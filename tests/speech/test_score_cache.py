"""Scores of clips: computed once, the same however they came to be."""

import pyarrow as pa
import pytest

from corpusforge.core.errors import StaleInputError
from corpusforge.core.executors import ProcessExecutor
from corpusforge.core.recipe import GateConfig, Recipe, SpeechConfig
from corpusforge.core.run import Cache
from corpusforge.core.schema import read_table, write_table
from corpusforge.speech import gate
from corpusforge.speech.scores import work
from tests.speech.rows import context, corpus, recipe, speak


def config_of(asr_share=1.0, clips=6, **gate_config):
    speech = SpeechConfig(clips=clips, max_dropped=1.0)
    gating = GateConfig(asr_share=asr_share, **gate_config)
    return Recipe(name="small", lang="en", license="CC0-1.0", speech=speech, audio_gate=gating)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    root = tmp_path_factory.mktemp("spoken")
    speak(root, corpus(12), recipe(clips=6))
    return root


def run_gate(spoken, root, config, executor=None):
    """Run the gate on the clips of `spoken`; its cache is in `root`, clips are copied there."""
    cache = Cache(root / "cache")
    if not (root / "cache" / "clips").exists():
        cache.root.mkdir(parents=True)
        (root / "cache" / "clips").symlink_to(spoken / "cache" / "clips")
    ctx = context(root, "gate", config, {"speech": spoken / "speech"}, executor, cache)
    result = gate.run(ctx)
    return result, read_table(root / "gate" / "clips.parquet")


def counted(monkeypatch):
    """Count the clips that each scorer is asked about."""
    counts = {"vad": 0, "asr": 0, "mos": 0}

    def counting(name, function):
        def score(scorer, clips, wordings):
            counts[name] += len(clips)
            return function(scorer, clips, wordings)

        return score

    watched = {name: counting(name, function) for name, function in work._SCORERS.items()}
    monkeypatch.setattr(work, "_SCORERS", watched)
    return counts


def test_another_limit_needs_no_listening(spoken, tmp_path, monkeypatch):
    counts = counted(monkeypatch)
    _, first = run_gate(spoken, tmp_path, config_of())
    assert counts == {"vad": 6, "asr": 6, "mos": 0}
    assert all(first["asr_text"].to_pylist())
    strict = config_of(limits={"*": {"max_cer": 0.0, "max_wer": 0.0}})
    assert gate.config(strict) != gate.config(config_of())
    result, kept = run_gate(spoken, tmp_path, strict)
    assert counts == {"vad": 6, "asr": 6, "mos": 0}
    right = [wer == 0 for wer in first["score_wer"].to_pylist()]
    assert result.rows_out == kept.num_rows == sum(right)
    dropped = read_table(tmp_path / "gate" / "dropped.parquet")
    assert all(score > 0 for score in dropped["score"].to_pylist())
    assert set(dropped["threshold"].to_pylist()) <= {0.0}


def test_scores_are_the_same_however_they_came_to_be(spoken, tmp_path):
    _, whole = run_gate(spoken, tmp_path / "one", config_of())
    run_gate(spoken, tmp_path / "two", config_of(0.4))
    _, grown = run_gate(spoken, tmp_path / "two", config_of())
    assert grown.equals(whole)
    assert not any(value is None for value in whole["score_gop"].to_pylist())


def test_a_broken_score_is_computed_again(spoken, tmp_path, monkeypatch):
    _, first = run_gate(spoken, tmp_path, config_of())
    entries = sorted((tmp_path / "cache" / "scores").rglob("*.json"))
    counts_of_phones = [path for path in entries if '"counts"' in path.read_text("utf-8")]
    assert 1 <= len(counts_of_phones) <= 6
    counts_of_phones[0].write_text("{", "utf-8")
    entries = [path for path in entries if path not in counts_of_phones]
    assert len(entries) == 12
    entries[0].write_text("{", "utf-8")
    entries[1].write_text(entries[1].read_text("utf-8").replace("0", "1"), "utf-8")
    entries[2].unlink()
    counts = counted(monkeypatch)
    _, second = run_gate(spoken, tmp_path, config_of())
    assert 2 <= sum(counts.values()) <= 3  # the second may hold no 0
    assert second.equals(first)


def test_a_killed_gate_goes_on_behind_the_last_batch(spoken, tmp_path, monkeypatch):
    monkeypatch.setitem(work._BATCH, "vad", 1)
    listen_vad, calls = work._SCORERS["vad"], []

    def dies(scorer, clips, wordings):
        calls.append(len(clips))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return listen_vad(scorer, clips, wordings)

    monkeypatch.setattr(work, "_SCORERS", {**work._SCORERS, "vad": dies})
    with pytest.raises(KeyboardInterrupt):
        run_gate(spoken, tmp_path / "killed", config_of(0.0))
    _, resumed = run_gate(spoken, tmp_path / "killed", config_of(0.0))
    assert len(calls) == 4 + 3
    _, whole = run_gate(spoken, tmp_path / "whole", config_of(0.0))
    assert resumed.equals(whole)


def test_workers_do_not_change_the_scores(spoken, tmp_path):
    _, inline = run_gate(spoken, tmp_path / "one", config_of())
    _, pooled = run_gate(spoken, tmp_path / "two", config_of(), ProcessExecutor(2))
    assert pooled.equals(inline)


def test_a_clip_with_other_samples_sends_the_build_back_to_speech(spoken, tmp_path):
    table = read_table(spoken / "speech" / "clips.parquet")
    forged = pa.array(["0" * 64] * table.num_rows)
    place = table.schema.get_field_index("pcm_sha256")
    (tmp_path / "speech").mkdir()
    (tmp_path / "cache").symlink_to(spoken / "cache")
    write_table(table.set_column(place, "pcm_sha256", forged), tmp_path / "speech/clips.parquet")
    write_table(read_table(spoken / "speech/dropped.parquet"), tmp_path / "speech/dropped.parquet")
    ctx = context(tmp_path, "gate", config_of(0.0), {"speech": tmp_path / "speech"})
    with pytest.raises(StaleInputError) as error:
        gate.run(ctx)
    assert error.value.stage == "speech"


def test_the_sample_is_stated_and_grows_with_its_share(spoken, tmp_path):
    small, first = run_gate(spoken, tmp_path, config_of(0.4))
    large, second = run_gate(spoken, tmp_path, config_of(0.8))
    heard = [
        {
            i
            for i, text in zip(t["clip_id"].to_pylist(), t["asr_text"].to_pylist(), strict=True)
            if text
        }
        for t in (first, second)
    ]
    assert heard[0] <= heard[1]
    assert [small.facts["listened_to"], large.facts["listened_to"]] == [len(h) for h in heard]


def test_without_the_extra_the_summary_says_so(spoken, tmp_path, monkeypatch):
    from corpusforge.speech.scores import models

    found = models.util.find_spec
    monkeypatch.setattr(
        models.util, "find_spec", lambda name: None if name == "ctranslate2" else found(name)
    )
    result, kept = run_gate(spoken, tmp_path, config_of())
    assert kept.num_rows == 6
    (note,) = [note for note in result.notes if "ctranslate2" in note]
    assert "pip install 'corpusforge[gate]'" in note
    assert result.facts["listened_to"] == 0


def test_languages_that_the_model_does_not_know_are_said(spoken, tmp_path):
    table = read_table(spoken / "speech" / "clips.parquet")
    place = table.schema.get_field_index("lang")
    german = table.set_column(place, "lang", pa.array(["de"] * table.num_rows))
    (tmp_path / "speech").mkdir()
    (tmp_path / "cache").symlink_to(spoken / "cache")
    write_table(german, tmp_path / "speech/clips.parquet")
    write_table(read_table(spoken / "speech/dropped.parquet"), tmp_path / "speech/dropped.parquet")
    result = gate.run(context(tmp_path, "gate", config_of(), {"speech": tmp_path / "speech"}))
    assert any("no clip in de" in note for note in result.notes)


def test_quality_is_rated_on_its_own_share(spoken, tmp_path):
    result, kept = run_gate(spoken, tmp_path, config_of(0.0, mos_share=1.0))
    assert result.facts["rated"] == 6
    assert all(1.0 <= value <= 5.0 for value in kept["score_mos"].to_pylist())
