"""Rounds of the text GAN: gate, guard, memory, and going on after a kill."""

import copy
import dataclasses
import json

import pytest
import torch

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.progress import Progress
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.schema import read_table, table_to_utterances
from corpusforge.expand.gan.critic import Critic
from corpusforge.expand.gan.discriminator import Discriminator
from corpusforge.expand.gan.fitting import corpus_of
from corpusforge.expand.gan.layout import Condition
from corpusforge.expand.gan.rounds import Rounds
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.state import State, read_state, write_state
from corpusforge.expand.gan.training import Trainer
from corpusforge.expand.model import Training, fit_model
from tests.expand.conftest import BYE_TEXTS, ON_TEXTS, RECIPE, TEMPLATES

MODES = plugins.names("mode")
WITH_ROUNDS = [name for name in MODES if plugins.load("mode", name).has_rounds]


class Played:
    """A mode whose rounds do what a test says."""

    has_rounds = True

    def __init__(self, *rounds):
        self.rounds = rounds
        self.was_undone = []

    def play(self, frames, texts, number, rounds):
        self.rounds[number - 1]()
        self.number = number
        return {}

    def undone(self):
        self.was_undone.append(self.number)

    def state(self):
        return State()


def weights(model):
    return copy.deepcopy(model.state_dict())


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def ruin(fitting):
    def play():
        with torch.no_grad():
            for value in fitting.trainer.model.parameters():
                value += torch.randn(value.shape)

    return play


def held_out_lesson(fitting):
    """Lowers the held-out loss, by a means that no honest mode has."""

    def play():
        fitting.trainer.learn(fitting.trainer.held_out)

    return play


def test_a_round_that_harms_is_undone(fitting):
    model = fitting.trainer.model
    start, seen = weights(model), []
    mode = Played(ruin(fitting), lambda: seen.append(weights(model)))
    rounds = Rounds(fitting, mode)
    rounds.begin([])
    history = rounds.run(2, lambda: None)
    assert mode.was_undone == [1]
    assert history["rounds"][1]["undone"] == "held-out loss rose"
    assert history["rounds"][1]["guard"]["nll"] > history["rounds"][0]["guard"]["nll"]
    # The second round began with the weights before the first, and ends with them.
    assert equal(seen[0], start)
    assert equal(weights(model), start)
    assert history["round_kept"] == 0


def test_the_best_round_comes_back_not_the_last_and_not_the_first(fitting):
    model, seen = fitting.trainer.model, []

    def better():
        held_out_lesson(fitting)()
        seen.append(weights(model))

    rounds = Rounds(fitting, Played(better, ruin(fitting), lambda: seen.append(weights(model))))
    rounds.begin([])
    start = weights(model)
    history = rounds.run(3, lambda: None)
    assert history["round_kept"] == 1
    assert not equal(seen[0], start)
    assert equal(seen[1], seen[0])
    assert equal(weights(model), seen[0])


def test_a_generator_that_says_one_thing_only_is_stopped(fitting):
    """The held-out loss may fall, and the guard sees the collapse all the same."""
    # A corpus whose held-out rows are the one sentence, so that the gate is on its side.
    trainer = fitting.trainer
    one = corpus_of(fitting.context.layout, [fitting.train[0]] * 8)
    trainer.held_out = one
    before = trainer.held_out_nll()

    def collapse():
        trainer.fit = one
        trainer.maximum_likelihood(40, lambda: None)

    mode = Played(collapse)
    rounds = Rounds(fitting, mode)
    rounds.begin([])
    history = rounds.run(1, lambda: None)
    assert history["rounds"][1]["guard"]["nll"] < before
    assert history["rounds"][1]["undone"] in ("self-BLEU rose", "distinct-2 fell")
    assert mode.was_undone == [1]
    assert trainer.held_out_nll() == pytest.approx(before)


