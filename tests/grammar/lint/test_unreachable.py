"""unreachable_alternative, adds_nothing, and where alternatives stand."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import normal
from corpusforge.grammar.expression import Sequence, Text
from corpusforge.grammar.lint import adds_nothing, unreachable
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.places import alternatives, choice_offsets
from corpusforge.grammar.parser import parse
from tests.grammar.lint.packs import assume_small, found, intents, place
from tests.grammar.packs import SENTENCES, SPACED_ORDERS, everything, pack_of, yaml_of

RULE = "unreachable_alternative"
QUIET = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("sentence", "column", "witness"),
    [
        ("(turn|switch|turn) on", 27, ("turn",)),
        ("go ([very] fast|very fast)", 30, ("very fast",)),
        ("go (very fast|[very] fast)", 18, ("very fast",)),
        ("([a|b] c|b c|d)", 23, ("b c",)),
        ("(a b|d|(a|b) (b|c))", 15, ("a b",)),
        ("(Light|light) on", 21, ("light",)),
        ("go [[now]]", 17, ()),
        ("go [(soon|[now])]", 17, ()),
        ("({room}|x|{room})", 24, ("{room}",)),
        ("[a|b|a]", 19, ("a",)),
        ("(turn|switch) on", None, None),
        ("[a] b", None, None),
        ("(a b|ab)", None, None),
        ("x( a|a)", None, None),
        ("({room}|{room:x})", None, None),
        ("({room}|kitchen)", None, None),
        ("(a::2|b)", None, None),
    ],
)
def test_unreachable_alternatives(sentence, column, witness):
    findings = found(intents(Go=[sentence, "other"]), RULE)
    if column is None:
        assert findings == []
    else:
        (finding,) = findings
        assert (place(finding), finding.witnesses) == ((9, column), witness)


def test_rules_and_values_are_looked_at_once():
    body = (
        intents(Go=["<frame> x", "<frame> y"])
        + "expansion_rules:\n  frame: 'go (to|at|to) [the]'\n"
    )
    (finding,) = found(body, RULE)
    assert place(finding) == (12, 21)
    head = "language: en\nlists:\n  room: {values: ['(big|big) hall', den]}\n"
    (finding,) = found(intents(Go=["{room}"]), RULE, head)
    assert place(finding) == (3, 25)


def test_what_a_rule_says_may_depend_on_the_block():
    body = """\
intents:
  Go:
    data:
      - sentences: ['<frame>']
        expansion_rules: {inner: 'a'}
      - sentences: ['<frame> now']
        expansion_rules: {inner: 'b'}
expansion_rules:
  frame: '(a|<inner>)'
"""
    assert not found(body, RULE)
    assert len(found(body.replace("'b'", "'a'"), RULE)) == 1


def test_optional_rules_that_can_be_empty_are_one_finding():
    body = intents(Go=["go [<please>] a", "go [<please>] b", "[<now>] c"]) + (
        "expansion_rules:\n  please: '[please]'\n  now: 'now'\n"
    )
    (finding,) = found(body, RULE)
    assert (place(finding), finding.also[0].line) == ((9, 17), 10)
    assert "[<please>]" in finding.message and "1 other place" in finding.message


@given(st.one_of(SENTENCES, SPACED_ORDERS))
def test_offsets_lead_to_the_items(sentence):
    choices = list(alternatives(parse(sentence)))
    offsets = choice_offsets(sentence)
    assert len(offsets) == len(choices)
    for choice, starts in zip(choices, offsets, strict=True):
        assert len(choice.items) == len(starts)
        for item, start in zip(choice.items, starts, strict=True):
            if item == Text("") and choice.items[-1] is item:
                assert sentence[start] == "["
                continue
            first = item
            while isinstance(first, Sequence):
                first = first.items[0]
            if isinstance(first, Text) and first.text.strip():
                assert sentence[start:].lstrip().startswith(first.text.strip())


def test_offsets_with_all_kinds_of_brackets():
    text = r"a \(b|c\) <the> ({x:y}|[d;e]|f::2) g"
    assert choice_offsets(text) == [(0, 6), (17, 23, 29), (24, 23)]
    assert len(list(alternatives(parse(text)))) == 3


def _said(item, scope):
    node = Planner().node(item, scope)
    found = set()
    for rank in range(node.derivations):
        pieces = []
        node.emit(rank, pieces)
        found.add(tuple(p.lower() if isinstance(p, str) else p for p in normal(pieces)))
    return found


@QUIET
@given(SENTENCES)
def test_alternatives_are_told_when_others_say_it_all(written):
    grammar = Grammar(pack_of(yaml_of(written)))
    assume_small(grammar.pack)
    (template,) = grammar.templates
    firsts = unreachable._Firsts()
    for choice in alternatives(template.expression):
        said = [_said(item, template.scope) for item in choice.items]
        expected = []
        for index in reversed(range(len(said))):
            others = [s for i, s in enumerate(said) if i != index and i not in expected]
            if others and said[index] <= set().union(*others):
                expected.append(index)
        assert unreachable._idle(grammar, firsts, choice, [template.scope]) == expected


@QUIET
@given(st.lists(SENTENCES, min_size=2, max_size=4, unique=True))
def test_templates_that_add_nothing_can_go_together(written):
    pack = pack_of(yaml_of(*written))
    assume_small(pack)
    said = {template.line: set() for template in pack.templates}
    for template, text, slots in everything(pack):
        slots = tuple((s.name, s.entity, s.value, s.start, s.end) for s in slots)
        said[template.line].add((text.lower(), slots))
    told = {finding.position.line for finding in adds_nothing.check(Grammar(pack))}
    expected = set()
    for line in sorted(said, reverse=True):
        others = [said[other] for other in said if other != line and other not in expected]
        if said[line] and said[line] <= set().union(*others):
            expected.add(line)
    assert told == expected
