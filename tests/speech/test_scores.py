"""What the gate measures: VAD, transcripts, comparison, and the cache of scores."""

import functools

import numpy as np
import pyarrow as pa
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.errors import StaleInputError
from corpusforge.core.executors import ProcessExecutor
from corpusforge.core.recipe import GateConfig, Recipe, SpeechConfig
from corpusforge.core.run import Cache
from corpusforge.core.schema import read_table, write_table
from corpusforge.core.seeding import rng
from corpusforge.speech import gate
from corpusforge.speech.engine import Prosody
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.recognise import Recogniser, bundled_model, comparable, word_errors
from corpusforge.speech.render import RATE_HZ
from corpusforge.speech.scores import gop, work
from corpusforge.speech.scores.compare import compare
from corpusforge.speech.scores.gop import Wording, wordings_of
from corpusforge.speech.scores.mel import HOP, log_mel
from corpusforge.speech.scores.texts import (
    KINDS,
    LEAST_LETTERS,
    kind_of,
    letters,
    spelled_out,
    text_kind,
)
from corpusforge.speech.scores.vad import Vad
from corpusforge.speech.scores.whisper import Listener, frames_of, without_echo
from tests.speech.rows import context, corpus, recipe, speak

TEXTS = ("turn on the kitchen light", "what is the weather in Paris tomorrow", "stop the music")


