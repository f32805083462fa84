"""Parallel replay: the same tokens as the sampling, and a gradient for the generator."""

import re
from collections import Counter

import pytest
import torch

from corpusforge.expand.gan.decoding import allowed_pieces
from corpusforge.expand.gan.discriminator import Discriminator
from corpusforge.expand.gan.generator import build_generator
from corpusforge.expand.gan.layout import Condition, Layout
from corpusforge.expand.gan.modes.gumbel import Gumbel
from corpusforge.expand.gan.replay import draw, replayed_logits, soft_pieces
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.tokenizer import train_tokenizer

LINES = ["turn on the {lamp}", "{lamp} and {lamp} in the {room}", "good night", "{room} ({lamp})"]
CONDITIONS = [
    Condition("on", ("{lamp}",)),
    Condition("on", ("{lamp}", "{lamp}", "{room}")),
    Condition("bye", ()),
    Condition("on", ("{lamp}", "{room}")),
] * 25


@pytest.fixture(scope="module")
def layout():
    tokenizer = train_tokenizer(LINES * 3, ["{lamp}", "{room}"], ["bye", "on"], pieces=50)
    return Layout(tokenizer, 4, 12)


@pytest.fixture(scope="module")
def model(layout):
    with deterministic(1):
        return build_generator(layout, hidden_size=32, layers=2)


@pytest.fixture
def drawn(layout, model):
    allowed = allowed_pieces(layout, layout.texts(LINES))
    return draw(model, layout, CONDITIONS, torch_generator(3), allowed=allowed)


def test_replay_chooses_the_pieces_that_were_drawn(layout, model, drawn):
    written = drawn.texts != layout.tokenizer.pad_id
    chosen = replayed_logits(model, drawn).argmax(2)
    assert torch.equal(chosen[written], drawn.texts[written])
    assert written.sum() > 4 * len(CONDITIONS)


def test_drawn_frames_are_valid(layout, drawn):
    for condition, ids in zip(CONDITIONS, drawn.texts.tolist(), strict=True):
        text = layout.tokenizer.decode(ids[: ids.index(layout.tokenizer.end_id)])
        assert Counter(re.findall(r"\{\w+\}", text)) == Counter(condition.symbols)


def test_draws_follow_the_model(layout, model):
    """The first piece comes as often as the softmax over the allowed pieces says."""
    allowed = allowed_pieces(layout, layout.texts(LINES))
    conditions = [Condition("bye", ())] * 6000
    first = draw(model, layout, conditions, torch_generator(4), allowed=allowed).texts[:, 0]
    with torch.no_grad():
        logits = model(input_ids=layout.prompts(conditions[:1])).logits[0, -1]
    free = allowed.clone()
    free[layout.tokenizer.end_id] = False
    for symbol in layout.tokenizer.symbols:
        free[list(layout.tokenizer.symbol_ids(symbol))] = False
    wanted = torch.softmax(logits.masked_fill(~free, float("-inf")), 0)
    found = torch.bincount(first, minlength=len(free)) / len(first)
    assert (found - wanted).abs().max() < 4 * (wanted.max() / len(first)).sqrt()
    assert found[~free].sum() == 0


@pytest.fixture
def adversary(layout):
    with deterministic(2):
        tokens = layout.tokenizer
        return Discriminator(len(tokens), len(tokens.intents), tokens.pad_id).eval()


def test_the_values_are_hard_and_the_gradient_is_that_of_the_relaxation(
    layout, model, drawn, adversary
):
    hard = adversary.embedding(drawn.texts)
    embedded = adversary.embed(drawn.texts, soft_pieces(model, drawn, 0.7))
    assert torch.equal(embedded, hard)
    weights = torch.rand(embedded.shape, generator=torch_generator(5))
    model.zero_grad()
    (embedded * weights).sum().backward()
    found = {name: value.grad.clone() for name, value in model.named_parameters()}
    # By hand, place by place: one row, one prefix at a time, as sampling went.
    model.zero_grad()
    total = 0.0
    for row in range(8):
        size = int((drawn.texts[row] != layout.tokenizer.pad_id).sum())
        for place in range(size):
            ids = torch.cat([drawn.prompts[row], drawn.texts[row, :place]]).unsqueeze(0)
            logits = model(input_ids=ids).logits[0, -1] + drawn.noise[row, place]
            soft = torch.softmax(logits / 0.7, 0) @ adversary.embedding.weight.detach()
            total = total + (soft * weights[row, place]).sum()
    total.backward()
    by_hand = {name: value.grad.clone() for name, value in model.named_parameters()}
    model.zero_grad()
    part = torch.arange(len(CONDITIONS)) < 8
    embedded = adversary.embed(drawn.texts, soft_pieces(model, drawn, 0.7))
    (embedded * weights * part[:, None, None]).sum().backward()
    for name, value in model.named_parameters():
        assert torch.allclose(by_hand[name], value.grad, rtol=1e-3, atol=1e-4), name
        assert found[name].abs().max() > 0, name


def test_the_gradient_of_the_discriminator_reaches_all_of_the_generator(fitting):
    mode, model = Gumbel(fitting), fitting.trainer.model
    rows, drawn = mode.sample()
    model.zero_grad()
    mode.adversarial_loss(rows, drawn, 0.7).backward()
    for name, value in model.named_parameters():
        assert value.grad.abs().max() > 0, name


def test_adversarial_training_fools_a_discriminator_that_stands_still(fitting):
    mode, model = Gumbel(fitting), fitting.trainer.model
    with deterministic(1):
        for _ in range(30):
            mode.train_discriminator(*mode.sample())

        def loss():
            found = [mode.adversarial_loss(*mode.sample(), 0.7) for _ in range(20)]
            return float(torch.stack(found).mean().detach())

        before = loss()
        optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
        for _ in range(20):
            optimiser.zero_grad()
            mode.adversarial_loss(*mode.sample(), 0.7).backward()
            optimiser.step()
        assert loss() < before - 0.05


def test_a_step_trains_each_side_once(fitting):
    mode, model = Gumbel(fitting), fitting.trainer.model
    rows, drawn = mode.sample()
    sides = {"generator": model, "discriminator": mode._adversary}

    def changed(before):
        return {
            side
            for side, network in sides.items()
            if any(not torch.equal(v, before[side][n]) for n, v in network.state_dict().items())
        }

    def now():
        return {s: {n: v.clone() for n, v in m.state_dict().items()} for s, m in sides.items()}

    with deterministic(1):
        before = now()
        mode.train_discriminator(rows, drawn)
        assert changed(before) == {"discriminator"}
        before = now()
        mode.train_generator(rows, drawn, 0.7)
        assert changed(before) == {"generator"}
