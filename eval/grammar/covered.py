"""Rows that show everything: the cover of `sample --coverage` beside the samplers of other engines.

    python -m eval.grammar.covered [--python PYTHON] [--node-modules FOLDER] [--most 64]

Of the flat grammar: every template, every choice of every alias in every template, and every
value of every list once. Ours are the first rows of `--coverage`, as many as its certificate
says. Peers are asked, in fresh processes, for 1, 2, 4, ... --most times what our cover has of
each intent, until everything is there: the most favourable shares that one could give them.
A text counts for every template that can say it. Writes eval/results/grammar_cover.json.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpusforge.core.run import write_json
from corpusforge.grammar.drawing import draw
from eval.cells import RESULTS, versions
from eval.grammar import flat
from eval.grammar.measuring import child
from eval.grammar.peers import JSGF_PART, Peer, Programs, peers

__all__ = ["Shown", "main"]


class Shown:
    """Counts what texts show of the flat grammar, by means of its own."""

    def __init__(self) -> None:
        words = {f"@{slot}": said for slot, said in flat.values().items()}
        words |= {f"~{alias}": said for alias, said in flat.ALIASES.items()}
        self._patterns = {
            intent: [_Pattern.of(template, words) for template in templates]
            for intent, templates in flat.INTENTS.items()
        }
        self.wanted = set[tuple[str, ...]]()
        for templates in flat.INTENTS.values():
            for template in templates:
                self.wanted |= set(_things(template, [words.get(t, [t]) for t in template.split()]))

    def missing(self, texts: Iterable[tuple[str, str]], *, values: bool = True) -> int:
        """How many of `wanted`, with or without values, are in none of these (intent, text)."""
        found: set[tuple[str, ...]] = set()
        for intent, text in texts:
            said = " ".join(text.split())
            ways = [(p, m) for p in self._patterns[intent] if (m := p.pattern.fullmatch(said))]
            if not ways:
                raise SystemExit(f"not in the grammar: {intent}: {text}")
            for pattern, match in ways:
                found |= set(_things(pattern.template, [[word] for word in match.groups()]))
        return sum(values or thing[0][0] != "@" or len(thing) != 2 for thing in self.wanted - found)


class _Pattern(NamedTuple):
    """A template as a regular expression with a group for every token."""

    template: str
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, template: str, words: Mapping[str, Sequence[str]]) -> _Pattern:
        tokens = (words.get(token, [token]) for token in template.split())
        groups = (f"({'|'.join(map(re.escape, said))})" for said in tokens)
        return cls(template, re.compile(" ".join(groups)))


def _things(template: str, said: Iterable[Iterable[str]]) -> Iterable[tuple[str, ...]]:
    """What the words of each token of a template show."""
    yield (template,)
    for place, (token, words) in enumerate(zip(template.split(), said, strict=True)):
        if token.startswith("~"):
            yield from ((template, str(place), word) for word in words)
        if token.startswith("@"):
            yield from ((token, word) for word in words)


def least_rows() -> int:
    """The fewest rows of templates in which all choices and values could stand."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    templates = [t.split() for of_intent in flat.INTENTS.values() for t in of_intent]
    choices = [
        max([1, *(len(flat.ALIASES[token[1:]]) for token in template if token[0] == "~")])
        for template in templates
    ]
    held = [[template.count(f"@{slot}") for template in templates] for slot in flat.SLOTS]
    found = milp(
        np.ones(len(templates)),
        constraints=LinearConstraint(np.array(held), lb=list(flat.SLOTS.values())),
        bounds=Bounds(choices, np.inf),
        integrality=np.ones(len(templates)),
    )
    return int(found.fun + 0.5)


def ours(path: Path, shown: Shown) -> tuple[dict[str, Any], dict[str, int]]:
    """Our cover, and how many rows it has of each intent."""
    drawn = draw(path, flat.size(), coverage=True)
    assert drawn.cover is not None
    certificate = drawn.cover.certificate
    rows = [
        (row["intent"], row["text"])
        for batch in drawn.batches(0, certificate.rows)
        for row in batch.to_pylist()
    ]
    by_intent = {intent: sum(of == intent for of, _ in rows) for intent in flat.INTENTS}
    alone = rows[: certificate.alternative_rows]
    found = {
        "rows": len(rows),
        "missing": shown.missing(rows),
        "missing_of_one_row_less": shown.missing(rows[:-1]),
        "choices_missing_there": shown.missing(alone, values=False),
        "integer_program": least_rows(),
        "proven_minimum": certificate.least_rows,
        "proven_minimum_without_values": certificate.alternative_rows,
    }
    return found, by_intent


def theirs(folder: Path, share: Mapping[str, int], options: argparse.Namespace) -> dict[str, Any]:
    """Peers, with ever more rows."""
    shown, found = Shown(), dict[str, list[dict[str, Any]]]()
    programs = Programs(options.python, options.node_modules)
    times = 1
    while times <= options.most:
        rows = {intent: min(n * times, flat.size(intent)) for intent, n in share.items()}
        own = folder / str(times)
        own.mkdir()
        for peer in _askable(own, rows, programs):
            known = found.setdefault(peer.name, [])
            if not known or known[-1]["missing"]:
                run = child(peer.command, peer.folder)
                texts = list(peer.texts())
                figures = {"rows": len(texts), "missing": shown.missing(texts)}
                known.append({"times": times, **figures, "cpu_s": run["cpu_s"]})
        times *= 2
    return found


def _askable(folder: Path, rows: Mapping[str, int], programs: Programs) -> Iterable[Peer]:
    """Peers that can be asked for so many; pyjsgf, which is asked for a part, for all."""
    whole = {intent: n * JSGF_PART for intent, n in rows.items()}
    jsgf = folder / "whole"
    jsgf.mkdir()
    for peer in peers(folder, rows, programs):
        if not peer.name.startswith(("pyjsgf", "Chatette, JSONL")):
            yield peer
    for peer in peers(jsgf, whole, programs):
        if peer.name.startswith("pyjsgf"):
            yield peer


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description="rows that show everything")
    parser.add_argument("--python", help="interpreter that has chatette and pyjsgf")
    parser.add_argument("--node-modules", help="folder that has chatito and tracery-grammar")
    parser.add_argument("--most", type=int, default=64, help="times our number of rows")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flat.write_yaml(folder / "flat.yaml")
        shown = Shown()
        cover, share = ours(folder / "flat.yaml", shown)
        result = {
            "things": len(shown.wanted),
            "ours": cover,
            "peers": theirs(folder, share, options),
            "rows_by_intent": share,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": 1,
            "command": "python -m eval.grammar.covered --python PYTHON --node-modules FOLDER",
            "versions": versions(("corpusforge", "scipy", "hassil")),
        }
    write_json(result, RESULTS / "grammar_cover.json")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
