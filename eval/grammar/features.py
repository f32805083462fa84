"""What each feature of templates and sampling costs: the flat grammar with one of them added.

    python -m eval.grammar.features [--repeats 5] [--only NAME ...]

Rows a CPU second in Arrow memory with spans (or in a file), in a fresh process each, features by
turns; loading and compiling counted apart. `cost` is the time of a row beside that of the flat
grammar in the same round, the median over rounds. A feature is one line in `FEATURES`. Writes
eval/results/grammar_features.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from corpusforge.core.run import write_json
from eval.cells import RESULTS, versions
from eval.grammar import flat
from eval.grammar.measuring import in_memory, interleaved

__all__ = ["FEATURES", "Feature", "main"]

ROWS = 1_000_000
BASE = "flat grammar, by sentences"


class Feature(NamedTuple):
    """One way to be different from the flat grammar by sentences, seed 1, in memory.

    Attributes:
        change: Of the YAML text.
        more: Arguments of `drawing.draw`.
        write: "jsonl" or "parquet": also to a file.
        ids: With ids in the file.
        rows: Where a million would take too long.
    """

    change: Callable[[str], str] = str
    more: Mapping[str, Any] = {}
    write: str = ""
    ids: bool = False
    rows: int = ROWS


def _replaced(pattern: str, by: str) -> Callable[[str], str]:
    """The text with everything that a pattern finds replaced."""
    return lambda text: re.sub(pattern, by, text, flags=re.MULTILINE)


def _sentences(by: str) -> Callable[[str], str]:
    r"""Every sentence s as `by`, where \1 is s."""
    return _replaced(r'^          - "(.*)"$', f'          - "{by}"')


def _block(keys: str) -> Callable[[str], str]:
    """Further keys for every block."""
    return _replaced(r"^      - sentences:$", f"      - {keys}\n        sentences:")


def _list(name: str, body: str) -> Callable[[str], str]:
    """Another list under this name."""
    return _replaced(rf"^  {name}:\n    values:\n(      - .*\n)+", f"  {name}: {body}\n")


def _values(by: str) -> Callable[[str], str]:
    r"""Every value as `by`, where \1 is its words."""
    return _replaced(r'^      - "(.*)"$', f"      - {by}")


def _long_list(text: str) -> str:
    words = "\n".join(f'      - "song number {number}"' for number in range(100_000))
    return _list("song", f"\n    values:\n{words}")(text)


def _no_slots(text: str) -> str:
    for slot, words in flat.values().items():
        text = text.replace(f"{{{slot}}}", f"<{slot}_words>")
        text += f'  {slot}_words: "({"|".join(words)})"\n'
    return text


_CYRILLIC = str.maketrans("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщ")


def _cyrillic(text: str) -> str:
    """Words in another script, of two bytes a letter; keys and references stay."""

    def changed(found: re.Match[str]) -> str:
        parts = re.split(r"(<\w+>|\{\w+\})", found.group())
        return "".join(p if at % 2 else p.translate(_CYRILLIC) for at, p in enumerate(parts))

    return re.sub(r'"[^"\n]*"', changed, text)


def _roles(text: str) -> str:
    """A role and a group for every slot."""

    def with_roles(found: re.Match[str]) -> str:
        slots = dict.fromkeys(re.findall(r"\{(\w+)\}", found.group()))
        roles = ", ".join(f'{slot}: {{role: of_{slot}, group: "1"}}' for slot in slots)
        return found.group().replace("- sentences:", f"- roles: {{{roles}}}\n        sentences:")

    return re.sub(
        r'^      - sentences:\n(          - ".*"\n)+', with_roles, text, flags=re.MULTILINE
    )


_two_more = _sentences(r"\1 and {item:one} then {item:two}")


def _constrained(kind: str) -> Callable[[str], str]:
    """Two more slots, and what must hold between them."""
    return lambda text: _block(f"constraints: [{{{kind}: [one, two]}}]")(_two_more(text))


def _agreeing(text: str) -> str:
    """The same with values of two agreement classes."""
    words = flat.values()["item"]
    values = "".join(
        f'\n      - {{in: "{w}", agreement: {"mf"[n % 2]}}}' for n, w in enumerate(words)
    )
    return _constrained("agree")(_list("item", f"\n    values:{values}")(text))


_WORDING = "language: en\nwording: {contractions: 0.3, politeness: 0.2, disfluency: 0.1}"
_MILLION = "{range: {from: 1, to: 1000000}}"
_EIGHT = " ".join(f"{{item:i{number}}}" for number in range(8))

FEATURES: Mapping[str, Feature] = {
    BASE: Feature(),
    "another seed": Feature(more={"seed": 2}),
    "by templates": Feature(more={"by": "templates"}),
    "by weights": Feature(more={"by": "weights"}),
    "by the power 0.5": Feature(more={"by": 0.5}),
    "quotas of two intents": Feature(more={"quotas": {"play_music": 0.3, "remind": 0.2}}),
    "coverage first": Feature(more={"coverage": True}),
    "values held out": Feature(more={"hold_out": "values"}),
    "templates and values held out": Feature(more={"hold_out": "both"}),
    "weights of alternatives": Feature(_replaced(r"\(please", "(please::3"), {"by": "weights"}),
    "weights of templates": Feature(_block("weight: 2"), {"by": "weights"}),
    "pinned splits": Feature(_block("split: train")),
    "ambiguous templates": Feature(_sentences(r"[please|kindly] [please|kindly] \1")),
    "a permutation in every template": Feature(_sentences(r"\1 (now;please;[at once])")),
    "wording": Feature(_replaced("^language.*$", _WORDING), {"by": "weights"}),
    "no slots": Feature(_no_slots),
    "roles and groups": Feature(_roles),
    "two more slots": Feature(_two_more),
    "two more slots that differ": Feature(_constrained("different")),
    "two more slots that are equal": Feature(_constrained("equal")),
    "two more slots that agree": Feature(_agreeing),
    "more than 2^62 sentences a template": Feature(_sentences(rf"\1 {_EIGHT}"), rows=20_000),
    "Cyrillic letters": Feature(_cyrillic),
    "values glued to words": Feature(_replaced(r"\{device\}", "pre{device}s")),
    "values with a canonical form": Feature(_values(r'{in: "\1", out: "x \1"}')),
    "values that are templates": Feature(_values(r'{in: "[the] \1", out: "\1"}')),
    "a list of 100,000 values": Feature(_long_list),
    "numbers of a range": Feature(_list("level", "{range: {from: 1, to: 100}}")),
    "a range of a million": Feature(_list("level", _MILLION), rows=100_000),
    "numbers in words": Feature(_list("level", "{range: {from: 1, to: 100, forms: [words]}}")),
    "times": Feature(_list("time", "{time: {step_min: 15, forms: [digits, words]}}")),
    "dates": Feature(_list("day", "{date: {from: 2027-01-01, to: 2027-12-31}}")),
    "money": Feature(_list("level", "{money: {from: 1, to: 100, currency: EUR}}")),
    "durations": Feature(_list("level", "{duration: {from: 1, to: 90, unit: minute}}")),
    "JSON lines": Feature(write="jsonl"),
    "JSON lines with ids": Feature(write="jsonl", ids=True, rows=200_000),
    "Parquet": Feature(write="parquet"),
    "Parquet with ids": Feature(write="parquet", ids=True, rows=200_000),
}  # fmt: skip


def costs(folder: Path, repeats: int, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Every feature, measured."""
    flat.write_yaml(folder / "flat.yaml")
    text = (folder / "flat.yaml").read_text(encoding="utf-8")
    runs: dict[str, Callable[[], dict[str, Any]]] = {}
    for number, name in enumerate(names):
        feature = FEATURES[name]
        own = folder / str(number)
        own.mkdir()
        changed = feature.change(text)
        if feature.change is not str and changed == text:
            raise SystemExit(f"{name}: nothing was changed")
        (own / "flat.yaml").write_text(changed, encoding="utf-8")
        more = {"by": "sentences", **feature.more}
        runs[name] = partial(
            in_memory, own / "flat.yaml", feature.rows, more, write=feature.write, ids=feature.ids
        )
    found = interleaved(runs, repeats)
    base = [cpu_s / found[BASE]["rows"] for cpu_s in found[BASE]["all_cpu_s"]]
    for one in found.values():
        ratios = [s / one["rows"] / b for s, b in zip(one["all_cpu_s"], base, strict=True)]
        one["cost"] = round(statistics.median(ratios), 2)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description="cost of features")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=list(FEATURES), default=list(FEATURES))
    options = parser.parse_args(arguments)
    names = list(dict.fromkeys([BASE, *options.only]))
    with tempfile.TemporaryDirectory() as folder:
        figures = costs(Path(folder), options.repeats, names)
    result = {
        "figures": figures,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "repeats": options.repeats,
        "seed": 1,
        "load_at_end": os.getloadavg(),
        "command": "python -m eval.grammar.features",
        "versions": versions(("corpusforge", "numpy", "pyarrow")),
    }
    if names == list(FEATURES):
        write_json(result, RESULTS / "grammar_features.json")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
