"""Can a classifier tell synthetic texts from real ones, and by what?

A classifier two-sample test (Lopez-Paz and Oquab 2017, arXiv 1610.06545) with a classifier
whose reasons can be read: logistic regression on words, pairs of words and how a text is
written (length, capitals, punctuation, digits). A stronger classifier may tell more, so the
AUC is a lower bound; what it goes by is what a person can mend.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.rows import Rows
from corpusforge.clean.near_duplicates import similar_pairs
from corpusforge.core.text import fold
from corpusforge.core.trigram import words
from corpusforge.metrics.two_sample import auc_over_folds

__all__ = ["LENGTHS", "Realism", "Tell", "folded_words", "tell_apart"]

_FOLDS = 5
# Thousands of features are looked at, so one is only named when its two means differ by this
# many standard errors: 0.06 of 1,000 features do by chance.
_STANDARD_ERRORS = 4.0
_MOST_TELLS = 10
# Near copies share a fold. Above the first threshold templates may chain most rows into one
# group, which leaves nothing to test on: then only nearer copies are held together.
_NEAR = (0.8, 0.9, 1.0)
_LARGEST_GROUP = 0.2  # share of the rows, one fold of five

_Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tell:
    """One thing by which synthetic texts differ from real ones.

    Attributes:
        feature: A word, two words, or how the text is written.
        kind: "words" or "style".
        synthetic: Share of the synthetic texts that have it; for lengths the mean.
        real: The same for real texts.
    """

    feature: str
    kind: str
    synthetic: float
    real: float

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "feature": self.feature,
            "kind": self.kind,
            "more_in": "synthetic" if self.synthetic > self.real else "real",
            "synthetic": round(self.synthetic, 6),
            "real": round(self.real, 6),
        }


@dataclass(frozen=True)
class Realism:
    """How well a classifier tells them apart; NaN where there are too few texts.

    Attributes:
        auc: Share of (synthetic, real) pairs it orders right, 0.5 = cannot tell.
        low: Lower end of the 95 % interval.
        high: Upper end.
        rows: Different texts compared on either side: (synthetic, real).
        tells: What it goes by, most telling first.
    """

    auc: float
    low: float
    high: float
    rows: tuple[int, int]
    tells: tuple[Tell, ...]


def folded_words(text: str) -> list[str]:
    """Words of the folded text; single characters in scripts without spaces."""
    return [word.strip() for word in words(fold(text))]


def tell_apart(synthetic: Rows, real: Rows, rng: np.random.Generator) -> Realism:
    """Trains on four fifths, judges the rest, five times.

    Texts that read the same count once on each side: repetition is a matter of diversity, and
    would be learnt by heart. A text and its near copies, of either side, share a fold: a copy
    in the training part would be recognised (two synthetic copies) or taken for its original
    (a synthetic copy of a real row), and the AUC would say nothing about unseen texts.

    Every fold has the same share of each intent's texts of either side, as far as copies
    allow: were an intent's synthetic texts mostly in one fold, the others would teach that this
    intent is real, and the AUC of indistinguishable texts would lie far below 0.5.

    Args:
        synthetic: Rows, best as many as real ones of each intent.
        real: Rows.
        rng: Deals the groups of near copies into folds.
    """
    parts = [_distinct(synthetic), _distinct(real)]
    sizes = (len(parts[0]), len(parts[1]))
    both = parts[0].plus(parts[1])
    made = np.arange(len(both)) < sizes[0]
    if min(sizes) < 2 * _FOLDS:
        return Realism(float("nan"), float("nan"), float("nan"), sizes, ())
    tokens = [folded_words(text) for text in both.texts]
    strata = np.unique(np.array(both.intents), return_inverse=True)[1] * 2 + made
    folds = _deal(_groups([" ".join(row) for row in tokens]), strata, rng)
    style = _style(both.texts, tokens)
    scores = np.zeros(len(both))
    for fold_number in range(_FOLDS):
        held = folds == fold_number
        if held.any() and 0 < made[~held].sum() < (~held).sum():
            model = _Model(tokens, style, made, ~held)
            scores[held] = model.decide(held)
    area, low, high = auc_over_folds(scores, made, folds)
    whole = _Model(tokens, style, made, np.ones(len(both), dtype=bool))
    return Realism(area, low, high, sizes, _tells(whole, style, made))


def _distinct(rows: Rows) -> Rows:
    first: dict[str, int] = {}
    for place, text in enumerate(rows.folded):
        first.setdefault(text, place)
    return rows.take(list(first.values()))


def _groups(folded: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of the group of near copies that each text belongs to."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(folded)
    groups = np.arange(count)
    for threshold in _NEAR:
        pairs = similar_pairs(folded, threshold)
        graph = coo_matrix((np.ones(len(pairs)), (pairs.left, pairs.right)), shape=(count, count))
        groups = connected_components(graph, directed=False)[1].astype(np.int64)
        if np.bincount(groups).max() <= max(1, _LARGEST_GROUP * count):
            break
    return groups


def _deal(
    groups: npt.NDArray[np.int64], strata: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Fold of each row: groups stay whole, strata (intent and side) are spread evenly.

    Groups in random order, large ones first, each into the fold that has the fewest rows of its
    strata; of equals, the emptiest.
    """
    sizes = np.bincount(groups)
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(sizes)[:-1])
    order = rng.permutation(len(sizes))
    filled = np.zeros((_FOLDS, int(strata.max()) + 1), dtype=np.int64)
    fold_of = np.empty(len(groups), dtype=np.int64)
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        kinds = strata[members[group]]
        same = filled[:, kinds].sum(axis=1)
        chosen = np.lexsort((filled.sum(axis=1), same))[0]
        fold_of[members[group]] = chosen
        np.add.at(filled[chosen], kinds, 1)
    return fold_of


