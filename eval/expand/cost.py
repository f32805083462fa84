"""What expansion on a pretrained model costs, in CPU seconds, and what the time is spent on.

    python -m eval.expand.cost --work DIR --adapter FOLDER [--base PATH] [--rows 1000]

CLINC150 banking, 5 real rows per intent. Measured are: opening the base model in a fresh process
(nothing unpacked yet; unpacked); one `expand` stage of a build with so many wanted rows, split
into generator, judge and the rest; the generator alone, once it is open; its time by operator of
torch; and the meta-training, where it left its cost beside the adapter. One thread.
Writes eval/results/expand_cost.json.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from corpusforge.core.run import read_json
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import named, shots
from eval.expand.cost_parts import Clock, by_operator, shares
from eval.expand.few_shot import ARMS, EXPANDING, META
from eval.todays_generator import generated

__all__ = ["GOALS", "main", "opening"]

DATA, K, DRAW = "banking", 5, 1
GOALS = {"cpu_s_per_1000_rows": 40.0, "meta_training_cpu_s": 600.0}
_FRESH, _UNPACKED = "opening the base, nothing unpacked", "opening the base, unpacked"
_OPEN = """
import json, time
from pathlib import Path
parts, at = {}, time.process_time()
def part(name):
    global at
    now = time.process_time()
    parts[name], at = now - at, now
