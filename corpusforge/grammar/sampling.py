"""Sample distinct labelled sentences from templates: seeded, balanced, without replacement.

Every template has its own stream: a keyed permutation walks over all its derivations, so no
draw repeats, nothing has to be remembered, and the stream depends on nothing but the seed and
the template's id. Rows are dealt to templates one by one, each to the template that is furthest
below its share (lowest (rows + offset) / weight, with an offset in (0, 1) of its own, as in
systematic sampling); a template that has given all it has drops out, and its share goes to the
others. So n rows are always the first n of any larger number of rows.

A sentence counts as new when no row of its intent folds to the same text. This makes ambiguous
derivations harmless, and it is the folding that the clean stage uses.

Templates overlap: "(turn|switch) on the {light}" says all that "turn on the {light}" says. So a
held-out row is taken only when no train template of its intent could have said its carrier
phrase, which is asked of the compiled train templates, not of the rows that were drawn. Train
gives way to no template: a wide template in test would otherwise empty the train split. To real
rows both give way: no row is taken whose carrier phrase a real row has on the other side.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpusforge.core.language import Language
from corpusforge.core.spans import Slot
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from corpusforge.grammar.compile import Planner, language_of
from corpusforge.grammar.dealing import spread_offsets
from corpusforge.grammar.derivations import Chain, Choice, Literal, Node, Piece, carrier, render
from corpusforge.grammar.pack import Pack, Template
from corpusforge.grammar.permutation import KeyedPermutation

if TYPE_CHECKING:
    pass

__all__ = ["Row", "Sample", "sample_pack"]

# So many draws in a row that give nothing new make a stream change its way (see _derivations).
PATIENCE = 1_000
# Templates with at most this many different sentences are listed when their stream runs dry.
MAX_LISTED = 20_000
# Templates with at most this many carrier phrases are freed of those of the other side.
MAX_FRAMES = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """One sampled sentence."""

    template: Template
    text: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Sample:
    """What was sampled.

    Attributes:
        rows: In the order in which they were dealt.
        derivations: Template id -> its exact number of derivations.
        counts: Template id -> rows drawn from it.
        notes: Warnings for the user.
    """

    rows: tuple[Row, ...]
    derivations: Mapping[str, int]
    counts: Mapping[str, int]
    notes: tuple[str, ...]


def sample_pack(
    pack: Pack,
    n: int,
    seed: int,
    *,
    splits: Mapping[str, str] | None = None,
    reserved: Mapping[tuple[str, str], Collection[str]] | None = None,
) -> Sample:
    """Draw n distinct rows from the templates of a pack, balanced by weight.

    Args:
        pack: The templates.
        n: Rows wanted.
        seed: Same seed, same rows.
        splits: Template id -> split, to keep carrier phrases of train out of the others.
        reserved: ("train" or "held out", intent) -> folded carrier phrases that templates of
            this side leave out (see `real_splits.reserved_frames`).
    """
    planner = Planner()
    streams = [_Stream(t, planner.template(t), seed) for t in pack.templates]
    _keep_sides_apart(streams, splits or {}, reserved or {})
    claimed: dict[str, set[str]] = {}
    offsets = spread_offsets(pack.templates, seed)
    queue = [
        (offset / stream.template.weight, turn, index)
        for index, (stream, (offset, turn)) in enumerate(zip(streams, offsets, strict=True))
    ]
    heapq.heapify(queue)
    rows: list[Row] = []
    while queue and len(rows) < n:
        _, turn, index = heapq.heappop(queue)
        stream = streams[index]
        row = stream.next(claimed.setdefault(stream.template.intent, set()))
        if row is not None:
            rows.append(row)
            level = (stream.count + offsets[index][0]) / stream.template.weight
            heapq.heappush(queue, (level, turn, index))
    return Sample(
        rows=tuple(rows),
        derivations={s.template.id: s.node.derivations for s in streams},
        counts={s.template.id: s.count for s in streams},
        notes=tuple(_notes(streams, n, len(rows))),
    )


def _keep_sides_apart(
    streams: Sequence[_Stream],
    splits: Mapping[str, str],
    reserved: Mapping[tuple[str, str], Collection[str]],
) -> None:
    held_out = {s.template.id for s in streams if splits.get(s.template.id, "train") != "train"}
    train = language_of(s.template for s in streams if held_out and s.template.id not in held_out)
    slots: dict[tuple[str, str], Node] = {}
    for stream in streams:
        template = stream.template
        side = "held out" if template.id in held_out else "train"
        others = reserved.get((side, template.intent), ())
        if side == "held out" or others:
            # A planner per template: the same slot name may mean another list elsewhere.
            frames = Planner(slots).template(template)
            asked = train if side == "held out" else None
            stream.keep_from(_taken(asked, template.intent, others), frames, slots)


def _taken(
    language: Language | None, intent: str, others: Collection[str]
) -> Callable[[str], bool]:
    """Say of a delexicalised text whether it belongs to the other side."""

    def taken(carrier_phrase: str) -> bool:
        folded = fold_delexicalised(carrier_phrase)
        return folded in others or (language is not None and language.contains(folded, intent))

    return taken


@dataclass
class _Stream:
    """The rows of one template, one after the other."""

    template: Template
    node: Node
    seed: int
    count: int = 0
    exhausted: bool = False
    unfinished: bool = False
    _taken: Callable[[str], bool] | None = None
    _drawn_from: Node | None = None
    _pieces: Iterator[Sequence[Piece]] | None = None
    _misses: int = 0

    def keep_from(
        self, taken: Callable[[str], bool], frames: Node, slots: Mapping[tuple[str, str], Node]
    ) -> None:
        """Draw no carrier phrase that belongs to the other side.

        Args:
            taken: Says so of a delexicalised text.
            frames: This template with empty slots.
            slots: What fills the empty slots.
        """
        self._taken = taken
        listed = frames.distinct(MAX_FRAMES)
        if listed is None:
            return  # too many to list: rows are then judged one by one
        free = [frame for frame in listed if not taken(carrier(frame))]
        if len(free) == len(listed):
            return
        if not free:
            self.exhausted = True
            return

        def part(piece: Piece) -> Node:
            return Literal(piece) if isinstance(piece, str) else slots[piece.name, piece.entity]

        self._drawn_from = Choice([Chain([part(piece) for piece in frame]) for frame in free])

    def next(self, claimed: set[str]) -> Row | None:
        """The next sentence whose folded text is not claimed; claims it. None = no more."""
        if self.exhausted:
            return None
        if self._pieces is None:
            self._pieces = self._derivations()
        for pieces in self._pieces:
            made = render(pieces)
            key = fold(made[0]) if made is not None else ""
            if made is not None and key and key not in claimed and self._allowed(*made):
                claimed.add(key)
                self._misses = 0
                self.count += 1
                return Row(self.template, *made)
            self._misses += 1
        self.exhausted = True
        return None

    def _allowed(self, text: str, slots: Sequence[Slot]) -> bool:
        """Say whether this carrier phrase is free."""
        return self._taken is None or not self._taken(delexicalise(text, slots))

    def _derivations(self) -> Iterator[Sequence[Piece]]:
        """Derivations in keyed order, until all were seen or nothing new can come.

        Weighted ranks first: where values have weights, one derivation stands at many ranks. When
        they give nothing new for long, the different sentences are listed and walked through in
        keyed order, which ends with certainty; when there are too many to list, the stream ends
        there, and a note says so.
        """
        node = self._drawn_from or self.node
        ranks = KeyedPermutation(node.weight, self.seed, "grammar", self.template.id)
        for index in range(node.weight):
            pieces: list[Piece] = []
            node.emit(ranks(index), pieces)
            yield pieces
            if self._misses >= PATIENCE:
                break
        else:
            return
        listed = node.distinct(MAX_LISTED)
        if listed is None:
            self.unfinished = True
            return
        every = list(listed)
        order = KeyedPermutation(len(every), self.seed, "grammar.listed", self.template.id)
        for index in range(len(every)):
            yield every[order(index)]


def _notes(streams: Sequence[_Stream], wanted: int, got: int) -> Iterator[str]:
    unfinished = [stream.template for stream in streams if stream.unfinished]
    if unfinished:
        first = unfinished[0]
        yield (
            f"{len(unfinished)} template(s) were given up after {PATIENCE} draws with nothing new; "
            f"first {first.file}:{first.line}: {first.sentence}"
        )
    if got < wanted:
        few = "" if unfinished else ", which is all of them"
        yield f"{wanted} rows were asked for; the templates hold {got} different sentences{few}"
    silent = [s.template for s in streams if s.exhausted and not s.count]
    if silent:
        first = silent[0]
        yield (
            f"{len(silent)} template(s) gave no rows, others of their intent, or real rows of "
            f"another split, say the same; first {first.file}:{first.line}: {first.sentence}"
        )
