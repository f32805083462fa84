from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.recipe_file import load_recipe, recipe_of, shipped_recipes
from corpusforge.core.recipe_schema import build, recipe_schema
from corpusforge.core.surely_valid import surely_valid

ROOT = Path(__file__).parents[2]
GOOD = "name: tiny\nlang: en\nlicense: CC0-1.0\ngrammar:\n  path: en.yaml\n"


@pytest.fixture
def write(tmp_path):
    (tmp_path / "en.yaml").write_text("language: en\n")

    def _write(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text)
        return path

    return _write


def test_the_published_schema_is_made_from_the_dataclasses():
    published = json.loads((ROOT / "corpusforge/schemas/recipe.schema.json").read_text())
    assert published == recipe_schema()
    jsonschema.Draft202012Validator.check_schema(published)


def test_a_resolved_recipe_fits_the_schema_and_builds_the_same_recipe(write):
    recipe = load_recipe(write(GOOD))
    resolved = json.loads(json.dumps(recipe.resolved()))
    jsonschema.validate(resolved, recipe_schema())
    assert build(resolved, recipe.folder) == recipe
    # Most recipes never need the slow import of jsonschema.
    assert surely_valid(resolved, recipe_schema(), recipe_schema())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace("lang: en\n", ""), "the key 'lang' is missing in the recipe"),
        (GOOD + "sede: 3\n", "recipe.yaml:6:1: unknown key 'sede' in the recipe"),
        (GOOD + "sede: 3\n", "did you mean 'seed'?"),
        (
            GOOD + "seed: three\n",
            "recipe.yaml:6:7: seed: expected a whole number, got 'three' (text)",
        ),
        (GOOD + "speech:\n  snr_db: [30, 10]\n", "speech.snr_db: 30.0 is above 10.0"),
        (GOOD + "speech:\n  babble_talkers: [6, 3]\n", "speech.babble_talkers: 6 is above 3"),
        (GOOD + "speech:\n  noises: [3, 1]\n", "recipe.yaml:7:11: speech.noises: 3 is above 1"),
        (GOOD + "speech:\n  noises: [1, 4]\n", "speech.noise_kinds names 3: lower it or name more"),
        (GOOD + "speech:\n  distance_m: [2, 1]\n", "speech.distance_m: 2.0 is above 1.0"),
        (GOOD + "speech:\n  snr_db: [30]\n", "expected exactly 2 values, got 1"),
        (GOOD + "speech:\n  engines: [hibary]\n", "recipe.yaml:7:13: there is no engine 'hibary'"),
        (GOOD + "speech:\n  engines: [hibary]\n", "did you mean 'hibari'?"),
        (GOOD + "speech:\n  shares: {espek: 0.5}\n", "recipe.yaml:7:19: there is no engine"),
        (GOOD + "speech:\n  shares: {formnat: 0.5}\n", "did you mean 'formant'?"),
        (GOOD + "speech:\n  shares: {espek: 0.5}\n", "neural vocoder"),
        (
            GOOD + "speech:\n  engines: [hibari]\n  shares: {formant: 0.7}\n",
            "formant not among speech.engines",
        ),
        (GOOD + "speech:\n  accent_shares: {Scotland: 2}\n", "above the maximum of 1"),
        (
            GOOD + "audio_gate:\n  limits: {espek/de: {max_wer: 1}}\n",
            "recipe.yaml:7:22: there is no engine 'espek'",
        ),
        (GOOD + "speech:\n  shares: {espeak: 0.7, hibari: 0.7}\n", "sum to more than 1"),
        (
            GOOD + "speech:\n  engines: [hibari]\n  shares: {espeak: 0.7}\n",
            "espeak not among speech.engines",
        ),
        (GOOD + "speech:\n  gender_shares: {femal: 0.7}\n", "only female and male"),
        (GOOD + "speech:\n  gender_shares: {female: 0.7, male: 0.7}\n", "must sum to 1"),
        (GOOD + "clean:\n  filters: [exact_dupe]\n", "there is no filter 'exact_dupe'"),
        (GOOD.replace("en.yaml", "fr.yaml"), "there is no file or folder"),
        (GOOD + "assess:\n  encoder: ./model\n", "recipe.yaml:7:12: there is no folder"),
        (GOOD + "assess:\n  draws: 1\n", "assess.draws: 1 is below the minimum of 2"),
        (GOOD + "  splits: {train: 0.5}\n", "split shares must sum to 1"),
        (GOOD + "expand: {rounds: -1}\n", "-1 is below the minimum of 0"),
        (
            GOOD + "  by: weigths\n",
            "recipe.yaml:6:7: grammar.by: 'weigths' is none of the words that it can be",
        ),
        (GOOD + "  by: weigths\n", "did you mean 'weights'"),
        (GOOD + "  by: 1.5\n", "grammar.by: 1.5 is above the maximum of 1"),
        (GOOD + "  by: [weights]\n", "grammar.by: expected text or a number"),
        (GOOD + "  hold_out: value\n", "did you mean 'values'"),
        (GOOD + "  quotas: {a: -1}\n", "grammar.quotas.a: -1 is below the minimum of 0"),
        (GOOD + "  quotas: {a: 1.5}\n", "recipe.yaml:6:15: grammar.quotas: 1.5 is neither"),
        (GOOD + "  hold_out: both\n  coverage: true\n", "recipe.yaml:7:13: grammar.coverage: rows"),
        ("- a\n", "a recipe is a mapping of keys"),
        ("name: x\nlang: en\nlicense: CC0-1.0\n", "there is nothing to start from"),
    ],
)
def test_errors_say_where_and_what(write, text, expected):
    with pytest.raises(InputError) as caught:
        load_recipe(write(text))
    assert expected in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_key_that_an_option_lacks_is_told_with_the_option(write, tmp_path):
    option = "speech.voices=[{engine: piper, source: a.onnx}]"
    for read in (
        lambda: load_recipe(write(GOOD), [option]),
        lambda: recipe_of({"name": "render", "license": "MIT"}, ["lang=en", option], tmp_path),
    ):
        with pytest.raises(InputError) as caught:
            read()
        said = str(caught.value)
        assert said.startswith(f"--set {option}: the key 'license' is missing in speech.voices.0")
        assert "add: license: ..." in said


