"""The recipe that `init --wake-word` writes."""

import re
from collections import Counter

import pytest

from corpusforge import api
from corpusforge.cli import _print_summary, main
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.text import fold
from corpusforge.core.wake import NEGATIVE_INTENTS, ORDINARY_INTENTS, WAKE_INTENT
from corpusforge.pipeline import BuildSummary
from corpusforge.wake import detector_hint, init_wake_word

pytest.importorskip("wordfreq")


def rows_of(recipe):
    loaded = load_recipe(recipe)
    path = loaded.path(loaded.grammar.path)
    table, _ = api.sample(path, 5000, seed=1, lang=loaded.lang)
    assert len(table) == loaded.grammar.rows
    return list(zip(table["intent"].to_pylist(), table["text"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return rows_of(init_wake_word("okay willow", tmp_path_factory.mktemp("wake") / "recipe")[0])


def test_it_holds_talk_questions_numbers_and_commands(rows):
    counts = Counter(intent for intent, _ in rows)
    assert set(counts) == {WAKE_INTENT, *NEGATIVE_INTENTS}
    assert all(counts[intent] >= 100 for intent in ORDINARY_INTENTS)
    assert len({fold(text) for _, text in rows}) == len(rows)
    assert not [text for intent, text in rows if intent != WAKE_INTENT and "okay willow" in text]


def test_words_that_sound_alike_stand_in_sentences_too(rows):
    near = {text for intent, text in rows if intent == "near_miss"}
    words = {word for text in near for word in text.split()} - {"okay", "willow"}
    around = [text for _, text in rows if re.match("he asked for|all I heard was", text)]
    assert around
    assert all((words | {"okay", "willow"}) & set(text.split()) for text in around)


def test_the_same_call_writes_the_same_sentences(rows, tmp_path):
    assert rows_of(init_wake_word("okay willow", tmp_path / "recipe")[0]) == rows


def test_a_language_without_talk_has_the_commands_of_its_packs_or_none(tmp_path):
    german, said = init_wake_word("hallo linda", tmp_path / "de", "de")
    counts = Counter(intent for intent, _ in rows_of(german))
    assert said == ()
    assert counts["other_speech"] >= 100
    assert counts["other_talk"] == 0
    swedish, said = init_wake_word("hej linda", tmp_path / "sv", "sv")
    counts = Counter(intent for intent, _ in rows_of(swedish))
    assert not set(counts) & set(ORDINARY_INTENTS)
    assert counts["near_miss"] > 0
    assert "--lang sv --ordinary FILE" in said[0]
    assert said[0] in api.validate(swedish).notes
    assert said[0] not in api.validate(swedish, ["speech.clips=0"]).notes


def test_own_sentences_are_the_ordinary_speech_of_a_language_without_packs(tmp_path):
    said = ["Vad är klockan?", "Stäng dörren (snart) {nu}, tack: genast::3!", "hej  linda igen"]
    file = tmp_path / "said.txt"
    file.write_text("\n".join([*said, "", "vad är klockan", "..."]), "utf-8-sig")
    recipe, notes = init_wake_word("hej linda", tmp_path / "sv", "sv", ordinary_file=file)
    rows = rows_of(recipe)
    assert {text for intent, text in rows if intent == "other_speech"} == set(said[:2])
    assert len(notes) == 2
    assert "hej linda igen" in notes[0]
    assert "2 lines are left out" in notes[1]
    assert not [note for note in api.validate(recipe).notes if "ordinary" in note]


def test_init_says_that_ordinary_speech_is_missing_and_takes_a_file_of_it(tmp_path, capsys):
    call = ["init", str(tmp_path / "tr"), "--wake-word", "hallo willi", "--lang", "tr"]
    assert main(call) == 0
    assert "warning: wake word without ordinary speech in tr" in capsys.readouterr().out
    call[1] = str(tmp_path / "other")
    assert main([*call, "--ordinary", str(tmp_path / "none.txt")]) == 2
    assert "none.txt cannot be read as sentences" in capsys.readouterr().err
    (tmp_path / "empty.txt").write_text("\n", "utf-8")
    assert main([*call, "--ordinary", str(tmp_path / "empty.txt")]) == 2
    assert "holds no sentences" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
    assert main(["init", str(tmp_path / "plain"), "--ordinary", "empty.txt"]) == 2


def test_a_language_without_a_list_of_words_takes_a_file_of_them(tmp_path, capsys):
    call = ["init", str(tmp_path / "et"), "--wake-word", "tere arvuti", "--lang", "et"]
    assert main(call) == 2
    assert "--lexicon" in capsys.readouterr().err
    words = tmp_path / "words.txt"
    words.write_text("tere\npere\nkere\nmere\narvuti\narvutid\nlaud\n", "utf-8")
    assert main([*call, "--lexicon", str(words)]) == 0
    near = {text for intent, text in rows_of(tmp_path / "et") if intent == "near_miss"}
    assert {"kere arvuti", "mere arvuti"} <= near
    capsys.readouterr()
    assert main(["init", str(tmp_path / "plain"), "--lexicon", str(words)]) == 2
    assert "--lexicon" in (said := capsys.readouterr().err)
    assert "belongs to --wake-word" in said
    assert not (tmp_path / "plain").exists()


def test_a_notebook_gives_plain_names_of_files(tmp_path):
    (tmp_path / "words.txt").write_text("kere\nmere\n", "utf-8")
    given = {"lexicon_file": f"{tmp_path}/words.txt"}
    recipe, _ = api.init_wake_word("tere arvuti", f"{tmp_path}/et", "et", **given)
    near = {text for intent, text in rows_of(recipe) if intent == "near_miss"}
    found = api.confusables(["tere arvuti"], "et", **given)
    assert near == {one.text for one in found if one.kind == "near_miss"} != set()


def test_a_build_of_a_wake_word_names_the_verb_that_comes_next_once(tmp_path, capsys):
    def summary(intents, clips, complete=True):
        counts = {"dropped": {}, "rows_out": 1, "seconds": 1.0}
        stages = (
            {"stage": "grammar", "facts": {"intents": intents}, **counts},
            {"stage": "audio_gate", "facts": {"clips": clips}, **counts},
        )
        return BuildSummary(tmp_path / "my corpus", complete, stages, (), ())

    hint = detector_hint(summary({"wake_word": 1, "other_speech": 9}, 40))
    assert hint == f"corpusforge detector '{tmp_path}/my corpus' -o '{tmp_path}/my corpus-detector'"
    _print_summary(summary({"wake_word": 1}, 40), parseable=True)
    assert capsys.readouterr().out.count(f"next\t{hint}\n") == 1
    _print_summary(summary({"wake_word": 1}, 40, complete=False), parseable=True)
    assert "corpusforge detector" not in capsys.readouterr().out
    assert detector_hint(summary({"lights": 1, "other_speech": 9}, 40)) is None
    assert detector_hint(summary({"wake_word": 1}, 0)) is None
    assert detector_hint(summary({"wake_word": 1}, 40, complete=False)) is None


def test_the_shipped_recipe_holds_them_too():
    counts = Counter(intent for intent, _ in rows_of("wake_word"))
    assert set(counts) == {WAKE_INTENT, *NEGATIVE_INTENTS}
    assert all(counts[intent] >= 100 for intent in ORDINARY_INTENTS)
