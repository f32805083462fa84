"""The generator paraphrase with tiny models, and how values are held fast."""

import dataclasses
import json

import pytest
from transformers import LlamaConfig, LlamaForCausalLM

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import ParaphraseConfig
from corpusforge.core.schema import check_utterances, read_table, table_to_utterances
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.generators.paraphrase import with_symbols
from corpusforge.expand.paraphraser import Paraphraser
from tests.expand.outside.paraphrase import PAIRS, build_t5, word_tokenizer

VALUES = {"desk lamp": "{lamp}", "lamp": "{thing}"}


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("turn on the desk lamp", {"desk lamp": "{lamp}"}, "turn on the {lamp}"),
        ("The Desk Lamp, please", {"desk lamp": "{lamp}"}, "The {lamp}, please"),
        ("a lamp beside the desk lamp", VALUES, "a {thing} beside the {lamp}"),
        ("the desk lamp", VALUES, None),  # the other one is missing
        ("the desk lamp and the desk lamp", {"desk lamp": "{lamp}"}, None),
        ("the desk lamps", {"desk lamp": "{lamp}"}, None),
        ("on and on", {"on": "{state}"}, None),
        ("打开台灯吧", {"台灯": "{lamp}"}, "打开{lamp}吧"),
        ("put it in the {lamp}", {"lamp": "{lamp}"}, "put it in the {{lamp}}"),
        ("nothing here", {}, "nothing here"),
        ("a.c", {"a.c": "{x}"}, "{x}"),
        ("abc", {"a.c": "{x}"}, None),
    ],
)
def test_values_become_symbols_or_the_text_is_dropped(text, values, expected):
    assert with_symbols(text, values) == expected


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "t5"
    assert build_t5(folder) < 0.1
    return folder


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """A decoder from random weights, with a chat template."""
    folder = tmp_path_factory.mktemp("models") / "llama"
    tokenizer = word_tokenizer([text for pair in PAIRS for text in pair] + ["say : user : you :"])
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}"
        "{% if add_generation_prompt %}you:{% endif %}"
    )
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    with deterministic(1):
        model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_sequence_to_sequence_model(t5):
    model = Paraphraser(ParaphraseConfig(model=t5.name), t5.parent)
    texts = [said for said, _ in PAIRS]
    answers = model.texts(texts, 0.2, 5)
    assert answers == model.texts(texts, 0.2, 5)
    assert sum(a == other for a, (_, other) in zip(answers, PAIRS, strict=True)) >= 20
    assert model.texts(texts, 5.0, 6) != answers
    assert model.texts([], 1.0, 1) == []


def test_an_instruct_model(llama):
    config = ParaphraseConfig(model=str(llama), prompt="say {text}", max_new_tokens=6)
    model = Paraphraser(config, llama)
    assert model._prompt("call Anna") == "user: say call Anna you:"
    answers = model.texts(["call Anna", "turn on the desk lamp"], 1.0, 5)
    assert answers == model.texts(["call Anna", "turn on the desk lamp"], 1.0, 5)
    # What it was given is not repeated, and the texts of one batch have room of their own.
    assert all(len(answer.split()) <= 6 for answer in answers)
    assert not any(answer.startswith("user") for answer in answers)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("./nowhere", "there is no folder"),
        ("empty", "cannot be loaded"),
        ("nobody/has-such-a-model", "cannot be loaded"),
        ("broken", "cannot be loaded"),
    ],
)
def test_models_that_cannot_be_loaded(tmp_path, model, expected, t5):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text((t5 / "config.json").read_text())
    with pytest.raises(InputError, match=expected) as caught:
        Paraphraser(ParaphraseConfig(model=model, local_files_only=True), tmp_path)
    assert "expand.paraphrase.model" in str(caught.value)


def test_the_stage_paraphrases(recipe, expand, grammar_folder, t5):
    config = dataclasses.replace(
        recipe.expand,
        generator="paraphrase",
        paraphrase=ParaphraseConfig(model=str(t5)),
        temperatures=(0.3, 0.9),
        rows=4,
        max_candidates=40,
    )
    changed = dataclasses.replace(recipe, expand=config)
    found, again = expand(changed, "one"), expand(changed, "two")
    for name in ("utterances.parquet", "dropped.parquet", "history.json"):
        assert (found.folder / name).read_bytes() == (again.folder / name).read_bytes()
    before = read_table(grammar_folder / "utterances.parquet")
    after = read_table(found.folder / "utterances.parquet")
    check_utterances(after)
    made = table_to_utterances(after.slice(before.num_rows))
    dropped = read_table(found.folder / "dropped.parquet")
    assert len(made) + dropped.num_rows == found.result.facts["distinct_candidates"] > 0
    history = json.loads((found.folder / "history.json").read_text())
    assert history["paraphrase"] == {"model": str(t5), "commit": ""}
