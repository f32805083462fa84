"""A small grammar of three intents, and one expand run on it that many tests read."""

import pytest

from corpusforge.core.executors import InlineExecutor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import Cache, StageContext
from corpusforge.expand import stage
from corpusforge.expand.contract import FitContext
from corpusforge.expand.gan.fitting import Fitting, corpus_of
from corpusforge.expand.gan.generator import build_generator
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.training import Trainer
from corpusforge.expand.judge import Judge
from corpusforge.expand.slots import Frame, SlotKind, SlotTable
from corpusforge.expand.tokenizer import train_tokenizer
from corpusforge.grammar import stage as grammar
from tests.expand.tiny_models import (
    build_causal,
    build_encoder,
    meta_train_tiny,
    write_background,
)

RECIPE = """\
name: small
lang: en
license: CC0-1.0
seed: 5
grammar: {path: t.yaml, rows: 150, splits: {train: 0.8, validation: 0.1, test: 0.1}}
expand: {rows: 8, rounds: 1, hidden_size: 48, layers: 2, epochs: 20, max_candidates: 250}
"""
TEMPLATES = """\
language: en
lists:
  lamp: {values: [desk lamp, floor lamp, night light, spotlight]}
  room: {values: [kitchen, hall, cellar, attic]}
  person:
    values:
      - {in: Anna, agreement: sg}
      - {in: Bob, agreement: sg}
      - {in: the kids, out: kids, agreement: pl}
      - {in: my parents, out: parents, agreement: pl}
intents:
  light_on:
    data:
      - sentences:
          - "(turn|switch) on the {lamp} [please]"
          - "I want the {lamp} in the {room} on [now]"
          - "[please] light up the {room}"
          - "could you (turn|put) the {lamp} on [for me]"
          - "make it bright in the {room}"
  light_off:
    data:
      - sentences:
          - "(turn|switch) off the {lamp} [please]"
          - "I want the {lamp} in the {room} off [now]"
          - "[please] make the {room} dark"
          - "could you (turn|put) the {lamp} out [for me]"
          - "no more light in the {room}"
  call:
    data:
      - sentences:
          - "(call|ring|phone) {person} [please]"
          - "I want to talk to {person} [now]"
          - "could you (call|get) {person} [for me]"
          - "[please] get {person} on the line"
          - "where (is|are) {person}"
"""


@pytest.fixture
def bare_recipe(tmp_path):
    """A recipe with the defaults, of an empty grammar."""
    (tmp_path / "t.yaml").write_text("language: en\n")
    text = "name: x\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml}\n"
    (tmp_path / "recipe.yaml").write_text(text)
    return load_recipe(tmp_path / "recipe.yaml")


@pytest.fixture(scope="session")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipe")
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "t.yaml").write_text(TEMPLATES)
    return load_recipe(folder / "recipe.yaml")


def context(recipe, folder, inputs, cache):
    folder.mkdir(parents=True)
    progress = Progress(quiet=True)
    return StageContext(recipe, folder, inputs, Cache(cache), InlineExecutor(), progress)


@pytest.fixture(scope="session")
def grammar_folder(recipe, tmp_path_factory):
    root = tmp_path_factory.mktemp("grammar")
    grammar.run(context(recipe, root / "out", {}, root / "cache"))
    return root / "out"


class Expanded:
    """One finished run: its folder, its cache and what the stage said."""

    def __init__(self, recipe, grammar_folder, root, cache=None):
        self.cache = cache or root / "cache"
        self.folder = root / "out"
        inputs = {"grammar": grammar_folder}
        self.result = stage.run(context(recipe, self.folder, inputs, self.cache))

    @property
    def model(self):
        (folder,) = (self.cache / "model").glob("*/*")
        return folder


@pytest.fixture(scope="session")
def expanded(recipe, grammar_folder, tmp_path_factory):
    return Expanded(recipe, grammar_folder, tmp_path_factory.mktemp("expanded"))


@pytest.fixture
def expand(grammar_folder, tmp_path):
    """Runs the stage in a folder of its own."""

    def run(recipe, name="again", cache=None):
        return Expanded(recipe, grammar_folder, tmp_path / name, cache)

    return run


ON_TEXTS = [
    "turn on the {lamp}",
    "light the {room}",
    "the {lamp} please",
    "{lamp} on",
    "i want light",
]
BYE_TEXTS = ["good night", "see you soon", "bye for now", "until tomorrow then", "sleep well"]


def _frame(intent, text, parent):
    symbols = tuple(sorted(word for word in text.split() if word.startswith("{")))
    return Frame(intent, text, symbols, parent)


@pytest.fixture
def fitting(recipe):
    """Ten sentences, a generator that has learnt them, a judge that has not."""
    rows = [("on", text) for text in ON_TEXTS] + [("bye", text) for text in BYE_TEXTS]
    frames = [_frame(intent, text, place) for place, (intent, text) in enumerate(rows)]
    train, held_out = frames[:4] + frames[5:9], [frames[4], frames[9]]
    tokenizer = train_tokenizer(
        [text for _, text in rows] * 3, ["{lamp}", "{room}"], ["bye", "on"], pieces=60
    )
    layout = Layout(tokenizer, 2, 14)
    with deterministic(1):
        model = build_generator(layout, hidden_size=32, layers=1)
        trainer = Trainer(
            layout, model, corpus_of(layout, train), corpus_of(layout, held_out), torch_generator(2)
        )
        trainer.maximum_likelihood(30, lambda: None)
        kinds = {f"{{{name}}}": SlotKind(name, name, "") for name in ("lamp", "room")}
        table = SlotTable(kinds, {}, {})
        judge = Judge(layout, table, train, held_out, seed=3)
        context = FitContext(
            layout=layout,
            held_out=held_out,
            judge=judge,
            config=recipe.expand,
            seed=4,
            progress=Progress(quiet=True),
            table=table,
            frames=frames,
            folder=recipe.folder,
            cache=None,
        )
        yield Fitting(trainer, train, context, torch_generator(5))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Tiny models of both kinds, and a background to learn from."""
    root = tmp_path_factory.mktemp("tiny")
    build_causal(root / "causal")
    build_encoder(root / "encoder")
    write_background(root / "background.jsonl")
    return root


@pytest.fixture(scope="session")
def adapter(tiny):
    """A folder that `meta-train` made of them."""
    assert meta_train_tiny(tiny, tiny / "adapter") == 0
    return tiny / "adapter"
