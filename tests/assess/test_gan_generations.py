from collections import Counter

import pytest

from corpusforge.assess.gan_generations import gan_rows
from corpusforge.assess.rows import Rows
from corpusforge.core import spans
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.spans import Slot

pytest.importorskip("torch")

TINY = ExpandConfig(hidden_size=16, layers=1, epochs=2, rounds=0)
CITIES = ["paris", "lima", "oslo", "new delhi"]
CARRIERS = [
    "weather in {}",
    "will it rain in {}",
    "how warm is {} now",
    "is {} sunny",
    "snow in {}",
]


def annotated():
    texts, slots = [], []
    for carrier in CARRIERS:
        for city in CITIES:
            start = carrier.index("{")
            texts.append(carrier.format(city))
            slots.append((Slot("city", "city", "", city, start, start + len(city)),))
    plain = ["stop", "stop it", "please stop", "be quiet", "silence", "quiet please", "shut up"]
    weather = Rows.labelled(texts, ["weather"] * len(texts))
    rows = Rows(weather.texts, weather.intents, weather.weights, tuple(slots), weather.origins)
    return rows.plus(Rows.labelled(plain, ["stop"] * len(plain)))


def made(seed):
    counts = {"weather": 12, "stop": 5}
    return gan_rows(annotated(), counts, seed, 1, Progress(quiet=True), config=TINY)


def test_a_generation_has_its_rows_and_exact_slots():
    rows = made(1)
    found = Counter(rows.intents)
    # Hardly trained, it may leave an intent short; it never makes more than asked for.
    assert 1 <= found["weather"] <= 12 and 1 <= found["stop"] <= 5
    assert set(rows.origins) == {"gan"}
    for text, intent, slots in zip(rows.texts, rows.intents, rows.slots, strict=True):
        if intent == "stop":  # its real rows are not annotated
            assert slots is None
        else:
            spans.check(text, slots)
            assert {slot.text for slot in slots} <= set(CITIES)


def test_the_seed_decides_the_rows():
    assert made(2).texts == made(2).texts
