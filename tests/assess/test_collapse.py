import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from corpusforge.assess.collapse import Generation, Ruler, alarms_of, both_modes, run_collapse
from corpusforge.assess.rows import Rows
from corpusforge.core.errors import InputError
from corpusforge.core.seeding import rng

ROOT = Path(__file__).parents[2]


def long_tail(rows, seed):
    """Rows of two intents with many words that come once, as real ones have."""
    draws = rng(seed, "long_tail")

    def word():
        return f"w{int(draws.zipf(1.4)) % 5000}"

    texts = [
        f"{['play', 'find'][n % 2]} {word()} {word()} {['by', 'near'][n % 2]} {word()}"
        for n in range(rows)
    ]
    return Rows.labelled(texts, [["music", "place"][n % 2] for n in range(rows)])


REAL = long_tail(400, 1)


@pytest.fixture(scope="module")
def found():
    return both_modes(REAL, long_tail(200, 2), "trigram", 6, 3)


def test_replace_collapses_and_the_detector_fires(found):
    assert found.replace.lost() > 0.3
    assert any("rare word pairs" in alarm for alarm in found.replace.alarms)
    vocabulary = [generation.vocabulary for generation in found.replace.generations]
    assert vocabulary == sorted(vocabulary, reverse=True)


def test_accumulate_does_not_and_the_detector_keeps_quiet(found):
    assert found.accumulate.lost() < 0.15
    assert found.accumulate.alarms == ()


def test_both_modes_start_alike_and_differ_in_what_they_learn_from(found):
    assert found.replace.generations[:2] == found.accumulate.generations[:2]
    assert [g.trained_on for g in found.replace.generations] == [0] + [400] * 6
    assert [g.trained_on for g in found.accumulate.generations] == [0, *range(400, 2401, 400)]
    assert all(g.rows == 400 for g in found.replace.generations)


def test_generation_0_is_the_real_data(found):
    real = found.replace.generations[0]
    assert real.number == 0 and real.copies == 1 and real.tail_coverage == 1
    assert 0 < found.replace.generations[1].copies < 1


def test_figures_are_json(found):
    whole = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert whole["replace"]["alarm"] is True and whole["accumulate"]["alarm"] is False
    assert len(whole["replace"]["generations"]) == 7
    assert whole["replace"]["vocabulary_lost"] < whole["replace"]["vocabulary_lost_since_real"]


def test_fresh_real_rows_raise_no_alarm():
    ruler = Ruler(REAL, 1)
    generations = [ruler.measure(long_tail(400, 10 + n), n, 400) for n in range(7)]
    assert alarms_of(generations) == ()


def test_the_seed_decides_everything():
    same = [run_collapse(REAL, "trigram", 2, "replace", 5) for _ in range(2)]
    assert same[0] == same[1]
    assert run_collapse(REAL, "trigram", 2, "replace", 6) != same[0]


def generation(number, **figures):
    start = Generation(number, 100, 100, 500, 0.5, 0.7, 0.9, 0.6, 0.3, 80.0, 0.1, 0.9)
    return replace(start, **figures)


def test_one_bad_generation_is_no_alarm_two_running_are():
    good, bad = {"vocabulary": 500}, {"vocabulary": 390}
    for pattern, alarm in [("ggbg", False), ("ggbgb", False), ("ggbb", True), ("gggbbg", True)]:
        rows = [generation(n, **(bad if c == "b" else good)) for n, c in enumerate("g" + pattern)]
        assert bool(alarms_of(rows)) == alarm, pattern


def test_a_fall_in_accuracy_is_an_alarm_of_its_own():
    rows = [generation(n, accuracy=[0.95, 0.93, 0.92, 0.88, 0.87][n]) for n in range(5)]
    (alarm,) = alarms_of(rows)
    assert alarm == (
        "accuracy on real rows fell by more than 3 points in generations 3 and 4: 93.0% to 88.0% "
        "and 87.0%; 87.0% in the last one"
    )
    assert alarms_of([generation(n, accuracy=None) for n in range(5)]) == ()


def test_what_a_first_fit_loses_is_not_collapse():
    rows = [generation(0, vocabulary=1000, tail_coverage=1.0)]
    assert alarms_of(rows + [generation(n) for n in range(1, 7)]) == ()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((REAL, "markov", 2, "replace", 1), "markov"),
        ((REAL, "trigram", 2, "mix", 1), "mix"),
        ((REAL, "trigram", 0, "replace", 1), "0 generations"),
        ((Rows.labelled([], []), "trigram", 2, "replace", 1), "0 rows"),
    ],
)
def test_what_cannot_be_run_is_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        run_collapse(*arguments)


def test_snips_shows_it(real_data):
    command = [sys.executable, "-m", "eval.collapse", "--quick"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    summary = json.loads(run.stdout.splitlines()[-1])
    assert summary["replace"]["alarms_fired"] == 1
    assert summary["replace"]["vocabulary_lost_since_generation_1"]["mean"] > 0.3
    for arm in ("accumulate", "real", "same_generator"):
        assert summary[arm]["alarms_fired"] == 0, arm
        assert summary[arm]["vocabulary_lost_since_generation_1"]["mean"] < 0.15, arm


def test_without_data_the_command_says_what_to_set(monkeypatch):
    monkeypatch.delenv("CORPUSFORGE_DATA", raising=False)
    command = [sys.executable, "-m", "eval.collapse", "--quick"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode != 0 and "CORPUSFORGE_DATA" in run.stderr
