"""Rules that the shipped packs keep, read from the YAML as it is."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from corpusforge.core.recipe_file import load_recipe
from corpusforge.grammar.check import check_templates
from corpusforge.grammar.functions import sample
from corpusforge.grammar.lint import lint_path
from tests.templates.shipped import PACKS, SHIPPED

NO_PEOPLE = ("media", "weather", "out_of_scope")
DESCRIBED = [(pack, lang) for pack, lang in SHIPPED if pack != "smart_home"]
WITH_PEOPLE = [(pack, lang) for pack, lang in SHIPPED if pack not in NO_PEOPLE]
# These say nothing that their assistant cannot serve.
IN_SCOPE = ("media", "timers_lists", "weather")


def read_pack(pack: str, lang: str) -> dict[str, Any]:
    """All files of a pack merged: intents, lists, expansion_rules."""
    merged: dict[str, Any] = {"intents": {}, "lists": {}, "expansion_rules": {}}
    for path in sorted((PACKS / pack / lang).glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert document["language"] == lang
        for section, entries in merged.items():
            for name, value in document.get(section, {}).items():
                if name == "out_of_scope" and name in entries:  # one file for each topic
                    data = entries[name]["data"] + value["data"]
                    entries[name] = {**entries[name], **value, "data": data}
                    continue
                assert name not in entries, f"{path.name}: {name} is defined twice"
                entries[name] = value
    return merged


def sentences_by_intent(merged: dict[str, Any]) -> dict[str, list[str]]:
    """Sentence templates of each intent, in file order."""
    return {
        name: [sentence for block in intent["data"] for sentence in block["sentences"]]
        for name, intent in merged["intents"].items()
    }


@pytest.mark.parametrize(
    ("pack", "lang", "intents", "least"),
    [
        ("smart_home", "en", 26, 11),
        ("smart_home", "de", 15, 11),
        ("banking", "en", 35, 38),
        ("banking", "de", 16, 20),
        ("banking", "es", 9, 14),
        ("out_of_scope", "en", 1, 300),
        ("media", "en", 12, 38),
        ("media", "de", 4, 18),
        ("timers_lists", "en", 12, 38),
        ("weather", "en", 1, 100),
        ("weather", "es", 1, 30),
        ("timers_lists", "de", 5, 12),
        ("weather", "de", 1, 20),
        ("timers_lists", "fr", 5, 12),
        ("weather", "fr", 1, 20),
        ("timers_lists", "es", 5, 12),
    ],
)
def test_size(pack: str, lang: str, intents: int, least: int) -> None:
    merged = read_pack(pack, lang)
    sentences = sentences_by_intent(merged)
    assert len(sentences) == intents
    assert min(map(len, sentences.values())) >= least
    out = [name for name, intent in merged["intents"].items() if intent.get("out_of_scope")]
    assert out == ([] if pack in IN_SCOPE else ["out_of_scope"])
    written = [sentence for block in sentences.values() for sentence in block]
    assert len(set(written)) == len(written)


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_no_punctuation_and_one_apostrophe(pack: str, lang: str) -> None:
    """Written as spoken; hassil strips punctuation from what it hears, so none may be needed."""
    for sentences in sentences_by_intent(read_pack(pack, lang)).values():
        for sentence in sentences:
            assert not re.search(r"[,.!?;\u2019]|  ", sentence), sentence


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_every_list_and_rule_is_used(pack: str, lang: str) -> None:
    merged = read_pack(pack, lang)
    bodies = [s for block in sentences_by_intent(merged).values() for s in block]
    bodies += merged["expansion_rules"].values()
    text = " ".join(bodies)
    lists = set(re.findall(r"\{(\w+)(?::\w+)?\}", text))
    rules = set(re.findall(r"<(\w+)>", text))
    assert lists == set(merged["lists"])
    assert rules == set(merged["expansion_rules"])


@pytest.mark.parametrize(("pack", "lang"), WITH_PEOPLE)
def test_person_names_are_balanced_over_declared_gender(pack: str, lang: str) -> None:
    people = read_pack(pack, lang)["lists"]["person"]["values"]
    genders = Counter(person["attributes"]["gender"] for person in people)
    assert set(genders) == {"f", "m", "x"}
    assert len(set(genders.values())) == 1


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_lists_hold_each_surface_once(pack: str, lang: str) -> None:
    for name, entry in read_pack(pack, lang)["lists"].items():
        surfaces = [v["in"] if isinstance(v, dict) else v for v in entry.get("values", [])]
        assert len(set(map(str.casefold, surfaces))) == len(surfaces), name
        for value in entry.get("values", []):
            assert isinstance(value, str) or isinstance(value["out"], str), (name, value)


@pytest.mark.parametrize(("pack", "lang"), SHIPPED)
def test_recipes_load_and_their_templates_have_no_fault(pack: str, lang: str) -> None:
    recipe = load_recipe(pack if lang == "en" else f"{pack}_{lang}")
    assert (recipe.lang, recipe.license) == (lang, "CC0-1.0")
    assert recipe.grammar.path is not None
    report = check_templates(recipe.path(recipe.grammar.path), lang=recipe.lang)
    assert report.notes == ()
    assert report.derivations > 10 * recipe.grammar.rows
    if (pack, lang) in WITH_PEOPLE:
        assert recipe.clean.bias_attributes == ("gender",)


@pytest.mark.parametrize(("pack", "lang"), DESCRIBED)
def test_lint_finds_no_error_and_no_warning(pack: str, lang: str) -> None:
    """So no sentence of two intents, none with two readings, no dead rule or list."""
    result = lint_path(PACKS / pack / lang)
    # Of hundreds of templates some are always small beside the largest.
    told = [f for f in result.findings if (f.rule, pack) != ("drowning", "out_of_scope")]
    assert [f.message for f in told if f.severity != "note"] == []


@pytest.mark.parametrize(("pack", "lang"), DESCRIBED)
def test_every_intent_is_described_in_one_sentence(pack: str, lang: str) -> None:
    """The authoring input is kept beside the sentences."""
    for name, intent in read_pack(pack, lang)["intents"].items():
        assert len(intent["description"].split()) >= 4, name
        assert not re.search(r"[.!?]", intent["description"]), name
    assert (PACKS / pack / "AUTHORING.md").is_file()


# One of each kind in every intent, or the style of a sentence would give its intent away.
STYLES = {
    "en": {
        "indirect question": r"<tell_me>",
        "look-up": r"<(check|see)>",
        "wish for a thing": r"<(give|have)>",
        "own wish": r"<i_want_to>",
        "request": r"<can_you>",
        "closing politeness": r"<(please|thanks)>",
        "greeting": r"<hi>",
        "direct question": r"^(what|how|when|why|where|which|who|is|are|does?|did|can|has|will)\b",
        "statement": r"^(I|I'm|I've|I'd|my|there|the|it|they|somebody|someone)\b",
        "more than one speaker": r"\b(we|we're|we'd|our)\b",
    },
    "de": {
        "indirect question": r"<sag_mir>",
        "wish for a thing": r"<(gib_mir|zeig_mir|erklaer)>",
        "own wish": r"<ich_will>",
        "request": r"<kannst_du>",
        "closing politeness": r"<bitte>",
        "greeting": r"<hallo>",
        "more than one speaker": r"\b(wir|unser\w*)\b",
    },
    "es": {
        "indirect question": r"<dime>",
        "wish for a thing": r"<dame>",
        "own wish": r"<quiero>",
        "request": r"<puedes>",
        "closing politeness": r"<por_favor>",
        "greeting": r"<hola>",
        "more than one speaker": r"\b(\w+[aei]mos|nuestr[ao])\b",
    },
}


@pytest.mark.parametrize("lang", STYLES)
def test_no_intent_of_the_bank_owns_a_style(lang: str) -> None:
    for name, sentences in sentences_by_intent(read_pack("banking", lang)).items():
        if name == "out_of_scope":
            continue
        for style, pattern in STYLES[lang].items():
            found = sum(bool(re.search(pattern, sentence)) for sentence in sentences)
            assert 1 <= found <= 0.5 * len(sentences), (name, style, found)


# Wordings that speak of no intent; every intent of the packs of the home has most of them.
SHARED_WORDINGS = {
    "request": r"^(please|can you|could you|would you|will you)\b",
    "own wish": r"^(I want|I need|I'd like|I would like|I wanna)\b",
    "politeness": r"\b(please|thanks|thank you)$",
    "greeting": r"^(hey|hi|hello|okay|ok|so|um|alright|well)\b",
    "question": r"^(what|how|when|why|where|which|who|is|are|do|does|did|can|could|has)\b",
    "statement": r"^(I|I'm|I've|my|the|it's|that's|this)\b",
    "first person": r"\b(I|I'm|I'd|I've|me|my|we|we're|our)\b",
}


# The same of the timers in other languages, as far as a pattern of words can tell.
SHARED_TONGUES = {
    "de": {
        "request": r"^(bitte|komm|los|kannst du|könntest du|würdest du|magst du)\b",
        "own wish": r"\b(brauchen?|möchte|will|hätten? gern|muss|müssen|wollen)\b",
        "politeness": r"\b(bitte|danke|vielen dank)$",
        "greeting": r"^(hey|hallo|okay|ok|also|ähm|du)\b",
        "indirect question": r"^(sag mir|weißt du|könntest du mir|ich wüsste|ich möchte wissen)\b",
        "first person": r"\b(ich|mir|mich|mein\w*|wir|uns|unser\w*)\b",
    },
    "fr": {
        "request": r"^(peux-tu|pourrais-tu|tu peux|tu pourrais|est-ce que tu)\b",
        "own wish": r"\b(voudrais|voudrait|aimerais|il me faut|il nous faut|je dois)\b",
        "politeness": r"(merci|s'il te plaît|s'il vous plaît)$",
        "greeting": r"^(salut|bonjour|ok|alors|bon|euh|dis|s'il te plaît)\s",
        "indirect question": r"^(dis-moi|tu sais|sais-tu|tu peux me dire|j'aimerais savoir)\b",
        "first person": r"\b(je|j|moi|me|mon|ma|mes|on|nous|notre)\b",
    },
    "es": {
        "request": r"^(puedes|podrías|quieres|te importaría)\b",
        "own wish": r"\b(quiero|quisiera|necesito|necesitamos|me gustaría|tengo que)\b",
        "politeness": r"(por favor|gracias)$",
        "greeting": r"^(oye|hola|buenas|vale|bueno|perdona)\b",
        "indirect question": r"^(dime|sabes|puedes decirme|me puedes decir|quiero saber|no sé)\b",
        "first person": r"\b(me|mi|mis|nos|nuestra|necesito|quiero|tengo|\w+me|\w+emos|\w+amos)\b",
    },
}


def assert_style_is_shared(pack: str, lang: str, wordings: dict[str, str]) -> None:
    """In rows as they are drawn, so that what a rule brings counts as often as it is heard."""
    names = sorted(read_pack(pack, lang)["intents"])
    table, _ = sample(PACKS / pack / lang, 300 * len(names), seed=1)
    said: dict[str, list[str]] = {name: [] for name in names}
    for intent, text in zip(table["intent"].to_pylist(), table["text"].to_pylist(), strict=True):
        said[intent].append(text)
    for name in names:
        for style, pattern in wordings.items():
            share = sum(bool(re.search(pattern, text)) for text in said[name]) / len(said[name])
            assert 0.01 <= share <= 0.9, (name, style, share)


@pytest.mark.parametrize("lang", sorted(SHARED_TONGUES))
def test_no_intent_of_the_timers_owns_a_style(lang: str) -> None:
    assert_style_is_shared("timers_lists", lang, SHARED_TONGUES[lang])


@pytest.mark.parametrize("pack", IN_SCOPE)
def test_no_intent_of_the_home_owns_a_style(pack: str) -> None:
    assert_style_is_shared(pack, "en", SHARED_WORDINGS)
