"""Three counts of the same templates agree: ours, the graph's, and all texts written out."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.grammar.automata import union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.counting import counts
from tests.grammar.packs import SENTENCES, SPACED_ORDERS, pack_of, yaml_of

pytest.importorskip("hassil")
from hassil.expression import Sentence
from hassil.intents import Intents

from eval.grammar import brute_force, graphs
from eval.grammar.hassil_side import SamplerLanguage

QUIET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def hassil(text):
    intents = Intents.from_yaml(io.StringIO(text))
    return intents, [graphs.Block.of(intents.intents["act"].data[0], intents.expansion_rules, {})]


def counted(blocks, name):
    graph = graphs.Graph(name)
    graph.add(blocks)
    return graph.count()


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_the_graph_counts_what_we_count(sentences):
    text = yaml_of(*sentences)
    pack = pack_of(text)
    _, blocks = hassil(text)
    total = counts(pack).total
    ways = sum(graphs.derivations(e, b.rules) for b in blocks for e in b.expressions)
    assert (total.derivations, total.distinct) == (ways, counted(blocks, graphs.by_slot))
    lists = AutomatonBuilder("list")
    by_list = union([lists.template(template) for template in pack.templates]).count()
    assert by_list == counted(blocks, graphs.by_list)


@QUIET
@given(st.lists(SPACED_ORDERS, min_size=1, max_size=3, unique=True))
def test_brute_force_counts_what_we_count(sentences):
    text = yaml_of(*sentences)
    pack = pack_of(text)
    found = counts(pack).templates
    intents, blocks = hassil(text)
    rules = intents.expansion_rules
    opaque = {
        name: Sentence(brute_force.with_lists_as_words(rule.expression))
        for name, rule in rules.items()
    }
    filled = {
        name: Sentence(brute_force.with_values(rule.expression, intents.slot_lists, rules))
        for name, rule in rules.items()
    }
    # hassil keeps the order of sentences without wildcards
    for template, expression in zip(pack.templates, blocks[0].expressions, strict=True):
        count = found[template.id]
        words = brute_force.with_lists_as_words(expression)
        rows = brute_force.rows(brute_force.every_text(words, opaque))
        assert rows == (count.derivations, count.distinct)
        values = brute_force.with_values(expression, intents.slot_lists, rules)
        _, different = brute_force.rows(brute_force.every_text(values, filled))
        assert different == count.with_values


@QUIET
@given(SPACED_ORDERS.filter(lambda sentence: ".." not in sentence), st.integers(0, 10**6))
def test_the_language_of_the_sampler_holds_its_texts(sentence, number):
    from hassil.sample import sample_expression

    text = yaml_of(sentence)
    intents, blocks = hassil(text)
    expression, rules = blocks[0].expressions[0], intents.expansion_rules
    texts = {" ".join(t.split()) for t in sample_expression(expression, intents.slot_lists, rules)}
    language = SamplerLanguage(expression, intents.slot_lists, rules)
    assert all(said in language for said in texts)
    one = sorted(texts)[number % len(texts)]
    at = number % (len(one) + 1)
    for spoilt in (one[:at] + one[at + 1 :], one[:at] + "x" + one[at:], one[:at] + " " + one[at:]):
        squeezed = " ".join(spoilt.split())
        assert (squeezed in language) == (squeezed in texts)


def test_lists_are_told_apart_as_asked():
    text = yaml_of("set {level:a}|set {level:b}|set {color:a}|set [{@color}]")
    _, blocks = hassil(text)
    names = (graphs.by_slot, graphs.by_list, graphs.by_list_and_slot)
    assert [counted(blocks, name) for name in names] == [4, 3, 5]
