"""What the default `assess` of a 20,000-row corpus costs, and whether it says the same twice.

    python -m eval.assess_cost [--rows 20000] [--runs 2]

26 intents of CLINC150 (all of banking, 11 of travel): 40 real rows each to train on, all 20 test
rows, and a corpus of rows that a trigram model of the other real rows says. Both runs are the
command line in a fresh process, in fresh folders. Writes eval/results/assess_cost.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.assess.controls import even_counts
from corpusforge.assess.rows import Rows
from corpusforge.assess.trigram import TrigramModel
from corpusforge.core.run import write_json
from corpusforge.core.seeding import rng
from eval.cells import RESULTS, versions
from eval.data import clinc, shots

__all__ = ["assess_once", "main", "write_rows"]

_INTENTS = 26
_REAL_PER_INTENT = 40


def write_rows(rows: Rows, path: Path) -> Path:
    """JSONL of text and intent."""
    lines = [
        json.dumps({"text": text, "intent": intent}, ensure_ascii=False)
        for text, intent in zip(rows.texts, rows.intents, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def assess_once(corpus: Rows, real: Rows, test: Rows, *options: str) -> tuple[dict[str, Any], str]:
    """One run of the command line in a fresh folder: what it cost, and the JSON it printed.

    Raises:
        SystemExit: When it failed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [
            *(sys.executable, "-m", "corpusforge", "assess"),
            str(write_rows(corpus, folder / "corpus.jsonl")),
            *("--real", str(write_rows(real, folder / "real.jsonl"))),
            *("--test", str(write_rows(test, folder / "test.jsonl"))),
            *("--json", *options),
        ]
        start_s = time.monotonic()
        with (folder / "stdout").open("wb") as printed:
            process = subprocess.Popen(command, stdout=printed, stderr=subprocess.DEVNULL)
            _, status, use = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start_s
        if process.returncode:
            raise SystemExit(f"assess ended with {process.returncode}: {' '.join(command)}")
        text = (folder / "stdout").read_text(encoding="utf-8")
    cost = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(use.ru_utime + use.ru_stime, 1),
        "peak_rss_mb": round(use.ru_maxrss / 1024),
    }
    return cost, text


def _sides(rows: int, seed: int) -> tuple[Rows, Rows, Rows]:
    """(corpus, real, test)."""
    banking, travel = clinc("banking"), clinc("travel")
    intents = sorted({*banking.train.intents, *travel.train.intents})
    kept = [n for n in intents if n in banking.train.intents]
    kept += [n for n in intents if n not in kept][: _INTENTS - len(kept)]

    def of(source: Rows) -> Rows:
        return source.where([intent in kept for intent in source.intents])

    train = of(banking.train.plus(travel.train))
    real, others = shots(train, _REAL_PER_INTENT, rng(seed, "eval.cost", "real"))
    model = TrigramModel.fit(others)
    corpus = model.sample(even_counts(others, rows), rng(seed, "eval.cost", "corpus"))
    return corpus, real, of(banking.test.plus(travel.test))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m eval.assess_cost", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    corpus, real, test = _sides(options.rows, options.seed)
    runs, texts = [], []
    for _ in range(options.runs):
        # A trigram model says some test rows by chance; that is no reason to stop here.
        cost, text = assess_once(corpus, real, test, "--drop-test-rows")
        runs.append(cost)
        texts.append(text)
        print(cost, file=sys.stderr)
    document = json.loads(texts[0])
    result = {
        "command": f"python -m eval.assess_cost --rows {options.rows} --runs {options.runs}",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": options.seed,
        "versions": versions(),
        "cores": os.cpu_count(),
        "load_at_end": [round(value, 2) for value in os.getloadavg()],
        "corpus_rows": len(corpus),
        "real_rows": len(real),
        "test_rows": len(test),
        "intents": len(set(real.intents)),
        "runs": runs,
        "identical": len(set(texts)) == 1,
        "verdict_code": document["verdict_code"],
    }
    RESULTS.mkdir(exist_ok=True)
    write_json(result, RESULTS / "assess_cost.json")


if __name__ == "__main__":
    main()
