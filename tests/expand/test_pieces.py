"""Lists of utterances as pieces of a tokenizer: labels, lines, slots by name."""

import pytest
from tokenizers import normalizers

from corpusforge.core.errors import InputError
from corpusforge.expand.pretrained.base_model import find_base, open_base
from corpusforge.expand.pretrained.pieces import Pieces, spoken_name
from tests.expand.tiny_models import (
    open_tiny,
)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("bill_due", "bill due"),
        ("PlayMusic", "play music"),
        ("x", "request"),
        ("__", "request"),
        ("intent_17", "request"),
        ("3d_print", "3d print"),
        ("c12", "request"),
        ("Label3", "request"),
        ("class A", "request"),
        ("cancel", "cancel"),
    ],
)
def test_a_label_is_told_in_words(label, words):
    assert spoken_name(label) == words


def test_a_line_is_read_back_as_it_was_written(tiny):
    _, pieces = open_tiny(tiny)
    for text in ("turn on {thing} now", "{thing}", "pay it, please?", "ring {thing} and {thing}"):
        ids, start = pieces.line(text, ("{thing}",) if "{" in text else ())
        assert pieces.read(ids[start:-1]) == text
        assert ids[-1] == pieces.end_id
        assert set(ids[start:]) <= set(pieces.kept.tolist())


def test_a_slot_is_glued_only_where_the_texts_have_it_so(tiny):
    _, tokenizer = open_base(find_base(str(tiny / "causal"), tiny))
    spelled = []
    for text in ("turn on {thing} now", "{thing}", "turn on the {thing}s ({thing})"):
        pieces = Pieces(tokenizer, ("{thing}", "{room}"), [text])
        spelled.append([(s, tokenizer.decode(list(ids))) for s, ids in pieces.spellings])
    loose = [("{thing}", " [thing]"), ("{room}", " [room]")]
    assert spelled == [loose, loose, [*loose, ("{thing}", "[thing]")]]


def test_a_slot_has_the_same_pieces_whatever_is_beside_it(tiny):
    """Byte pair encodings join brackets to other signs."""
    _, pieces = open_tiny(tiny, ("{thing}", "{light_off}"))
    own = {symbol: list(ids) for symbol, ids in pieces.spellings}["{light_off}"]
    for text in ("put {light_off}, please", "({thing}) {light_off}.", "{light_off}"):
        ids = pieces.said(text)
        assert any(ids[start : start + len(own)] == own for start in range(len(ids)))


def test_slots_whose_names_read_the_same_are_told_apart(tiny):
    symbols = ("{light_off}", "{light.off}", "{3}", "{lightOff}")
    _, pieces = open_tiny(tiny, symbols)
    assert len({ids for _, ids in pieces.spellings}) == 4
    for symbol in symbols:
        assert pieces.read(pieces.said(f"turn {symbol} on")) == f"turn {symbol} on"


def test_a_tokenizer_that_does_not_give_a_slot_name_back_is_refused(tiny):
    _, tokenizer = open_base(find_base(str(tiny / "causal"), tiny))
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace("thing", "think")
    with pytest.raises(InputError, match=r"gives the slot name \[thing\] back as ' ?\[think\]'"):
        Pieces(tokenizer, ("{thing}",), [])
