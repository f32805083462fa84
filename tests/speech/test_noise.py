import itertools
import json

import numpy as np
import pytest
import soundfile
from scipy import signal

from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech import convolve, noise_files
from corpusforge.speech.acoustics import response, shoebox
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import Context, NoiseFile, UnfitError
from corpusforge.speech.effects.noise import PLUGIN
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.levels import active_mask, active_power, power, snr_db
from corpusforge.speech.noise_sources import at_places, sources_of
from corpusforge.speech.noises import STARTS, dry, lead
from corpusforge.speech.talkers import said, talker
from tests.speech.rows import voiced

COLORS = ("white", "pink", "brown")
RATE_HZ = 16000
IN_ROOM = {name: value for name, value in ROOM.example.items() if name != "ring_s"}


def params(**changes):
    return {**PLUGIN.example, **changes}


def branch(speech, **changes):
    drawn = params(**changes)
    sound = PLUGIN.sound(speech.size, RATE_HZ, drawn)
    return sound.samples * PLUGIN.scale(active_power(speech, RATE_HZ), sound, drawn)


@pytest.fixture
def recording(tmp_path):
    """Parameters of a recording of 2 s at 22.05 kHz that is known here."""
    samples = np.random.default_rng(2).standard_normal(44100) * 0.1
    path = tmp_path / "street.wav"
    soundfile.write(path, samples, 22050, subtype="PCM_16")
    (file,) = [NoiseFile(path.name, "CC0-1.0", sha256_of(path), 2.0)]
    noise_files.know({file.sha256: path})
    return {"kind": "file", "sha256": file.sha256, "file": file.name, "offset_s": 0.5}


def sha256_of(path):
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def babble():
    voice = HIBARI.voices("en")[0]
    texts = ("turn on the lights", "what time is it")
    return [json.loads(talker("hibari", HIBARI.version, voice, text, 1.0, 3)) for text in texts]


@pytest.mark.parametrize("room", [{}, IN_ROOM])
@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("snr", [-5.0, 10.0, 30.0])
def test_the_ratio_is_what_was_asked_for(color, snr, room):
    speech = voiced()
    mixed = PLUGIN.apply(speech, RATE_HZ, params(kind=color, snr_db=snr, **room))
    noise = mixed - speech
    assert snr_db(speech, noise, RATE_HZ) == pytest.approx(snr, abs=0.1)
    # The same, without the function under test: active speech against the whole noise.
    active = speech[active_mask(speech, RATE_HZ)].astype(float)
    ratio = np.mean(active**2) / np.mean(noise.astype(float) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=0.1)


def test_the_ratio_of_hum_babble_and_recordings(recording):
    speech = voiced()
    kinds = (
        {"kind": "hum", "mains_hz": 50.0},
        {"kind": "babble", "talkers": json.dumps(babble())},
        recording,
    )
    for kind in kinds:
        for room in ({}, IN_ROOM):
            noise = PLUGIN.apply(speech, RATE_HZ, params(snr_db=6.0, **kind, **room)) - speech
            assert snr_db(speech, noise, RATE_HZ) == pytest.approx(6.0, abs=0.1)


def test_pauses_do_not_change_the_noise():
    level = [power(branch(voiced(pause_s=pause))) for pause in (0.1, 0.5, 2.0)]
    assert level == pytest.approx([level[0]] * 3, rel=1e-3)


@pytest.mark.parametrize(("color", "slope_db"), [("white", 0), ("pink", -3.01), ("brown", -6.02)])
def test_spectral_slope_per_octave(color, slope_db):
    noise = branch(voiced(20), kind=color)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(noise.size, 1 / RATE_HZ)
    edges = 250 * 2.0 ** np.arange(6)
    bands = [
        10 * np.log10(np.mean(spectrum[(frequencies >= low) & (frequencies < 2 * low)]))
        for low in edges[:-1]
    ]
    assert np.polyfit(np.arange(5), bands, 1)[0] == pytest.approx(slope_db, abs=0.3)


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("snr", [0.0, 15.0])
def test_the_ratio_by_a_mask_that_is_known_beforehand(color, snr):
    # Tones of known power, and nothing where it is silent: no function under test says where.
    tone = 0.2 * np.sin(2 * np.pi * 500 * np.arange(8000) / RATE_HZ)
    silence = np.zeros(RATE_HZ)
    speech = np.concatenate([silence, tone, silence, tone, silence]).astype(np.float32)
    mixed = PLUGIN.apply(speech, RATE_HZ, params(kind=color, snr_db=snr)).astype(float)
    speaking = np.repeat([False, True, False, True, False], [16000, 8000, 16000, 8000, 16000])
    noise = mixed - speech
    signal_power = 0.2**2 / 2
    assert np.mean(speech[speaking].astype(float) ** 2) == pytest.approx(signal_power, rel=1e-3)
    assert 10 * np.log10(signal_power / np.mean(noise**2)) == pytest.approx(snr, abs=0.05)
    # Coloured noise is as loud in the pauses as beside the speech.
    parts = [np.mean(noise[mask] ** 2) for mask in (speaking, ~speaking)]
    assert 10 * np.log10(parts[0] / parts[1]) == pytest.approx(0, abs=1.0)


