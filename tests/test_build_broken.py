"""Builds that are killed, run out of disk or find damaged files: nothing lost, same bytes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import pytest

from corpusforge import api
from corpusforge.core.errors import RunError
from corpusforge.pipeline import stage_names
from corpusforge.speech.engines.espeak import PLUGIN as ESPEAK
from tests.build_outputs import NO_GAN, clean_rows, outputs
from tests.processes import left_by_a_killed, needs_proc

KILL = """
import os, signal, sys
from pathlib import Path
from corpusforge import api, manifest, pipeline
from corpusforge.core.run import Cache, RunFolder

recipe, out, stage = sys.argv[1:4]
finish = RunFolder.finish

def killed(self, name, key, working, entry):
    # Everything is written, nothing is renamed: the worst moment.
    if name == stage:
        os.kill(os.getpid(), signal.SIGKILL)
    return finish(self, name, key, working, entry)

def half_put(self, kind, key, suffix, data):
    path = self._path(kind, key, suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("." + path.name + ".0.tmp").write_bytes(data[: len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)

RunFolder.finish = killed
if stage == "clip":
    Cache.put = half_put
if stage == "rows":
    # The first rows are in a file, under its temporary name.
    from corpusforge.grammar import dealing
    from corpusforge.grammar.distinct_rows import DistinctRows
    dealing.WINDOW = 30
    batches = DistinctRows.batches
    def some(self):
        for number, batch in enumerate(batches(self)):
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield batch
    DistinctRows.batches = some
if stage.startswith("publish:"):
    publish = RunFolder.publish
    def killed_publish(self, source, target):
        if target.name != stage[8:]:
            return publish(self, source, target)
        target.exists() and target.replace(target.with_name("." + target.name + ".old"))
        os.kill(os.getpid(), signal.SIGKILL)
    RunFolder.publish = killed_publish
if stage.startswith("json:"):
    write_json = pipeline.write_json
    def killed_json(value, path):
        if path.name == stage[5:]:
            path.with_name("." + path.name + ".1.tmp").write_text("{")
            os.kill(os.getpid(), signal.SIGKILL)
        write_json(value, path)
    pipeline.write_json = manifest.write_json = killed_json
api.build(recipe, out, overrides=sys.argv[4:])
"""


def kill(recipe, out, place, overrides=()):
    command = [sys.executable, "-c", KILL, str(recipe), str(out), place, *overrides]
    done = subprocess.run(command, check=False)
    assert done.returncode == -signal.SIGKILL, place


def temporary_files(out):
    return [p for p in out.rglob("*") if p.name.endswith((".tmp", ".old"))]


def test_killed_in_every_stage_and_run_again(tiny_run, tmp_path, tiny_recipe):
    out = tmp_path / "corpus"
    for place in ("rows", *stage_names()[:4], "clip", *stage_names()[4:], "publish:release"):
        kill(tiny_recipe, out, place)
        assert not (out / "manifest.json").exists()
    summary = api.build(tiny_recipe, out)
    assert set(summary.reused) == set(stage_names())
    assert outputs(out) == outputs(tiny_run)
    assert temporary_files(out) == []


def test_killed_while_an_edited_recipe_replaces_a_finished_run(tmp_path, tiny_recipe):
    out = tmp_path / "corpus"
    overrides = [*NO_GAN, "speech.clips=4"]
    api.build(tiny_recipe, out, overrides=overrides)
    old, before = clean_rows(out)[0]["id"], outputs(out)
    edited = [*overrides, "seed=4"]
    for place in ("grammar", "export", "report"):
        kill(tiny_recipe, out, place, edited)
        assert outputs(out) == before
        assert old in api.explain(out, old)
        assert api.status(out)["previous"]
        api.report(out)
        assert outputs(out) == before
    for place in (
        "publish:release",
        "publish:report.html",
        "json:labels.json",
        "json:manifest.json",
    ):
        kill(tiny_recipe, out, place, edited)
    api.build(tiny_recipe, out, overrides=edited)
    api.build(tiny_recipe, tmp_path / "fresh", overrides=edited)
    assert outputs(out) == outputs(tmp_path / "fresh")
    assert json.loads((out / "manifest.json").read_text())["recipe"]["seed"] == 4
    assert temporary_files(out) == []


def test_the_previous_run_survives_a_failing_one(tiny_recipe, tmp_path, monkeypatch):
    out = tmp_path / "corpus"
    overrides = [*NO_GAN, "speech.clips=4"]
    api.build(tiny_recipe, out, overrides=overrides)
    before = outputs(out)

    def full(self, kind, key, suffix, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("corpusforge.core.run.Cache.put", full)
    with pytest.raises(RunError, match="the disk is full"):
        api.build(tiny_recipe, out, overrides=[*overrides, "seed=4"])
    assert outputs(out) == before
    monkeypatch.undo()
    api.build(tiny_recipe, out, overrides=[*overrides, "seed=4"])
    assert outputs(out) != before


def test_a_damaged_clip_is_rendered_again(tiny_recipe, tmp_path):
    out = tmp_path / "corpus"
    overrides = [*NO_GAN, "speech.clips=4"]
    api.build(tiny_recipe, out, overrides=overrides)
    before = outputs(out)
    for damage in (lambda p: p.unlink(), lambda p: p.write_bytes(p.read_bytes()[:-2000])):
        damage(sorted((out / "cache").glob("clips/*/*.flac"))[0])
        shutil.rmtree(out / "release")
        summary = api.build(tiny_recipe, out, overrides=overrides)
        assert summary.facts("speech")["rendered"] == 1
        assert outputs(out) == before


@needs_proc
@pytest.mark.skipif(bool(ESPEAK.missing()), reason=ESPEAK.missing())
def test_a_killed_build_leaves_no_process_behind(tiny_recipe, tmp_path):
    command = [sys.executable, "-m", "corpusforge", "build", str(tiny_recipe)]
    command += ["-o", str(tmp_path / "corpus"), "--executor=process", "--workers=2", "--quiet"]
    command += ["--until=speech", "--set=expand.rows=0", "--set=speech.clips=4000"]
    command += ["--set=speech.engines=[espeak]"]
    assert left_by_a_killed(command, "espeak_server.py", 2) == {}
