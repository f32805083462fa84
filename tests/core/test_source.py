from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.core.source import read_yaml


def write(tmp_path, text):
    path = tmp_path / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("a:\n  - plain (text\n", 6, 2, 11),
        ("a:\n  - 'quoted (text'\n", 7, 2, 13),
        ("a:\n  - 'it''s (text'\n", 5, 2, 12),
        ('a:\n  - "tab\\t(text"\n', 4, 2, 11),
        ("a:\n  - |\n    first\n    sec(ond\n", 9, 4, 8),
    ],
)
def test_offsets_inside_scalars_point_into_the_file(tmp_path, text, offset, line, column):
    document = read_yaml(write(tmp_path, text))
    position = document.position(["a", 0], offset)
    assert (position.line, position.column) == (line, column)
    assert position.source[column - 1] == "("


def test_errors_show_the_line_and_a_caret(tmp_path):
    with pytest.raises(InputError) as caught:
        read_yaml(write(tmp_path, "a: [1, 2\nb: 3\n"))
    text = str(caught.value)
    assert "x.yaml:2:" in text
    assert "^" in text


def test_equal_keys_are_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"x\.yaml:3:1: the key 'a' stands here for the second time"
    ):
        read_yaml(write(tmp_path, "a: 1\nb: 2\na: 3\n"))


def test_not_utf8_says_where(tmp_path):
    with pytest.raises(InputError, match=r"x\.yaml:2:4: not UTF-8: byte 0xe4"):
        read_yaml(write(tmp_path, b"a: 1\nb: \xe4\n"))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_yaml(tmp_path / "nothing.yaml")
    with pytest.raises(InputError, match="is a folder"):
        read_yaml(tmp_path)


def test_unknown_tags_are_refused(tmp_path):
    with pytest.raises(InputError, match="not valid YAML"):
        read_yaml(write(tmp_path, "a: !!python/object:os.system x\n"))


def test_an_empty_file_is_none(tmp_path):
    document = read_yaml(write(tmp_path, ""))
    assert document.value is None
    assert document.position(["a"]).line == 1


def test_words_and_times_stay_text(tmp_path):
    text = "On: [on, off, yes, no, 7:30, 2026-11-23, y, n]\n"
    value = read_yaml(write(tmp_path, text)).value
    assert value == {"On": ["on", "off", "yes", "no", "7:30", "2026-11-23", "y", "n"]}


def test_plain_values(tmp_path):
    text = "[true, False, null, ~, 5, -3, 010, 0x1f, 1.5, .5, 1e3, '5', text]\n"
    expected = [True, False, None, None, 5, -3, 10, 31, 1.5, 0.5, 1000.0, "5", "text"]
    assert read_yaml(write(tmp_path, text)).value == expected


CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(list('\\ud8/"\t'))
# Longer keys than 1,024 characters, escapes counted, are no YAML.
TEXTS = st.text(CHARACTERS, max_size=80)


@settings(deadline=None, max_examples=40)
@given(st.recursive(TEXTS, lambda i: st.lists(i) | st.dictionaries(TEXTS, i)), st.booleans())
def test_a_json_file_says_what_it_says_to_json(value, ascii_only):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps({"a": value}, ensure_ascii=ascii_only), encoding="utf-8")
        assert read_yaml(path).value == {"a": value}
