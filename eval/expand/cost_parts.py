"""Where CPU time goes: parts of a program by the functions that were called, and by operator."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["OTHER", "PYTHON", "Clock", "by_operator", "in_words", "shares"]

OTHER = "other operators"
PYTHON = "Python between the operators, and the profiler"
_WORDS = (
    ("products in int8", ("_int_mm",)),
    ("filling new memory", ("::fill_", "::zero_")),
    ("attention", ("attention", "baddbmm")),
    ("output layer: softmax and draw", ("softmax", "topk", "multinomial", "cumsum", "sort")),
    ("products in float", ("::mm", "addmm", "bmm", "matmul", "linear", "mkldnn")),
    ("picking and moving: cache, rows that leave", ("index", "gather", "cat", "embedding")),
    ("to and from int8, norms, gates", (
        "abs", "amax", "div", "round", "mul", "clamp", "_to_copy", "add", "pow", "mean", "rsqrt",
        "silu", "neg", "sigmoid", "sub",
    )),
)  # fmt: skip
"""Words for operators, by parts of their names; the first that fits counts."""
_MOVING, _ROUNDING = _WORDS[-2][0], _WORDS[-1][0]
_COPIES = ("copy_", "clone", "contiguous")


class Clock:
    """CPU seconds by part; a part inside of another is not counted in both.

    Attributes:
        parts: Part -> CPU seconds of this process so far.
    """

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._open: list[str] = []
        self._since = time.process_time()

    def _turn(self) -> None:
        now = time.process_time()
        if self._open:
            part = self._open[-1]
            self.parts[part] = self.parts.get(part, 0.0) + now - self._since
        self._since = now

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is done inside counts to this part."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    @contextmanager
    def watching(self, places: Sequence[tuple[Any, str, str]]) -> Iterator[None]:
        """Functions that count to a part while this is open.

        Args:
            places: Class or module, name of its function, part.

        Raises:
            AttributeError: When there is no such function any more.
        """
        kept = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
        try:
            for (owner, name, function), (_, _, part) in zip(kept, places, strict=True):
                setattr(owner, name, self._counted(function, part))
            yield
        finally:
            for owner, name, function in reversed(kept):
                setattr(owner, name, function)

    def _counted(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def counted(*given: Any, **named: Any) -> Any:
            with self.part(part):
                return function(*given, **named)

        return counted


def in_words(operator: str, shape: Sequence[Any]) -> str:
    """What an operator of torch is for.

    Args:
        operator: Such as "aten::_int_mm".
        shape: Shapes of its inputs.
    """
    if any(name in operator for name in _COPIES):
        # Keys and values have four axes: rows, heads, pieces, width.
        axes = len(shape[0]) if len(shape) and isinstance(shape[0], (list, tuple)) else 0
        return _MOVING if axes == 4 else _ROUNDING
    return next((words for words, parts in _WORDS if any(p in operator for p in parts)), OTHER)


def by_operator(work: Callable[[], Any]) -> tuple[dict[str, float], dict[str, float], float]:
    """Runs it under torch's profiler.

    The profiler's times are those of the clock: beside other processes they are longer than CPU
    times, so the whole is taken by the clock as well. Only shares of it mean something.

    Returns:
        Seconds in words, seconds of the dearest twelve operators, and of everything (more than
        without the profiler).
    """
    import torch
    from torch.profiler import ProfilerActivity

    start_s = time.perf_counter()
    with torch.profiler.profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profile:
        work()
        whole_s = time.perf_counter() - start_s
    groups: dict[str, float] = {}
    operators: dict[str, float] = {}
    for event in profile.key_averages(group_by_input_shape=True):
        own_s = event.self_cpu_time_total / 1e6
        words = in_words(event.key, event.input_shapes)
        groups[words] = groups.get(words, 0.0) + own_s
        operators[event.key] = operators.get(event.key, 0.0) + own_s
    groups[PYTHON] = max(0.0, whole_s - sum(groups.values()))
    dearest = sorted(operators, key=operators.__getitem__, reverse=True)[:12]
    return groups, {name: operators[name] for name in dearest}, whole_s


def shares(seconds: Mapping[str, float], whole_s: float) -> dict[str, float]:
    """Shares of the whole, largest first."""
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return {name: round(value / max(whole_s, 1e-9), 4) for name, value in ordered}
