"""Whole builds with real rows: the gate in the release, and what lies beside it."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys

import pytest

from corpusforge import api
from corpusforge.assess import history
from corpusforge.assess.publish import publish_figures
from corpusforge.core.schema import read_table
from corpusforge.export.verify import verify_release
from tests.conftest import TINY
from tests.export.test_privacy import texts_of

SAID = {
    "LightOn": ("switch the {} on", "give me light in the {}", "could you turn the {} on"),
    "LightOff": ("kill the {}", "switch {} off", "lights out in the {}"),
    "CallPerson": ("give {} a call", "connect me to {}", "i want to speak with {}"),
}
PLACES = ("kitchen", "cellar", "bedroom", "hall")
ENDS = ("", " now", " right away", " thanks", " for me")
CANARY, SECRET = "zyloph", "qsecret"


def real_lines(word=""):
    """180 sentences, a third of them held out."""
    splits = ("train", "train", "train", "validation", "train", "test")
    lines, number = [], 0
    for intent, frames in SAID.items():
        for frame in frames:
            for place in PLACES:
                for end in ENDS:
                    text = f"{frame.format(place)}{end}{word}"
                    lines.append({"text": text, "intent": intent, "split": splits[number % 6]})
                    number += 1
    return lines


def recipe_in(folder, lines, extra):
    folder.mkdir(exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "real.jsonl").write_text(text, encoding="utf-8")
    whole = (TINY / "recipe.yaml").read_text(encoding="utf-8")
    whole = whole.replace("path: templates", f"path: {TINY / 'templates'}")
    whole += "real: {path: real.jsonl, split: split, license: MIT, publish: false}\n"
    whole += "assess: {encoder: tfidf-svd, draws: 2}\n"
    path = folder / "recipe.yaml"
    path.write_text(whole + extra, encoding="utf-8")
    return path


def digests(folder, *names):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in names
        for path in sorted([folder / name, *(folder / name).rglob("*")])
        if path.is_file()
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The tiny recipe with private real rows: generated rows gain nothing here."""
    folder = tmp_path_factory.mktemp("assessed")
    recipe = recipe_in(folder, real_lines(), "")
    summary = api.build(recipe, folder / "corpus")
    return recipe, folder / "corpus", summary


def test_generated_rows_are_offered_apart(built):
    datasets = pytest.importorskip("datasets")
    _, out, summary = built
    assert verify_release(out / "release") == []
    nlu = datasets.load_dataset(str(out / "release"), "nlu")
    expanded = datasets.load_dataset(str(out / "release"), "nlu_expanded")
    default = datasets.load_dataset(str(out / "release"))
    assert set(nlu["train"]["origin"]) == {"grammar"}
    assert set(expanded["train"]["origin"]) == {"grammar", "gan"}
    assert default["train"].to_list() == nlu["train"].to_list()
    assert expanded["test"].to_list() == nlu["test"].to_list()
    assert any("kept out of config nlu" in note for note in summary.notes)
    assert summary.facts("assess")["expansion"] == "kept_out"
    clips = read_table(next((out / "stages").glob("audio_gate-*")) / "clips.parquet")
    assert set(clips["origin"].to_pylist()) == {"grammar"}


def test_the_verdict_stands_where_a_user_looks(built):
    _, out, summary = built
    verdict = summary.facts("assess")["usefulness"]
    assert api.status(out)["usefulness"]["verdict"] == verdict
    card = (out / "release" / "README.md").read_text(encoding="utf-8")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"**{verdict}**" in card
    assert verdict in page
    assert "kept out of config nlu" in page
    assert 'href="assess.html"' in page
    assert json.loads((out / "assess.json").read_text(encoding="utf-8"))["verdict"] == verdict
    assert verdict in (out / "assess.html").read_text(encoding="utf-8").lower()
    assert verdict in api.report(out / "release").read_text(encoding="utf-8")


