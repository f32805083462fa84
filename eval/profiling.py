"""Where the CPU time of some work goes."""

from __future__ import annotations

import cProfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Dear", "dearest"]


@dataclass(frozen=True)
class Dear:
    """A function that took much of the time.

    Attributes:
        what: Module and function, or what C code is called.
        calls: How often it was called.
        share: Of the CPU time of all functions, each without those that it calls.
    """

    what: str
    calls: int
    share: float


def dearest(work: Callable[[], object], count: int) -> list[Dear]:
    """The functions with most CPU time of their own.

    Args:
        work: Is called once. The profiler makes short Python functions look dearer than they are.
        count: How many functions.
    """
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(work)
    entries = sorted(profiler.getstats(), key=lambda entry: -entry.inlinetime)
    whole_s = sum(entry.inlinetime for entry in entries)
    return [
        Dear(
            entry.code
            if isinstance(entry.code, str)
            else f"{Path(entry.code.co_filename).stem}.{entry.code.co_name}",
            entry.callcount,
            round(entry.inlinetime / whole_s, 3),
        )
        for entry in entries[:count]
    ]
