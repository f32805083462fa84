import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core import plugins
from corpusforge.core.recipe import SpeechConfig, SplitShares
from corpusforge.metrics import cramers_v
from corpusforge.speech.dealing import deal_speakers
from corpusforge.speech.engine import Voice
from corpusforge.speech.espeak_variants import VARIANTS
from corpusforge.speech.shares import gender_weights
from corpusforge.speech.voices import VoicePlan, draw_prosody, list_voices, plan_voices
from tests.speech.rows import recipe

IDS = [f"{number:032x}" for number in range(3000)]


@pytest.fixture(autouse=True, scope="module")
def engines():
    for name in ("hibari", "espeak"):
        if missing := plugins.load("engine", name).missing():
            pytest.skip(missing)


def test_shares_are_equal_over_engines_and_their_voices():
    plan = plan_voices(recipe(engines=("hibari", "espeak")), "en")
    choices = plan.choose(1, IDS, ["train"] * len(IDS), 0)
    engines = Counter(choice.engine for choice in choices)
    assert engines["hibari"] / len(IDS) == pytest.approx(0.5, abs=0.03)
    said = [c.voice for c in choices if c.engine == "espeak"]
    sexes = Counter(voice.gender for voice in said)
    assert min(sexes.values()) / max(sexes.values()) > 0.8
    accents = Counter(voice.accent for voice in said if voice.gender == "male")
    assert set(accents) == {voice.accent for voice in plan.pools["train"]["espeak"]}
    mean = sum(accents.values()) / len(accents)
    # Chi squared: its mean is the number of accents less one.
    assert sum((n - mean) ** 2 / mean for n in accents.values()) < 4 * len(accents)


def test_a_choice_depends_on_the_row_alone():
    plan = plan_voices(recipe(engines=("espeak",)), "en")
    whole = plan.choose(1, IDS, ["train"] * len(IDS), 0)
    part = plan.choose(1, IDS[::-3], ["train"] * len(IDS[::-3]), 0)
    assert part == whole[::-3]
    assert plan.choose(1, IDS, ["train"] * len(IDS), 1) != whole


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("uvwxyz"), st.sampled_from("fm?")), st.integers(0, 3))
def test_a_voice_more_takes_rows_and_moves_no_other(genders, seed):
    kinds = {"f": "female", "m": "male", "?": ""}
    voices = tuple(Voice(name, "en", "MIT", kinds[g], "") for name, g in sorted(genders.items()))
    new = Voice("new", "en", "MIT", "female", "")

    def said_by(some):
        shares = {("x", "e"): 1.0}
        plan = VoicePlan({"train": {"e": some}}, {}, {"e": "x"}, shares, gender_weights(None))
        return [c.voice for c in plan.choose(seed, IDS[:400], ["train"] * 400, 0)]

    if voices:
        pairs = list(zip(said_by(voices), said_by((*voices, new)), strict=True))
        assert {after for before, after in pairs if before != after} <= {new}


def test_shares_are_held():
    config = recipe(engines=("hibari", "espeak"), shares={"espeak": 0.8}, gender_shares={"male": 1})
    choices = plan_voices(config, "en").choose(1, IDS, ["train"] * len(IDS), 0)
    engines = Counter(choice.engine for choice in choices)
    assert engines["espeak"] / len(IDS) == pytest.approx(0.8, abs=0.03)
    assert {c.voice.gender for c in choices if c.engine == "espeak"} == {"male"}


def test_shares_of_accents_are_held_in_each_sex_of_an_engine():
    wanted = {"Scotland": 0.5, "America": 0.3, "Lancaster": 0.0}
    config = recipe(engines=("hibari", "espeak"), accent_shares=wanted)
    plain = recipe(engines=("hibari", "espeak"))
    for split in ("train", "test"):
        chosen = plan_voices(config, "en").choose(1, IDS, [split] * len(IDS), 0)
        before = plan_voices(plain, "en").choose(1, IDS, [split] * len(IDS), 0)
        # The draws above the accent are what they were.
        assert [(c.engine, c.voice.gender) for c in chosen] == [
            (c.engine, c.voice.gender) for c in before
        ]
        for sex in ("female", "male"):
            said = [c.voice.accent for c in chosen if (c.engine, c.voice.gender) == ("espeak", sex)]
            counts = Counter(said)
            assert counts["Scotland"] / len(said) == pytest.approx(0.5, abs=0.08)
            assert counts["America"] / len(said) == pytest.approx(0.3, abs=0.08)
            assert counts["Lancaster"] == 0
            assert len(counts) == 6
    # One accent only: it speaks all the same.
    assert {c.voice.accent for c in chosen if c.engine == "hibari"} == {"American"}


