"""Names of pseudo-speakers and of the voices behind them."""

from corpusforge.core.voice_names import base_voice


def test_the_voice_behind_a_pseudo_speaker_with_and_without_its_engine():
    assert base_voice("heart~p80f108") == "heart"
    assert base_voice("hibari/heart~p80f108") == "hibari/heart"
    assert base_voice("espeak/en-us+f3") == "espeak/en-us+f3"
    assert base_voice("") == ""
