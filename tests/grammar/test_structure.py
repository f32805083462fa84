import json
from importlib import resources

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from corpusforge.core.surely_valid import surely_valid
from corpusforge.grammar.structure import template_schema
from tests.grammar.packs import yaml_of

VALIDATOR = Draft202012Validator(template_schema())

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5),
    st.floats(-2, 2),
    st.sampled_from(["", "a", "halves", "digits", "minute"]),
)
KEYS = st.sampled_from(
    ["language", "intents", "data", "sentences", "lists", "values", "range", "wildcard", "in",
     "out", "from", "to", "step", "weight", "id", "expansion_rules", "attributes", "fractions",
     "nonsense", "time", "date", "money", "duration", "spoken", "forms", "currency", "cents",
     "unit"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)

PARTS = ["", "intent", "block", "list", "value", "range", "lists", "rules", "time", "date", "money",
         "duration"]  # fmt: skip


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(template_schema())
    text = resources.files("corpusforge").joinpath("schemas", "template.schema.json").read_text()
    assert json.loads(text) == template_schema()


@settings(max_examples=150, deadline=None)
@given(VALUES, st.sampled_from(PARTS))
def test_a_quick_yes_is_never_wrong(value, part):
    schema = template_schema()
    chosen = schema["$defs"][part] if part else schema
    if surely_valid(value, chosen, schema):
        validator = VALIDATOR.evolve(schema=chosen | {"$defs": schema["$defs"]})
        assert validator.is_valid(value)


def test_right_files_get_the_quick_yes():
    assert surely_valid(yaml.safe_load(yaml_of("a", "b")), template_schema(), template_schema())


def test_an_unknown_keyword_is_no_quick_yes():
    assert not surely_valid("a", {"maxLength": 3}, {})
