"""Speed and memory of sampling, beside Chatette, Chatito and hassil's sampler in the same run.

    python -m eval.grammar.speed [--chatette PYTHON] [--chatito PROGRAM] [--million 100]

PYTHON is an interpreter with chatette 1.6, PROGRAM is chatito 2.3 of npm; without them these
rows are left out, and the result says so. Every figure is the CPU time (user and system) and the
peak memory of a fresh process, median of --repeats; --parts measures some of them anew. Writes
eval/results/grammar_speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge.core.run import read_json, write_json
from eval.cells import RESULTS, versions
from eval.grammar import flat

__all__ = ["main"]

PER_INTENT = 10_000
TIMEOUT_S = 300
OPENINGS = ("", "hey", "well", "so")  # make 195 million sentences of the flat grammar

FEATURES = {
    "flat: two slots": ("set {a} to {b}", "weights"),
    "no slots": ("(a|b|c|d|e|f|g|h) (i|j|k|l|m|n) (o|p|q|r|s|t) (u|v|w|x) (y|z) [now] [please] "
                 "(0|1|2|3|4|5|6|7|8|9) (0|1|2|3|4|5|6|7|8|9) (0|1|2|3|4|5|6|7|8|9)", "weights"),
    "four slots": ("{a} {b} {a:c} {b:d}", "weights"),
    "optionals, ambiguous": ("[please] ([do] set|[do] set|put) [please] {a} to {b}", "weights"),
    "permutation of four": ("({a};to {b};now;please)", "weights"),
    "weights inside": ("(set::3|put) {a} to {b}", "weights"),
    "by sentences": ("set {a} to {b}", "sentences"),
    "values as templates": ("set {t} to {b}", "weights"),
    "glued": ("set{a}s to {b}ish", "weights"),
    "range of a million": ("set {0..1000000:a} to {b}", "weights"),
    "beyond 64 bits": ("{a} {b} {a:c} {b:d} {a:e} {b:f} {a:g}", "weights"),
}  # fmt: skip


def measured(command: Sequence[str], cwd: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """CPU seconds and peak memory of a process; `timed_out` instead of an error."""
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
    return {"wall_s": round(time.perf_counter() - started, 2), "timed_out": timed_out, "said": said}


def child(command: Sequence[str], cwd: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """`measured` inside a process of its own, whose only child it is, for exact figures."""
    code = (
        "import json, resource, sys; from pathlib import Path\n"
        "from eval.grammar.speed import measured\n"
        "r = measured(json.loads(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))\n"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "r |= {'cpu_s': round(u.ru_utime + u.ru_stime, 3), 'peak_mb': round(u.ru_maxrss / 1024)}\n"
        "print(json.dumps(r))"
    )
    arguments = [json.dumps([str(part) for part in command]), str(cwd), str(timeout_s)]
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return result


def repeated(
    command: Sequence[str], cwd: Path, repeats: int, rows: Callable[[], int]
) -> dict[str, Any]:
    """The median of some runs, with the rows that came out."""
    runs = [child(command, cwd) for _ in range(repeats)]
    cpu_s = statistics.median(run["cpu_s"] for run in runs)
    return {
        "rows": rows(),
        "cpu_s": cpu_s,
        "all_cpu_s": [run["cpu_s"] for run in runs],
        "peak_mb": max(run["peak_mb"] for run in runs),
        "rows_per_cpu_s": round(rows() / cpu_s),
    }


def in_memory(path: Path, n: int, by: str, cwd: Path, write: str = "") -> dict[str, Any]:
    """Rows in Arrow memory with spans; loading and compiling counted apart.

    Args:
        path: Templates.
        n: Rows.
        by: Share of templates.
        cwd: Where to write.
        write: "" only in memory, "parquet" or "jsonl" also to a file.
    """
    code = (
        "import sys, time, json, resource; from pathlib import Path\n"
        "from corpusforge.grammar.drawing import draw\n"
        "from corpusforge.grammar.drawn_files import json_lines, write_parquet\n"
        "t = time.process_time(); d = draw(Path(sys.argv[1]), int(sys.argv[2]), by=sys.argv[3])\n"
        "b = next(d.batches(0, 10)); p = time.process_time() - t; t = time.process_time()\n"
        "rows = 0\n"
        "if sys.argv[4] == 'parquet':\n"
        "    write_parquet(d, Path('out.parquet')); rows = d.size\n"
        "elif sys.argv[4] == 'jsonl':\n"
        "    with open('out.jsonl', 'wb') as f: f.writelines(json_lines(d))\n"
        "    rows = d.size\n"
        "else:\n"
        "    for batch in d.batches(): rows += batch.num_rows\n"
        "c = time.process_time() - t\n"
        "print(json.dumps({'rows': rows, 'compile_cpu_s': round(p, 3), 'cpu_s': round(c, 3),\n"
        "  'peak_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(n), by, write],
        cwd=cwd, capture_output=True, text=True, check=True, env=_environment(),
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    found["rows_per_cpu_s"] = round(found["rows"] / found["cpu_s"])
    return found


def _environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}


def best(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The median run, with the figures of all."""
    ordered = sorted(runs, key=lambda run: run["cpu_s"])
    middle = ordered[len(ordered) // 2]
    return {**middle, "all_cpu_s": [run["cpu_s"] for run in runs]}


def whole_process(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The same number of rows as labelled text on disk, start and loading included."""
    rows = {intent: min(PER_INTENT, flat.size(intent)) for intent in flat.INTENTS}
    total = sum(rows.values())
    found: dict[str, Any] = {}
    out = folder / "rows.jsonl"

    def lines() -> int:
        with out.open("rb") as stream:
            return sum(1 for _ in stream)

    ours = [sys.executable, "-m", "corpusforge", "sample", str(folder / "flat.yaml")]
    ours += ["-n", str(total), "--by", "templates", "-o", str(out)]
    found["corpusforge"] = repeated(ours, Path(__file__).parents[2], options.repeats, lines)
    if options.chatette:
        flat.write_chatette(folder / "flat.chatette", rows)
        command = [options.chatette, "-m", "chatette", "flat.chatette", "-o", "chatette", "-f"]
        found["Chatette"] = repeated(
            command, folder, options.repeats, lambda: _chatette_rows(folder / "chatette")
        )
        command += ["-a", "jsonl"]
        command[5] = "chatette_lines"
        found["Chatette, JSONL"] = repeated(command, folder, options.repeats, lambda: total)
    if options.chatito:
        for distribution in ("regular", "even"):
            folder_out = folder / f"chatito_{distribution}"
            folder_out.mkdir()
            flat.write_chatito(folder_out / "flat.chatito", rows, distribution)
            command = [options.chatito, "flat.chatito", "--format=default", "--outputPath=out"]
            found[f"Chatito {distribution}"] = repeated(
                command, folder_out, options.repeats, partial(_chatito_rows, folder_out / "out")
            )
    try:
        import hassil  # noqa: F401
    except ImportError:
        return found
    command = [
        sys.executable,
        "-m",
        "hassil.sample",
        str(folder / "flat.yaml"),
        "-n",
        str(PER_INTENT),
    ]
    found["hassil (no labels)"] = repeated(command, folder, options.repeats, lambda: total)
    return found


def _chatette_rows(folder: Path) -> int:
    return sum(
        len(json.loads(file.read_text())["rasa_nlu_data"]["common_examples"])
        for file in folder.rglob("*.json")
    )


def _chatito_rows(folder: Path) -> int:
    return sum(
        len(examples)
        for file in folder.glob("*.json")
        for examples in json.loads(file.read_text()).values()
    )


def feature_costs(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Rows a CPU second in memory, one template per feature."""
    rows, repeats = 1_000_000, options.repeats
    found: dict[str, Any] = {}
    words = flat.values()["song"]
    lists = ["lists:"]
    for name, part in (("a", words[:200]), ("b", words[50:200])):
        lists += [f"  {name}:", "    values:", *(f'      - "{word}"' for word in part)]
    lists += ["  t:", "    values:"]
    lists += [f'      - {{in: "[the] {word}", out: "{word}"}}' for word in words[:200]]
    for number, (name, (sentence, by)) in enumerate(FEATURES.items()):
        path = folder / f"feature_{number}.yaml"
        head = ["language: en", "intents:", "  x:", "    data:", "      - sentences:"]
        # other words before it, so that there are more sentences than rows asked for
        openings = [f'          - "{word} {sentence}"' for word in words[100:200]]
        path.write_text("\n".join([*head, *openings, *lists]) + "\n", encoding="utf-8")
        wanted = rows if "beyond" not in name and "million" not in name else rows // 50
        runs = [in_memory(path, wanted, by, folder) for _ in range(repeats)]
        found[name] = best(runs)
    return found


def large_share(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """90 % of one intent of 1,104,000 sentences, exact; peers are asked for a fifth and for all."""
    words = flat.values()["song"]
    lists = {"city": 200, "day": 46, "time": 40}
    values = {
        name: words[:count] if count <= len(words) else words for name, count in lists.items()
    }
    size = 3 * 200 * 46 * 40
    lines = ["language: en", "intents:", "  get_weather:", "    data:", "      - sentences:"]
    lines += ['          - "(what|how) is it in {city} on {day} at {time}"']
    lines += ['          - "weather {city} {day} {time}"', "lists:"]
    for name, said in values.items():
        lines += [f"  {name}:", "    values:", *(f'      - "{word}"' for word in said)]
    path = folder / "share.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    wanted = size * 9 // 10
    out = folder / "share.jsonl"
    command = [sys.executable, "-m", "corpusforge", "sample", str(path), "-n", str(wanted)]
    ours = child([*command, "--by", "sentences", "-o", str(out)], Path(__file__).parents[2])
    with out.open("rb") as stream:
        different = len(set(stream))
    found: dict[str, Any] = {
        "size": size,
        "corpusforge, 90 %": _told(ours, wanted) | {"different": different},
    }
    out.unlink()
    for share in (0.2, 0.9):
        rows = int(size * share)
        body = [
            "    ~[how] is it in @[city] on @[day] at @[time]",
            "    weather @[city] @[day] @[time]",
            "",
            "~[how]",
            "    what",
            "    how",
            "",
        ]
        for name, said in values.items():
            body += [f"@[{name}]", *(f"    {word}" for word in said), ""]
        if options.chatette:
            text = "\n".join([f"%[get_weather](training:{rows})", *body])
            (folder / "share.chatette").write_text(text, encoding="utf-8")
            peer = [options.chatette, "-m", "chatette", "share.chatette", "-o", "s", "-f"]
            found[f"Chatette, {share:.0%}"] = _told(child(peer, folder), rows)
        if options.chatito:
            text = "\n".join([f"%[get_weather]('training': '{rows}')", *body])
            (folder / "share.chatito").write_text(text, encoding="utf-8")
            peer = [options.chatito, "share.chatito", "--format=default", "--outputPath=so"]
            found[f"Chatito, {share:.0%}"] = _told(child(peer, folder), rows)
    return found


def _told(run: Mapping[str, Any], rows: int) -> dict[str, Any]:
    keys = ("cpu_s", "wall_s", "peak_mb", "timed_out")
    return {"rows": rows, **{key: run[key] for key in keys}}


def in_memory_sizes(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Rows a CPU second by number of rows."""
    path = folder / "flat.yaml"
    return {
        f"{n:,}": best([in_memory(path, n, "sentences", folder) for _ in range(options.repeats)])
        for n in (100_000, 1_000_000, 8_000_000)
    }


def to_file(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Two million rows in files."""
    path = folder / "flat.yaml"
    repeats = range(options.repeats)
    return {
        kind: best([in_memory(path, 2_000_000, "sentences", folder, kind) for _ in repeats])
        for kind in ("parquet", "jsonl")
    }


def long_runs(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Cost of a row and memory up to many rows."""
    path = folder / "long.yaml"
    flat.write_yaml(path, OPENINGS)
    sizes = (1_000_000, 10_000_000, options.million * 1_000_000)
    return {f"{n:,}": in_memory(path, n, "sentences", folder) for n in sizes}


PARTS: Mapping[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "whole_process": whole_process,
    "in_memory": in_memory_sizes,
    "to_file": to_file,
    "long": long_runs,
    "features": feature_costs,
    "large_share": large_share,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--chatette", help="Python interpreter that has chatette")
    parser.add_argument("--chatito", help="the program chatito")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--million", type=int, default=100, help="rows of the long run, millions")
    parser.add_argument("--parts", nargs="*", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args(arguments)
    file = RESULTS / "grammar_speed.json"
    result: dict[str, Any] = read_json(file) if file.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flat.write_yaml(folder / "flat.yaml")
        for part in options.parts:
            result[part] = {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "figures": PARTS[part](folder, options),
                "load_at_end": os.getloadavg(),
            }
    result |= {
        "flat_grammar": {"sentences": flat.size(), "intents": len(flat.INTENTS)},
        "seed": 1,
        "repeats": options.repeats,
        "command": "python -m eval.grammar.speed --chatette PYTHON --chatito PROGRAM",
        "versions": versions(("corpusforge", "numpy", "pyarrow", "hassil")),
        "peers": {
            "Chatette": "1.6.3" if options.chatette else None,
            "Chatito": "2.3.5" if options.chatito else None,
        },
    }
    write_json(result, file)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
