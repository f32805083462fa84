"""The evidence of wake words: what its test says is in no recipe; the command in short."""

import json
from pathlib import Path

import pytest

from corpusforge.core.schema import read_table
from corpusforge.core.text import fold
from eval.speech import wake_others, wake_word
from eval.speech.wake_word import FIRST, SECOND, arms, digest, recipe_of, section

pytest.importorskip("wordfreq")
RESULT = Path(__file__).parents[2] / "eval" / "results" / "wake_word.json"


def test_its_sentences_are_in_no_recipe(tmp_path):
    known = wake_others.recipe_texts(recipe_of(tmp_path, FIRST))
    rows = [*wake_others.packs(600, known), *wake_others.near_misses(FIRST, known)]
    assert len(rows) > 600
    assert not [text for text, _ in rows if fold(text) in known]
    assert {intent for _, intent in rows} == {"other_speech", "near_miss"}


def test_real_sentences_are_plain_and_in_no_recipe(tmp_path, real_data):
    known = wake_others.recipe_texts(recipe_of(tmp_path, FIRST))
    rows = wake_others.real(4200, known)
    assert len(rows) > 4000
    assert not [text for text, _ in rows if fold(text) in known or any(map(str.isdigit, text))]


def test_a_test_that_says_what_the_recipe_holds_fails(tmp_path):
    rows = [("the goat was looking at us", "other_speech"), ("a known one", "other_speech")]
    known = frozenset({fold("a known one")})
    wake_others.clips_that_say(tmp_path / "said", rows, (), known)
    table = read_table(tmp_path / "said" / "clips.parquet").to_pylist()
    voices = [f"{row['engine']}/{row['voice']}" for row in table]
    with pytest.raises(ValueError, match="a known one"):
        wake_others.clips_that_say(tmp_path / "said", rows, voices, known)
    fine = wake_others.clips_that_say(tmp_path / "said", rows, voices, frozenset())
    assert {file.split for file in fine} == {"test"}


def test_recipes_are_written_again_and_told_apart(tmp_path):
    first = digest(recipe_of(tmp_path, FIRST))
    second = digest(recipe_of(tmp_path, SECOND))
    assert first != second
    assert second == digest(recipe_of(tmp_path, SECOND))
    assert {arm.phrase for arm in arms(1200).values()} == {FIRST, SECOND}


def test_the_kept_result_still_makes_its_section():
    lines = list(section(json.loads(RESULT.read_text("utf-8"))))
    assert any("phrases that it lacks" in line for line in lines)


def test_its_table_tells_new_voices_from_shifts_of_one_that_trained():
    result = json.loads(RESULT.read_text("utf-8"))
    test = result["cells"]["all negatives, seed 1"]["test"]
    test["recall_by_base_voice"] = {
        "hibari/heart": {"recall": 0.9, "positives": 70, "speakers": 2, "trained": True},
        "flite/slt": {"recall": 0.5, "positives": 60, "speakers": 4, "trained": False},
        **{
            f"espeak/en+f{n}": {"recall": 0.8, "positives": 10, "speakers": 1, "trained": n == 1}
            for n in range(1, 7)
        },
    }
    test["new_voices"] = {
        "recall": 0.72, "recall_low": 0.6, "recall_high": 0.8, "positives": 110, "speakers": 9,
    }  # fmt: skip
    rows = [line.split(" | ")[2:] for line in section(result) if line.startswith("| all neg")]
    told = {row[0]: row[1] for row in rows if len(row) == 2}
    assert told["all whose base voice did not train"] == "72.0 (60.0 to 80.0; 110, 9) |"
    assert told["base voice hibari/heart, trained"].endswith("; 70, 2) |")
    assert told["base voice flite/slt, did not train"].startswith("50.0")
    assert told["espeak, base voices that did not train"].endswith("; 50, 5) |")
    assert told["espeak, base voices that trained"].endswith("; 10, 1) |")


@pytest.mark.slow
def test_the_table_of_wake_words_in_short(tmp_path, capsys):
    """The whole command with a few clips; its cells are there when it is called again."""
    pytest.importorskip("torch")
    assert wake_word.main(["--work", str(tmp_path), "--quick"]) == 0
    first = capsys.readouterr().out
    assert f"| {SECOND}, all negatives" in first
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("cells/*.json")}
    assert len(before) == 3
    assert wake_word.main(["--work", str(tmp_path), "--quick"]) == 0
    assert capsys.readouterr().out == first
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("cells/*.json")}
