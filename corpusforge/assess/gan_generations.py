"""One generation of the recipe's text GAN, for the collapse runs: fitted and sampled, no more.

The samples are taken as they come. The build also judges them, refuses what is not novel and
gives them small weights; what a loop loses without all this is what those steps are there for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpusforge.assess.rows import Rows
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.schema import CATALOGUE, Utterance
from corpusforge.core.seeding import rng
from corpusforge.core.spans import Slot
from corpusforge.expand.model import Model, Training, fit_model, load_model
from corpusforge.expand.slots import Frame

__all__ = ["gan_rows", "training_of"]

# Candidates to draw per wanted row before an intent is left short.
_MOST_TRIES = 10


def gan_rows(
    train: Rows,
    counts: Mapping[str, int],
    seed: int,
    number: int,
    progress: Progress,
    *,
    config: ExpandConfig | None = None,
) -> Rows:
    """Fits the GAN on rows without their slot values, and samples it.

    Slots are refilled with values of the rows it learnt from. About a minute.

    Args:
        train: Rows to learn from; ten different sentences or more.
        counts: Rows to make per intent; an intent is left short when ten times as many
            candidates do not give them.
        seed: For training and samples.
        number: The generation, part of the key of both.
        progress: For bars.
        config: Sizes and epochs; None = the recipe's defaults.

    Returns:
        Rows of origin "gan", with slots where the intent's rows are annotated.
    """
    draws = rng(seed, "assess.collapse.gan", number)
    settings = config or ExpandConfig()
    training = training_of(train, settings, int(draws.integers(2**31)), progress)
    with tempfile.TemporaryDirectory() as folder:
        fit_model(training, Path(folder))
        model = load_model(Path(folder), training)
    # Where one row of an intent is not annotated, its values may stand in clear in a sample.
    annotated = set(train.intents) - {
        intent for intent, slots in zip(train.intents, train.slots, strict=True) if slots is None
    }
    texts: list[str] = []
    intents: list[str] = []
    slots: list[tuple[Slot, ...] | None] = []
    for intent, count in counts.items():
        frames = [frame for frame in model.frames if frame.intent == intent]
        for text, spans in _sample(model, frames, count, draws):
            texts.append(text)
            intents.append(intent)
            slots.append(spans if intent in annotated else None)
    origins = ("gan",) * len(texts)
    return Rows(tuple(texts), tuple(intents), np.ones(len(texts)), tuple(slots), origins)


def training_of(train: Rows, config: ExpandConfig, seed: int, progress: Progress) -> Training:
    """What a model is fitted on, from rows alone; their own slot values are the catalogue."""
    return Training(_utterances(train), _catalogue(train), config, seed, progress)


def _utterances(rows: Rows) -> list[Utterance]:
    columns = zip(rows.texts, rows.intents, rows.slots, rows.origins, strict=True)
    return [
        Utterance(
            text=text,
            lang="und",
            intent=intent,
            slots=slots,
            origin=origin,
            split="train",
            license="",
        )
        for text, intent, slots, origin in columns
    ]


def _catalogue(rows: Rows) -> pa.Table:
    """The slot values of the rows: no others may come."""
    found = sorted(
        {(slot.entity, slot.text, slot.value) for slots in rows.slots for slot in slots or ()}
    )
    values = [
        {"entity": entity, "text": text, "value": value, "agreement": ""}
        for entity, text, value in found
    ]
    return pa.Table.from_pylist(values, schema=CATALOGUE)


def _sample(
    model: Model, frames: list[Frame], count: int, draws: np.random.Generator
) -> list[tuple[str, tuple[Slot, ...]]]:
    kept: list[tuple[str, tuple[Slot, ...]]] = []
    asked = 0
    while frames and len(kept) < count and asked < _MOST_TRIES * count:
        asked += count
        drawn = [frames[place] for place in draws.integers(len(frames), size=count)]
        for candidate in model.generator.expand(drawn, count, draws):
            filled = model.table.refill(candidate.text, draws)
            if filled is not None:
                kept.append(filled[:2])
    return kept[:count]
