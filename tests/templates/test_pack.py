"""Rules that the shipped packs keep, read from the YAML as it is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpusforge.core.recipe_file import load_recipe
from corpusforge.grammar.check import check_templates

PACKS = Path(__file__).parents[2] / "templates"
LANGUAGES = ["en", "de"]


def read_pack(lang: str) -> dict[str, Any]:
    """All files of a language merged: intents, lists, expansion_rules."""
    merged: dict[str, Any] = {"intents": {}, "lists": {}, "expansion_rules": {}}
    for path in sorted((PACKS / "smart_home" / lang).glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert document["language"] == lang
        for section, entries in merged.items():
            for name, value in document.get(section, {}).items():
                assert name not in entries, f"{path.name}: {name} is defined twice"
                entries[name] = value
    return merged


def sentences_by_intent(pack: dict[str, Any]) -> dict[str, list[str]]:
    """Sentence templates of each intent, in file order."""
    return {
        name: [sentence for block in intent["data"] for sentence in block["sentences"]]
        for name, intent in pack["intents"].items()
    }


@pytest.mark.parametrize(("lang", "intents"), [("en", 26), ("de", 15)])
def test_size(lang: str, intents: int) -> None:
    pack = read_pack(lang)
    sentences = sentences_by_intent(pack)
    assert len(sentences) == intents
    assert min(map(len, sentences.values())) >= 11
    assert [name for name, intent in pack["intents"].items() if intent.get("out_of_scope")] == [
        "out_of_scope"
    ]
    written = [sentence for block in sentences.values() for sentence in block]
    assert len(set(written)) == len(written)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_punctuation_and_one_apostrophe(lang: str) -> None:
    """Written as spoken; hassil strips punctuation from what it hears, so none may be needed."""
    for sentences in sentences_by_intent(read_pack(lang)).values():
        for sentence in sentences:
            assert not re.search(r"[,.!?;\u2019]|  ", sentence), sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_list_and_rule_is_used(lang: str) -> None:
    pack = read_pack(lang)
    bodies = [s for block in sentences_by_intent(pack).values() for s in block]
    bodies += pack["expansion_rules"].values()
    text = " ".join(bodies)
    lists = set(re.findall(r"\{(\w+)(?::\w+)?\}", text))
    rules = set(re.findall(r"<(\w+)>", text))
    assert lists == set(pack["lists"])
    assert rules == set(pack["expansion_rules"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_person_names_are_balanced_over_declared_gender(lang: str) -> None:
    people = read_pack(lang)["lists"]["person"]["values"]
    genders = Counter(person["attributes"]["gender"] for person in people)
    assert set(genders) == {"f", "m", "x"}
    assert len(set(genders.values())) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lists_hold_each_surface_once(lang: str) -> None:
    for name, entry in read_pack(lang)["lists"].items():
        surfaces = [v["in"] if isinstance(v, dict) else v for v in entry.get("values", [])]
        assert len(set(map(str.casefold, surfaces))) == len(surfaces), name
        for value in entry.get("values", []):
            assert isinstance(value, str) or isinstance(value["out"], str), (name, value)


@pytest.mark.parametrize(("file", "lang"), [("recipe.yaml", "en"), ("recipe_de.yaml", "de")])
def test_recipes_load_and_their_templates_have_no_fault(file: str, lang: str) -> None:
    recipe = load_recipe(PACKS / "smart_home" / file)
    assert (recipe.lang, recipe.license) == (lang, "CC0-1.0")
    assert recipe.grammar.path is not None
    report = check_templates(recipe.path(recipe.grammar.path), lang=recipe.lang)
    assert report.notes == ()
    assert report.derivations > 10 * recipe.grammar.rows
    assert recipe.clean.bias_attributes == ("gender",)
