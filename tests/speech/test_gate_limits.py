"""Limits of the gate: whose hold, and of which clips."""

import pytest

from corpusforge.core.ids import assign_ids
from corpusforge.core.recipe import GateConfig
from corpusforge.core.schema import utterances_to_table
from corpusforge.speech import gate
from corpusforge.speech.scores.limits import LIMITS, calibrated, limit_of
from corpusforge.speech.scores.texts import KINDS
from tests.speech.judged import judge
from tests.speech.rows import context, recipe, speak, utterance


def test_an_engine_has_limits_of_its_own_and_null_is_none(tmp_path):
    clips = [{"gap_s": 1.0, "engine": engine} for engine in ("hibari", "espeak", "flite")]
    limits = {"*": {"max_gap_s": 0.5}, "espeak": {"max_gap_s": 2.0}, "flite": {"max_gap_s": None}}
    result, kept, dropped = judge(tmp_path, *clips, limits=limits)
    assert kept["engine"].to_pylist() == ["espeak", "flite"]
    assert dropped["threshold"].to_pylist() == [0.5]
    assert result.dropped == {"gap": 1}


def test_limits_for_an_engine_and_a_language_come_first():
    limits = {"*": {"max_wer": 0.1}, "espeak": {"max_wer": 0.2}, "espeak/de": {"max_wer": 0.3}}
    config = GateConfig(limits=limits)
    found = [limit_of(config, "espeak", lang, "max_wer") for lang in ("de-AT", "en")]
    assert [*found, limit_of(config, "flite", "de", "max_wer")] == [0.3, 0.2, 0.1]
    config = GateConfig(limits={**limits, "*/de": {"max_wer": 0.4, "max_cer": None}})
    assert limit_of(config, "flite", "de", "max_wer") == 0.4
    assert limit_of(config, "espeak", "de", "max_wer") == 0.3
    assert limit_of(config, "flite", "de", "max_cer") is None


def test_no_limit_of_clips_that_vary_more_is_tighter():
    for key, kinds in calibrated().items():
        for kind, limits in kinds.items():
            looser = [kind.removesuffix(", noisy"), kind.replace("paused", "plain")]
            for limit in LIMITS:
                for other in (kinds[name] for name in looser if name != kind):
                    if limit.name in limits and limit.name in other:
                        one, two = limits[limit.name], other[limit.name]
                        at_ease = one >= two if limit.is_maximum else one <= two
                        assert at_ease, (key, kind, limit.name)


def test_what_one_recogniser_hears_is_no_limit_for_another_one(tmp_path):
    ours, other = GateConfig(), GateConfig(asr_model="whisper-large")
    given = GateConfig(asr_model="whisper-large", limits={"*": {"min_gop": -5.0}})
    assert limit_of(ours, "hibari", "en", "min_gop") is not None
    for name in ("min_gop", "min_slot_gop", "max_cer", "max_wer"):
        assert limit_of(other, "hibari", "en", name) is None
    assert limit_of(given, "hibari", "en", "min_gop") == -5.0
    assert limit_of(other, "hibari", "en", "max_gap_s") == limit_of(
        ours, "hibari", "en", "max_gap_s"
    )


def test_engines_that_were_not_calibrated_have_the_widest_limits():
    table = calibrated()
    for kind in KINDS:
        for limit in LIMITS:
            known = [
                one[kind].get(limit.name)
                for key, one in table.items()
                if key.endswith("/en") and key != "*/en"
            ]
            found = limit_of(GateConfig(), "transformers", "en-GB", limit.name, kind)
            if None in known:
                assert found is None
            else:
                assert found == (max if limit.is_maximum else min)(known)
    for name in ("min_vad_share", "max_gap_s", "min_s_per_phone", "max_s_per_phone"):
        assert limit_of(GateConfig(), "command", "sw", name, "short") == table["*"]["short"][name]
    assert limit_of(GateConfig(), "command", "sw", "min_gop") is None


def test_thresholds_of_several_engines_stand_beside_their_clips(tmp_path):
    clips = [{"gap_s": 9.0, "engine": engine} for engine in ("hibari", "espeak")]
    limits = {"hibari": {"max_gap_s": 1.0}, "espeak": {"max_gap_s": 2.0}}
    _, _, dropped = judge(tmp_path, *clips, limits=limits)
    found = dict(zip(dropped["engine"].to_pylist(), dropped["threshold"].to_pylist(), strict=True))
    assert found == {"hibari": 1.0, "espeak": 2.0}


