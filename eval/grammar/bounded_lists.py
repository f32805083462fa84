"""Lists of times, dates, money and durations: in how many languages, and what they cost.

    python -m eval.grammar.bounded_lists

Every locale of CLDR is asked for one list of each kind; each text must be read back by `match` to
its canonical value. Costs are those of a fresh process: loading (with the import of babel), rows a
CPU second, and the same with what is said. Writes eval/results/grammar_bounded_lists.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.run import write_json
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher
from corpusforge.grammar.series import Series
from eval.cells import RESULTS, versions

__all__ = ["main"]

ROWS = 300_000
RUNS = 3
LISTS = {
    "time": '{time: {from: "06:00", to: "22:00", step_min: 115, style: both}}',
    "date": "{date: {from: 2027-01-01, to: 2027-12-30, step_days: 17, forms: "
    "[day_month, weekday_day_month, day_month_year, numeric, weekday]}}",
    "money": "{money: {from: 1, to: 1300, step: 211, currency: EUR, cents: [0, 50], forms: "
    "[digits, name]}}",
    "duration": "{duration: {from: 1, to: 30, step: 3, unit: minute, forms: [digits, short]}}",
}
_COST = {
    "values: 512 words": ("{values: [" + ", ".join(f"w{n}" for n in range(512)) + "]}", 1_000),
    "time: 128 texts": ('{time: {from: "06:00", to: "21:59", forms: [digits, words]}}', 2_000),
    "date: 730 texts": (
        "{date: {from: 2027-01-01, to: 2027-12-31, forms: [day_month, weekday_day_month]}}",
        1_000,
    ),
    "money: 20,000 texts": (
        "{money: {from: 1, to: 2500, currency: EUR, cents: [0, 25, 50, 75], forms: "
        "[digits, words]}}",
        100,
    ),
}
_CHILD = """\
import json, sys, time
from pathlib import Path
from corpusforge.grammar.drawing import draw
t = time.process_time(); d = draw(Path(sys.argv[1]), int(sys.argv[2]))
load = time.process_time() - t
d.spoken(next(d.batches(0, 10)))
t = time.process_time(); rows = sum(b.num_rows for b in d.batches())
plain = time.process_time() - t
t = time.process_time(); said = sum(len(d.spoken(b)) for b in d.batches())
spoken = time.process_time() - t
assert said == rows
print(json.dumps({"rows": rows, "load_cpu_s": load, "plain_cpu_s": plain, "spoken_cpu_s": spoken}))
"""


def main() -> None:
    """Measure, write, print."""
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "languages": _languages(Path(folder)),
            "costs": _costs(Path(folder)),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": 1,
            "command": "python -m eval.grammar.bounded_lists",
            "load_at_end": os.getloadavg(),
            "versions": versions(("corpusforge", "babel", "unicode-rbnf", "pyarrow", "numpy")),
        }
    write_json(result, RESULTS / "grammar_bounded_lists.json")
    print(json.dumps(result, indent=1))


def _write(folder: Path, lang: str, body: str, *sentences: str) -> Path:
    path = folder / "pack.yaml"
    said = "".join(f"          - '{sentence}'\n" for sentence in sentences)
    path.write_text(
        f"language: {lang}\nintents:\n  x:\n    data:\n      - sentences:\n{said}"
        f"lists:\n  v: {body}\n",
        encoding="utf-8",
    )
    return path


def _languages(folder: Path) -> dict[str, dict[str, int]]:
    """Kind of list -> locales that load, texts, those read back, and texts with a spoken form."""
    from babel.localedata import locale_identifiers

    found: dict[str, dict[str, int]] = {}
    for kind, body in LISTS.items():
        counts: Counter[str] = Counter()
        for locale in sorted(locale_identifiers()):
            counts["locales"] += 1
            try:
                pack = load_pack(_write(folder, locale.replace("_", "-"), body, "zq {v} qz"))
            except InputError:
                continue
            counts["locales_loaded"] += 1
            series = pack.lists[0][0].range
            assert isinstance(series, Series)
            matcher = Matcher(pack)
            for said in series.said():
                readings = matcher.readings(f"zq {said.text} qz")
                counts["texts"] += 1
                counts["read_back"] += said.value in {r.slots[0].value for r in readings}
                counts["with_spoken_form"] += bool(said.spoken)
        found[kind] = dict(counts)
    return found


def _costs(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, (body, openings) in _COST.items():
        # numbers before it, so that there are more sentences than rows asked for
        path = _write(folder, "en", body, f"set {{0..{openings}:n}} to {{v}}")
        runs = [_child(path) for _ in range(RUNS)]
        middle = sorted(runs, key=lambda run: run["plain_cpu_s"])[RUNS // 2]
        found[name] = {
            "rows": middle["rows"],
            "load_cpu_s": round(middle["load_cpu_s"], 2),
            "rows_per_cpu_s": round(middle["rows"] / middle["plain_cpu_s"]),
            "with_spoken_per_cpu_s": round(middle["rows"] / middle["spoken_cpu_s"]),
            "all_runs": runs,
        }
    return found


def _child(path: Path) -> dict[str, float]:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), str(ROWS)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
