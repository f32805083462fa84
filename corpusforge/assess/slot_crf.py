"""The CRF behind slot F1: what it sees, how it is trained, what it finds."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from corpusforge.assess.rows import Rows
from corpusforge.core.spans import bio, tokens

__all__ = ["FEATURES", "SETTINGS", "Entity", "entities", "predict"]

SETTINGS: dict[str, float] = {"c1": 0.0, "c2": 0.03, "max_iterations": 80}
"""Penalties (L1 and L2, per python-crfsuite) and the most L-BFGS iterations.

Chosen on SNIPS validation rows for real rows alone, 5 and 10 per intent: a baseline that is too
weak would flatter every corpus.
"""

FEATURES = (
    "word, neighbours up to two places away, pairs of them, shape, 2 and 3 characters of each end"
)
"""What the CRF sees, in words; no gazetteer and no embedding."""

Entity = tuple[str, int, int]
"""(name, start, end) in code points, half-open."""


def _shape(word: str) -> str:
    """Kinds of characters, runs shortened: "Zoë's" -> "Aa'a", "12.5" -> "0.0"."""
    kinds = (
        "A" if c.isupper() else "a" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    shape: list[str] = []
    for kind in kinds:
        if not shape or shape[-1] != kind:
            shape.append(kind)
    return "".join(shape)


def _features(text: str, spans: Sequence[tuple[int, int]]) -> list[list[str]]:
    """The features of every token, as named in `FEATURES`."""
    plain = [text[start:end] for start, end in spans]
    words = ["<<", "<", *(word.casefold() for word in plain), ">", ">>"]
    found = []
    for place, word in enumerate(plain):
        before2, before, own, after, after2 = words[place : place + 5]
        features = ["bias", f"w={own}", f"s={_shape(word)}", f"w-1={before}", f"w+1={after}"]
        features += [f"w-2={before2}", f"w+2={after2}", f"w-1w={before} {own}"]
        features += [f"ww+1={own} {after}", f"w-2w-1={before2} {before}"]
        for length in (2, 3):
            features += [f"p{length}={own[:length]}", f"e{length}={own[-length:]}"]
        found.append(features)
    return found


def predict(crf: ModuleType, train: Rows, texts: Sequence[str]) -> list[list[Entity]]:
    """Entities that a CRF trained on `train` finds in each text.

    Test texts are cut into tokens without a look at their slots: where a real border falls inside
    a token, the entity is counted as missed.
    """
    trainer = crf.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({**SETTINGS, "feature.possible_transitions": True})
    for text, slots in zip(train.texts, train.slots, strict=True):
        spans, tags = bio(text, slots or ())
        if spans:
            trainer.append(_features(text, spans), tags)
    tagger = crf.Tagger()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "slots.crfsuite")
        trainer.train(path)
        tagger.open(path)
        found = []
        for text in texts:
            spans = tokens(text)
            tags = tagger.tag(_features(text, spans)) if spans else []
            found.append(entities(spans, tags))
        tagger.close()
    return found


def entities(spans: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Entity]:
    """(name, start, end) of what a model tagged.

    An I- tag that continues nothing opens an entity, as conlleval counts it (`core.spans` is
    strict, since tags made from slots are never broken).
    """
    found: list[Entity] = []
    name = ""
    for (start, end), tag in zip(spans, tags, strict=True):
        prefix, _, current = tag.partition("-")
        if prefix == "I" and current == name:
            found[-1] = (name, found[-1][1], end)
        elif current:
            found.append((current, start, end))
        name = current
    return found
