import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import RunError
from corpusforge.expand.tokenizer import Tokenizer, normalise, train_tokenizer

LINES = [
    "turn on the {lamp}",
    "{lamp} on",
    "schalte die {lamp:lights:f} im {room} an",
    "is the {room}'s {lamp} on?",
    "öffne ({room},{lamp})",
]
SYMBOLS = ["{lamp}", "{lamp:lights:f}", "{room}"]


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(LINES * 3, SYMBOLS, ["on", "an, aus"], pieces=100)


@pytest.fixture(scope="module")
def reloaded(tokenizer, tmp_path_factory):
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    tokenizer.save(folder, max_length=40)
    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)


def test_same_lines_give_the_same_bytes(tokenizer):
    again = train_tokenizer(LINES * 3, SYMBOLS, ["on", "an, aus"], pieces=100)
    assert again.model == tokenizer.model


def test_slots_are_single_pieces(tokenizer):
    spaced, glued = tokenizer.symbol_ids("{lamp}")
    assert spaced != glued
    assert tokenizer.encode("{lamp}") == [spaced]
    assert tokenizer.encode("the {lamp}")[-1] == spaced
    assert tokenizer.encode("({lamp}")[-1] == glued


def test_whole_words_are_pieces(tokenizer):
    assert len(tokenizer.encode("turn on the {lamp}")) == 4


def test_text_never_gives_control_pieces(tokenizer):
    control = {tokenizer.intent_id("on"), tokenizer.intent_id("an, aus"), tokenizer.empty_id}
    assert not control & set(tokenizer.encode("<intent_0> on <empty> <sep>"))


@pytest.mark.parametrize("line", LINES)
def test_round_trip(tokenizer, reloaded, line):
    ids = tokenizer.encode(line)
    assert tokenizer.decode(ids) == line
    assert reloaded(line)["input_ids"] == ids
    assert reloaded.decode(ids, skip_special_tokens=True) == line


TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [*SYMBOLS, " ", "turn", "on", "e\u0301", "\u0301", "ß", "\u2581", "İ", "日", "😀"]
        ),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<"),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=TEXT)
def test_any_text_has_the_same_ids_in_both(tokenizer, reloaded, text):
    assert reloaded(normalise(text))["input_ids"] == tokenizer.encode(text)


def test_saving_is_refused_when_ids_differ(tokenizer):
    # A line that spells the name of a piece: sentencepiece reads text, the other the piece.
    with pytest.raises(RunError, match="<sep>"):
        tokenizer.check(["turn <sep> on"])


def test_load(tokenizer, tmp_path):
    tokenizer.save(tmp_path, max_length=40)
    loaded = Tokenizer.load(tmp_path)
    assert dataclasses.astuple(loaded)[:3] == (tokenizer.model, tuple(SYMBOLS), ("on", "an, aus"))


def test_no_machine_path_in_the_model(tokenizer):
    assert b"/tmp" not in tokenizer.model