def test_clips_with_more_noise_than_speech_keep_only_limits_of_the_recipe(tmp_path):
    clips = [{"gap_s": 9.0, "snr_db": ratio} for ratio in (None, 20.0, 3.0, -3.0)]
    (tmp_path / "a").mkdir()
    result, kept, _ = judge(tmp_path / "a", *clips, limits=None)
    assert kept["clip_id"].to_pylist() == ["clip3"]
    assert "audio_gate: clips with more noise than speech: 1; no good ones" in " ".join(
        result.notes
    )
    (tmp_path / "b").mkdir()
    limits = {"*": {"max_gap_s": 2.0}}
    assert judge(tmp_path / "b", *clips, limits=limits)[0].rows_out == 0


def test_the_tempo_that_was_asked_for_is_no_fault(tmp_path):
    slow = {"duration_s": 4.0, "num_samples": 64000, "prosody": '{"speed":0.5}'}
    slow |= {"speech_s": 2.8}
    _, kept, _ = judge(tmp_path, {}, slow, limits={"*": {"max_s_per_letter": 0.1}})
    first, second = kept["score_s_per_letter"].to_pylist()
    assert first == pytest.approx(2.0 * 0.7 / 17)
    assert second == pytest.approx(first)


def test_single_words_keep_no_limit_that_comes_from_sentences(tmp_path):
    rows = [utterance(n, word, slots=()) for n, word in enumerate(("six", "eight", "stop", "no"))]
    table = assign_ids(utterances_to_table(rows))
    config = recipe(clips=40, variants=10, engines=("hibari",), speed=(0.75, 1.5))
    speak(tmp_path, table, config)
    inputs = {"speech": tmp_path / "speech"}
    result = gate.run(context(tmp_path, "audio_gate", config, inputs))
    assert not set(result.dropped) & {"too_slow", "too_fast", "misheard"}
    assert result.dropped.get("no_speech", 0) <= 2  # nothing at all is heard in one of 200


def test_a_single_word_in_which_no_speech_is_heard_is_dropped(tmp_path):
    short = {"spoken": "six", "duration_s": 0.9}
    clips = ({**short, "speech_s": 0.0}, short)
    _, kept, dropped = judge(tmp_path, *clips, limits=None)
    assert dropped["filter"].to_pylist() == ["no_speech"] and kept.num_rows == 1


def test_limits_of_the_recipe_hold_for_single_words_too(tmp_path):
    limits = {"*": {"max_s_per_letter": 0.2}}
    clip = {"spoken": "six", "duration_s": 0.9}
    _, _, dropped = judge(tmp_path, clip, limits=limits)
    assert dropped["filter"].to_pylist() == ["too_slow"]


@pytest.mark.parametrize(
    ("spoken", "gap_s", "kept"),
    [
        ("Stop the music. Turn off the light.", 1.0, True),
        ("Stop the music. Turn off the light.", 3.6, False),
        ("I live in Springfield, which is nice", 1.0, True),
        ("turn off the light at 7:30 please.", 1.0, False),
        ("turn off the light and the music", 1.0, False),
    ],
)
def test_a_pause_at_a_sign_is_no_hole(tmp_path, spoken, gap_s, kept):
    _, found, dropped = judge(tmp_path, {"spoken": spoken, "gap_s": gap_s}, limits={})
    assert found.num_rows == kept
    assert dropped["filter"].to_pylist() == ([] if kept else ["gap"])


@pytest.mark.parametrize(
    ("spoken", "seconds", "filters"),
    [
        ("use the VPN on the NAS via SSH", 2.6, []),
        ("use the VPN on the NAS via SSH", 6.0, ["too_slow"]),
        ("use the van on the gas via gash", 2.6, ["too_slow"]),
        # It may be said as words.
        ("use the IKEA lamp and NASA radio", 1.3, []),
    ],
)
def test_letters_said_by_their_names_take_their_time(tmp_path, spoken, seconds, filters):
    clip = {"spoken": spoken, "duration_s": 2 * seconds, "score_active_share": 0.5}
    _, _, dropped = judge(tmp_path, {**clip, "speech_s": seconds}, limits={})
    assert dropped["filter"].to_pylist() == filters
