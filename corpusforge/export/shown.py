"""What the released rows show of their templates, and what the splits share, for the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.export.accounts import counted

__all__ = ["released_facts", "shown_section"]

_FIRST = 5


def released_facts(
    rows: pa.Table,
    templates: pa.Table,
    cover: Sequence[str],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """For release.json; {} where no templates were sampled.

    Args:
        rows: Released rows, columns of `UTTERANCES`.
        templates: All templates.
        cover: Ids of the rows that were made to show everything.
        facts: What the grammar stage found.
    """
    if "shown" not in facts:
        return {}
    own = rows.filter(pc.equal(rows["origin"], "grammar"))
    used = set(own["template"].to_pylist())
    columns = [templates[name].to_pylist() for name in ("template", "intent", "sentence")]
    unused = [
        f"{intent}: {sentence}"
        for template, intent, sentence in zip(*columns, strict=True)
        if template not in used
    ]
    lists: Mapping[str, int] = facts["shown"]["lists"]
    held = _values(own, lists)
    missing = {name: number - len(held.get(name, ())) for name, number in lists.items()}
    most = sorted(missing, key=lambda name: (-missing[name], name))
    coverage = facts.get("coverage")
    if coverage is not None:
        ids = pa.array(cover, pa.string())
        released = pc.sum(pc.is_in(own["id"], ids)).as_py() or 0
        coverage = {**coverage, "cover_rows": len(cover), "cover_rows_released": released}
    return {
        "shown": {
            "templates": len(used),
            "of_templates": templates.num_rows,
            "templates_not_shown": unused[:_FIRST],
            "values": sum(map(len, held.values())),
            "of_values": sum(lists.values()),
            "values_not_shown": [f"{missing[name]:,} of {name}" for name in most if missing[name]],
        },
        "coverage": coverage,
        "split_proof": facts["split_proof"],
        "label_noise": facts["label_noise"],
    }


def _values(rows: pa.Table, lists: Mapping[str, int]) -> dict[str, set[tuple[str, str]]]:
    """List -> the (words, canonical value) that slots of rows hold."""
    items = rows["slots"].combine_chunks().flatten()
    columns = [pc.struct_field(items, name) for name in ("entity", "text", "value")]
    slots = pa.table(columns, names=["entity", "text", "value"])
    found: dict[str, set[tuple[str, str]]] = {}
    for slot in slots.group_by(slots.column_names).aggregate([]).to_pylist():
        if slot["entity"] in lists:
            found.setdefault(slot["entity"], set()).add((slot["text"], slot["value"]))
    return found


def shown_section(facts: Mapping[str, Any]) -> str:
    """The section of the card, "" where no templates were sampled."""
    if not facts:
        return ""
    parts = [_shown(facts["shown"]), _coverage(facts["coverage"]), _splits(facts["split_proof"])]
    noise = facts["label_noise"]["findings"]
    if noise:
        parts.append(
            f"Lint finds {counted(noise, 'error')} in the templates: sentences of two intents, or "
            "with two readings. Their labels are noise (see the notes above)."
        )
    return "## What the rows show\n\n" + "\n\n".join(part for part in parts if part)


def _shown(shown: Mapping[str, Any]) -> str:
    said = (
        f"The rows show {shown['templates']:,} of {counted(shown['of_templates'], 'template')} and "
        f"{shown['values']:,} of {counted(shown['of_values'], 'slot value')}, counted in this "
        "release; of numbers, dates and other values between bounds none is counted."
    )
    names = [f"`{name}`" for name in shown["templates_not_shown"]]
    said += _missing("templates", names, shown["of_templates"] - shown["templates"])
    lists = shown["values_not_shown"]
    return said + _missing("values", lists[:_FIRST], len(lists))


def _missing(what: str, names: Sequence[str], number: int) -> str:
    if not number:
        return ""
    more = f", and {number - len(names):,} more" if number > len(names) else ""
    return f" Not shown {what}: {', '.join(names)}{more}."


def _coverage(coverage: Mapping[str, Any] | None) -> str:
    if coverage is None:
        return (
            "Which alternatives inside the templates they show was not counted (grammar.coverage: "
            "false)."
        )
    rows, released = coverage["cover_rows"], coverage["cover_rows_released"]
    shown = coverage["alternatives"] - coverage["not_shown"]
    said = (
        f"{counted(coverage['rows'], 'row')} show {shown:,} of "
        f"{counted(coverage['alternatives'], 'alternative')} of the templates and all values; "
        f"{coverage['alternative_rows']:,} is the proven minimum for the alternatives, and with "
        f"the values no fewer than {coverage['least_rows']:,} could."
    )
    if coverage["not_shown"]:
        said += (
            f" {counted(coverage['not_shown'], 'alternative')} can say nothing that no other "
            "template, or the other side of the splits, says."
        )
    if rows < coverage["rows"]:
        said += f" Only {rows:,} of these rows were asked for."
    return said + f" {released:,} of them are in this release."


def _splits(proof: Mapping[str, Any]) -> str:
    train, others = int(proof["train_sentences"]), int(proof["held_out_sentences"])
    if not others:
        return ""
    said = (
        f"The templates can say {train:,} labelled sentences of train and {others:,} of validation "
        f"and test; both share {int(proof['shared_sentences']):,} of them"
    )
    if proof["held_out"] != "values":
        said += (
            f", and train can say {int(proof['shared_carriers']):,} carrier phrases of the others, "
            "case and punctuation aside"
        )
    said += " (intersection of automata, not of samples)."
    if proof["held_out"] != "templates":
        said += " No value of a list stands in train and in another split"
        free = proof["lists_not_held_out"]
        said += (
            f", but for lists too short or too long to split: {', '.join(free)}." if free else "."
        )
        for entity, words in proof["words_in_two_splits"].items():
            listed = ", ".join(words[:_FIRST])
            said += f" Words of {entity} of another split that train says too: {listed}."
        for entity, words in proof.get("values_as_plain_words", {}).items():
            listed = ", ".join(words[:_FIRST])
            said += (
                f" Outside of slots, train says {len(words)} of the values of {entity} in other "
                f"splits: {listed}."
            )
    return said
