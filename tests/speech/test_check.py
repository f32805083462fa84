import shlex
import sys
from dataclasses import replace
from importlib import util

import pytest

from corpusforge.core.recipe import GateConfig, VoiceConfig
from corpusforge.speech import check as module
from corpusforge.speech.check import accent_errors, check, notes
from corpusforge.speech.engines.espeak import Espeak
from corpusforge.speech.engines.hibari import Hibari
from corpusforge.speech.verbalise import reading_notes
from tests.speech.rows import recipe


def messages(config):
    return [str(error) for error in check(config)]


def test_a_good_recipe_has_no_errors():
    assert messages(recipe()) == []


def test_an_unknown_engine_names_the_nearest():
    (message,) = messages(recipe(engines=("hibary",)))
    assert "'hibary'" in message
    assert "did you mean 'hibari'" in message


def test_a_language_that_the_engine_does_not_speak():
    (message,) = messages(recipe(lang="de"))
    assert "hibari does not speak 'de'" in message
    assert "espeak" in message


def test_a_missing_extra_names_the_pip_line(monkeypatch):
    monkeypatch.setattr("corpusforge.speech.engines.espeak.package_folder", lambda name: None)
    (message,) = messages(recipe(lang="de", engines=("espeak",)))
    assert "pip install 'corpusforge[espeak]'" in message
    monkeypatch.setattr("corpusforge.speech.engines.hibari.package_folder", lambda name: None)
    (message,) = messages(recipe())
    assert "pip install 'corpusforge[speech]'" in message


def test_a_missing_library_of_every_clip_is_named(monkeypatch):
    found = util.find_spec
    monkeypatch.setattr(
        module.util, "find_spec", lambda name: None if name == "soxr" else found(name)
    )
    (message,) = messages(recipe())
    assert "soxr" in message
    assert "corpusforge[speech]" in message


def test_no_engine_at_all():
    (message,) = messages(recipe(engines=()))
    assert "speech.engines is empty" in message


def test_a_tempo_that_the_engine_cannot_speak_at():
    (message,) = messages(recipe(speed=(0.5, 1.0)))
    assert "0.46 to 1.09" in message


def test_speech_switched_off_needs_nothing():
    assert messages(recipe(clips=0, engines=("nothing",))) == []


@pytest.mark.parametrize("engine", [Espeak, Hibari])
def test_engines_that_are_not_installed_say_so(engine, monkeypatch):
    name = f"corpusforge.speech.engines.{engine.name}.package_folder"
    monkeypatch.setattr(name, lambda module: None)
    assert "pip install" in engine().missing()
    assert engine().voices("en") == []


def test_an_unknown_limit_names_the_nearest():
    config = replace(recipe(), audio_gate=GateConfig(limits={"espeak": {"max_werr": 1.0}}))
    (message,) = messages(config)
    assert "audio_gate.limits.espeak" in message
    assert "did you mean 'max_wer'" in message


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("espak", ["no engine 'espak'", "did you mean 'espeak'"]),
        ("espak/de", ["no engine 'espak'", "did you mean 'espeak'"]),
        ("*/de-AT", ["'de-AT' is no language"]),
        ("espeak/de-AT", ["audio_gate.limits.espeak/de-AT", "without a region"]),
        ("espeak/", ["is no language"]),
    ],
)
def test_a_key_of_limits_that_is_for_nobody_is_refused(key, words):
    config = replace(recipe(), audio_gate=GateConfig(limits={key: {"max_wer": 1.0}}))
    (message,) = messages(config)
    assert all(word in message for word in words)


def test_limits_are_for_engines_engines_and_languages_or_all():
    limits = {key: {"max_wer": 1.0} for key in ("*", "espeak", "espeak/de", "hibari/en")}
    assert messages(replace(recipe(), audio_gate=GateConfig(limits=limits))) == []


