"""Voices of one engine that are of several kinds of synthesis, and pseudo-speakers of them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from corpusforge.core.recipe import VoiceConfig
from corpusforge.core.schema import SPLITS, read_table
from corpusforge.speech.added import pinned
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models.known import KINDS
from corpusforge.speech.pseudo import pseudo_speakers_of, shift_of, unshifted
from corpusforge.speech.render import render
from corpusforge.speech.replay import Sources, plan_of
from corpusforge.speech.roster import roster_notes
from corpusforge.speech.voices import plan_voices
from tests.speech import tiny_bark, tiny_vits
from tests.speech.hub_voices import ENGINE, say
from tests.speech.rows import corpus, recipe, speak

pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())
ROWS = [f"{number:012x}" for number in range(3000)]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a VITS model of three speakers and a Bark model with presets."""
    folder = tiny_bark.make(tmp_path_factory.mktemp("models"))
    tiny_vits.make(folder / "vits", speakers=3)
    return folder


def voice(source, name, gender=""):
    return VoiceConfig(
        engine="transformers", source=str(source), license="CC0-1.0", name=name, gender=gender
    )


def brought(models, *, vits=1):
    """A voice of Bark, and some of VITS."""
    several = [voice(f"{models}/vits#{n}", f"vits{n}", "male") for n in range(vits)]
    return (voice(f"{models}/model#own", "bark", "female"), *several)


def kinds_of(choices):
    return Counter(f"{c.engine}/{c.voice.family}" for c in choices)


def test_every_kind_of_model_states_a_family_of_its_own():
    assert len({kind.family for kind in KINDS}) == len(KINDS)
    assert {*Transformers.families} == {kind.family for kind in KINDS}
    assert Transformers.family in Transformers.families


def test_clips_are_shared_equally_over_families_not_engines(models):
    config = recipe(engines=("hibari",), voices=brought(models, vits=3))
    plan = plan_voices(config, "en")
    choices = plan.choose(1, ROWS, ["train"] * len(ROWS), 0)
    heard = {(c.engine, c.voice.family) for c in choices}
    # Four voices, dealt to three splits; hibari's one speaks in all.
    kinds = kinds_of(choices)
    assert kinds["hibari/"] / len(ROWS) == pytest.approx(1 / len(heard), abs=0.04)
    everyone = plan_voices(recipe(engines=("hibari",), voices=brought(models)), "en")
    assert everyone.shared == {"hibari": 1, "transformers": 2}
    kinds = kinds_of(everyone.choose(1, ROWS, ["train"] * len(ROWS), 0))
    assert set(kinds) == {"hibari/", "transformers/Bark", "transformers/VITS"}
    assert all(count / len(ROWS) == pytest.approx(1 / 3, abs=0.04) for count in kinds.values())


def test_a_share_of_an_engine_goes_to_its_families_alike(models):
    shares = {"transformers": 0.8}
    config = recipe(engines=("hibari",), voices=brought(models), shares=shares)
    kinds = kinds_of(plan_voices(config, "en").choose(1, ROWS, ["train"] * len(ROWS), 0))
    assert kinds["transformers/Bark"] / len(ROWS) == pytest.approx(0.4, abs=0.04)
    assert kinds["transformers/VITS"] / len(ROWS) == pytest.approx(0.4, abs=0.04)


def test_notes_and_facts_count_families_of_voices(models, tmp_path):
    # A random Bark does not come to an end with every text.
    config = recipe(clips=12, engines=("hibari",), voices=brought(models), max_dropped=0.9)
    assert not any("families of engines" in note for note in roster_notes(config))
    (note,) = [n for n in roster_notes(recipe(voices=brought(models)[1:])) if "famil" in n]
    assert f"2 families of engines ({', '.join(sorted(['VITS', HIBARI.family]))})" in note
    assert "transformers: give it a voice" in note  # of another kind
    facts = speak(tmp_path, corpus(12), config).facts
    assert facts["engines"]["transformers"] == "Bark, VITS"
    assert {"Bark", "VITS"} < set(facts["families"])


def test_a_voice_on_the_hub_counts_as_what_it_is_once_it_is_there(models, monkeypatch):
    import huggingface_hub

    bark = str(models / "model")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, allow_patterns: bark)
    config = recipe(engines=(), voices=(voice("acme/bark#own", "bark"),))
    before, after = (roster_notes(config, known)[0] for known in ((), pinned(config)))
    assert "(VITS)" in before
    assert "(Bark)" in after


def test_a_recipe_can_say_of_which_family_a_voice_is(models):
    entry = replace(voice(f"{models}/model#own", "bark"), family="someone's own")
    config = recipe(engines=(), voices=(entry, *brought(models)[1:]))
    plan = plan_voices(config, "en")
    assert {v.family for v in plan.pools["train"]["transformers"]} == {"someone's own", "VITS"}
    assert "(VITS, someone's own)" in roster_notes(config)[0]


def test_pseudo_speakers_take_as_long_as_their_voice_and_hold_still(models):
    entry = voice(f"{models}/vits#1", "vits1", "male")
    base, _ = ENGINE.fetched(ENGINE.added(entry, models))
    engine, said = Transformers(), []
    own = say(base, engine=engine)
    for moved in pseudo_speakers_of(base):
        samples = say(moved, engine=engine)
        # Durations are rounded up to whole frames, letter by letter.
        assert samples.size == pytest.approx(own.size, rel=0.35)
        assert np.array_equal(samples, say(moved, engine=Transformers()))
        said.append(samples.tobytes())
    assert len({*said, own.tobytes()}) == len(said) + 1
    assert len(engine._models) == 1


def test_one_brought_voice_fills_all_splits_and_trains(models, tmp_path):
    for seed in range(1, 9):
        voices = (voice(f"{models}/vits#1", "vits1", "male"),)
        config = recipe(seed=seed, clips=12, engines=(), voices=voices, pseudo_speakers=True)
        pools = plan_voices(config, "en").pools
        heard = [{v.name for v in pools[split]["transformers"]} for split in SPLITS]
        assert len(set().union(*heard)) == sum(map(len, heard)) == 5
        assert "vits1" in heard[SPLITS.index("train")]
    result = speak(tmp_path, corpus(12), config)
    assert result.facts["voices_disjoint"] is True
    rows = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    moved = [row for row in rows if shift_of(row["voice"])]
    assert moved
    for row in moved[:3]:
        again = render(plan_of(row, Sources(folder=models)))
        assert again.facts.pcm_sha256 == row["pcm_sha256"]


def test_families_are_dealt_to_all_splits_where_there_are_enough(models):
    config = recipe(engines=(), voices=brought(models, vits=1), pseudo_speakers=True)
    pools = plan_voices(config, "en").pools
    for split in SPLITS:
        assert {v.family for v in pools[split]["transformers"]} == {"Bark", "VITS"}
    told = [v for split in SPLITS for v in pools[split]["transformers"]]
    assert all(
        v.sha256 == next(b for b in told if b.name == unshifted(v).name).sha256 for v in told
    )
