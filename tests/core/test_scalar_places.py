"""Characters of YAML scalars and their places in the file, checked by letters that stand once."""

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.core.scalar_places import scalar_places
from corpusforge.core.source import read_yaml

# No letters that escapes have (\N, \L, \P, \U ...) and none of the keys below.
LETTERS = "ABCDEFGHIJKMOQRST"
QUIET = settings(deadline=None, max_examples=300)


def document_of(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        return read_yaml(path)


def check_letters(text, path=("key", 0)):
    """Every letter of the value stands in the file where it is said to stand."""
    document = document_of(text)
    value = document.value
    for step in path:
        value = value[step]
    if not isinstance(value, str):
        return 0
    lines = text.splitlines()
    for offset, char in enumerate(value):
        position = document.position(path, offset)
        if char in LETTERS:
            assert lines[position.line - 1][position.column - 1] == char, (text, offset)
    node = yaml.compose(text, Loader=yaml.SafeLoader).value[0][1].value[0]
    places = scalar_places(node, lines)
    assert places is not None and len(places) == len(value) + 1, text
    start, end = node.start_mark, node.end_mark
    assert places == sorted(places)
    assert all((start.line, start.column) <= place for place in places)
    assert all(place <= (end.line, end.column) for place in places), text
    return sum(char in LETTERS for char in value)


@st.composite
def values(draw):
    """Letters, each once, with what is folded, escaped or doubled between them."""
    letters = draw(st.permutations(LETTERS))[: draw(st.integers(1, 9))]
    between = st.sampled_from(
        ["", "", " ", "  ", "\n", "\n\n", " \n", "\n  ", "'", '"', "\\", "\t"]
    )
    parts = [draw(between)]
    for letter in letters:
        parts += [letter, draw(between)]
    return "".join(parts)


@QUIET
@given(values(), st.sampled_from([None, "'", '"', "|", ">"]), st.integers(4, 30))
def test_what_pyyaml_writes(value, style, width):
    text = yaml.safe_dump({"key": [value]}, default_style=style, width=width, allow_unicode=True)
    text = text.replace('"key"', "key").replace("'key'", "key").replace("? |-\n  key\n:", "key:")
    text = text.replace("? >-\n  key\n:", "key:")
    # PyYAML folds some values so that it reads others; what it reads has to be found.
    assert check_letters(text) == sum(char in LETTERS for char in value)


@st.composite
def scalars(draw):
    """A scalar as somebody might write it; not all of them are YAML."""
    letters = iter(draw(st.permutations(LETTERS)))
    head = draw(
        st.sampled_from(
            [
                ">",
                ">-",
                ">+",
                "|",
                "|-",
                "|+",
                ">2",
                "|1-",
                "> # note",
                "&x >",
                "!!str |",
                "",
                "'",
                '"',
            ]
        )
    )
    flow = head in ("", "'", '"')
    between = ["", " ", "  ", "''" if head == "'" else "x"]
    if head == '"':
        between += ["\\n", "\\x7a", "\\u00e9", "\\t", "\\\\", '\\"']
    lines = [""]
    for _ in range(draw(st.integers(1, 6))):
        line = draw(st.sampled_from(["", "", "", " ", "  "]))
        for _ in range(draw(st.integers(0, 2))):
            line += next(letters) + draw(st.sampled_from(between))
        if head == '"' and draw(st.booleans()):
            line += "\\"
        lines.append(line)
    body = ("\n" + draw(st.sampled_from(["    ", "     "]))).join(lines[1:] if flow else lines)
    before = draw(st.sampled_from(["", "", "&x ", "!!str  "])) if flow else ""
    return f"key:\n  - {before}{head}{body}{head if flow else ''}\nlast: 1\n"


@QUIET
@given(scalars())
def test_what_people_write(text):
    try:
        document_of(text)
    except InputError:
        return
    check_letters(text)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("key:\n  - >\n    A B\n    C\n\n    D\n      E\n    F\n", 6),
        ("key:\n  - >2\n     A\n    B\n", 2),
        ("key:\n  - |2-\n     A\n    B\n\n", 2),
        ("key:\n  - A B\n    C\n\n    D # E\n", 4),
        ('key:\n  - "A\\tB \\\n    C\n    D\\u00e9E"\n', 5),
        ("key:\n  - 'A ''B\n\n    C'\n", 3),
        ("key:\n  - &a !!str\n    A\n    B\n", 2),
        ("key: [A\n  B, C]\n", 2),
        ("key:\r\n  - >\r\n    A\r\n    B\r\n", 2),
    ],
)
def test_scalars_by_hand(text, letters):
    assert check_letters(text) == letters


def test_the_first_character_of_a_block_is_not_its_sign():
    position = document_of("key:\n  - >\n    A\n    B\n").position(["key", 0])
    assert (position.line, position.column, position.source) == (3, 5, "    A")
