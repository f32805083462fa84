"""Small hand-made inputs for the tests of speech."""

import numpy as np

from corpusforge.core.executors import InlineExecutor
from corpusforge.core.ids import assign_ids
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import Recipe, SpeechConfig
from corpusforge.core.run import Cache, StageContext
from corpusforge.core.schema import Utterance, utterances_to_table, write_table
from corpusforge.core.spans import Slot
from corpusforge.speech import stage

ROOMS = ("kitchen", "living room", "bedroom", "garage", "hall")
SPLITS = ("train", "train", "train", "validation", "test")


def utterance(number, text=None, **fields):
    """Row number `number` of a small corpus: rooms and levels in turn, five splits in turn."""
    room = ROOMS[number % len(ROOMS)]
    slots = ()
    if text is None:
        text = f"set the lights in the {room} to {number} %"
        start = text.index(room)
        slots = (Slot("room", "room", room, room, start, start + len(room)),)
    defaults = {
        "lang": "en",
        "intent": "set_light" if number % 3 else "light_off",
        "slots": slots,
        "origin": "grammar",
        "split": SPLITS[number % len(SPLITS)],
        "license": "CC0-1.0",
    }
    return Utterance(text=text, **{**defaults, **fields})


def corpus(count, *more):
    """A table of `count` rows, and those given."""
    return assign_ids(utterances_to_table([*(utterance(n) for n in range(count)), *more]))


def recipe(lang="en", seed=1, **speech):
    speech = {"engines": ("hibari",), "pseudo_speakers": False, **speech}
    return Recipe(
        name="small", lang=lang, license="CC0-1.0", seed=seed, speech=SpeechConfig(**speech)
    )


def context(root, name, config, inputs, executor=None, cache=None):
    """A stage context; the stage writes to root/name."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    return StageContext(
        recipe=config,
        folder=folder,
        inputs=inputs,
        cache=cache or Cache(root / "cache"),
        executor=executor or InlineExecutor(),
        progress=Progress(quiet=True),
    )


def speak(root, table, config, executor=None, cache=None):
    """Run the stage `speech` over a table."""
    (root / "clean").mkdir(parents=True, exist_ok=True)
    write_table(table, root / "clean" / "utterances.parquet")
    ctx = context(root, "speech", config, {"clean": root / "clean"}, executor, cache)
    return stage.run(ctx)


def voiced(seconds=1.0, rate_hz=16000, pause_s=0.25):
    """Speech-like samples: harmonics of 120 Hz in syllables, silence before and after."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = sum(np.sin(2 * np.pi * 120 * h * time) / h for h in range(1, 25))
    sound *= 0.5 - 0.5 * np.cos(2 * np.pi * 4 * time)
    silence = np.zeros(round(pause_s * rate_hz))
    joined = np.concatenate([silence, 0.3 * sound / np.abs(sound).max(), silence])
    return joined.astype(np.float32)
