"""The fewest sentences that show every alternative, template and list value.

A template needs as many sentences as its alternatives ask for: items of one alternative cannot
stand in the same sentence, so their needs add up; parts of a sequence are served together, so
the largest need counts. That number is the minimum, and the sentences are built along the same
way. Their slots are filled with values not shown yet; values left over get further sentences,
those first that show the most. References to rules count where they stand; a range shows its
first and its last number; the orders of a permutation are not alternatives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from corpusforge.core.spans import Slot
from corpusforge.grammar.cover_bound import Need, least_rows
from corpusforge.grammar.derivations import Piece, SlotPiece, render
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.list_tables import ListTable, list_tables
from corpusforge.grammar.pack import Constraint, Pack, Scope, Template, whole_list

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
        not_shown: Alternatives whose only sentence is empty, another's, or not to be said
            because the other side of the splits says it, so that no row is theirs alone.
        values_not_shown: List values that constraints keep out of all rows.
    """

    rows: int
    templates: int
    alternatives: int
    values: int
    alternative_rows: int
    least_rows: int
    not_shown: int
    values_not_shown: int = 0


class CoverRow(NamedTuple):
    """One sentence of a cover; `split` is "" until it is known."""

    template: Template
    text: str
    slots: tuple[Slot, ...]
    split: str = ""


Admit = Callable[[CoverRow], CoverRow | None]
"""A row under the template that owns it; None where it may not be said."""


@dataclass(frozen=True)
class Cover:
    """Rows and what they show."""

    rows: tuple[CoverRow, ...]
    certificate: Certificate


class _Hole(NamedTuple):
    """A list in a sentence that is still to be filled.

    Attributes:
        slot: Label, "" for text without a slot.
        entity: The list.
        tables: Numbers of its tables whose values may stand here.
    """

    slot: str
    entity: str
    tables: tuple[int, ...]


_Frame = tuple[str | _Hole, ...]
_Framed = tuple[Template, _Frame]
_Rows = dict[tuple[str, str, tuple[Slot, ...]], CoverRow]


def cover(pack: Pack, admit: Admit | None = None) -> Cover:
    """Rows that show all templates, alternatives and values of a pack; wildcards left out.

    Args:
        pack: The templates.
        admit: Says which sentences there are, and whose.
    """
    values = _Values()
    frames: list[_Framed] = []
    places: dict[str, Mapping[str, int]] = {}
    alternatives = 0
    choosing: set[str] = set()
    for template in pack.templates:
        builder = _Builder(template.scope, values)
        made = builder.frames(template.expression)
        places[template.id] = builder.places(template.expression)
        alternatives += builder.alternatives
        if builder.alternatives:
            choosing.add(template.id)
        frames += ((template, frame) for frame in made)
    rows: _Rows = {}
    kept: list[_Framed] = []
    left: list[_Framed] = []
    for framed in frames:
        (kept if _put(rows, framed, values, admit) else left).append(framed)
    lost = len(left)
    needed = Counter(template.id for template, _ in kept)
    _show_the_rest(rows, [*kept, *left], values, admit)
    shown = {row.template.id for row in rows.values()}
    return Cover(
        tuple(rows.values()),
        Certificate(
            rows=len(rows),
            templates=len(shown),
            alternatives=alternatives,
            values=values.count(),
            alternative_rows=len(frames) - lost,
            least_rows=least_rows(
                [Need(needed[name], held) for name, held in places.items()], values.shown()
            ),
            not_shown=sum(template.id in choosing for template, _ in left),
            values_not_shown=values.left(),
        ),
    )


def _put(rows: _Rows, framed: _Framed, values: _Values, admit: Admit | None) -> bool:
    """Add the frame with values that come next; False where it makes no row of its own."""
    template, frame = framed
    picks = values.pick(frame, template.constraints)
    made = None if picks is None else render(values.pieces(frame, picks))
    if picks is None or made is None:
        return False
    key = (template.intent, *made)
    if key in rows:
        values.note(picks)
        return False
    row = CoverRow(template, *made)
    owned = row if admit is None else admit(row)
    if owned is None:
        return False
    values.note(picks)
    rows[key] = owned
    return True


def _show_the_rest(
    rows: _Rows, frames: Sequence[_Framed], values: _Values, admit: Admit | None
) -> None:
    """Rows for the values that are left, of the frames that show the most of them."""
    kinds: dict[tuple[frozenset[Constraint], tuple[_Hole, ...]], _Framed] = {}
    for template, frame in frames:
        holes = tuple(sorted(item for item in frame if not isinstance(item, str)))
        if holes:
            kinds.setdefault((template.constraints, holes), (template, frame))
    while kinds:
        useful = {kind: values.new_ones(kind[1]) for kind in kinds}
        best = max(kinds, key=lambda kind: (useful[kind], -len(kind[1])))
        if not useful[best]:
            return
        left = values.left()
        _put(rows, kinds[best], values, admit)
        if values.left() == left:
            del kinds[best]  # its constraints, or text that cannot be joined, forbid the rest


# Values that are tried for one row until constraints hold.
_MAX_TRIALS = 10_000

_Pick = tuple[str, int, int]
"""List, number of a table, number of a value in it."""


