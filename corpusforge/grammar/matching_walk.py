"""Follow an expression through a sentence: where it can end, and which slots it fills.

The steps are those of hassil 3.13 (`hassil.string_matcher`), so that what it reads is read here
too:

- White space is free where a word may begin: at the start, behind text that ends with a space or
  an apostrophe, and behind a value or number in digits that itself began there ("{name} timer"
  is also "pizzatimer").
- A wildcard takes everything up to a place where the following words stand. Where a space
  follows it in the template, the first such place is the edge of a word; later ones may lie
  inside words.
- Where words do not stand in the sentence, hyphens and underscores from there on are read as
  spaces.
- A number in digits is a whole run of digits; in words it may end inside a word.

What the templates can say is read besides, where hassil is stricter: a run of digits may belong
to two numbers ("70h1834"), two wildcards may stand side by side, and white space that the
template has beside a number is free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.expression import Sequence as Chain
from corpusforge.grammar.matching_numbers import in_digits, in_series, in_words
from corpusforge.grammar.matching_text import PUNCTUATION, Letters, folded
from corpusforge.grammar.pack import NumberRange, Scope, ValueList, find_list
from corpusforge.grammar.series import Series

__all__ = ["Filled", "Walk"]

Filled = tuple[str, str, str | None, int, int]
"""A slot as label, entity, value (None: its words), start, end; places in `Letters.chars`."""

LOOSE = 1  # a word may begin here: white space is free
BROKEN = 2  # hyphens and underscores are spaces
OPEN = 4  # a wildcard has begun and not ended
WORDS = 8  # it ends where a word ends

_State = tuple[int, int, tuple[Filled, ...]]  # place, flags, slots so far
_OPEN_END = -1  # the end of a wildcard that has not ended; the start of the mark that ends it

_DIGIT = re.compile(r"[0-9]")
_CHUNK = re.compile(r" ?[^ ]+ ?| ")
_SPACES = re.compile(r"\s+")


class Walk:
    """Where expressions can end in one sentence; what was found is kept.

    Args:
        letters: The sentence.
        lang: For numbers in words.
        free: White space does not count at all.
    """

    def __init__(self, letters: Letters, lang: str, *, free: bool) -> None:
        self._lang, self._free = lang, free
        self._size = letters.size
        self._chars = {0: letters.chars, BROKEN: letters.chars.translate({45: " ", 95: " "})}
        self._can_break = self._chars[0] != self._chars[BROKEN]
        self._known: dict[tuple[int, int, int, int], tuple[_State, ...]] = {}

    def readings(self, expression: Expression, scope: Scope) -> Iterator[tuple[Filled, ...]]:
        """The slots of each way in which the expression is the whole sentence."""
        for end, flags, slots in self.states(expression, scope, 0, LOOSE):
            rest = self._chars[flags & BROKEN][end:]
            if flags & OPEN:
                if not rest.strip():
                    continue
            elif rest and any(char != " " and char not in PUNCTUATION for char in rest):
                continue
            yield self._closed(slots)

    def states(
        self, expression: Expression, scope: Scope, at: int, flags: int, *, ends_word: bool = False
    ) -> tuple[_State, ...]:
        """Ends of an expression that begins at a place, with the slots filled on the way.

        Args:
            expression: Text, or anything else.
            scope: What its references mean.
            at: Where it begins; the start of the wildcard while one is open.
            flags: What is known there.
            ends_word: A space follows in the template; of use for wildcards only.
        """
        if isinstance(expression, Text):
            return self._text(expression.text, at, flags)
        key = (id(expression), id(scope), at, flags | 16 * ends_word)
        known = self._known.get(key)
        if known is None:
            found = self._follow(expression, scope, at, flags, ends_word=ends_word)
            known = self._known[key] = tuple(dict.fromkeys(found))
        return known

    def _follow(
        self, expression: Expression, scope: Scope, at: int, flags: int, *, ends_word: bool
    ) -> Iterator[_State]:
        if isinstance(expression, RuleReference):
            yield from self.states(scope.rules[expression.rule].expression, scope, at, flags)
        elif isinstance(expression, ListReference):
            values = find_list(expression, scope)
            assert values is not None, "the linker has refused unknown lists"
            yield from self._list(values, expression.slot, scope, at, flags, ends_word=ends_word)
        elif isinstance(expression, Alternative):
            for item in expression.items:
                yield from self.states(item, scope, at, flags)
        elif isinstance(expression, Permutation):
            yield from self._order(expression.items, scope, at, flags, {})
        elif isinstance(expression, Chain):
            yield from self._chain(expression.items, scope, at, flags)

    def _chain(
        self,
        items: Sequence[Expression],
        scope: Scope,
        at: int,
        flags: int,
        *,
        padded: bool = False,
    ) -> Iterator[_State]:
        """Items one after the other; `padded`: the spaces in it are not the author's."""
        states: list[_State] = [(at, flags, ())]
        for item, following in zip(items, (*items[1:], None), strict=True):
            ends_word = isinstance(following, Text) and following.text[:1].isspace() and not padded
            states = list(
                dict.fromkeys(
                    (end, after, slots + more)
                    for place, before, slots in states
                    for end, after, more in self.states(
                        item, scope, place, before, ends_word=ends_word
                    )
                )
            )
            if not states:
                return
        yield from states

    def _order(
        self,
        items: tuple[Expression, ...],
        scope: Scope,
        at: int,
        flags: int,
        known: dict[tuple[tuple[int, ...], int, int], tuple[_State, ...]],
    ) -> tuple[_State, ...]:
        """Items in any order; those left at a place are looked at once: 2^n sets, not n! orders."""
        if not items:
            return ((at, flags, ()),)
        key = tuple(map(id, items)), at, flags
        if key not in known:
            found: dict[_State, None] = {}
            for index, item in enumerate(items):
                rest = (*items[:index], *items[index + 1 :])
                for middle, between, slots in self._item(item, scope, at, flags):
                    for end, after, more in self._order(rest, scope, middle, between, known):
                        found[end, after, slots + more] = None
            known[key] = tuple(found)
        return known[key]

    def _item(self, item: Expression, scope: Scope, at: int, flags: int) -> Iterator[_State]:
        """An item of an order, around which the parser has put spaces."""
        if isinstance(item, Chain):
            return self._chain(item.items, scope, at, flags, padded=True)
        return iter(self.states(item, scope, at, flags))

    # -- text --------------------------------------------------------------------------------

    def _text(self, text: str, at: int, flags: int) -> tuple[_State, ...]:
        """As hassil, word by word: white space is free behind a word and its space."""
        states: tuple[_State, ...] = ((at, flags, ()),)
        for chunk in _chunks(text):
            states = tuple(
                (end, after, slots + more)
                for place, before, slots in states
                for end, after, more in self._chunk(chunk, place, before)
            )
            if not states:
                break
        return states

    def _chunk(self, chunk: str, at: int, flags: int) -> Iterator[_State]:
        if flags & OPEN:
            yield from self._chunk_after_wildcard(chunk, at, flags)
            return
        end = self._words(chunk, at, flags)
        if end >= 0:
            yield end, flags & BROKEN | _loose_after(chunk), ()
            if self._free and self._can_break and " " in chunk and not flags & BROKEN:
                # hassil asks for the space, and finds it in a hyphen.
                end = self._words(chunk, at, BROKEN)
                if end >= 0:
                    yield end, flags | BROKEN, ()
        elif self._can_break and not flags & BROKEN:
            if flags & LOOSE and not self._free:
                # A hyphen before the words is not yet a space.
                chunk, at = chunk.lstrip(" "), self._past_spaces(self._chars[0], at)
            end = self._words(chunk, at, BROKEN)
            if end >= 0:
                yield end, flags | BROKEN, ()

    def _chunk_after_wildcard(self, chunk: str, at: int, flags: int) -> Iterator[_State]:
        chars = self._chars[flags & BROKEN]
        if flags & LOOSE:
            chunk = chunk.lstrip(" ")
            at = self._past_spaces(chars, at)
        if not chunk.strip(" "):
            yield at, flags | LOOSE, ()
            return
        found = {p: self._words(chunk, p, flags & BROKEN) for p in range(at, self._size + 1)}
        places = [place for place, end in found.items() if end >= 0]
        first = at + 1
        if flags & WORDS and not self._free:
            edges = [p for p in places if p > at and _edge(chars, p)]
            if at in places and at + 1 in places and chars[at + 1].isalnum():
                edges.insert(0, at + 1)  # hassil begins to search anew there
            first = edges[0] if edges else self._size
        for place in places:
            whole = " " in chars[place - 1 : place + 1] or place == self._size
            if place > at and (place >= first or whole) and chars[at:place].strip(" "):
                yield found[place], flags & BROKEN | _loose_after(chunk), (_mark(place),)

    def _free_words(self, chunk: str, at: int, flags: int) -> int:
        """As `_words`, without white space."""
        chars = self._chars[flags & BROKEN]
        for char in chunk.replace(" ", ""):
            place = self._past_spaces(chars, at)
            if place < self._size and chars[place] == char:
                at = place + 1
            elif char not in PUNCTUATION:
                return -1
        return at

    def _words(self, chunk: str, at: int, flags: int) -> int:
        """The end of fixed words that begin at a place, -1 when they do not stand there."""
        if self._free:
            return self._free_words(chunk, at, flags)
        chars, size = self._chars[flags & BROKEN], self._size
        if flags & LOOSE:
            chunk = chunk.lstrip(" ")
            at = self._past_spaces(chars, at)
        for char in chunk:
            if at < size and chars[at] == char:
                at += 1
            elif char == " ":
                if at in (0, size) or chars[at - 1] == " ":
                    continue
                if not chars[at - 1].isdecimal() or chars[at].isdecimal():
                    return -1
            elif chars[at - 1 : at].isdecimal() and not char.isdecimal() and chars[at:][:1] == " ":
                if chars[at + 1 : at + 2] == char:
                    at += 2  # a unit that is parted from its number
                elif char not in PUNCTUATION:
                    return -1
            elif char not in PUNCTUATION:
                return -1
        return at

    def _past_spaces(self, chars: str, at: int) -> int:
        while at < self._size and chars[at] == " ":
            at += 1
        return at

    # -- lists -------------------------------------------------------------------------------

    def _list(
        self, values: ValueList, slot: str, scope: Scope, at: int, flags: int, *, ends_word: bool
    ) -> Iterator[_State]:
        if values.wildcard:
            yield from self._wildcard(values, slot, at, flags, ends_word=ends_word)
            return
        if values.range is not None:
            found = self._bounded(values.range, at, flags)
        else:
            found = self._values(values, scope, at, flags)
        chars = self._chars[0]
        for start, end, after, value in found:
            if after & BROKEN:
                start = self._past_spaces(self._chars[BROKEN], start)
            marks = (_mark(start),) if flags & OPEN else ()
            if not slot:
                yield end, after, marks
            elif chars[start:end].strip(" "):
                yield end, after, (*marks, (slot, values.entity, value, start, end))

    def _wildcard(
        self, values: ValueList, slot: str, at: int, flags: int, *, ends_word: bool
    ) -> Iterator[_State]:
        """Begin one; one that is open ends at any word before."""
        after = flags & (LOOSE | BROKEN) | OPEN | (WORDS if ends_word else 0)
        chars = self._chars[0]
        begun = (slot, values.entity, None)
        if not flags & OPEN:
            yield at, after, ((*begun, at, _OPEN_END),)
            return
        for place in range(at + 1, self._size):
            if (chars[place] == " " or self._free) and chars[at:place].strip(" "):
                yield place, after, (_mark(place), (*begun, place, _OPEN_END))

    def _values(
        self, values: ValueList, scope: Scope, at: int, flags: int
    ) -> Iterator[tuple[int, int, int, str | None]]:
        """(start, end, flags, value) of each value that stands here."""
        for value in values.values:
            words = value.value
            if words is None and isinstance(value.expression, Text):
                words = _SPACES.sub(" ", value.expression.text).strip()
            for end, after, inner in self.states(value.expression, scope, at, flags):
                if after & OPEN:
                    continue  # a value of no words
                # Slots inside a value are text; a wildcard before it ends where it begins.
                start = inner[0][4] if flags & OPEN else at
                yield start, end, flags & LOOSE | after & BROKEN, words
            for end, after, inner in self._text(value.spoken, at, flags) if value.spoken else ():
                start = inner[0][4] if flags & OPEN else at
                yield start, end, flags & LOOSE | after & BROKEN, words

    # -- numbers -----------------------------------------------------------------------------

    def _bounded(
        self, bounds: NumberRange | Series, at: int, flags: int
    ) -> Iterator[tuple[int, int, int, str | None]]:
        """(start, end, flags, value) of each number, time or the like that stands here."""
        chars = self._chars[flags & BROKEN]
        kept = flags & (LOOSE | BROKEN)
        numbers = bounds.numbers if isinstance(bounds, Series) else bounds
        seen: set[str] = set()
        any_digits = _DIGIT.search(chars, at) is not None
        first = self._past_spaces(chars, at)
        for start in range(at + 1, self._size) if flags & OPEN else (first,):
            if flags & OPEN and not chars[at:start].strip(" "):
                continue  # a wildcard of no words
            before = chars[start - 1 : start]
            if isinstance(bounds, Series):
                for end, value in in_series(bounds, chars, start):
                    yield start, end, kept, value
            if numbers is None:
                continue
            if not flags & OPEN or not (before.isdecimal() or before == "-" != chars[start]):
                for end, value in in_digits(numbers, chars, start):
                    # No word begins amid a run of digits.
                    parted = chars[end : end + 1].isdecimal()
                    yield start, end, kept & BROKEN if parted else kept, value
            for end, value in in_words(numbers, chars, start, self._lang):
                # Behind a wildcard, hassil takes the first place only, if there are no digits.
                said = chars[start:end]
                if not flags & OPEN or before == " " or not (any_digits or said in seen):
                    yield start, end, kept & BROKEN, value
                seen.add(said)

    def _closed(self, slots: tuple[Filled, ...]) -> tuple[Filled, ...]:
        """Slots with the ends of their wildcards, without those that have no name."""
        out: list[Filled] = []
        for name, entity, value, start, end in slots:
            if start == _OPEN_END:
                out[-1] = (*out[-1][:4], end)
            else:
                out.append((name, entity, value, start, end))
        if out and out[-1][4] == _OPEN_END:
            out[-1] = (*out[-1][:4], self._size)
        return tuple(slot for slot in out if slot[0])


@lru_cache(maxsize=65_536)
def _chunks(text: str) -> tuple[str, ...]:
    """Words with the space behind each, the first with one before it too."""
    return tuple(_CHUNK.findall(folded(text)))


def _mark(place: int) -> Filled:
    """Says that the open wildcard ends at a place."""
    return "", "", None, _OPEN_END, place


def _loose_after(chunk: str) -> int:
    return LOOSE if chunk.endswith((" ", "'")) else 0


def _edge(chars: str, at: int) -> bool:
    r"""Say whether a word begins or ends at a place, as `\b` has it."""
    before, there = chars[at - 1 : at], chars[at : at + 1]
    return _in_word(before) != _in_word(there)


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
