"""Rules that compare what templates say look at constraints between slots."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.grammar.lint import adds_nothing, ambiguous_slots, lint, shared_sentence
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.slot_labels import slot_label
from tests.grammar.lint.packs import assume_small
from tests.grammar.packs import everything, pack_of
from tests.grammar.test_template_keys import KEYS, block

QUIET = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])

LISTS = """\
lists:
  city: {values: [Rome, Oslo, {in: Lutetia, out: Paris}, Paris, New Oslo]}
  town: {values: [Paris, Bergen, Rome, {in: Oslo, out: oslo}]}
  level: {range: {from: 1, to: 3}}
  article: {values: [{in: der, agreement: m}, {in: die, agreement: f}]}
  male: {values: [{in: my, agreement: m}]}
  female: {values: [{in: my, agreement: f}]}
  thing: {values: [{in: Herd, agreement: m}, {in: Lampe, agreement: f}]}
"""
SENTENCES = st.lists(
    st.sampled_from(
        [
            "from {city:a} to {city:b}",
            "from {city:b} to {city:a}",
            "from {city:a} to {town:b}",
            "from {city:a} to [new] {town:b}",
            "from Rome to {town:b} [via {town:c}]",
            "[via {town:c}] from {city:a} [to {town:b}]",
            "({city:a};and {town:b};[{level:c}])",
            "{city:a} {city:b}[ {level:c}]",
            "{city:a} {town:c}",
            "{city:a} new {town:c}",
        ]
    ),
    min_size=1,
    max_size=2,
    unique=True,
)
BLOCKS = st.lists(st.tuples(SENTENCES, KEYS), min_size=1, max_size=2)


def pack_with(**intents):
    """Of each intent its blocks: sentences and keys."""
    text = "language: en\nintents:\n"
    for intent, blocks in intents.items():
        text += f"  {intent}:\n    data:\n"
        for sentences, keys in blocks:
            quoted = ", ".join(f'"{sentence}"' for sentence in sentences)
            text += f"      - sentences: [{quoted}]\n"
            text += "".join(f"        {key}\n" for key in keys)
    return pack_of(text + LISTS)


def pack_with_keys(**intents):
    return pack_with(**{name: [block(*one) for one in blocks] for name, blocks in intents.items()})


def said(pack):
    """(template, text in lower case, slots) of all that obeys."""
    for template, text, slots in everything(pack):
        values = [(slot_label(s.name, s.role, s.group), s.value) for s in slots]
        if all(constraint.holds(values) for constraint in template.constraints):
            read = tuple((s.name, s.start, s.end, s.value.lower(), s.entity) for s in slots)
            yield template, text.lower(), read


def found(pack, rule):
    return [finding for finding in lint(pack) if finding.rule == rule]


APART = ["constraints: [{different: [a, b]}]"], ["constraints: [{equal: [a, b]}]"]


def test_intents_that_constraints_keep_apart_share_nothing():
    sentence = ["from {city:a} to {city:b}"]
    pack = pack_with(Go=[(sentence, APART[0])], Stay=[(sentence, APART[1])])
    assert not found(pack, "shared_sentence")
    both = [*APART[0], "weight: 2"]
    pack = pack_with(Go=[(sentence, APART[0])], Stay=[(sentence, both)])
    (finding,) = found(pack, "shared_sentence")
    assert "share 1 sentence (lists" in finding.message
    first, second = finding.witnesses[0].removeprefix("from ").split(" to ")
    assert first != second


def test_intents_whose_constraints_leave_nothing_share_nothing():
    block = (["from {city:a} to {city:b}"], ["constraints: [{different: [a, b]}, {equal: [a, b]}]"])
    assert not found(pack_with(Go=[block], Stay=[block]), "shared_sentence")


def test_intents_that_agreement_keeps_apart_share_nothing():
    def blocks(one):
        return [([f"{{{one}:@}} {{thing}}"], [f"constraints: [{{agree: [thing, {one}]}}]"])]

    pack = pack_with(Go=blocks("male"), Stay=blocks("female"))
    assert {text for _, text, _ in said(pack)} == {"my herd", "my lampe"}
    assert not found(pack, "shared_sentence")


def test_a_template_that_other_constraints_need_is_kept():
    sentence = ["from {city:a} to {city:b}"]
    pack = pack_with(Go=[(sentence, APART[0]), (sentence, APART[1])])
    assert not [f for f in lint(pack) if f.rule in ("adds_nothing", "near_identical")]
    pack = pack_with(Go=[(sentence, APART[0]), (sentence, [])])
    (finding,) = found(pack, "adds_nothing")
    assert finding.position.line == 5 and finding.also[0].line == 7


@pytest.mark.parametrize(("keys", "other", "number"), [(*APART, 0), (APART[0], APART[0], 1)])
def test_two_readings_that_constraints_keep_apart(keys, other, number):
    pack = pack_with(
        Go=[
            (["from {city:a} to {city:b}"], keys),
            (["from {town:b} to {town:a}"], other),
        ]
    )
    assert len(found(pack, "ambiguous_slots")) == number


def test_drowning_counts_what_obeys():
    head = "language: en\nintents:\n  Go:\n    data:\n      - sentences: ['{0..99:a} {0..99:b}']\n"
    rest = "      - sentences: [now]\n"
    assert found(pack_of(head + rest), "drowning")
    assert not found(pack_of(head + f"        {APART[1][0]}\n" + rest), "drowning")


@QUIET
@given(BLOCKS)
def test_a_finding_means_that_some_text_that_obeys_has_two_readings(blocks):
    pack = pack_with_keys(Go=blocks)
    assume_small(pack)
    read = {}
    for _, text, slots in said(pack):
        read.setdefault(text, set()).add(tuple(slot[:4] for slot in slots))
    ambiguous = {text for text, different in read.items() if len(different) > 1}
    findings = list(ambiguous_slots.check(Grammar(pack)))
    assert bool(findings) == bool(ambiguous)
    for finding in findings:
        assert any(repr(text) in finding.message for text in ambiguous)


@QUIET
@given(BLOCKS, BLOCKS)
def test_two_intents_share_what_both_may_say(first, second):
    pack = pack_with_keys(One=first, Two=second)
    assume_small(pack)
    texts = {"One": set(), "Two": set()}
    for template, text, _ in said(pack):
        texts[template.intent].add(text)
    shared = texts["One"] & texts["Two"]
    findings = list(shared_sentence.check(Grammar(pack)))
    assert bool(findings) == bool(shared)
    for finding in findings:
        if "lists counted as one word" in finding.message:
            assert {witness.lower() for witness in finding.witnesses} <= shared
        else:
            assert any(repr(text) in finding.message for text in shared)


@QUIET
@given(BLOCKS)
def test_templates_whose_sentences_others_may_say_can_go(blocks):
    pack = pack_with_keys(Go=[*blocks, (["from {city:a} to {city:b}"], [])])
    assume_small(pack)
    own = {number: set() for number in range(len(pack.templates))}
    number = {template.id: index for index, template in enumerate(pack.templates)}
    for template, text, slots in said(pack):
        own[number[template.id]].add((text, slots))
    places = {t.source.position().line: [] for t in pack.templates}
    for template in pack.templates:
        at = template.source.position()
        places[at.line].append((at.column, number[template.id]))
    told = {
        index
        for finding in adds_nothing.check(Grammar(pack))
        for column, index in places[finding.position.line]
        if column == finding.position.column
    }
    expected = set()
    for index in sorted(own, reverse=True):
        others = [own[other] for other in own if other != index and other not in expected]
        if own[index] and own[index] <= set().union(*others):
            expected.add(index)
    assert told == expected
