"""What a shipped recipe costs to build: seconds, CPU seconds and memory per stage.

    python -m eval.build_cost smart_home --out /tmp/corpus
    python -m eval.build_cost smart_home --check-only --out /tmp/corpus

Builds into a new folder with the command line, as a user does, then checks what the issue
promises of the release (rows, leaks, duplicates, spans, BIO) by reading it with `datasets`.
Writes eval/results/build_cost_<recipe>.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.run import package_versions, read_json
from corpusforge.core.spans import Slot, spans_from_bio, tokens
from corpusforge.core.text import fold

RESULTS = Path(__file__).parent / "results"


def build(recipe: str, out: Path) -> dict[str, Any]:
    """Build with the command line; wall and CPU seconds of the whole command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start_s = time.monotonic()
    command = [sys.executable, "-m", "corpusforge", "build", recipe, "-o", str(out), "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.monotonic() - start_s, 1), "cpu_seconds": round(cpu_s, 1)}


def stages(out: Path) -> list[dict[str, Any]]:
    """Seconds, CPU seconds, memory and rows of each stage, from the manifest."""
    keys = ("stage", "seconds", "cpu_seconds", "peak_rss_mb", "rows_in", "rows_out", "dropped")
    return [{key: e[key] for key in keys} for e in read_json(out / "manifest.json")["stages"]]


def promises(release: Path) -> dict[str, Any]:
    """Count what must be zero, reading the release as a user does."""
    import datasets

    nlu = datasets.load_dataset(str(release), "nlu")
    speech = datasets.load_dataset(str(release), "speech")
    names = nlu["train"].features["bio"].feature.names
    template_splits: dict[str, set[str]] = {}
    folded: Counter[str] = Counter()
    wrong_spans = wrong_bio = 0
    origins: Counter[str] = Counter()
    for split, rows in nlu.items():
        for row in rows:
            origins[row["origin"]] += 1
            folded[fold(row["text"])] += 1
            if row["template"]:
                template_splits.setdefault(row["template"], set()).add(split)
            slots = [Slot(**slot) for slot in row["slots"] or ()]
            wrong_spans += any(row["text"][s.start : s.end] != s.text for s in slots)
            places = tokens(row["text"], slots)
            same_tokens = [row["text"][a:b] for a, b in places] == row["tokens"]
            spans = spans_from_bio(places, [names[tag] for tag in row["bio"]])
            wrong_bio += not same_tokens or spans != [(s.name, s.start, s.end) for s in slots]
    return {
        "rows": {split: rows.num_rows for split, rows in nlu.items()},
        "clips": {split: rows.num_rows for split, rows in speech.items()},
        "origins": dict(origins),
        "templates_in_two_splits": sum(len(found) > 1 for found in template_splits.values()),
        "duplicates_under_folding": sum(count - 1 for count in folded.values()),
        "rows_with_wrong_spans": wrong_spans,
        "rows_whose_bio_does_not_rebuild_spans": wrong_bio,
    }


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--out", type=Path, required=True, help="folder that does not exist yet")
    parser.add_argument("--check-only", action="store_true", help="the corpus is built already")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "command": f"python -m eval.build_cost {options.recipe} --out OUT",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": package_versions(
            ("corpusforge", "torch", "transformers", "datasets", "hibari-tts", "numpy", "pyarrow")
        ),
    }
    if not options.check_only:
        if options.out.exists():
            raise SystemExit(f"{options.out} exists; a cost is measured from nothing")
        result["whole_command"] = build(options.recipe, options.out)
    result["seed"] = read_json(options.out / "manifest.json")["recipe"]["seed"]
    result["stages"] = stages(options.out)
    result["peak_rss_mb"] = max(entry["peak_rss_mb"] for entry in result["stages"])
    result["promises"] = promises(options.out / "release")
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (RESULTS / f"build_cost_{Path(options.recipe).stem}.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
