"""Do our counts equal brute force wherever that finishes? Home Assistant's templates, one by one.

    python -m eval.grammar.brute_force --work DIR [--limit 20000] [--languages en ...]

Of each template with at most --limit derivations, hassil's sampler writes every text: once with
lists as one word, once with all their values (where these are not more than the limit either).
Compared with `count`: derivations, different sentences, and different labelled sentences with
values. What `count` does not count is left out here too: texts of nothing, and texts that are not
in NFC. A language is a cell: a killed run goes on. Needs CORPUSFORGE_DATA. Writes
eval/results/grammar_brute_force.json.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from corpusforge.core.run import read_json, write_json
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.counting import counts
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack, Template
from eval import cells
from eval.grammar.hassil_side import Hassil, folder_languages, folder_templates, host_names

__all__ = ["every_text", "main", "rows", "with_lists_as_words", "with_values"]

MODULE = "eval.grammar.brute_force"
SHAPING = ("automata", "automaton_builder", "counting", "list_tables", "loader", "parser", "values")
_MARK = re.compile("\x02[^\x03]*\x03|\x04")


def every_text(expression: Any, rules: Mapping[str, Any]) -> Iterator[str]:
    """What hassil's sampler writes, white space squeezed and stripped."""
    from hassil.sample import sample_expression

    for text in sample_expression(expression, {}, dict(rules)):
        yield " ".join(text.split())


def with_lists_as_words(node: Any) -> Any:
    """An expression of hassil's with "{slot}", or "{@list}" without a slot, for each list."""
    from hassil.expression import TextChunk

    return _replaced(
        node,
        lambda reference: TextChunk(
            f"{{@{reference.list_name}}}" if reference.is_capture else f"{{{reference.slot_name}}}"
        ),
    )


def with_values(node: Any, lists: Mapping[str, Any], rules: Mapping[str, Any]) -> Any:
    """An expression of hassil's with all values of its lists, marked with slot, list and value."""
    from hassil.expression import Alternative

    return _replaced(node, lambda reference: Alternative(list(_marked(reference, lists, rules))))


def _replaced(node: Any, of: Any) -> Any:
    if type(node).__name__ == "ListReference":
        return of(node)
    if not hasattr(node, "items"):
        return node
    made = copy(node)
    made.items = [_replaced(item, of) for item in node.items]
    return made


def _marked(reference: Any, lists: Mapping[str, Any], rules: Mapping[str, Any]) -> Iterator[Any]:
    from hassil.expression import TextChunk
    from hassil.sample import sample_expression

    slot = "" if reference.is_capture else reference.slot_name
    for value, said in _values(reference, lists):
        for text in sample_expression(said, dict(lists), dict(rules)):
            words = " ".join(text.split())
            if not slot:
                yield TextChunk(text)
                continue
            canonical = words if value is None else value
            if not isinstance(canonical, str):
                canonical = json.dumps(canonical, ensure_ascii=False)
            before, behind = (" " if edge.isspace() else "" for edge in (text[:1], text[-1:]))
            mark = f"\x02{slot} {reference.list_name} {canonical}\x03"
            # A slot without words makes no row; "\x05" says so.
            yield TextChunk(f"{before}{mark}{words or chr(5)}\x04{behind}")


