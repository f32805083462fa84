"""The two intent classifiers that every figure is measured with.

A gain that only one of them sees is a gain for that kind of model only: TF-IDF knows no words
but those it was shown, an encoder knows many paraphrases already.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from corpusforge.assess.encoder import Encoder
from corpusforge.assess.rows import Rows

__all__ = ["Classifier", "Fitted", "classifiers"]

_FOLDS = 3


class Fitted(Protocol):
    """A trained classifier."""

    intents: tuple[str, ...]

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.object_]:
        """Intent of each text, shape [texts]."""

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Shape [texts, intents], higher = more sure."""


class Classifier(Protocol):
    """A kind of classifier.

    Attributes:
        name: What the figures are named after.
        default: C where there is nothing real to choose it by.
    """

    name: str
    default: float

    def tune(self, real: Rows, extra: Rows | None, rng: np.random.Generator) -> float:
        """Inverse regularisation strength C, chosen by cross-validation over the real rows.

        `extra` is added to every training part and never validated on. With fewer than two
        rows in most intents there is nothing to choose by: the default is taken.
        """

    def fit(self, train: Rows, c: float, *, idf_texts: Sequence[str] = ()) -> Fitted:
        """Train with the rows' weights; `idf_texts` only count for document frequencies."""


class _Model:
    """A scikit-learn model behind a way to make features."""

    def __init__(self, features: Any, model: Any) -> None:
        self._features = features
        self._model = model
        self.intents = tuple(str(name) for name in model.classes_)

    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.object_]:
        names = np.array(self.intents, dtype=object)
        found: npt.NDArray[np.object_] = names[self.scores(texts).argmax(axis=1)]
        return found

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        return _decide(self._model, self._features(texts))


def _decide(model: Any, features: Any) -> npt.NDArray[np.float64]:
    """Scores of each intent, shape [rows, intents]."""
    values = np.asarray(model.decision_function(features))
    if values.ndim == 1:  # two intents: one column, positive for the second
        values = np.stack([-values, values], axis=1)
    return values.astype(np.float64)


def _folds(rows: Rows, rng: np.random.Generator) -> npt.NDArray[np.int64] | None:
    """Fold of each row; -1 = always trained on. None when most intents have a single row."""
    fold = np.full(len(rows), -1, dtype=np.int64)
    single = 0
    for places in rows.by_intent().values():
        if len(places) < 2:
            single += 1
        else:
            fold[rng.permutation(places)] = np.arange(len(places)) % _FOLDS
    return None if single * 2 > len(rows.by_intent()) else fold


class _Linear(ABC):
    """What both classifiers share: training on features, and the choice of C."""

    name: str
    grid: tuple[float, ...]
    default: float

    @abstractmethod
    def _vectoriser(self, texts: Sequence[str]) -> Callable[[Sequence[str]], Any]:
        """A function from texts to a matrix [texts, features], fitted on these texts."""

    @abstractmethod
    def _model(self, c: float, intents: int) -> Any:
        """An untrained scikit-learn model with `decision_function` for so many intents."""

    def _train(self, features: Any, rows: Rows, c: float) -> Any:
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            # Not quite converged is good enough (see the tolerances), and no news to a user.
            warnings.simplefilter("ignore", ConvergenceWarning)
            # One row per intent is what is asked here, not a regression by mistake.
            warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
            model = self._model(c, len(set(rows.intents)))
            return model.fit(features, np.array(rows.intents), sample_weight=rows.weights)

    def tune(self, real: Rows, extra: Rows | None, rng: np.random.Generator) -> float:
        folds = _folds(real, rng)
        if folds is None:
            return self.default
        whole = real if extra is None else real.plus(extra)
        # Document frequencies of held-out rows enter here; their labels do not.
        matrix = self._vectoriser(whole.texts)(whole.texts)
        truth = np.array(real.intents, dtype=object)
        right = np.zeros(len(self.grid))
        for fold in range(_FOLDS):
            held = np.flatnonzero(folds == fold)
            train = np.concatenate(
                [np.flatnonzero(folds != fold), np.arange(len(real), len(whole))]
            )
            part = whole.take(train)
            if len(held) == 0 or len(set(part.intents)) < 2:
                continue
            for place, c in enumerate(self.grid):
                model = self._train(matrix[train], part, c)
                found = model.classes_[_decide(model, matrix[held]).argmax(axis=1)]
                right[place] += (found == truth[held]).sum()
        best = np.flatnonzero(right == right.max())
        # Of equals the one nearest to the default, so that ties are no draw of the lot.
        away = np.abs(np.log(np.array(self.grid)[best] / self.default))
        return float(self.grid[best[away.argmin()]])

    def fit(self, train: Rows, c: float, *, idf_texts: Sequence[str] = ()) -> Fitted:
        used = train.where(train.weights > 0)
        features = self._vectoriser([*used.texts, *idf_texts])
        return _Model(features, self._train(features(used.texts), used, c))


class TfidfSvm(_Linear):
    """TF-IDF of word 1-2-grams and character 3-5-grams, one linear SVM per intent."""

    name = "tfidf-svm"
    grid = (0.1, 1.0, 10.0)
    default = 1.0

    def _vectoriser(self, texts: Sequence[str]) -> Callable[[Sequence[str]], Any]:
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\w+")
        pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        # A text without a word (a lone "?") is a row of zeros, not an error.
        words.fit([*texts, "a"])
        pieces.fit([*texts, "a"])
        return lambda new: hstack([words.transform(new), pieces.transform(new)]).tocsr()

    def _model(self, c: float, intents: int) -> Any:
        from sklearn.svm import LinearSVC

        # Against a tolerance of 1e-6, 1 of 1,800 predictions differed (CLINC150 travel and work,
        # validation rows, 75 to 1,500 train rows).
        return LinearSVC(C=c, tol=1e-2, random_state=0)


class EncoderLr(_Linear):
    """Frozen sentence embeddings and multinomial logistic regression."""

    grid = (1.0, 10.0, 100.0)
    default = 10.0

    def __init__(self, encoder: Encoder) -> None:
        self.name = f"{encoder.name}-lr"
        self._encoder = encoder

    def _vectoriser(self, texts: Sequence[str]) -> Callable[[Sequence[str]], Any]:
        return self._encoder.encode

    def _model(self, c: float, intents: int) -> Any:
        from sklearn.linear_model import LogisticRegression

        # The tolerance is on the gradient of the mean loss, and each intent's part of it shrinks
        # with their number: at 150 intents 1e-3 can stop before the first step (eval/LOG.md).
        return LogisticRegression(C=c, tol=min(1e-3, 0.015 / intents), max_iter=200)


def classifiers(encoder: Encoder) -> tuple[Classifier, Classifier]:
    """TF-IDF + linear SVM, and the encoder + logistic regression: always both."""
    return TfidfSvm(), EncoderLr(encoder)
