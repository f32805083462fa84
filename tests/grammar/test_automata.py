from itertools import combinations, pairwise, permutations, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.core.text import delexicalise
from corpusforge.grammar.automata import intersection, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder, automaton_of
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.counting import conflicts, counts
from corpusforge.grammar.derivations import Choice, derivations, render
from corpusforge.grammar.list_tables import list_tables
from tests.grammar.packs import LISTS, SENTENCES, everything, pack_of, yaml_of

QUIET = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)  # loading YAML takes most of the time

OPEN = LISTS.replace("lists:\n", "lists:\n  name:\n    wildcard: true\n")


def pack(*sentences):
    return pack_of(yaml_of(*sentences, more=OPEN))


def all_of(loaded):
    return (*loaded.templates, *loaded.open_templates)


def automaton(*sentences, **options):
    return automaton_of(all_of(pack(*sentences)), **options)


def sentences(made):
    return list(made.words(10**6))


def carriers(template):
    """Every derivation of a template with empty slots, by brute force."""
    node = Planner(frames=True).template(template)
    for rank in range(node.derivations):
        pieces = []
        node.emit(rank, pieces)
        yield render(pieces)


def spoken(template):
    """Every carrier phrase that makes a row, by brute force."""
    made = (carrier for carrier in carriers(template) if carrier is not None)
    return {delexicalise(text, slots) for text, slots in made}


def filled(templates):
    """Every (text, slots with list and canonical value) of some templates, by brute force."""
    return {
        (
            delexicalise(text, slots),
            tuple((slot.name, slot.entity, slot.value, slot.text) for slot in slots),
        )
        for template in templates
        for _, text, slots in everything(type("P", (), {"templates": (template,)})())
    }


# -- against brute force ------------------------------------------------------------------------


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_the_sentences_are_those_of_all_derivations(written):
    loaded = pack(*written)
    expected = set().union(*(spoken(template) for template in loaded.templates))
    made = automaton_of(loaded.templates)
    assert sentences(made) == sorted(expected)
    assert made.count() == len(expected)


@QUIET
@given(SENTENCES)
def test_the_numbers_of_a_template_are_those_of_all_derivations(written):
    loaded = pack(written)
    (template,) = loaded.templates
    (count,) = counts(loaded).templates.values()
    assert count.derivations == len(list(carriers(template)))
    assert count.derivations == derivations(template.expression, template.scope, {})
    assert count.distinct == len(spoken(template))
    assert count.with_values == len(filled(loaded.templates))
    assert not count.open


@QUIET
@given(SENTENCES, SENTENCES)
def test_an_intersection_is_the_intersection_of_the_sets(first, second):
    (one,), (two,) = pack(first).templates, pack(second).templates
    expected = sorted(spoken(one) & spoken(two))
    assert sentences(intersection(automaton_of([one]), automaton_of([two]))) == expected
    builder = AutomatonBuilder()
    shared = intersection(builder.template(one), builder.template(two))
    assert sentences(shared) == expected
    assert bool(shared) == bool(expected)


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_ranks_are_a_bijection_in_order(written):
    made = automaton_of(pack(*written).templates)
    said = [made.unrank(index) for index in range(made.count())]
    assert all(first < second for first, second in pairwise(said))
    assert [made.rank(text) for text in said] == list(range(made.count()))
    assert all(text in made for text in said)


@QUIET
@given(st.lists(SENTENCES, min_size=2, max_size=4, unique=True))
def test_equal_sets_are_one_state(written):
    builder = AutomatonBuilder()
    automata = [builder.template(template) for template in pack(*written).templates]
    for one, two in combinations(automata, 2):
        same = one._root == two._root
        assert same == (sentences(one) == sentences(two))
    assert union(automata).size() == union(automata[::-1]).size()


