import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.grammar.expression import (
    Alternative,
    ListReference,
    Permutation,
    RuleReference,
    Sequence,
    Text,
    references,
)
from corpusforge.grammar.parser import TemplateSyntaxError, has_syntax, parse


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("turn on", Text("turn on")),
        ("(a|b)", Alternative((Text("a"), Text("b")))),
        ("a|b", Alternative((Text("a"), Text("b")))),
        ("[a]", Alternative((Text("a"), Text("")))),
        ("[a|b]", Alternative((Text("a"), Text("b"), Text("")))),
        ("(|s)", Alternative((Text(""), Text("s")))),
        (
            "turn(s|ed) it",
            Sequence((Text("turn"), Alternative((Text("s"), Text("ed"))), Text(" it"))),
        ),
        ("{name}", ListReference("name", "name")),
        ("{area:room}", ListReference("area", "room")),
        ("{0..100,5:level}", ListReference("0..100,5", "level")),
        ("{name:@x}", ListReference("name", "")),
        ("{@name}", ListReference("name", "")),
        ("<the>", RuleReference("the")),
        (r"a\(b\)\|\\", Text("a(b)|\\")),
        ("end\\", Text("end\\")),
        ("e\u0301", Text("\u00e9")),
        (
            "(a;b)",
            Permutation(
                (
                    Sequence((Text(" "), Text("a"), Text(" "))),
                    Sequence((Text(" "), Text("b"), Text(" "))),
                )
            ),
        ),
    ],
)
def test_reads_the_syntax(template, expected):
    assert parse(template) == expected


@pytest.mark.parametrize(
    ("template", "offset", "message"),
    [
        ("turn (on|off", 5, "'(' is never closed"),
        ("turn [on", 5, "'[' is never closed"),
        ("turn {name", 5, "'{' is never closed"),
        ("turn <the", 5, "'<' is never closed"),
        ("(a (b) c", 0, "'(' is never closed"),
        ("turn on)", 7, "')' closes nothing"),
        ("turn on>", 7, "'>' closes nothing"),
        ("(on]", 3, "expected ')' to close '(', found ']'"),
        ("a () b", 2, "empty brackets ()"),
        ("a [] b", 2, "empty brackets []"),
        ("a {} b", 2, "a list without a name"),
        ("a < > b", 2, "a rule without a name"),
        ("(a|b;c)", 4, "'|' and ';' stand in one group"),
        ("{a (b}", 3, "'(' inside the name of a list"),
        ("{a:1b}", 3, "'1b' cannot be the name of a slot"),
        ("{0..5}", 1, "the range {0..5} fills no slot"),
        ("  ", 0, "the sentence is empty"),
        ("(" * 200 + "a" + ")" * 200, 101, "brackets nest deeper than 100"),
    ],
)
def test_says_what_is_wrong_and_where(template, offset, message):
    with pytest.raises(TemplateSyntaxError) as caught:
        parse(template)
    assert (caught.value.offset, caught.value.message) == (offset, message)


@settings(deadline=None)
@given(st.text(alphabet="ab ()[]{}<>|;:\\", max_size=30))
def test_any_text_parses_or_is_refused_with_a_place_inside(text):
    try:
        parse(text)
    except TemplateSyntaxError as error:
        assert 0 <= error.offset <= len(text)


def test_references_come_in_reading_order_with_their_offsets():
    found = list(references(parse("<a> (x {b}|[{c:d}]) {e}")))
    assert [(type(r).__name__[0], r.offset) for r in found] == [
        ("R", 1), ("L", 8), ("L", 13), ("L", 21)
    ]  # fmt: skip


def test_plain_values_are_literal_and_semicolons_are_no_syntax():
    assert not has_syntax("rock; pop")
    assert has_syntax("light[s]")
