"""The summary of the measurement in eval/speech_wer.py; the recogniser is in test_recognise."""

from eval.speech_wer import Score, rate, summary

SCORES = (
    Score("turn it on", "turn it on", 3, 0, "hibari"),
    Score("set it to 21", "set it to one", 5, 2, "espeak"),
    Score("at 7:30", "at seven thirty", 3, 0, "espeak"),
    Score("?!", "huh", 0, 1, "silent"),
)


def test_clips_with_digits_are_counted_by_themselves():
    found = summary(SCORES, seed=1)
    assert (found["clips"], found["words"], found["wer"]) == (3, 11, round(2 / 11, 4))
    digits = {"clips": 2, "share": 0.6667, "wer": 0.25, "wer_of_the_others": 0.0}
    assert found["digits"] == digits
    assert found["by_group"] == {"espeak": 0.25, "hibari": 0.0}


def test_references_without_a_word_divide_nothing_by_zero():
    assert summary(SCORES[3:], seed=1) == {"clips": 0}
    assert summary((), seed=1) == {"clips": 0}
    assert rate(SCORES[3:]) is None
    assert summary(SCORES[:1], seed=1)["digits"]["wer"] is None