def test_the_discriminator_remembers_all_fakes(fitting):
    layout = fitting.context.layout
    intents = len(layout.tokenizer.intents)
    with deterministic(1):
        model = Discriminator(len(layout.tokenizer), intents, layout.tokenizer.pad_id)
        conditions = [Condition("on", ())] * 4
        critic = Critic(layout, model, conditions, ON_TEXTS[1:])
        generator = torch_generator(6)
        for text in ("sleep on", "night light", "bye lamp"):
            critic.learn([Condition("bye", ())] * 5, [text] * 5, epochs=1, generator=generator)
        # Old fakes are drawn beside new ones, of which there are at least half.
        drawn = critic._draw(4000, 5, generator)
    counts = torch.bincount(drawn // 5, minlength=3) / 4000
    assert counts.tolist() == pytest.approx([1 / 6, 1 / 6, 2 / 3], abs=0.04)
    assert torch.equal(
        critic.state().tensors["fakes"],
        layout.texts(["sleep on"] * 5 + ["night light"] * 5 + ["bye lamp"] * 5),
    )


def test_an_old_fake_stays_a_fake(fitting):
    """Fakes of the first lesson are still told from real rows after many lessons of others."""
    layout = fitting.context.layout
    old, new = ["sleep sleep sleep"] * 8, ["night soon then"] * 8
    conditions = [Condition("bye", ())] * 8

    def realness(lessons):
        with deterministic(1):
            tokens = layout.tokenizer
            model = Discriminator(len(tokens), len(tokens.intents), tokens.pad_id)
            critic = Critic(layout, model, [Condition("bye", ())] * len(BYE_TEXTS), BYE_TEXTS)
            for texts in lessons:
                critic.learn(conditions, texts, epochs=30, generator=torch_generator(7))
            return critic.scores(conditions[:1], old[:1])[0].item()

    assert realness([old, new, new, new]) < realness([new, new, new, new]) - 0.5


def test_state_survives_its_files(tmp_path):
    state = State({"a": torch.arange(3), "b": torch.rand(2, 2)}, {"n": 0.1 + 0.2})
    state.put("inner", State({"a": torch.zeros(0, 4)}, {"x": [1]}))
    write_state(state, tmp_path / "round-001")
    found = read_state(tmp_path / "round-001")
    assert equal(found.tensors, state.tensors)
    assert found.facts == state.facts
    assert found.get("inner").facts == {"x": [1]}
    assert [path.name for path in tmp_path.iterdir()] == ["round-001"]


@pytest.fixture(scope="module")
def training(recipe, grammar_folder):
    table = read_table(grammar_folder / "utterances.parquet")
    rows = [row for row in table_to_utterances(table) if row.split == "train"]
    catalogue = read_table(grammar_folder / "catalogue.parquet")

    def make(**changes):
        config = dataclasses.replace(
            recipe.expand, hidden_size=16, layers=1, epochs=3, rounds=3, **changes
        )
        return Training(rows, catalogue, config, recipe.seed, Progress(quiet=True))

    return make


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Killed(BaseException):
    """As SIGKILL leaves no time for anything."""


@pytest.mark.parametrize("name", WITH_ROUNDS)
def test_a_killed_fit_goes_on_and_gives_the_same_bytes(training, tmp_path, monkeypatch, name):
    for folder in ("whole", "killed"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr("corpusforge.expand.gan.modes.gumbel._FEWEST_STEPS", 3)
    fit_model(training(mode=name), tmp_path / "whole")
    mode, played = plugins.load("mode", name), []
    play = mode.play

    def watched(self, frames, texts, number, rounds):
        played.append(number)
        figures = play(self, frames, texts, number, rounds)
        if kill == number:
            raise Killed  # after the weights have changed, before the round is over
        return figures

    monkeypatch.setattr(mode, "play", watched)
    unfinished = tmp_path / "unfinished"
    for kill in (1, 3):  # noqa: B007
        with pytest.raises(Killed):
            fit_model(training(mode=name), tmp_path / "killed", unfinished)
    kill = None
    fit_model(training(mode=name), tmp_path / "killed", unfinished)
    assert played == [1, 1, 2, 3, 3]
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_a_round_killed_while_it_is_written_does_not_count(training, tmp_path, monkeypatch):
    for folder in ("whole", "killed"):
        (tmp_path / folder).mkdir()
    fit_model(training(), tmp_path / "whole")
    from corpusforge.expand.gan import state

    def half(value, path):
        if ".round-002" in str(path):
            raise Killed
        path.write_text(json.dumps(value))

    monkeypatch.setattr(state, "write_json", half)
    with pytest.raises(Killed):
        fit_model(training(), tmp_path / "killed", tmp_path / "unfinished")
    monkeypatch.undo()
    assert (tmp_path / "unfinished" / "round-001").is_dir()
    fit_model(training(), tmp_path / "killed", tmp_path / "unfinished")
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_a_killed_stage_goes_on_where_it_was(recipe, expanded, expand, tmp_path, monkeypatch):
    cache = tmp_path / "cache"

    def killed(self, frames, texts, number, rounds):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(plugins.load("mode", "cooperative"), "play", killed)
        with pytest.raises(Killed):
            expand(recipe, "killed", cache)
    # Maximum likelihood is over and done with; to learn it again would fail here.
    monkeypatch.setattr(Trainer, "maximum_likelihood", None)
    again = expand(recipe, "again", cache)
    for name in ("utterances.parquet", "dropped.parquet", "history.json"):
        assert (again.folder / name).read_bytes() == (expanded.folder / name).read_bytes(), name
    assert [path.name for path in cache.rglob("*unfinished*")] == []


def test_maximum_likelihood_has_no_rounds(training, tmp_path):
    fit_model(training(mode="mle"), tmp_path)
    history = json.loads((tmp_path / "history.json").read_text())
    assert (history["mode"], len(history["rounds"]), history["round_kept"]) == ("mle", 1, 0)


def test_an_unknown_mode(tmp_path):
    (tmp_path / "t.yaml").write_text(TEMPLATES)
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("{rows: 8,", "{rows: 8, mode: gumble,"))
    with pytest.raises(InputError, match=r"there is no mode 'gumble'.*") as caught:
        load_recipe(tmp_path / "recipe.yaml")
    assert "gumbel" in str(caught.value)