def _values(reference: Any, lists: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(canonical value or None, expression of the words)."""
    from hassil.expression import TextChunk

    values = lists.get(reference.list_name)
    if values is not None and hasattr(values, "values"):
        yield from ((value.value_out, value.text_in) for value in values.values)
        return
    if values is None:
        first, last, step = reference.get_inline_range()
        numbers: Any = range(first, last + 1, step)
        multiplier = None
    else:
        numbers, multiplier = values.get_numbers(), values.multiplier
    for number in numbers:
        if number <= (last if values is None else values.stop):
            yield number if multiplier is None else number * multiplier, TextChunk(str(number))


def rows(texts: Iterator[str]) -> tuple[int, int]:
    """Number of texts, and of different ones that make a row."""
    number = 0
    found: set[str] = set()
    for text in texts:
        number += 1
        plain = _MARK.sub("", text)
        if plain and "\x05" not in text and unicodedata.is_normalized("NFC", plain):
            found.add(text)
    return number, len(found)


def check(folder: Path, lang: str, limit: int, work: Path) -> dict[str, Any]:
    """All templates of one language."""
    pack, hassil, lists_of_all, rules_of_all = _sides(folder, lang, work)
    found = counts(pack).templates
    planner = Planner()
    opaque = filled = too_many = 0
    wrong: list[dict[str, Any]] = []
    for template in (*pack.templates, *pack.open_templates):
        count = found[template.id]
        if count.derivations > limit:
            too_many += 1
            continue
        opaque += 1
        block = hassil.block(template)
        sentence = block.sentences[0].expression
        rules = {**rules_of_all, **block.expansion_rules}
        named = {n: _Rule(with_lists_as_words(r.expression)) for n, r in rules.items()}
        numbers = rows(every_text(with_lists_as_words(sentence), named))
        ours = (count.derivations, count.distinct)
        if numbers != ours:
            wrong.append(_difference(template, "lists as words", ours, numbers))
        if count.open or planner.template(template).derivations > limit:
            continue
        filled += 1
        lists = {**lists_of_all, **block.slot_lists}
        valued = {n: _Rule(_valued(r.expression, lists, rules)) for n, r in rules.items()}
        _, different = rows(every_text(with_values(sentence, lists, rules), valued))
        if different != count.with_values:
            wrong.append(_difference(template, "values", (count.with_values,), (different,)))
    return {
        "templates": len(found),
        "checked": opaque,
        "checked_with_values": filled,
        "too_many_derivations": too_many,
        "differ": wrong,
    }


class _Rule:
    """A rule as hassil's sampler wants it."""

    def __init__(self, expression: Any) -> None:
        self.expression = expression


def _valued(node: Any, lists: Mapping[str, Any], rules: Mapping[str, Any]) -> Any:
    """As `with_values`; a rule that names a list that only other blocks have stays as it is."""
    try:
        return with_values(node, lists, rules)
    except (AttributeError, TypeError):
        return node


def _difference(
    template: Template, what: str, ours: Sequence[int], brute: Sequence[int]
) -> dict[str, Any]:
    return {
        "template": f"{template.file}:{template.line}: {template.sentence}",
        "what": what,
        "count": list(ours),
        "brute_force": list(brute),
    }


def _sides(
    folder: Path, lang: str, work: Path
) -> tuple[Pack, Hassil, dict[str, Any], dict[str, Any]]:
    """Our pack; hassil, its lists and rules. The host's lists have the usual few names."""
    from hassil.intents import Intents, TextSlotList

    said, lacking = host_names(work / "none")
    further = work / f"{lang}_lists.yaml"
    further.write_text(
        yaml.safe_dump({"lists": {name: {"values": texts} for name, texts in lacking.items()}})
    )
    merged = folder_templates(folder, lang)
    hassil = Hassil(merged, lang, said, 60.0)
    intents = Intents.from_dict({"intents": {}, **merged})
    hosted = {name: TextSlotList.from_strings(texts) for name, texts in said.items()}
    pack = load_pack(folder / "sentences" / lang, lists=[further])
    return pack, hassil, {**intents.slot_lists, **hosted}, dict(intents.expansion_rules)


def main(arguments: Sequence[str] | None = None) -> None:
    """Check language by language, then add up."""
    parser = cells.command_line(MODULE, __doc__)
    parser.add_argument("--limit", type=int, default=20_000, help="derivations of a template")
    parser.add_argument("--languages", nargs="*", help="only these; nothing is then written")
    options = parser.parse_args(arguments)
    folder = Path(os.environ["CORPUSFORGE_DATA"]) / "ha_intents"
    options.work.mkdir(parents=True, exist_ok=True)
    code = cells.code_digest(
        (MODULE, "eval.grammar.hassil_side", *(f"corpusforge.grammar.{name}" for name in SHAPING))
    )
    parameters = {"limit": options.limit, **cells.versions(("hassil",))}
    outcome = cells.run(
        [
            cells.Cell(
                f"brute {lang}",
                parameters,
                partial(check, folder, lang, options.limit, options.work),
            )
            for lang in options.languages or folder_languages(folder)
        ],
        options.work,
        code,
        options.cpu_hours,
    )
    rows = {name.split()[1]: figures for name, figures in outcome.figures.items()}
    total = {
        key: sum(row[key] for row in rows.values())
        for key in ("templates", "checked", "checked_with_values", "too_many_derivations")
    }
    differ = [{"lang": lang, **wrong} for lang, row in rows.items() for wrong in row["differ"]]
    print(total, json.dumps(differ, ensure_ascii=False, indent=1))
    if not options.languages:
        parts = {"limit": options.limit, "total": total, "differ": differ, "languages": len(rows)}
        cells.write("grammar_brute_force", MODULE, options.seed, outcome, parts)
        path = cells.RESULTS / "grammar_brute_force.json"
        versions = cells.versions(("corpusforge", "hassil"))
        write_json(read_json(path) | {"versions": versions, "seed": "none"}, path)


if __name__ == "__main__":
    main()
