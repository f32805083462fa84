import re
import subprocess
import sys
from collections import Counter

import pytest
import torch

from corpusforge.core.errors import InputError
from corpusforge.expand.gan.critic import _tear
from corpusforge.expand.gan.decoding import allowed_pieces, sample
from corpusforge.expand.gan.generator import (
    build_generator,
    load_generator,
    nll,
    save_generator,
)
from corpusforge.expand.gan.layout import Condition, Layout
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.training import Corpus, Guard, Trainer, _slot_places, worse
from corpusforge.expand.judge import condition_of
from corpusforge.expand.model import _layout
from corpusforge.expand.slots import Frame
from corpusforge.expand.tokenizer import train_tokenizer

LINES = ["turn on the {lamp}", "{lamp} and {lamp} in the {room}", "good night", "{room} ({lamp})"]
CONDITIONS = [
    Condition("on", ("{lamp}",)),
    Condition("on", ("{lamp}", "{lamp}", "{room}")),
    Condition("bye", ()),
    Condition("on", ("{lamp}", "{room}")),
]


@pytest.fixture(scope="module")
def layout():
    tokenizer = train_tokenizer(LINES * 3, ["{lamp}", "{room}"], ["on", "bye"], pieces=50)
    return Layout(tokenizer, frame_size=4, text_length=12)


@pytest.fixture(scope="module")
def model(layout):
    with deterministic(1):
        return build_generator(layout, hidden_size=32, layers=1)


def slots_of(text):
    return Counter(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("length", [5, 12])
def test_every_frame_is_valid_even_from_random_weights(layout, model, length):
    # A text of 5 pieces has room for 4 slots and the end only: everything is forced.
    layout = Layout(layout.tokenizer, layout.frame_size, length)
    frames = [*CONDITIONS, Condition("on", ("{lamp}", "{lamp}", "{room}", "{room}"))] * 60
    allowed = allowed_pieces(layout, layout.texts(LINES))
    heats = [0.5 + index % 4 for index in range(len(frames))]
    samples = sample(model, layout, frames, heats, torch_generator(2), allowed=allowed)
    assert len(samples) == len(frames)
    for frame, item in zip(frames, samples, strict=True):
        assert slots_of(item.text) == Counter(frame.symbols)
        assert item.least <= item.log_probability <= 0


def test_sampling_depends_on_its_generator_only(layout, model):
    allowed = allowed_pieces(layout, layout.texts(LINES))

    def draw(seed):
        heats = [1.0] * len(CONDITIONS)
        return sample(model, layout, CONDITIONS, heats, torch_generator(seed), allowed=allowed)

    first = draw(3)
    torch.rand(7)
    assert draw(3) == first
    assert draw(4) != first


def test_the_cache_changes_nothing(layout):
    """Log probabilities of sampling equal those of one pass over the finished text."""
    with deterministic(3):
        # Trained, so that it cuts words as the tokenizer does when it reads the text again.
        model = build_generator(layout, hidden_size=32, layers=1)
        rows = Corpus.of(layout, CONDITIONS, LINES)
        trainer = Trainer(layout, model, rows, rows, torch_generator(4))
        trainer.maximum_likelihood(400, lambda: None)
    allowed = allowed_pieces(layout, layout.texts(LINES))
    finished = 0
    for seed in range(30):
        generator = torch_generator(seed)
        (item,) = sample(model, layout, CONDITIONS[2:3], [1.0], generator, allowed=allowed)
        if item.finished and item.text in LINES:
            finished += 1
            rows = Corpus.of(layout, CONDITIONS[2:3], [item.text])
            loss = nll(model, rows.prompts, rows.texts, pad_id=layout.tokenizer.pad_id)
            assert -item.log_probability == pytest.approx(loss, abs=1e-4)
    assert finished


def test_training_learns_and_repeats_itself(layout):
    def train():
        with deterministic(3):
            model = build_generator(layout, hidden_size=32, layers=1)
            rows = Corpus.of(layout, CONDITIONS, LINES)
            trainer = Trainer(layout, model, rows, rows, torch_generator(4))
            return trainer.maximum_likelihood(60, lambda: None)

    history = train()
    assert history[-1]["held_out_nll"] < history[0]["held_out_nll"] - 1
    assert train() == history


def test_global_state_is_put_back(layout):
    threads = torch.get_num_threads()
    before = torch.get_rng_state()
    with pytest.raises(KeyError), deterministic(9):
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
        torch.rand(3)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_weights_survive_saving(layout, model, tmp_path):
    save_generator(model, tmp_path)
    loaded = load_generator(tmp_path)
    state = loaded.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_width_that_heads_cannot_share(layout):
    with pytest.raises(InputError, match=r"hidden_size.*20"):
        build_generator(layout, hidden_size=20, layers=1)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (Guard(2.0, 0.30, 0.60, 0.80), ""),
        (Guard(1.9, 0.32, 0.55, 0.75), ""),
        (Guard(2.02, 0.30, 0.60, 0.80), "held-out loss rose"),
        (Guard(2.0, 0.33, 0.60, 0.80), "self-BLEU rose"),
        (Guard(2.0, 0.30, 0.53, 0.80), "distinct-2 fell"),
        (Guard(2.0, 0.30, 0.60, 0.70), "slot entropy fell"),
    ],
)
def test_guard(now, why):
    assert worse(Guard(2.0, 0.30, 0.60, 0.80), now) == why


def test_torn_rows_differ_in_one_place():
    mine, other = [1, 2, 3, 4], [7, 8, 9]
    ways = [_tear(mine, other, (way + 0.5) / 6, 0.3, 0.5) for way in range(6)]
    assert ways == [
        [1, 3, 2, 4],
        [1, 3, 4],
        [1, 8, 2, 3, 4],
        [1, 8, 3, 4],
        [1, 2, 3, 2, 3, 4],
        [1, 2, 8, 9],
    ]


def test_a_broken_torchaudio_does_not_matter(tmp_path):
    (tmp_path / "torchaudio").mkdir()
    (tmp_path / "torchaudio" / "__init__.py").write_text("raise OSError('libcudart is missing')")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from corpusforge.expand.gan.generator import build_generator\n"
        "from corpusforge.expand.gan.layout import Layout\n"
        "from corpusforge.expand.tokenizer import train_tokenizer\n"
        "pieces = train_tokenizer(['a b'] * 9, [], ['x'], pieces=9)\n"
        "build_generator(Layout(pieces, 0, 4), hidden_size=8, layers=1)\n"
        "assert 'torchaudio' not in sys.modules"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_row_with_most_slots_may_be_a_held_out_one(layout):
    """Few-shot data has it only once; it must fit into the condition all the same."""
    learn = [Frame("on", "turn on", (), 0)]
    held_out = [Frame("on", "{lamp} {room} {lamp}", ("{lamp}", "{lamp}", "{room}"), 1)]
    sized, kept = _layout(layout.tokenizer, learn, held_out)
    assert kept == learn
    assert sized.prompts([condition_of(frame) for frame in (*learn, *held_out)]).shape == (2, 5)


def test_slot_entropy_is_of_the_places_where_slots_stand():
    texts = ["the {lamp} on", "the {lamp} on", "a {lamp}", "good night"]
    assert list(_slot_places([text.split() for text in texts])) == [
        ("lamp", "the on"),
        ("lamp", "the on"),
        ("lamp", "a "),
    ]