LENGTHS = ("length in words", "letters per word")
"""Style features that are not a yes or no."""

_STYLE = (
    *LENGTHS,
    "a capital letter",
    "punctuation at the end",
    "punctuation inside",
    "a digit",
)


def _style(texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> _Matrix:
    """How each text is written, shape [texts, len(_STYLE)]."""
    rows = np.zeros((len(texts), len(_STYLE)))
    for place, (text, pieces) in enumerate(zip(texts, tokens, strict=True)):
        bare = text.strip()
        marks = [unicodedata.category(letter)[0] == "P" for letter in bare]
        rows[place] = (
            len(pieces),
            sum(map(len, pieces)) / max(len(pieces), 1),
            any(letter.isupper() for letter in bare),
            bool(marks) and marks[-1],
            any(marks[:-1]),
            any(letter.isdigit() for letter in bare),
        )
    return rows


class _Model:
    """Logistic regression on TF-IDF of words and pairs of words, and on standardised style."""

    def __init__(
        self,
        tokens: Sequence[Sequence[str]],
        style: _Matrix,
        made: npt.NDArray[np.bool_],
        train: npt.NDArray[np.bool_],
    ) -> None:
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        # The analyser cuts at single spaces: tokens hold none.
        vectoriser = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, lowercase=False, token_pattern=r"[^ ]+"
        )
        lines = [" ".join(row) for row in tokens]
        used = [line for line, wanted in zip(lines, train, strict=True) if wanted]
        vectoriser.fit([*used, "a"])
        self.names = vectoriser.get_feature_names_out()
        self.words = vectoriser.transform(lines).tocsr()
        spread = style[train].std(axis=0)
        spread[spread == 0] = 1
        # A row of TF-IDF has length 1; style in units of its spread, cut at 3, is kept to the
        # same order of size, or the penalty would not hold it.
        scaled = np.clip((style - style[train].mean(axis=0)) / spread, -3, 3) / 3
        self._features = hstack([self.words, scaled]).tocsr()
        self._model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500, tol=1e-4)
        self._model.fit(self._features[train], made[train])
        self.weights: _Matrix = self._model.coef_[0]

    def decide(self, rows: npt.NDArray[np.bool_]) -> _Matrix:
        """Higher = taken for synthetic, shape [rows that are true]."""
        found: _Matrix = self._model.decision_function(self._features[rows])
        return found

    def effect(self, made: npt.NDArray[np.bool_]) -> _Matrix:
        """How far each feature moves the two means apart, shape [features]."""
        apart = self._features[made].mean(axis=0) - self._features[~made].mean(axis=0)
        result: _Matrix = self.weights * np.asarray(apart).ravel()
        return result


def _tells(model: _Model, style: _Matrix, made: npt.NDArray[np.bool_]) -> tuple[Tell, ...]:
    """Features whose means differ for sure, by what they do to the classifier's decision."""
    from scipy.sparse import hstack

    has_word = model.words.copy()
    has_word.data[:] = 1
    values = hstack([has_word, style]).tocsr()
    squares = values.copy()
    squares.data **= 2
    means, errors = [], np.zeros(values.shape[1])
    for side in (made, ~made):
        mean = np.asarray(values[side].mean(axis=0)).ravel()
        variance = np.asarray(squares[side].mean(axis=0)).ravel() - mean**2
        errors += np.maximum(variance, 0) / side.sum()
        means.append(mean)
    # Add half a row to either side, or a word that one side never says has no error there.
    errors += (0.5 / made.sum()) ** 2 + (0.5 / (~made).sum()) ** 2
    sure = np.abs(means[0] - means[1]) > _STANDARD_ERRORS * np.sqrt(errors)
    effect = np.where(sure, model.effect(made), 0)
    tells: list[Tell] = []
    named: set[tuple[str, bool]] = set()
    for place in np.argsort(-effect, kind="stable"):
        if effect[place] <= 0 or len(tells) == _MOST_TELLS:
            break
        more = bool(means[0][place] > means[1][place])
        if place < len(model.names):
            name, kind = str(model.names[place]), "words"
        else:
            name, kind = _STYLE[place - len(model.names)], "style"
        parts = {(word, more) for word in (name.split(" ") if kind == "words" else [name])}
        if not parts & named:  # "please turn" says nothing new after "please"
            tells.append(Tell(name, kind, float(means[0][place]), float(means[1][place])))
        named |= parts
    return tuple(tells)
