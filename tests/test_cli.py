"""What a user types and sees: exit codes, messages, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from corpusforge import api
from corpusforge.cli import _parser, main

TEMPLATES = "language: en\nintents:\n  On:\n    data:\n      - sentences:\n          - {sentence}\n"
RECIPE = (
    "name: t\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml, rows: 10}\n"
    "expand: {rows: 0}\nspeech: {clips: 0}\n"
)


@pytest.fixture
def write(tmp_path):
    def _write(templates=None, recipe=RECIPE):
        if templates is None:
            templates = TEMPLATES.format(sentence='"turn it on"')
        data = templates if isinstance(templates, bytes) else templates.encode()
        (tmp_path / "t.yaml").write_bytes(data)
        (tmp_path / "recipe.yaml").write_text(recipe)
        return str(tmp_path / "recipe.yaml")

    return _write


def with_sentence(sentence, rest=""):
    return TEMPLATES.format(sentence=json.dumps(sentence)) + rest


LIST = "lists:\n  lamp:\n    values: [desk lamp]\n"
BAD_TEMPLATES = {
    "unclosed bracket": (with_sentence("turn (it|that on"), ["t.yaml:6:1", "^"]),
    "unknown list": (
        with_sentence("turn on {lamb}", LIST),
        ["t.yaml:6:", "{lamb}", "did you mean 'lamp'"],
    ),
    "unknown rule": (
        with_sentence("<pleas> go", "expansion_rules:\n  please: (please|kindly)\n"),
        ["t.yaml:6:", "<pleas>", "did you mean 'please'"],
    ),
    "recursion": (
        with_sentence("<a>", "expansion_rules:\n  a: x <b>\n  b: y <a>\n"),
        ["t.yaml:", "a", "b"],
    ),
    "empty list": (
        with_sentence("on {lamp}", "lists:\n  lamp:\n    values: []\n"),
        ["t.yaml:9:", "lamp"],
    ),
    "range without end": (
        with_sentence("to {n}", "lists:\n  n:\n    range: {from: 1}\n"),
        ["t.yaml:9:", "to"],
    ),
    "not UTF-8": (with_sentence("turn it on").encode() + b"# \xfc\n", ["t.yaml:7:3: not UTF-8"]),
    "misspelt key": (with_sentence("go", "listz: {}\n"), ["t.yaml:7:1", "listz", "lists"]),
    "wrong type": ("language: en\nintents: [On]\n", ["t.yaml:2:"]),
    "not YAML": ("language: [en\n", ["t.yaml:", "not valid YAML"]),
}


@pytest.mark.parametrize("name", BAD_TEMPLATES)
@pytest.mark.parametrize("verb", ["validate", "build"])
def test_wrong_templates(write, capsys, tmp_path, name, verb):
    templates, expected = BAD_TEMPLATES[name]
    recipe = write(templates)
    arguments = (
        ["validate", recipe]
        if verb == "validate"
        else ["build", recipe, "-o", str(tmp_path / "out")]
    )
    assert main(arguments) == 2
    captured = capsys.readouterr()
    for part in expected:
        assert part in captured.err, captured.err
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


BAD_RECIPES = {
    "misspelt key": (RECIPE + "expnd: {}\n", ["recipe.yaml:7:1", "did you mean 'expand'"]),
    "missing key": (RECIPE.replace("lang: en\n", ""), ["the key 'lang' is missing"]),
    "wrong type": (RECIPE.replace("rows: 10", "rows: ten"), ["recipe.yaml:4:", "whole number"]),
    "unknown engine": (
        RECIPE.replace("clips: 0", "clips: 1, engines: [espek]"),
        ["recipe.yaml:6:", "did you mean 'espeak'"],
    ),
    "unknown language": (
        RECIPE.replace("clips: 0", "clips: 1, engines: [hibari]").replace("lang: en", "lang: tlh"),
        ["hibari", "tlh"],
    ),
    "no such label column": (
        RECIPE + "real: {path: rows.csv, license: CC0-1.0, label: intnt}\n",
        ["intnt", "intent"],
    ),
}


@pytest.mark.parametrize("name", BAD_RECIPES)
def test_wrong_recipes(write, capsys, tmp_path, name):
    text, expected = BAD_RECIPES[name]
    (tmp_path / "rows.csv").write_text("text,intent\nhello there,greet\n")
    recipe = write(recipe=text)
    if name == "unknown language":
        (tmp_path / "t.yaml").write_text((tmp_path / "t.yaml").read_text().replace(": en", ": tlh"))
    assert main(["build", recipe, "-o", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    for part in expected:
        assert part in captured.err, captured.err
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_named_before_any_work(write, capsys, tmp_path, monkeypatch):
    from importlib import util

    find_spec = util.find_spec

    def without(name, *rest):
        return (
            None
            if name.split(".")[0] in ("torch", "hibari_tts", "hibari")
            else find_spec(name, *rest)
        )

    monkeypatch.setattr(util, "find_spec", without)
    recipe = write(
        recipe=RECIPE.replace("{rows: 0}", "{rows: 5}").replace(
            "clips: 0", "clips: 5, engines: [hibari]"
        )
    )
    assert main(["build", recipe, "-o", str(tmp_path / "out")]) == 2
    text = capsys.readouterr().err
    assert "pip install 'corpusforge[text]'" in text
    assert "pip install 'corpusforge[speech]'" in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["bild", "smart_home"], "did you mean 'build'"),
        (["build", "smart_hom", "-o", "x"], "did you mean 'smart_home'"),
        (["build", "smart_home"], "-o"),
        (["sample", "nowhere", "-n", "3"], "nowhere"),
        (["status", "nowhere"], "is not a corpusforge run"),
        (["explain", "nowhere", "abcdef"], "is not a corpusforge run"),
        (["plugins", "efect"], "did you mean 'effect'"),
    ],
)
def test_wrong_command_lines(capsys, arguments, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_unknown_stage_and_executor(write, capsys, tmp_path):
    recipe = write()
    for extra, near in ((["--until", "claen"], "clean"), (["--executor", "procces"], "process")):
        assert main(["build", recipe, "-o", str(tmp_path / "out"), *extra]) == 2
        assert f"did you mean '{near}'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_sentence_and_a_slot_used_twice_are_normal(write, capsys):
    recipe = write(with_sentence("from {lamp} to {lamp}", LIST.replace("desk lamp", "a, b")))
    assert main(["validate", recipe]) == 0
    assert "t: valid" in capsys.readouterr().out


def test_sample_writes_jsonl(write, capsys, tmp_path):
    write(with_sentence("turn on {lamp}", LIST))
    assert main(["sample", str(tmp_path / "t.yaml"), "-n", "5"]) == 0
    captured = capsys.readouterr()
    row = json.loads(captured.out)
    assert (row["text"], row["intent"]) == ("turn on desk lamp", "On")
    assert [(s["name"], s["start"], s["end"]) for s in row["slots"]] == [("lamp", 8, 17)]
    assert "warning" in captured.err


def test_sample_to_parquet_and_file(write, tmp_path, capsys):
    from corpusforge.core.schema import read_table

    write(with_sentence("turn on {lamp}", LIST))
    out = tmp_path / "rows.parquet"
    arguments = ["sample", str(tmp_path / "t.yaml"), "-n", "1", "--format", "parquet"]
    assert main(arguments) == 2
    assert main([*arguments, "-o", str(out)]) == 0
    assert read_table(out)["text"].to_pylist() == ["turn on desk lamp"]


def test_preview_shows_rows_without_writing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["preview", "smart_home", "-n", "20"]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 20
    assert list(tmp_path.iterdir()) == []


def test_init_then_validate_then_build(tmp_path, capsys):
    assert main(["init", str(tmp_path / "new")]) == 0
    recipe = capsys.readouterr().out.splitlines()[0].removeprefix("wrote ")
    assert main(["validate", recipe]) == 0
    code = ["build", recipe, "-o", str(tmp_path / "out"), "--set", "expand.rows=0", "-q"]
    assert main([*code, "--set", "speech.clips=0"]) == 0
    assert main(["init", str(tmp_path / "new")]) == 2


def test_quiet_build_is_parseable(write, capsys, tmp_path):
    recipe = write()
    assert main(["build", recipe, "-o", str(tmp_path / "out"), "-q"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    pairs = [line.split("\t") for line in captured.out.splitlines()]
    assert all(len(pair) == 2 for pair in pairs)
    assert dict(pairs)["release"] == str(tmp_path / "out" / "release")
    assert main(["status", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["complete"]


def test_a_closed_pipe_is_no_failure(write, tmp_path):
    write(with_sentence("(a|b|c|d|e|f|g) (a|b|c|d|e|f|g) (a|b|c|d|e|f|g) (a|b|c|d|e|f|g)"))
    command = f"{sys.executable} -m corpusforge sample {tmp_path / 't.yaml'} -n 2000 | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_every_verb_is_a_function_for_notebooks():
    (verbs,) = [a.choices for a in _parser()._actions if isinstance(a.choices, dict)]
    names = {"import": "import_pack"}
    functions = {names.get(verb, verb.replace("-", "_")) for verb in verbs} | {"init_wake_word"}
    assert functions <= {*api.__all__}
    assert all(callable(getattr(api, name)) for name in functions)


def test_voices_and_plugins(capsys):
    assert main(["voices"]) == 0
    assert "hibari" in capsys.readouterr().out
    assert main(["plugins", "engine"]) == 0
    assert "espeak" in capsys.readouterr().out
