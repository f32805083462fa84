"""A sentence as `match` compares it with templates, and where each of its characters stood.

Case does not count, nor does white space beyond one space, nor the punctuation at the edges of
words, a typographic apostrophe is the plain one: the rules of hassil 3.13 (`hassil.util`:
`normalize_for_matching`, `remove_skip_words_tracked`), so that both read the same words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from corpusforge.core.text import nfc

__all__ = ["PUNCTUATION", "Letters", "SkipWords", "folded"]

PUNCTUATION = frozenset(".。,，?¿？؟!¡！;；:：…—–―")

_ANY = f"[{re.escape(''.join(sorted(PUNCTUATION)))}]+"
_NO_PERIOD = f"[{re.escape(''.join(sorted(PUNCTUATION - {'.'})))}]+"
_INITIALS = re.compile(r"\b(?:\w\.){2,}$")  # the last point of "A.C." belongs to it
_AT_END = re.compile(rf"{_ANY}$")
_IN_TEXT = (
    re.compile(rf"(?<=\W){_ANY}(?=\w)"),
    re.compile(rf"(?<=\w){_NO_PERIOD}(?=\W)"),
    re.compile(r"(?<!\w\.\w)\.(?=\W)"),
    re.compile(rf"(?<=\W){_ANY}(?=\W)"),
)
_AT_START = re.compile(rf"^{_ANY}")
_SPACES = re.compile(r"\s+")
_CJK = "[\u4e00-\u9fff\u3400-\u4dbf\u3040-\u30ff\uac00-\ud7af]"
_BETWEEN_CJK = re.compile(rf"(?<={_CJK}) (?={_CJK})")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Text with its case, its kinds of white space and of apostrophes put aside.

    One character stays one character, except that white space becomes a single space.
    """
    return _SPACES.sub(" ", "".join(map(_fold, text)))


@lru_cache(maxsize=8_192)
def _fold(char: str) -> str:
    if char in "İı":  # as `re.IGNORECASE` has it, all four letters i are one
        return "i"
    if char == "’":
        return "'"
    low = _single(char.lower(), char)
    return _single(_single(low.upper(), low).lower(), low)  # ς and σ, ſ and s


def _single(text: str, char: str) -> str:
    return text if len(text) == 1 else char


class Letters:
    """The characters of a sentence that count.

    Attributes:
        text: The sentence, in NFC.
        chars: What is compared: folded, words parted by single spaces.
        size: Their number.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.chars = "".join(map(_fold, text))
        self._origins = list(range(len(text)))
        self._replace(_SPACES, " ")
        self._replace(_AT_START)
        if not _INITIALS.search(self.chars):
            self._replace(_AT_END)
        for pattern in _IN_TEXT:
            self._replace(pattern)
        self._strip()

    @property
    def size(self) -> int:
        """Number of characters that count."""
        return len(self.chars)

    def without(self, pattern: re.Pattern[str], by: str, *, again: bool) -> Letters:
        """The same sentence with words taken out; places keep their origin.

        Args:
            pattern: What goes.
            by: What comes in its place.
            again: Go on until nothing is left to take.
        """
        copy = Letters.__new__(Letters)
        copy.text, copy.chars, copy._origins = self.text, self.chars, self._origins
        while True:
            before = copy.chars
            copy._replace(pattern, by)
            copy._replace(_SPACES, " ")
            copy._strip()
            if not again or copy.chars == before:
                return copy

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Places in `chars` as places in the sentence, without white space at the edges."""
        while start < end and self.chars[start] == " ":
            start += 1
        while end > start and self.chars[end - 1] == " ":
            end -= 1
        return self._origins[start], self._origins[end - 1] + 1

    def words(self, start: int, end: int, *, free: bool) -> str:
        """What was said from one place to another, as written: what does not count is left out.

        Args:
            start: Place in `chars`.
            end: Place behind it.
            free: Han, kana and Hangul have no white space between them.
        """
        said = "".join(
            " " if self.chars[place] == " " else self.text[self._origins[place]]
            for place in range(start, end)
        ).strip(" ")
        return _BETWEEN_CJK.sub("", said) if free else said

    def _replace(self, pattern: re.Pattern[str], by: str = "") -> None:
        parts: list[str] = []
        origins: list[int] = []
        at = 0
        for match in pattern.finditer(self.chars):
            start, end = match.span()
            parts += (self.chars[at:start], by)
            origins += self._origins[at:start]
            origins += self._origins[start : start + 1] * len(by)
            at = end
        if parts:
            self.chars = "".join((*parts, self.chars[at:]))
            self._origins = origins + self._origins[at:]

    def _strip(self) -> None:
        lead = len(self.chars) - len(self.chars.lstrip(" "))
        self.chars = self.chars.strip(" ")
        self._origins = self._origins[lead : lead + len(self.chars)]


class SkipWords:
    """Words that a sentence may hold without changing what it means.

    Args:
        words: As the templates list them.
        ignore_whitespace: They may then stand inside other words.
    """

    def __init__(self, words: Sequence[str], *, ignore_whitespace: bool) -> None:
        forms = {folded(nfc(word)).strip() for word in words} - {""}
        longest = sorted(forms, key=lambda form: (-len(form), form))
        any_of = f"(?:{'|'.join(map(re.escape, longest))})"
        self._known = bool(forms)
        if ignore_whitespace:
            patterns = (any_of, f"^{any_of}", f"{any_of}$")
        else:
            patterns = (
                rf"(?<!\w){any_of}(?!\w)",
                rf"^\s*{any_of}(?!\w)\s*",
                rf"\s*(?<!\w){any_of}\s*$",
            )
        self._everywhere, self._start, self._end = map(re.compile, patterns)
        self._by = "" if ignore_whitespace else " "

    def everywhere(self, letters: Letters) -> Letters:
        """The sentence without them."""
        return self._take(letters, self._everywhere, self._by, again=False)

    def at_start(self, letters: Letters) -> Letters:
        """The sentence without those at its start."""
        return self._take(letters, self._start, "", again=True)

    def at_end(self, letters: Letters) -> Letters:
        """The sentence without those at its end."""
        return self._take(letters, self._end, "", again=True)

    def _take(self, letters: Letters, pattern: re.Pattern[str], by: str, *, again: bool) -> Letters:
        if not self._known or not pattern.search(letters.chars):
            return letters
        return letters.without(pattern, by, again=again)
