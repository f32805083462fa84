"""Prompts of exemplars, and the texts that a tiny model writes behind them."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from corpusforge.core.text import SLOT_PATTERN
from corpusforge.expand.forger import symbols_of
from corpusforge.expand.gan.decoding import Sample
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.pretrained import generator as generator_module
from corpusforge.expand.pretrained.background import Text
from corpusforge.expand.pretrained.base_model import Base
from corpusforge.expand.pretrained.generator import PretrainedGan
from corpusforge.expand.pretrained.int8 import Int8Linear, to_int8
from corpusforge.expand.pretrained.prompts import MOST_EXEMPLARS, prompts_of
from corpusforge.expand.pretrained.sampling import ListSampler, Request
from corpusforge.expand.slots import Frame
from tests.expand.tiny_models import (
    ENDS,
    VERBS,
    open_tiny,
)

EXEMPLARS = [
    Text("turn on the lamp"),
    Text("light up {thing}", ("{thing}",)),
    Text("switch on it now"),
]


def requests_for(pieces, symbols=(), rows=12, orders=3):
    prompts = prompts_of(pieces, "light_on", EXEMPLARS, symbols, orders, np.random.default_rng(1))
    return [Request(prompts[row % orders], tuple(symbols), 1.0) for row in range(rows)]


def test_prompts_are_the_same_lines_in_other_orders(tiny):
    _, pieces = open_tiny(tiny)
    prompts = [request.prompt for request in requests_for(pieces, ("{thing}",))]
    assert len({tuple(sorted(p)) for p in prompts}) == 1
    assert len(set(prompts)) > 1
    # The exemplar with the wanted slots stands last in each.
    last = pieces.line("light up {thing}", ("{thing}",))[0]
    tail = pieces.opening(("{thing}",))
    assert all(list(p[-len(last) - len(tail) :]) == [*last, *tail] for p in prompts)


def test_of_many_exemplars_each_prompt_shows_a_choice(tiny):
    _, pieces = open_tiny(tiny)
    many = [Text(f"{verb} {end}") for verb in VERBS["pay_bill"] for end in ENDS[:4]]
    many.append(Text("pay {thing}", ("{thing}",)))
    draws = np.random.default_rng(1)
    prompts = prompts_of(pieces, "pay_bill", many, ("{thing}",), 6, draws)
    assert [p.count(pieces.end_id) for p in prompts] == [1 + MOST_EXEMPLARS] * 6
    last = (*pieces.line("pay {thing}", ("{thing}",))[0], *pieces.opening(("{thing}",)))
    assert all(p[-len(last) :] == last for p in prompts)
    shown = [{t.text for t in many if _holds(p, pieces.said(t.text))} for p in prompts]
    assert set.union(*shown) == {t.text for t in many}


def _holds(ids, part):
    part = tuple(part)
    return any(ids[n : n + len(part)] == part for n in range(len(ids)))


def sampled(sampler, requests, longest=12, seed=4):
    with deterministic(0):
        return sampler.sample(requests, longest, torch_generator(seed))


@pytest.mark.parametrize("symbols", [(), ("{thing}",), ("{room}", "{thing}", "{thing}")])
def test_samples_hold_slots_of_their_requests_alone(tiny, symbols):
    model, pieces = open_tiny(tiny, ("{thing}", "{room}", "{thing_on}"))
    sampler = ListSampler(model, pieces)
    requests = requests_for(pieces, symbols, rows=600)
    first = sampled(sampler, requests, 40)
    # From the same seed they come again.
    assert first == sampled(sampler, requests, 40)
    finished = [sample.text for sample in first if sample.finished]
    assert len(set(finished)) > 10
    found = [Counter(symbols_of(text)) for text in finished]
    assert all(slots <= Counter(symbols) for slots in found)
    # An untrained model opens a bracket in one of a few hundred places.
    assert any(found) == bool(symbols)
    assert not any(set(SLOT_PATTERN.sub("", text)) & set("{}[]") for text in finished)


def test_a_text_that_does_not_come_to_its_end_is_not_finished(tiny):
    model, pieces = open_tiny(tiny)
    samples = sampled(ListSampler(model, pieces), requests_for(pieces, ("{thing}",) * 3), 3)
    assert not any(sample.finished for sample in samples)


def test_likelihoods_are_those_of_each_list_computed_alone(tiny):
    """Differential: padded prompts, shared prefixes and rows leaving against a plain pass."""
    model, pieces = open_tiny(tiny)
    requests = [
        *requests_for(pieces, (), rows=30),
        *requests_for(pieces, ("{thing}",), rows=30),
        Request(tuple([*pieces.header("pay"), *pieces.opening(())]), (), 1.0),
    ]
    assert len({len(request.prompt) for request in requests}) == 3
    pieces.read = lambda ids: " ".join(map(str, ids))
    samples = sampled(ListSampler(model, pieces), requests, 40)
    finished = [(r, s) for r, s in zip(requests, samples, strict=True) if s.finished]
    assert len({len(sample.text.split()) for _, sample in finished}) > 1
    for request, sample in finished:
        said = [*map(int, sample.text.split()), pieces.end_id]
        start = len(request.prompt)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[*request.prompt, *said]])).logits[0]
        likely = torch.log_softmax(logits[start - 1 : -1][:, pieces.kept], 1)
        own = likely[torch.arange(len(said)), pieces.place[torch.tensor(said)]]
        assert float(own.mean()) == pytest.approx(sample.log_probability, abs=1e-4)
        assert float(own.min()) == pytest.approx(sample.least, abs=1e-4)


def test_halves_of_characters_stand_in_slot_names_alone(tiny):
    """A byte-level tokenizer cuts letters that it has not learnt into bytes."""
    symbol = "{\u091a\u093e\u0932\u0942}"
    model, pieces = open_tiny(tiny, (symbol,))
    halves = {
        i for _, ids in pieces.spellings for i in ids if "\ufffd" in pieces.tokenizer.decode([i])
    }
    assert halves and halves <= set(pieces.slots_alone())
    sampler = ListSampler(model, pieces)
    for symbols in ((), (symbol,)):
        samples = sampled(sampler, requests_for(pieces, symbols, rows=300), 40)
        texts = [sample.text for sample in samples if sample.finished]
        assert texts and not any("\ufffd" in text for text in texts)
        assert {s for text in texts for s in symbols_of(text)} <= set(symbols)


def test_int8_is_close_to_float(tiny):
    linear = torch.nn.Linear(64, 48)
    inputs = torch.randn(5, 3, 64, generator=torch_generator(1))
    with torch.no_grad():
        exact, rough = linear(inputs), Int8Linear(linear)(inputs)
    assert rough.shape == exact.shape
    assert float((rough - exact).norm() / exact.norm()) < 0.03
    model, _ = open_tiny(tiny)
    parts = [type(part) for part in to_int8(model).modules()]
    assert parts.count(Int8Linear) == 7 * 2
    assert isinstance(model.lm_head, torch.nn.Linear)


def test_a_text_with_fewer_slots_is_of_the_frame_that_it_is_like(monkeypatch):
    frames = [
        Frame("light_on", "light up {lamp} in {room}", ("{lamp}", "{room}"), 0),
        Frame("light_on", "die {lamp} an", ("{lamp}",), 1),
        Frame("light_on", "put {lamp} on", ("{lamp}",), 2),
        Frame("light_off", "darken {room}", ("{room}",), 3),
    ]
    said = ["please put {lamp} on", "{room} be lit", "light {room} and {lamp}", "{lamp} on and"]
    samples = [Sample(text, -1.0, -2.0, finished=n < 3) for n, text in enumerate(said)]
    sampler = SimpleNamespace(sample=lambda requests, longest, generator: samples)
    gan = PretrainedGan(Base("none", Path("none"), "0"), None)
    config = SimpleNamespace(temperatures=None)
    gan.fit(frames, SimpleNamespace(frames=frames, layout=None, config=config))
    monkeypatch.setattr(gan, "_opened", lambda context: (sampler, None))
    monkeypatch.setattr(generator_module, "prompts_of", lambda *given: [(1,)])
    found = gan.expand(frames[:1], 4, np.random.default_rng(1))
    assert [(c.text, c.frame.parent) for c in found] == [(said[0], 2), (said[2], 0)]
