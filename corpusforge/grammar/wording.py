"""Other ways to word every sentence of a block: contractions, politeness, disfluencies.

Each kind turns an expression into a larger one, so that counts, spans and proofs stay exact. The
share says how often a variant is taken where rows are dealt by weights; dealt by sentences, each
variant is a sentence like others. The phrases are our own,
short and such that they fit every sentence, statement or question; what fits commands only
("could you") belongs into templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from corpusforge.grammar.contractions import (
    is_marked,
    long_form,
    marked_contractions,
    short_form,
)
from corpusforge.grammar.expression import (
    NEVER,
    NO_WORDS,
    Alternative,
    Expression,
    ListReference,
    Sequence,
    Text,
)
from corpusforge.grammar.pack import Scope
from corpusforge.grammar.parting import parted

__all__ = ["LANGUAGES", "Wording", "phrases_of", "reworded"]

Wording = Mapping[str, float]
"""contractions, politeness, disfluency -> share of the sentences that can have it, above 0, at
most 1."""


class _Phrases(NamedTuple):
    """What a language has.

    Attributes:
        contractions: Long form -> contracted form; words as a sentence has them.
        not_after: Words behind which the contractions of "is" and "are" are wrong.
        before: Polite words that begin a sentence.
        behind: Polite words that end one.
        fillers: Sounds and words of hesitation.
    """

    contractions: Mapping[str, str]
    not_after: tuple[str, ...]
    before: tuple[str, ...]
    behind: tuple[str, ...]
    fillers: tuple[str, ...]


_ENGLISH = _Phrases(
    {
        "I am": "I'm",
        "I would": "I'd",
        "I will": "I'll",
        "we are": "we're",
        "we would": "we'd",
        "do not": "don't",
        "does not": "doesn't",
        "did not": "didn't",
        "cannot": "can't",
        "could not": "couldn't",
        "will not": "won't",
        "would not": "wouldn't",
        "should not": "shouldn't",
        "is not": "isn't",
        "are not": "aren't",
        "was not": "wasn't",
        "have not": "haven't",
        "has not": "hasn't",
        "what is": "what's",
        "where is": "where's",
        "who is": "who's",
        "how is": "how's",
        "when is": "when's",
        "that is": "that's",
        "it is": "it's",
        "there is": "there's",
    },
    ("what", "where", "who", "how", "when", "which", "as", "than"),
    ("excuse me", "hello", "hi", "hey"),
    ("please", "thanks", "thank you", "if you don't mind"),
    ("um", "uh", "er", "hm", "well", "so", "okay so"),
)
_GERMAN = _Phrases(
    {
        "gibt es": "gibt's",
        "geht es": "geht's",
        "wie ist es": "wie ist's",
        "in das": "ins",
        "auf das": "aufs",
        "für das": "fürs",
        "an das": "ans",
        "ich habe": "ich hab",
    },
    (),
    ("hallo", "entschuldigung", "hey"),
    ("bitte", "danke", "wenn es geht"),
    ("äh", "ähm", "hm", "also", "na ja", "ja also"),
)
_FRENCH = _Phrases(
    {"il y a": "y a", "tu as": "t'as", "tu es": "t'es", "cela": "ça", "il n'y a": "y a"},
    (),
    ("bonjour", "salut", "excuse-moi"),
    ("s'il te plaît", "s'il vous plaît", "merci"),
    ("euh", "ben", "alors", "bon", "hum"),
)
_SPANISH = _Phrases(
    {},
    (),
    ("hola", "perdona", "disculpa"),
    ("por favor", "gracias", "si puedes"),
    ("eh", "em", "este", "bueno", "pues", "a ver"),
)
LANGUAGES: Mapping[str, _Phrases] = {
    "de": _GERMAN,
    "en": _ENGLISH,
    "es": _SPANISH,
    "fr": _FRENCH,
}
"""Language without region -> its phrases."""


def phrases_of(lang: str) -> _Phrases | None:
    """The phrases of a language, given as BCP-47 tag; None where there are none."""
    return LANGUAGES.get(lang.replace("_", "-").split("-")[0].lower())


def reworded(expression: Expression, scope: Scope, lang: str, wording: Wording) -> Expression:
    """An expression with its variants.

    Where rows are dealt by weights, a sentence and its variants together have the share of the
    rows that the sentence has without them. The shares of `wording` are those of the sentences
    that have such variants: those with words to contract, those that are not polite yet.

    Args:
        expression: Of a sentence; its references must lead somewhere.
        scope: What they mean.
        lang: BCP-47 tag; in a language that is none of `LANGUAGES` nothing changes.
        wording: Shares by kind.
    """
    phrases = phrases_of(lang)
    if phrases is None:
        return expression
    if "contractions" in wording:
        expression = _contracted(expression, scope, phrases, wording["contractions"])
    if "disfluency" in wording:
        expression = _hesitating(expression, phrases.fillers, wording["disfluency"])
    if "politeness" in wording:
        expression = _polite(expression, scope, phrases, wording["politeness"])
    return expression


def _contracted(
    expression: Expression, scope: Scope, phrases: _Phrases, share: float
) -> Expression:
    """All contractions of a sentence or none: who says "I'm" does not say "do not"."""
    marked = marked_contractions(expression, scope, phrases.contractions, phrases.not_after)
    if marked is expression:
        return expression
    without, having, chance = parted(marked, scope, is_marked)
    either = _either(long_form(having, scope), short_form(having, scope), share)
    return _one_of((without, 1 - chance), (either, chance))


def _hesitating(expression: Expression, fillers: tuple[str, ...], share: float) -> Expression:
    """A filler at the start, or before the first slot of the sentence."""
    first = _either(NO_WORDS, Alternative(tuple(Text(f"{filler} ") for filler in fillers)), share)
    items: list[Expression] = [expression]
    if isinstance(expression, Sequence):
        items = list(expression.items)
    for place in range(1, len(items)):
        text, following = items[place - 1], items[place]
        if (
            isinstance(text, Text)
            and text.text.endswith(" ")
            and text.text.strip()
            and isinstance(following, ListReference)
        ):
            sounds = tuple(Text(f"{filler} ") for filler in fillers[:3])
            items.insert(place, _either(NO_WORDS, Alternative(sounds), share))
            break
    return Sequence((first, *items))


def _polite(expression: Expression, scope: Scope, phrases: _Phrases, share: float) -> Expression:
    """Half of the polite sentences greet, half of them ask or thank, independently.

    Sentences with a polite word of their own stay as they are.
    """
    words = "|".join(map(re.escape, (*phrases.before, *phrases.behind)))
    pattern = re.compile(rf"\b(?:{words})\b", re.IGNORECASE)

    def is_polite(text: Text) -> bool:
        return pattern.search(text.text) is not None

    without, having, chance = parted(expression, scope, is_polite)
    if without != NEVER:
        before = Alternative(tuple(Text(f"{word} ") for word in phrases.before))
        behind = Alternative(tuple(Text(f" {word}") for word in phrases.behind))
        half = share / 2
        without = Sequence(
            (_either(NO_WORDS, before, half), without, _either(NO_WORDS, behind, half))
        )
    return _one_of((without, 1 - chance), (having, chance))


def _either(usual: Expression, variant: Expression, share: float) -> Expression:
    """The variant in a share of the sentences."""
    if variant == usual or share <= 0:
        return usual
    return variant if share >= 1 else Alternative((usual, variant), (1 - share, share))


def _one_of(*parts: tuple[Expression, float]) -> Expression:
    """The parts with their shares, without those that say nothing."""
    kept = [part for part in parts if part[0] != NEVER and part[1] > 0]
    if len(kept) == 1:
        return kept[0][0]
    return Alternative(tuple(item for item, _ in kept), tuple(share for _, share in kept))
