"""A loaded template pack: templates with the rules and lists that they see.

Data only. The loader builds it from YAML; counting, sampling, the automaton and the catalogue
read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

from corpusforge.core.errors import Position
from corpusforge.core.source import Document
from corpusforge.grammar.expression import NO_WORDS, Expression, ListReference
from corpusforge.grammar.parser import INLINE_RANGE
from corpusforge.grammar.series import Series

FRACTIONS = {"halves": "5", "tenths": "123456789"}
"""hassil's fraction types -> the digits that may follow the decimal point."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a template, rule, list or value was written."""

    document: Document
    path: tuple[str | int, ...]

    def position(self, offset: int = 0) -> Position:
        """The place of character `offset` of the text, for messages."""
        return self.document.position(self.path, offset)


@dataclass(frozen=True, slots=True)
class Rule:
    """An expansion rule."""

    name: str
    expression: Expression
    source: Source


@dataclass(frozen=True, slots=True)
class ListValue:
    """One value of a list.

    Attributes:
        expression: Its words; the `in` of a value may be a template.
        value: Canonical value, or None when the words themselves are the value.
        attributes: Declared attributes, e.g. (("gender", "f"),), sorted by key.
        agreement: Values of one class may replace each other; "" = the one class of the list.
        weight: Relative frequency among the values of the list, > 0.
        source: Where its words stand.
        spoken: How it is said, where it is not read as it is written.
    """

    expression: Expression
    value: str | None
    attributes: tuple[tuple[str, str], ...]
    agreement: str
    weight: float
    source: Source
    spoken: str = ""

    def agrees(self, agreement: str) -> bool:
        """Say whether it is of a class, or of none and so agrees with all."""
        return self.agreement in (agreement, "")


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The numbers first, first + step, ... up to last, each also with its decimal digits.

    Attributes:
        first: Smallest integer.
        last: Upper bound, included.
        step: At least 1.
        decimals: Digits that may follow a decimal point: "" none, "5" halves, "123456789" tenths.
        multiplier: The canonical value is the number times this (None = 1).
        words: Sentences may also have the numbers in words (`match` reads them).
        words_language: Of these words, "" = that of the pack.
    """

    first: int
    last: int
    step: int = 1
    decimals: str = ""
    multiplier: float | None = None
    words: bool = True
    words_language: str = ""

    def __len__(self) -> int:
        """How many numbers there are; those beyond `last` do not count."""
        whole = (self.last - self.first) // self.step + 1
        total = whole * (1 + len(self.decimals))
        top = self.first + (whole - 1) * self.step
        return total - (len(self.decimals) if top == self.last else 0)

    def number(self, index: int) -> tuple[str, str]:
        """Surface form and canonical value of number `index`, in ascending order of integers."""
        whole, decimal = divmod(index, 1 + len(self.decimals))
        integer = self.first + whole * self.step
        number = Fraction(integer)
        text = str(integer)
        if decimal:
            digit = self.decimals[decimal - 1]
            number += Fraction(int(digit), 10)
            # -3 + 0.5 is -2.5: the digits of the sum are not those of the two parts.
            text = f"{float(number):.1f}" if integer < 0 else f"{integer}.{digit}"
        if self.multiplier is None:
            return text, text
        product = float(number) * self.multiplier
        return text, str(int(product)) if product.is_integer() else repr(product)

    def numbers(self) -> Iterator[tuple[str, str]]:
        """All (surface form, canonical value)."""
        return (self.number(index) for index in range(len(self)))


@dataclass(frozen=True, slots=True)
class ValueList:
    """A list: values, or a range of numbers or times or the like, or a wildcard (neither).

    Attributes:
        name: As references write it.
        entity: Name under which its values go into rows and catalogue; differs from `name`
            only where a block's own list hides another list of the same name.
        values: The values, in file order.
        range: The numbers, when it is a range; times, dates, amounts, when it is one of these.
        source: Where it stands; None for a range written inside a sentence.
    """

    name: str
    entity: str
    values: tuple[ListValue, ...] = ()
    range: NumberRange | Series | None = None
    source: Source | None = None

    @property
    def wildcard(self) -> bool:
        """Any words at all: nothing to sample from."""
        return not self.values and self.range is None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What names mean to the sentences of a block; the block's own come first, and bind late."""

    rules: Mapping[str, Rule]
    lists: Mapping[str, ValueList]


class Constraint(NamedTuple):
    """The canonical values of some slots are all equal, or all different, where they occur.

    Attributes:
        kind: Which of the two.
        slots: Labels, at least two, sorted.
    """

    kind: Literal["equal", "different"]
    slots: tuple[str, ...]

    def holds(self, values: Sequence[tuple[str, str]]) -> bool:
        """Say whether (label, canonical value) of one sentence obey it."""
        found = [value for label, value in values if label in self.slots]
        different = len(set(found))
        return different <= 1 if self.kind == "equal" else different == len(found)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One sentence template.

    Attributes:
        id: The author's id, or a hash of file, intent and sentence.
        intent: Label.
        sentence: As written.
        expression: As parsed.
        scope: What its references mean.
        weight: Relative number of rows, > 0.
        fixed: Slots with fixed values; they have no words in the sentence, so no row holds them.
        out_of_scope: Sentences that the assistant must not act on.
        file: Path below the pack's folder, with "/".
        line: Counted from 1.
        source: For messages.
        split: The author's choice of train, validation or test; "" leaves it to the seed.
        constraints: What must hold between values of its slots.
        written: The expression as the author wrote it, for messages about places; `expression`
            also holds what `roles`, `agree` and `wording` make of it.
    """

    id: str
    intent: str
    sentence: str
    expression: Expression
    scope: Scope
    weight: float
    fixed: tuple[tuple[str, str], ...]
    out_of_scope: bool
    file: str
    line: int
    source: Source
    split: str = ""
    constraints: frozenset[Constraint] = frozenset()
    written: Expression = NO_WORDS


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """All templates of one language.

    Attributes:
        lang: BCP-47 tag.
        templates: Those that can be sampled, in file order.
        open_templates: Those with a wildcard list, which can be recognised but not sampled.
        lists: Every list that a template reaches, with the scope that its values see.
        notes: Warnings for the user, one sentence each.
        skip_words: Words that a sentence may hold without changing what it means.
        ignore_whitespace: White space does not count when a sentence is matched.
    """

    lang: str
    templates: tuple[Template, ...]
    open_templates: tuple[Template, ...]
    lists: tuple[tuple[ValueList, Scope], ...]
    notes: tuple[str, ...]
    skip_words: tuple[str, ...] = ()
    ignore_whitespace: bool = False


HOST_LISTS = frozenset(("name", "area", "floor"))
"""Lists that Home Assistant fills when it runs; without values they are wildcards."""


def find_list(reference: ListReference, scope: Scope) -> ValueList | None:
    """The list that a reference means, with those of its values that the reference wants."""
    known = whole_list(reference, scope)
    if known is None or reference.agreement is None:
        return known
    return replace(known, values=tuple(v for v in known.values if v.agrees(reference.agreement)))


def whole_list(reference: ListReference, scope: Scope) -> ValueList | None:
    """The list that a reference means, also a range written in place as `{0..100,5:slot}`."""
    known = scope.lists.get(reference.list)
    if known is None and reference.list in HOST_LISTS:
        return ValueList(reference.list, reference.list)
    match = INLINE_RANGE.fullmatch(reference.list) if known is None else None
    if match is None:
        return known
    numbers = NumberRange(int(match[1]), int(match[2]), int(match[3] or 1))
    return ValueList(reference.list, reference.list, range=numbers)
