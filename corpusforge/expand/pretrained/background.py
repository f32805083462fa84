"""Background intents: what generator and discriminator are meta-trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpusforge.core.digests import digest
from corpusforge.core.errors import InputError
from corpusforge.core.text import fold_delexicalised

__all__ = ["LEAST_INTENTS", "LEAST_TEXTS", "Background", "Text", "text_digest"]

LEAST_INTENTS = 10
"""Fewer intents teach these intents, not what an intent is."""
LEAST_TEXTS = 6
"""Different texts that an intent needs: exemplars and something to continue with."""
_MOST_TEXTS = 200


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """One utterance.

    Attributes:
        text: With slot symbols in braces.
        symbols: The symbols of the text, sorted: a multiset.
        said: One way it was said, with values; "" where it has no slots.
    """

    text: str
    symbols: tuple[str, ...] = ()
    said: str = ""


def text_digest(text: str) -> str:
    """Tells folded texts apart without holding them; slots in braces count as such.

    Rows with slots have two digests, of the text as said and without its values: one side of a
    comparison may be annotated and the other not.
    """
    return digest("expand.background", fold_delexicalised(text))[:16]


@dataclass(frozen=True)
class Background:
    """Texts of intents, and which of these intents are kept for measuring.

    Attributes:
        intents: Label -> different texts, sorted; labels sorted.
        held_out: Labels that are not learnt.
    """

    intents: Mapping[str, tuple[Text, ...]]
    held_out: tuple[str, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Text]], rng: np.random.Generator) -> Background:
        """Sorts rows by intent; a tenth of the intents (at least two) is held out.

        Args:
            rows: Label and text of each row; repeats count once.
            rng: Draws the held-out intents, and the texts of very large intents.

        Raises:
            InputError: When too few intents have enough texts.
        """
        found: dict[str, dict[str, Text]] = {}
        for intent, text in rows:
            found.setdefault(intent, {}).setdefault(fold_delexicalised(text.text), text)
        usable = {
            intent: tuple(sorted(texts.values()))
            for intent, texts in sorted(found.items())
            if len(texts) >= LEAST_TEXTS
        }
        if len(usable) < LEAST_INTENTS:
            raise InputError(
                f"the background has {len(usable)} intents with {LEAST_TEXTS} or more different "
                f"texts, slot values aside; {LEAST_INTENTS} are needed",
                hint="add other data sets or template packs; they need not be of your domain",
            )
        for intent, texts in usable.items():
            if len(texts) > _MOST_TEXTS:
                kept = sorted(rng.permutation(len(texts))[:_MOST_TEXTS].tolist())
                usable[intent] = tuple(texts[place] for place in kept)
        labels = list(usable)
        count = max(2, len(labels) // 10)
        held_out = sorted(labels[place] for place in rng.permutation(len(labels))[:count])
        return cls(usable, tuple(held_out))

    @property
    def learnt(self) -> tuple[str, ...]:
        """Labels to learn from."""
        kept_back = set(self.held_out)
        return tuple(label for label in self.intents if label not in kept_back)

    @property
    def symbols(self) -> tuple[str, ...]:
        """All slot symbols, sorted."""
        texts = (text for texts in self.intents.values() for text in texts)
        return tuple(sorted({symbol for text in texts for symbol in text.symbols}))

    def draw(self, intent: str, count: int, rng: np.random.Generator) -> Sequence[Text]:
        """Different texts of an intent in random order, `count` or as many as it has."""
        texts = self.intents[intent]
        return [texts[place] for place in rng.permutation(len(texts))[:count]]

    def digests(self) -> list[str]:
        """Of all texts, sorted; see `text_digest`."""
        texts = (text for texts in self.intents.values() for text in texts)
        return sorted({text_digest(x) for text in texts for x in (text.text, text.said) if x})
