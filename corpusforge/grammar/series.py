"""Values that are made from bounds: times, dates, amounts of money, durations, forms of numbers.

Data only; `cldr_values` makes it of YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from corpusforge.grammar.pack import NumberRange

__all__ = ["Said", "Series"]


class Said(NamedTuple):
    """One way to write one value.

    Attributes:
        text: As it stands in a sentence, NFC, single spaces.
        value: Canonical value.
        spoken: Words that are said, "" where they are not known or are the text itself.
    """

    text: str
    value: str
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """The values of a list with bounds.

    Attributes:
        written: JSON of what the author wrote, and the language; series of the same are equal.
        forms: The texts by form, each in the order of the values; no (text, value) stands twice.
        heard: Further (text, value) that `match` reads: other spellings, and words.
        numbers: The numbers of a range, which `match` reads too.
    """

    written: str
    forms: tuple[tuple[Said, ...], ...] = field(compare=False)
    heard: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    numbers: NumberRange | None = field(default=None, compare=False)

    def __len__(self) -> int:
        """How many texts there are."""
        return sum(map(len, self.forms))

    def number(self, index: int) -> tuple[str, str]:
        """Text and canonical value of text `index`, form by form."""
        for form in self.forms:
            if index < len(form):
                return form[index][:2]
            index -= len(form)
        raise IndexError(index)

    def said(self) -> Iterator[Said]:
        """All texts with their spoken forms."""
        for form in self.forms:
            yield from form
