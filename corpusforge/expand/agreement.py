"""Does the text still say its intent? A linear classifier over words and characters.

It judges beside the discriminator's intent head: the two see the text in different ways
(counts of words and characters here, learnt pieces there), so few wrong labels fool both.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require
from corpusforge.core.text import fold_delexicalised

__all__ = ["IntentClassifier"]

# Inverse regularisation; the notes on few-shot intents found 10 best among 3, 10 and 100.
_C = 10.0


class IntentClassifier:
    """TF-IDF of words (1-2) and characters (2-4) with logistic regression.

    Args:
        texts: Delexicalised texts of train rows, shape [rows].
        intents: Their labels, shape [rows].
    """

    def __init__(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        self.intents = tuple(sorted(set(intents)))
        self._model: Any = None
        if len(self.intents) < 2:
            return
        text = require("sklearn.feature_extraction.text", extra="all", purpose="expansion")
        linear = require("sklearn.linear_model", extra="all", purpose="expansion")
        pipeline = require("sklearn.pipeline", extra="all", purpose="expansion")
        union = pipeline.FeatureUnion(
            [
                ("words", text.TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2))),
                ("characters", text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4))),
            ]
        )
        model = linear.LogisticRegression(C=_C, max_iter=200, tol=1e-3)
        self._model = pipeline.Pipeline([("features", union), ("classifier", model)])
        with _one_thread():
            # A text of emoji alone folds to nothing, and says nothing.
            folded = [fold_delexicalised(t) or "{empty}" for t in texts]
            with warnings.catch_warnings():
                # One row per intent is what is asked here, not a regression by mistake.
                warnings.filterwarnings("ignore", "The number of unique classes is greater than")
                self._model.fit(folded, list(intents))

    def probability(self, texts: Sequence[str], intents: Sequence[str]) -> npt.NDArray[np.float64]:
        """Probability that each text has the given intent, shape [rows], in [0, 1].

        With a single intent there is nothing to confuse, and all are 1.
        """
        if self._model is None or not len(texts):
            return np.ones(len(texts))
        with _one_thread():
            table = self._model.predict_proba([fold_delexicalised(t) for t in texts])
        place = {intent: index for index, intent in enumerate(self._model.classes_)}
        return np.array([table[r, place[i]] if i in place else 0.0 for r, i in enumerate(intents)])


def _one_thread() -> Any:
    # Several BLAS threads sum in another order, and so give other last digits.
    threadpoolctl = require("threadpoolctl", extra="all", purpose="expansion")
    return threadpoolctl.threadpool_limits(1)
