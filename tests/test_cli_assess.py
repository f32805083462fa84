"""The verbs assess, mix and log on the command line."""

from __future__ import annotations

import json

import pytest

from corpusforge.cli import main

CARRIERS = {
    "light": ["turn the {} on", "switch on the {}", "the {} should be on", "{} on please"],
    "music": ["play {} for me", "I want to hear {}", "put on some {}", "{} would be nice to hear"],
    "alarm": ["wake me {}", "set an alarm {}", "I must get up {}", "an alarm {} please"],
}
FILLERS = {
    "light": ["desk lamp", "kitchen light", "fan", "heater", "porch light", "lava lamp", "radio"],
    "music": ["jazz", "the blues", "a waltz", "some rock", "old songs", "piano music", "opera"],
    "alarm": ["at six", "before dawn", "at noon", "in an hour", "tomorrow", "on sunday", "early"],
}


def toy_rows(places, extra=""):
    """Sentences of three intents; `places` picks the carriers, so that files differ."""
    return [
        {"text": CARRIERS[intent][place].format(filler) + extra, "intent": intent}
        for intent in CARRIERS
        for place in places
        for filler in FILLERS[intent]
    ]


@pytest.fixture
def toy(tmp_path):
    def _write(name, rows):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return (
        _write("corpus.jsonl", toy_rows([0, 1], " my dear")),
        _write("real.jsonl", toy_rows([2])),
        _write("test.jsonl", toy_rows([3])),
    )


QUICK = ["--encoder", "tfidf-svd", "--draws", "1"]


def test_assess_prints_the_verdict_first_and_writes_everything(toy, tmp_path, capsys):
    from corpusforge.assess.history import read

    corpus, real, test = toy
    assert main(["assess", corpus, "--real", real, "--test", test, *QUICK]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("verdict: ")
    assert "real + synthetic" in captured.out
    figures = tmp_path / "corpus-assess.json"
    assert f"wrote {figures}" in captured.out
    assert "<html" in (tmp_path / "corpus-assess.html").read_text()[:200].lower()
    document = json.loads(figures.read_text())
    assert captured.out.splitlines()[0] == f"verdict: {document['verdict']}"
    history = read(tmp_path / "corpus-history.parquet")
    assert set(history["arm"].to_pylist()) == {"real", "synthetic", "real + synthetic"}
    assert history.num_rows == 6
    assert set(history["corpus_sha256"].to_pylist()) == {document["corpus"]["content_sha256"]}
    share = dict(zip(*(history[c].to_pylist() for c in ("arm", "synthetic_share")), strict=True))
    assert (share["real"], share["synthetic"]) == (0.0, 1.0)
    assert share["real + synthetic"] == pytest.approx(2 / 3)


def test_assess_json_is_valid_alone_on_stdout_and_repeatable(toy, tmp_path, capsys):
    from importlib import resources

    from jsonschema import Draft202012Validator

    corpus, real, test = toy
    texts = []
    for folder in ("a", "b"):
        arguments = ["--test", test, "--json", "--curve", "-o", str(tmp_path / folder), *QUICK]
        assert main(["assess", corpus, "--real", real, *arguments]) == 0
        texts.append(capsys.readouterr().out)
        written = json.loads((tmp_path / folder / "assess.json").read_text())
        assert json.loads(texts[-1]) == written
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0]
    schema = json.loads(
        resources.files("corpusforge").joinpath("schemas/assess.schema.json").read_text()
    )
    errors = list(Draft202012Validator(schema).iter_errors(json.loads(texts[0])))
    assert [error.message for error in errors] == []


def test_assess_refuses_before_it_measures(toy, tmp_path, capsys):
    corpus, real, test = toy
    (tmp_path / "other.jsonl").write_text('{"text": "hello there", "intent": "greet"}\n' * 20)
    leak = tmp_path / "leak.jsonl"
    leak.write_text((tmp_path / "corpus.jsonl").read_text() + (tmp_path / "test.jsonl").read_text())
    before = sorted(tmp_path.iterdir())
    other = str(tmp_path / "other.jsonl")
    for arguments, expected in (
        ([corpus, "--real", other], "share no label"),
        ([str(leak), "--real", real, "--test", test], "--drop-test-rows"),
        ([corpus, "--real", real, "--text", "txet"], "did you mean 'text'"),
        ([corpus], "no real rows of its own"),
        (["nowhere.csv", "--real", real], "nowhere.csv"),
        ([corpus, "--real", real, "--draws", "0"], "--draws 0"),
    ):
        assert main(["assess", *arguments, "-o", str(tmp_path / "new")]) == 2
        captured = capsys.readouterr()
        assert expected in captured.err, captured.err
        assert captured.out == ""
    assert sorted(tmp_path.iterdir()) == before


def test_assess_leaves_a_damaged_history_and_a_release_alone(toy, tmp_path, capsys):
    corpus, real, _ = toy
    history = tmp_path / "corpus-history.parquet"
    history.write_bytes(b"junk")
    assert main(["assess", corpus, "--real", real, *QUICK]) == 1
    assert "move it away" in capsys.readouterr().err
    assert history.read_bytes() == b"junk"
    assert not (tmp_path / "corpus-assess.json").exists()
    history.unlink()
    release = tmp_path / "release"
    release.mkdir()
    (release / "SHA256SUMS").write_text("")
    assert main(["assess", corpus, "--real", real, "-o", str(release)]) == 2
    assert "checksums" in capsys.readouterr().err


def test_mix_and_log(toy, tmp_path, capsys):
    corpus, real, test = toy
    out = tmp_path / "mix.csv"
    arguments = ["mix", "--real", real, "--synthetic", corpus, "--test", test, "-o", str(out)]
    assert main([*arguments, "--share", "0.5"]) == 0
    assert "21 real and 21 synthetic rows (50.0% synthetic)" in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 43
    assert main([*arguments, "--share", "aut"]) == 2
    assert "did you mean 'auto'" in capsys.readouterr().err
    assert main(["log", corpus, "--accuracy", "0.9", "--synthetic-share", "0.1"]) == 0
    for accuracy in ("0.9", "0.8"):
        share = ["--synthetic-share", str(1 - float(accuracy)), "--test-rows", "1000"]
        assert main(["log", corpus, "--accuracy", accuracy, *share, "--note", "x"]) == 0
    assert "alert: own model" in capsys.readouterr().out
    assert main(["log", corpus, "--accuracy", "87"]) == 2
    assert "0.87, not 87" in capsys.readouterr().err


def test_mix_auto_measures_when_nobody_has(toy, tmp_path, capsys):
    corpus, real, test = toy
    out = tmp_path / "mix.jsonl"
    arguments = ["mix", "--real", real, "--synthetic", corpus, "--share", "auto", "-o", str(out)]
    assert main(arguments) == 2
    assert "no rows to test on" in capsys.readouterr().err
    # Test rows enough for a verdict.
    many = [row | {"text": f"{row['text']} {more}"} for row in toy_rows([3]) for more in "abc"]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in many))
    assert main([*arguments, "--test", test, "--encoder", "tfidf-svd"]) == 0
    captured = capsys.readouterr()
    assert "(measured now)" in captured.err
    origins = [json.loads(line)["origin"] for line in out.read_text().splitlines()]
    assert origins.count("real") == 21
    assert origins.count("external") >= 1
