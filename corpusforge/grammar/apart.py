"""Keep carrier phrases on one side of the splits, however they are written.

Templates overlap: "(turn|switch) on the {x}" says all that "Turn on the {x}!" says. So a held-out
sentence counts only when no train template of its intent can say its carrier phrase, folded
(`core.text.fold_delexicalised`) and with the values of slots as words or as slots. Carrier
phrases of real rows can be taken in the same way.

The phrases that are taken are an automaton over folded characters; a sentence is folded while it
is followed there, character by character. What melts with a mark is folded together with it.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence

from corpusforge.core.text import SLOT_PATTERN
from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import AutomatonBuilder, Filler, is_mark
from corpusforge.grammar.compile import folded_piece
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.pack import Template
from corpusforge.grammar.slot_labels import split_label

__all__ = ["HELD_OUT", "TRAIN", "Reserved", "Sides", "TakenPhrases"]

TRAIN, HELD_OUT = "train", "held out"

Reserved = Mapping[tuple[str, str], Collection[str]]
"""(side, intent) -> folded carrier phrases that templates of this side must not say."""

Tables = dict[str, tuple[ListTable, ...]]
"""List -> its values, as builders know them."""

_DEAD = 0
# What was said so far: nothing, a word or slot, or one with separators behind it.
_START, _WORD, _GAP = 0, 1, 2

_Key = tuple[int, int, int, str]
"""State of the sentence, state of the phrases, what was said, text not folded yet."""


class Sides:
    """Which carrier phrases each side of the splits must not say.

    Args:
        templates: Of both sides.
        splits: Template id -> split; "train" where there is none.
        reserved: Further phrases, see `Reserved`.
        tables: Of a builder of the same pack, which are shared.
    """

    def __init__(
        self,
        templates: Sequence[Template],
        splits: Mapping[str, str],
        reserved: Reserved,
        tables: Tables,
    ) -> None:
        held_out = [t for t in templates if splits.get(t.id, TRAIN) != TRAIN]
        intents = {template.intent for template in held_out}
        parts = _Parts(held_out, tables)
        self._taken = {TRAIN: TakenPhrases(tables), HELD_OUT: TakenPhrases(tables, parts)}
        # Train gives way to no template: a wide one in test would otherwise empty it.
        self._taken[HELD_OUT].add_templates(
            t for t in templates if t.intent in intents and splits.get(t.id, TRAIN) == TRAIN
        )
        for (side, intent), phrases in reserved.items():
            self._taken[side].add_phrases(intent, phrases)

    def __getitem__(self, split: str) -> TakenPhrases:
        """What templates of a split must not say."""
        return self._taken[TRAIN if split == TRAIN else HELD_OUT]


class _Parts:
    """Up to three characters that stand together in the words of templates, folded.

    Spelling out the values of all slots takes long; nearly none of them stand in the words of
    other templates, and most that do not are told by this.
    """

    def __init__(self, templates: Iterable[Template], tables: Tables) -> None:
        builder = AutomatonBuilder("values", fold=folded_piece, tables=tables)
        states, root = builder.templates(templates).parts()
        ends: dict[int, set[str]] = {}
        self._known: set[str] = set()
        for state in reversed(states.reachable(root)):  # the first one first
            before = ends.pop(state, set()) | {""}
            for symbol, target in states.arcs[state]:
                said = ends.setdefault(target, set())
                if len(symbol) == 1:
                    parts = {(part + symbol)[-3:] for part in before}
                    self._known |= parts
                    said |= {part[-2:] for part in parts}

    def __contains__(self, text: object) -> bool:
        folded = folded_piece(str(text)).strip()
        if len(folded) <= 3:
            return folded in self._known
        return all(folded[at : at + 3] in self._known for at in range(len(folded) - 2))


class TakenPhrases:
    """Folded carrier phrases by intent, as automata.

    Args:
        tables: Shared with other builders.
        parts: Values whose words are not among them never stand for their slot.
    """

    def __init__(self, tables: Tables, parts: Container[str] = frozenset()) -> None:
        self._builder = AutomatonBuilder(
            "values", fold=folded_piece, values_too=parts.__contains__, tables=tables
        )
        self._roots: dict[str, int] = {}
        self._moves: dict[int, dict[str, int]] = {}

    def add_templates(self, templates: Iterable[Template]) -> None:
        """Take all carrier phrases of some templates."""
        states = self._builder.states
        members: dict[str, list[Template]] = {}
        for template in templates:
            members.setdefault(template.intent, []).append(template)
        for intent, those in members.items():
            _, root = self._builder.templates(those).parts()
            # Slots of one name are one slot here, whatever list fills them.
            self._add(intent, states.project(root, self._slot))

    def add_phrases(self, intent: str, phrases: Iterable[str]) -> None:
        """Take folded carrier phrases, slots in braces."""
        states = self._builder.states
        made = []
        for phrase in phrases:
            state = states.add(True, ())
            for symbol in reversed(_symbols(phrase)):
                state = states.add(False, [(symbol, state)])
            made.append(state)
        self._add(intent, states.unite(made))

    def _add(self, intent: str, root: int) -> None:
        known = self._roots.get(intent, _DEAD)
        self._roots[intent] = self._builder.states.unite((known, root))

    def _slot(self, symbol: str) -> str:
        name = split_label(self._builder.fillers[symbol].slot).name
        return f"{{{name}}}" if name else symbol

    def without(self, intent: str, states: States, root: int, fillers: Mapping[str, Filler]) -> int:
        """The sentences that fold to no phrase that is taken.

        Args:
            intent: Whose phrases count.
            states: Of a builder with labels "values".
            root: The sentences.
            fillers: Symbols of that builder.
        """
        first = self._roots.get(intent, _DEAD)
        taken = self._builder.states
        known: dict[_Key, int] = {}

        def expand(key: _Key) -> tuple[bool, list[tuple[str, _Key]]]:
            state, phrase, said, tail = key
            steps: list[tuple[str, _Key]] = []
            for symbol, target in states.arcs[state]:
                here, now, rest = phrase, said, tail
                if not (rest and is_mark(symbol)):
                    here, now = self._fold(here, now, rest)
                    rest = ""
                if len(symbol) == 1:
                    rest += symbol
                    if not any(is_mark(after) for after, _ in states.arcs[target]):
                        here, now = self._fold(here, now, rest)
                        rest = ""
                else:
                    slot = split_label(fillers[symbol].slot).name
                    here = self._move(here, " ") if now == _GAP else here
                    here, now = self._move(here, f"{{{slot}}}" if slot else symbol), _WORD
                after = (target, here, now, rest)
                if here == _DEAD:
                    after = (target, _DEAD, _START, "")
                    known[after] = target  # nothing of it is taken
                steps.append((symbol, after))
            last, _ = self._fold(phrase, said, tail)
            return states.final[state] and not taken.final[last], steps

        return root if first == _DEAD else states.build((root, first, _START, ""), expand, known)

    def _fold(self, phrase: int, said: int, text: str) -> tuple[int, int]:
        """Follow a text, folded, in the phrases."""
        for char in folded_piece(text) if text else "":
            if char == " ":
                said = _GAP if said else _START
            else:
                phrase = self._move(phrase, " ") if said == _GAP else phrase
                phrase, said = self._move(phrase, char), _WORD
        return phrase, said

    def _move(self, phrase: int, symbol: str) -> int:
        moves = self._moves.get(phrase)
        if moves is None:
            moves = self._moves[phrase] = dict(self._builder.states.arcs[phrase])
        return moves.get(symbol, _DEAD)


def _symbols(phrase: str) -> list[str]:
    """Characters, and slots whole."""
    found: list[str] = []
    position = 0
    for match in SLOT_PATTERN.finditer(phrase):
        found += [*phrase[position : match.start()], match.group()]
        position = match.end()
    return [*found, *phrase[position:]]
