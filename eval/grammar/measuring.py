"""CPU time and peak memory of processes, as a user would start them.

Python keeps bytecode here as it does after `pip install`: the first run of each program, which
compiles, is not counted. A figure is the CPU time, user and system, of the process and all that
it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["child", "environment", "in_memory", "interleaved", "measured"]

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 300


def environment() -> dict[str, str]:
    """One thread, this project, and bytecode that is kept."""
    kept = str(Path(tempfile.gettempdir()) / f"corpusforge-eval-bytecode-{os.getuid()}")
    found = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": kept}
    found |= {"OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return found


def measured(command: Sequence[str], cwd: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """Wall time of a process; `timed_out` instead of an error."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said, _ = process.communicate(timeout=timeout_s)
        timed_out = False
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        timed_out = True
    if process.returncode and not timed_out:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said[-2000:]}")
    return {"wall_s": round(time.perf_counter() - started, 2), "timed_out": timed_out}


def child(command: Sequence[str], cwd: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """`measured` inside a process of its own, whose only child it is, for exact figures."""
    code = (
        "import json, resource, sys; from pathlib import Path\n"
        "from eval.grammar.measuring import measured\n"
        "r = measured(json.loads(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))\n"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "r |= {'cpu_s': round(u.ru_utime + u.ru_stime, 3), 'peak_mb': round(u.ru_maxrss / 1024)}\n"
        "print(json.dumps(r))"
    )
    arguments = [json.dumps([str(part) for part in command]), str(cwd), str(timeout_s)]
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    if found.returncode:
        raise SystemExit(found.stderr[-2000:])
    result: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return result


def interleaved(
    runs: Mapping[str, Callable[[], dict[str, Any]]], repeats: int, warm: bool = True
) -> dict[str, dict[str, Any]]:
    """Each of some runs by turns, so that what else the machine does falls on all of them.

    Returns:
        By name the run with the median CPU time; `all_cpu_s` of all rounds in order.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in runs}
    for turn in range(repeats + warm):
        for name, run in runs.items():
            one = run()
            if turn or not warm:
                found[name].append(one)
    made: dict[str, dict[str, Any]] = {}
    for name, rounds in found.items():
        ordered = sorted(rounds, key=lambda one: float(one["cpu_s"]))
        made[name] = {
            **ordered[len(ordered) // 2],
            "all_cpu_s": [one["cpu_s"] for one in rounds],
            "peak_mb": max(one["peak_mb"] for one in rounds),
        }
    return made


_IN_MEMORY = """\
import json, resource, sys, time
from pathlib import Path
from corpusforge.grammar.drawing import draw
from corpusforge.grammar.drawn_files import json_lines, write_parquet
path, n, write, ids, more = json.loads(sys.argv[1])
started = time.process_time()
drawn = draw(Path(path), n, **more)
next(drawn.batches(0, 10))
compiled = time.process_time()
rows = drawn.size
if write == "parquet":
    write_parquet(drawn, Path("out.parquet"), ids=ids)
elif write == "jsonl":
    with open("out.jsonl", "wb") as stream:
        stream.writelines(json_lines(drawn, ids=ids))
else:
    rows = sum(batch.num_rows for batch in drawn.batches())
print(json.dumps({
    "rows": rows,
    "compile_cpu_s": round(compiled - started, 3),
    "cpu_s": round(time.process_time() - compiled, 3),
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
}))
"""


def in_memory(
    path: Path,
    n: int,
    more: Mapping[str, Any],
    *,
    write: str = "",
    ids: bool = False,
) -> dict[str, Any]:
    """Rows in Arrow memory with spans, in a fresh process; loading and compiling counted apart.

    Args:
        path: Templates; files are written beside them.
        n: Rows.
        more: Further arguments of `drawing.draw`.
        write: "" only in memory, "parquet" or "jsonl" also to a file.
        ids: With ids in the file.
    """
    done = subprocess.run(
        [sys.executable, "-c", _IN_MEMORY, json.dumps([str(path), n, write, ids, dict(more)])],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    if done.returncode:
        raise SystemExit(f"{path}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    found["rows_per_cpu_s"] = round(found["rows"] / found["cpu_s"])
    return found