def test_a_folder_without_a_model_is_named():
    config = replace(recipe(), audio_gate=GateConfig(asr_model="nowhere"))
    (message,) = messages(config)
    assert "no model.bin and no tokenizer.json in nowhere" in message


def test_a_language_without_tables_says_what_is_left_to_the_engine():
    left = "times, dates, money, units and abbreviations are left to the engine"
    config = replace(recipe(lang="it", engines=("espeak",)), lang="it")
    assert [note for note in notes(config) if "left to the engine" in note] == [f"it: {left}"]
    assert not any("left to the engine" in note for note in notes(recipe()))
    assert reading_notes("pt-BR") == [f"pt-BR: {left}"]
    assert reading_notes("zz") == [f"zz: numbers, {left}"]
    assert [reading_notes(lang) for lang in ("en-GB", "de-AT", "es-MX", "fr")] == [[]] * 4


def test_an_unknown_accent_names_the_nearest_of_the_engines_in_use():
    if missing := Espeak().missing():
        pytest.skip(missing)
    (message,) = messages(recipe(engines=("espeak",), accent_shares={"Scottland": 0.5}))
    assert "no engine in use has an accent 'Scottland' of 'en'" in message
    assert "did you mean 'Scotland'" in message
    assert "Received Pronunciation" in message
    (message,) = messages(recipe(lang="de", engines=("espeak",), accent_shares={"Bavaria": 0.5}))
    assert "leave speech.accent_shares out" in message
    (message,) = messages(
        recipe(engines=("espeak",), accent_shares={"Scotland": 0.7, "America": 0.7})
    )
    assert "of the engine espeak sum to more than 1" in message
    # Shares hold within an engine, so those of two engines need not go together.
    both = {"Scotland": 0.7, "American": 0.7}
    assert messages(recipe(engines=("espeak", "hibari"), accent_shares=both)) == []


def test_an_accent_of_one_language_of_a_table_is_known():
    if missing := Espeak().missing():
        pytest.skip(missing)
    config = recipe(engines=("espeak",), accent_shares={"Scotland": 0.5})
    assert accent_errors(config, ["de", "en"]) == []
    assert len(accent_errors(config, ["de", "fr"])) == 1


def test_a_family_that_does_not_speak_is_named_with_engines_and_families_that_do():
    if missing := Espeak().missing():
        pytest.skip(missing)
    assert messages(recipe(engines=("espeak",), shares={"formant": 0.5})) == []
    (message,) = messages(recipe(engines=("auto",), shares={"FastSpeech2": 0.5}))
    assert "FastSpeech2 cannot speak 'en' here" in message
    assert all(word in message for word in ("allowed: ", "espeak", "formant", "neural vocoder"))


def test_shares_of_an_engine_and_its_family_are_not_added_up():
    if missing := Espeak().missing():
        pytest.skip(missing)
    one = {"espeak": 0.6, "formant": 0.6}
    assert messages(recipe(engines=("espeak", "hibari"), shares=one)) == []
    (message,) = messages(recipe(engines=("espeak", "hibari"), shares={"hibari": 0.5, **one}))
    assert "come to more than 1" in message


def test_a_brought_voice_for_a_language_of_no_row_is_said():
    source = shlex.join([sys.executable, "-c", "pass", "{text}", "{out}", "{speed}", "{seed}"])
    voices = tuple(
        VoiceConfig(engine="command", source=source, license="CC0-1.0", name=name, lang=lang)
        for name, lang in (("anna", "de"), ("joe", None), ("amy", "en-GB"), ("max", "de"))
    )
    config = replace(recipe(engines=("hibari",), voices=voices), allow_command=True)
    (said,) = [note for note in notes(config) if "will not be heard" in note]
    assert said == (
        "speech.voices: command/anna, command/max will not be heard: made for de, which serves no "
        "row (their language: en)"
    )
    (said,) = [n for n in notes(replace(config, lang="de")) if "will not be heard" in n]
    assert "command/amy will" in said
