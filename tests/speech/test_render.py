import dataclasses
import hashlib
import io
import json
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest
import soundfile
from scipy import signal

from corpusforge.core.run import Cache
from corpusforge.speech import render as module
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.engine import EngineError, Problem, Spoken, Voice
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.levels import snr_db
from corpusforge.speech.render import ClipPlan, clip_key, render
from corpusforge.speech.shards import Shard, render_shard

FULL = (
    ("formant", "1", {"factor": 1.05}),
    ("place", "1", {"lead_s": 0.1, "tail_s": 0.1}),
    ("room", "3", ROOM.example),
    ("noise", "4", {"kind": "pink", "snr_db": 12.0, "seed": 4, "bank": 1}),
    ("gain", "2", {"peak_dbfs": -2.0}),
)


def plan(spoken="turn on the lights", chain=FULL, **fields):
    prosody = {"speed": 1.0, "engine_speed": 1.0, "seed": 11}
    voice = fields.pop("voice", None) or HIBARI.voices("en")[0]
    return ClipPlan("clip-1", spoken, "hibari", voice, fields.pop("prosody", prosody), chain)


def pcm_of(flac):
    samples, rate_hz = soundfile.read(io.BytesIO(flac), dtype="int16")
    assert rate_hz == 16000
    return samples


def test_a_clip_is_flac_with_facts_that_are_true_of_it():
    rendered = render(plan())
    info = soundfile.info(io.BytesIO(rendered.flac))
    assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_16", 1)
    pcm, facts = pcm_of(rendered.flac), rendered.facts
    assert facts.num_samples == pcm.size
    assert facts.duration_s == pytest.approx(pcm.size / 16000, abs=1e-6)
    assert facts.pcm_sha256 == hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest()
    assert facts.flac_sha256 == hashlib.sha256(rendered.flac).hexdigest()
    assert facts.peak == pytest.approx(np.abs(pcm.astype(int)).max() / 32767, abs=1e-5)
    assert 20 * np.log10(facts.peak) == pytest.approx(-2.0, abs=0.01)
    assert facts.snr_db == pytest.approx(12.0, abs=0.1)
    assert facts.clipped_samples == 0
    assert 0.3 < facts.active_share < 1
    assert -30 < facts.level_dbfs < -8
    assert -40 < facts.loudness_lufs < -8


def test_the_same_plan_gives_the_same_file_and_a_synthetic_mark():
    first, second = render(plan()), render(plan())
    assert first == second
    with soundfile.SoundFile(io.BytesIO(first.flac)) as file:
        assert file.comment == "SYNTHETIC=true engine=hibari voice=heart"


def test_the_signal_to_noise_ratio_holds_in_the_finished_file():
    # Without a gain to the same peak, the difference of the files is the noise.
    with_noise, without = render(plan(chain=FULL[:4])), render(plan(chain=FULL[:3]))
    noisy, speech = pcm_of(with_noise.flac) / 32767, pcm_of(without.flac) / 32767
    noise = (noisy - speech).astype(np.float32)
    assert snr_db(speech.astype(np.float32), noise, 16000) == pytest.approx(12.0, abs=0.1)


def test_overdriven_clips_are_held_at_full_scale_and_counted():
    rendered = render(plan(chain=(("gain", "1", {"peak_dbfs": 12.0}),)))
    clean = pcm_of(render(plan(chain=(("gain", "1", {"peak_dbfs": 0.0}),))).flac)
    pcm = pcm_of(rendered.flac)
    loud = np.abs(clean.astype(int)) > 32767 / 10 ** (12 / 20) + 1
    # A sample that wrapped around would have changed its sign.
    assert (np.sign(pcm[loud]) == np.sign(clean[loud])).all()
    assert np.abs(pcm[loud].astype(int)).min() >= 32766
    assert rendered.facts.clipped_samples == pytest.approx(loud.sum(), abs=20)
    # Full scale is the same on both sides: -32768 would be a peak of more than 1.
    assert (pcm.max(), pcm.min(), rendered.facts.peak) == (32767, -32767, 1.0)


