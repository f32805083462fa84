import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from corpusforge import api
from corpusforge.assess.clips import Clips, read_audio, read_corpus
from corpusforge.assess.keyword_cnn import Training
from corpusforge.assess.log_mel import BANDS, MAX_FRAMES, log_mel, padded
from corpusforge.assess.speech import assess_clips, assess_speech, width
from corpusforge.core.errors import InputError
from corpusforge.core.seeding import rng

CLASSES = ("low", "rising", "high")
RATE = 8000
SHORT = Training(steps=20, batch=24, frames=32)
SHORTEST = Training(steps=3, batch=12, frames=32)


def tone(name, generator):
    """A word of our own: a low, a rising or a high sound, at any pitch, in some noise."""
    start, end = {"low": (300, 300), "rising": (300, 2400), "high": (2400, 2400)}[name]
    seconds = generator.uniform(0.3, 0.5)
    time = np.arange(int(RATE * seconds)) / RATE
    pitch = generator.uniform(0.8, 1.25)
    phase = 2 * np.pi * np.cumsum(np.linspace(start, end, time.size) * pitch) / RATE
    sound = np.sin(phase) + 0.05 * generator.standard_normal(time.size)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def clips(count, key, speakers=("",), engines=("",), labels=CLASSES):
    generator = rng(1, "test", key)
    names = [CLASSES[i % 3] for i in range(count)]
    return Clips(
        tuple(log_mel(tone(name, generator), RATE) for name in names),
        tuple(labels[CLASSES.index(name)] for name in names),
        tuple(speakers[i // 3 % len(speakers)] for i in range(count)),
        tuple(engines[i // 3 % len(engines)] for i in range(count)),
        ("train",) * count,
    )


@pytest.fixture(scope="module")
def real():
    return clips(60, "real", speakers=("anna", "ben"))


@pytest.fixture
def folder(tmp_path):
    """Clips on disk by subfolder."""
    generator = rng(1, "test", "disk")
    for number in range(24):
        path = tmp_path / "audio" / CLASSES[number % 3] / f"{number:02d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(CLASSES[number % 3], generator), RATE)
    return tmp_path / "audio"


def test_features_are_trimmed_whatever_the_rate_and_the_level():
    sound = tone("rising", rng(1, "test"))
    quiet = np.concatenate([np.zeros(RATE), sound, np.zeros(RATE)]).astype(np.float32)
    plain = log_mel(sound, RATE)
    assert plain.shape[1] == BANDS
    assert abs(log_mel(quiet, RATE).shape[0] - plain.shape[0]) <= 4
    assert np.allclose(padded([plain], 64), padded([log_mel(0.1 * sound, RATE)], 64), atol=0.02)
    twice = np.repeat(sound, 2)
    assert abs(log_mel(twice, 2 * RATE).shape[0] - plain.shape[0]) <= 2
    assert log_mel(np.tile(sound, 40), RATE).shape[0] == MAX_FRAMES


@pytest.mark.parametrize("sound", [np.zeros(0), np.zeros(800), np.full(800, np.nan)])
def test_a_clip_without_sound_has_no_features(sound):
    with pytest.raises(ValueError, match="no sound"):
        log_mel(sound.astype(np.float32), RATE)


def test_wide_enough_for_sentences():
    long = Clips(
        (np.zeros((150, BANDS), np.float32),) * 4, ("a",) * 4, ("",) * 4, ("",) * 4, ("",) * 4
    )
    assert width(long) == 160
    assert width(clips(6, "short")) == 64


def test_clips_that_sound_like_the_real_ones_are_found_good(real):
    found = assess_clips(clips(60, "synthetic"), real, seeds=1, training=SHORT).to_json()
    assert found["verdict_code"] in ("use", "no_gain")
    synthetic = found["arms"]["synthetic"]
    assert synthetic["low"] <= synthetic["accuracy"] <= synthetic["high"]
    assert synthetic["accuracy"] > 0.9
    assert set(synthetic["by_speaker"]) == {"anna", "ben"}
    assert found["protocol"]["reference"] == "speakers that it did not hear"
    assert json.loads(json.dumps(found)) == found


def dialect(count, key, manners, speakers=("",)):
    """Three words, said in one of two manners: a steady tone, or bursts at another pitch."""
    generator = rng(1, "test", key)
    steady = dict(zip(CLASSES, (300, 900, 2400), strict=True))
    bursts = dict(zip(CLASSES, (2400, 300, 900), strict=True))
    features, labels, who = [], [], []
    for number in range(count):
        manner, name = manners[number // 3 % len(manners)], CLASSES[number % 3]
        time = np.arange(int(RATE * generator.uniform(0.3, 0.4))) / RATE
        hertz = (steady if manner == "steady" else bursts)[name] * generator.uniform(0.95, 1.05)
        sound = np.sin(2 * np.pi * hertz * time)
        if manner == "bursts":
            sound *= (time % 0.08) < 0.04
        sound += 0.03 * generator.standard_normal(time.size)
        features.append(log_mel(sound.astype(np.float32), RATE))
        labels.append(name)
        who.append(speakers[number // 3 % len(speakers)])
    blank = ("",) * count
    return Clips(tuple(features), tuple(labels), tuple(who), blank, blank)


def test_a_corpus_with_what_the_real_speakers_lack_is_found_useful():
    """Each real speaker has a manner of their own, the corpus knows both."""
    real = dialect(60, "real", ("steady", "bursts"), ("anna", "ben"))
    corpus = dialect(60, "synthetic", ("steady", "bursts"))
    training = Training(steps=40, batch=24, frames=32)
    found = assess_clips(corpus, real, seeds=1, training=training).to_json()
    assert found["verdict"] == "use it"
    assert found["gain_pp"]["low"] > 0
    assert found["arms"]["synthetic"]["accuracy"] > found["arms"]["real"]["accuracy"]


def test_wrong_labels_are_refused(real):
    wrong = clips(60, "synthetic", labels=("rising", "high", "low"))
    found = assess_clips(wrong, real, seeds=1, training=SHORT).to_json()
    assert found["verdict_code"] == "do_not_use"
    assert found["verdict"] == "do not use it"
    assert "no more than guessing" in found["reasons"][0]
    assert found["arms"]["synthetic"]["confusions"][0]["share"] > 0.5


def test_the_same_seed_gives_the_same_figures(real):
    few = clips(24, "synthetic")
    one = [
        assess_clips(few, real, seed=seed, seeds=1, training=Training(2, 12, 32)).to_json()
        for seed in (1, 1, 2)
    ]
    assert one[0] == one[1]
    assert one[0]["arms"] != one[2]["arms"]


def test_torch_is_left_as_it_was(real):
    import torch

    before = torch.get_num_threads(), torch.random.get_rng_state()
    assess_clips(clips(24, "synthetic"), real, seeds=1, training=SHORTEST)
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])


@pytest.mark.parametrize("names", [("one", "two"), ("one", "two", "three")])
def test_every_engine_is_heard_by_models_that_do_not_know_it(real, names):
    several = clips(60, "synthetic", engines=names)
    found = assess_clips(several, real, seeds=1, training=SHORT).to_json()
    assert set(found["engines"]) == set(names)
    for name, engine in found["engines"].items():
        assert engine["clips"] == sum(e == name for e in several.engines)
        assert engine["held_out"] > 0.7


def test_without_speakers_it_says_what_the_reference_is_worth():
    nobody = clips(30, "real")
    found = assess_clips(clips(30, "other"), nobody, seeds=1, training=SHORTEST).to_json()
    assert found["protocol"]["reference"] == "other clips of the same speakers"
    assert any("flatters" in note for note in found["notes"])


def test_real_clips_with_a_split_are_dealt_by_it(real):
    dealt = Clips(
        real.features, real.labels, real.speakers, real.engines, ("train",) * 30 + ("test",) * 30
    )
    found = assess_clips(clips(30, "other"), dealt, seeds=1, training=SHORTEST).to_json()
    assert found["protocol"]["reference"] == "its split test"
    assert found["arms"]["real"]["clips"] == 30
    assert any("anna" in note for note in found["notes"])


def test_refuses_when_nothing_can_be_said(real):
    with pytest.raises(InputError, match=r"no class in common.*'a', 'b', 'c'"):
        assess_clips(clips(30, "other", labels=("a", "b", "c")), real)
    with pytest.raises(InputError, match="too few real clips: 12 "):
        assess_clips(clips(30, "other"), real.take(range(12)))
    with pytest.raises(InputError, match="0 seeds"):
        assess_clips(clips(30, "other"), real, seeds=0)


def test_reads_subfolders_with_and_without_splits(folder):
    found = read_audio(folder)
    assert found.classes == tuple(sorted(CLASSES))
    assert len(found) == 24
    for name in CLASSES:
        target = folder / "test" / name
        target.parent.mkdir(exist_ok=True)
        (folder / name).rename(target)
    again = read_audio(folder)
    assert set(again.splits) == {"test"}
    assert again.labels == found.labels


@pytest.mark.parametrize("form", ["metadata.csv", "metadata.jsonl"])
def test_reads_audio_folders_of_hugging_face(folder, form):
    files = sorted(folder.rglob("*.wav"))
    rows = [
        {
            "file_name": path.relative_to(folder).as_posix(),
            "label": path.parent.name,
            "speaker": "anna",
        }
        for path in files
    ]
    if form == "metadata.csv":
        lines = ["file_name,label,speaker", *(",".join(row.values()) for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    (folder / form).write_text("\n".join(lines) + "\n")
    found = read_audio(folder)
    assert len(found) == 24
    assert set(found.speakers) == {"anna"}
    assert found.classes == tuple(sorted(CLASSES))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{}", r"metadata.jsonl:1: no file_name"),
        ('{"file_name": "low/00.wav"}', r"metadata.jsonl:1: no intent \(or label\)"),
        ('{"file_name": "gone.wav", "intent": "low"}', "there is no file gone.wav"),
        ("low", "not JSON"),
        ("[1]", "expected an object"),
    ],
)
def test_says_which_line_of_the_metadata_is_wrong(folder, row, message):
    (folder / "metadata.jsonl").write_text(row)
    with pytest.raises(InputError, match=message):
        read_audio(folder)


def test_names_the_file_that_cannot_be_read(folder):
    (folder / "low" / "00.wav").write_bytes(b"RIFF but no sound")
    with pytest.raises(InputError, match=r"low/00\.wav cannot be read as audio"):
        read_audio(folder)


def test_silent_files_are_left_out_and_counted(folder):
    soundfile.write(folder / "low" / "00.wav", np.zeros(RATE, np.float32), RATE)
    found = read_audio(folder)
    assert (len(found), found.silent) == (23, 1)


def test_an_empty_folder_and_no_folder(tmp_path):
    with pytest.raises(InputError, match="holds no audio"):
        read_audio(tmp_path)
    with pytest.raises(InputError, match="not a folder of audio"):
        read_corpus(tmp_path / "gone")


def test_run_and_release_give_the_same_training_clips(tiny_run):
    run, release = read_corpus(tiny_run), read_corpus(tiny_run / "release")
    table = pq.read_table(tiny_run / "release" / "speech")
    assert len(run) == len(release) > 0
    assert len(run) <= table.num_rows
    assert sorted(run.labels) == sorted(release.labels)
    assert set(run.engines) == set(release.engines) == {"hibari"}
    total = sum(float(f.sum()) for f in run.features)
    assert total == pytest.approx(sum(float(f.sum()) for f in release.features))


def test_a_corpus_without_clips_is_refused(tiny_recipe, tmp_path):
    api.build(
        tiny_recipe,
        tmp_path / "out",
        overrides=["speech.clips=0", "expand.rows=0"],
        until="audio_gate",
    )
    with pytest.raises(InputError, match="holds no clips"):
        read_corpus(tmp_path / "out")


def test_large_corpora_are_cut_evenly(tiny_run):
    whole, some = read_corpus(tiny_run), read_corpus(tiny_run, max_clips=3)
    assert len(some) == 3
    assert len(set(some.labels)) == min(3, len(whole.classes))
    assert len(read_corpus(tiny_run, max_clips=3, seed=1).features) == 3


def test_paths_to_a_verdict(folder):
    found = assess_speech(folder, folder, seeds=1, training=SHORTEST)
    assert found.to_json()["clips"] == {"synthetic": 24, "real": 24}
