"""Goodness of pronunciation of texts and slot values."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.speech.recognise import bundled_model
from corpusforge.speech.render import RATE_HZ
from corpusforge.speech.scores import gop
from corpusforge.speech.scores.compare import compare
from corpusforge.speech.scores.gop import Wording, wordings_of
from corpusforge.speech.scores.whisper import Listener
from tests.speech.sounds import TEXTS, listen, noise, said


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
