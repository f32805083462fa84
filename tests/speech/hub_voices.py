"""Voices of the engine transformers in tests, and what they say."""

import shutil

import numpy as np

from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech.engine import Prosody, checked
from corpusforge.speech.engines.transformers import Transformers

ENGINE = Transformers()
TEXT = "turn on the lights"


def fetched(source, folder, lang="en", engine=ENGINE):
    """A voice and its files; `source` starts at `folder`."""
    entry = VoiceConfig(engine="transformers", source=source, license="MIT", name="v", lang=lang)
    return engine.fetched(engine.added(entry, folder))


def say(voice, text=TEXT, seed=8, speed=1.0, engine=ENGINE):
    """Samples of a clip that passed the checks of all engines."""
    generator = np.random.Generator(np.random.Philox(seed))
    said = engine.speak(text, voice, Prosody(speed), generator)
    return checked(said, engine, voice, "clip 12ab").samples


def hold_still(voice, seeds=(8, 7)):
    """Assert that a clip depends on voice, text and seed alone; return those of the seeds."""
    first = [say(voice, seed=seed) for seed in seeds]
    say(voice, "something else", seed=99)
    again = [say(voice, seed=seed, engine=Transformers()) for seed in reversed(seeds)]
    for one, other in zip(first, reversed(again), strict=True):
        assert np.array_equal(one, other)
    return first


def hold_tempo(voice, seed=8):
    """Assert that clips get shorter and longer with the tempo."""
    own = say(voice, seed=seed).size
    assert abs(say(voice, seed=seed, speed=2.0).size - own / 2) <= 1
    assert abs(say(voice, seed=seed, speed=0.5).size - own * 2) <= 1


def names(files):
    """Their names with the names of their folders."""
    return {f"{path.parent.name}/{path.name}" for path in files}


def reweighted(source, folder, change):
    """Copy a model to `folder` with other weights; `change` gets them by name, in place."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(source, folder)
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def without_a_weight(source, folder):
    """Copy a model to `folder` without one of its weights, and return the name of that."""
    gone = []

    def change(weights):
        gone.append(min(name for name in weights if name.endswith("weight")))
        del weights[gone[0]]

    reweighted(source, folder, change)
    return gone[0]
