"""Are all sentences of an ambiguous grammar equally likely? Ours and the peers', by chi-square.

    python -m eval.grammar.uniform [--chatette PYTHON] [--chatito PROGRAM] [--runs 400]

The grammar says 64 different sentences in 256 ways: "(a|a|a|b) x y" with 8 x and 4 y. Every run
draws one sentence with a new seed; over the runs all sentences should be equally frequent (63
degrees of freedom: a value above 103 has a chance of 1 in 1,000). Then, for ours, 16 of the 64
without replacement per run. Writes eval/results/grammar_uniform.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scipy.stats import chi2

from corpusforge.core.run import write_json
from corpusforge.grammar.drawing import draw
from eval.cells import RESULTS, versions

__all__ = ["main"]

ONE, TWO = [f"v{index}" for index in range(8)], [f"w{index}" for index in range(4)]
SENTENCES = [f"{head} {x} {y}" for head in ("a", "b") for x in ONE for y in TWO]
YAML = f"""\
language: en
intents: {{i: {{data: [{{sentences: ["(a|a|a|b) {{x}} {{y}}"]}}]}}}}
lists: {{x: {{values: [{", ".join(ONE)}]}}, y: {{values: [{", ".join(TWO)}]}}}}
"""
# Both peers write an alias of the same form; "a" stands three times in it.
HEAD = {"chatette": "%[i](training:1)", "chatito": "%[i]('training': '1')"}
REST = "\n".join(
    ["    ~[h] @[x] @[y]", "", "~[h]", *(["a", "a", "a", "b"]), "", "@[x]", *ONE, "", "@[y]", *TWO]
)


def _rules(peer: str) -> str:
    lines = [HEAD[peer]]
    for line in REST.splitlines():
        indented = line and line[0] not in "~@%" and not line.startswith(" ")
        lines.append(f"    {line}" if indented else line)
    return "\n".join(lines) + "\n"


def ours(folder: Path, runs: int, n: int) -> Counter[str]:
    """Sentences of the first n rows of many seeds."""
    path = folder / "t.yaml"
    path.write_text(YAML, encoding="utf-8")
    found: Counter[str] = Counter()
    for seed in range(runs):
        for batch in draw(path, n, seed=seed, by="sentences").batches():
            found.update(batch["text"].to_pylist())
    return found


def chatette(folder: Path, runs: int, python: str) -> Counter[str]:
    """One sentence a run, through its command line."""
    (folder / "t.chatette").write_text(_rules("chatette"), encoding="utf-8")
    found: Counter[str] = Counter()
    for seed in range(runs):
        command = [python, "-m", "chatette", "t.chatette", "-o", "out", "-f", "-s", str(seed)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        for file in (folder / "out").rglob("*.json"):
            for example in json.loads(file.read_text())["rasa_nlu_data"]["common_examples"]:
                found[example["text"]] += 1
    return found


def chatito(folder: Path, runs: int, program: str) -> Counter[str]:
    """One sentence a run, through its command line; it takes no seed."""
    (folder / "t.chatito").write_text(_rules("chatito"), encoding="utf-8")
    found: Counter[str] = Counter()
    for _ in range(runs):
        command = [program, "t.chatito", "--format=default", "--outputPath=out2"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        for file in (folder / "out2").glob("*.json"):
            for examples in json.loads(file.read_text()).values():
                for example in examples:
                    found["".join(part["value"] for part in example)] += 1
    return found


def judged(counts: Counter[str], runs: int, n: int = 1) -> dict[str, Any]:
    """Chi-square against equal frequencies; without replacement the variance is smaller."""
    unknown = set(counts) - set(SENTENCES)
    if unknown:
        raise SystemExit(f"not in the grammar: {sorted(unknown)[:3]}")
    size = len(SENTENCES)
    expected = runs * n / size
    statistic = sum((counts[text] - expected) ** 2 for text in SENTENCES) / expected
    statistic /= 1 - (n - 1) / (size - 1)
    share = sum(count for text, count in counts.items() if text[0] == "a") / counts.total()
    return {
        "runs": runs,
        "rows_per_run": n,
        "chi_square": round(statistic, 1),
        "p": float(f"{chi2.sf(statistic, size - 1):.3g}"),
        "share_of_a": round(share, 3),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description="chi-square of samplers")
    parser.add_argument("--chatette", help="Python interpreter that has chatette")
    parser.add_argument("--chatito", help="the program chatito")
    parser.add_argument("--runs", type=int, default=400)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "corpusforge": judged(ours(folder, options.runs, 1), options.runs),
            "corpusforge, 16 of 64": judged(ours(folder, options.runs, 16), options.runs, 16),
        }
        if options.chatette:
            figures["Chatette"] = judged(
                chatette(folder, options.runs, options.chatette), options.runs
            )
        if options.chatito:
            figures["Chatito"] = judged(
                chatito(folder, options.runs, options.chatito), options.runs
            )
    result = {
        "figures": figures,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": f"0 to {options.runs - 1}",
        "command": "python -m eval.grammar.uniform --chatette PYTHON --chatito PROGRAM",
        "versions": versions(("corpusforge", "numpy", "scipy")),
    }
    write_json(result, RESULTS / "grammar_uniform.json")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
