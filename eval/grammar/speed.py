"""Speed and memory of sampling, beside the samplers of other engines in the same run.

    python -m eval.grammar.speed [--python PYTHON] [--node-modules FOLDER] [--million 100]

PYTHON is an interpreter with chatette 1.6 and pyjsgf 1.9, FOLDER has chatito 2.3 and
tracery-grammar 2.8 of npm; without them these rows are left out. Every figure is the CPU time
(user and system) and the peak memory of a fresh process (see `measuring`): the median of
--repeats rounds in which all take turns. --parts measures some of them anew. Writes
eval/results/grammar_speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge.core.run import read_json, write_json
from eval.cells import RESULTS, versions
from eval.grammar import flat
from eval.grammar.measuring import ROOT, child, in_memory, interleaved
from eval.grammar.peers import Programs, peers

__all__ = ["main"]

PER_INTENT = 10_000
OPENINGS = ("", "hey", "well", "so")  # make 195 million sentences of the flat grammar


def programs_of(options: argparse.Namespace) -> Programs:
    """Where the peers are."""
    return Programs(options.python, options.node_modules)


def whole_process(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The same number of rows in a file, start and loading included."""
    rows = {intent: min(PER_INTENT, flat.size(intent)) for intent in flat.INTENTS}
    total = sum(rows.values())
    found = peers(folder, rows, programs_of(options))
    runs = {peer.name: partial(child, peer.command, peer.folder) for peer in found}
    ours = [sys.executable, "-m", "corpusforge", "sample", str(folder / "flat.yaml")]
    ours += ["-n", str(total), "--by", "templates"]
    lines, columns = folder / "rows.jsonl", folder / "rows.parquet"
    runs["corpusforge, JSONL"] = partial(child, [*ours, "-o", str(lines)], ROOT)
    parquet = [*ours, "--format", "parquet", "-o", str(columns)]
    runs["corpusforge, Parquet"] = partial(child, parquet, ROOT)
    figures = interleaved(runs, options.repeats)
    counts = {peer.name: sum(1 for _ in peer.texts()) for peer in found}
    with lines.open("rb") as stream:
        counts["corpusforge, JSONL"] = counts["corpusforge, Parquet"] = sum(1 for _ in stream)
    labels = {peer.name: peer.labels for peer in found}
    return {
        name: {
            "rows": counts[name],
            "labels": labels.get(name, True),
            **{key: run[key] for key in ("cpu_s", "all_cpu_s", "peak_mb")},
            "rows_per_cpu_s": round(counts[name] / run["cpu_s"]),
        }
        for name, run in sorted(figures.items())
    }


def large_share(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """90 % of one intent of 1,104,000 sentences, exact; peers are asked for a fifth and for all."""
    words = flat.values()["song"]
    lists = {"city": 200, "day": 46, "time": 40}
    values = {name: words[:count] for name, count in lists.items()}
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
    command += ["--by", "sentences", "-o", str(out)]
    ours = interleaved({"": partial(child, command, ROOT)}, options.repeats)[""]
    with out.open("rb") as stream:
        different = len(set(stream))
    found: dict[str, Any] = {
        "size": size,
        "corpusforge, 90 %": _told(ours, wanted) | {"different": different},
    }
    out.unlink()
    programs = programs_of(options)
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
        if programs.python:
            text = "\n".join([f"%[get_weather](training:{rows})", *body])
            (folder / "share.chatette").write_text(text, encoding="utf-8")
            peer = [programs.python, "-m", "chatette", "share.chatette", "-o", "s", "-f"]
            found[f"Chatette, {share:.0%}"] = _told(child(peer, folder), rows)
        if programs.node_modules:
            text = "\n".join([f"%[get_weather]('training': '{rows}')", *body])
            (folder / "share.chatito").write_text(text, encoding="utf-8")
            program = str(Path(programs.node_modules) / ".bin" / "chatito")
            peer = [program, "share.chatito", "--format=default", "--outputPath=so"]
            found[f"Chatito, {share:.0%}"] = _told(child(peer, folder), rows)
    return found


def _told(run: Mapping[str, Any], rows: int) -> dict[str, Any]:
    keys = ("cpu_s", "wall_s", "peak_mb", "timed_out")
    return {"rows": rows, **{key: run[key] for key in keys}}


def in_memory_sizes(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Rows a CPU second by number of rows."""
    path = folder / "flat.yaml"
    more = {"by": "sentences"}
    sizes = (100_000, 1_000_000, 8_000_000)
    runs = {f"{n:,}": partial(in_memory, path, n, more) for n in sizes}
    return interleaved(runs, options.repeats)


def to_file(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Two million rows in files."""
    path = folder / "flat.yaml"
    more = {"by": "sentences"}
    return interleaved(
        {
            kind: partial(in_memory, path, 2_000_000, more, write=kind)
            for kind in ("parquet", "jsonl")
        },
        options.repeats,
    )


def long_runs(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Cost of a row and memory up to many rows, each once."""
    path = folder / "long.yaml"
    flat.write_yaml(path, OPENINGS)
    sizes = (1_000_000, 10_000_000, options.million * 1_000_000)
    return {f"{n:,}": in_memory(path, n, {"by": "sentences"}) for n in sizes}


PARTS: Mapping[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "whole_process": whole_process,
    "in_memory": in_memory_sizes,
    "to_file": to_file,
    "long": long_runs,
    "large_share": large_share,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description="speed of sampling")
    parser.add_argument("--python", help="interpreter that has chatette and pyjsgf")
    parser.add_argument("--node-modules", help="folder that has chatito and tracery-grammar")
    parser.add_argument("--repeats", type=int, default=5)
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
                "repeats": options.repeats,
                "figures": PARTS[part](folder, options),
                "load_at_end": os.getloadavg(),
            }
            write_json(result, file)
    result |= {
        "flat_grammar": {"sentences": flat.size(), "intents": len(flat.INTENTS)},
        "seed": 1,
        "command": "python -m eval.grammar.speed --python PYTHON --node-modules FOLDER",
        "versions": versions(("corpusforge", "numpy", "pyarrow", "hassil")),
        "peers": {
            "Chatette": "1.6.3" if options.python else None,
            "Chatito": "2.3.5" if options.node_modules else None,
            "Tracery": "2.8.4" if options.node_modules else None,
            "pyjsgf": "1.9.0" if options.python else None,
        },
    }
    write_json(result, file)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
