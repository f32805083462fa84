"""What a foreign format can hold and our templates cannot."""

from __future__ import annotations

from dataclasses import dataclass

from corpusforge.core.errors import Position

__all__ = [
    "CONTROL",
    "EMPTY",
    "LOSSES_OF_ALL",
    "RENAMED_LISTS",
    "RENAMED_SLOTS",
    "ROWS",
    "Kind",
    "Loss",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that a format can hold and our templates cannot.

    Attributes:
        name: What it is called in tables and summaries, in the plural.
        instead: What is done instead.
    """

    name: str
    instead: str


RENAMED_SLOTS = Kind(
    "names of slots that are no identifiers, roles with { } @ # :",
    "other signs than letters and digits become '_'",
)
RENAMED_LISTS = Kind(
    "names of lists with brackets or colons, or of several lists",
    "these signs become '_', and a number keeps lists apart",
)
EMPTY = Kind("sentences and values without words", "left out")
CONTROL = Kind("control characters", "a space")
ROWS = Kind(
    "numbers of rows of intents",
    "proportions, as weights, where all intents have one; -n says how many rows",
)
LOSSES_OF_ALL = (RENAMED_SLOTS, RENAMED_LISTS, EMPTY, CONTROL)
"""What no format can hand over, whatever it is."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the template language cannot hold.

    Attributes:
        kind: One of the kinds that the format declares, or of `LOSSES_OF_ALL`.
        position: Where it stands in the foreign file; None for the whole of it.
        what: What it is.
        instead: What was done instead.
    """

    kind: Kind
    position: Position | None
    what: str
    instead: str

    def __str__(self) -> str:
        place = f"{self.position.file}:{self.position.line}: " if self.position else ""
        return f"{place}{self.what}: {self.instead}"
