"""Executors run the parallel part of a stage, and know nothing of stages.

The result does not depend on the executor or the number of workers: functions are pure, and
results come back in the order of the items.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from corpusforge.core.errors import InputError, RunError

__all__ = [
    "EXECUTORS",
    "Executor",
    "InlineExecutor",
    "ProcessExecutor",
    "at_parents_end",
    "make_executor",
]

Item = TypeVar("Item")
Result = TypeVar("Result")

EXECUTORS = ("inline", "process")

# One thread per worker: results must not depend on how a library splits a sum, and two
# workers with two threads each would fight for two cores.
_ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    )
}


class Executor(Protocol):
    """Runs a function over items."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_result: Callable[[Result], None] | None = None,
    ) -> list[Result]:
        """Results in the order of the items.

        Args:
            function: Pure, defined at the top level of a module.
            items: What it is called with.
            on_result: Called with each result, in order, as soon as it is there.
        """


class InlineExecutor:
    """Runs everything in this process, one after another."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_result: Callable[[Result], None] | None = None,
    ) -> list[Result]:
        """See `Executor.map`."""
        results: list[Result] = []
        for item in items:
            results.append(function(item))
            if on_result is not None:
                on_result(results[-1])
        return results


class ProcessExecutor:
    """Runs items in spawned worker processes, one thread each.

    Args:
        workers: Number of processes, at least 1.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_result: Callable[[Result], None] | None = None,
    ) -> list[Result]:
        """See `Executor.map`.

        Raises:
            RunError: When a worker process dies (killed, out of memory).
        """
        if not items:
            return []
        results: list[Result] = []
        context = multiprocessing.get_context("spawn")
        with _environment(_ONE_THREAD):
            pool = ProcessPoolExecutor(
                min(self.workers, len(items)), mp_context=context, initializer=_end_with_parent
            )
            try:
                for result in pool.map(function, items):
                    results.append(result)
                    if on_result is not None:
                        on_result(result)
            except BrokenProcessPool as error:
                raise RunError(
                    "a worker process died (killed, or out of memory); run the same command "
                    "again to go on, with fewer --workers if memory was short"
                ) from error
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        return results


_last_acts: list[Callable[[], None]] = []


def at_parents_end(act: Callable[[], None]) -> None:
    """Have a worker do something before it ends because its parent is gone.

    Args:
        act: Ends what would outlive the worker; called once, from another thread.
    """
    _last_acts.append(act)


def _end_with_parent() -> None:
    """Let this worker end when the process that started it is gone, even when it was killed.

    By itself it would wait for work for good: every worker holds an end of the queue of all. What
    a worker has started ends with its standard input (the server of the engine espeak), or by
    `at_parents_end`.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        for act in _last_acts:
            with suppress(Exception):
                act()
        # Nobody is left to hand a result to, and waiting for a lock could take for ever.
        os._exit(1)

    threading.Thread(target=watch, name="end with parent", daemon=True).start()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables that the spawned children inherit, put back afterwards."""
    before: dict[str, Any] = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def make_executor(name: str, workers: int) -> Executor:
    """The executor called `name`.

    Raises:
        InputError: For an unknown name or fewer than one worker.
    """
    if workers < 1:
        raise InputError(f"--workers {workers}: at least 1 worker is needed")
    if name == "inline":
        return InlineExecutor()
    if name == "process":
        return ProcessExecutor(workers)
    raise InputError(f"there is no executor {name!r}", given=name, allowed=EXECUTORS)
