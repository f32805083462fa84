"""Home Assistant's files load unchanged; its fixtures give the lists that the host supplies."""

import os
from pathlib import Path

import pytest
import yaml

from corpusforge.core.errors import InputError
from corpusforge.grammar.functions import sample
from corpusforge.grammar.loader import load_pack

TEMPLATES = """\
language: en
intents:
  turn_on:
    data:
      - sentences: ["turn on [the] {name} [in the {area}]"]
"""
FIXTURES = """\
language: en
areas:
  - {name: Kitchen, id: kitchen}
entities:
  - {name: Ceiling Lamp, id: light.ceiling, area: kitchen}
  - {name: "A.C. unit[s]", id: climate.ac}
"""


def written(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_lists_of_the_host_are_open_until_a_fixture_fills_them(tmp_path):
    written(tmp_path, templates=TEMPLATES)
    pack = load_pack(tmp_path / "templates.yaml")
    assert not pack.templates
    assert [t.intent for t in pack.open_templates] == ["turn_on"]
    assert "--lists" in pack.notes[0]
    fixtures = written(tmp_path, fixtures=FIXTURES) / "fixtures.yaml"
    table, _ = sample(tmp_path / "templates.yaml", 100, lists=fixtures)
    texts = table["text"].to_pylist()
    assert len(set(texts)) == len(texts) == 12
    assert "turn on the A.C. units in the Kitchen" in texts


def test_another_unknown_list_is_an_error(tmp_path):
    written(tmp_path, templates=TEMPLATES.replace("{name}", "{nmae}"))
    with pytest.raises(InputError, match=r"unknown list \{nmae\}"):
        load_pack(tmp_path / "templates.yaml")


def test_a_fixture_without_a_name_is_an_error_with_its_place(tmp_path):
    written(tmp_path, templates=TEMPLATES, fixtures="entities:\n  - {id: light.x}\n")
    with pytest.raises(InputError, match="has no name") as caught:
        load_pack(tmp_path / "templates.yaml", lists=[tmp_path / "fixtures.yaml"])
    assert caught.value.position.line == 2


DATA = Path(os.environ.get("CORPUSFORGE_DATA", "")) / "ha_intents"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="CORPUSFORGE_DATA is not set")


def sentences_in(file):
    """Count them the plain way."""
    document = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    blocks = list(document.get("data") or [])
    for intent in (document.get("intents") or {}).values():
        blocks += intent["data"]
    return sum(len(block["sentences"]) for block in blocks)


@needs_data
def test_all_languages_of_home_assistant_load_with_their_fixtures():
    loaded = written = 0
    for folder in sorted(path for path in (DATA / "sentences").iterdir() if path.is_dir()):
        fixtures = DATA / "tests" / folder.name / "_fixtures.yaml"
        try:
            pack = load_pack(folder, lists=[fixtures] if fixtures.exists() else [])
        except InputError as error:
            # af, gu, kn and mr have no sentences yet; that is what must be said, and nothing else.
            assert "there are no sentences" in str(error)
            continue
        written += sum(sentences_in(file) for file in folder.rglob("*.yaml"))
        loaded += len(pack.templates) + len(pack.open_templates)
    assert loaded == written > 11_000
