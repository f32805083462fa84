"""What is left of a command that is killed: looks at Linux' /proc."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks at Linux' /proc"
)


def processes():
    """Process id -> (parent, command line), of Linux."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:  # it has ended
            continue
        found[int(folder.name)] = (parent, command)
    return found


def descendants(ancestor):
    """Process id -> command line of what a process has started, and what that has."""
    known = processes()
    found, waiting = {}, [ancestor]
    while waiting:
        parent = waiting.pop()
        mine = {pid: command for pid, (above, command) in known.items() if above == parent}
        found |= mine
        waiting += mine
    return found


def until(condition, limit_s):
    deadline = time.monotonic() + limit_s
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def left_by_a_killed(command, program, count):
    """Start a command, kill it once `count` of its descendants run a program, and wait.

    Returns:
        Process id -> command line of the descendants that are still there after 10 s; they are
        ended then.
    """
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:

        def running():
            found = descendants(process.pid)
            told = [line for line in found.values() if any(w.endswith(program) for w in line)]
            return len(told) == count and found

        try:
            started = until(running, 120)
        finally:
            process.kill()
        assert process.wait() == -signal.SIGKILL
    assert started

    def left():
        # By its command line too: another process may get the number of one that is gone.
        return {pid: line for pid, (_, line) in processes().items() if started.get(pid) == line}

    until(lambda: not left(), 10)
    staying = left()
    for pid in staying:
        os.kill(pid, signal.SIGKILL)
    return staying
