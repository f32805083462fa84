"""CPU time of `lint` on all Home Assistant languages, and what it finds.

    python -m eval.grammar.lint_cost

Needs CORPUSFORGE_DATA. Loading is part of the time. Writes eval/results/grammar_lint.json.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from corpusforge.core.run import write_json
from corpusforge.grammar.counting import counts
from corpusforge.grammar.lint import lint_path
from corpusforge.grammar.loader import load_pack
from eval.cells import RESULTS, versions

__all__ = ["main"]


def main() -> None:
    """Measure, write, print."""
    root = Path(os.environ["CORPUSFORGE_DATA"]) / "ha_intents" / "sentences"
    started = time.process_time()
    linted = lint_path(root)
    lint_s = time.process_time() - started
    found = Counter(f"{finding.rule}, {finding.severity}" for finding in linted.findings)
    templates = derivations = distinct = 0
    count_s = 0.0
    for lang in linted.languages:
        pack = load_pack(root / lang)
        started = time.process_time()
        total = counts(pack).total
        count_s += time.process_time() - started
        templates += len(pack.templates) + len(pack.open_templates)
        derivations += total.derivations
        distinct += total.distinct
    result = {
        "languages": len(linted.languages),
        "templates": templates,
        "lint_cpu_s": round(lint_s, 1),
        "count_cpu_s": round(count_s, 1),
        "derivations": str(derivations),
        "distinct": str(distinct),
        "findings": dict(sorted(found.items())),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": "none",
        "command": "python -m eval.grammar.lint_cost",
        "load_at_end": os.getloadavg(),
        "versions": versions(("corpusforge", "PyYAML")),
    }
    write_json(result, RESULTS / "grammar_lint.json")
    print(result)


if __name__ == "__main__":
    main()
