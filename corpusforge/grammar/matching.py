"""Match a sentence with templates: all readings, each with its intent and exact slot spans.

Three things do not count, as in hassil: case; white space beyond one space, and the one between a
number and a word ("50 %" is "50%"); punctuation at the edge of a word (`hassil.util`: PUNCTUATION).
Everything else must be there. A wildcard list takes any whole words. Conditions on the state of a
home (`requires_context`) are not looked at. Numbers are matched in digits and in words,
times and the like in the forms of their list and in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from corpusforge.core.text import nfc
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.heard import heard
from corpusforge.grammar.number_words import number_words
from corpusforge.grammar.pack import NumberRange, Pack, Scope, Template, ValueList, find_list
from corpusforge.grammar.series import Series
from corpusforge.grammar.slot_labels import slot_label, split_label

__all__ = ["Matcher", "Reading", "SlotReading"]

PUNCTUATION = frozenset(".。,，?¿？؟!¡！;；:：")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9])?")
_SPACES = re.compile(r"\s+")


class SlotReading(NamedTuple):
    """A slot of a reading; start and end are code points of the NFC sentence, half-open."""

    name: str
    entity: str
    value: str
    text: str
    start: int
    end: int
    role: str = ""
    group: str = ""


class Reading(NamedTuple):
    """One way to understand a sentence; `fixed` are slots that the template adds without words.

    As in hassil, a slot that the sentence fills is not fixed.
    """

    intent: str
    template: str
    slots: tuple[SlotReading, ...]
    fixed: tuple[tuple[str, str], ...]


# While matching: (end, slots so far as (name, entity, value or None, start, end)).
_Found = tuple[str, str, str | None, int, int]
_State = tuple[int, tuple[_Found, ...]]


class Matcher:
    """Matches sentences with all templates of a pack, those with wildcards included."""

    def __init__(self, pack: Pack) -> None:
        self._templates: tuple[Template, ...] = (*pack.templates, *pack.open_templates)
        self._skip = _skipped(pack.skip_words)
        self._lang = pack.lang

    def match(self, sentences: Iterable[str]) -> Iterator[dict[str, Any]]:
        """All readings of each sentence as plain data; blank sentences are left out.

        Yields:
            {text, readings: [{intent, template, slots: [{name, entity, value, text, start, end,
            role, group}], fixed}]}; offsets are code points of the NFC text, half-open.
        """
        for sentence in sentences:
            text = nfc(sentence.strip())
            if text:
                readings = [
                    {
                        "intent": reading.intent,
                        "template": reading.template,
                        "slots": [slot._asdict() for slot in reading.slots],
                        "fixed": dict(reading.fixed),
                    }
                    for reading in self.readings(text)
                ]
                yield {"text": text, "readings": readings}

    def readings(self, sentence: str) -> tuple[Reading, ...]:
        """All different readings of one sentence, in the order of the templates.

        A sentence without any is read once more without the skip words of the pack.
        """
        letters = _Letters(nfc(sentence))
        if not letters.size:
            return ()
        found = self._read(letters)
        if not found and self._skip is not None and self._skip.search(letters.chars):
            letters.remove(self._skip)
            found = self._read(letters)
        return found

    def _read(self, letters: _Letters) -> tuple[Reading, ...]:
        walk = _Walk(letters, self._lang)
        found: dict[Reading, None] = {}
        for template in self._templates:
            for end, slots in walk.states(template.expression, template.scope, 0):
                if end != letters.size:
                    continue
                spans = tuple(letters.slot(slot) for slot in slots)
                values = [
                    (slot_label(slot.name, slot.role, slot.group), slot.value) for slot in spans
                ]
                if not all(constraint.holds(values) for constraint in template.constraints):
                    continue
                filled = {slot.name for slot in spans}
                fixed = tuple(pair for pair in template.fixed if pair[0] not in filled)
                found[Reading(template.intent, template.id, spans, fixed)] = None
        return tuple(found)


class _Letters:
    """A sentence as it is compared: lower case, single spaces, no punctuation at word edges."""

    def __init__(self, text: str) -> None:
        self.text = text
        chars: list[str] = []
        self._origins: list[int] = []
        for index, char in enumerate(text):
            if char.isspace() or (char in PUNCTUATION and not _inside(text, index)):
                if char.isspace():
                    chars.append(" ")
                    self._origins.append(index)
                continue
            chars.append(_lower(char))
            self._origins.append(index)
        self._keep("".join(chars), range(len(chars)))

    def remove(self, words: re.Pattern[str]) -> None:
        """Take words out; places keep their origin."""
        gone = {i for match in words.finditer(self.chars) for i in range(*match.span())}
        self._keep(self.chars, [index for index in range(self.size) if index not in gone])

    def _keep(self, chars: str, places: Sequence[int]) -> None:
        """Keep the characters at some places, with no space at the ends and no two in a row."""
        kept: list[int] = []
        for place in places:
            if chars[place] != " " or (kept and chars[kept[-1]] != " "):
                kept.append(place)
        if kept and chars[kept[-1]] == " ":
            kept.pop()
        self.chars = "".join(chars[place] for place in kept)
        self._origins = [self._origins[place] for place in kept]
        self.size = len(kept)

    def slot(self, found: _Found) -> SlotReading:
        """Places in the compared text as places in the sentence."""
        name, entity, value, start, end = found
        while start < end and self.chars[start] == " ":
            start += 1
        while end > start and self.chars[end - 1] == " ":
            end -= 1
        first, last = self._origins[start], self._origins[end - 1] + 1
        words = self.text[first:last]
        label = split_label(name)
        value = words if value is None else value
        return SlotReading(label.name, entity, value, words, first, last, label.role, label.group)


def _as_compared(text: str) -> str:
    return _Letters(text).chars


def _skipped(words: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern of whole words that may be left out, the longest first."""
    forms = {"".join(map(_lower, nfc(" ".join(word.split())))) for word in words}
    if not forms:
        return None
    longest = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(f"(?:^|(?<= ))(?:{'|'.join(map(re.escape, longest))})(?= |$)")


