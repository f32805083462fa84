"""Snips: YAML, JSON and tagged tokens, every construct."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from corpusforge.core.errors import InputError
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher
from tests.grammar.foreign.imports import imported, lost, said, write
from tests.grammar.packs import everything

YAML = """\
# a comment
---
type: intent
name: book
slots:
  - name: from
    entity: city
utterances:
  - fly from [from](rome) to [to:city](oslo) (now)
  - "[when:snips/datetime](tomorrow): go"
  - on
  - "[from]!"
  - at [when]
---
type: entity
name: city
automatically_extensible: no
matching_strictness: 0.8
values:
  - [rome, the eternal city, 007]
  - true
---
type: entity
name: size
use_synonyms: false
values:
  - [big, large]
"""


def test_every_construct_of_yaml(tmp_path):
    result, pack, out = imported(tmp_path, "snips", {"a.yaml": YAML}, lang="en")
    cities = [("rome", "rome"), ("rome", "the eternal city"), ("rome", "007")]
    cities += [("true", "true"), ("oslo", "oslo")]
    wanted = {("book", "on", ())}
    wanted.add(("book", "tomorrow: go", (("when", "tomorrow", "tomorrow"),)))
    wanted.add(("book", "at tomorrow", (("when", "tomorrow", "tomorrow"),)))
    for value, words in cities:
        wanted.add(("book", f"{words}!", (("from", value, words),)))
        for other, there in cities:
            slots = (("from", value, words), ("to", other, there))
            wanted.add(("book", f"fly from {words} to {there} (now)", slots))
    assert said(pack) == wanted
    entities = {s.entity for _, _, slots in everything(pack) for s in slots}
    assert entities == {"city", "snips/datetime"}
    assert lost(result) == [
        (10, "the built-in entity 'snips/datetime'"),
        (13, "the built-in entity 'snips/datetime'"),
        (17, "'automatically_extensible' of the entity 'city'"),
        (18, "'matching_strictness' of the entity 'city'"),
        (27, "the synonyms of 'big' (use_synonyms is false)"),
    ]
    assert "  size:\n    values:\n      - big\n" in (out / "_shared.yaml").read_text()


DATA_SET = {
    "language": "en",
    "intents": {
        "book": {
            "utterances": [
                {
                    "data": [
                        {"text": "fly to  "},
                        {"text": "oslo", "entity": "city", "slot_name": "to"},
                        {"text": " now"},
                    ]
                }
            ]
        }
    },
    "entities": {
        "city": {
            "data": [{"value": "rome", "synonyms": ["the eternal city"]}],
            "use_synonyms": True,
            "automatically_extensible": True,
        },
        "snips/datetime": {},
    },
    "random_seed": 1,
}


def test_every_construct_of_json(tmp_path):
    text = json.dumps(DATA_SET, indent=1)
    result, pack, _ = imported(tmp_path, "snips", {"a.json": text})
    assert pack.lang == "en"
    assert said(pack) == {
        ("book", f"fly to {words} now", (("to", value, words),))
        for words, value in (("oslo", "oslo"), ("rome", "rome"), ("the eternal city", "rome"))
    }
    lines = text.splitlines()
    places = {what: lines[line - 1].strip() for line, what in lost(result)}
    assert places == {
        "the section 'random_seed'": '"random_seed": 1',
        "'automatically_extensible' of the entity 'city'": '"automatically_extensible": true',
        "the built-in entity 'snips/datetime'": '"snips/datetime": {}',
        "the white space in 'fly to oslo now'": "{",
    }


def test_one_intent_in_a_file(tmp_path):
    body = [{"data": [{"text": "play "}, {"text": "jazz", "entity": "genre"}]}]
    files = {"a.json": json.dumps({"Play": body}), "b.json": json.dumps({"Stop": body[:0] + body})}
    _, pack, _ = imported(tmp_path, "snips", files)
    slot = (("genre", "jazz", "jazz"),)
    assert said(pack) == {("Play", "play jazz", slot), ("Stop", "play jazz", slot)}


TAGGED = {
    "train/seq.in": "fly to new york\nstop\n\n",
    "train/seq.out": "O O B-to I-to\nO\n",
    "train/label": "fly\nstop\n",
    "test/seq.in": "fly to oslo\n",
    "test/seq.out": "O O B-to\n",
    "test/label": "fly\n",
}


def test_tagged_tokens(tmp_path):
    result, pack, _ = imported(tmp_path, "snips", TAGGED)
    assert said(pack) == {
        ("fly", "fly to new york", (("to", "new york", "new york"),)),
        ("fly", "fly to oslo", (("to", "oslo", "oslo"),)),
        ("stop", "stop", ()),
    }
    assert {t.intent: t.split for t in pack.templates} == {"fly": "test", "stop": "train"}
    assert lost(result) == [
        (1, "the split train of an utterance whose template is also in test"),
    ]


BROKEN_YAML = {
    "a kind": ("type: intnt\nname: a\n", ["a.yaml:1:7:", "did you mean 'intent'"]),
    "a key": ("type: intent\nname: a\nuterances: [x]\n", ["a.yaml:3:1:", "'utterances'"]),
    "no name": ("type: intent\nutterances: [x]\n", ["a.yaml:1:1:", "has no name"]),
    "an utterance": (
        "type: intent\nname: a\nutterances:\n  - x: y\n",
        ["a.yaml:4:5:", "an utterance is text"],
    ),
    "a slot": (
        'type: intent\nname: a\nutterances:\n  - "x [y](z"\n',
        ["a.yaml:4:", "cannot be read"],
    ),
    "an entity": (
        "type: intent\nname: a\nslots: [{name: x, entity: y}]\nutterances:\n  - '[x:z](w)'\n",
        ["a.yaml:5:6:", "the entity 'z' here and 'y' elsewhere"],
    ),
    "a bracket": ("type: intent\nname: a\nutterances:\n  - 'x [y'\n", ["a.yaml:4:8:", "[slot]"]),
    "slots": ("type: intent\nname: a\nslots: [x]\n", ["a.yaml:3:9:", "'name' and 'entity'"]),
    "a value": ("type: entity\nname: a\nvalues: [{x: y}]\n", ["a.yaml:3:10:", "a value is text"]),
    "no intents": ("type: entity\nname: a\nvalues: [x]\n", ["no utterances"]),
}


@pytest.mark.parametrize("case", BROKEN_YAML)
def test_broken_yaml(case, tmp_path):
    text, parts = BROKEN_YAML[case]
    write(tmp_path, {"a.yaml": text})
    with pytest.raises(InputError) as caught:
        import_pack("snips", tmp_path / "a.yaml", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_broken_json_and_tags(tmp_path):
    bad = {"intents": {"a": {"utterances": [{"data": [{"text": "x"}]}, {"data": "y"}]}}}
    write(
        tmp_path,
        {
            "a.json": json.dumps(bad, indent=1),
            "b.json": "{",
            "c.json": '{"x": 1, "y": 2}',
            "tags/seq.in": "a b\n",
            "tags/seq.out": "O\n",
            "tags/label": "x\n",
            "other/seq.in": "a b\n",
            "other/seq.out": "O X-y\n",
            "other/label": "x\n",
            "lines/seq.in": "a b\n",
            "lines/seq.out": "O O\nO\n",
            "lines/label": "x\n",
            "files/seq.in": "a b\n",
            "files/label": "x\n",
        },
    )
    for name, message in (
        ("a.json", r"a\.json:\d+:\d+: an utterance of 'a' is no list of chunks"),
        ("b.json", r"b\.json:1:2: not valid JSON"),
        ("c.json", r"c\.json:1:1: this is no data set of Snips"),
        ("tags", r"seq\.out:1:1: 1 tags for 2 tokens"),
        ("other", r"seq\.out:1:3: 'X-y' is no tag"),
        ("lines", "have different numbers of lines: seq.in 1, seq.out 2, label 1"),
        ("files", "holds no file seq.out"),
    ):
        with pytest.raises(InputError, match=message):
            import_pack("snips", tmp_path / name, tmp_path / "out")
        assert not (tmp_path / "out").exists()


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
def test_real_files(tmp_path):
    folder = Path(os.environ["CORPUSFORGE_DATA"], "snips")
    made = import_pack("snips", folder / "valid", tmp_path / "out", lang="en")
    pack = load_pack(tmp_path / "out")
    assert len(made.intents) == 7
    words = (folder / "valid/seq.in").read_text().splitlines()
    tags = (folder / "valid/seq.out").read_text().splitlines()
    labels = (folder / "valid/label").read_text().splitlines()
    matcher = Matcher(pack)
    for text, tag, label in list(zip(words, tags, labels, strict=True))[::23]:
        wanted = {t[2:] for t in tag.split() if t != "O"}
        assert any(
            reading.intent == label.strip() and {slot.name for slot in reading.slots} == wanted
            for reading in matcher.readings(" ".join(text.split()))
        )
