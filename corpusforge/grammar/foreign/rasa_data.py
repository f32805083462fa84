"""What Rasa's training data says, whatever the syntax of its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from corpusforge.core.errors import Position
from corpusforge.grammar.foreign import annotated, rasa_text
from corpusforge.grammar.foreign.annotated import Mark, Utterances
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.nodes import Entry, Words
from corpusforge.grammar.foreign.rasa_text import Example, plain_and_marks

__all__ = ["LOSSES", "SECTIONS", "TrainingData"]

SECTIONS = Kind("files and sections that are no training data of the NLU", "left out")
_REGEXES = Kind("regular expressions", "left out")
_SYNONYMS = Kind("synonyms of which no form is marked or in a lookup table", "left out")
_METADATA = Kind("metadata", "left out")
_LINES = Kind("lines of examples without '- ', entries without examples", "left out")
LOSSES = (
    SECTIONS,
    _REGEXES,
    _SYNONYMS,
    _METADATA,
    _LINES,
    *rasa_text.LOSSES,
    *annotated.LOSSES,
)
"""What is lost of Rasa's data."""


@dataclass
class TrainingData:
    """Collects intents, synonyms, lookup tables and regular expressions of all files."""

    pack: ForeignPack
    _synonyms: dict[str, list[Example]] = field(default_factory=dict)
    _inline: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._utterances = Utterances(self.pack)

    def entry(self, kind: str, name: str, examples: Sequence[Example], position: Position) -> None:
        """Add an entry.

        Args:
            kind: intent, synonym, lookup or regex.
            name: Its name, not empty.
            examples: Its examples.
            position: Where it stands.
        """
        if not examples and kind != "synonym":
            self.pack.lose(_LINES, position, f"the {kind} {name!r} without examples")
        if kind == "intent":
            for example in examples:
                text, marks = plain_and_marks(example, self.pack)
                self.utterance(name, text, marks, example.at(0))
        elif kind == "synonym":
            self._synonyms.setdefault(name, []).extend(examples)
        elif kind == "lookup":
            for example in examples:
                self._utterances.value(name, example.text, None, example.at(0))
        elif examples:
            self.pack.lose(_REGEXES, position, f"the regular expressions of {name!r}")

    def utterance(self, intent: str, text: str, marks: Sequence[Mark], position: Position) -> None:
        """Add an utterance of an intent."""
        if "+" in intent:
            self.pack.fact("An intent with '+' (several in one sentence) is one intent here.")
        if "/" in intent:
            self.pack.fact("A retrieval intent ('faq/ask_x') keeps its whole name.")
        for mark in marks:
            if mark.value is not None:
                self._inline.setdefault(_folded(text[mark.start : mark.end]), mark.value)
        self._utterances.add(intent, text, marks, position)

    def no_examples(self, position: Position, what: str) -> None:
        """Note a line or entry that Rasa passes over."""
        self.pack.lose(_LINES, position, what)

    def metadata(self, position: Position, what: str) -> None:
        """Note metadata."""
        self.pack.lose(_METADATA, position, what)

    def finish(self) -> None:
        """Apply the synonyms; utterances are complete then."""
        canonical = dict(self._inline)
        for name, examples in self._synonyms.items():
            canonical |= {_folded(example.text): name for example in examples}
        used: set[str] = set()
        for entity, entries in self.pack.lists.items():
            assert isinstance(entries, list), "entities of utterances are never ranges"
            there = {_folded(_words(entry)) for entry in entries}
            there |= {_folded(entry.value) for entry in entries if entry.value is not None}
            for name, examples in self._synonyms.items():
                if there & {_folded(name), *(_folded(example.text) for example in examples)}:
                    used.add(name)
                    for example in examples:
                        if _folded(example.text) not in there:
                            self._utterances.value(entity, example.text, name, example.at(0))
            made = dict.fromkeys(_with_synonym(entry, canonical) for entry in entries)
            self.pack.lists[entity] = list(made)
        for name, examples in self._synonyms.items():
            if name not in used and examples:
                self.pack.lose(_SYNONYMS, examples[0].at(0), f"the synonym {name!r}")
        if used:
            self.pack.fact(
                "Synonyms became values of the lists in which one of them stands, with the "
                "synonym's name as canonical value."
            )
        self._utterances.finish()


def _words(entry: Entry) -> str:
    assert isinstance(entry.words, Words), "marked words are literal"
    return entry.words.text


def _folded(text: str) -> str:
    """Rasa compares synonyms without case."""
    return " ".join(text.split()).casefold()


def _with_synonym(entry: Entry, canonical: dict[str, str]) -> Entry:
    name = canonical.get(_folded(_words(entry)))
    if entry.value is not None or name is None or name == _words(entry):
        return entry
    return Entry(entry.words, name, entry.weight)
