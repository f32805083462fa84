"""Lists and rules of other files by `imports`."""

from __future__ import annotations

import pytest

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.grammar.files import files_read
from corpusforge.grammar.loader import load_pack


@pytest.fixture
def folder(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    write("shared/colors.yaml", "imports: [deep/more.yaml]\nlists: {color: {values: [red]}}\n")
    write("shared/deep/more.yaml", "imports: [../colors.yaml]\nexpansion_rules: {the: '[the|a]'}\n")
    write(
        "pack/a.yaml",
        "language: en\nimports:\n  - ../shared/colors.yaml\nintents:\n  paint:\n    data:\n"
        "      - sentences: ['paint <the> wall {color}', 'in {size}']\n"
        "lists: {size: {values: [big]}}\n",
    )
    return write


def test_lists_and_rules_come_from_imports_and_their_imports(folder, tmp_path):
    pack = load_pack(tmp_path / "pack")
    assert [values.name for values, _ in pack.lists] == ["color", "size"]
    assert len(pack.templates) == 2
    assert [file.name for file in files_read(tmp_path / "pack")] == [
        "a.yaml",
        "colors.yaml",
        "more.yaml",
    ]


def test_own_lists_come_first_and_intents_are_not_imported(folder, tmp_path):
    folder(
        "shared/colors.yaml",
        "lists: {color: {values: [red]}, size: {values: [tiny]}}\n"
        "expansion_rules: {the: the}\nintents: {other: {data: [{sentences: [x]}]}}\n",
    )
    pack = load_pack(tmp_path / "pack")
    (size,) = (values for values, _ in pack.lists if values.name == "size")
    assert size.values[0].expression.text == "big"
    assert {template.intent for template in pack.templates} == {"paint"}


def test_a_folder_can_be_imported(folder, tmp_path):
    folder("pack/a.yaml", (tmp_path / "pack/a.yaml").read_text().replace("/colors.yaml", ""))
    assert len(load_pack(tmp_path / "pack").lists) == 2


def test_an_import_that_leads_nowhere_says_where_and_what_is_there(folder, tmp_path):
    folder("pack/a.yaml", (tmp_path / "pack/a.yaml").read_text().replace("colors", "colours"))
    with pytest.raises(InputError, match=r"no file or folder \.\./shared/colours.yaml") as error:
        load_pack(tmp_path / "pack")
    assert error.value.position.line == 3
    assert "colors.yaml" in error.value.render()


def test_all_imports_that_lead_nowhere_are_told_at_once(folder, tmp_path):
    folder("shared/colors.yaml", "imports: [gone.yaml]\nlists: {color: {values: [red]}}\n")
    text = (tmp_path / "pack/a.yaml").read_text()
    folder(
        "pack/a.yaml", text.replace("intents:", "  - ../other.yaml\n  - ../third.yaml\nintents:")
    )
    with pytest.raises(InputErrors) as error:
        load_pack(tmp_path / "pack")
    told = error.value.render()
    for place in ("a.yaml:4:5", "a.yaml:5:5", "colors.yaml:1:11"):
        assert told.count(place) == 1, told
    assert "unknown" not in told


def test_errors_in_imported_files_name_them(folder, tmp_path):
    folder("shared/colors.yaml", "lists: {color: {values: ['(red']}}\n")
    with pytest.raises(InputErrors) as error:
        load_pack(tmp_path / "pack")
    assert "colors.yaml:1" in error.value.render()
    folder("shared/colors.yaml", "language: de\nlists: {color: {values: [rot]}}\n")
    with pytest.raises(InputErrors, match="language 'de'") as error:
        load_pack(tmp_path / "pack")
    assert "a.yaml:3" in error.value.render()


def test_each_language_of_a_folder_has_its_own_imports(folder, tmp_path):
    for lang, word in (("en", "one"), ("de", "eins")):
        folder(f"shared/{lang}.yaml", f"language: {lang}\nlists: {{x: {{values: [{word}]}}}}\n")
        folder(
            f"both/{lang}.yaml",
            f"language: {lang}\nimports: [../shared/{lang}.yaml]\n"
            "intents: {go: {data: [{sentences: ['go {x}']}]}}\n",
        )
    for lang, word in (("en", "one"), ("de", "eins")):
        ((values, _),) = load_pack(tmp_path / "both", lang=lang).lists
        assert values.values[0].expression.text == word


def test_two_imports_that_differ_are_refused(folder, tmp_path):
    folder("shared/other.yaml", "lists: {color: {values: [green]}}\n")
    text = (tmp_path / "pack/a.yaml").read_text()
    folder("pack/a.yaml", text.replace("intents:", "  - ../shared/other.yaml\nintents:"))
    with pytest.raises(InputError, match=r"two imported files define \{color\} differently"):
        load_pack(tmp_path / "pack")