import torch, transformers, corpusforge.expand.pretrained.generator
part("imports")
from corpusforge.expand.pretrained.base_model import find_base, open_base
base = find_base({base!r}, Path())
part("finding it, with its digest")
open_base(base)
part("opening it")
print(json.dumps(parts))
"""


def opening(base: str, cache: Path, *, fresh: bool) -> dict[str, Any]:
    """CPU seconds until a new process has the base model open.

    Args:
        base: As `expand.base`.
        cache: Folder for what is unpacked.
        fresh: Whether the folder is emptied first.

    Raises:
        SystemExit: When the process fails.
    """
    if fresh:
        shutil.rmtree(cache, ignore_errors=True)
    elif not cache.exists():
        opening(base, cache, fresh=True)
    cache.mkdir(parents=True, exist_ok=True)
    # The hub's models stay where they are: only what we unpack goes into the folder.
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    hub = os.environ.get("HF_HOME") or str(usual / "huggingface")
    environment = {"XDG_CACHE_HOME": str(cache), "HF_HOME": hub, "OMP_NUM_THREADS": "1"}
    before_s = cells.cpu_s()
    done = subprocess.run(
        [sys.executable, "-c", _OPEN.replace("{base!r}", repr(base))],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"opening {base} failed:\n{done.stderr}")
    parts = {name: round(s, 2) for name, s in json.loads(done.stdout.splitlines()[-1]).items()}
    return {"parts": parts, "cpu_s": round(cells.cpu_s() - before_s, 2)}


class _Build:
    """One build as far as `expand`, in this process, with a clock on its parts.

    Attributes:
        facts: What the stage recorded.
        parts: CPU seconds by part.
        cpu_s: CPU seconds of the whole.
        generator: The generator, still open.
        frames: Frames of a wave that it was asked for.
    """

    def __init__(self, rows: int, folder: Path, keys: Mapping[str, str], seed: int) -> None:
        from corpusforge.expand.pretrained import generator as module
        from corpusforge.expand.pretrained.generator import PretrainedGan
        from corpusforge.expand.pretrained.judge import ExemplarJudge

        data = named(DATA)
        real, _ = shots(data.train, K, rng(seed, "eval.grid", data.name, K, DRAW))
        # A finished run would be read, not made.
        shutil.rmtree(folder, ignore_errors=True)
        self.generator: Any = None
        self.frames: Sequence[Any] = ()
        expand = PretrainedGan.expand

        def noted(this: Any, frames: Sequence[Any], n: int, draws: Any) -> Any:
            self.generator, self.frames = this, frames
            return expand(this, frames, n, draws)

        clock = Clock()
        places = [
            (module, "open_base", "opening the model"),
            (module, "adapted_model", "opening the model"),
            (module, "to_int8", "opening the model"),
            (PretrainedGan, "expand", "generator"),
            (ExemplarJudge, "__init__", "judge"),
            (ExemplarJudge, "scores", "judge"),
        ]
        watched = (clock.watching(places), clock.part("the rest"))
        with mock.patch.object(PretrainedGan, "expand", noted), watched[0], watched[1]:
            made = generated(real, rows, seed, folder, ARMS[META].format(**keys), publish=True)
        if self.generator is None:
            raise SystemExit(f"the build of {folder} generated nothing: {made.why}")
        (record,) = (folder / "run" / "stages").glob("expand-*/stage.json")
        self.facts: dict[str, Any] = read_json(record)["facts"]
        self.parts: dict[str, float] = {
            name: round(value, 2) for name, value in sorted(clock.parts.items())
        }
        self.cpu_s: float = round(sum(clock.parts.values()), 2)


def built(rows: int, work: Path, keys: Mapping[str, str], seed: int) -> dict[str, Any]:
    """The cost of one `expand` stage."""
    build = _Build(rows, work / "cost_runs" / "build", keys, seed)
    counts = {name: build.facts[name] for name in ("wanted", "candidates", "accepted")}
    return {
        **counts,
        "parts": build.parts,
        "cpu_s": build.cpu_s,
        "cpu_s_per_1000_candidates": _per_1000(build.cpu_s, counts["candidates"]),
        "cpu_s_per_1000_rows": _per_1000(build.cpu_s, counts["accepted"]),
        # Opening costs the same for any number of rows.
        "cpu_s_per_1000_rows_opened": _per_1000(
            build.cpu_s - build.parts.get("opening the model", 0.0), counts["accepted"]
        ),
    }


def sampled(texts: int, work: Path, keys: Mapping[str, str], seed: int) -> dict[str, Any]:
    """The cost of the open generator alone, and its time by operator."""
    build = _Build(15, work / "cost_runs" / "sampler", keys, seed)
    frames = [build.frames[place % len(build.frames)] for place in range(texts)]
    draws = rng(seed, "eval.cost.sampler")
    start_s = time.process_time()
    found = build.generator.expand(frames, len(frames), draws)
    cpu_s = time.process_time() - start_s
    groups, operators, whole_s = by_operator(
        lambda: build.generator.expand(frames, len(frames), rng(seed, "eval.cost.profile"))
    )
    return {
        "texts": texts,
        "finished": len(found),
        "cpu_s": round(cpu_s, 2),
        "cpu_s_per_1000_texts": _per_1000(cpu_s, texts),
        "cpu_s_per_1000_finished": _per_1000(cpu_s, len(found)),
        "profiled_s": round(whole_s, 2),
        "shares": shares(groups, whole_s),
        "operators": shares(operators, whole_s),
    }


def _per_1000(cpu_s: float, count: int) -> float | None:
    return round(1000 * cpu_s / count, 2) if count else None


def meta_training(adapter: Path, cost: Path) -> dict[str, Any]:
    """What is recorded of the cost of an adapter: the whole, and parts where it says them."""
    found: dict[str, Any] = read_json(cost) if cost.is_file() else {}
    meta = read_json(adapter / "meta.json")
    if "cpu_s" in meta:
        found["parts"] = meta["cpu_s"]
    steps = meta["settings"]["generator"]["steps"], meta["settings"]["discriminator"]["steps"]
    return {**found, "steps": dict(zip(("generator", "discriminator"), steps, strict=True))}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.expand.cost", __doc__)
    parser.add_argument("--base", default="auto", help="pretrained model; auto")
    parser.add_argument("--adapter", type=Path, required=True, help="folder of meta-train")
    parser.add_argument("--adapter-cost", type=Path, help="adapter_cost.json beside the adapter")
    parser.add_argument("--rows", type=int, default=1000, help="wanted rows of the build (1000)")
    parser.add_argument("--texts", type=int, default=1000, help="texts of the sampler (1000)")
    options = parser.parse_args(arguments)
    work, adapter = options.work.resolve(), options.adapter.resolve()
    base = options.base if options.base == "auto" else str(Path(options.base).resolve())
    keys = {"adapter": str(adapter), "base": base}
    seed = options.seed
    shared = {"base": base, "seed": seed, "adapter": read_json(adapter / "meta.json")}
    planned = [
        cells.Cell(_FRESH, shared, lambda: opening(base, work / "cost_cache", fresh=True)),
        cells.Cell(_UNPACKED, shared, lambda: opening(base, work / "cost_cache", fresh=False)),
        cells.Cell(
            "build", {**shared, "rows": options.rows}, lambda: built(options.rows, work, keys, seed)
        ),
        cells.Cell(
            "sampler",
            {**shared, "texts": options.texts},
            lambda: sampled(options.texts, work, keys, seed),
        ),
    ]
    own = ("eval.data", "eval.todays_generator", "eval.expand.cost", "eval.expand.cost_parts")
    expanding = [*EXPANDING, "corpusforge.expand.pretrained.int8"]
    code = cells.code_digest([*own, *expanding])
    outcome = cells.run(planned, work / "cost", code, options.cpu_hours)
    parts = {
        "base": read_json(adapter / "meta.json")["base"],
        "data": f"{DATA}, {K} real rows per intent",
        "goals": GOALS,
        "cells": outcome.figures,
        "meta_training": meta_training(
            adapter, options.adapter_cost or adapter.parent / "adapter_cost.json"
        ),
    }
    cells.write("expand_cost", "eval.expand.cost", seed, outcome, parts)


if __name__ == "__main__":
    main()
