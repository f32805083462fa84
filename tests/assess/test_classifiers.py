import warnings

import numpy as np

from corpusforge.assess.classifiers import EncoderLr
from corpusforge.assess.rows import Rows


class _Clouds:
    """Intent "17" lies around the 17th of many directions."""

    name = "clouds"

    def __init__(self, intents):
        self.centres = np.random.default_rng(1).normal(size=(intents, 384))

    def prepare(self, texts):
        pass

    def encode(self, texts):
        found = []
        for text in texts:
            intent, row = text.split()
            noise = np.random.default_rng([int(intent), int(row)]).normal(size=384)
            found.append(self.centres[int(intent)] + 1.5 * noise)
        table = np.array(found)
        return (table / np.linalg.norm(table, axis=1, keepdims=True)).astype(np.float32)


def _rows(intents, numbers):
    texts = [f"{intent} {row}" for intent in range(intents) for row in numbers]
    labels = [text.split()[0] for text in texts]
    return Rows.labelled(texts, labels, weights=np.full(len(texts), 0.4))


def test_the_regression_learns_many_intents_as_well_as_few():
    for intents in (15, 300):
        model = EncoderLr(_Clouds(intents))
        train, test = _rows(intents, range(5)), _rows(intents, range(5, 8))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted = model.fit(train, 100.0)
        right = np.mean(np.array(fitted.predict(test.texts)) == np.array(test.intents))
        assert right > 0.95, (intents, right)