@functools.cache
def said(text, speed=1.0):
    """The default voice at 16 kHz, between silence of 0.1 s."""
    import soxr

    found = HIBARI.speak(text, HIBARI.voices("en")[0], Prosody(speed=speed), rng(1, "test"))
    samples = soxr.resample(found.samples, found.rate_hz, RATE_HZ, quality="HQ")
    silence = np.zeros(RATE_HZ // 10, np.float32)
    return np.concatenate([silence, samples.astype(np.float32), silence])


def noise(seconds, level=0.1, slope=0.0):
    """Coloured noise: power falls by frequency ** slope."""
    drawn = rng(3, "noise").standard_normal(round(seconds * RATE_HZ))
    spectrum = np.fft.rfft(drawn)
    hz = np.fft.rfftfreq(drawn.size, 1 / RATE_HZ)
    spectrum *= np.maximum(hz, 20.0) ** (-slope / 2)
    colored = np.fft.irfft(spectrum, drawn.size)
    return (level * colored / np.std(colored)).astype(np.float32)


def test_speech_is_heard_and_noise_is_not():
    speech, *others = Vad().listen(
        [
            said(TEXTS[1]),
            np.zeros(16000, np.float32),
            noise(2),
            noise(2, slope=1),
            noise(2, slope=2),
        ]
    )
    assert 0.5 < speech.speech_s / (said(TEXTS[1]).size / RATE_HZ) <= 1.0
    assert [other.speech_s for other in others] == [0.0] * 4


def test_a_hole_is_heard():
    clip = said(TEXTS[1])
    middle = clip.size // 2
    holed = np.concatenate([clip[:middle], np.zeros(RATE_HZ, np.float32), clip[middle:]])
    whole, broken = Vad().listen([clip, holed])
    assert whole.gap_s < 0.3
    assert broken.gap_s == pytest.approx(1.0, abs=0.35)


def test_clips_beside_a_clip_do_not_change_what_is_heard_in_it():
    clips = [said(text) for text in TEXTS]
    model = Vad()
    together = model.probabilities(clips)
    for clip, found in zip(clips, together, strict=True):
        (alone,) = model.probabilities([clip])
        np.testing.assert_array_equal(alone, found)


@pytest.mark.parametrize("bands", [80, 128])
def test_spectrograms_are_those_of_faster_whisper(bands):
    clip = said(TEXTS[0])
    clip = clip[: clip.size // HOP * HOP]
    expected = FeatureExtractor(feature_size=bands)(clip, padding=0)[:, : clip.size // HOP]
    np.testing.assert_allclose(log_mel(clip[None], bands)[0], expected, atol=1e-4)


def listen(model, clips):
    return [model.hear([clip])[0].text for clip in clips]


def test_the_short_window_hears_what_the_full_window_hears():
    clips = [said(text) for text in TEXTS]
    short = listen(Listener(bundled_model(), "en", full=False), clips)
    slow = Recogniser(bundled_model())
    for clip, heard, text in zip(clips, short, TEXTS, strict=True):
        words = without_echo(comparable(heard, "en"))
        assert words == comparable(slow.transcribe(clip), "en")
        assert words == comparable(text, "en")


def test_transcripts_do_not_depend_on_the_batch():
    model = Listener(bundled_model(), "en", full=False)
    clips = [noise(1.9, 0.05) + said(TEXTS[2], speed)[:RATE_HZ].mean() for speed in (0.9, 1.0)]
    clips += [np.resize(said(text), 30400) for text in TEXTS]
    assert len({frames_of(clip.size, False) for clip in clips}) == 1
    assert [heard.text for heard in model.hear(clips)] == listen(model, clips)
    assert [heard.text for heard in model.hear(clips[::-1])] == listen(model, clips)[::-1]


def wording(text, *values):
    return Wording(text, tuple((text.index(v), text.index(v) + len(v)) for v in values))


ROOM = "turn on the kitchen light"


@functools.cache
def model():
    return Listener(bundled_model(), "en", full=False)


def fit(clip, *wordings):
    (heard,) = model().hear([clip], [wordings])
    return heard.fit


def test_a_clip_fits_what_it_says_and_no_other_text():
    for text in TEXTS:
        own = fit(said(text), wording(text))
        assert own.gop > -1.0
        assert own.slot_gop is None
        for other in set(TEXTS) - {text}:
            assert fit(said(text), wording(other)).gop < -3.0


def test_a_slot_with_another_value_fits_badly_and_the_rest_as_before():
    own = fit(said(ROOM), wording(ROOM, "kitchen"))
    other = fit(said(ROOM), wording(ROOM.replace("kitchen", "garage"), "garage"))
    assert own.slot_gop > -1.0
    assert other.slot_gop < -5.0
    assert other.slot_gop < other.gop < own.gop


def test_a_noisy_clip_that_is_heard_wrong_still_fits_its_text_best():
    clip = said(TEXTS[1])
    clip = clip + noise(clip.size / RATE_HZ, 0.1)[: clip.size]
    (heard,) = model().hear([clip])
    row = {"spoken": TEXTS[1], "lang": "en", "slots": (), "spoken_slots": None}
    assert compare(row, heard.text).wer > 0.2
    fitted = {text: fit(clip, wording(text)).gop for text in TEXTS}
    assert max(fitted, key=fitted.get) == TEXTS[1]
    assert fitted[TEXTS[1]] > -2.5


def test_fits_do_not_depend_on_the_batch_nor_transcripts_on_fits():
    clips = [np.resize(said(text), 30400) for text in (*TEXTS, TEXTS[0])]
    long = wording(" and ".join([TEXTS[0]] * 5), "kitchen")
    ways = [(wording(TEXTS[0], "kitchen"), wording("stop")), (), (wording("stop"),), (long,)]
    together = model().hear(clips, ways)
    assert together == [model().hear([c], [w])[0] for c, w in zip(clips, ways, strict=True)]
    assert [heard.text for heard in together] == listen(model(), clips)
    assert together[1].fit is None


def test_names_in_small_letters_fit_as_well_as_with_capitals():
    clip = said(TEXTS[1])
    own = fit(clip, wording(TEXTS[1], "Paris"))
    small = fit(clip, wording(TEXTS[1].lower(), "paris"))
    assert small.slot_gop > -1.0
    assert small.slot_gop == pytest.approx(own.slot_gop, abs=0.5)
    other = TEXTS[1].lower().replace("paris", "boston")
    assert fit(clip, wording(other, "boston")).slot_gop < -3.0


@pytest.mark.parametrize("end", [",", "…", " –", ";", "!", " "])
def test_signs_at_the_end_do_not_matter(end):
    one, other = fit(said(ROOM), wording(ROOM)), fit(said(ROOM), wording(ROOM + end))
    assert other.gop == pytest.approx(one.gop, abs=0.4)


ODD = "abC dé’1,ßſİıǆﬁ\u0301"


@given(st.text(ODD, max_size=30), st.text(ODD, max_size=30))
def test_other_letters_leave_spans_and_words_where_they_are(text, heard):
    for found in (gop._recased(text, heard), gop._named(text, ((0, len(text)),))):
        assert len(found) == len(text)
        changed = [(a, b) for a, b in zip(text, found, strict=True) if a != b]
        assert all(a.casefold() == b.casefold() or a.upper() == b.upper() for a, b in changed)


def test_slots_are_judged_whenever_they_are_known():
    row = {"spoken": "set it to twenty one", "text": "set it to 21"}
    slots = [{"name": "n", "start": 10, "end": 12, "text": "21"}]
    lost = wordings_of({**row, "slots": slots, "spoken_slots": None})
    assert [one.spans for one in lost] == [(), ()]
    spans = [{"name": "n", "start": 10, "end": 20}]
    known = wordings_of({**row, "slots": slots, "spoken_slots": spans})
    assert [one.spans for one in known] == [((10, 20),), ((10, 12),)]


def test_wordings_are_tried_until_one_fits():
    asked = []

    def fitted(wording):
        asked.append(wording.text)
        return gop.Fit(-3.0, -9.0) if wording.text == "call anna" else gop.Fit(-0.1, -0.2)

    ways = (wording("call anna", "anna"), wording("phone anna", "anna"), wording("x"))
    assert gop.best_fit(ways, "", fitted) == gop.Fit(-0.1, -0.2)
    assert asked == ["call anna", "phone anna"]
    asked.clear()
    assert gop.best_fit(ways[:1], "Call Anna.", fitted) == gop.Fit(-0.1, -0.2)
    assert asked == ["call anna", "Call Anna"]
    assert gop.best_fit(ways, "", lambda _: None) is None
    assert gop.best_fit((), "", fitted) is None


def test_of_a_clip_longer_than_the_window_nothing_is_said():
    (heard,) = model().hear([np.zeros(31 * RATE_HZ, np.float32)], [(wording("stop"),)])
    assert heard.fit is None


def test_the_likelier_of_two_wordings_counts():
    clip = said("set a timer for twenty five minutes")
    words = wording("set a timer for twenty five minutes", "twenty five minutes")
    digits = wording("set a timer for 25 minutes", "25 minutes")
    one, other = fit(clip, words), fit(clip, digits)
    assert other.gop > one.gop  # as this recogniser writes numbers
    assert fit(clip, words, digits) == fit(clip, digits, words) == other


def test_texts_with_too_many_tokens_have_no_fit():
    assert fit(said(TEXTS[0]), Wording("ha " * 300, ())) is None
    assert fit(said(TEXTS[0])) is None


def test_wordings_are_the_spoken_form_and_the_written_one():
    spans = [{"name": "t", "start": 11, "end": 15}]
    slots = [{"name": "t", "start": 11, "end": 12, "text": "5"}]
    row = {"spoken": "wake me at five", "text": "wake me at 5", "slots": slots}
    found = wordings_of({**row, "spoken_slots": spans})
    assert found == (wording("wake me at five", "five"), wording("wake me at 5", "5"))
    same = {**row, "spoken": row["text"], "spoken_slots": None}
    assert wordings_of(same) == (wording("wake me at 5", "5"),)
    assert wordings_of({**row, "text": row["spoken"], "spoken_slots": spans}) == found[:1]
    assert wordings_of({"spoken": " ", "text": "", "slots": None, "spoken_slots": None}) == ()


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.integers(1, 4))
def test_an_echo_is_taken_off(words, times):
    heard = without_echo(words * times + words[: len(words) // 2] * (times > 1))
    once = without_echo(words)
    if times > 1:
        assert len(heard) <= len(words)
    assert heard[: len(once)] == once[: len(heard)]
    assert (words * 20)[: len(heard)] == heard


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b", "a"], ["a", "b", "a", "c"]])
def test_what_is_no_echo_stays(words):
    assert without_echo(words) == words


def clip(spoken, slots=(), spans=None, lang="en"):
    found = [{"text": text} for text in slots]
    return {"spoken": spoken, "lang": lang, "slots": found, "spoken_slots": spans}


def test_numbers_are_compared_as_they_are_said():
    found = compare(clip("wake me at seven thirty", ["7:30"]), "Wake me at 7:30.")
    assert (found.wer, found.cer, found.slot_error_rate) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("spoken", "slot", "heard"),
    [
        ("Wake me at seven thirty", "7:30", "Wake me at 730."),
        ("Wake me at seven thirty AM", "7:30 am", "Wake me at 730 AM"),
        ("wake me at ten forty tomorrow", "10:40", "Wake me at 1040 tomorrow."),
        ("call by seven oh five", "7:05", "Call by 705"),
        ("set the pump for seven hundred thirty", "730", "Set the pump for 730."),
        ("stop at seven hundred thirty", "730", "Stop at 730"),
    ],
)
def test_a_time_without_its_mark_is_heard_as_it_was_said(spoken, slot, heard):
    found = compare(clip(spoken, [slot]), heard)
    assert (found.wer, found.cer, found.slot_error_rate) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "heard", ["wake me at 740", "wake me at 730 watts", "wake me on 730", "wake me at 7300"]
)
def test_another_number_is_no_such_time(heard):
    assert compare(clip("wake me at seven thirty", ["7:30"]), heard).slot_error_rate == 1.0
    assert compare(clip("um sieben Uhr dreißig", ["7:30"], lang="de"), "um 730").wer > 0


def test_a_slot_that_is_not_heard_counts():
    row = clip("lamp in the living room to red", ["living room", "red"])
    assert compare(row, "lamp in the livingroom to read").slot_error_rate == 0.5
    assert compare(row, "lamp in the living red room").slot_error_rate == 0.5
    assert compare(row, "").slot_error_rate == 1.0


def test_the_spoken_span_of_a_slot_counts_where_it_is_known():
    spans = [{"name": "n", "start": 0, "end": 3}]
    row = clip("two lamps", ["2"], spans)
    assert compare(row, "to lamps").slot_error_rate == 1.0
    assert compare(row, "2 lamps").slot_error_rate == 0.0


def test_a_text_that_says_a_word_twice_is_heard_right():
    assert compare(clip("bye bye"), "Bye bye.").wer == 0.0


def test_nothing_to_get_wrong_is_no_rate():
    found = compare(clip("?!"), "well")
    assert (found.wer, found.cer, found.slot_error_rate) == (None, None, None)


@given(st.lists(st.sampled_from(["lamp", "red", "on", "the"]), min_size=1, max_size=6))
def test_rates_are_those_of_the_distance(words):
    found = compare(clip("turn on the red lamp"), " ".join(words))
    heard = without_echo(words)
    assert found.wer == word_errors(["turn", "on", "the", "red", "lamp"], heard) / 5


def test_letters_are_counted_in_any_script():
    assert letters("It's 5!") == 4
    assert letters("¿Qué? über") == 7
    assert letters("...") == 0


def test_words_in_capitals_may_be_said_letter_by_letter():
    assert spelled_out("use the VPN via SSH") == letters("use the VPN via SSH") + 2 * 6
    assert spelled_out("plan B at six A.M.") == letters("plan B at six A.M.") + 2 * 3
    for text in ("turn it on", "TURN IT ON", "I want A Toyota", ""):
        assert spelled_out(text) == letters(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("six", "word"),
        ("oh oh", "word"),
        ("oh no no", "short"),
        ("No. Stop it.", "short"),
        ("turn on the light now", "plain"),
        ("turn on the light now.", "plain"),
        ("set it to 2.5 degrees now", "plain"),
        ("Stop that. Turn on the light.", "paused"),
        ("please, turn on the lights", "paused"),
        ("she said “stop it.” Then she left", "paused"),
        ("打开厨房的灯", "word"),
        ("请打开厨房的灯，然后把客厅的窗帘关上", "paused"),
    ],
)
def test_kinds_of_texts(text, kind):
    assert text_kind(text) == kind_of(text, None) == kind_of(text, 10.0) == kind
    assert kind_of(text, 9.9) == kind_of(text, -0.1) == f"{kind}, noisy"
    assert kind_of(text, -3.0) == ""
    assert kind in KINDS and f"{kind}, noisy" in KINDS
    assert (kind in ("short", "word")) == (letters(text) < LEAST_LETTERS)


def config_of(asr_share=1.0, clips=6, **gate_config):
    speech = SpeechConfig(clips=clips, max_dropped=1.0)
    gating = GateConfig(asr_share=asr_share, **gate_config)
    return Recipe(name="small", lang="en", license="CC0-1.0", speech=speech, audio_gate=gating)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    root = tmp_path_factory.mktemp("spoken")
    speak(root, corpus(12), recipe(clips=6))
    return root


def run_gate(spoken, root, config, executor=None):
    """Run the gate on the clips of `spoken`; its cache is in `root`, clips are copied there."""
    cache = Cache(root / "cache")
    if not (root / "cache" / "clips").exists():
        cache.root.mkdir(parents=True)
        (root / "cache" / "clips").symlink_to(spoken / "cache" / "clips")
    ctx = context(root, "gate", config, {"speech": spoken / "speech"}, executor, cache)
    result = gate.run(ctx)
    return result, read_table(root / "gate" / "clips.parquet")


def counted(monkeypatch):
    """Count the clips that each scorer is asked about."""
    counts = {"vad": 0, "asr": 0, "mos": 0}

    def counting(name, function):
        def score(scorer, clips, wordings):
            counts[name] += len(clips)
            return function(scorer, clips, wordings)

        return score

    watched = {name: counting(name, function) for name, function in work._SCORERS.items()}
    monkeypatch.setattr(work, "_SCORERS", watched)
    return counts


def test_another_limit_needs_no_listening(spoken, tmp_path, monkeypatch):
    counts = counted(monkeypatch)
    _, first = run_gate(spoken, tmp_path, config_of())
    assert counts == {"vad": 6, "asr": 6, "mos": 0}
    assert all(first["asr_text"].to_pylist())
    strict = config_of(limits={"*": {"max_cer": 0.0, "max_wer": 0.0}})
    assert gate.config(strict) != gate.config(config_of())
    result, kept = run_gate(spoken, tmp_path, strict)
    assert counts == {"vad": 6, "asr": 6, "mos": 0}
    right = [wer == 0 for wer in first["score_wer"].to_pylist()]
    assert result.rows_out == kept.num_rows == sum(right)
    dropped = read_table(tmp_path / "gate" / "dropped.parquet")
    assert all(score > 0 for score in dropped["score"].to_pylist())
    assert set(dropped["threshold"].to_pylist()) <= {0.0}


def test_scores_are_the_same_however_they_came_to_be(spoken, tmp_path):
    _, whole = run_gate(spoken, tmp_path / "one", config_of())
    run_gate(spoken, tmp_path / "two", config_of(0.4))
    _, grown = run_gate(spoken, tmp_path / "two", config_of())
    assert grown.equals(whole)
    assert not any(value is None for value in whole["score_gop"].to_pylist())


def test_a_broken_score_is_computed_again(spoken, tmp_path, monkeypatch):
    _, first = run_gate(spoken, tmp_path, config_of())
    entries = sorted((tmp_path / "cache" / "scores").rglob("*.json"))
    counts_of_phones = [path for path in entries if '"counts"' in path.read_text("utf-8")]
    assert 1 <= len(counts_of_phones) <= 6
    counts_of_phones[0].write_text("{", "utf-8")
    entries = [path for path in entries if path not in counts_of_phones]
    assert len(entries) == 12
    entries[0].write_text("{", "utf-8")
    entries[1].write_text(entries[1].read_text("utf-8").replace("0", "1"), "utf-8")
    entries[2].unlink()
    counts = counted(monkeypatch)
    _, second = run_gate(spoken, tmp_path, config_of())
    assert 2 <= sum(counts.values()) <= 3  # the second may hold no 0
    assert second.equals(first)


def test_a_killed_gate_goes_on_behind_the_last_batch(spoken, tmp_path, monkeypatch):
    monkeypatch.setitem(work._BATCH, "vad", 1)
    listen_vad, calls = work._SCORERS["vad"], []

    def dies(scorer, clips, wordings):
        calls.append(len(clips))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return listen_vad(scorer, clips, wordings)

    monkeypatch.setattr(work, "_SCORERS", {**work._SCORERS, "vad": dies})
    with pytest.raises(KeyboardInterrupt):
        run_gate(spoken, tmp_path / "killed", config_of(0.0))
    _, resumed = run_gate(spoken, tmp_path / "killed", config_of(0.0))
    assert len(calls) == 4 + 3
    _, whole = run_gate(spoken, tmp_path / "whole", config_of(0.0))
    assert resumed.equals(whole)


def test_workers_do_not_change_the_scores(spoken, tmp_path):
    _, inline = run_gate(spoken, tmp_path / "one", config_of())
    _, pooled = run_gate(spoken, tmp_path / "two", config_of(), ProcessExecutor(2))
    assert pooled.equals(inline)


def test_a_clip_with_other_samples_sends_the_build_back_to_speech(spoken, tmp_path):
    table = read_table(spoken / "speech" / "clips.parquet")
    forged = pa.array(["0" * 64] * table.num_rows)
    place = table.schema.get_field_index("pcm_sha256")
    (tmp_path / "speech").mkdir()
    (tmp_path / "cache").symlink_to(spoken / "cache")
    write_table(table.set_column(place, "pcm_sha256", forged), tmp_path / "speech/clips.parquet")
    write_table(read_table(spoken / "speech/dropped.parquet"), tmp_path / "speech/dropped.parquet")
    ctx = context(tmp_path, "gate", config_of(0.0), {"speech": tmp_path / "speech"})
    with pytest.raises(StaleInputError) as error:
        gate.run(ctx)
    assert error.value.stage == "speech"


def test_the_sample_is_stated_and_grows_with_its_share(spoken, tmp_path):
    small, first = run_gate(spoken, tmp_path, config_of(0.4))
    large, second = run_gate(spoken, tmp_path, config_of(0.8))
    heard = [
        {
            i
            for i, text in zip(t["clip_id"].to_pylist(), t["asr_text"].to_pylist(), strict=True)
            if text
        }
        for t in (first, second)
    ]
    assert heard[0] <= heard[1]
    assert [small.facts["listened_to"], large.facts["listened_to"]] == [len(h) for h in heard]


def test_without_the_extra_the_summary_says_so(spoken, tmp_path, monkeypatch):
    from corpusforge.speech.scores import models

    found = models.util.find_spec
    monkeypatch.setattr(
        models.util, "find_spec", lambda name: None if name == "ctranslate2" else found(name)
    )
    result, kept = run_gate(spoken, tmp_path, config_of())
    assert kept.num_rows == 6
    (note,) = [note for note in result.notes if "ctranslate2" in note]
    assert "pip install 'corpusforge[gate]'" in note
    assert result.facts["listened_to"] == 0


def test_languages_that_the_model_does_not_know_are_said(spoken, tmp_path):
    table = read_table(spoken / "speech" / "clips.parquet")
    place = table.schema.get_field_index("lang")
    german = table.set_column(place, "lang", pa.array(["de"] * table.num_rows))
    (tmp_path / "speech").mkdir()
    (tmp_path / "cache").symlink_to(spoken / "cache")
    write_table(german, tmp_path / "speech/clips.parquet")
    write_table(read_table(spoken / "speech/dropped.parquet"), tmp_path / "speech/dropped.parquet")
    result = gate.run(context(tmp_path, "gate", config_of(), {"speech": tmp_path / "speech"}))
    assert any("no clip in de" in note for note in result.notes)


def test_quality_is_rated_on_its_own_share(spoken, tmp_path):
    result, kept = run_gate(spoken, tmp_path, config_of(0.0, mos_share=1.0))
    assert result.facts["rated"] == 6
    assert all(1.0 <= value <= 5.0 for value in kept["score_mos"].to_pylist())
