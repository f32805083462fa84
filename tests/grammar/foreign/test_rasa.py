"""Rasa: YAML with every construct, Markdown and JSON of version 1."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.foreign.imports import imported, lost, said, texts, write
from tests.grammar.packs import everything

NLU = """\
version: "3.1"
intents:
  - fly
nlu:
- intent: fly
  examples: |
    - fly to [Rome](city)
    - Fly to [NY](city:New York), please!
    # not an example
    - from [Rome]{"entity": "city", "role": "from"} to [Oslo]{"entity": "city", "role": "to"}
    - a [large]{"entity": "size-x", "group": "1", "value": "L"} one (now)
    - go  [home][{"entity": "city"}, {"entity": "place", "more": 1}]
- intent: faq/who
  metadata:
    sentiment: neutral
  examples:
    - text: |
        who are you?
      metadata: {a: 1}
    - text: 'I said "hi: you"'
- synonym: New York
  examples: |
    - big apple
    - the big  apple
- synonym: nothing marks this
  examples: |
    - at all
- lookup: city
  examples: |
    - Bergen
- lookup: unused
  examples: |
    - 007
- regex: zip
  examples: |
    - \\d{5}
- intent: empty
responses:
  utter_hi:
  - text: hi
"""


def test_every_construct(tmp_path):
    files = {"data/nlu.yml": NLU, "config.yml": "language: en\n", "README.md": "# Read me\n"}
    result, pack, out = imported(tmp_path, "rasa", files, lang="en")
    cities = {
        "Rome": "Rome",
        "NY": "New York",
        "Oslo": "Oslo",
        "home": "home",
        "Bergen": "Bergen",
        "big apple": "New York",
        "the big apple": "New York",
    }
    wanted = {("faq/who", "who are you?", ()), ("faq/who", 'I said "hi: you"', ())}
    for words, value in cities.items():
        slot = (("city", value, words),)
        wanted |= {("fly", f"fly to {words}", slot), ("fly", f"Fly to {words}, please!", slot)}
        wanted.add(("fly", f"go {words}", slot))
        for other, there in cities.items():
            both = (("city", value, words), ("city", there, other))
            wanted.add(("fly", f"from {words} to {other}", both))
    wanted.add(("fly", "a large one (now)", (("size_x", "L", "large"),)))
    assert said(pack) == wanted
    labels = {(s.name, s.role, s.group) for _, _, slots in everything(pack) for s in slots}
    assert labels == {
        ("city", "", ""),
        ("city", "from", ""),
        ("city", "to", ""),
        ("size_x", "", "1"),
    }
    assert sorted(lost(result)) == [
        (1, "a file without 'nlu:'"),
        (2, "the section 'intents'"),
        (9, "the line '# not an example' without '- '"),
        (11, "the slot name 'size-x'"),
        (12, 'a second annotation of \'home\': {"entity": "place", "more": 1}'),
        (12, "the white space in 'go home'"),
        (14, "metadata of the intent 'faq/who'"),
        (19, "'metadata' of an example"),
        (27, "the synonym 'nothing marks this'"),
        (34, "the regular expressions of 'zip'"),
        (37, "the intent 'empty' without examples"),
        (38, "the section 'responses'"),
    ]
    assert '      - "007"\n' in (out / "_shared.yaml").read_text()


MARKDOWN = """\
<!-- a comment
## intent:no
- no -->
# Title
## intent:fly
- fly to [Rome](city)
* fly to [NY](city:New York)
stray
## lookup:city
- Oslo
## lookup:town
data/towns.txt
## synonym:Rome
- the eternal city
## regex:zip
- [0-9]{5}
## Notes
- nothing
"""
JSON = {
    "rasa_nlu_data": {
        "regex_features": [{"name": "zip", "pattern": "[0-9]{5}"}],
        "lookup_tables": [
            {"name": "city", "elements": ["Oslo"]},
            {"name": "town", "elements": "data/towns.txt"},
        ],
        "entity_synonyms": [{"value": "Rome", "synonyms": ["the eternal city"]}],
        "common_examples": [
            {
                "text": "fly to Rome",
                "intent": "fly",
                "entities": [{"start": 7, "end": 11, "value": "Rome", "entity": "city"}],
            },
            {
                "text": "fly to NY",
                "intent": "fly",
                "entities": [{"start": 7, "end": 9, "value": "New York", "entity": "city"}],
            },
            {"text": "no intent"},
        ],
    }
}
CITIES = [
    ("Rome", "Rome"),
    ("NY", "New York"),
    ("Oslo", "Oslo"),
    ("the eternal city", "Rome"),
]


@pytest.mark.parametrize("kind", ["md", "json"])
def test_version_1(tmp_path, kind):
    text = MARKDOWN if kind == "md" else json.dumps(JSON, indent=1)
    files = {f"data/nlu.{kind}": text, "data/towns.txt": "Graz\n\nLinz\n"}
    result, pack, out = imported(tmp_path, "rasa", files, path=f"data/nlu.{kind}")
    assert said(pack) == {
        ("fly", f"fly to {words}", (("city", value, words),)) for words, value in CITIES
    }
    assert (
        "  town:\n    values:\n      - Graz\n      - Linz\n" in (out / "_shared.yaml").read_text()
    )
    found = [what for _, what in lost(result)]
    assert "the regular expressions of 'zip'" in found
    if kind == "md":
        assert sorted(lost(result)) == [
            (8, "the line 'stray' without '- '"),
            (15, "the regular expressions of 'zip'"),
            (17, "the section 'Notes'"),
        ]
    else:
        assert "an example without text or intent" in found
        lines = {loss.position.line for loss in result.losses}
        assert len(lines) == len(result.losses)


def test_annotations_that_are_none_stay_text_and_are_named(tmp_path):
    lines = ["say [a](b", "say [a](b]", "say [a] (b)", "say (a) [b] [c](d)"]
    text = "## intent:a\n" + "".join(f"- {line}\n" for line in lines[:3])
    result, pack, _ = imported(tmp_path, "rasa", {"nlu.md": text})
    assert texts(pack) == {("a", line) for line in lines[:3]}
    notes = [note for note in result.notes if "looks like an annotation" in note]
    assert [f"nlu.md:{n}: " in note for n, note in enumerate(notes, 2)] == [True] * 3
    text = f"## intent:a\n- {lines[3]}\n"
    result, _, _ = imported(tmp_path / "fine", "rasa", {"nlu.md": text})
    assert not [note for note in result.notes if "looks like an annotation" in note]


def test_a_lookup_table_that_is_not_there(tmp_path):
    text = "## intent:a\n- b\n## lookup:x\nnone.txt\n"
    result, _, _ = imported(tmp_path, "rasa", {"nlu.md": text})
    assert (4, "the lookup table 'none.txt', a file that is not there") in lost(result)


HEAD = 'version: "3.1"\nnlu:\n'
BROKEN = {
    "no nlu": ('version: "3.1"\nintents: [a]\n', ["n.yml:1:1:", "'nlu'"]),
    "JSON of an annotation": (
        HEAD + '- intent: a\n  examples: |\n    - x [y]{"entity" "z"}\n',
        ["n.yml:5:12:", "not valid JSON"],
    ),
    "an annotation without entity": (
        HEAD + '- intent: a\n  examples: |\n    - x [y]{"entty": "z"}\n',
        ["n.yml:5:12:", "did you mean 'entity'"],
    ),
    "an unknown kind": (HEAD + "- intnt: a\n", ["n.yml:3:3:", "did you mean 'intent'"]),
    "an unknown key": (
        HEAD + "- intent: a\n  exampels: |\n    - x\n",
        ["n.yml:4:3:", "did you mean 'examples'"],
    ),
    "no name": (HEAD + "- intent:\n  examples: |\n    - x\n", ["n.yml:3:3:", "has no name"]),
    "examples that are a number": (
        HEAD + "- intent: a\n  examples: {b: c}\n",
        ["n.yml:4:13:", "'- ' lines"],
    ),
    "an example without text": (
        HEAD + "- intent: a\n  examples:\n  - txt: x\n",
        ["n.yml:5:5:", "did you mean 'text'"],
    ),
    "not YAML": (HEAD + "- intent: a: b\n", ["n.yml:3:12:", "not valid YAML"]),
    "no examples": (HEAD + "- regex: a\n  examples: |\n    - x\n", ["no training examples"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, tmp_path):
    text, parts = BROKEN[case]
    write(tmp_path, {"n.yml": text})
    with pytest.raises(InputError) as caught:
        import_pack("rasa", tmp_path / "n.yml", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["n.yml"]


def test_broken_files_of_version_1(tmp_path):
    bad = {"rasa_nlu_data": {"common_examples": [{"text": "x", "intent": "a"}, {}]}}
    bad["rasa_nlu_data"]["common_examples"][1] = {
        "text": "go",
        "intent": "a",
        "entities": [{"start": 0, "end": "x", "entity": "e"}],
    }
    files = {"a.json": json.dumps(bad, indent=1), "b.json": '{"a": 1,}\n', "c.md": "## intent:\n"}
    write(tmp_path, files)
    for name, message in (
        ("a.json", r"a\.json:8:\d+: the entities of 'go' cannot be read"),
        ("b.json", r"b\.json:1:\d+: not valid JSON"),
        ("c.md", r"c\.md:1:1: 'intent' has no name"),
    ):
        with pytest.raises(InputError, match=message):
            import_pack("rasa", tmp_path / name, tmp_path / "out")


WORDS = st.text("abc é(){}<>|[;:'\\\"0.", min_size=1, max_size=6).map(lambda t: f"w{t}w")
PLAIN = WORDS.map(lambda t: t.replace("[", "(").replace("{", "("))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(PLAIN, PLAIN, st.sampled_from(["e", "f"]), st.sampled_from(["", "r"])),
        min_size=1,
        max_size=3,
    )
)
def test_every_utterance_is_said_with_its_slots(tmp_path_factory, parts):
    """Each part is (words before, marked words, entity, role)."""
    annotated, plain, slots = "", "", []
    for before, words, entity, role in parts:
        body = json.dumps({"entity": entity, **({"role": role} if role else {})})
        annotated += f"{before} [{words}]{body} "
        plain += f"{before} {words} "
        slots.append((entity, role, " ".join(words.split())))
    nlu = [{"intent": "a", "examples": [{"text": annotated}]}]
    text = json.dumps({"version": "3.1", "nlu": nlu}, ensure_ascii=False)
    _, pack, _ = imported(tmp_path_factory.mktemp("rasa"), "rasa", {"nlu.yml": text})
    found = {
        (text, tuple((s.name, s.role, s.text) for s in slots))
        for _, text, slots in everything(pack)
    }
    assert (" ".join(plain.split()), tuple(slots)) in found


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
def test_real_files(tmp_path):
    folder = Path(os.environ["CORPUSFORGE_DATA"], "rasa_nlu")
    whole = import_pack("rasa", folder, tmp_path / "all", lang="en")
    assert whole.losses == ()
    separate = 0
    for file in sorted(folder.glob("*/nlu.yml")):
        made = import_pack("rasa", file, tmp_path / file.parent.name, lang="en")
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
        examples = {" ".join(line[1:].split()) for line in lines if line.startswith("- ")}
        examples -= {line for line in examples if line.startswith("intent:")}
        assert {text for _, text in texts(load_pack(tmp_path / file.parent.name))} == examples
        separate += made.templates
    assert 0 < whole.templates <= separate