def test_a_family_has_its_share():
    config = recipe(engines=("hibari", "espeak"), shares={"formant": 0.8})
    engines = Counter(
        choice.engine
        for choice in plan_voices(config, "en").choose(1, IDS, ["train"] * len(IDS), 0)
    )
    assert engines["espeak"] / len(IDS) == pytest.approx(0.8, abs=0.03)


@given(st.integers(0, 2**32), st.sampled_from(("train", "validation", "test")))
@settings(max_examples=20, deadline=None)
def test_voice_and_intent_are_independent(seed, split):
    plan = plan_voices(recipe(engines=("hibari", "espeak")), "en")
    choices = plan.choose(seed, IDS, [split] * len(IDS), 0)
    # Ids are hashes: any grouping of rows that is not made from the voices is as good as another.
    intents = [number % 7 for number in range(len(IDS))]
    for read in (lambda c: c.engine, lambda c: c.voice.gender, lambda c: c.voice.name):
        counts = Counter(zip(map(read, choices), intents, strict=True))
        names = sorted({name for name, _ in counts})
        table = [[counts[name, intent] for intent in range(7)] for name in names]
        # Under independence the bias-corrected V of 3,000 rows stays far below this.
        assert cramers_v.compute(table) < 0.12


def test_one_voice_cannot_be_dealt_and_it_is_said():
    plan = plan_voices(recipe(engines=("hibari",)), "en")
    assert plan.shared == {"hibari": 1}
    assert plan.pools["train"] == plan.pools["test"]


def test_pseudo_speakers_are_dealt_like_voices():
    plan = plan_voices(recipe(engines=("hibari",), pseudo_speakers=True), "en")
    assert plan.shared == {}
    pools = [plan.pools[split]["hibari"] for split in ("train", "validation", "test")]
    assert all({voice.gender for voice in pool} == {"female", "male"} for pool in pools)
    speakers = [{voice.who for voice in pool} for pool in pools]
    assert len(set().union(*speakers)) == sum(map(len, speakers)) == 7


def test_an_engine_with_one_voice_leaves_the_others_dealt():
    both = plan_voices(recipe(engines=("hibari", "espeak")), "en")
    alone = plan_voices(recipe(engines=("espeak",)), "en")
    assert both.shared == {"hibari": 1}
    assert {split: pool["espeak"] for split, pool in both.pools.items()} == {
        split: pool["espeak"] for split, pool in alone.pools.items()
    }


@pytest.mark.parametrize("lang", ["en", "de"])
def test_many_voices_are_dealt_so_that_no_split_shares_one(lang):
    plan = plan_voices(recipe(lang=lang, engines=("espeak",)), lang)
    assert plan.shared == {}
    pools = [plan.pools[split]["espeak"] for split in ("train", "validation", "test")]
    assert all({v.gender for v in pool} >= {"female", "male"} for pool in pools)
    # The same variant in another accent is the same speaker, and so are variants that sound alike.
    speakers = [{voice.who for voice in pool} for pool in pools]
    assert min(map(len, speakers)) >= 4
    assert len(set().union(*speakers)) == sum(map(len, speakers))
    variants = [{voice.name.split("+")[1] for voice in pool} for pool in pools]
    assert len(set().union(*variants)) == sum(map(len, variants)) == len(VARIANTS)
    assert sum(len(pool) for pool in pools) == len(plan.voices())


