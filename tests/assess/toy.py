"""Toy intents whose sentences can be made at will: planted truths without real data."""

from __future__ import annotations

from corpusforge.assess.rows import Rows
from corpusforge.core.seeding import rng

_WORDS = {
    "lights": (
        "lamp bulb light glow bright",
        "switch turn dim put make",
        "kitchen hall porch attic",
    ),
    "music": ("song tune track album record", "play start hear spin queue", "jazz rock blues folk"),
    "weather": ("rain snow wind sun fog", "will is does expect tell", "monday friday weekend noon"),
    "timer": (
        "timer alarm clock reminder count",
        "set begin stop pause cancel",
        "ten five two sixty",
    ),
}
_FILLER = [
    "please",
    "could",
    "you",
    "the",
    "a",
    "my",
    "now",
    "today",
    "again",
    "just",
    "maybe",
    "really",
    "for",
    "on",
    "in",
    "at",
]


def rows(per_intent, seed=1, origin="real"):
    """Distinct sentences of four intents; two seeds give two draws of the same world."""
    texts, intents = [], []
    for intent, groups in _WORDS.items():
        draws = rng(seed, "toy", intent)
        found = {}
        while len(found) < per_intent:
            words = [str(draws.choice(group.split())) for group in groups]
            words += [str(w) for w in draws.choice(_FILLER, size=int(draws.integers(1, 5)))]
            keep = draws.permutation(len(words))[: max(3, len(words) - 1)]
            found[" ".join(words[i] for i in keep)] = None
        texts += list(found)
        intents += [intent] * per_intent
    return Rows.labelled(texts, intents, origin=origin)
