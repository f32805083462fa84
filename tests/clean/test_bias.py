import json

import numpy as np
import pyarrow as pa
import pytest

from corpusforge.clean.bias import bias_figures
from corpusforge.core.schema import CATALOGUE
from corpusforge.metrics import cramers_v, representation
from tests.clean.rows import row, table_of


def catalogue(**genders):
    rows = [
        {
            "entity": "name",
            "text": text,
            "value": text.upper(),
            "attributes": [{"key": "gender", "value": gender}] if gender else [],
            "agreement": "",
            "license": "MIT",
        }
        for text, gender in genders.items()
    ]
    return pa.Table.from_pylist(rows, CATALOGUE)


NAMES = catalogue(anna="f", bert="m", kim=None)


def corpus(pairs):
    """One row for each (intent, name)."""
    return table_of(*[row(f"do {{name={name}}}", intent) for intent, name in pairs])


def test_nothing_declared():
    assert bias_figures(corpus([("a", "anna")]), NAMES, (), 1) == {"status": "nothing declared"}


def test_full_association():
    figures = bias_figures(
        corpus([("call", "anna")] * 30 + [("fire", "bert")] * 15), NAMES, ("gender",), 1
    )
    entry = figures["attributes"][0]
    assert entry["values"] == ["f", "m"]
    assert entry["intents"] == ["call", "fire"]
    assert entry["counts"] == [[30, 0], [0, 15]]  # one line per intent
    assert entry["representation"] == 0.5
    assert entry["cramers_v"] > 0.95
    assert entry["p_value"] == 0.001
    assert entry["cramers_v_by_origin"] == {"grammar": entry["cramers_v"]}
    json.dumps(figures, allow_nan=False)


def test_no_association_is_within_chance():
    rows = [(intent, name) for intent in ("a", "b", "c") for name in ("anna", "bert")] * 40
    entry = bias_figures(corpus(rows), NAMES, ("gender",), 1)["attributes"][0]
    assert entry["cramers_v"] == 0.0
    assert entry["cramers_v"] <= entry["independent_95"]
    assert entry["p_value"] > 0.5


def test_what_cannot_be_said_is_null():
    one = bias_figures(corpus([("a", "anna"), ("a", "bert")]), NAMES, ("gender",), 1)
    assert one["attributes"][0]["cramers_v"] is None
    assert one["attributes"][0]["interval_95"] == [None, None]
    unknown = bias_figures(corpus([("a", "anna")]), NAMES, ("age",), 1)["attributes"][0]
    assert unknown == {"attribute": "age", "status": "no value of the lists declares it"}
    unseen = bias_figures(corpus([("a", "kim")]), NAMES, ("gender",), 1)["attributes"][0]
    assert unseen["status"] == "no row mentions such a value"
    assert unseen["mentions"] == 0


def test_values_declared_in_two_ways_are_left_out():
    table = pa.concat_tables([NAMES, catalogue(anna="m")])
    entry = bias_figures(corpus([("a", "anna"), ("b", "bert")]), table, ("gender",), 1)
    assert entry["attributes"][0]["mentions"] == 1


# Bergsma's correction worked by hand for [[10, 0], [0, 10]]: phi2 = 1, corrected by 1/19 to
# 18/19; both sides count 2 - 1/19, so V = sqrt((18/19) / (18/19)) = 1. For [[30, 10], [10, 30]]
# likewise sqrt((1/4 - 1/79) / (1 - 1/79)).
@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([[10, 0], [0, 10]], 1.0),
        ([[10, 10], [10, 10]], 0.0),
        ([[5, 5], [4, 6]], 0.0),  # plain V is 0.1, less than chance gives
        ([[30, 10], [10, 30]], 0.49029),
    ],
)
def test_cramers_v(counts, expected):
    assert cramers_v.compute(counts) == pytest.approx(expected, abs=1e-4)
    assert cramers_v.compute(np.transpose(counts)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("counts", [[[3, 4]], [[0, 0], [1, 2]], np.zeros((2, 2))])
def test_cramers_v_of_nothing(counts):
    assert np.isnan(cramers_v.compute(counts))
    assert np.isnan(cramers_v.permutation_test(counts, np.random.default_rng(1))).all()


def test_cramers_v_is_unbiased_under_independence():
    # Plain V of a 4x20 table of 1,000 independent rows is about 0.14; the corrected one must
    # stay near 0.
    rng = np.random.Generator(np.random.Philox(5))
    tables = [rng.multinomial(1000, np.full(80, 1 / 80)).reshape(4, 20) for _ in range(50)]
    assert np.mean([cramers_v.compute(table) for table in tables]) < 0.03
    low, p_value = cramers_v.permutation_test(tables[0], rng)
    assert 0 < low < 0.1
    assert p_value > 0.01


def tables(shares, total, count, seed):
    rng = np.random.Generator(np.random.Philox(seed))
    return rng.multinomial(total, np.ravel(shares), size=count).reshape(count, *np.shape(shares))


def population_v(shares):
    """V of the shares themselves."""
    shares = np.asarray(shares)
    expected = shares.sum(axis=1, keepdims=True) * shares.sum(axis=0, keepdims=True)
    phi2 = ((shares - expected) ** 2 / expected).sum()
    return float(np.sqrt(phi2 / (min(shares.shape) - 1)))


INDEPENDENT = np.outer([0.4, 0.6], np.full(12, 1 / 12))
TILT = np.array([1, -1] * 6) / 24


@pytest.mark.parametrize(
    ("shares", "total"),
    [
        (INDEPENDENT, 138),
        (np.full((4, 5), 1 / 20), 300),
        (INDEPENDENT + 0.2 * np.outer([1, -1], TILT), 400),
        (np.array([[0.30, 0.20], [0.20, 0.30]]), 200),
    ],
    ids=["independent 2x12", "independent 4x5", "weak 2x12", "weak 2x2"],
)
def test_interval_covers(shares, total):
    true = population_v(shares)
    bounds = [cramers_v.interval(table) for table in tables(shares, total, 300, seed=11)]
    covered = np.mean([low <= true + 1e-9 and true <= high for low, high in bounds])
    # 95 % asked for; three standard deviations of 300 draws are 0.04. At V = 0 only the lower
    # bound can miss, so the coverage is 97.5 % there.
    assert 0.91 <= covered <= 0.995
    assert np.mean([high - low for low, high in bounds]) < 0.4


def test_interval_holds_the_figure():
    for counts in ([[30, 10], [10, 30]], [[10, 10], [10, 10]], [[40, 0], [0, 40]]):
        low, high = cramers_v.interval(counts)
        assert 0 <= low <= cramers_v.compute(counts) <= high <= 1
    assert cramers_v.interval([[10, 10], [10, 10]])[0] == 0
    assert np.isnan(cramers_v.interval([[1, 2]])).all()


def test_representation():
    assert representation.compute([5, 10]) == 0.5
    assert representation.compute([0, 10]) == 0.0
    assert np.isnan(representation.compute([10]))
    assert np.isnan(representation.compute([0, 0]))


@pytest.mark.parametrize("plugin", [cramers_v.PLUGIN, representation.PLUGIN])
def test_metric_declares_itself(plugin):
    assert plugin.goal in ("min", "max")
    low, high = plugin.bounds
    counts = [[4, 2], [1, 9]] if plugin.name == "cramers_v" else [4, 2]
    assert low <= plugin.compute(counts) <= high
    assert plugin.unit
    assert plugin.source