def _inside(text: str, index: int) -> bool:
    """Say whether a character stands between two that are part of words."""
    return 0 < index < len(text) - 1 and text[index - 1].isalnum() and text[index + 1].isalnum()


def _lower(char: str) -> str:
    low = char.lower()
    return low if len(low) == 1 else char  # one place stays one place


class _Walk:
    """Where expressions can end in one sentence; what was found is kept."""

    def __init__(self, letters: _Letters, lang: str) -> None:
        self._lang = lang
        self._chars, self._size = letters.chars, letters.size
        self._known: dict[tuple[int, int, int], tuple[_State, ...]] = {}

    def states(self, expression: Expression, scope: Scope, at: int) -> tuple[_State, ...]:
        """Ends of an expression that begins at a place, with the slots filled on the way."""
        if isinstance(expression, Text):
            end = self._words(expression.text, at)
            return () if end < 0 else ((end, ()),)
        key = (id(expression), id(scope), at)
        known = self._known.get(key)
        if known is None:
            known = tuple(dict.fromkeys(self._follow(expression, scope, at)))
            self._known[key] = known
        return known

    def _follow(self, expression: Expression, scope: Scope, at: int) -> Iterator[_State]:
        if isinstance(expression, RuleReference):
            yield from self.states(scope.rules[expression.rule].expression, scope, at)
        elif isinstance(expression, ListReference):
            values = find_list(expression, scope)
            assert values is not None, "the linker has refused unknown lists"
            yield from self._list(values, expression.slot, scope, at)
        elif isinstance(expression, Alternative):
            for item in expression.items:
                yield from self.states(item, scope, at)
        elif isinstance(expression, Permutation):
            yield from self._order(expression.items, scope, at)
        elif not isinstance(expression, Text):
            states: list[_State] = [(at, ())]
            for item in expression.items:
                states = list(dict.fromkeys(self._after(states, item, scope)))
                if not states:
                    return
            yield from states

    def _after(self, states: Sequence[_State], item: Expression, scope: Scope) -> Iterator[_State]:
        for at, slots in states:
            for end, more in self.states(item, scope, at):
                yield end, slots + more

    def _order(self, items: Sequence[Expression], scope: Scope, at: int) -> Iterator[_State]:
        if not items:
            yield at, ()
            return
        for index, item in enumerate(items):
            rest = (*items[:index], *items[index + 1 :])
            for middle, slots in self.states(item, scope, at):
                for end, more in self._order(rest, scope, middle):
                    yield end, slots + more

    def _list(self, values: ValueList, slot: str, scope: Scope, at: int) -> Iterator[_State]:
        for end, value in self._values(values, scope, at):
            if not slot:
                yield end, ()
            elif self._chars[at:end].strip():
                yield end, ((slot, values.entity, value, at, end),)

    def _values(self, values: ValueList, scope: Scope, at: int) -> Iterator[tuple[int, str | None]]:
        if isinstance(values.range, Series):
            yield from self._series(values.range, at)
        elif values.range is not None:
            yield from self._numbers(values.range, at)
        elif values.wildcard:
            start = at + 1 if self._chars[at : at + 1] == " " else at
            for end in range(start + 1, self._size + 1):
                if end == self._size or self._chars[end] == " ":
                    yield end, None
        for value in values.values:
            words = value.value
            if words is None and isinstance(value.expression, Text):
                words = _SPACES.sub(" ", value.expression.text).strip()
            for end, _ in self.states(value.expression, scope, at):
                yield end, words
            end = self._words(value.spoken, at) if value.spoken else -1
            if end >= 0:
                yield end, words

    def _series(self, series: Series, at: int) -> Iterator[tuple[int, str]]:
        """Times and the like, whole words only."""
        if not self._inside(at):
            for end, value in heard(series, _as_compared).read(self._chars, at):
                if not self._inside(end):
                    yield end, value
        if series.numbers is not None:
            yield from self._numbers(series.numbers, at)

    def _numbers(self, numbers: NumberRange, at: int) -> Iterator[tuple[int, str]]:
        if self._chars[at : at + 1] == " " and not self._chars[at - 1 : at].isdigit():
            at += 1
        run = _NUMBER.match(self._chars, at)
        # Each beginning of a run of digits: more digits may come from the words that follow.
        for end in range(at + 1, run.end() + 1 if run else 0):
            written = self._chars[at:end].replace(",", ".")
            if not written[-1].isdigit():
                continue
            index = index_of(numbers, Fraction(written))
            # "02" is 2, and "2.0" is not
            if index is not None and numbers.number(index)[0] == _ZEROS.sub("", written):
                yield end, numbers.number(index)[1]
        if not run:
            yield from self._spelled(numbers, at)

    def _spelled(self, numbers: NumberRange, at: int) -> Iterator[tuple[int, str]]:
        """Numbers in words, whole words only where words are parted by spaces."""
        if not self._chars[at : at + 1].isalpha() or self._inside(at):
            return
        words = number_words(self._lang, numbers)
        if not words:
            return
        longest = max(map(len, words))
        for end in range(at + 1, min(self._size, at + longest) + 1):
            index = words.get(self._chars[at:end])
            if index is not None and not self._inside(end):
                yield end, numbers.number(index)[1]

    def _inside(self, at: int) -> bool:
        """Say whether a place is inside a word; Han and kana have no spaces between words."""
        before, after = self._chars[at - 1 : at], self._chars[at : at + 1]
        return before.isalpha() and after.isalpha() and max(before, after) < "\u2e80"

    def _words(self, words: str, at: int) -> int:
        """The end of fixed words that begin at a place, -1 when they do not stand there."""
        chars, size = self._chars, self._size
        for char in words:
            if char.isspace():
                if at < size and chars[at] == " ":
                    at += 1
                elif not (at in (0, size) or chars[at - 1] == " " or chars[at - 1].isdigit()):
                    return -1
            elif at < size and chars[at] == _lower(char):
                at += 1
            elif self._spaced_unit(at, char):
                at += 2
            elif char not in PUNCTUATION:
                return -1
        return at

    def _spaced_unit(self, at: int, char: str) -> bool:
        """Say whether a digit, a space and this character stand where the space is not written."""
        before, there = self._chars[at - 1 : at], self._chars[at : at + 2]
        return before.isdigit() and not char.isdigit() and there == f" {_lower(char)}"


def index_of(numbers: NumberRange, number: Fraction) -> int | None:
    """The index of a number in a range, None when it is not among its numbers."""
    for decimal in range(1 + len(numbers.decimals)):
        tenth = Fraction(int(numbers.decimals[decimal - 1]), 10) if decimal else Fraction(0)
        whole = number - tenth
        if whole.denominator != 1 or not numbers.first <= whole <= numbers.last:
            continue
        steps, rest = divmod(int(whole) - numbers.first, numbers.step)
        index = steps * (1 + len(numbers.decimals)) + decimal
        if not rest and index < len(numbers):
            return index
    return None
