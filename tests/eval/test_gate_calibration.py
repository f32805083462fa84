import json

import numpy as np
import pytest

from corpusforge.core.schema import Utterance, utterances_to_table
from corpusforge.core.spans import Slot
from corpusforge.speech.scores.limits import calibrated
from corpusforge.speech.scores.measure import SCORES
from corpusforge.speech.scores.texts import TEXTS, text_kind
from eval.cells import RESULTS
from eval.speech.gate_calibration import Clips, _of_others, broken, limits_from, shares, widest
from eval.speech.gate_texts import rows_of_kind
from eval.speech.planted_clips import _SOUND, swapped


def scores(count=100, **given):
    found = {name: np.full(count, np.nan) for name in (*SCORES, "clipped_share")}
    found["clipped_share"][:] = 0.0
    found["vad_share"][:] = 0.9
    found["gap_s"][:] = 0.2
    found["s_per_phone"][:] = np.linspace(0.05, 0.08, count)
    for name, values in given.items():
        found[name][:] = values
    return found


def clips(count=100, kind="plain", **given):
    return Clips(scores(count, **given), np.array([kind] * count))


def test_the_shipped_limits_are_those_that_were_measured():
    found = json.loads((RESULTS / "gate_calibration.json").read_text("utf-8"))
    assert calibrated() == found["limits"]
    for limits in (kind for one in found["limits"].values() for kind in one.values()):
        assert all(limits.get(name, -1.0) < 0 for name in ("min_gop", "min_slot_gop"))
    for one in found["calibrations"]:
        assert found["limits"][f"{one['engine']}/{one['lang']}"] == one["limits"]


def test_good_clips_keep_the_limits_that_they_set():
    good = clips(
        cer=np.linspace(0.0, 0.5, 100),
        wer=np.linspace(0.0, 1.2, 100),
        gop=np.linspace(-2.0, 0.0, 100),
    )
    limits = limits_from(good.scores, "plain")
    assert limits["min_s_per_phone"] < 0.05 and limits["max_s_per_phone"] > 0.08
    assert not {"max_wer", "max_cer", "max_s_per_letter"} & set(limits)
    assert "min_mos" not in limits  # nothing was rated
    assert limits["min_gop"] < -2.0
    found = shares(good, {"plain": limits})
    assert found["cheap"] == 0.0
    assert found["with_asr"] <= 0.01


def test_limits_of_fits_are_below_zero_and_few_clips_set_none():
    assert limits_from(clips(gop=0.1).scores, "plain")["min_gop"] == -1.0
    assert limits_from(clips(gop=-3.0).scores, "plain")["min_gop"] == pytest.approx(-4.2)
    few = np.where(np.arange(100) < 29, -1.0, np.nan)
    assert "min_slot_gop" not in limits_from(clips(slot_gop=few).scores, "plain")
    assert limits_from(clips(20).scores, "plain") == {}
    unheard = clips(vad_share=0.0).scores
    assert limits_from(unheard, "word")["min_vad_share"] == 0.01
    assert limits_from(unheard, "word, noisy")["min_vad_share"] == 0.0


def test_what_was_not_measured_breaks_nothing():
    limits = {"max_cer": 0.1, "min_mos": 3.0, "min_vad_share": 0.5, "min_gop": -1.0}
    assert not any(hit.any() for hit in broken(clips(), {"plain": limits}).values())
    assert not any(hit.any() for hit in broken(clips(kind="short"), {"plain": limits}).values())


def test_a_broken_clip_is_counted_under_its_limits():
    bad = clips(count=3, gap_s=[3.0, 0.1, 0.1], cer=[0.9, np.nan, 0.1], gop=[-5.0, np.nan, -5.0])
    found = shares(bad, {"plain": {"max_gap_s": 1.0, "max_cer": 0.5, "min_gop": -3.0}})
    assert (found["cheap"], found["with_asr"]) == (0.3333, 0.6667)
    assert found["by_limit"] == {"max_gap_s": 1, "max_cer": 1, "min_gop": 2}


def test_the_widest_limits_are_those_that_all_have():
    of = [
        {"plain": {"max_gap_s": 1.0, "min_gop": -2.0}},
        {"plain": {"max_gap_s": 0.5, "min_gop": -3.0, "max_cer": 0.5}},
    ]
    assert widest(of)["plain"] == {"max_gap_s": 1.0, "min_gop": -3.0}


def test_an_engine_that_is_left_out_has_no_say():
    one, other = ({"plain": {"max_gap_s": gap}} for gap in (1.0, 5.0))
    own = {("a", "en"): one, ("b", "en"): one, ("c", "en"): other, ("c", "de"): other}
    assert _of_others(own, "c", "de")["plain"] == {"max_gap_s": 1.0}
    assert _of_others(own, "b", "en")["plain"] == {"max_gap_s": 5.0}


@pytest.mark.parametrize("kind", TEXTS)
def test_texts_are_of_their_kind_and_distinct(kind):
    rows = rows_of_kind("en", kind, 20, 1).to_pylist()
    assert len({row["text"].lower() for row in rows}) == 20
    for row in rows:
        assert text_kind(row["text"]) == kind
        for slot in row["slots"] or ():
            assert row["text"][slot["start"] : slot["end"]] == slot["text"]


def test_a_wrong_slot_is_another_value_of_the_same_slot():
    def row(text, value):
        start = text.index(value)
        slot = Slot("room", "room", value, value, start, start + len(value))
        return Utterance(
            text=text,
            lang="en",
            intent="x",
            slots=(slot,),
            origin="template",
            split="train",
            license="CC0-1.0",
        )

    rows = utterances_to_table([row("light in the hall", "hall"), row("heat the attic", "attic")])
    assert swapped(rows, rows) == {
        "light in the hall": "light in the attic",
        "heat the attic": "heat the hall",
    }
    assert swapped(rows, rows.slice(0, 1)) == {"heat the attic": "heat the hall"}


@pytest.mark.parametrize("fault", _SOUND)
def test_faults_change_the_sound_and_stay_in_range(fault):
    clip = np.sin(np.arange(8000) / 9).astype(np.float32) * 0.3
    found = _SOUND[fault](clip)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1.0
    assert found.size != clip.size or not np.array_equal(found, clip)
