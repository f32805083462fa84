"""The fewest sentences that show every alternative, template and list value.

A template needs as many sentences as its alternatives ask for: items of one alternative cannot
stand in the same sentence, so their needs add up; parts of a sequence are served together, so
the largest need counts. That number is the minimum, and the sentences are built along the same
way. Their slots are filled with values not shown yet; values left over get further sentences,
those first that show the most. References to rules count where they stand; a range shows its
first and its last number; the orders of a permutation are not alternatives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from corpusforge.core.spans import Slot
from corpusforge.grammar.derivations import Piece, SlotPiece, render
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.list_tables import ListTable, list_tables
from corpusforge.grammar.pack import Pack, Scope, Template, find_list

__all__ = ["Certificate", "Cover", "CoverRow", "cover"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the rows of a cover show.

    Attributes:
        rows: How many there are.
        templates: Templates shown.
        alternatives: Alternatives shown, counted in every template.
        values: List values shown, once for the whole pack.
        alternative_rows: The proven minimum for templates and alternatives.
        least_rows: No fewer rows can show the values too; `rows` may be more.
        not_shown: Alternatives whose only sentence is empty or another's, so that no row is
            theirs alone.
    """

    rows: int
    templates: int
    alternatives: int
    values: int
    alternative_rows: int
    least_rows: int
    not_shown: int


class CoverRow(NamedTuple):
    """One sentence of a cover."""

    template: Template
    text: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Cover:
    """Rows and what they show."""

    rows: tuple[CoverRow, ...]
    certificate: Certificate


class _Hole(NamedTuple):
    """A list in a sentence that is still to be filled."""

    slot: str
    entity: str


_Frame = tuple[str | _Hole, ...]


def cover(pack: Pack) -> Cover:
    """Rows that show all templates, alternatives and values of a pack; wildcards left out."""
    values = _Values()
    frames: list[tuple[Template, _Frame]] = []
    alternatives = 0
    for template in pack.templates:
        builder = _Builder(template.scope, values)
        made = builder.frames(template.expression)
        alternatives += builder.alternatives
        frames += ((template, frame) for frame in made)
    rows: dict[tuple[str, str, tuple[Slot, ...]], CoverRow] = {}
    lost = 0
    for template, frame in frames:
        lost += not _put(rows, template, values.fill(frame))
    for template, frame in _further(frames, values):
        _put(rows, template, values.fill(frame))
    shown = {row.template.id for row in rows.values()}
    return Cover(
        tuple(rows.values()),
        Certificate(
            rows=len(rows),
            templates=len(shown),
            alternatives=alternatives,
            values=values.count(),
            alternative_rows=len(frames) - lost,
            least_rows=max([len(frames) - lost, *values.least(frames)]),
            not_shown=lost,
        ),
    )


def _put(
    rows: dict[tuple[str, str, tuple[Slot, ...]], CoverRow],
    template: Template,
    pieces: Sequence[Piece],
) -> bool:
    made = render(pieces)
    if made is None or (template.intent, *made) in rows:
        return False
    rows[template.intent, made[0], made[1]] = CoverRow(template, *made)
    return True


def _further(
    frames: Sequence[tuple[Template, _Frame]], values: _Values
) -> Iterator[tuple[Template, _Frame]]:
    """Frames for the values that are left, each the one that shows the most of them."""
    kinds: dict[tuple[str, ...], tuple[Template, _Frame]] = {}
    for template, frame in frames:
        holes = tuple(sorted(item.entity for item in frame if not isinstance(item, str)))
        if holes:
            kinds.setdefault(holes, (template, frame))
    while kinds:
        useful = {holes: values.new_ones(holes) for holes in kinds}
        best = max(kinds, key=lambda holes: (useful[holes], -len(holes)))
        if not useful[best]:
            return
        yield kinds[best]


@dataclass
class _Values:
    """The values of all lists, and how many of each have been shown."""

    tables: dict[str, tuple[ListTable, ...]] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)

    def learn(self, reference: ListReference, scope: Scope) -> _Hole:
        values = find_list(reference, scope)
        assert values is not None, "the linker has refused unknown lists"
        if values.entity not in self.tables:
            self.tables[values.entity] = list_tables(values, scope)
            self.shown[values.entity] = 0
        return _Hole(reference.slot, values.entity)

    def size(self, entity: str) -> int:
        """How many values must be shown."""
        return sum(self._wanted(table) for table in self.tables[entity])

    @staticmethod
    def _wanted(table: ListTable) -> int:
        return min(table.size, 2) if table.is_range or not table.spelled else table.size

    def count(self) -> int:
        return sum(min(self.size(entity), shown) for entity, shown in self.shown.items())

    def new_ones(self, holes: Sequence[str]) -> int:
        """How many values not shown yet these lists would show."""
        return sum(
            min(holes.count(entity), max(0, self.size(entity) - self.shown[entity]))
            for entity in set(holes)
        )

    def least(self, frames: Sequence[tuple[Template, _Frame]]) -> list[int]:
        """The rows that the values of each list need at least, and those of all lists."""
        most: dict[str, int] = {}
        widest = 1
        for _, frame in frames:
            held = [item.entity for item in frame if not isinstance(item, str)]
            widest = max(widest, len(held))
            for entity in set(held):
                most[entity] = max(most.get(entity, 0), held.count(entity))
        total = sum(self.size(entity) for entity in most)
        return [
            -(-total // widest),
            *(-(-self.size(entity) // count) for entity, count in most.items()),
        ]

    def fill(self, frame: _Frame) -> list[Piece]:
        """A frame with the values that come next."""
        return [
            piece
            for item in frame
            for piece in ((item,) if isinstance(item, str) else self._next(item))
        ]

    def _next(self, hole: _Hole) -> tuple[Piece, ...]:
        number = self.shown[hole.entity] % self.size(hole.entity)
        self.shown[hole.entity] += 1
        for table in self.tables[hole.entity]:
            wanted = self._wanted(table)
            if number < wanted:
                last = number == wanted - 1
                text, value = table.value(table.size - 1 if last else number)
                before, behind = min(table.edges)
                if not hole.slot:
                    return (before, text, behind)
                value_or_words = None if value == text else value
                return (before, SlotPiece(hole.slot, hole.entity, value_or_words, text), behind)
            number -= wanted
        raise AssertionError("a list has values")


class _Builder:
    """Makes the frames of one template."""

    def __init__(self, scope: Scope, values: _Values) -> None:
        self._scope = scope
        self._values = values
        self.alternatives = 0

    def frames(self, expression: Expression) -> list[_Frame]:
        """The fewest frames that hold every alternative."""
        if isinstance(expression, Text):
            return [(expression.text,)]
        if isinstance(expression, RuleReference):
            return self.frames(self._scope.rules[expression.rule].expression)
        if isinstance(expression, ListReference):
            return [(self._values.learn(expression, self._scope),)]
        made = [self.frames(item) for item in expression.items]
        if isinstance(expression, Alternative):
            self.alternatives += len(made)
            return [frame for frames in made for frame in frames]
        most = max((len(frames) for frames in made), default=1)
        return [
            tuple(part for frames in made for part in frames[row % len(frames)])
            for row in range(most)
        ]


def certificate_facts(certificate: Certificate) -> Mapping[str, int]:
    """A certificate for cards and reports."""
    return {name: getattr(certificate, name) for name in certificate.__slots__}