def test_a_third_of_brown_noise_is_where_recognisers_listen():
    noise = branch(voiced(20), kind="brown")
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    audible = np.fft.rfftfreq(noise.size, 1 / RATE_HZ) >= 300
    assert 0.25 < spectrum[audible].sum() / spectrum.sum() < 0.4


def test_seeds_differ_and_silence_stays_silent():
    speech = voiced()
    pairs = [(1, 2), (1, 9), (8, 16)]
    for one, other in pairs:
        first, second = branch(speech, seed=one), branch(speech, seed=other)
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
    assert not PLUGIN.apply(np.zeros(1000, np.float32), RATE_HZ, params()).any()


@pytest.mark.parametrize("kind", ["white", "pink", "hum", "file"])
def test_noise_comes_through_the_room_from_before_the_clip_on(kind, recording):
    more = {"hum": {"mains_hz": 60.0}, "file": recording}.get(kind, {})
    found = branch(voiced(0.5), **{**more, "kind": kind}, **IN_ROOM).astype(float)
    h = response(shoebox(IN_ROOM), RATE_HZ).astype(float)
    # The source has been on for as long as the room rings.
    before = lead(h.size)
    source = dry(params(**{**more, "kind": kind}), RATE_HZ, -before, before + found.size).astype(
        float
    )
    expected = signal.fftconvolve(source, h)[before : before + found.size]
    scale = (found @ expected) / (expected @ expected)
    # Resampling of a recording knows nothing of what comes after its last sample.
    error = np.abs(found - scale * expected)[:-200]
    assert error.max() < 2e-4 * np.abs(found).max()


@pytest.mark.parametrize("color", COLORS)
def test_splits_and_seeds_share_no_noise(color):
    """The whole bank of each, wherever a clip may cut from it."""
    config = SpeechConfig(noise_kinds=(color,), noise_probability=1.0, room_probability=0.0)
    banks = set()
    for seed, split in itertools.product((1, 2), ("train", "validation", "test")):
        context = Context(config, seed, split)
        ((_, _, drawn),) = [step for step in draw_chain(context, "row", 0) if step[0] == "noise"]
        banks.add(drawn["bank"])
    assert len(banks) == 6
    size = STARTS * convolve.HOP
    pieces = [dry(params(kind=color, bank=bank, seed=0), RATE_HZ, 0, size) for bank in banks]
    spectra = np.fft.rfft(np.stack(pieces))
    # At every shift: a piece that comes again in another place is found too.
    for index, spectrum in enumerate(spectra[1:], 1):
        found = np.abs(np.fft.irfft(spectra[:index] * spectrum.conj(), size)).max() / size
        assert found < 0.1


def test_parameters_of_another_version_say_what_is_missing():
    old = {name: value for name, value in params().items() if name != "bank"}
    with pytest.raises(KeyError, match="bank"):
        PLUGIN.apply(voiced(), RATE_HZ, old)


def test_hum_is_made_of_harmonics_of_the_mains():
    noise = branch(voiced(4), kind="hum", mains_hz=60.0)
    spectrum = np.abs(np.fft.rfft(noise[: 4 * RATE_HZ])) ** 2
    tones = spectrum[[4 * 60 * harmonic for harmonic in range(1, 13)]]
    assert tones.sum() / spectrum.sum() > 0.999


def test_babble_is_several_talkers_and_does_not_depend_on_the_clip():
    talkers = babble()
    both, one = json.dumps(talkers), json.dumps(talkers[:1])
    found = branch(voiced(1), kind="babble", talkers=both)
    longer = branch(voiced(3), kind="babble", talkers=both)
    scale = (found @ longer[: found.size]) / (found @ found)
    assert np.abs(longer[: found.size] - scale * found).max() < 1e-5
    alone = branch(voiced(1), kind="babble", talkers=one)
    assert abs(np.corrcoef(found, alone)[0, 1]) < 0.95
    speech = said(json.dumps(talkers[0], sort_keys=True), RATE_HZ)
    assert speech.size > RATE_HZ


