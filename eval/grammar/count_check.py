"""Are our counts right? All Home Assistant languages, counted again without our code.

    python -m eval.grammar.count_check [--languages en ...]

hassil parses the templates, `eval.grammar.graphs` counts them: derivations, and different
sentences with lists opaque, where two lists are alike when they fill the same slot (as `count`
has it), when they are the same list, or when both hold. With pynini installed, OpenFst counts the
first and last once more. Needs CORPUSFORGE_DATA. Writes eval/results/grammar_count_check.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.run import write_json
from corpusforge.grammar.automata import union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.derivations import derivations as our_derivations
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Template
from eval.cells import RESULTS, versions
from eval.grammar.graphs import (
    Block,
    Graph,
    by_list,
    by_list_and_slot,
    by_slot,
    count_by_openfst,
    derivations,
)
from eval.grammar.hassil_side import folder_languages, folder_templates

__all__ = ["main"]


def ours(folder: Path, lang: str) -> dict[str, dict[str, int]]:
    """Intent -> derivations, and sentences by slot and by list."""
    pack = load_pack(folder / "sentences" / lang)
    intents: dict[str, list[Template]] = {}
    for template in (*pack.templates, *pack.open_templates):
        intents.setdefault(template.intent, []).append(template)
    rules: dict[tuple[int, str], int] = {}
    slots, lists = AutomatonBuilder("slot"), AutomatonBuilder("list")
    return {
        intent: {
            "derivations": sum(our_derivations(t.expression, t.scope, rules) for t in templates),
            "by_slot": union([slots.template(t) for t in templates]).count(),
            "by_list": union([lists.template(t) for t in templates]).count(),
        }
        for intent, templates in intents.items()
    }


def again(folder: Path, lang: str, *, openfst: bool) -> dict[str, dict[str, int]]:
    """The same numbers without our code, and those by list and slot."""
    from hassil.intents import Intents

    merged = folder_templates(folder, lang)
    intents = Intents.from_dict(merged)
    found: dict[str, dict[str, int]] = {}
    for name, intent in intents.intents.items():
        written = merged["intents"][name]["data"]
        blocks = [
            Block.of(data, intents.expansion_rules, body.get("lists") or {})
            for data, body in zip(intent.data, written, strict=True)
        ]
        if not any(block.expressions for block in blocks):
            continue
        row = found[name] = {
            "derivations": sum(derivations(e, b.rules) for b in blocks for e in b.expressions)
        }
        kinds = {"by_slot": by_slot, "by_list": by_list, "by_list_and_slot": by_list_and_slot}
        for kind, symbol in kinds.items():
            graph = Graph(symbol)
            graph.add(blocks)
            row[kind] = graph.count()
            if openfst and kind != "by_list":
                row[f"{kind}_openfst"] = count_by_openfst(graph)
    return found


def _compare(
    lang: str, mine: dict[str, dict[str, int]], theirs: dict[str, dict[str, int]]
) -> list[dict[str, Any]]:
    """The intents whose numbers are not all the same."""
    wrong: list[dict[str, Any]] = []
    for intent in {**mine, **theirs}:
        one, two = mine.get(intent, {}), theirs.get(intent, {})
        same = all(one.get(key) == two.get(key) for key in ("derivations", "by_slot", "by_list"))
        fst = all(
            two[key] == two[f"{key}_openfst"]
            for key in ("by_slot", "by_list_and_slot")
            if f"{key}_openfst" in two
        )
        if not (same and fst):
            wrong.append({"lang": lang, "intent": intent, "ours": one, "again": two})
    return wrong


def main(arguments: Sequence[str] | None = None) -> None:
    """Count everything twice or three times, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--languages", nargs="*", help="only these; nothing is then written")
    options = parser.parse_args(arguments)
    folder = Path(os.environ["CORPUSFORGE_DATA"]) / "ha_intents"
    openfst = importlib.util.find_spec("pynini") is not None
    languages: dict[str, dict[str, int]] = {}
    wrong: list[dict[str, Any]] = []
    intents = 0
    started = time.process_time()
    for lang in options.languages or folder_languages(folder):
        mine, theirs = ours(folder, lang), again(folder, lang, openfst=openfst)
        intents += len(theirs)
        wrong += _compare(lang, mine, theirs)
        keys = next(iter(theirs.values())).keys()
        languages[lang] = {key: sum(row[key] for row in theirs.values()) for key in keys}
        print(lang, languages[lang], flush=True)
    totals = {
        key: str(sum(row[key] for row in languages.values()))
        for key in next(iter(languages.values()))
    }
    result = {
        "languages": len(languages),
        "intents": intents,
        "intents_that_differ": wrong,
        "totals": totals,
        "by_language": {
            lang: {key: str(number) for key, number in row.items()}
            for lang, row in languages.items()
        },
        "cpu_s": round(time.process_time() - started, 1),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": "none",
        "command": "python -m eval.grammar.count_check",
        "versions": versions(("corpusforge", "hassil", "pynini")),
    }
    if not options.languages:
        write_json(result, RESULTS / "grammar_count_check.json")
    print(totals, wrong)


if __name__ == "__main__":
    main()