def test_a_second_build_adds_nothing(built):
    recipe, out, _ = built
    before = digests(out, ".")
    table = history.read(out / "history.parquet")
    assert set(table["kind"].to_pylist()) == {"build"}
    assert table.num_rows == 6  # two classifiers; real, synthetic, both
    api.build(recipe, out)
    assert digests(out, ".") == before


def test_the_report_tells_the_history_when_asked(built):
    recipe, out, _ = built
    at_build = (out / "report.html").read_bytes()
    assert b"Over time" not in at_build
    shown = api.report(out).read_text(encoding="utf-8")
    assert "Accuracy on real rows over time" in shown
    api.build(recipe, out)
    assert (out / "report.html").read_bytes() == at_build


KILL = """
import os, signal, sys
from corpusforge import api
from corpusforge.core.run import RunFolder

finish = RunFolder.finish

def killed(self, name, key, working, entry):
    if name == "assess":
        os.kill(os.getpid(), signal.SIGKILL)
    return finish(self, name, key, working, entry)

RunFolder.finish = killed
api.build(*sys.argv[1:])
"""


def test_killed_while_assessing_and_run_again_with_processes(built, tmp_path):
    recipe, out, _ = built
    again = tmp_path / "corpus"
    # What takes longest, the generator, is as in a run that was stopped after clean.
    shutil.copytree(out, again)
    for left in ("release", "report.html", "assess.json", "assess.html", "history.parquet"):
        path = again / left
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(again / "cache" / "clips")
    for stage in ("assess", "speech", "audio_gate", "export", "report"):
        shutil.rmtree(next((again / "stages").glob(f"{stage}-*")))
    command = [sys.executable, "-c", KILL, str(recipe), str(again)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    summary = api.build(recipe, again, executor="process", workers=2)
    assert summary.reused == ("grammar", "expand", "clean")
    names = ("release", "report.html", "assess.json")
    assert digests(again, *names) == digests(out, *names)
    assert [path for path in again.rglob("*") if path.name.endswith((".tmp", ".old"))] == []


def test_no_word_of_a_private_row_comes_out(tmp_path):
    secret = [
        {"text": f"{CANARY} number {n}", "intent": SECRET, "split": ("train", "test")[n % 2]}
        for n in range(10)
    ]
    lines = [*real_lines(f" {CANARY}"), *secret]
    recipe = recipe_in(tmp_path / "private", lines, "export: {writers: [hf, wav_csv]}\n")
    out = tmp_path / "corpus"
    summary = api.build(recipe, out, overrides=["expand.rows=0", "speech.clips=0"])
    # The owner's own page may quote them, and does: the search is known to find.
    assert CANARY in (out / "assess.html").read_text(encoding="utf-8")
    api.report(out)
    for name in ("release", "exports"):
        told = [where for where, text in texts_of(out / name) if CANARY in text or SECRET in text]
        assert told == []
    for name in ("report.html", "assess.json", "labels.json"):
        text = (out / name).read_text(encoding="utf-8")
        assert CANARY not in text
        assert SECRET not in text
    assert summary.facts("assess")["verdict_code"] in ("use", "no_gain", "use_up_to")


def test_without_real_rows_nothing_is_assessed_or_noted(tiny_recipe, tmp_path):
    out = tmp_path / "corpus"
    api.build(tiny_recipe, out, overrides=["expand.rows=0", "speech.clips=0"])
    for name in ("assess.json", "assess.html", "history.parquet"):
        assert not (out / name).exists()
    assert api.status(out)["usefulness"] is None


def test_a_build_leaves_alone_what_the_user_assessed(tmp_path):
    out = tmp_path / "corpus"
    out.mkdir()
    stage = tmp_path / "stage"
    stage.mkdir()
    own = {"assess.json": '{"corpus": {"kind": "run"}}', "assess.html": "mine"}
    for name, text in own.items():
        (out / name).write_text(text, encoding="utf-8")
    publish_figures(stage, out)
    assert {name: (out / name).read_text(encoding="utf-8") for name in own} == own
    (out / "assess.json").write_text('{"corpus": {"kind": "build"}}', encoding="utf-8")
    publish_figures(stage, out)
    assert list(out.iterdir()) == []
