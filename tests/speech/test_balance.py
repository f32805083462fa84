from corpusforge.speech.balance import Heard, balance_facts, balance_notes


def heard(intent, family="a", gender="female", voice="v"):
    return Heard(intent, family, family, voice, gender)


def test_a_voice_that_gives_the_intent_away_is_measured():
    clips = [heard("on", voice="x"), heard("off", voice="y")] * 20
    found = balance_facts(clips)["voice_intent_v"]
    assert (found["family"], found["gender"]) == (None, None)
    assert found["voice"]["v"] == 1.0
    assert found["voice"]["by_chance"] < 0.5


def test_voices_that_say_all_intents_alike_have_no_association():
    clips = [heard(i, f, g) for i in "pqr" for f in "ab" for g in ("female", "male")] * 5
    facts = balance_facts(clips)
    assert {name: one["v"] for name, one in facts["voice_intent_v"].items() if one} == {
        "family": 0.0,
        "gender": 0.0,
        "voice": 0.0,
    }
    assert facts["families"] == {"a": 30, "b": 30}
    assert facts["genders"] == {"female": 30, "male": 30}
    assert balance_notes(clips) == []


def test_an_intent_that_no_man_says_is_named():
    clips = [heard("on"), heard("off"), heard("off", gender="male")]
    (note,) = balance_notes(clips)
    assert "1 of 2 intents are not spoken by every sex (on: no male)" in note
    assert "speech.clips" in note


def test_a_voice_of_undeclared_sex_lacks_nothing():
    assert balance_notes([heard("on", gender=""), heard("off")]) != []
    assert balance_notes([heard("on", gender=""), heard("off", gender="")]) == []
