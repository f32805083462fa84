"""What the user sees while a run goes on: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

__all__ = ["Progress", "Task"]


class Task:
    """One running piece of work; `advance` may be called from any stage."""

    def __init__(self, total: int, bars: Any = None, key: Any = None) -> None:
        self.total = total
        self.done = 0
        self._bars = bars
        self._key = key

    def advance(self, count: int = 1) -> None:
        """Count `count` more units as done."""
        self.done += count
        if self._bars is not None:
            self._bars.update(self._key, completed=self.done)


class Progress:
    """Bars with rate and time left on a terminal, one line per task elsewhere.

    Args:
        quiet: Print nothing at all.
        stream: Where to print; standard error by default, so that standard output stays
            parseable.
    """

    def __init__(self, *, quiet: bool = False, stream: IO[str] | None = None) -> None:
        self.quiet = quiet
        self.stream = stream if stream is not None else sys.stderr
        self._bars: Any = None
        if not quiet and self.stream.isatty():
            self._bars = _make_bars(self.stream)

    @contextmanager
    def task(self, name: str, total: int, unit: str = "rows") -> Iterator[Task]:
        """A piece of work of `total` units.

        Without a terminal, one line "stage=NAME unit=N seconds=S" is printed at its end.
        """
        start_s = time.monotonic()
        if self._bars is not None:
            self._bars.start()
            key = self._bars.add_task(name, total=total, unit=unit)
            task = Task(total, self._bars, key)
            try:
                yield task
            finally:
                self._bars.update(key, completed=task.done, total=max(task.done, 1))
        else:
            task = Task(total)
            yield task
            seconds = time.monotonic() - start_s
            self._line(f"stage={name.replace(' ', '_')} {unit}={task.done} seconds={seconds:.1f}")

    def note(self, text: str) -> None:
        """One line of text between the bars."""
        if self._bars is not None and self._bars.live.is_started:
            self._bars.console.print(text, highlight=False, markup=False)
        else:
            self._line(text)

    def close(self) -> None:
        """Take the bars down; what they showed stays on the screen."""
        if self._bars is not None:
            self._bars.stop()

    def _line(self, text: str) -> None:
        if not self.quiet:
            self.stream.write(text + "\n")
            self.stream.flush()


def _make_bars(stream: IO[str]) -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Rate(ProgressColumn):
        """Units per second."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} {task.fields['unit']}/s" if speed else "", style="cyan")

    return Bars(
        TextColumn("{task.description:<22}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(file=stream),
    )
