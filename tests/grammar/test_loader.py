import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpusforge.core.errors import InputError
from corpusforge.grammar.check import check_templates
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.splits import split_templates
from tests.grammar.packs import everything, pack_of, yaml_of

SMART_HOME = Path(__file__).parents[2] / "templates" / "smart_home"


def write(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def texts(pack):
    return sorted(text for _, text, _ in everything(pack))


def test_files_of_a_folder_are_one_pack_and_recipes_are_not_templates(tmp_path):
    write(
        tmp_path,
        _common="language: en\nlists: {x: {values: [a]}}\nexpansion_rules: {r: '<later> {x}'}\n",
        b="language: en\nexpansion_rules: {later: now}\nlists: {x: {values: [b]}}\n",
        sub__c="language: en\nintents: {i: {data: [{sentences: ['do <r>']}]}}\n",
        recipe="# a comment\nname: not a template\nlicense: MIT\n",
        also="{name: not a template, lang: en}\n",
        recipes__recipe_book="language: en\nintents: {k: {data: [{sentences: ['cook {x}']}]}}\n",
    )
    pack = load_pack(tmp_path)
    assert texts(pack) == ["cook a", "cook b", "do now a", "do now b"]
    assert [t.file for t in pack.templates] == ["recipes/recipe_book.yaml", "sub/c.yaml"]


def test_a_folder_with_nothing_but_recipes(tmp_path):
    write(tmp_path, mine="name: x\nlicense: MIT\n")
    with pytest.raises(InputError, match=r"no template files.*\n.*mine.yaml: recipes"):
        load_pack(tmp_path)


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs root")
def test_a_folder_that_cannot_be_read(tmp_path):
    write(tmp_path, sub__a="language: en\nintents: {k: {data: [{sentences: [x]}]}}\n")
    (tmp_path / "sub").chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(InputError, match="cannot be read: Permission denied"):
            load_pack(tmp_path)
    finally:
        os.seteuid(0)


def test_rules_of_a_block_bind_late_and_hide_global_ones():
    pack = pack_of("""\
language: en
expansion_rules: {frame: "turn <what> <how>", what: global, how: "on"}
intents:
  i:
    data:
      - sentences: ["<frame>"]
        expansion_rules: {what: "local [<how>]"}
      - sentences: ["<frame>"]
""")
    assert texts(pack) == ["turn global on", "turn local on", "turn local on on"]


def test_own_lists_hide_global_ones_and_keep_their_values_apart():
    pack = pack_of("""\
language: en
lists: {x: {values: [global]}}
intents:
  i:
    data:
      - {sentences: ["{x}"]}
      - {sentences: ["own {x}"], lists: {x: {values: [mine]}}}
      - {sentences: ["and {x}"], lists: {x: {values: [mine]}}}
      - {sentences: ["yet {x}"], lists: {x: {values: [other]}}}
""")
    found = {text: slots[0].entity for _, text, slots in everything(pack)}
    assert found == {"global": "x", "own mine": "x#2", "and mine": "x#2", "yet other": "x#3"}


def test_an_intent_may_be_named_by_its_folder(tmp_path):
    write(tmp_path, TurnOn__all="language: en\ndata: [{sentences: [turn on]}]\n")
    assert [t.intent for t in load_pack(tmp_path).templates] == ["TurnOn"]


def test_ids():
    text = """\
language: en
intents:
  i:
    data:
      - {sentences: [a], id: one}
      - {sentences: [b, c], id: two}
      - {sentences: [d]}
      - {sentences: [d]}
"""
    ids = [template.id for template in pack_of(text).templates]
    assert ids[:3] == ["one", "two/1", "two/2"]
    assert len(set(ids)) == 5
    assert ids == [template.id for template in pack_of(text).templates]
    # Another sentence elsewhere changes no hash.
    more = text.replace("[a]", "[z]")
    assert [template.id for template in pack_of(more).templates][1:] == ids[1:]


def test_out_of_scope_weight_fixed_slots_and_keys_of_recognisers():
    (template,) = pack_of("""\
language: en
responses: {errors: {no_intent: x}}
skip_words: [please]
settings: {ignore_whitespace: true}
intents:
  i:
    out_of_scope: true
    description: chatter
    data:
      - sentences: [a]
        weight: 2.5
        slots: {domain: [light, fan], n: 1}
        response: x
        requires_context: {domain: light}
        excludes_context: {area: null}
        required_keywords: [a]
        metadata: {slot_combination: x}
        settings: {filter_with_regex: false}
""").templates
    assert (template.out_of_scope, template.weight) == (True, 2.5)
    assert template.fixed == (("domain", '["light", "fan"]'), ("n", "1"))


def test_a_region_is_part_of_its_language(tmp_path):
    write(tmp_path, a="language: en-GB\nintents: {i: {data: [{sentences: [a]}]}}\n")
    assert load_pack(tmp_path, lang="en").lang == "en"
    with pytest.raises(InputError):
        load_pack(tmp_path, lang="de")


def test_blank_values_are_noted():
    pack = pack_of(
        "language: en\nlists: {x: {values: ['[a]']}}\n"
        "intents: {i: {data: [{sentences: ['{x}']}]}}\n"
    )
    assert pack.notes == ("a value of the list {x} can be empty; sentences with it are left out",)


def test_a_report_without_anything_heavy():
    code = (
        "import sys; from pathlib import Path\n"
        "from corpusforge.grammar.check import check_templates\n"
        f"print(check_templates(Path({str(SMART_HOME / 'en')!r})).templates)\n"
        "print([m for m in ('numpy', 'pyarrow', 'jsonschema', 'rich') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, heavy = out.stdout.splitlines()
    assert int(count) > 300
    assert heavy == "[]"


def test_checking_is_fast():
    start = time.process_time()
    report = check_templates(SMART_HOME / "en")
    assert time.process_time() - start < 0.5
    assert report.derivations > 10_000
    assert sum(report.intents.values()) == report.templates


OWN_KEYS = """\
language: en
intents:
  go:
    data:
      - id: block
        weight: 2
        sentences:
          - plain
          - {text: "heavy [one]", weight: 5}
          - text: named
            id: mine
            split: test
      - split: validation
        sentences: [held, {text: back, split: train}]
"""


def test_sentences_with_keys_of_their_own(tmp_path):
    write(tmp_path, a=OWN_KEYS)
    pack = load_pack(tmp_path)
    found = {t.sentence: (t.id, t.weight, t.split) for t in pack.templates}
    assert found["plain"] == ("block/1", 2.0, "")
    assert found["heavy [one]"] == ("block/2", 5.0, "")
    assert found["named"] == ("mine", 2.0, "test")
    assert (found["held"][1:], found["back"][1:]) == ((1.0, "validation"), (1.0, "train"))
    splits, _ = split_templates(pack.templates, seed=1)
    by_sentence = {t.sentence: splits[t.id] for t in pack.templates}
    assert by_sentence == {
        "plain": "train",
        "heavy [one]": "train",
        "named": "test",
        "held": "validation",
        "back": "train",
    }


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("split: test", "split: tets", 12, "did you mean 'test'"),
        ("id: mine", "id: a/b", 11, "cannot be an id"),
        ("id: mine", "wieght: 3", 11, "did you mean 'weight'"),
        ('"heavy [one]"', '"heavy [one"', 9, "never closed"),
        ("- text: named", "- weight: 3", 10, "a mapping with the key 'text'"),
        ("split: validation", "id: mine", 13, "used twice"),
    ],
)
def test_wrong_keys_of_sentences_are_pointed_at(tmp_path, before, after, line, message):
    text = OWN_KEYS.replace(before, after)
    if "twice" in message:
        text = text.replace(", {text: back, split: train}", "")
    write(tmp_path, a=text)
    with pytest.raises(InputError) as error:
        load_pack(tmp_path)
    assert message in str(error.value)
    assert f":{line}:" in str(error.value)


def test_lists_of_the_host_that_no_template_uses_are_named(tmp_path):
    (tmp_path / "a.yaml").write_text(
        yaml_of("go to {city}", more="lists: {city: {wildcard: true}}")
    )
    (tmp_path / "l.yaml").write_text("lists: {cty: {values: [Rome]}}\n")
    notes = load_pack(tmp_path / "a.yaml", lists=[tmp_path / "l.yaml"]).notes
    assert any("no template uses the list cty" in n and "did you mean city?" in n for n in notes)
    (tmp_path / "l.yaml").write_text("lists: {city: {values: [Rome]}}\n")
    assert load_pack(tmp_path / "a.yaml", lists=[tmp_path / "l.yaml"]).notes == ()
