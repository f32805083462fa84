"""Generators and the discriminator of the Image COCO sweep: trained once, kept as safetensors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from corpusforge.core import plugins
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.run import read_json, write_json
from corpusforge.expand.contract import FitContext
from corpusforge.expand.gan.critic import Critic
from corpusforge.expand.gan.decoding import sample
from corpusforge.expand.gan.discriminator import Discriminator
from corpusforge.expand.gan.fitting import Fitting, Mode, corpus_of
from corpusforge.expand.gan.generator import build_generator, nll, token_nll
from corpusforge.expand.gan.layout import Condition, Layout
from corpusforge.expand.gan.rounds import Rounds
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.gan.state import State, read_state, weights_of, write_state
from corpusforge.expand.gan.training import GUARD_SAMPLES, Corpus, Trainer, guard_of, worse
from corpusforge.expand.judge import Judge
from corpusforge.expand.slots import Frame, SlotTable
from corpusforge.expand.tokenizer import normalise, train_tokenizer

__all__ = ["ACCEPTED_SHARE", "CAPTION", "Captions", "Generators", "Rejection", "draw"]

CAPTION = Condition("caption", ())
ACCEPTED_SHARE = 0.25
"""Share of samples that rejection keeps."""

_HELD_OUT = 500
_PIECES = 2000
_EPOCHS = 8
_ROUNDS = 2
# Of as many steps as a pass over the rows below has batches of 64: 128 in all.
_GUMBEL_ROUNDS = 4
# Rows that the rounds sample for and that their judge knows; the generator learns all.
_ROUND_ROWS = 2000
_CRITIC_EPOCHS = 15


class Captions:
    """Image COCO in RelGAN's split, lower case, one intent.

    Attributes:
        fit: Captions to learn.
        held_out: Train captions that are not learnt, for stopping, guard and rejection.
        test: Test captions.
    """

    def __init__(self) -> None:
        place = os.environ.get("CORPUSFORGE_DATA")
        folder = Path(place or "") / "image_coco"
        if not place or not folder.is_dir():
            raise SystemExit("set CORPUSFORGE_DATA to the folder with image_coco/")
        train, self.test = (
            [normalise(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
            for path in (folder / "image_coco.train.txt", folder / "image_coco.test.txt")
        )
        self.fit, self.held_out = train[:-_HELD_OUT], train[-_HELD_OUT:]
        tokenizer = train_tokenizer(train, [], [CAPTION.intent], pieces=_PIECES)
        length = max(len(tokenizer.encode(text)) for text in train) + 1
        self.layout = Layout(tokenizer, 0, length)

    def frames(self, texts: Sequence[str]) -> list[Frame]:
        """Captions as frames of the one intent."""
        return [Frame(CAPTION.intent, text, (), place) for place, text in enumerate(texts)]


class Generators:
    """The generator after maximum likelihood and after the rounds of each mode.

    Args:
        captions: The data.
        folder: Where weights are kept.
        seed: Of all training.
    """

    def __init__(self, captions: Captions, folder: Path, seed: int) -> None:
        self._captions, self._folder, self._seed = captions, folder, seed
        folder.mkdir(parents=True, exist_ok=True)

    def trainer(self) -> Trainer:
        """A generator with random weights; the same ones each time."""
        captions, layout = self._captions, self._captions.layout
        config = ExpandConfig()
        with deterministic(self._seed):
            model = build_generator(layout, hidden_size=config.hidden_size, layers=config.layers)
        fit = corpus_of(layout, captions.frames(captions.fit))
        held_out = corpus_of(layout, captions.frames(captions.held_out))
        return Trainer(layout, model, fit, held_out, torch_generator(self._seed + 1))

    def weights(self, name: str) -> Trainer:
        """The trainer with the weights of a name: mle, cooperative or gumbel.

        Those of gumbel are of its last round, gate or not: the gate may leave nothing of it.
        """
        path = self._folder / name
        if not path.is_dir():
            self._train(name)
        trainer = self.trainer()
        trainer.model.load_state_dict(read_state(path).tensors)
        return trainer

    def history(self, name: str) -> dict[str, Any]:
        """What its training recorded."""
        self.weights(name)
        found: dict[str, Any] = read_json(self._folder / f"{name}.json")
        return found

    def _train(self, name: str) -> None:
        if name == "mle":
            trainer = self.trainer()
            with deterministic(self._seed):
                history: dict[str, Any] = {
                    "epochs": trainer.maximum_likelihood(_EPOCHS, lambda: None)
                }
        else:
            trainer = self.weights("mle")
            history = self._rounds(name, trainer)
        write_json(history, self._folder / f"{name}.json")
        write_state(State(weights_of(trainer.model)), self._folder / name)

    def _rounds(self, name: str, trainer: Trainer) -> dict[str, Any]:
        with deterministic(self._seed):
            fitting = self._fitting(trainer)
            mode: Mode = plugins.load("mode", name)(fitting)
            if name == "gumbel":
                return _ungated(fitting, mode)
            rounds = Rounds(fitting, mode)
            rounds.begin([])
            return rounds.run(_ROUNDS, lambda: None)

    def _fitting(self, trainer: Trainer) -> Fitting:
        captions, layout, table = self._captions, self._captions.layout, SlotTable({}, {}, {})
        train = captions.frames(captions.fit[:_ROUND_ROWS])
        held_out = captions.frames(captions.held_out)
        context = FitContext(
            layout,
            held_out,
            judge=Judge(layout, table, train, held_out, seed=self._seed),
            config=ExpandConfig(),
            seed=self._seed,
            progress=Progress(quiet=True),
            table=table,
            frames=train,
            folder=self._folder,
            cache=None,
        )
        return Fitting(trainer, train, context, torch_generator(self._seed + 2))

    def nll(self, name: str, texts: Sequence[str]) -> dict[str, float]:
        """Held-out loss at temperature 1, in nats per piece and per word (the end is one)."""
        trainer = self.weights(name)
        corpus = Corpus.of(self._captions.layout, [CAPTION] * len(texts), texts)
        pad_id = self._captions.layout.tokenizer.pad_id
        with deterministic(0):
            loss = nll(trainer.model, corpus.prompts, corpus.texts, pad_id=pad_id)
        pieces = int((corpus.texts != pad_id).sum())
        words = sum(len(text.split()) + 1 for text in texts)
        return {"per_piece": round(loss, 4), "per_word": round(loss * pieces / words, 4)}


def _ungated(fitting: Fitting, mode: Mode) -> dict[str, Any]:
    """All rounds of a mode, whatever the gate would say; what it would say is recorded."""
    conditions = [CAPTION] * GUARD_SAMPLES
    start = guard_of(fitting.trainer, conditions, 1)
    records: list[dict[str, Any]] = [{"guard": asdict(start), "undone": ""}]
    frames, texts = fitting.fakes()
    for number in range(1, _GUMBEL_ROUNDS + 1):
        figures = mode.play(frames, texts, number, _GUMBEL_ROUNDS)
        guard = guard_of(fitting.trainer, conditions, 1)
        records.append({"guard": asdict(guard), "undone": worse(start, guard), **figures})
    return {"rounds": records, "round_kept": None}


def draw(
    trainer: Trainer, count: int, temperature: float, generator: torch.Generator, nucleus: float
) -> list[str]:
    """So many finished captions."""
    texts: list[str] = []
    with deterministic(0):
        while len(texts) < count:
            found = sample(
                trainer.model,
                trainer.layout,
                [CAPTION] * (count - len(texts)),
                [temperature] * (count - len(texts)),
                generator,
                allowed=trainer.allowed,
                nucleus=nucleus,
            )
            texts += [item.text for item in found if item.finished and item.text.strip()]
    return texts


class Rejection:
    """Keeps samples by their odds of being real (Chen et al. 2020, arXiv 2004.02135).

    The odds are a logistic regression over the discriminator's realness, the generator's mean
    and least log probability and the length: train captions that were not learnt against fresh
    samples at the same temperature.

    Args:
        captions: The data.
        trainer: Holds the generator.
        temperatures: Of the fakes that the discriminator learns.
        seed: Of discriminator and draws.
    """

    def __init__(
        self, captions: Captions, trainer: Trainer, temperatures: Sequence[float], seed: int
    ) -> None:
        self._captions, self._trainer = captions, trainer
        layout, self._generator = captions.layout, torch_generator(seed)
        each = len(captions.fit) // len(temperatures)
        fakes: list[str] = []
        for heat in temperatures:
            fakes += draw(trainer, each, heat, self._generator, 0.95)
        with deterministic(seed):
            model = Discriminator(len(layout.tokenizer), 1, layout.tokenizer.pad_id)
            self._critic = Critic(layout, model, [CAPTION] * len(captions.fit), captions.fit)
            self._critic.learn(
                [CAPTION] * len(fakes), fakes, epochs=_CRITIC_EPOCHS, generator=self._generator
            )

    def draw(self, count: int, temperature: float) -> tuple[list[str], dict[str, Any]]:
        """Captions that were kept, and how well real and generated ones were told apart."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_predict
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        real = self._captions.held_out
        fakes = draw(self._trainer, 2 * len(real), temperature, self._generator, 0.95)
        features = self._features([*real, *fakes])
        labels = np.arange(len(features)) < len(real)
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        guessed = cross_val_predict(model, features, labels, cv=5, method="decision_function")
        model.fit(features, labels)
        pool = draw(
            self._trainer, round(count / ACCEPTED_SHARE), temperature, self._generator, 0.95
        )
        logits = model.decision_function(self._features(pool))
        odds = np.exp(logits - _offset(logits, count))
        noise = torch.rand(len(pool), generator=self._generator, dtype=torch.float64).numpy()
        # Exactly `count`: acceptance by odds, the nearest misses or hits make up the number.
        kept = np.sort(np.argsort(noise / np.minimum(odds, 1.0), kind="stable")[:count])
        facts = {
            "auc": round(_auc(guessed, labels), 4),
            "auc_critic": round(_auc(features[:, 0], labels), 4),
            "weights": [round(float(w), 3) for w in model[-1].coef_[0]],
        }
        return [pool[place] for place in kept], facts

    def _features(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        corpus = Corpus.of(self._captions.layout, [CAPTION] * len(texts), texts)
        pad_id = self._captions.layout.tokenizer.pad_id
        self._trainer.model.eval()
        parts = []
        with deterministic(0), torch.no_grad():
            realness, _ = self._critic.scores([CAPTION] * len(texts), texts)
            for start in range(0, len(texts), 256):
                part = slice(start, start + 256)
                losses = token_nll(
                    self._trainer.model, corpus.prompts[part], corpus.texts[part], pad_id=pad_id
                )
                size = (corpus.texts[part] != pad_id).sum(1)
                parts.append(
                    torch.stack([-losses.sum(1) / size, -losses.max(1).values, size.log()], 1)
                )
        joined = torch.cat([realness.unsqueeze(1), torch.cat(parts)], dim=1)
        found: npt.NDArray[np.float64] = joined.double().numpy()
        return found


def _offset(logits: npt.NDArray[np.float64], count: int) -> float:
    """Such that the odds, cut off at 1, keep so many on average."""
    low, high = float(logits.min()) - 1, float(logits.max()) + 50
    for _ in range(60):
        middle = (low + high) / 2
        kept = np.minimum(np.exp(np.minimum(logits - middle, 0.0)), 1.0).sum()
        low, high = (middle, high) if kept > count else (low, middle)
    return low


def _auc(scores: npt.NDArray[Any], labels: npt.NDArray[np.bool_]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores))