@pytest.mark.parametrize("name", ["mulaw", "gsm"])
def test_what_a_codec_holds_at_full_scale_is_counted(name):
    def said(peak_dbfs, *more):
        return render(plan(chain=(("gain", "2", {"peak_dbfs": peak_dbfs}), *more)))

    codec = ("codec", "1", {"codec": name})
    # What is left below 4 kHz, at 12 dB less: nothing of it is held.
    below = signal.resample_poly(pcm_of(said(0.0).flac) / 32767, 1, 2)
    expected = 2 * np.count_nonzero(np.abs(below) > 10 ** (-12 / 20))
    assert expected > 1000
    assert said(12.0, codec).facts.clipped_samples == pytest.approx(expected, rel=0.05)
    assert said(-12.0, codec).facts.clipped_samples == 0


def test_formant_shift_keeps_the_tempo_when_the_engine_makes_good():
    plain = render(plan(chain=()))
    prosody = {"speed": 1.0, "engine_speed": round(1 / 1.15, 4), "seed": 11}
    shifted = render(plan(chain=(("formant", "1", {"factor": 1.15}),), prosody=prosody))
    assert shifted.facts.duration_s == pytest.approx(plain.facts.duration_s, rel=0.06)


def test_no_torch_is_needed():
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('torch', 'torchaudio', 'transformers'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from tests.speech.test_render import plan, render\n"
        "print(render(plan()).facts.pcm_sha256)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # The same bytes as beside torch, and in another process.
    assert done.stdout.strip() == render(plan()).facts.pcm_sha256


def test_errors_name_the_clip():
    with pytest.raises(EngineError, match=r"clip clip-1 \(voice heart\)") as error:
        render(plan("灯"))
    assert "灯" not in str(error.value)
    assert error.value.problem is Problem.FOREIGN_SCRIPT


def test_the_key_covers_the_sound_and_not_the_name():
    keys = {
        clip_key(plan()),
        clip_key(plan("turn off the lights")),
        clip_key(plan(chain=FULL[:4])),
        clip_key(plan(voice=Voice("kore", "en-US", "", "", ""))),
        clip_key(plan(prosody={"speed": 1.0, "engine_speed": 1.0, "seed": 12})),
    }
    assert len(keys) == 5
    assert clip_key(dataclasses.replace(plan(), clip_id="another")) == clip_key(plan())


@pytest.mark.parametrize("package", ["soxr", "soundfile", "onnxruntime", "hibari-tts"])
def test_another_version_of_a_package_is_another_key(monkeypatch, package):
    before = clip_key(plan())
    installed = metadata.version
    monkeypatch.setattr(metadata, "version", lambda n: "0" if n == package else installed(n))
    module._versions.cache_clear()
    try:
        assert clip_key(plan()) != before
    finally:
        module._versions.cache_clear()


class Toy:
    """An engine that gives the samples it was made with."""

    name, packages, rate_hz, version = "toy", (), 16000, "1"

    def __init__(self, samples):
        self.samples = samples

    def speak(self, spoken, voice, prosody, rng):
        return Spoken(self.samples, self.rate_hz)


def test_another_version_of_an_engine_is_another_key(monkeypatch):
    engine = Toy(np.ones(10, np.float32))
    monkeypatch.setattr(module, "_engine", lambda name: engine)
    module._versions.cache_clear()
    before = clip_key(plan())
    engine.version = "2"
    assert clip_key(plan()) != before
    module._versions.cache_clear()


def test_a_clip_too_faint_for_noise_is_dropped_and_not_the_stage(monkeypatch, store):
    # The smallest numbers that float32 holds: noise below them is no noise.
    faint = np.full(8000, 1e-44, np.float32)
    noise = ("noise", "4", {"kind": "white", "snr_db": 60.0, "seed": 4, "bank": 1})
    monkeypatch.setattr(module, "_engine", lambda name: Toy(faint))
    module._versions.cache_clear()
    (outcome,) = render_shard(Shard(store, (plan(chain=(noise, FULL[4])),)))
    module._versions.cache_clear()
    assert outcome.facts is None
    assert outcome.problem == Problem.NO_SNR
    assert "clip-1" in outcome.detail


def test_noise_of_an_earlier_version_is_an_error_that_says_so():
    earlier = ("noise", "3", {"kind": "pink", "snr_db": 12.0, "seed": 4})
    with pytest.raises(EngineError, match="'bank'") as caught:
        render(plan(chain=(earlier,)))
    assert caught.value.problem == Problem.OTHER_VERSION


@pytest.mark.parametrize("edge", [0, 1000, 9000])
def test_silence_at_the_edges_does_not_tell_the_engine(monkeypatch, edge):
    sound = (0.5 * np.sin(np.arange(8000) / 5) + 0.1).astype(np.float32)
    silence = np.zeros(edge, np.float32)
    engine = Toy(np.concatenate([silence, sound, silence]))
    monkeypatch.setattr(module, "_engine", lambda name: engine)
    assert render(plan(chain=FULL[1:2])).facts.num_samples == 8000 + 2 * 1600
    assert render(plan(chain=())).facts.num_samples == 8000


def test_a_description_of_the_voice_is_not_part_of_the_sound():
    voice = HIBARI.voices("en")[0]
    described = dataclasses.replace(voice, license="MIT", accent="other", speaker="x")
    assert clip_key(plan(voice=described)) == clip_key(plan())


@pytest.fixture
def store(tmp_path):
    return Cache(tmp_path / "cache")


def test_a_shard_renders_once_and_says_what_failed(store):
    shard = Shard(store, (plan(chain=()), plan("灯", chain=())))
    first, failed = render_shard(shard)
    assert (first.cached, first.problem) == (False, "")
    assert (store.root / first.path).read_bytes()[:4] == b"fLaC"
    assert failed.facts is None
    assert failed.problem == Problem.FOREIGN_SCRIPT
    assert "clip-1" in failed.detail
    again, _ = render_shard(shard)
    assert again == dataclasses.replace(first, cached=True)


def damage_flac(flac, sidecar):
    flac.write_bytes(flac.read_bytes()[:-100])


def damage_bit(flac, sidecar):
    data = bytearray(flac.read_bytes())
    data[len(data) // 2] ^= 1
    flac.write_bytes(bytes(data))


def damage_sidecar(flac, sidecar):
    sidecar.write_bytes(sidecar.read_bytes()[:40])


def change_a_number(flac, sidecar):
    noted = json.loads(sidecar.read_text())
    noted["facts"]["peak"] += 0.125
    sidecar.write_text(json.dumps(noted))


def foreign_sidecar(flac, sidecar):
    sidecar.write_text(json.dumps({"num_samples": 3}))


def lose_sidecar(flac, sidecar):
    sidecar.unlink()


def lose_flac(flac, sidecar):
    flac.unlink()


@pytest.mark.parametrize(
    "harm",
    [
        damage_flac,
        damage_bit,
        damage_sidecar,
        change_a_number,
        foreign_sidecar,
        lose_sidecar,
        lose_flac,
    ],
)
def test_a_damaged_clip_in_the_cache_is_rendered_again(store, harm):
    shard = Shard(store, (plan(chain=()),))
    (first,) = render_shard(shard)
    flac = store.root / first.path
    whole = flac.read_bytes()
    harm(flac, flac.with_suffix(".json"))
    (again,) = render_shard(shard)
    assert again == first
    assert flac.read_bytes() == whole
    assert render_shard(shard)[0].cached


@pytest.mark.parametrize("rate_hz", [16000, 22050])
def test_the_time_map_finds_the_words_in_the_clip(monkeypatch, rate_hz):
    # Two clicks in an engine's audio, with silence before them that is cut.
    samples = np.zeros(3 * rate_hz, np.float32)
    clicks_s = (0.5, 2.0)
    for moment in clicks_s:
        samples[round(moment * rate_hz)] = 0.9
    engine = Toy(samples)
    engine.rate_hz = rate_hz
    monkeypatch.setattr(module, "_engine", lambda name: engine)
    speech = module.dry(plan(chain=FULL[:2]))
    assert speech.words is None
    for moment in clicks_s:
        expected = speech.times.at(moment) * 16000
        start = round(expected) - 80
        found = start + np.argmax(np.abs(speech.samples[start : start + 160]))
        assert found == pytest.approx(expected, abs=2)
