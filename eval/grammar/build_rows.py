"""The stage `grammar` of a build: cost of a million rows, and what an edited template changes.

    python -m eval.grammar.build_rows [--rows 1000000] [--edits 20]

Cost: `build --until grammar` on the flat grammar in a process of its own, CPU seconds (user and
system) and peak memory. Edits: of smart_home (English), templates in keyed order are edited, one
more is added to an intent, one is taken out; counted is which rows of all other templates keep
their id. Each change starts from the shipped pack. Writes eval/results/grammar_build.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.digests import digest
from corpusforge.core.executors import InlineExecutor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe_file import load_recipe, shipped_templates
from corpusforge.core.run import Cache, StageContext, write_json
from corpusforge.core.schema import read_table
from corpusforge.grammar import stage
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Template
from eval.cells import RESULTS, versions
from eval.grammar import flat
from eval.grammar.measuring import child

__all__ = ["main"]

SEED = 1
ROWS = 2_000


def cost(folder: Path, rows: int, repeats: int) -> dict[str, Any]:
    """CPU seconds and peak memory of whole commands."""
    flat.write_yaml(folder / "flat.yaml")
    found: dict[str, Any] = {}
    for name, keys in (("templates held out", ""), ("values held out", ", hold_out: values")):
        for number in (rows // 10, rows):
            recipe = folder / "recipe.yaml"
            recipe.write_text(
                "name: flat\nlang: en\nlicense: CC0-1.0\nexpand: {rows: 0}\nspeech: {clips: 0}\n"
                f"grammar: {{path: flat.yaml, rows: {number}{keys}}}\n"
            )
            runs = []
            for _ in range(repeats):
                out = folder / "out"
                command = [sys.executable, "-m", "corpusforge", "build", str(recipe)]
                command += ["-o", str(out), "--until", "grammar", "--executor", "inline", "-q"]
                runs.append(child(command, Path(__file__).parents[2], 600))
                made = next((out / "stages").glob("grammar-*")) / "utterances.parquet"
                size_mb = made.stat().st_size / 1e6
                shutil.rmtree(out)
            cpu_s = statistics.median(run["cpu_s"] for run in runs)
            found[f"{number:,} rows, {name}"] = {
                "rows": number,
                "cpu_s": cpu_s,
                "all_cpu_s": [run["cpu_s"] for run in runs],
                "peak_mb": max(run["peak_mb"] for run in runs),
                "rows_per_cpu_s": round(number / cpu_s),
                "file_mb": round(size_mb, 1),
            }
    return found


def rows_of(pack: Path, folder: Path, keys: str) -> dict[str, tuple[str, str]]:
    """Id -> (template, split) of the rows of a recipe of these templates."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        f"name: edits\nlang: en\nlicense: CC0-1.0\nseed: {SEED}\n"
        f"grammar: {{path: {pack}, rows: {ROWS}{keys}}}\n"
    )
    context = StageContext(
        recipe=load_recipe(recipe),
        folder=folder,
        inputs={},
        cache=Cache(folder / "cache"),
        executor=InlineExecutor(),
        progress=Progress(quiet=True),
    )
    stage.run(context)
    table = read_table(folder / "utterances.parquet")
    columns = (table[name].to_pylist() for name in ("id", "template", "split"))
    return {name: (template, split) for name, template, split in zip(*columns, strict=True)}


def _edit(line: str) -> str:
    """The sentence of a line with one more word in front."""
    start = line.index("- ") + 2
    place = start + 1 if line[start] in "\"'" else start
    return f"{line[:place]}hey {line[place:]}"


def _change(pack: Path, template: Template, change: Callable[[str], list[str]]) -> None:
    file = pack / template.file
    lines = file.read_text(encoding="utf-8").split("\n")
    lines[template.line - 1 : template.line] = change(lines[template.line - 1])
    file.write_text("\n".join(lines), encoding="utf-8")


CHANGES: dict[str, Callable[[str], list[str]]] = {
    "a word more in one template": lambda line: [_edit(line)],
    "one template more": lambda line: [line, _edit(line)],
    "one template less": lambda line: [],
}


def survival(folder: Path, edits: int, keys: str) -> dict[str, Any]:
    """What share of the rows of the other templates keeps id and split, by kind of change."""
    source = shipped_templates() / "smart_home" / "en"
    before = rows_of(source, folder / "before", keys)
    templates = sorted(load_pack(source).templates, key=lambda t: digest("edit", t.id))
    found: dict[str, Any] = {}
    for name, change in CHANGES.items():
        kept: list[float] = []
        moved = 0
        for template in templates[:edits]:
            pack = folder / "pack"
            shutil.rmtree(pack, ignore_errors=True)
            shutil.copytree(source, pack)
            _change(pack, template, change)
            after = rows_of(pack, folder / "after", keys)
            others = {row: put for row, put in before.items() if put[0] != template.id}
            same = others.keys() & after.keys()
            kept.append(len(same) / len(others))
            moved += sum(others[row][1] != after[row][1] for row in same)
        found[name] = {
            "changes": len(kept),
            "kept_median": statistics.median(kept),
            "kept_min": min(kept),
            "other_split": moved,
        }
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--edits", type=int, default=20)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": SEED,
            "command": "python -m eval.grammar.build_rows",
            "versions": versions(("corpusforge", "numpy", "pyarrow")),
            "flat_sentences": flat.size(),
            "rows_of_edits": ROWS,
            "edits": {
                "coverage: false": survival(folder, options.edits, ""),
                "coverage: true": survival(folder, options.edits // 4, ", coverage: true"),
            },
            "cost": cost(folder, options.rows, options.repeats),
        }
    write_json(result, RESULTS / "grammar_build.json")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
