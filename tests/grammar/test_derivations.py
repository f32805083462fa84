from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core import spans
from corpusforge.core.text import nfc
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import SlotPiece, render
from corpusforge.grammar.pack import NumberRange
from corpusforge.grammar.permutation import KeyedPermutation
from tests.grammar.packs import SENTENCES, everything, pack_of, yaml_of


def node_of(sentence):
    pack = pack_of(yaml_of(sentence))
    return Planner().template(pack.templates[0])


@settings(max_examples=40, deadline=None)
@given(SENTENCES)
def test_spans_are_exact(sentence):
    for _, text, slots in everything(pack_of(yaml_of(sentence))):
        spans.check(text, slots)  # text[start:end] == slot.text, sorted, disjoint, no edge spaces
        assert text == nfc(text) == " ".join(text.split())


@settings(max_examples=40, deadline=None)
@given(SENTENCES)
def test_each_rank_is_one_derivation_and_listing_finds_the_same_rows(sentence):
    node = node_of(sentence)
    by_rank = set()
    for rank in range(node.derivations):
        pieces = []
        node.emit(rank, pieces)
        by_rank.add(render(pieces))
    listed = node.distinct(10**6)
    assert {render(pieces) for pieces in listed} == by_rank
    assert len(listed) <= node.derivations


def test_counts_are_exact_beyond_64_bit():
    node = node_of(" ".join(["{level}"] * 40))
    assert node.derivations == 4**40
    pieces = []
    node.emit(4**40 - 1, pieces)
    assert {piece.text for piece in pieces if isinstance(piece, SlotPiece)} == {"11"}


def test_order_gives_every_order_once():
    rows = {text for _, text, _ in everything(pack_of(yaml_of("(a;b;c)")))}
    assert rows == {"a b c", "a c b", "b a c", "b c a", "c a b", "c b a"}
    assert node_of("(a;b;c)").derivations == 6


def test_white_space_is_squeezed_and_case_and_punctuation_are_kept():
    rows = [text for _, text, _ in everything(pack_of(yaml_of("  Turn   [the]  LIGHT , on! ")))]
    assert rows == ["Turn the LIGHT , on!", "Turn LIGHT , on!"]


def test_edges_of_values_belong_to_the_sentence():
    more = "lists:\n  x: {values: [{in: '[very] dark', out: d}]}\n"
    rows = [(text, slots) for _, text, slots in everything(pack_of(yaml_of("un{x}", more=more)))]
    assert [text for text, _ in rows] == ["unvery dark", "un dark"]
    assert [(s.text, s.value, s.start) for _, (s,) in rows] == [
        ("very dark", "d", 2),
        ("dark", "d", 3),
    ]


def test_values_that_are_blank_or_melt_with_the_text_make_no_row():
    more = "lists:\n  x: {values: ['[a]', \"\\u0301\"]}\n"
    rows = [text for _, text, _ in everything(pack_of(yaml_of("e{x}", more=more)))]
    assert rows == ["ea"]


def test_a_slot_inside_a_slot_is_plain_text():
    more = "lists:\n  size: {values: [big]}\n  thing: {values: ['{size} lamp']}\n"
    ((_, _, slots),) = everything(pack_of(yaml_of("the {thing}", more=more)))
    assert [(s.name, s.text) for s in slots] == [("thing", "big lamp")]


def test_canonical_values():
    more = """\
lists:
  x:
    values: [a, {in: b, out: 7}, {in: c, out: [1, 2]}, {in: d, out: true}, {in: "e|f"}]
  r: {range: {from: -1, to: 1, multiplier: 2.5}}
  h: {range: {from: 1, to: 2, fractions: halves}}
"""
    rows = list(everything(pack_of(yaml_of("{x}", "{r}", "{h}", more=more))))
    assert {(s.text, s.value) for _, _, (s,) in rows} == {
        ("a", "a"), ("b", "7"), ("c", "[1, 2]"), ("d", "true"), ("e", "e"), ("f", "f"),
        ("-1", "-2.5"), ("0", "0"), ("1", "2.5"), ("1", "1"), ("1.5", "1.5"), ("2", "2"),
    }  # fmt: skip


@settings(deadline=None)
@given(
    st.integers(-30, 30), st.integers(0, 60), st.integers(1, 7), st.sampled_from(["", "5", "1379"])
)
def test_numbers_stay_in_their_range(first, width, step, decimals):
    numbers = NumberRange(first, first + width, step, decimals)
    found = [float(text) for text, _ in numbers.numbers()]
    tens = [0, *(int(digit) for digit in decimals)]
    expected = [
        round(whole + ten / 10, 1)
        for whole in range(first, first + width + 1, step)
        for ten in tens
        if whole + ten / 10 <= first + width
    ]
    assert found == expected


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(0, 5))
def test_the_permutation_is_one(size, seed):
    assert sorted(map(KeyedPermutation(size, seed), range(size))) == list(range(size))


def test_the_permutation_is_fair_and_keyed():
    # 24 orders of 4 positions over 2,400 keys: 100 each, +-5 standard deviations.
    counts = {}
    for seed in range(2400):
        order = tuple(map(KeyedPermutation(4, seed, "x"), range(4)))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24
    assert all(50 < count < 150 for count in counts.values())
    # Of the 8 orders of length 10^30 no position repeats, and another key gives others.
    huge = [list(map(KeyedPermutation(10**30, seed), range(8))) for seed in (1, 2)]
    assert len({*huge[0], *huge[1]}) == 16
