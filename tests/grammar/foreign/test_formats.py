"""The contract that every format keeps; a new file in formats/ comes here by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpusforge import api
from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.grammar.foreign.losses import LOSSES_OF_ALL
from corpusforge.grammar.foreign.model import Options
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.lint import lint_path
from tests.grammar.foreign.imports import imported, write

NAMES = plugins.names("format")
README = Path(__file__).parents[3] / "README.md"


def example(name, folder):
    """The example of a format, on disk: a file, or a folder when it needs several."""
    files = plugins.load("format", name).example
    write(folder, files)
    return folder / next(iter(files)) if len(files) == 1 else folder


def test_they_are_found():
    assert {"chatette", "chatito", "csv", "home_assistant", "jsgf", "jsonl"} <= set(NAMES)
    assert {"padatious", "rasa", "rhino", "snips"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_contract(name, tmp_path):
    plugin = plugins.load("format", name)
    assert plugin.name == name
    kinds = [kind.name for kind in (*plugin.losses, *LOSSES_OF_ALL)]
    assert len(kinds) == len(set(kinds)) > len(LOSSES_OF_ALL)
    path = example(name, tmp_path / "example")
    accepting = [n for n in NAMES if plugins.load("format", n).accepts(path)]
    assert accepting == [name]
    assert plugin.read(path, Options()).lang in (None, "en")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_a_pack_for_every_verb(name, tmp_path):
    path = example(name, tmp_path / "example")
    made = api.import_pack(name, path, tmp_path / "out", lang="en")
    assert made.templates > 0
    assert made.files[-1].name == "IMPORT.md"
    assert {file.exists() for file in made.files} == {True}
    counted = api.count(tmp_path / "out")
    table, _ = api.sample(tmp_path / "out", 50)
    assert table.num_rows == min(50, counted.total.with_values)
    assert set(table["intent"].to_pylist()) == set(made.intents)
    for row, found in zip(
        table.to_pylist(), api.match(tmp_path / "out", table["text"].to_pylist()), strict=True
    ):
        slots = {slot["name"]: slot["value"] for slot in row["slots"]}
        assert any(
            reading["intent"] == row["intent"]
            and {slot["name"]: slot["value"] for slot in reading["slots"]} == slots
            for reading in found["readings"]
        )
    assert lint_path(tmp_path / "out").counts()["error"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_every_time(name, tmp_path):
    path = example(name, tmp_path / "example")
    first = import_pack(name, path, tmp_path / "first")
    second = import_pack(name, path, tmp_path / "second")
    assert [f.relative_to(tmp_path / "first") for f in first.files] == [
        f.relative_to(tmp_path / "second") for f in second.files
    ]
    assert [f.read_bytes() for f in first.files] == [f.read_bytes() for f in second.files]


@pytest.mark.parametrize("name", NAMES)
def test_windows_files_are_the_same(name, tmp_path):
    path = example(name, tmp_path / "example")
    import_pack(name, path, tmp_path / "first")
    for file in [path] if path.is_file() else path.iterdir():
        text = file.read_text("utf-8").replace("\n", "\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    import_pack(name, path, tmp_path / "second")
    for file in (tmp_path / "first").rglob("*.yaml"):
        again = tmp_path / "second" / file.relative_to(tmp_path / "first")
        assert again.read_text() == file.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_fits_another_format_says_so(name, tmp_path):
    path = example(name, tmp_path / "example")
    for other in NAMES:
        if other != name:
            with pytest.raises(InputError, match=f"looks like {name}, not like {other}"):
                import_pack(other, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_of_any_name_is_read_as_what_the_user_says(tmp_path):
    text = plugins.load("format", "chatito").example["cafe.chatito"]
    result, _, _ = imported(tmp_path, "chatito", {"grammar.txt": text})
    assert result.intents == ("order",)


def test_chatette_files_that_are_called_chatito(tmp_path):
    files = {"main.chatito": "|parts.chatito\n%[a]\n    ~[x]\n", "parts.chatito": "~[x]\n    y\n"}
    source = write(tmp_path / "source", files)
    with pytest.raises(InputError, match="it also looks like chatette: corpusforge import chat"):
        import_pack("chatito", source / "main.chatito", tmp_path / "out")
    result, _, _ = imported(tmp_path, "chatette", files, path="main.chatito")
    assert result.intents == ("a",)


@pytest.mark.parametrize("name", NAMES)
def test_paths_that_are_not_there_and_folders_with_nothing_to_read(tmp_path, name):
    with pytest.raises(InputError, match="there is no file or folder"):
        import_pack(name, tmp_path / "none", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no .* file"):
        import_pack(name, tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", NAMES)
def test_bytes_that_are_no_text(tmp_path, name):
    path = example(name, tmp_path / "example")
    file = path if path.is_file() else sorted(path.iterdir())[-1]
    file.write_bytes(file.read_bytes() + b"\nx \xfc\n")
    with pytest.raises(InputError, match="not UTF-8: byte 0xfc"):
        import_pack(name, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_readme_says_what_each_format_loses():
    rows = dict(
        re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", README.read_text("utf-8"), re.MULTILINE)
    )
    for name in NAMES:
        kinds = [kind.name for kind in plugins.load("format", name).losses]
        assert rows[name].strip() == "; ".join(kinds)
