"""Golden sentences of the shipped packs, against hassil and against our own grammar.

A marked sentence reads "wake me at [half past six](time=06:30)": the span, its slot, and the
canonical value where it differs from the surface.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpusforge.core.language import Language
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from corpusforge.grammar.compile import compile_language
from corpusforge.grammar.functions import sample
from corpusforge.grammar.loader import load_pack
from tests.templates.shipped import PACKS, SHIPPED

GOLDEN = Path(__file__).parents[1] / "golden" / "templates"
# Small enough to be written out, with everything in lists.
SMALL = [("smart_home", "en"), ("smart_home", "de")]

_MARKED = re.compile(r"\[([^\]]+)\]\((\w+)(?:=([^)]+))?\)")


@dataclass(frozen=True)
class GoldenSlot:
    """One marked span: name, canonical value, and the half-open range it covers."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class GoldenSentence:
    """What a sentence must be recognised as; `intent` is "" where it must not be recognised."""

    intent: str
    text: str
    slots: tuple[GoldenSlot, ...]


def read_sentence(intent: str, marked: str) -> GoldenSentence:
    """The plain text and the slots of one marked sentence."""
    text = ""
    slots: list[GoldenSlot] = []
    position = 0
    for match in _MARKED.finditer(marked):
        surface, name, value = match.groups()
        text += marked[position : match.start()]
        slots.append(GoldenSlot(name, value or surface, len(text), len(text) + len(surface)))
        text += surface
        position = match.end()
    return GoldenSentence(intent, text + marked[position:], tuple(slots))


def read_golden(pack: str, lang: str) -> list[GoldenSentence]:
    """All golden sentences of a pack, those that must not be recognised too."""
    sentences: list[GoldenSentence] = []
    for path in sorted((GOLDEN / pack / lang).glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert document["language"] == lang
        for intent, lines in document["tests"].items():
            sentences += [read_sentence(intent, line) for line in lines]
        sentences += [read_sentence("", line) for line in document.get("not_in_language", [])]
    return sentences


def plain(value: Any) -> str:
    """A slot value as text: hassil gives 21.0 for the digits "21"."""
    return f"{value:g}" if isinstance(value, float) else str(value).casefold()


@lru_cache(maxsize=len(SHIPPED))
def hassil_pack(pack: str, lang: str) -> Any:
    """The pack as hassil parses it."""
    intents = pytest.importorskip("hassil.intents", reason="hassil is in the test extra")
    return intents.Intents.from_files(sorted((PACKS / pack / lang).glob("*.yaml")))


@lru_cache(maxsize=len(SHIPPED))
def language(pack: str, lang: str) -> Language:
    """The pack as our grammar compiles it."""
    return compile_language(load_pack(PACKS / pack / lang))


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_our_grammar_holds_golden_sentences_in_one_intent(pack: str, lang: str) -> None:
    compiled = language(pack, lang)
    wrong = []
    for sentence in read_golden(pack, lang):
        expected = (sentence.intent,) if sentence.intent else ()
        folded = [fold(sentence.text)]
        if sentence.slots:
            folded.append(fold_delexicalised(delexicalise(sentence.text, sentence.slots)))
        wrong += [text for text in folded if compiled.intents_of(text) != expected]
    assert wrong == []


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_hassil_reads_our_samples_alike(pack: str, lang: str) -> None:
    """Sampled rows: hassil finds the same intent, slots and canonical values."""
    rows = 400 if (pack, lang) in SMALL else 100  # hassil looks at every sentence of every intent
    intents = hassil_pack(pack, lang)
    hassil = pytest.importorskip("hassil")
    table, notes = sample(PACKS / pack / lang, rows, seed=7)
    assert table.num_rows == rows
    # A held-out template may say nothing that train cannot say; nothing else is worth a note.
    assert all("gave no rows" in note for note in notes)
    wrong = []
    for row in table.to_pylist():
        expected = sorted((slot["name"], plain(slot["value"])) for slot in row["slots"])
        found = {
            (result.intent.name, *sorted((e.name, plain(e.value)) for e in result.entities_list))
            for result in hassil.recognize_all(row["text"], intents, language=lang)
        }
        if found != {(row["intent"], *expected)}:
            wrong.append((row["text"], sorted(found)))
    assert wrong == []


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_every_intent_has_five_golden_sentences_and_every_file_its_counterpart(
    pack: str, lang: str
) -> None:
    counts = Counter(sentence.intent for sentence in read_golden(pack, lang))
    assert counts.pop("") >= 20
    assert set(counts) == set(hassil_pack(pack, lang).intents)
    assert min(counts.values()) >= 5
    shipped = {p.name for p in (PACKS / pack / lang).glob("*.yaml")} - {"_common.yaml"}
    assert shipped == {p.name for p in (GOLDEN / pack / lang).glob("*.yaml")}


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_hassil_recognises_golden_sentences_alike(pack: str, lang: str) -> None:
    intents = hassil_pack(pack, lang)
    hassil = pytest.importorskip("hassil")
    wrong = []
    for sentence in read_golden(pack, lang):
        slots = sorted((slot.name, plain(slot.value)) for slot in sentence.slots)
        expected = {(sentence.intent, tuple(slots))} if sentence.intent else set()
        found = {
            (
                result.intent.name,
                tuple(sorted((e.name, plain(e.value)) for e in result.entities_list)),
            )
            for result in hassil.recognize_all(sentence.text, intents, language=lang)
        }
        if found != expected:
            wrong.append((sentence.text, sorted(found)))
    assert wrong == []


@pytest.mark.parametrize(("pack", "lang"), SMALL)
def test_no_sentence_in_two_intents_or_two_templates(pack: str, lang: str) -> None:
    """The whole language, written out: each folded sentence comes from one template only."""
    intents = hassil_pack(pack, lang)
    sampler = pytest.importorskip("hassil.sample")
    sources: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, intent in intents.intents.items():
        for template in (t for block in intent.data for t in block.sentences):
            for text in sampler.sample_sentence(
                template, intents.slot_lists, intents.expansion_rules
            ):
                sources[fold(text)].add((name, template.text))
    assert {text: found for text, found in sources.items() if len(found) > 1} == {}
    assert len(sources) > 25_000


@pytest.mark.parametrize(
    "pack", [pack for pack, lang in SHIPPED if lang == "en" and pack != "out_of_scope"]
)
def test_no_service_can_say_what_is_out_of_scope(pack: str) -> None:
    """All sentences of the pack out_of_scope, values filled in."""
    table, _ = sample(PACKS / "out_of_scope" / "en", 100_000)
    assert table.num_rows > 5_000
    service = language(pack, "en")
    texts = set(table.column("text").to_pylist())
    served = {text: service.intents_of(fold(text)) for text in texts}
    assert {text: on for text, on in served.items() if set(on) - {"out_of_scope"}} == {}