@pytest.mark.parametrize("genders", ["fff", "ffm", "ffmm", "fffm", "fffmm", "ffm?", "fffmmm"])
def test_any_mix_of_three_speakers_fills_the_pools(genders):
    speakers = {f"s{n}": gender for n, gender in enumerate(genders)}
    assert len(set(deal_speakers(speakers, "x", recipe()).values())) == 3


SHARES = st.sampled_from([(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.5, 0.25, 0.25), (0.9, 0.05, 0.05)])


def split_by(shares, seed):
    made = recipe()
    train, validation, test = shares
    splits = SplitShares(train=train, validation=validation, test=test)
    grammar = replace(made.grammar, splits=splits)
    return replace(made, seed=seed, grammar=grammar)


@settings(deadline=None, max_examples=300)
@given(st.integers(3, 60), st.integers(3, 60), SHARES, st.integers(0, 9), st.integers(0, 99))
def test_a_new_speaker_moves_three_others_of_its_sex_at_most(women, men, shares, seed, new):
    made = split_by(shares, seed)
    speakers = {f"f{n}": "female" for n in range(women)} | {f"m{n}": "male" for n in range(men)}
    before = deal_speakers(speakers, "x", made)
    after = deal_speakers({**speakers, f"new{new}": "female"}, "x", made)
    moved = [name for name, split in before.items() if after[name] != split]
    assert len(moved) <= 3
    assert {speakers[name] for name in moved} <= {"female"}


@settings(deadline=None)
@given(st.integers(3, 200), SHARES, st.integers(0, 9))
def test_pools_hold_their_shares_of_the_speakers(count, shares, seed):
    dealt = deal_speakers({f"s{n}": "" for n in range(count)}, "x", split_by(shares, seed))
    sizes = Counter(dealt.values())
    assert set(sizes) == {"train", "validation", "test"}
    for split, share in zip(("validation", "test"), shares[1:], strict=True):
        assert abs(sizes[split] - max(1, count * share)) <= 0.5 or sizes["train"] == 1


def test_an_engine_without_the_language_is_left_out():
    plan = plan_voices(recipe(lang="de", engines=("hibari", "espeak")), "de")
    assert {engine for engine, _ in plan.voices()} == {"espeak"}
    assert plan_voices(recipe(lang="xx"), "xx").voices() == set()


def test_the_engine_makes_good_for_the_tempo_of_the_formant_shift():
    prosody = draw_prosody(SpeechConfig(speed=(0.8, 1.2)), 1, "row", 0, 1.25)
    assert 0.8 <= prosody["speed"] <= 1.2
    assert prosody["engine_speed"] == pytest.approx(prosody["speed"] / 1.25, abs=1e-4)
    assert prosody == draw_prosody(SpeechConfig(speed=(0.8, 1.2)), 1, "row", 0, 1.25)


def test_the_list_names_what_is_there_and_what_is_not():
    listing = list_voices("en")
    assert {engine for engine, *_ in listing} == set(plugins.names("engine"))
    assert ("hibari", True) in {(engine, available) for engine, _, available, _ in listing}
    assert all(bool(why_not) is not available for _, _, available, why_not in listing)
    assert len(list_voices()) > len(listing)
    assert {voice.lang for _, voice, *_ in list_voices("de")} == {"de"}
    # What rows of these would be spoken with.
    for lang, spoken in (("de-AT", "de"), ("zh-HK", "yue")):
        assert {one.voice.lang for one in list_voices(lang) if one.available} == {spoken}


def test_listing_and_checking_import_no_model_code():
    code = (
        "import sys; from corpusforge.core.recipe import Recipe;"
        "from corpusforge.speech.check import check;"
        "assert check(Recipe(name='x', lang='en', license='MIT')) == [];"
        "light = [m for m in ('numpy', 'pyarrow') if m in sys.modules];"
        "from corpusforge.speech.voices import list_voices; list_voices();"
        "heavy = [m for m in ('onnxruntime', 'hibari', 'soundfile', 'soxr', 'scipy',"
        "'unicode_rbnf', 'pyloudnorm', 'torch') if m in sys.modules];"
        "print(light, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
