"""What the judge is trained against when its generator does not train it: trigram samples.

They cost nothing, there is no end of them, and they are not the candidates that the judge will
see: a judge that had learnt a finite set of candidates by heart would refuse them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from corpusforge.core.seeding import rng
from corpusforge.core.text import SLOT_PATTERN
from corpusforge.core.trigram import Chain, words
from corpusforge.expand.gan.runtime import torch_generator
from corpusforge.expand.judge import Judging
from corpusforge.expand.slots import Frame

__all__ = ["chains_of", "symbols_of", "train_against_trigrams"]

# As the text GAN trains it: samples per train frame, and passes over the real rows.
_SAMPLED, _EPOCHS = 4, 40


def symbols_of(text: str) -> tuple[str, ...]:
    """The slot symbols of a text, sorted: its frame."""
    return tuple(sorted(found.group() for found in SLOT_PATTERN.finditer(text)))


def chains_of(frames: Sequence[Frame]) -> dict[str, Chain]:
    """A trigram chain per intent, slots as words of their own."""
    chains: defaultdict[str, Chain] = defaultdict(Chain)
    for frame in frames:
        chains[frame.intent].add(words(frame.text, slots=True))
    return dict(chains)


def train_against_trigrams(judge: Judging, train: Sequence[Frame], seed: int) -> dict[str, Any]:
    """Trains the judge on train frames against samples of trigram models of them.

    Copies of train frames are left out, and samples whose slots no train frame of the intent
    has: no generator offers the latter.

    Returns:
        What to write into history.json: samples, loss (nats), limits.
    """
    draws = rng(seed, "expand.forger")
    chains = chains_of(train)
    known = {(frame.intent, frame.text) for frame in train}
    possible = {(frame.intent, frame.symbols) for frame in train}
    fakes: list[Frame] = []
    for frame in train:
        for _ in range(_SAMPLED):
            text = chains[frame.intent].sample(draws)
            fake = Frame(frame.intent, text, symbols_of(text), frame.parent)
            if (fake.intent, text) not in known and (fake.intent, fake.symbols) in possible:
                fakes.append(fake)
    found = judge.learn(
        fakes,
        [fake.text for fake in fakes],
        epochs=_EPOCHS,
        generator=torch_generator(int(draws.integers(2**62))),
    )
    return {"forger": {"sampled": len(fakes), **found}}
