"""Against hassil: its sampler writes the texts that ours does, and it recognises our rows."""

import io
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.grammar.loader import load_pack
from tests.grammar.packs import SPACED_ORDERS, drawn_rows, everything, pack_of, yaml_of

pytest.importorskip("hassil")
from hassil import recognize_all
from hassil.errors import MissingListError
from hassil.intents import Intents, TextSlotList
from hassil.sample import sample_intents
from hassil.util import merge_dict


def squeezed(text):
    return " ".join(text.split())


# hassil pads the parts of an order with spaces when it recognises, but its sampler strips the
# outer ones again: "a(b;c)" would differ, so orders stand between spaces here. Its sampler knows
# no ranges inside a sentence.
@settings(max_examples=30, deadline=None)
@given(st.lists(SPACED_ORDERS.filter(lambda s: ".." not in s), min_size=1, max_size=2))
def test_the_same_texts_as_its_sampler(sentences):
    text = yaml_of(*sentences)
    theirs = {squeezed(t) for _, t in sample_intents(Intents.from_yaml(io.StringIO(text)))}
    ours = {t for _, t, _ in everything(pack_of(text))}
    # Rows with a blank slot are no rows; no value of the lists used here is blank.
    assert ours == theirs - {""}


RECOGNISED = """\
language: en
lists:
  room: {values: [kitchen, "living room", {in: "(guest|spare) room", out: guest}]}
  thing: {values: [{in: "light[s]", out: light}, fan]}
  level: {range: {from: 0, to: 100, step: 10}}
expansion_rules:
  in: "(in|of)"
  where: "<in> [the] {room}"
  please: "please"
intents:
  turn:
    data:
      - sentences:
          - "[<please>] turn (on|off) [the] {thing} [<where>]"
          - "(switch;<where>;{thing}) now"
      - sentences: ["<please> <what>"]
        slots: {domain: cover}
        expansion_rules: {what: "(open|close) all {own:thing}", please: "kindly"}
        lists: {own: {values: [shutter, {in: "blind[s]", out: blind}]}}
  level:
    data:
      - sentences:
          - "set {thing} (to|at) {level} [percent]"
          - "{room:from} to {room:to} at {5..15,5:speed}"
"""


def test_it_recognises_our_rows_with_the_same_intent_and_slots():
    intents = Intents.from_yaml(io.StringIO(RECOGNISED))
    rows = drawn_rows(pack_of(RECOGNISED), 400).rows
    assert len(rows) == 400
    for row in rows:
        slots = {slot.name: slot.value for slot in row.slots} | dict(row.template.fixed)
        found = [
            (r.intent.name, {e.name: str(e.value).removesuffix(".0") for e in r.entities_list})
            for r in recognize_all(row.text, intents)
        ]
        for _, values in found:  # hassil has no value where `out` is missing, we take the words
            values.update({k: slots.get(k, v) for k, v in values.items() if v == "None"})
        assert (row.template.intent, slots) in found, row.text


DATA = os.environ.get("CORPUSFORGE_DATA")
HOSTED = """\
lists:
  name: {values: [bedroom lamp, kitchen switch]}
  area: {values: [kitchen, living room]}
  floor: {values: [first floor]}
"""


@pytest.fixture(scope="module")
def home_assistant():
    if not DATA or not (Path(DATA) / "ha_intents").is_dir():
        pytest.skip("needs the Home Assistant intents: CORPUSFORGE_DATA/ha_intents")
    return Path(DATA) / "ha_intents"


def load_home_assistant(folder, lang, tmp_path):
    hosted = tmp_path / "hosted.yaml"
    hosted.write_text(HOSTED)
    rules = sorted((folder / "rules" / lang).glob("*.yaml"))
    return load_pack(folder / "sentences" / lang, lists=[hosted, *rules])


@pytest.mark.parametrize("lang", ["en", "de"])
def test_it_recognises_our_rows_of_home_assistant(home_assistant, lang, tmp_path):
    pack = load_home_assistant(home_assistant, lang, tmp_path)
    rows = drawn_rows(pack, 150, seed=3).rows
    files = sorted((home_assistant / "sentences" / lang).glob("*.yaml"))
    merged = {}
    for file in files:
        merge_dict(merged, yaml.safe_load(file.read_text(encoding="utf-8")))
    for intent in merged["intents"].values():
        for block in intent["data"]:  # what the house must look like is not in the words
            for key in ("requires_context", "excludes_context", "required_keywords"):
                block.pop(key, None)
    intents = Intents.from_dict(merged)
    hosted = {
        "name": TextSlotList.from_strings(["bedroom lamp", "kitchen switch"]),
        "area": TextSlotList.from_strings(["kitchen", "living room"]),
        "floor": TextSlotList.from_strings(["first floor"]),
    }
    checked = 0
    for row in rows:
        if "/" in row.template.file:
            continue  # a layout that hassil's own loader does not read
        try:
            found = {
                (r.intent.name, *sorted(e.name for e in r.entities_list))
                for r in recognize_all(row.text, intents, slot_lists=hosted)
            }
        except MissingListError:
            continue
        wanted = {slot.name for slot in row.slots} | {name for name, _ in row.template.fixed}
        assert (row.template.intent, *sorted(wanted)) in found, row.text
        checked += 1
    assert checked >= 100


OWN_KEYS = """\
language: en
imports: []
wording: {politeness: 0.3}
intents:
  book:
    description: wants to fly
    out_of_scope: false
    data:
      - sentences: ["fly from {city:from_city} to {city:to_city}"]
        id: fly
        weight: 3
        split: train
        roles: {from_city: {slot: city, role: departure}, to_city: {slot: city, role: arrival}}
        constraints: [{different: [from_city, to_city]}]
  switch:
    data:
      - sentences: ["{article:@article} {thing} on"]
        constraints: [{agree: [article, thing]}]
lists:
  city: {values: [Rome, {in: Oslo, weight: 2, attributes: {north: true}}]}
  article: {values: [{in: der, agreement: m}, {in: die, agreement: f}]}
  thing: {values: [{in: Herd, agreement: m}, {in: Lampe, agreement: f}]}
"""


def test_hassil_loads_files_with_our_keys_and_reads_our_rows():
    theirs = Intents.from_yaml(io.StringIO(OWN_KEYS))
    for template, text, slots in everything(pack_of(OWN_KEYS.replace("politeness: 0.3", ""))):
        found = {
            (result.intent.name, tuple(sorted(str(e.value) for e in result.entities_list)))
            for result in recognize_all(text, theirs)
        }
        assert (template.intent, tuple(sorted(slot.value for slot in slots))) in found
