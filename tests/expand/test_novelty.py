import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpusforge.core.language import Language
from corpusforge.expand.novelty import Neighbourhood, NoveltyTest

SEQUENCE = st.text("abc", max_size=6)


def distance(left, right):
    """Levenshtein distance from its definition."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


@given(st.lists(SEQUENCE, max_size=5), SEQUENCE)
@example(["ab"], "ba")  # a transposition is two edits
@example([""], "a")
def test_neighbourhood_equals_brute_force(stored, query):
    expected = any(distance(item, query) <= 1 for item in stored)
    assert Neighbourhood(stored).near(query) == expected


@pytest.fixture
def novelty():
    # "light (on|off) now"
    nodes = [
        ("words", ("light ",)),
        ("words", ("on", "off")),
        ("words", (" now",)),
        ("sequence", (0, 1, 2)),
    ]
    train = ["turn on the {lamp}", "Good night!"]
    return NoveltyTest(Language(nodes, {"light": [3]}), train)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Light off, now!", "in_language"),
        ("light red now", "novel"),
        ("turn on the {lamp}", "near_row"),
        ("Turn on the {lamp}.", "near_row"),
        ("turn on {lamp}", "near_row"),  # a word less
        ("turn on the {lamp} please", "near_row"),  # a word more
        ("turn in the {lamp}", "near_row"),  # another word
        ("turn on the {room}", "near_row"),  # another slot
        ("good nigt", "near_row"),  # a character less
        ("turn the {lamp} on", "novel"),
        ("goodnight", "near_row"),
        ("turn on that {lamp} please", "novel"),
    ],
)
def test_classes(novelty, text, expected):
    assert novelty.classify([text]) == [expected]


def test_nothing_to_classify(novelty):
    assert novelty.classify([]) == []


def test_scripts_without_spaces_are_compared_by_characters():
    known = NoveltyTest(Language((), {}), ["{room}の電気をつけて", "おやすみ"])
    assert known.near_row("{room}の電気をつけ")
    assert not known.near_row("音楽を止めてください")
