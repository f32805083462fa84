"""The contract that every file in expand/generators keeps.

A generator that needs something outside (a file, a server, a model) has a file of its name in
tests/expand/outside/ with a context manager `arranged(folder)` that provides it, and gives the
keys of `expand` to use in place of the plug-in's example.
"""

import dataclasses
import importlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from corpusforge.core import plugins
from corpusforge.core.progress import Progress
from corpusforge.core.recipe_schema import build
from corpusforge.core.run import Cache
from corpusforge.core.schema import read_table, table_to_utterances
from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.contract import FitContext
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.judge import Judge
from corpusforge.expand.model import _split
from corpusforge.expand.slots import Frame, SlotTable
from corpusforge.expand.tokenizer import train_tokenizer

NAMES = plugins.names("generator")
# Stands in held-out frames alone.
HELD_OUT_WORD = "xylophone"


def generator_rng(seed=3):
    return np.random.Generator(np.random.Philox(seed))


@pytest.fixture(scope="module")
def rows(grammar_folder):
    table = table_to_utterances(read_table(grammar_folder / "utterances.parquet"))
    return [row for row in table if row.split == "train"]


@pytest.fixture(scope="module")
def make_context(grammar_folder, rows):
    table = SlotTable.build(rows, read_table(grammar_folder / "catalogue.parquet"))
    frames = [table.frame(row, number) for number, row in enumerate(rows)]
    learn, held_out = _split(frames, 5)
    marked = [
        dataclasses.replace(frame, text=f"{HELD_OUT_WORD} {frame.text}") for frame in held_out
    ]
    texts = [frame.text for frame in learn + marked]
    intents = sorted({frame.intent for frame in learn})
    tokenizer = train_tokenizer(texts, sorted(table.kinds), intents, pieces=300)
    layout = Layout(tokenizer, frame_size=3, text_length=40)

    def make(expand, folder):
        recipe = build({"name": "x", "lang": "en", "license": "CC0-1.0", "expand": expand}, folder)
        context = FitContext(
            layout=layout,
            held_out=marked,
            judge=Judge(layout, table, learn, marked),
            config=recipe.expand,
            seed=5,
            progress=Progress(quiet=True),
            table=table,
            frames=[*learn, *marked],
            folder=folder,
            cache=Cache(folder / "cache"),
        )
        return learn, context

    return make


class Fitted:
    """One fitted generator, saved; `fresh` loads it anew."""

    def __init__(self, name, learn, context, folder):
        self.plugin = plugins.load("generator", name)
        self.context = context
        self.learn = learn
        self.folder = folder
        self.generator = self.plugin()
        self.history = self.generator.fit(learn, context)
        self.generator.save(folder)

    def fresh(self):
        generator = self.plugin()
        generator.load(self.folder, self.context)
        return generator


@pytest.fixture(scope="module", params=NAMES)
def fitted(request, make_context, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param)
    (root / "model").mkdir()
    outside = Path(__file__).parent / "outside" / f"{request.param}.py"
    if not outside.is_file():
        expand = dict(plugins.load("generator", request.param).example)
        context = make_context({"generator": request.param, **expand}, root)
        yield Fitted(request.param, *context, root / "model")
        return
    module = importlib.import_module(f"tests.expand.outside.{request.param}")
    with module.arranged(root) as expand:
        context = make_context({"generator": request.param, **expand}, root)
        yield Fitted(request.param, *context, root / "model")


def waves(generator, context, seed=3, count=3, size=90):
    draws = generator_rng(seed)
    found = []
    for _ in range(count):
        places = draws.integers(len(context.frames), size=size)
        asked = [context.frames[place] for place in places]
        found.append((asked, generator.expand(asked, size, draws)))
    return found


def test_it_declares_what_the_contract_asks_for(fitted):
    assert isinstance(fitted.generator.may_change_slot_values, bool)
    assert isinstance(fitted.generator.trains_judge, bool)
    assert isinstance(fitted.generator.least_log_probability, float)
    assert isinstance(fitted.history, dict)
    assert fitted.generator.wave > 0
    assert isinstance(fitted.generator.usage(), dict)


def test_candidates_hold_the_slots_of_a_frame_of_this_run(fitted):
    frames = set(fitted.context.frames)
    found = []
    for asked, candidates in waves(fitted.fresh(), fitted.context):
        assert len(candidates) <= len(asked)
        wanted = Counter(frame.intent for frame in asked)
        given = Counter(candidate.frame.intent for candidate in candidates)
        assert all(given[intent] <= wanted[intent] for intent in given)
        found += candidates
    assert found
    for candidate in found:
        assert candidate.frame in frames
        assert tuple(sorted(re.findall(r"\{[^{}]+\}", candidate.text))) == candidate.frame.symbols
        assert fold_delexicalised(candidate.text)
        assert candidate.text == " ".join(candidate.text.split())
        assert candidate.log_probability is None or candidate.log_probability <= 0
        assert fitted.context.layout.fits(candidate.text)


def test_equal_rng_equal_candidates_and_loading_changes_nothing(fitted):
    first = waves(fitted.fresh(), fitted.context)
    assert waves(fitted.fresh(), fitted.context) == first
    # The one that was fitted here, not loaded; nothing has been drawn from it yet.
    assert waves(fitted.generator, fitted.context) == first


def test_saving_what_was_loaded_writes_the_same_files(fitted, tmp_path):
    fitted.fresh().save(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    before = {path.name: path.read_bytes() for path in fitted.folder.iterdir()}
    assert written == before


def test_nothing_comes_from_held_out_frames(fitted):
    for _, candidates in waves(fitted.fresh(), fitted.context):
        assert not [c for c in candidates if HELD_OUT_WORD in c.text.lower()]


def test_no_frames_no_candidates(fitted):
    generator = fitted.fresh()
    assert generator.expand([], 5, generator_rng()) == []
    assert generator.expand(fitted.context.frames[:3], 0, generator_rng()) == []


def test_an_intent_that_was_not_learnt_gives_nothing_or_ends(fitted):
    if fitted.generator.trains_judge:
        pytest.skip("models over pieces have a piece per intent; only such are asked for")
    generator = fitted.fresh()
    stranger = Frame("stranger", "hello", (), 0)
    assert generator.expand([stranger] * 3, 3, generator_rng()) == []


def test_what_is_spent_stays_spent(fitted):
    generator = fitted.fresh()
    asked = list(fitted.context.frames)
    intents = {frame.intent for frame in asked}
    draws = generator_rng()
    for _ in range(2 if fitted.generator.trains_judge else 12):
        generator.expand(asked, min(200, generator.wave // 2), draws)
    ended = {intent for intent in intents if generator.spent(intent)}
    if not ended:
        pytest.skip("there was more")
    frames = [frame for frame in asked if frame.intent in ended]
    assert generator.expand(frames, 50, draws) == []
    assert {intent for intent in intents if generator.spent(intent)} == ended
