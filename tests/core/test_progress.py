from __future__ import annotations

import io
import re

from corpusforge.core.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_without_a_terminal_one_parseable_line_per_task():
    stream = io.StringIO()
    with Progress(stream=stream).task("speech", total=3, unit="clips") as task:
        task.advance()
        task.advance(2)
    assert re.fullmatch(r"stage=speech clips=3 seconds=\d+\.\d\n", stream.getvalue())


def test_quiet_prints_nothing():
    stream = io.StringIO()
    progress = Progress(quiet=True, stream=stream)
    with progress.task("speech", total=3) as task:
        task.advance(3)
    progress.note("hello")
    progress.close()
    assert stream.getvalue() == ""


def test_on_a_terminal_a_bar_with_count_and_rate(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    progress = Progress(stream=stream)
    with progress.task("speech", total=30, unit="clips") as task:
        task.advance(30)
    progress.close()
    assert "30/30" in stream.getvalue()
    assert "left" in stream.getvalue()
