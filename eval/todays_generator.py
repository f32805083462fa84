"""What the build's expansion makes from a few labelled rows, with the recipe's defaults."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from corpusforge.assess.rows import Rows
from corpusforge.core.errors import InputError, RunError
from corpusforge.core.spans import Slot

__all__ = ["Generated", "generated", "new_rows"]

_RECIPE = """\
name: few
lang: en
license: CC0-1.0
seed: {seed}
real: {{path: rows.jsonl, split: split, license: LicenseRef-measured-only{slots}{publish}}}
expand: {{rows: {rows}{settings}}}
speech: {{clips: 0}}
"""


class Generated:
    """Rows of a run, or why there are none.

    Attributes:
        rows: With the weights that the build gives them; may be empty.
        why: "" when there are rows.
        cpu_s: CPU seconds of the expansion, as the run's manifest says.
    """

    def __init__(self, rows: Rows, why: str, cpu_s: float) -> None:
        self.rows, self.why, self.cpu_s = rows, why, cpu_s


def generated(
    real: Rows,
    count: int,
    seed: int,
    folder: Path,
    settings: str = "",
    *,
    publish: bool = False,
) -> Generated:
    """Build as far as `expand` on these rows, all of split train.

    Args:
        real: The rows to learn from.
        count: Value of `expand.rows`.
        seed: Of the recipe.
        folder: Run folder; a second call resumes it.
        settings: More of the recipe's `expand` part, as YAML ("adapter: FOLDER, base: auto").
        publish: Value of `real.publish`: values of slots of rows that are not published are not
            said by generated rows.
    """
    from corpusforge import api

    folder.mkdir(parents=True, exist_ok=True)
    with_slots = all(slots is not None for slots in real.slots)
    lines = []
    for text, intent, slots in zip(real.texts, real.intents, real.slots, strict=True):
        row: dict[str, object] = {"text": text, "intent": intent, "split": "train"}
        if with_slots:
            row["slots"] = [{"name": s.name, "start": s.start, "end": s.end} for s in slots or ()]
        lines.append(json.dumps(row, ensure_ascii=False))
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    recipe = folder / "recipe.yaml"
    named_slots = ", slots: slots" if with_slots else ""
    more = f", {settings}" if settings else ""
    shown = ", publish: true" if publish else ""
    text = _RECIPE.format(seed=seed, rows=count, slots=named_slots, settings=more, publish=shown)
    recipe.write_text(text, encoding="utf-8")
    nothing = real.take([])
    try:
        summary = api.build(recipe, folder / "run", until="expand")
    except (InputError, RunError) as error:
        return Generated(nothing, str(error).split("\n")[0], 0.0)
    # As it is: a crash is a result too, and no reason to lose the other cells.
    except ValueError as error:
        return Generated(nothing, f"it crashed: {error}".split("\n")[0], 0.0)
    stage = next(entry for entry in summary.stages if entry["stage"] == "expand")
    made = folder / "run" / "stages" / f"expand-{stage['key']}" / "utterances.parquet"
    rows = new_rows(made)
    why = "" if len(rows) else "it accepted no row"
    return Generated(rows, why, float(stage["cpu_seconds"]))


def new_rows(path: Path) -> Rows:
    """The rows of an expand stage that are neither real nor from templates."""
    import pyarrow.parquet as pq

    columns = ["text", "intent", "weight", "origin", "slots"]
    table = pq.read_table(path, columns=columns).to_pylist()
    made = [row for row in table if row["origin"] not in ("real", "grammar")]
    slots = [
        None if row["slots"] is None else tuple(Slot(**slot) for slot in row["slots"])
        for row in made
    ]
    return Rows(
        tuple(row["text"] for row in made),
        tuple(row["intent"] for row in made),
        np.array([row["weight"] for row in made], dtype=np.float64),
        tuple(slots),
        tuple(row["origin"] for row in made),
    )
