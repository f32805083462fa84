"""ambiguous_slots: texts with two readings."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.grammar.lint import lint
from corpusforge.grammar.lint.ambiguous_slots import check
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.readings import Readings
from tests.grammar.lint.packs import assume_small, found, intents, place
from tests.grammar.packs import LISTS, SENTENCES, everything, pack_of, yaml_of

RULE = "ambiguous_slots"
HEAD = """\
language: en
lists:
  a: {values: [x, x y]}
  b: {values: [y, "y z"]}
  shade: {values: [Red, {in: blue, out: "1"}]}
  tone: {values: [red, {in: blue, out: "2"}, green]}
  open: {wildcard: true}
"""


def readings(*sentences, more=""):
    return found(intents(Go=sentences) + more, RULE, HEAD)


@pytest.mark.parametrize(
    ("sentences", "text", "shown"),
    [
        (["{a} [y] {b}"], "x y y", {"[x](a) y [y](b)", "[x y](a) [y](b)"}),
        (["{a} {b}", "{a} q"], None, None),
        (["{a}[ z]", "{b}"], None, None),
        (["{a} [y] end"], "x y end", {"[x](a) y end", "[x y](a) end"}),
        (["in {shade}", "in {tone}"], "in red", {"in [red](shade)", "in [red](tone)"}),
        (["in {tone}", "in Green"], "in green", {"in [green](tone)", "in green"}),
        (["in {shade:c}", "in {tone:c}"], "in blue", {"in [blue](c=1)", "in [blue](c=2)"}),
        (
            ["{open:from} off", "{open} off"],
            "{open} off",
            {"[{open}](from) off", "[{open}](open) off"},
        ),
        (["in {tone}", "in purple"], None, None),
        (["play {open}", "play {tone}"], None, None),
        (["set {1..20:n}[ ][{0..9:m}]"], "set 10", {"set [1](n)[0](m)", "set [10](n)"}),
        (["set {1..20:n} [{0..9:m}]"], None, None),
    ],
)
def test_one_text_with_two_readings(sentences, text, shown):
    findings = readings(*sentences)
    if text is None:
        assert findings == []
        return
    finding = findings[0]
    assert finding.severity == "error" and place(finding)[1] == 14
    assert f"says {text!r} with two readings" in finding.message
    assert set(finding.witnesses[:2]) == shown


@pytest.mark.parametrize(
    ("sentences", "told", "hint"),
    [
        (
            ["in {shade}", "in {tone}"],
            "two slots for the same words: {shade} or {tone}",
            "one name",
        ),
        (["in {tone}", "in green"], "words that are a slot or none: {tone}", "in all sentences"),
        (["in {shade:c}", "in {tone:c}"], "two values: {c}", "one value"),
        (
            ["{tone} {shade:c}", "{tone:c} {shade:tone}"],
            "two slots for the same words: {c} {tone} or {tone} {c}",
            "one name",
        ),
        (["{a} [y] {b}"], "two places for the slots: {a}", "other words around"),
        (["set {1..20:n}[ ][{0..9:m}]"], "words that are a slot or none: {m}", "in all sentences"),
    ],
)
def test_the_hint_fits_how_the_readings_differ(sentences, told, hint):
    finding = readings(*sentences)[-1]
    assert told in finding.message and hint in finding.hint


def test_one_cause_is_one_finding_with_its_texts():
    (finding,) = readings("in {tone}", "in Green", "to {tone}", "to green [x]", "to red")
    assert "at least 2 more texts" in finding.message and len(finding.witnesses) == 6
    assert len(set(finding.witnesses)) == 6
    assert len({finding.position, *finding.also}) == 1 + len(finding.also)
    other = readings("in {tone}", "in Green", "to {a} [y] {b}")
    assert len(other) == 2


def test_both_templates_are_told():
    (finding,) = readings("other", "in {shade}", "in {tone}")
    assert {place(finding)[0], finding.also[0].line} == {13, 14}


def test_context_makes_it_a_note():
    body = """\
intents:
  Go:
    data:
      - sentences: ['in {shade}']
        requires_context: {domain: light}
      - sentences: ['in {tone}']
        requires_context: {domain: cover}
"""
    (finding,) = found(body, RULE, HEAD)
    assert finding.severity == "note" and "context tells them apart" in finding.message


def test_long_lists_count_as_one_word(monkeypatch):
    assert readings("in {tone}", "in green")
    monkeypatch.setattr("corpusforge.grammar.lint.readings.MAX_SPELLED", 2)
    assert not readings("in {tone}", "in green")


def test_a_search_that_is_too_long_is_told(monkeypatch):
    monkeypatch.setattr("corpusforge.grammar.lint.grammar.MAX_PAIRS", 1)
    (finding,) = readings("in {tone} or blue or red", "in green or blue or green")
    assert finding.severity == "note" and "was not found out" in finding.message


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_a_finding_means_that_some_text_has_two_readings(written):
    pack = pack_of(yaml_of(*written))
    assume_small(pack)
    read = {}
    for _, text, slots in everything(pack):
        reading = tuple((slot.name, slot.start, slot.end, slot.value.lower()) for slot in slots)
        read.setdefault(text.lower(), set()).add(reading)
    ambiguous = {text for text, different in read.items() if len(different) > 1}
    findings = list(check(Grammar(pack)))
    assert bool(findings) == bool(ambiguous)
    for finding in findings:
        assert any(repr(text) in finding.message for text in ambiguous)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(SENTENCES, SENTENCES)
def test_two_intents_share_what_both_say(first, second):
    body = (
        yaml_of(first, intent="one", more="")
        + yaml_of(second, intent="two", more=LISTS).split("intents:\n", 1)[1]
    )
    pack = pack_of(body)
    assume_small(pack)
    said = {}
    for template, text, _ in everything(pack):
        said.setdefault(template.intent, set()).add(text.lower())
    shared = said.get("one", set()) & said.get("two", set())
    findings = [finding for finding in lint(pack) if finding.rule == "shared_sentence"]
    assert bool(findings) == bool(shared)


def test_dead_ends_are_searched_once():
    grammar = Grammar(pack_of(HEAD + intents(Go=["in {tone} x", "in {shade} y"])))
    search = Readings(grammar.builder.states, grammar.builder.fillers, 100)
    assert not list(check(grammar))
    _, root = grammar.labelled_intents["Go"].parts()
    births = list(search.births(root))
    assert births and all(search.search(birth.pair) is None for birth in births)
    search.limit = 0
    assert all(search.search(birth.pair) is None for birth in births)
