from __future__ import annotations

import operator
import os

import pytest

from corpusforge.core.errors import InputError, RunError
from corpusforge.core.executors import InlineExecutor, ProcessExecutor, make_executor


@pytest.mark.parametrize("executor", [InlineExecutor(), ProcessExecutor(1), ProcessExecutor(2)])
def test_results_come_in_order_and_are_reported(executor):
    seen = []
    assert executor.map(operator.neg, [3, 1, 2], on_result=seen.append) == [-3, -1, -2]
    assert seen == [-3, -1, -2]


@pytest.mark.parametrize("executor", [InlineExecutor(), ProcessExecutor(2)])
def test_nothing_to_do(executor):
    assert executor.map(operator.neg, []) == []


@pytest.mark.parametrize("executor", [InlineExecutor(), ProcessExecutor(2)])
def test_an_error_in_a_worker_reaches_the_caller(executor):
    with pytest.raises(ZeroDivisionError):
        executor.map(_inverse, [1, 0])


def _inverse(value):
    return 1 / value


def test_workers_get_one_thread_and_the_parent_keeps_its_environment():
    before = os.environ.get("OMP_NUM_THREADS")
    assert ProcessExecutor(1).map(os.getenv, ["OMP_NUM_THREADS"]) == ["1"]
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_a_killed_worker_is_a_run_error():
    with pytest.raises(RunError, match="a worker process died"):
        ProcessExecutor(1).map(os._exit, [9])


@pytest.mark.parametrize(("name", "workers"), [("proces", 1), ("inline", 0)])
def test_wrong_names_and_numbers(name, workers):
    with pytest.raises(InputError):
        make_executor(name, workers)
