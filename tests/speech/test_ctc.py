"""Word times by a CTC model: alignments that are known, and a tiny model of our own."""

import builtins
import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchaudio")
transformers = pytest.importorskip("transformers")

from corpusforge.core.errors import RunError  # noqa: E402
from corpusforge.core.schema import read_table  # noqa: E402
from corpusforge.speech import check, ctc, stage  # noqa: E402
from corpusforge.speech import render as render_module  # noqa: E402
from corpusforge.speech.ctc import aligned, spelled, words_by_ctc  # noqa: E402
from corpusforge.speech.engine import Spoken  # noqa: E402
from tests.speech import rows  # noqa: E402

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
VOCABULARY = {"<pad>": 0, "<unk>": 1, "|": 2, **{c: n for n, c in enumerate(LETTERS, 3)}}


def emission(path, tokens=30):
    """Log probabilities that leave no doubt about one token per frame."""
    scores = np.full((len(path), tokens), -20.0, np.float32)
    scores[np.arange(len(path)), path] = 0.0
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def path_of(text):
    """ "_" is the blank, "|" the gap; one character a frame."""
    return [0 if c == "_" else VOCABULARY[c] for c in text]


@pytest.mark.parametrize(
    ("path", "words", "spans"),
    [
        ("__a_b__||_c___", ["ab", "c"], [(2, 5), (10, 11)]),
        ("aa__bb|c_c", ["ab", "cc"], [(0, 6), (7, 10)]),
        ("_aaa_a_|_a_", ["aa", "a"], [(1, 6), (9, 10)]),
    ],
)
def test_a_known_alignment_is_found(path, words, spans):
    tokens = [[VOCABULARY[c] for c in word] for word in words]
    assert aligned(emission(path_of(path)), tokens, 0, VOCABULARY["|"]) == spans


def test_without_a_gap_token():
    tokens = [[VOCABULARY["a"]], [VOCABULARY["b"]]]
    assert aligned(emission(path_of("_aa__b_")), tokens, 0, None) == [(1, 3), (5, 6)]


def test_too_few_frames_are_not_aligned():
    a = VOCABULARY["a"]
    assert aligned(emission(path_of("_a")), [[a, a], [a]], 0, 2) is None


def test_words_are_spelled_in_the_letters_of_the_model():
    special = frozenset({0, 1, 2})
    assert spelled("Don't  go!", VOCABULARY, special) == [
        [VOCABULARY[c] for c in "don't"],
        [VOCABULARY[c] for c in "go"],
    ]
    capitals = {token.upper(): number for token, number in VOCABULARY.items()}
    assert spelled("go", capitals, special) == [[VOCABULARY[c] for c in "go"]]
    assert spelled("go 21 |", VOCABULARY, special)[1:] == [[], []]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A wav2vec2 model with random weights, as transformers saves it."""
    folder = tmp_path_factory.mktemp("ctc")
    config = transformers.Wav2Vec2Config(
        vocab_size=len(VOCABULARY),
        pad_token_id=0,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8, 8),
        conv_stride=(5, 8, 8),
        conv_kernel=(10, 8, 8),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(1)
        transformers.Wav2Vec2ForCTC(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY), "utf-8")
    return folder


def test_a_model_times_every_word_within_the_speech(folder):
    samples = rows.voiced(2.0)
    words = words_by_ctc((str(folder), ""), "turn on the lights", samples)
    assert [word.word for word in words] == ["turn", "on", "the", "lights"]
    edges = [edge for word in words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= samples.size / 16000
    assert words == words_by_ctc((str(folder), ""), "turn on the lights", samples)
    assert words_by_ctc((str(folder), ""), "turn 21", samples) is None


def test_an_engine_without_times_gets_those_of_the_model(folder, tmp_path, monkeypatch):
    speak = render_module.speak

    def untimed(*arguments):
        said = speak(*arguments)
        return Spoken(said.samples, said.rate_hz)

    monkeypatch.setattr(render_module, "speak", untimed)
    table = rows.corpus(0, *(rows.utterance(n, f"light the {r}") for n, r in enumerate(rows.ROOMS)))
    sums = []
    for name, model in (("without", None), ("with", str(folder))):
        recipe = rows.recipe(clips=3, engines=("hibari",), ctc_model=model)
        assert check.check(recipe) == []
        rows.speak(tmp_path / name, table, recipe)
        clips = read_table(tmp_path / name / "speech" / "clips.parquet").to_pylist()
        timed = [clip["words"] is not None for clip in clips]
        assert timed == [model is not None] * 3
        sums.append([clip["pcm_sha256"] for clip in clips])
        for clip in clips:
            edges = [w[edge] for w in clip["words"] or () for edge in ("start_s", "end_s")]
            assert edges == sorted(edges)
            assert all(0 <= edge <= clip["duration_s"] for edge in edges)
    assert sums[0] == sums[1]
    assert stage.config(rows.recipe(clips=3, ctc_model=str(folder)))["ctc"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("vocab.json", '{"a": 1,', "vocab.json is not JSON"),
        ("vocab.json", "[1]", "vocab.json is not a JSON object"),
        ("vocab.json", '{"en": {"a": 1}}', "'en' has no number, but {\"a\": 1}"),
        ("vocab.json", '{"a": -1}', "'a' has no number, but -1"),
        ("vocab.json", '{"a": 1, "b": 99}', "'b' is 99, the model has "),
        ("vocab.json", "{}", "vocab.json names no token"),
        ("config.json", "", "config.json is not JSON"),
    ],
)
def test_a_broken_vocabulary_is_said_before_anything_starts(folder, tmp_path, name, text, words):
    other = tmp_path / "model"
    shutil.copytree(folder, other)
    (other / name).write_text(text, "utf-8")
    (error,) = check.check(rows.recipe(clips=3, engines=("hibari",), ctc_model=str(other)))
    assert words in str(error)
    assert str(other) in str(error)
    assert '{"<pad>": 0, "|": 1, "E": 2}' in str(error)


def test_tokens_that_are_no_letter_may_be_more_than_the_model_has(folder, tmp_path):
    other = tmp_path / "model"
    shutil.copytree(folder, other)
    vocabulary = {**VOCABULARY, "<s>": 400, "[SEP]": 401}
    (other / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    assert not check.check(rows.recipe(clips=3, engines=("hibari",), ctc_model=str(other)))


def test_what_is_missing_is_said_before_anything_starts(folder, tmp_path, monkeypatch):
    recipe = rows.recipe(clips=3, engines=("hibari",), ctc_model=str(tmp_path))
    (error,) = check.check(recipe)
    assert "config.json and no vocab.json" in str(error)

    recipe = rows.recipe(clips=3, engines=("hibari",), ctc_model=str(folder))
    real = builtins.__import__

    def broken(name, *more):
        if name == "torchaudio.functional":
            raise OSError("undefined symbol")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", broken)
    (error,) = check.check(recipe)
    assert "torchaudio does not load" in str(error)
    with pytest.raises(RunError, match="torchaudio"):
        ctc.aligned(emission([0, 3]), [[3]], 0, None)
    monkeypatch.undo()

    find = ctc.util.find_spec
    monkeypatch.setattr(ctc.util, "find_spec", lambda n: None if n == "torchaudio" else find(n))
    (error,) = check.check(recipe)
    assert "speech.ctc_model needs torchaudio" in str(error)
