"""What the user is told about a wrong template file: message, place, caret, nearest name."""

import re
from pathlib import Path

import pytest

from corpusforge import api
from corpusforge.core.errors import InputError
from corpusforge.grammar.check import check_templates

GOLDEN = Path(__file__).parent / "errors"
CASES = sorted(GOLDEN.glob("*.yaml"))


def told(path):
    with pytest.raises(InputError) as caught:
        check_templates(path)
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{path.parent}/", "") + "\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path):
    # To look at new messages: write told(path) into the .txt beside the .yaml and read it.
    assert told(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_place_is_in_the_file(path):
    lines = path.read_text(encoding="utf-8").splitlines() or [""]
    for line, column in re.findall(rf"^{path.name}:(\d+):(\d+): ", told(path), re.MULTILINE):
        assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1


def test_not_utf8(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes("language: en\nintents: {a: grün}\n".encode("latin-1"))
    assert told(path).startswith("latin.yaml:2:16: not UTF-8: byte 0xfc")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no file or folder"):
        check_templates(tmp_path / "nothing")
    with pytest.raises(InputError, match="no template files"):
        check_templates(tmp_path)


def test_errors_of_all_files_come_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("language: en\nintents: {a: {data: [{sentences: ['(']}]}}\n")
    (tmp_path / "b.yaml").write_text("language: en\nintents: {b: {data: [{sentences: ['<x>']}]}}\n")
    with pytest.raises(InputError) as caught:
        check_templates(tmp_path)
    assert "a.yaml:2" in str(caught.value)
    assert "b.yaml:2" in str(caught.value)


def test_the_language_must_be_named_where_there_are_two(tmp_path):
    for tag in ("en", "de"):
        text = f"language: {tag}\nintents: {{a: {{data: [{{sentences: [x]}}]}}}}\n"
        (tmp_path / f"{tag}.yaml").write_text(text)
    with pytest.raises(InputError, match="several languages") as caught:
        check_templates(tmp_path)
    assert caught.value.allowed == ("de", "en")
    assert check_templates(tmp_path, lang="de").lang == "de"
    with pytest.raises(InputError, match="no templates in the language 'fr'"):
        check_templates(tmp_path, lang="fr")


def test_a_rule_with_two_bodies(tmp_path):
    for name, body in (("a", "x"), ("b", "y")):
        text = f"language: en\nexpansion_rules:\n  r: {body}\nintents: {{}}\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(
        InputError, match=r"b.yaml:3:3: the rule <r> has another body in .*a.yaml:3"
    ):
        check_templates(tmp_path)


def test_validate_warns_of_label_noise_and_names_the_nearest_intent_of_a_quota(tmp_path):
    (tmp_path / "t.yaml").write_text("""\
language: en
intents:
  light_on: {data: [{sentences: ["light {x}", "bright"]}]}
  light_off: {data: [{sentences: ["(light|dark) {x}"]}]}
lists: {x: {values: [one, two]}}
""")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: n\nlang: en\nlicense: MIT\ngrammar: {path: t.yaml}\nspeech: {clips: 0}\n"
    )
    notes = api.validate(recipe, ["expand.rows=0"]).notes
    (warning,) = [note for note in notes if note.startswith("warning: ")]
    assert "t.yaml:4:36: light_off and light_on share 1 sentence" in warning
    with pytest.raises(InputError) as caught:
        api.validate(recipe, ["expand.rows=0", "grammar.quotas={light_oof: 3}"])
    assert "did you mean 'light_off'" in str(caught.value)
    with pytest.raises(InputError, match=r"ask for 150\.0% of the rows"):
        api.validate(recipe, ["expand.rows=0", "grammar.quotas={light_off: 3000}"])
