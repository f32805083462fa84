from dataclasses import replace

import pytest

from corpusforge import api
from corpusforge.cli import main
from corpusforge.core import plugins
from corpusforge.core.recipe import VoiceConfig
from corpusforge.render.voices import VoiceInfo
from corpusforge.speech import roster, stage
from corpusforge.speech.engine import Voice
from corpusforge.speech.roster import engines_in_use, in_language, roster_notes, ways_to_add
from corpusforge.speech.voices import plan_voices
from tests.speech.rows import recipe


class Fake:
    """An engine that is asked and never speaks."""

    def __init__(self, name, family, genders="f", lacking="", license_="MIT"):
        self.name, self.family, self._lacking = name, family, lacking
        self.version, self.packages = "1", ()
        kinds = {"f": "female", "m": "male", "?": ""}
        self._voices = [Voice(f"v{i}", "en", license_, kinds[g], "") for i, g in enumerate(genders)]

    def missing(self):
        return self._lacking

    def offered(self, lang=None):
        return [(voice, self._lacking) for voice in self._voices if lang in (None, "en")]

    def voices(self, lang):
        return [voice for voice, why_not in self.offered(lang) if not why_not]


@pytest.fixture
def engines(monkeypatch):
    """Makes the engines that there are."""

    def there_are(*fakes):
        known = {fake.name: fake for fake in fakes}
        others = getattr(plugins.load, "real", plugins.load)

        def load(family, name):
            return known[name] if family == "engine" else others(family, name)

        load.real = others
        monkeypatch.setattr(plugins, "names", lambda family: sorted(known))
        monkeypatch.setattr(plugins, "load", load)

    return there_are


def test_auto_stands_for_what_is_installed_and_speaks_the_language(engines):
    engines(Fake("a", "x"), Fake("b", "y", lacking="b is not installed"), Fake("c", "z"))
    assert engines_in_use(recipe(engines=("auto",))) == ("a", "c")
    assert engines_in_use(recipe(lang="de", engines=("auto",))) == ()
    assert engines_in_use(recipe(engines=("auto", "b"))) == ("a", "b", "c")
    assert engines_in_use(recipe(engines=("c",))) == ("c",)


def test_auto_leaves_out_voices_that_may_not_be_published(engines):
    engines(Fake("a", "x"), Fake("b", "y", license_="CC-BY-NC-4.0"))
    assert engines_in_use(recipe(engines=("auto",))) == ("a",)
    notes = "\n".join(roster_notes(recipe(engines=("auto",))))
    assert "auto leaves out b (CC-BY-NC-4.0)" in notes
    assert engines_in_use(recipe(engines=("auto", "b"))) == ("a", "b")


def test_another_engine_that_is_installed_is_another_stage_key(engines):
    engines(Fake("a", "x"))
    before = stage.config(recipe(engines=("auto",)))
    engines(Fake("a", "x"), Fake("b", "y"))
    assert stage.config(recipe(engines=("auto",))) != before
    assert stage.config(recipe(engines=("a",)))["engines"] == before["engines"]


def test_auto_stands_for_what_speaks_the_language_of_the_rows(engines):
    engines(Fake("a", "x"), Fake("b", "y", lacking="b is not installed"))
    german = recipe(lang="de", engines=("auto",))
    assert plan_voices(german, "en").voices() == {("a", "v0")}
    assert plan_voices(german, "de").voices() == set()
    # The key of the stage is made before its rows are known: any of them may be English.
    assert set(stage.config(german)["engines"]) == {"a"}


def test_few_families_are_named_with_the_way_to_more(engines):
    engines(Fake("a", "x", "fm"), Fake("b", "y", lacking="b: pip install b"), Fake("c", "z"))
    (note,) = roster_notes(recipe(engines=("a",)))
    assert "en: 1 family of engines (x), 3 or more" in note
    assert "b: pip install b" in note
    assert "c is installed: name it in speech.engines" in note


def test_what_may_stand_in_voices_is_told_by_the_verb_and_not_by_the_note(engines, capsys):
    takes_any = plugins.load("engine", "transformers")
    taker = Fake("b", "y", "")
    taker.sources, taker.runs_commands, taker.missing = takes_any.sources, False, lambda: ""
    taker.added, taker.families = None, ("b",)
    engines(Fake("a", "x", "fm"), taker)
    (note,) = roster_notes(recipe(engines=("a",)))
    assert note.endswith("add one: b: give it a voice in speech.voices (see `corpusforge voices`)")
    for arguments in (["voices"], ["voices", "--lang", "en"]):
        assert main(arguments) == 0
        assert takes_any.sources in capsys.readouterr().out


def test_only_engines_that_take_voices_are_said_to_have_none_yet(engines, capsys):
    fake = Fake("b", "y", "")
    fake.voices = lambda lang: []
    engines(Fake("a", "x", "fm"), fake)
    assert not any("b is installed" in way for way in ways_to_add("sv"))
    fake.added, fake.sources = None, "a file"
    (told,) = [way for way in ways_to_add("sv") if "b is installed" in way]
    assert told == "b is installed and has no voice for sv yet: give it one in speech.voices"


def test_the_verb_counts_the_voices_of_a_language_in_one_line(monkeypatch, capsys):
    langs = ["en-US"] * 60 + ["en-GB"] * 3 + ["en-US"] * 60
    offered = [
        VoiceInfo("a", f"v{i}", lang, "MIT", "", "", True, "") for i, lang in enumerate(langs)
    ]
    monkeypatch.setattr(api, "voices", lambda *_, **__: offered)
    assert main(["voices"]) == 0
    told = [
        line.split()[:3] for line in capsys.readouterr().out.splitlines() if "more:" not in line
    ]
    assert told == [["a", "en-US", "120"], ["a", "en-GB", "3"]]


def test_engines_of_one_family_count_once(engines):
    engines(*(Fake(name, "x", "fm") for name in "abc"))
    assert "1 family of engines (x)" in roster_notes(recipe(engines=("a", "b", "c")))[0]


def test_a_missing_sex_is_named_with_the_engines_that_have_it(engines):
    engines(Fake("a", "x"), Fake("b", "y"), Fake("c", "z"), Fake("d", "x", "m", "pip install d"))
    (note,) = roster_notes(recipe(engines=("a", "b", "c")))
    assert note == "en: no male voice; engines with one: d"


def test_three_families_with_both_sexes_need_no_word(engines):
    engines(Fake("a", "x", "fm"), Fake("b", "y"), Fake("c", "z"))
    assert roster_notes(recipe(engines=("a", "b", "c"))) == []
    (note,) = roster_notes(recipe(engines=("auto",)))
    assert note.startswith("speech.engines: auto stands for a (x), b (y), c (z)")
    assert roster.ENOUGH_FAMILIES == 3


def test_a_voice_of_the_recipe_speaks_its_own_language_only():
    entry = VoiceConfig(engine="piper", source="a.onnx", license="MIT")
    german = in_language(recipe(voices=(entry, replace(entry, lang="fr"))), "de")
    assert (german.lang, [voice.lang for voice in german.speech.voices]) == ("de", ["en", "fr"])