# -- white space and characters -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a [b] (c;[d])", ["a b c", "a b c d", "a b d c", "a c", "a c d", "a d c"]),
        ("  a   b  ", ["a b"]),
        ("a[ b]c", ["a bc", "ac"]),
        ("[a] b", ["a b", "b"]),
        ("a[ ][ ]b", ["a b", "ab"]),
        ("a\tb", ["a b"]),
        ("a\u00a0 b", ["a b"]),
        ("[a]", ["a"]),
        ("light[s] {color}", ["light {color}", "lights {color}"]),
        ("{color}{level}", ["{color}{level}"]),
        ("a {@color} b", ["a {@color} b"]),
        (r"say \{this\} now", ["say {this} now"]),
        ("[ ]a", ["a"]),
        ("a[ ]", ["a"]),
    ],
)
def test_white_space_and_symbols(written, expected):
    assert sentences(automaton(written)) == expected


def test_characters_that_melt_make_no_row():
    made = automaton("caf(e|é)[\u0301]")
    assert sentences(made) == ["cafe", "café", "café\u0301"]
    assert sentences(automaton("x[a][b]\u0323[\u0301]")) == sorted(
        spoken(pack("x[a][b]\u0323[\u0301]").templates[0])
    )


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_orders(count):
    items = "abcdefgh"[:count]
    made = automaton(f"({';'.join(items)})")
    assert made.count() == len(list(permutations(items)))
    assert made.size() <= 3 * 2**count * count
    assert automaton(f"({';'.join(f'[{item}]' for item in items)})").count() == sum(
        len(list(permutations(items, chosen))) for chosen in range(1, count + 1)
    )


def test_numbers_beyond_64_bits():
    written = " ".join(f"[w{index}]" for index in range(100))
    made = automaton(f"go {written}")
    assert made.count() == 2**100
    middle = made.unrank(2**99)
    assert made.rank(middle) == 2**99
    assert made.unrank(2**100 - 1) == "go w99"


def test_ranks_outside_are_refused():
    made = automaton("a b", "a c")
    with pytest.raises(IndexError):
        made.unrank(2)
    with pytest.raises(IndexError):
        made.unrank(-1)
    with pytest.raises(ValueError, match="'a d' is not in the language"):
        made.rank("a d")
    assert not made.contains("a")
    assert not made.contains("")
    assert list(made.words(1)) == ["a b"]


def test_nothing_is_an_automaton_too():
    none = automaton_of([])
    assert (none.count(), none.size(), bool(none), list(none.words(3))) == (0, 0, False, [])
    assert intersection(none, automaton("a")).count() == 0
    assert sentences(union([none, automaton("a")])) == ["a"]


def test_labels():
    loaded = pack("set {color:tint}", "set {color}", "set {@color}")
    assert sentences(automaton_of(loaded.templates)) == [
        "set {@color}",
        "set {color}",
        "set {tint}",
    ]
    assert sentences(automaton_of(loaded.templates, labelled=False)) == ["set {@color}"]


# -- counts ------------------------------------------------------------------------------------


def test_values_multiply_in():
    loaded = pack("{color} and {level}", "at {level:color}", "{1..3:color}[s|s]", "say {name}")
    found = counts(loaded)
    values = [count.with_values for count in found.templates.values()]
    # red, "light blue", "lightblue", "pale blue", "paleblue", "Dark-Green", "very Dark-Green"
    assert values == [7 * 4, 4, 2 * 3, 1]
    assert [count.open for count in found.templates.values()] == [False, False, False, True]
    assert [count.derivations for count in found.templates.values()] == [1, 1, 3, 1]
    act = found.intents["act"]
    assert (act.derivations, act.distinct, act.with_values, act.open) == (6, 5, 39, True)
    assert found.total == act


def test_one_slot_name_for_several_lists():
    loaded = pack("set {color}", "set {level:color}", "[please] set {color}")
    act = counts(loaded).intents["act"]
    assert (act.derivations, act.distinct, act.with_values) == (4, 2, 7 + 4 + 7)