@dataclass
class _Values:
    """The values of all lists, and which of them have not been shown."""

    tables: dict[str, tuple[ListTable, ...]] = field(default_factory=dict)
    _wanted: dict[str, int] = field(default_factory=dict)
    _left: dict[tuple[str, int], dict[int, None]] = field(default_factory=dict)
    _turns: dict[str, int] = field(default_factory=dict)
    _all: dict[_Hole, list[tuple[int, int]]] = field(default_factory=dict)

    def learn(self, reference: ListReference, scope: Scope) -> _Hole:
        values = whole_list(reference, scope)
        assert values is not None, "the linker has refused unknown lists"
        entity = values.entity
        if entity not in self.tables:
            self.tables[entity] = list_tables(values, scope)
            for number, table in enumerate(self.tables[entity]):
                self._left[entity, number] = dict.fromkeys(_shown_of(table))
            self._wanted[entity] = sum(len(_shown_of(table)) for table in self.tables[entity])
            self._turns[entity] = 0
        return _Hole(
            reference.slot,
            entity,
            tuple(
                number
                for number, table in enumerate(self.tables[entity])
                if reference.agreement is None or table.agrees(reference.agreement)
            ),
        )

    def left(self) -> int:
        """How many values are still to be shown."""
        return sum(map(len, self._left.values()))

    def count(self) -> int:
        """How many values have been shown."""
        return sum(self._wanted.values()) - self.left()

    def new_ones(self, holes: Sequence[_Hole]) -> int:
        """How many values not shown yet these holes would show, at most."""
        return sum(
            min(holes.count(hole), sum(len(self._left[hole.entity, n]) for n in hole.tables))
            for hole in set(holes)
        )

    def shown(self) -> dict[str, int]:
        """How many values of each list have been shown."""
        return {
            entity: wanted - sum(len(self._left[entity, n]) for n in range(len(tables)))
            for (entity, tables), wanted in zip(
                self.tables.items(), self._wanted.values(), strict=True
            )
        }

    def pick(self, frame: _Frame, constraints: Iterable[Constraint]) -> list[_Pick] | None:
        """Values for the holes of a frame, new ones first; None where constraints forbid all."""
        holes = [item for item in frame if not isinstance(item, str)]
        binding = [[c for c in constraints if hole.slot in c.slots] for hole in holes]
        trials = iter(range(_MAX_TRIALS))

        def filled(picks: list[_Pick], said: list[tuple[str, str]]) -> list[_Pick] | None:
            if len(picks) == len(holes):
                return picks
            hole = holes[len(picks)]
            for pick in self._candidates(hole, picks):
                now = [*said, (hole.slot, self.tables[hole.entity][pick[1]].value(pick[2])[1])]
                if all(c.holds(now) for c in binding[len(picks)]):
                    found = filled([*picks, pick], now)
                    if found is not None or next(trials, None) is None:
                        return found
            return None

        return filled([], [])

    def _candidates(self, hole: _Hole, taken: Sequence[_Pick]) -> Iterator[_Pick]:
        """Values not shown yet, then the others, from another place each time."""
        entity = hole.entity
        for number in hole.tables:
            for value in self._left[entity, number]:
                if (entity, number, value) not in taken:
                    yield entity, number, value
        if hole not in self._all:
            tables = self.tables[entity]
            self._all[hole] = [(n, v) for n in hole.tables for v in _shown_of(tables[n])]
        shown = self._all[hole]
        start = self._turns[entity]
        for place in range(len(shown)):
            yield entity, *shown[(start + place) % len(shown)]

    def note(self, picks: Sequence[_Pick]) -> None:
        """Count values as shown."""
        for entity, number, value in picks:
            self._left[entity, number].pop(value, None)
            self._turns[entity] += 1

    def pieces(self, frame: _Frame, picks: Sequence[_Pick]) -> list[Piece]:
        """A frame with its values."""
        following = iter(picks)
        pieces: list[Piece] = []
        for item in frame:
            if isinstance(item, str):
                pieces.append(item)
                continue
            entity, number, value = next(following)
            table = self.tables[entity][number]
            text, canonical = table.value(value)
            before, behind = min(table.edges)
            if item.slot:
                words = None if canonical == text else canonical
                pieces += (before, SlotPiece(item.slot, entity, words, text), behind)
            else:
                pieces += (before, text, behind)
        return pieces


def _shown_of(table: ListTable) -> Sequence[int]:
    """The values of a table that must be shown: all, or the first and the last of a range."""
    if table.is_range or not table.spelled:
        return (0, table.size - 1) if table.size > 1 else (0,)
    return range(table.size)


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

    def places(self, expression: Expression) -> Counter[str]:
        """List -> how many of its values one sentence can have, at most."""
        if isinstance(expression, Text):
            return Counter()
        if isinstance(expression, RuleReference):
            return self.places(self._scope.rules[expression.rule].expression)
        if isinstance(expression, ListReference):
            return Counter((self._values.learn(expression, self._scope).entity,))
        most: Counter[str] = Counter()
        for item in expression.items:
            held = self.places(item)
            most = most | held if isinstance(expression, Alternative) else most + held
        return most


def certificate_facts(certificate: Certificate) -> Mapping[str, int]:
    """A certificate for cards and reports."""
    return {name: getattr(certificate, name) for name in certificate.__slots__}
