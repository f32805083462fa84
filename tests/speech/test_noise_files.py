import hashlib
import json
import shutil
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from corpusforge.core.recipe import NoiseFolder, SplitShares
from corpusforge.core.schema import read_table
from corpusforge.speech import noise_files
from corpusforge.speech.check import check
from corpusforge.speech.noise_files import dealt, find, know, look_for, read_piece
from corpusforge.speech.replay import Sources, replay
from tests.speech import rows


@pytest.fixture
def folder(tmp_path):
    """Four recordings: of other rates, channels and formats."""
    root = tmp_path / "noises"
    (root / "street").mkdir(parents=True)
    generator = np.random.default_rng(1)
    for name, rate_hz, channels in (
        ("fan.wav", 16000, 1),
        ("street/cars.flac", 44100, 2),
        ("street/rain.wav", 8000, 1),
        ("kitchen.ogg", 48000, 1),
    ):
        soundfile.write(
            root / name, 0.1 * generator.standard_normal((2 * rate_hz, channels)), rate_hz
        )
    return root


def config(folder, **speech):
    folders = (NoiseFolder(path=str(folder), license="CC0-1.0"),)
    speech = {"noise_kinds": ("file",), "noise_folders": folders} | speech
    return rows.recipe(noise_probability=1.0, **speech)


def message(recipe):
    (error,) = check(recipe)
    return str(error)


def test_recordings_are_found_and_dealt_to_splits(folder):
    found = find(config(folder))
    names = [file.name for file in found]
    assert names == ["fan.wav", "kitchen.ogg", "street/cars.flac", "street/rain.wav"]
    assert {round(file.duration_s, 1) for file in found} == {2.0}
    splits = dealt(config(folder), found)
    assert [len(splits[split]) for split in ("train", "validation", "test")] == [2, 1, 1]
    assert len({file.sha256 for files in splits.values() for file in files}) == 4
    few = dealt(config(folder), list(found)[:2])
    assert {len(files) for files in few.values()} == {2}


@pytest.mark.parametrize("name", ["fan.wav", "street/cars.flac", "kitchen.ogg"])
def test_a_piece_goes_round_as_the_whole_recording_does(folder, name):
    whole, rate_hz = soundfile.read(folder / name, dtype="float32", always_2d=True)
    mono = whole.mean(axis=1, dtype=np.float32)
    ((_, path),) = [(f, p) for f, p in find(config(folder)).items() if f.name == name]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    know({sha256: path})
    for offset_s in (0.0, 0.4, 1.9, 7.3, -0.2):
        for seconds in (0.05, 1.0, 5.0):
            first, count = int(np.floor(offset_s * rate_hz)), round(seconds * rate_hz)
            found = read_piece(sha256, offset_s, rate_hz, count)
            assert np.array_equal(found, np.resize(np.roll(mono, -first), count))


def test_a_long_recording_is_never_in_memory(tmp_path):
    samples = np.random.default_rng(1).standard_normal((60 * 48000, 2)).astype(np.float32) * 0.1
    path = tmp_path / "long.wav"
    soundfile.write(path, samples, 48000, subtype="PCM_16")
    del samples
    tracemalloc.start()
    try:
        ((file, _),) = find(config(tmp_path)).items()
        look_for([file.sha256], [tmp_path])
        piece = read_piece(file.sha256, 59.7, 16000, 16000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert piece.size == 16000
    # The file has 11 MB, its samples 22.
    assert peak < 4e6


def test_no_recording_is_held_out_for_a_split_without_a_share(folder):
    recipe = config(folder)
    grammar = replace(recipe.grammar, splits=SplitShares(train=0.8, validation=0.2, test=0.0))
    splits = dealt(replace(recipe, grammar=grammar), find(recipe))
    held_out = {file.sha256 for file in splits["validation"]}
    assert (len(splits["train"]), len(held_out)) == (3, 1)
    assert not held_out & {file.sha256 for file in splits["train"]}
    # Real rows of the split that has no share are heard with noise like all others.
    assert len(splits["test"]) == 4


def test_a_good_folder_has_no_errors(folder):
    assert check(config(folder)) == []


def test_folders_and_kinds_belong_together(folder):
    assert "does not name file" in message(config(folder, noise_kinds=("pink",)))
    assert "no speech.noise_folders" in message(config(folder, noise_folders=()))


def test_errors_name_the_folder_or_the_file(folder, tmp_path):
    assert "there is no folder" in message(config(tmp_path / "noise"))
    (tmp_path / "empty").mkdir()
    assert "no recordings" in message(config(tmp_path / "empty"))
    licensed = NoiseFolder(path=str(folder), license="CC-BY-NC-4.0")
    assert "non-commercial" in message(config(folder, noise_folders=(licensed,)))
    bad = folder / "street" / "a.wav"
    bad.write_bytes(b"RIFF nothing")
    assert "street/a.wav: cannot be read" in message(config(folder))
    soundfile.write(bad, np.ones(8000), 16000)
    assert "0.50 s is too short" in message(config(folder))
    soundfile.write(bad, np.zeros(32000), 16000)
    assert "silence" in message(config(folder))


def test_clips_with_recordings_say_which_and_under_which_license(folder, tmp_path):
    recipe = config(folder, clips=5, engines=("hibari",))
    table = rows.corpus(6)
    rows.speak(tmp_path, table, recipe)
    clips = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    assert len(clips) == 5
    splits = dealt(recipe, find(recipe))
    for clip in clips:
        (step,) = [step for step in clip["chain"] if step["op"] == "noise"]
        names = {file.sha256: file.name for file in splits[clip["split"]]}
        assert any(
            sha256 in step["params"] and name in step["params"] for sha256, name in names.items()
        )
        assert '"license":"CC0-1.0"' in step["params"].replace(" ", "")
        assert str(tmp_path) not in step["params"]
        assert clip["snr_db"] == pytest.approx(clip["snr_requested_db"], abs=0.1)


def test_another_place_gives_the_same_clips(folder, tmp_path):
    hashes = []
    for number in (1, 2):
        recipe = config(folder, clips=2, engines=("hibari",), room_probability=1.0)
        rows.speak(tmp_path / str(number), rows.corpus(3), recipe)
        clips = read_table(tmp_path / str(number) / "speech" / "clips.parquet")
        hashes.append(clips["pcm_sha256"].to_pylist())
        folder = shutil.move(folder, tmp_path / "elsewhere")
    assert hashes[0] == hashes[1]


def test_clips_with_several_noises_are_replayed_from_their_rows(folder, tmp_path):
    kinds = ("hum", "babble", "file")
    recipe = config(
        folder, clips=6, engines=("hibari",), noise_kinds=kinds, noises=(2, 3), room_probability=0.7
    )
    rows.speak(tmp_path, rows.corpus(8), recipe)
    clips = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    noisy = [clip for clip in clips if any(step["op"] == "noise" for step in clip["chain"])]
    assert len(noisy) >= 4
    further = set()
    for clip in noisy:
        assert clip["snr_db"] == pytest.approx(clip["snr_requested_db"], abs=0.1)
        (step,) = [step for step in clip["chain"] if step["op"] == "noise"]
        further |= {one["kind"] for one in json.loads(json.loads(step["params"])["others"])}
        noise_files._PLACES.clear()
        assert replay(clip, {}, Sources(noise=(folder,))).same
    assert further == {*kinds}
