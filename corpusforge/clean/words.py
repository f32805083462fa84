"""When two texts are the same sentence but for a typo or an inflection, word by word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

__all__ = ["alike_carriers", "alike_words", "one_change"]

LONG_WORD = 5
"""From this many letters on, one letter makes no other word often enough to matter; below it,
"on" and "in", "off" and "of", "his" and "her" are near each other."""

_SHORTEST_PLURAL = 4


def alike_words(a: str, b: str) -> bool:
    """One word with a typo or another ending: equal but for a plural -s, or one letter off.

    One letter off counts for words of at least `LONG_WORD` letters on both sides, and not in the
    first letter, where other words ("light", "night") differ more often than typing errors hit.
    """
    if _singular(a) == _singular(b):
        return True
    if min(len(a), len(b)) < LONG_WORD or not (a.isalpha() and b.isalpha()):
        return False
    return a[0] == b[0] and _one_edit(a, b)


def one_change(a: str, b: str) -> bool:
    """Whether two folded texts have the same words but for at most one alike pair.

    Order aside. A word that was added, left out or exchanged for another one ("not", "off",
    "don't") makes another sentence, however many letters the rest shares.
    """
    left, right = Counter(a.split()), Counter(b.split())
    more, less = list((left - right).elements()), list((right - left).elements())
    if not more and not less:
        return True
    return len(more) == len(less) == 1 and alike_words(more[0], less[0])


def alike_carriers(
    left: Mapping[int, tuple[Hashable, str]], right: Mapping[int, tuple[Hashable, str]]
) -> list[tuple[int, int]]:
    """Pairs of different carriers of one group that are equal but for plurals and one word.

    Args:
        left: Number -> (group, folded carrier with slots in braces).
        right: Likewise.

    Returns:
        (left number, right number) of carriers with the same words in the same order after
        dropping a plural -s of each, at most one word differing by a letter (`alike_words`).
    """
    places: defaultdict[tuple[Hashable, ...], list[tuple[int, str]]] = defaultdict(list)
    for number, (group, carrier) in right.items():
        words = carrier.split()
        for key, word in _keys(group, words):
            places[key].append((number, word))
    found: dict[tuple[int, int], None] = {}
    for number, (group, carrier) in left.items():
        for key, word in _keys(group, carrier.split()):
            for other, its_word in places.get(key, ()):
                if other != number and alike_words(word, its_word):
                    found[number, other] = None
    return list(found)


def _keys(group: Hashable, words: Sequence[str]) -> list[tuple[tuple[Hashable, ...], str]]:
    """A key for each place: all other words in the singular; and the word that it leaves out."""
    plain = [_singular(word) for word in words]
    return [
        ((group, place, *plain[:place], *plain[place + 1 :]), words[place])
        for place in range(len(words))
    ]


def _singular(word: str) -> str:
    """Without a plural -s; a stem for comparing, not a dictionary form."""
    if len(word) >= _SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _one_edit(a: str, b: str) -> bool:
    """One letter exchanged, added or left out, or two neighbours swapped."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    if a[start + 1 :] == b[start + 1 :]:
        return True
    swapped = a[start : start + 2] == b[start : start + 2][::-1]
    return swapped and a[start + 2 :] == b[start + 2 :]