def test_a_clip_without_talkers_or_files_goes_without_noise():
    config = SpeechConfig(noise_kinds=("babble", "file"), noise_probability=1.0)
    assert all(op != "noise" for op, _, _ in draw_chain(Context(config), "row", 0))


def test_draws_hold_all_that_makes_the_noise_again():
    talkers = [json.dumps(one) for one in babble()]
    files = [NoiseFile("a/b.wav", "CC-BY-4.0", "0" * 64, 10.0)]
    config = SpeechConfig(
        noise_kinds=("hum", "babble", "file"), noise_probability=1.0, room_probability=0.5
    )
    context = Context(config, talkers=talkers, files=files)
    drawn = [
        params
        for n in range(60)
        for op, _, params in draw_chain(context, f"row{n}", 0)
        if op == "noise"
    ]
    kinds = {params["kind"]: params for params in drawn}
    assert set(kinds) == {"hum", "babble", "file"}
    assert {params["mains_hz"] for params in drawn if params["kind"] == "hum"} == {50.0, 60.0}
    assert json.loads(kinds["babble"]["talkers"])[0]["engine"] == "hibari"
    file = kinds["file"]
    assert (file["file"], file["license"], file["sha256"]) == ("a/b.wav", "CC-BY-4.0", "0" * 64)
    assert all(0 <= p["offset_s"] < 10 for p in drawn if p["kind"] == "file")
    assert {("rt60_s" in params) for params in drawn} == {True, False}


def several(noises=(1, 3), count=60):
    """Parameters of noise of clips with several sources, and of the same clips with one."""
    context = {
        "talkers": [json.dumps(one) for one in babble()],
        "files": [NoiseFile("a.wav", "CC-BY-4.0", "0" * 64, 10.0)],
    }
    kinds = ("pink", "hum", "babble", "file")
    drawn = []
    for wanted in (noises, (1, 1)):
        config = SpeechConfig(
            noises=wanted, noise_kinds=kinds, noise_probability=1.0, room_probability=0.5
        )
        chains = [draw_chain(Context(config, **context), f"row{n}", 0) for n in range(count)]
        drawn.append([p for chain in chains for op, _, p in chain if op == "noise"])
    return list(zip(*drawn, strict=True))


def test_further_sources_leave_the_first_and_stand_elsewhere():
    counts = set()
    for found, alone in several():
        assert {name: value for name, value in found.items() if name != "others"} == alone
        sources = sources_of(found)
        counts.add(len(sources))
        assert len({one["kind"] for one in sources}) == len(sources)
        assert all(-10.0 <= one["level_db"] <= 0.0 for one in sources[1:])
        if "rt60_s" in found:
            rooms = [[shoebox(part) for part in at_places(one)] for one in sources]
            everywhere = [room.source_m for some in rooms for room in some]
            # Of four places the last one is shared by those who come late.
            assert len(set(everywhere)) >= min(len(everywhere), 4)
            assert not {room.source_m for room in rooms[0]} & set(everywhere[len(rooms[0]) :])
            (same,) = {(one.sides_m, one.mic_m, one.rt60_s) for some in rooms for one in some}
            assert same[0] == shoebox(found).sides_m
            told = json.loads(found["others"]) if "others" in found else []
            assert all("source_x_m" in one and "length_m" not in one for one in told)
        else:
            assert all("source_x_m" not in one and "places" not in one for one in sources)
    assert counts == {1, 2, 3}


def test_as_many_sources_as_were_asked_for():
    for found, _ in several(noises=(3, 3)):
        assert len(sources_of(found)) == 3


@pytest.mark.parametrize("room", [{}, IN_ROOM])
def test_several_sources_have_their_levels_and_together_the_ratio(room, recording):
    there = {"source_x_m": 0.5, "source_y_m": 3.3, "source_z_m": 0.9, "room_seed": 8}
    place = there if room else {}
    first = params(kind="pink", snr_db=8.0, **room)
    hum = {"kind": "hum", "mains_hz": 50.0, "seed": 5, "level_db": -3.0, **place}
    street = {**recording, "seed": 6, "level_db": -9.0, **place}
    both = {**first, "others": json.dumps([hum, street])}
    speech = voiced(2)
    noise = PLUGIN.apply(speech, RATE_HZ, both).astype(float) - speech
    assert snr_db(speech, noise.astype(np.float32), RATE_HZ) == pytest.approx(8.0, abs=0.1)
    # Each source by itself, as a step of its own: the sum is made of these and nothing else.
    kept = {name: value for name, value in first.items() if name != "drr_db"}
    steps = (first, {**kept, **hum}, {**kept, **street})
    alone = [branch(speech, **one).astype(float) for one in steps]
    shares, *_ = np.linalg.lstsq(np.stack(alone, axis=1), noise, rcond=None)
    assert np.abs(np.stack(alone, axis=1) @ shares - noise).max() < 1e-4 * np.abs(noise).max()
    assert 20 * np.log10(shares[1:] / shares[0]) == pytest.approx([-3.0, -9.0], abs=0.01)


