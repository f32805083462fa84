import json

import numpy as np
import pytest

from corpusforge.speech.scores.limits import ANY, CALIBRATED
from corpusforge.speech.scores.measure import SCORES
from eval.cells import RESULTS
from eval.speech.gate_calibration import broken, limits_from, shares
from eval.speech.planted_clips import _SOUND


def scores(count=100, **given):
    found = {name: np.full(count, np.nan) for name in (*SCORES, "clipped_share")}
    found["clipped_share"][:] = 0.0
    found["vad_share"][:] = 0.9
    found["gap_s"][:] = 0.2
    found["s_per_letter"][:] = np.linspace(0.05, 0.08, count)
    for name, values in given.items():
        found[name][:] = values
    return found


def test_the_shipped_limits_are_those_that_were_measured():
    found = json.loads((RESULTS / "gate_calibration.json").read_text("utf-8"))
    measured = {
        f"{one['engine']}/{one['lang']}": {k: v for k, v in one["limits"].items() if k != "min_mos"}
        for one in found["calibrations"]
    }
    assert {name: limits for name, limits in CALIBRATED.items() if name != ANY} == measured


def test_good_clips_keep_the_limits_that_they_set():
    good = scores(cer=np.linspace(0.0, 0.5, 100), wer=np.linspace(0.0, 1.2, 100))
    limits = limits_from(good)
    assert limits["min_s_per_letter"] < 0.05 and limits["max_s_per_letter"] > 0.08
    assert "max_wer" not in limits  # where all may be wrong there is nothing to hold
    assert "min_mos" not in limits  # nothing was rated
    found = shares(good, limits)
    assert found["cheap"] == 0.0
    assert found["with_asr"] <= 0.01


def test_what_was_not_measured_breaks_nothing():
    limits = {"max_cer": 0.1, "min_mos": 3.0, "min_vad_share": 0.5}
    assert not any(hit.any() for hit in broken(scores(), limits).values())


def test_a_broken_clip_is_counted_under_its_limits():
    bad = scores(count=2, gap_s=[3.0, 0.1], cer=[0.9, np.nan])
    found = shares(bad, {"max_gap_s": 1.0, "max_cer": 0.5})
    assert (found["cheap"], found["with_asr"]) == (0.5, 0.5)
    assert found["by_limit"] == {"max_gap_s": 1, "max_cer": 1}


@pytest.mark.parametrize("fault", _SOUND)
def test_faults_change_the_sound_and_stay_in_range(fault):
    clip = np.sin(np.arange(8000) / 9).astype(np.float32) * 0.3
    found = _SOUND[fault](clip)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1.0
    assert found.size != clip.size or not np.array_equal(found, clip)