def test_sizes_of_lists():
    lists = """\
lists:
  inner:
    values: [one, two]
  outer:
    values:
      - in: "(a|b) {inner:x}"
        out: p
      - in: "a one"
        out: p
      - in: "a one"
        out: q
      - plain
      - in: plain
        out: plain
      - in: "<w>"
        out: w
      - in: "{0..100:n} percent"
        out: n
  loose:
    values:
      - in: "the {name}"
        out: x
  name:
    wildcard: true
expansion_rules:
  w: "[very ]w"
"""
    loaded = pack_of(yaml_of("{outer} {loose} {inner}", more=lists))
    sizes = {
        values.name: [table.size for table in list_tables(values, scope)]
        for values, scope in loaded.lists
    }
    # p: 4, q: 1, plain: 1, w: 2, n: 101
    assert sizes["outer"] == [109]
    assert sizes["inner"] == [2]
    assert sizes["loose"] == []


def test_sizes_of_the_usual_lists():
    loaded = pack("{color} {level}")
    for values, scope in loaded.lists:
        node = Choice([Planner().filled(values, "x", scope)])
        found = set()
        for rank in range(node.derivations):
            pieces = []
            node.emit(rank, pieces)
            text, (slot,) = render(pieces)
            found.add((text, slot.value))
        tables = list_tables(values, scope)
        listed = [table.value(index) for table in tables for index in range(table.size)]
        assert len(listed) == len(set(listed))
        assert set(listed) == found
        for table in tables:
            expected = {("", ""), (" ", "")} if table.value(0)[0] == "x" else {("", "")}
            assert table.edges == expected or table.value(0)[0] == "Dark-Green"


def test_values_that_begin_with_a_space_or_not():
    lists = "lists:\n  tone:\n    values: ['[very] dark', '[ ]x', red]\n"
    loaded = pack_of(yaml_of("a{tone}", more=lists))
    ((values, scope),) = loaded.lists
    tables = {table.edges: table.size for table in list_tables(values, scope)}
    assert tables == {
        frozenset({(" ", "")}): 1,
        frozenset({("", "")}): 2,
        frozenset({("", ""), (" ", "")}): 1,
    }
    # "a dark", "avery dark", "ax", "a x", "ared"
    assert counts(loaded).total.with_values == 5


# -- conflicts ----------------------------------------------------------------------------------

TWO = """\
language: en
intents:
  On:
    data:
      - sentences: ["[please] (turn|switch) on [the] {color}", "Stop [now]"]
  Off:
    data:
      - sentences: ["switch (on|off) the {color:tint}", "stop"]
  Other:
    data:
      - sentences: ["call {name}"]
"""


def two():
    return pack_of(TWO + OPEN)


def test_conflicts_have_witnesses():
    (found,) = conflicts(two())
    assert (found.first, found.second, found.sentences) == ("On", "Off", 2)
    assert found.witnesses == ("stop", "switch on the {@color}")
    (found,) = conflicts(two(), limit=1)
    assert (found.sentences, found.witnesses) == (2, ("stop",))


def test_conflicts_by_slot_and_case():
    assert conflicts(two(), fold_case=False, labelled=True) == []
    (found,) = conflicts(two(), labelled=True)
    assert found.witnesses == ("stop",)
    (found,) = conflicts(two(), fold_case=False)
    assert found.witnesses == ("switch on the {@color}",)


def test_open_templates_count():
    found = counts(two())
    assert list(found.intents) == ["On", "Off", "Other"]
    assert found.intents["Other"].open
    assert found.total.distinct == 8 + 2 + 2 + 1 + 1


@QUIET
@given(SENTENCES, SENTENCES)
def test_conflicts_are_shared_sentences(first, second):
    text = (
        yaml_of(first, intent="one", more="")
        + yaml_of(second, intent="two", more=OPEN).split("intents:\n", 1)[1]
    )
    loaded = pack_of(text)
    one, two = (spoken(template) for template in loaded.templates)
    found = conflicts(loaded, fold_case=False, labelled=True, limit=10**6)
    shared = tuple(sorted(one & two))
    assert [conflict.witnesses for conflict in found] == ([shared] if shared else [])


def test_products():
    made = automaton("(a|b) (a|b) (a|b)")
    assert sentences(made) == [" ".join(word) for word in product("ab", repeat=3)]
    assert made.size() == 6
