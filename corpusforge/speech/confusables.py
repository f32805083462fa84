"""Phrases that a detector must not take for its wake word, or one command for another.

Three kinds: *near misses* (one word of the phrase replaced by a word that sounds like it), *parts*
of the phrase, and *swaps* (its words in another order). People report false accepts of all three
(openWakeWord issues 33 and 335), and generators that only know English spelling miss them in
other languages. Distances are between phonemes, so any language that espeak-ng reads will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from corpusforge.core.errors import InputError, require
from corpusforge.core.seeding import uniforms
from corpusforge.core.text import fold
from corpusforge.speech.phonemes import distances, phonemise

__all__ = ["BANDS", "KINDS", "SAME", "Confusable", "confusables", "lexicon"]

KINDS = ("near_miss", "part", "swap")

BANDS = (0.5, 1.0, 2.0)
"""Upper limits of the bands of near misses, in phonemes: within half an average phoneme, one, two.
Own choice; a detector that only saw distant negatives learns nothing from them."""

SAME = 0.3
"""Nearer than this, a third of an average phoneme, a phrase may be the wake word itself, said in
haste or in another accent ("huh Jarvis" is .18): as a negative it would teach the detector to
refuse people. Own choice."""

_LEXICON_WORDS = 30_000
# Names of espeak-ng and of BCP-47 (what `corpusforge voices` lists) -> those of wordfreq.
_LISTED_AS = {"bs": "sh", "hr": "sh", "sr": "sh", "no": "nb", "cmn": "zh"}


@dataclass(frozen=True, slots=True)
class Confusable:
    """A negative phrase.

    Attributes:
        text: What is said.
        kind: One of `KINDS`.
        distance: From the nearest phrase that is listened for, in phonemes
            (`speech.phonemes.distances`).
        phrase: That phrase.
    """

    text: str
    kind: str
    distance: float
    phrase: str


def lexicon(lang: str, count: int = _LEXICON_WORDS) -> list[str]:
    """The most frequent words of a language, letters only, two or more (wordfreq).

    Raises:
        InputError: When the extra `wake` is not installed or has no list for the language.
    """
    wordfreq = require("wordfreq", extra="wake", purpose="words of a language")
    primary = lang.split("-")[0].casefold()
    known = wordfreq.available_languages()
    primary = _LISTED_AS.get(primary, primary)
    # Unasked, wordfreq answers with the words of another language.
    if primary not in known:
        raise InputError(
            f"there is no list of words for {lang!r}",
            given=lang,
            allowed=sorted(known),
            hint="give a file with one word per line (--lexicon)",
        )
    words: list[str] = wordfreq.top_n_list(primary, count)
    return [word for word in words if len(word) > 1 and word.isalpha()]


def confusables(
    phrases: Sequence[str], lang: str, words: Sequence[str], count: int, seed: int
) -> list[Confusable]:
    """Negatives for phrases that a detector listens for.

    Args:
        phrases: Wake words or commands; no negative is nearer than `SAME` to any of them.
        lang: BCP-47 tag of all of it.
        words: Lexicon; words that are read by the rules of another language are left out.
        count: Near misses wanted in all, shared out evenly over phrases, bands and the word that is
            replaced. Parts and swaps come on top.
        seed: Decides which, where there are more.

    Returns:
        Near misses, parts and swaps, each text once, by distance.

    Raises:
        InputError: An empty phrase, or espeak does not read the language.
    """
    folded = [fold(phrase) for phrase in phrases]
    for phrase, plain in zip(phrases, folded, strict=True):
        if not plain:
            raise InputError(f"{phrase!r} has no words to listen for")
    vocabulary = [word for word in dict.fromkeys(fold(word) for word in words) if word]
    said = phonemise([*folded, *vocabulary], lang)
    # Of words that sound alike the first one given is enough, the most frequent in `lexicon`.
    by_sound: dict[tuple[str, ...], str] = {}
    for word, spoken in zip(vocabulary, said[len(folded) :], strict=True):
        if spoken.phones and not spoken.foreign:
            by_sound.setdefault(spoken.phones, word)
    phones = {word: sound for sound, word in by_sound.items()}
    candidates: dict[str, tuple[str, int]] = {}
    for phrase in folded:
        for text, kind, place in [*_parts_and_swaps(phrase), *_near_misses(phrase, lang, phones)]:
            candidates.setdefault(text, (kind, place))
    listed = _measured(candidates, folded, lang)
    return sorted(_chosen(listed, count, seed), key=lambda c: (c.distance, c.text))


def _parts_and_swaps(phrase: str) -> Iterable[tuple[str, str, int]]:
    """(text, kind, 0)."""
    words = phrase.split()
    for size in range(1, len(words)):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size]), "part", 0
    # Beyond four words the orders explode and nobody says them.
    for order in permutations(words) if 1 < len(words) <= 4 else ():
        if list(order) != words:
            yield " ".join(order), "swap", 0


def _near_misses(
    phrase: str, lang: str, phones: dict[str, tuple[str, ...]]
) -> Iterable[tuple[str, str, int]]:
    """(text, kind, which word of the phrase is replaced)."""
    words, known = phrase.split(), list(phones)
    own = phonemise(words, lang)
    for place, spoken in enumerate(own):
        if not spoken.phones or not known:
            continue
        far = distances(spoken.phones, [phones[word] for word in known])
        for index in np.flatnonzero((far > 0.0) & (far <= BANDS[-1])):
            replaced = [*words[:place], known[int(index)], *words[place + 1 :]]
            yield " ".join(replaced), "near_miss", place


def _measured(
    candidates: dict[str, tuple[str, int]], phrases: Sequence[str], lang: str
) -> list[tuple[Confusable, int]]:
    """Candidates with their distance to the nearest phrase, as whole texts are read."""
    texts = [text for text in candidates if text not in phrases]
    if not texts:
        return []
    said = phonemise([*phrases, *texts], lang)
    others = [spoken.phones for spoken in said[len(phrases) :]]
    table = np.stack([distances(said[i].phones, others) for i in range(len(phrases))])
    nearest = table.argmin(axis=0)
    return [
        (
            Confusable(text, candidates[text][0], round(float(far), 4), phrases[int(which)]),
            candidates[text][1],
        )
        for text, far, which in zip(texts, table.min(axis=0), nearest, strict=True)
        if far >= SAME
    ]


def _chosen(
    listed: Sequence[tuple[Confusable, int]], count: int, seed: int
) -> Iterable[Confusable]:
    yield from (one for one, _ in listed if one.kind != "near_miss")
    near = [(one, place) for one, place in listed if one.kind == "near_miss"]
    drawn = uniforms(seed, "confusable", [one.text for one, _ in near])
    groups: dict[tuple[int, str, int], list[Confusable]] = {}
    for index in np.argsort(drawn, kind="stable"):
        one, place = near[int(index)]
        if one.distance <= BANDS[-1]:
            band = int(np.searchsorted(BANDS, one.distance))
            groups.setdefault((band, one.phrase, place), []).append(one)
    # Seats go round: a group with fewer than its share leaves the rest to the others.
    queues = [groups[key] for key in sorted(groups)]
    left = count
    while left > 0 and any(queues):
        for queue in queues:
            if queue and left > 0:
                yield queue.pop(0)
                left -= 1
