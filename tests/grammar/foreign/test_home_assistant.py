"""Home Assistant's folders and the names of a home."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.source import read_yaml
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.foreign.imports import imported, lost, texts, write

LIGHT = """\
# A comment that stays.
language: en
intents:
  HassTurnOn:
    data:
      - sentences:
          - "<turn> on [the] {name} [in {area}]"
        requires_context:
          domain: light
        slots: {kind: light}
      - sentences: ["<turn> {color} the lamp"]
        response: one
"""
COMMON = """\
language: en
responses:
  errors: {no_intent: what}
lists:
  color:
    values:
      - in: "(dark|light) blue"
        out: blue
        context: {x: y}
  area: {wildcard: true}
expansion_rules:
  turn: "(turn|switch)"
skip_words: [please]
"""
REPOSITORY = {
    "sentences/en/light.yaml": LIGHT,
    "sentences/en/_common.yaml": COMMON,
    "sentences/de/licht.yaml": LIGHT.replace("language: en", "language: de"),
    "rules/en/more.yaml": 'language: en\nexpansion_rules:\n  turn: "x"\n  unused: "y"\n',
    "lists/colors.yaml": "lists:\n  shape: {values: [round]}\n",
}
REGISTRIES = {
    "core.area_registry": ("areas", [{"id": "k", "name": "Kitchen", "aliases": ["Galley (old)"]}]),
    "core.floor_registry": ("floors", [{"floor_id": "u", "name": "Upstairs", "aliases": []}]),
    "core.device_registry": (
        "devices",
        [
            {"id": "d1", "name": "Hue", "name_by_user": "Ceiling"},
            {"id": "d2", "name": "Plug", "name_by_user": None},
        ],
    ),
    "core.entity_registry": (
        "entities",
        [
            {"entity_id": "light.a", "original_name": "Lamp", "aliases": ["Big one", None]},
            {
                "entity_id": "light.b",
                "original_name": None,
                "has_entity_name": True,
                "device_id": "d1",
            },
            {
                "entity_id": "switch.c",
                "original_name": "Power",
                "has_entity_name": True,
                "device_id": "d2",
            },
            {"entity_id": "light.d", "name": "Mine", "original_name": "Theirs"},
            {"entity_id": "fan.no_name"},
            {"entity_id": "light.off", "original_name": "Off", "disabled_by": "user"},
            {"entity_id": "light.hid", "original_name": "Hid", "hidden_by": "user"},
            {"entity_id": "light.cfg", "original_name": "Cfg", "entity_category": "config"},
            {"entity_id": "sensor.s", "original_name": "Any", "original_device_class": "power"},
            {"entity_id": "sensor.t", "original_name": "Temp", "device_class": "temperature"},
            {
                "entity_id": "lock.l",
                "original_name": "Door",
                "options": {"conversation": {"should_expose": True}},
            },
            {
                "entity_id": "light.x",
                "original_name": "Secret",
                "options": {"conversation": {"should_expose": False}},
            },
            {"entity_id": "cover.y", "original_name": "Told apart"},
        ],
    ),
}


def registries():
    """The files of a folder .storage."""
    files = {
        f".storage/{key}": json.dumps({"key": key, "data": {section: entries}}, indent=1)
        for key, (section, entries) in REGISTRIES.items()
    }
    exposed = {"cover.y": {"assistants": {"conversation": {"should_expose": False}}}}
    body = {"assistants": {}, "exposed_entities": exposed}
    key = "homeassistant.exposed_entities"
    return files | {f".storage/{key}": json.dumps({"key": key, "data": body})}


def test_a_repository(tmp_path):
    result, pack, out = imported(tmp_path, "home_assistant", REPOSITORY, lang="en")
    assert (out / "light.yaml").read_text() == LIGHT
    assert result.files[-1].name == "IMPORT.md"
    assert result.open_templates == 1
    assert texts(pack) == {
        ("HassTurnOn", f"{verb} {color} blue the lamp")
        for verb in ("turn", "switch")
        for color in ("dark", "light")
    }
    assert [f.name for f in sorted(out.iterdir())] == [
        "IMPORT.md",
        "_common.yaml",
        "_rules_and_lists.yaml",
        "light.yaml",
    ]
    assert sorted(lost(result)) == [
        (2, "the section 'responses'"),
        (3, "a second definition of 'turn' in expansion_rules"),
        (8, "'requires_context', a condition"),
        (9, "'context' of a value of {color}"),
        (12, "'response'"),
    ]
    with pytest.raises(InputError, match="holds several languages; name one"):
        import_pack("home_assistant", tmp_path / "source", tmp_path / "again")
    with pytest.raises(InputError, match="no language 'fr'"):
        import_pack("home_assistant", tmp_path / "source", tmp_path / "again", lang="fr")


def names(out):
    """The list of names that an import wrote."""
    return read_yaml(out / "_names.yaml").value["lists"]


def test_the_registries_of_a_home(tmp_path):
    source = write(tmp_path / "home", registries())
    result, pack, out = imported(tmp_path, "home_assistant", REPOSITORY, lang="en", names=[source])
    light, values = {"domain": "light"}, names(out)
    assert values["name"]["values"] == [
        {"in": "Lamp", "context": light},
        {"in": "Big one", "out": "Lamp", "context": light},
        {"in": "Ceiling", "context": light},
        {"in": "Plug Power", "context": {"domain": "switch"}},
        {"in": "Mine", "context": light},
        {"in": "no name", "context": {"domain": "fan"}},
        {"in": "Temp", "context": {"domain": "sensor"}},
        {"in": "Door", "context": {"domain": "lock"}},
    ]
    assert values["area"]["values"] == [
        "Kitchen",
        {"in": "Galley \\(old\\)", "out": "Kitchen"},
    ]
    assert values["floor"]["values"] == ["Upstairs"]
    assert result.open_templates == 0
    assert ("HassTurnOn", "switch on Plug Power in Galley (old)") in texts(pack)
    assert "wildcard" not in (out / "_common.yaml").read_text()
    assert any("nothing of 6 entities" in note for note in result.notes)
    places = {loss.what: loss.position.line for loss in result.losses}
    lines = (source / ".storage/core.entity_registry").read_text().splitlines()
    assert '"fan.no_name"' in "".join(
        lines[places["the entity 'fan.no_name' without a name"] :][:1]
    )


def test_other_sources_of_names(tmp_path):
    fixture = "language: en\nareas:\n  - {name: Hall, id: h}\nentities:\n"
    fixture += '  - {name: "Joe[\']s (", id: light.j}\n  - {name: "Ann[\']s", id: light.a}\n'
    states = [
        {"entity_id": "light.z", "state": "on", "attributes": {"friendly_name": "Zed"}},
        {"entity_id": "light.q", "state": "on", "attributes": {}},
    ]
    files = {
        "fixture.yaml": fixture,
        "states.json": json.dumps(states),
        "areas.json": json.dumps([{"area_id": "b", "name": "Bath", "aliases": ["Loo"]}]),
        "floors.json": json.dumps([{"floor_id": "b", "name": "Cellar"}]),
        "entities.json": json.dumps([{"entity_id": "light.e", "original_name": "E", "name": None}]),
    }
    source = write(tmp_path / "home", files)
    paths = [source / name for name in files]
    result, _, out = imported(tmp_path, "home_assistant", REPOSITORY, lang="en", names=paths)
    values = names(out)
    assert [v if isinstance(v, str) else v["in"] for v in values["name"]["values"]] == [
        "Joe\\['\\]s \\(",
        "Ann[']s",
        "Zed",
        "E",
    ]
    assert values["area"]["values"] == ["Hall", "Bath", {"in": "Loo", "out": "Bath"}]
    assert values["floor"]["values"] == ["Cellar"]
    assert (1, "the entity 'light.q' without a name") in lost(result)


def test_one_file_a_folder_of_a_language_and_custom_sentences(tmp_path):
    text = LIGHT.replace("<turn>", "turn").replace("{color}", "it")
    for number, (files, path) in enumerate(
        (
            ({"light.yaml": text}, "light.yaml"),
            ({"sentences/en/light.yaml": text}, "sentences/en"),
            ({"custom_sentences/en/light.yaml": text}, "."),
        )
    ):
        _, pack, _ = imported(tmp_path / str(number), "home_assistant", files, path=path)
        assert texts(pack) == {("HassTurnOn", "turn it the lamp")}
        assert pack.lang == "en"


BROKEN = {
    "a bracket": (LIGHT.replace("[the]", "[the"), ["light.yaml:7:", "'[' is never closed"]),
    "a rule": (LIGHT, ["light.yaml:7:", "<turn>"]),
    "no sentences": ("language: en\nlists:\n  a: {values: [b]}\n", ["there are no sentences"]),
    "not YAML": ("language: en\nintents: {\n", ["not valid YAML"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, tmp_path):
    text, parts = BROKEN[case]
    write(tmp_path, {"light.yaml": text})
    with pytest.raises(InputError) as caught:
        import_pack("home_assistant", tmp_path / "light.yaml", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["light.yaml"]


def test_names_that_cannot_be_read(tmp_path):
    source = write(
        tmp_path / "source",
        {
            "light.yaml": LIGHT.replace("<turn>", "turn").replace("{color}", "it"),
            "a.json": "[1,",
            "b.json": '{"key": "core.config"}',
            "c.yaml": "lists: {}\n",
            "d.json": '{"key": "core.area_registry", "data": {"area": []}}',
            "e.json": '[{"entity_id": "light.a"}]',
            "f.yaml": "areas:\n  - {id: x}\n",
            "g.json": '{"key": "core.area_registry", "data": {"areas": []}}',
            "empty/x": "",
        },
    )
    for name, message in (
        ("a.json", r"a\.json:1:4: not valid JSON"),
        ("b.json", r"b\.json:1:1: there are no names of a home"),
        ("c.yaml", r"c\.yaml:1:1: there are no names of a home"),
        ("d.json", r"d\.json:1:1: the registry holds no 'areas'"),
        ("e.json", r"e\.json:1:2: a state has no 'attributes'"),
        ("f.yaml", r"f\.yaml:2:5: an entry of 'areas' has no name"),
        ("g.json", "there are no names in it"),
        ("empty", "there are no names of a home in"),
        ("none.json", "there is no file or folder"),
    ):
        with pytest.raises(InputError, match=message):
            import_pack(
                "home_assistant", source / "light.yaml", tmp_path / "out", names=[source / name]
            )
        assert not (tmp_path / "out").exists()


def test_the_wheel(tmp_path):
    folder = Path(pytest.importorskip("home_assistant_intents").__path__[0], "data")
    before = read_yaml(folder / "ga.json")
    made = import_pack("home_assistant", folder / "ga.json", tmp_path / "out")
    assert load_pack(tmp_path / "out").lang == "ga"
    assert set(made.intents) <= set(before.value["intents"])
    assert made.templates + made.open_templates > 10


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
@pytest.mark.parametrize("lang", ["de", "en", "nl"])
def test_real_files(tmp_path, lang):
    root = Path(os.environ["CORPUSFORGE_DATA"], "ha_intents")
    fixtures = root / "tests" / lang / "_fixtures.yaml"
    import_pack("home_assistant", root, tmp_path / "out", lang=lang, names=[fixtures])
    before = load_pack(root / "sentences" / lang, lists=[fixtures])
    after = load_pack(tmp_path / "out")
    assert {(t.intent, t.sentence) for t in after.templates} == {
        (t.intent, t.sentence) for t in before.templates
    }
    assert len(after.templates) == len(before.templates) > 300
    assert len(after.open_templates) == len(before.open_templates)


def test_sentences_without_folders_of_languages(tmp_path):
    text = "language: en\nintents: {on: {data: [{sentences: [go]}]}}\n"
    _, pack, _ = imported(tmp_path, "home_assistant", {"sentences/a.yaml": text, "README": ""})
    assert texts(pack) == {("on", "go")}
    (tmp_path / "empty" / "sentences").mkdir(parents=True)
    with pytest.raises(InputError, match="there are no template files"):
        import_pack("home_assistant", tmp_path / "empty", tmp_path / "other")
