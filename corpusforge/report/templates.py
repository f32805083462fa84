"""The section of the templates: what they are, what the rows show of them, how splits differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from corpusforge.report.charts import counted, number
from corpusforge.report.data import Corpus
from corpusforge.report.markup import Markup, element
from corpusforge.report.sections import section, table

__all__ = ["templates_section"]


def templates_section(corpus: Corpus) -> Markup:
    """Sentence templates by intent, with their split, size and rows drawn."""
    if not corpus.templates:
        said = (
            "This release holds no table of templates."
            if corpus.release
            else "No templates: real rows only."
        )
        return section("templates", "Templates", element("p", {}, said))
    ordered = sorted(corpus.templates, key=lambda row: (row["intent"], row["file"], row["line"]))
    drawn = Counter(row["template"] for row in corpus.rows if row["origin"] == "grammar")
    blocks = []
    for intent, group in groupby(ordered, key=lambda row: row["intent"]):
        own = list(group)
        rows: list[list[Markup | str | int]] = [
            [
                element("code", {}, row["sentence"]),
                row["split"] or "all",
                _derivations(row["derivations"]),
                drawn[row["template"]],
            ]
            for row in own
        ]
        total = sum(drawn[row["template"]] for row in own)
        said = f"{intent}: {counted(len(own), 'template')}, {counted(total, 'row')}"
        listing = table(["sentence", "split", "derivations", "rows"], rows)
        blocks.append(element("details", {}, element("summary", {}, said), listing))
    unused = sum(1 for row in ordered if not drawn[row["template"]])
    have = "has" if unused == 1 else "have"
    stands = (
        "splits differ in their slot values"
        if any(not row["split"] for row in ordered)
        else ("a template stands in one split only")
    )
    said = (
        f"{counted(len(ordered), 'template')}; {stands}. {number(unused)} {have} no row in the "
        "corpus."
    )
    told = [
        element("p", {}, line) for line in _told(corpus.facts.get("grammar", {}), corpus.release)
    ]
    return section("templates", "Templates", element("p", {}, said), *told, *blocks)


def _told(facts: Mapping[str, Any], release: bool) -> Iterator[str]:
    """What the grammar stage found, or, in a release, what of it is left."""
    if "shown" not in facts:
        return
    shown, coverage, proof = facts["shown"], facts["coverage"], facts["split_proof"]
    rows = "rows of this release" if release else "sampled rows, before any was dropped,"
    yield (
        f"The {rows} show {number(shown['templates'])} of "
        f"{counted(shown['of_templates'], 'template')} and {number(shown['values'])} of "
        f"{counted(shown['of_values'], 'slot value')} (numbers and dates between bounds are not "
        f"counted).{_missing('Templates', shown['templates_not_shown'])}"
        f"{_missing('Values', shown['values_not_shown'])}"
    )
    if coverage is not None:
        seen = coverage["alternatives"] - coverage["not_shown"]
        yield (
            f"{counted(coverage['rows'], 'row')} show {number(seen)} of "
            f"{counted(coverage['alternatives'], 'alternative')} of the templates and all values: "
            f"{number(coverage['alternative_rows'])} is the proven minimum for the alternatives, "
            f"and with the values no fewer than {number(coverage['least_rows'])} could."
        )
    if int(proof["held_out_sentences"]):
        yield (
            f"Train can say {number(int(proof['train_sentences']))} labelled sentences, validation "
            f"and test {number(int(proof['held_out_sentences']))}; both can say "
            f"{number(int(proof['shared_sentences']))} of them, and "
            f"{number(int(proof['shared_carriers']))} carrier phrases (intersection of automata)."
        )
    if proof.get("lists_not_held_out"):
        yield f"Lists whose values are not held out: {', '.join(proof['lists_not_held_out'])}."
    noise = facts["label_noise"]
    if noise["findings"]:
        yield (
            f"Lint finds {counted(noise['findings'], 'error')}: sentences of two intents, or with "
            f"two readings, so that labels are noise. {'; '.join(noise['first'])}"
        )


def _missing(what: str, names: list[str]) -> str:
    return f" {what} not shown: {', '.join(names)}." if names else ""


def _derivations(value: str) -> str:
    """An exact integer for readers; long ones as a power of ten."""
    return number(int(value)) if len(value) <= 9 else f"about 10^{len(value) - 1}"
