"""A detector: features of a stream, firing, what is measured, save and load."""

import csv
import errno
import json
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from corpusforge.assess import wake_word
from corpusforge.assess.clips import clip_files
from corpusforge.assess.wake_features import BANDS, frames_of, stream_levels, warped, windows
from corpusforge.assess.wake_lines import detector_lines
from corpusforge.assess.wake_net import Detector, firings, members_of
from corpusforge.assess.wake_parts import held_out_texts, negatives_of, part_of, said_frames
from corpusforge.assess.wake_train import DetectorTraining
from corpusforge.assess.wake_word import (
    measure_detector,
    measure_negatives,
    poisson_upper,
)
from corpusforge.core.errors import InputError
from corpusforge.core.text import fold
from corpusforge.wake import detector

pytest.importorskip("torch")

RATE_HZ = 16000
VOICES = {"train": (100, 130, 170), "validation": (115, 150), "test": (110, 160)}


def word(base_hz, formants_hz, seed):
    """A vowel glide: harmonics of a pitch under a moving formant, with a little noise."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(0.5 * RATE_HZ)) / RATE_HZ
    centre = np.interp(time_s, np.linspace(0, 0.5, len(formants_hz)), formants_hz)
    sound = sum(
        np.exp(-(((k * base_hz - centre) / 250.0) ** 2)) * np.sin(2 * np.pi * k * base_hz * time_s)
        for k in range(1, 30)
    )
    edge = np.minimum(1, np.minimum(time_s, 0.5 - time_s) / 0.03)
    clip = 0.2 * sound * edge + 0.002 * rng.standard_normal(time_s.size)
    silence = 0.002 * rng.standard_normal(int(0.1 * RATE_HZ))
    return np.concatenate([silence, clip, silence]).astype(np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Wake word: a formant that rises, then falls; negatives: one that only rises, or falls."""
    folder = tmp_path_factory.mktemp("wake")
    with (folder / "metadata.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["file_name", "intent", "speaker", "split"])
        for split, voices in VOICES.items():
            for voice in voices:
                for turn in range(10):
                    for intent, shape in (
                        ("wake_word", (500, 2000, 500)),
                        ("near_miss", (2000, 500, 2000) if turn % 2 else (500, 1000, 2000)),
                        ("other_speech", (600 + 40 * turn, 700)),
                    ):
                        name = f"{split}-{voice}-{turn}-{intent}.wav"
                        sound = word(voice + turn, shape, hash((voice, turn)) % 1000)
                        soundfile.write(folder / name, sound, RATE_HZ)
                        out.writerow([name, intent, f"v{voice}", split])
    return folder


@pytest.fixture(scope="module")
def trained(corpus):
    return measure_detector(corpus, training=DetectorTraining(steps=50, batch=48, rounds=2))


def test_it_hears_the_word_from_voices_that_it_did_not_learn_from(trained):
    found = trained[1]["splits"]["test"]
    assert found["positives"] == 20
    assert found["speakers"] == 2
    assert found["recall"] >= 0.8
    assert found["false_accepts"] <= 2
    assert sum(found["taken_by_intent"].values()) <= 5
    assert found["recall_low"] <= found["recall"] <= found["recall_high"]
    assert found["new_voices"]["positives"] == 20
    assert found["new_voices"]["recall"] == found["recall"]
    assert not any(one["trained"] for one in found["recall_by_base_voice"].values())
    assert trained[1]["splits"]["train"]["new_voices"] is None
    assert found["false_accepts_per_hour_upper"] > found["false_accepts_per_hour"]
    assert found["negatives_by_intent"] == {"near_miss": 20, "other_speech": 20}


def test_the_threshold_keeps_the_target_on_validation(trained):
    found, account = trained[1]["splits"]["validation"], trained[1]
    assert account["targets_met_on_validation"]
    assert account["speakers_shared"] == []
    assert found["false_accepts_per_hour"] <= account["target_false_accepts_per_hour"]
    assert found["taken_by_intent"]["near_miss"] <= 0.1 * found["negatives_by_intent"]["near_miss"]


def test_the_same_corpus_and_seed_give_the_same_detector(corpus, tmp_path):
    short = DetectorTraining(steps=5, batch=16, rounds=2)
    for name in ("a", "b"):
        made, account = measure_detector(corpus, training=short)
        made.save(tmp_path / name, account)
    for file in ("weights.safetensors", "detector.json", "measured.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_it_listens_after_being_saved_and_loaded(trained, tmp_path):
    made, account = trained
    made.save(tmp_path / "detector", account)
    again = Detector.load(tmp_path / "detector")
    stream = np.concatenate([word(120, (500, 2000, 500), 1), np.zeros(RATE_HZ, np.float32)])
    assert again.listen(stream) == made.listen(stream)
    assert json.loads((tmp_path / "detector" / "measured.json").read_text()) == account


def test_a_word_at_the_very_start_of_a_stream_is_heard(trained):
    made = trained[0]
    stream = np.concatenate([word(120, (500, 2000, 500), 1), np.zeros(RATE_HZ, np.float32)])
    late = np.concatenate([0.0005 * np.ones(3 * RATE_HZ, np.float32), stream])
    assert made.scores(stream_levels(stream))[1].max() > 0.5
    assert made.scores(stream_levels(late))[1].max() > 0.5
    assert made.scores(stream_levels(stream))[0][0] == 0


def test_its_score_is_the_mean_of_what_its_networks_find(trained):
    import torch

    net = trained[0]._net
    window = torch.from_numpy(
        np.random.default_rng(1).normal(size=(4, BANDS, trained[0].frames)).astype(np.float32)
    )
    members = members_of(net)
    assert len(members) == DetectorTraining().members
    with torch.inference_mode():
        alone = [member(window).softmax(dim=1) for member in members]
        assert not torch.allclose(alone[0], alone[1])
        assert torch.allclose(net(window).softmax(dim=1), sum(alone) / len(alone), atol=1e-6)


def test_a_folder_that_holds_no_detector_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no detector"):
        Detector.load(tmp_path)


def test_nothing_is_written_over(corpus, tmp_path):
    with pytest.raises(InputError, match="there already"):
        detector(corpus, tmp_path)


@pytest.mark.parametrize("what", ["a file in the way", "a full disk"])
def test_a_place_that_cannot_be_written_is_found_before_training(
    what, corpus, tmp_path, monkeypatch
):
    def full(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def trained_already(*arguments, **named):
        raise AssertionError("it was trained")

    monkeypatch.setattr(wake_word, "measure_detector", trained_already)
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "detector"
    if what == "a full disk":
        monkeypatch.setattr(Path, "write_bytes", full)
        out = tmp_path / "new" / "detector"
    with pytest.raises(InputError, match="detector cannot be written"):
        detector(corpus, out)
    assert not out.exists()
    assert not list(tmp_path.glob("**/.detector-*"))


@pytest.fixture
def without_ordinary(corpus, tmp_path):
    """The same clips without ordinary speech."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = (corpus / "metadata.csv").read_text().splitlines()
    kept = [row for row in rows if "other_speech" not in row]
    kept = [kept[0], *(f"{corpus / row}" for row in kept[1:])]
    (folder / "metadata.csv").write_text("\n".join(kept) + "\n")
    return folder


def test_no_ordinary_speech_is_no_target_met(without_ordinary):
    short = DetectorTraining(steps=2, batch=16, rounds=1, members=1)
    _, account = measure_detector(without_ordinary, training=short, most_taken=1.0)
    assert account["targets_met_on_validation"] is None
    assert account["threshold_from"]["met"] is None
    assert account["threshold_from"]["false_accepts"] is None
    for found in account["splits"].values():
        assert found["hours"] == 0
        assert found["false_accepts"] is None
        assert {one["false_accepts"] for one in found["curve"]} == {None}
    lines = detector_lines(account)
    assert lines[1].count("no ordinary speech to count false accepts in") == 1
    assert not any("0.00 h" in line for line in lines)
    assert lines[-1].startswith("warning: there is no ordinary speech on validation")
    _, strict = measure_detector(without_ordinary, training=short, most_taken=-1.0)
    assert strict["targets_met_on_validation"] is False


def test_what_is_printed_tells_new_voices_from_shifts(trained):
    account = json.loads(json.dumps(trained[1]))
    test = account["splits"]["test"]
    assert detector_lines(account)[0].startswith("listens for wake_word, ")
    assert "false accepts in" in detector_lines(account)[3]
    assert len(detector_lines(account)) == 4
    test["recall_by_base_voice"]["hibari/heart"] = {"trained": True}
    assert "no shift of one of train" in detector_lines(account)[4]
    assert detector_lines(account)[4].endswith("the others are hibari/heart")
    test["new_voices"] = None
    assert detector_lines(account)[4].startswith("note: no voice of test is new")


def part_of_corpus(corpus, folder, keep, facts=None):
    """The clips of `corpus` whose line of metadata is kept, as a release of these facts."""
    header, *lines = (corpus / "metadata.csv").read_text().splitlines()
    kept = [line for line in lines if keep(*line.split(","))]
    for line in kept:
        (folder / line.split(",")[0]).symlink_to(corpus / line.split(",")[0])
    (folder / "metadata.csv").write_text("\n".join([header, *kept]) + "\n")
    if facts is not None:
        (folder / "release.json").write_text(json.dumps(facts))
    return folder


def refused(folder):
    with pytest.raises(InputError) as caught:
        measure_detector(folder, training=DetectorTraining(steps=1, rounds=1))
    return str(caught.value)


@pytest.mark.parametrize("split_by", ["text", None])
def test_a_corpus_that_is_not_split_by_voice_is_refused_with_the_way_out(
    corpus, tmp_path, split_by
):
    facts = {"recipe": {"speech": {"split_by": split_by}}} if split_by else None
    said = refused(part_of_corpus(corpus, tmp_path, lambda *line: line[3] != "test", facts))
    assert "has no positives in test" in said
    assert "split_by: voice" in said


def test_a_split_by_voice_without_the_word_wants_more_clips_and_no_other_split(corpus, tmp_path):
    facts = {"recipe": {"speech": {"split_by": "voice"}}}
    said = refused(
        part_of_corpus(
            corpus, tmp_path, lambda *line: line[1] != "wake_word" or line[3] == "train", facts
        )
    )
    assert "has no positives in validation, and 30 in all its 170 clips" in said
    assert "raise speech.clips" in said
    assert "split_by: voice" not in said


def test_a_wake_word_that_no_clip_says_wants_more_clips(corpus, tmp_path):
    facts = {"labels": {"intent": ["near_miss", "other_speech", "wake_word"]}}
    said = refused(part_of_corpus(corpus, tmp_path, lambda *line: line[1] != "wake_word", facts))
    assert "has rows of wake_word, and no clip of its 140 says one" in said
    assert "raise speech.clips" in said


@pytest.mark.parametrize(
    "intents, lack",
    [
        (("near_miss", "other_speech"), "its clips say nothing to listen for"),
        (("wake_word",), "none of what must not be taken for a wake word"),
    ],
)
def test_a_corpus_of_something_else_is_named_so(corpus, tmp_path, intents, lack):
    said = refused(part_of_corpus(corpus, tmp_path, lambda *line: line[1] in intents))
    assert "is no wake word corpus" in said and lack in said
    assert "init DIR --wake-word" in said
    assert "split_by" not in said


def test_it_fires_once_a_second_at_most():
    last = np.arange(0, 200, 4)
    scores = np.zeros(50)
    scores[[5, 6, 7, 20, 49]] = 0.9
    assert firings(last, scores, 0.5).tolist() == [20, 80, 196]
    assert firings(last, scores, 0.95).size == 0


def test_no_accept_in_two_hours_may_still_be_one_and_a_half_per_hour():
    assert poisson_upper(0, 2.0) == pytest.approx(-np.log(0.05) / 2.0)
    assert poisson_upper(3, 1.0) == pytest.approx(7.7537, abs=1e-3)  # Garwood's table


def test_windows_are_level_independent_and_keep_their_places():
    sound = word(120, (500, 2000, 500), 3)
    quiet, loud = stream_levels(0.1 * sound), stream_levels(sound)
    starts = np.array([-5, 0, 7], dtype=np.int64)
    first, second = windows(quiet, starts, 20), windows(loud, starts, 20)
    assert first.shape == (3, BANDS, 20)
    assert np.allclose(first, second, atol=0.05)
    assert np.array_equal(second[0][:, :5], np.repeat(second[0][:, :1], 5, axis=1))
    assert frames_of(1.0) == 50


def test_frequencies_are_moved_as_by_a_shorter_vocal_tract():
    time_s = np.arange(RATE_HZ) / RATE_HZ
    low, high = (
        stream_levels(sum(np.sin(2 * np.pi * scale * f * time_s) for f in (500, 1500, 2500))).T[
            None
        ]
        for scale in (1.0, 1.1)
    )
    moved = warped(low, np.array([1.1]))
    assert moved.shape == low.shape
    assert moved.dtype == np.float32
    assert np.abs(moved - high).mean() < 0.5 * np.abs(low - high).mean()
    assert np.allclose(warped(low, np.array([1.0])), low)


def test_the_account_says_what_the_threshold_was_set_by(trained):
    found, validation = trained[1]["threshold_from"], trained[1]["splits"]["validation"]
    assert found["met"]
    assert found["hearings"] == 5
    assert found["hours"] == validation["hours"]
    assert found["false_accepts"] <= 0.5 * found["hours"] * found["hearings"]
    assert found["false_accepts_per_hour_upper"] == pytest.approx(
        poisson_upper(found["false_accepts"], 5 * found["hours"]), rel=0.01
    )
    assert set(found["taken"]) == {"near_miss"}
    assert found["taken"]["near_miss"] <= trained[1]["most_taken"]
    assert found["held_out"]["sentences"] == found["held_out"]["clips"] == 0


@pytest.fixture
def with_texts(corpus, tmp_path):
    """The same clips with their texts: 20 ordinary ones, in all splits."""
    with (corpus / "metadata.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        _, voice, turn, _ = row["file_name"].split("-")
        same = VOICES[row["split"]].index(int(voice)) % 2
        row["text"] = "hey jarvis" if row["intent"] == "wake_word" else f"Say {turn}, {same}!"
        row["file_name"] = str(corpus / row["file_name"])
    with (tmp_path / "metadata.csv").open("w", newline="") as stream:
        out = csv.DictWriter(stream, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    return tmp_path


def test_a_fifth_of_the_ordinary_sentences_is_held_out_and_always_the_same(with_texts):
    files = clip_files(with_texts)
    held = held_out_texts(files, ["wake_word"], 1)
    assert len(held) == 4
    assert held == held_out_texts(files[::-1], ["wake_word"], 1)
    assert held != held_out_texts(files, ["wake_word"], 2)
    assert held == held_out_texts([f for f in files if f.split != "test"], ["wake_word"], 1)
    assert held <= {fold(f.text) for f in files if f.label == "other_speech"}


def test_few_sentences_or_unknown_ones_are_all_trained_on(corpus, with_texts):
    few = [file for file in clip_files(with_texts) if not file.text.endswith("9, 1!")]
    assert held_out_texts(few, ["wake_word"], 1) == frozenset()
    assert held_out_texts(clip_files(corpus), ["wake_word"], 1) == frozenset()


def test_no_sentence_trains_and_sets_the_threshold(with_texts, monkeypatch):
    trained_on, set_by = [], []

    def part(files, positives, split, seed):
        own = [f for f in files if f.split == split and f.label not in positives]
        trained_on.extend(own if split == "train" else [])
        return part_of(files, positives, split, seed)

    def negatives(files, seed):
        set_by.extend(files)
        return negatives_of(files, seed)

    monkeypatch.setattr(wake_word, "part_of", part)
    monkeypatch.setattr(wake_word, "negatives_of", negatives)
    short = DetectorTraining(steps=2, batch=16, rounds=1, members=1)
    made, account = measure_detector(with_texts, training=short)
    assert made.phrase == account["phrase"] == "hey jarvis"
    texts = {fold(file.text) for file in set_by}
    assert len(texts) == 4
    assert not texts & {fold(file.text) for file in trained_on}
    assert {file.split for file in set_by} == {"train", "validation"}
    found = account["threshold_from"]["held_out"]
    assert (found["sentences"], found["clips"]) == (4, len(set_by))
    assert 0 < found["clips_of_validation_voices"] < found["clips"]
    assert found["hours"] > 0


def test_more_speech_can_be_counted_later(corpus, trained):
    files = [f for f in clip_files(corpus) if f.split == "test" and f.label != "wake_word"]
    found = measure_negatives(trained[0], files)
    kept = trained[1]["splits"]["test"]
    assert found == {name: kept[name] for name in found}


def test_what_is_said_is_where_the_word_times_of_a_run_and_of_its_release_say(tiny_run):
    release = tiny_run / "release"
    rows = pq.read_table(release / "speech").to_pylist()
    ends = {row["words"][-1]["end_s"] for row in rows if row["words"]}
    starts = {row["words"][0]["start_s"] for row in rows if row["words"]}
    for files in (clip_files(tiny_run), clip_files(release)):
        said = [file.said_s for file in files if file.said_s is not None]
        assert said
        assert {end for _, end in said} == ends
        assert {start for start, _ in said} == starts


def test_word_times_place_the_end_and_follow_every_effect(tiny_run):
    """Their end is that of the sound: noise and rooms of the clips hide it from its energy."""
    file = max(
        (file for file in clip_files(tiny_run) if file.said_s), key=lambda file: file.said_s[1]
    )
    levels = np.zeros((1000, BANDS), dtype=np.float32)
    first, last = said_frames(file, levels, 2.0, 9.0)
    assert (first, last) == (frames_of(2.0 + file.said_s[0]), frames_of(2.0 + file.said_s[1]))
    part = part_of([file], [file.label], file.split, 1)
    pause = int(part.positives[0].ends[0]) - frames_of(file.said_s[1])
    assert frames_of(0.3) - 1 <= pause <= frames_of(1.5) + 1
    assert abs(part.lengths[0] - frames_of(file.said_s[1] - file.said_s[0])) <= 1


def test_tables_without_word_times_still_read(tiny_run, tmp_path):
    (tmp_path / "speech").mkdir()
    for path in (tiny_run / "release" / "speech").glob("*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.drop_columns("words"), tmp_path / "speech" / path.name)
    old, new = clip_files(tmp_path), clip_files(tiny_run / "release")
    assert [file.label for file in old] == [file.label for file in new]
    assert all(file.said_s is None for file in old)
    part = part_of(old, [old[0].label], old[0].split, 1)
    assert all(0 < heard.ends[0] < heard.levels.shape[0] for heard in part.positives)