def test_each_talker_of_babble_is_heard_from_a_place_of_its_own():
    talkers = babble()
    config = SpeechConfig(
        noise_kinds=("babble",), noise_probability=1.0, room_probability=1.0, babble_talkers=(2, 2)
    )
    context = Context(config, talkers=[json.dumps(one) for one in talkers])
    chain = {op: drawn for op, _, drawn in draw_chain(context, "row", 0)}
    drawn = chain["noise"]
    places = json.loads(drawn["places"])
    parts = at_places(drawn)
    assert [json.loads(one["talkers"])[0] for one in parts] == json.loads(drawn["talkers"])
    assert len({shoebox(one).source_m for one in parts}) == len(places) == 2
    assert shoebox(parts[0]).source_m == shoebox(drawn).source_m
    expected, count = 0.0, 2 * RATE_HZ
    for part in parts:
        h = response(shoebox(part), RATE_HZ).astype(float)
        before = lead(h.size)
        source = dry(part, RATE_HZ, -before, before + count).astype(float)
        expected = expected + signal.fftconvolve(source, h)[before : before + count]
    found = PLUGIN.sound(count, RATE_HZ, drawn).samples
    assert np.abs(found - expected).max() < 2e-4 * np.abs(expected).max()
    # Rows of before have no places: all talkers stand where the step says.
    older = {name: value for name, value in drawn.items() if name != "places"}
    assert at_places(older) == [older]


def test_more_talkers_than_places_share_them():
    config = SpeechConfig(
        noise_kinds=("babble",), noise_probability=1.0, room_probability=1.0, babble_talkers=(5, 5)
    )
    talkers = [json.dumps({"seed": n, "spoken": f"text {n}"}) for n in range(9)]
    chain = draw_chain(Context(config, talkers=talkers), "row", 0)
    (drawn,) = [drawn for op, _, drawn in chain if op == "noise"]
    parts = at_places(drawn)
    assert [len(json.loads(one["talkers"])) for one in parts] == [2, 2, 1]
    assert len({one["seed"] for one in parts}) == 3
    said = [one for part in parts for one in json.loads(part["talkers"])]
    assert sorted(said, key=str) == sorted(json.loads(drawn["talkers"]), key=str)


def test_what_is_not_there_is_no_further_source_and_no_kind_but_recordings_comes_twice():
    files = [NoiseFile(f"{n}.wav", "CC-BY-4.0", str(n) * 64, 10.0) for n in range(2)]
    for kinds, there, most in (
        (("white", "babble"), (), ["white"]),
        (("white", "file"), files, ["file", "file", "white"]),
    ):
        config = SpeechConfig(noises=(4, 4), noise_kinds=kinds, noise_probability=1.0)
        chains = [draw_chain(Context(config, files=there), f"row{n}", 0) for n in range(40)]
        drawn = [params for chain in chains for op, _, params in chain if op == "noise"]
        assert len(drawn) >= 10
        for params in drawn:
            found = sources_of(params)
            assert sorted(one["kind"] for one in found) == most
            assert len({(one["kind"], one.get("sha256")) for one in found}) == len(found)


def test_a_recording_is_read_from_its_offset_and_goes_round(recording):
    piece = dry(params(**recording), 22050, 0, 44100)
    path = noise_files._PLACES[recording["sha256"]]
    whole, _ = soundfile.read(path, dtype="float32")
    assert np.array_equal(piece, np.roll(whole, -11025))


def test_a_recording_that_is_missing_changed_or_silent_is_no_silence(recording, tmp_path):
    speech = voiced()
    with pytest.raises(UnfitError, match="missing"):
        PLUGIN.apply(speech, RATE_HZ, params(kind="file", sha256="f" * 64, offset_s=0.0))
    path = noise_files._PLACES[recording["sha256"]]
    soundfile.write(path, np.zeros(44100), 22050, subtype="PCM_16")
    with pytest.raises(UnfitError, match="missing, has changed"):
        PLUGIN.apply(speech, RATE_HZ, params(**recording))
    noise_files.know({sha256_of(path): path})
    with pytest.raises(UnfitError, match="silent") as error:
        PLUGIN.apply(speech, RATE_HZ, params(**{**recording, "sha256": sha256_of(path)}))
    assert error.value.detail == "street.wav, from 0.5 s on"