def test_all_errors_come_at_once(write):
    with pytest.raises(InputError) as caught:
        load_recipe(write(GOOD + "seed: x\nfoo: 1\nexpand: {rows: -5}\n"))
    assert str(caught.value).count("recipe.yaml:") == 3


def test_overrides(write):
    recipe = load_recipe(write(GOOD), ["expand.rows=0", "speech.snr_db=[5, 6]", "seed=9"])
    assert (recipe.expand.rows, recipe.speech.snr_db, recipe.seed) == (0, (5.0, 6.0), 9)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("expand.row=0", "--set expand.row=0: unknown key 'row' in expand"),
        ("expand.rows=many", "--set expand.rows=many: expand.rows: expected a whole number"),
        ("expand.rows", "expected key=value"),
    ],
)
def test_wrong_overrides_are_named(write, override, expected):
    with pytest.raises(InputError) as caught:
        load_recipe(write(GOOD), [override])
    assert expected in str(caught.value)


def test_whole_quotas_are_rows_and_others_shares(write):
    recipe = load_recipe(write(GOOD + "  by: 1\n  quotas: {a: 1, b: 1.0, c: 0.5}\n"))
    quotas = recipe.grammar.quotas
    assert [(type(quota), quota) for quota in quotas.values()] == [
        (int, 1), (float, 1.0), (float, 0.5)]  # fmt: skip
    assert isinstance(recipe.grammar.by, float)
    resolved = json.loads(json.dumps(recipe.resolved()))
    assert build(resolved, recipe.folder) == recipe
    assert surely_valid(resolved, recipe_schema(), recipe_schema())


def test_unknown_recipe_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'smart_home'"):
        load_recipe("smart_hme")


def test_shipped_recipes_load():
    assert {"smart_home", "smart_home_de"} <= set(shipped_recipes())
    for name in shipped_recipes():
        assert load_recipe(name).name == name
