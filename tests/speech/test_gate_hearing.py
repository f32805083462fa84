"""What the gate makes of what a recogniser hears."""

import json
from dataclasses import replace

from corpusforge.core.recipe import GateConfig
from corpusforge.core.schema import read_table
from corpusforge.speech import gate
from corpusforge.speech.recognise import bundled_model
from corpusforge.speech.scores.limits import LIMITS
from tests.speech.judged import judge, listened, listened_to
from tests.speech.rows import context, corpus, recipe, speak


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


def test_a_slot_value_that_is_not_said_drops_the_clip(tmp_path):
    heard = [{"text": "turn the light off now", "gop": -1.0, "slot_gop": -25.0}]
    result, *_ = listened(tmp_path, {"engine": "flite"}, heard=heard)
    assert result.dropped == {"slot_not_heard": 1}


def test_no_engine_is_named_when_nobody_listens(tmp_path):
    result, _, _ = judge(tmp_path, {"engine": "espeak"}, limits=None)
    assert not any("recogniser hears" in note for note in result.notes)
