"""The real data sets of the evidence, read from the folder CORPUSFORGE_DATA.

SNIPS (7 intents, slots) and CLINC150 (150 intents in 10 domains of 15). Nothing of them is
copied into the project. Train rows that equal a test row under folding are left out.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpusforge.assess.rows import Rows
from corpusforge.core.spans import Slot, spans_from_bio

__all__ = ["RealData", "clinc", "data_folder", "domains", "missing", "named", "shots", "snips"]

VARIABLE = "CORPUSFORGE_DATA"


@dataclass(frozen=True)
class RealData:
    """One data set.

    Attributes:
        name: For tables.
        train: Rows to draw from; none equals a test row under folding.
        test: Test rows as given.
        left_out: Train rows that equal a test row.
    """

    name: str
    train: Rows
    test: Rows
    left_out: int


def missing() -> str:
    """Why there is no data here, "" when there is."""
    place = os.environ.get(VARIABLE)
    if not place:
        return f"set {VARIABLE} to the folder with clinc150/ and snips/"
    absent = [name for name in ("clinc150", "snips") if not (Path(place) / name).is_dir()]
    return f"{VARIABLE} has no folder {' and '.join(absent)}" if absent else ""


def data_folder() -> Path:
    """The folder with the data sets.

    Raises:
        SystemExit: When it is not there.
    """
    why = missing()
    if why:
        raise SystemExit(why)
    return Path(os.environ[VARIABLE])


def named(name: str) -> RealData:
    """A data set by name: "snips", "clinc150" (all of it), or one domain of CLINC150."""
    if name == "snips":
        return snips()
    return clinc(None if name == "clinc150" else name)


def clinc(domain: str | None) -> RealData:
    """The in-scope rows of CLINC150, of one domain or of all ten.

    Args:
        domain: For example "banking"; None = all 150 intents.
    """
    folder = data_folder() / "clinc150"
    splits = json.loads((folder / "data_full.json").read_text(encoding="utf-8"))
    domains = json.loads((folder / "domains.json").read_text(encoding="utf-8"))
    if domain is not None and domain not in domains:
        raise SystemExit(f"CLINC150 has no domain {domain!r}: {', '.join(sorted(domains))}")
    wanted = {name for names in domains.values() for name in names}
    if domain is not None:
        wanted = set(domains[domain])

    def rows(split: str) -> Rows:
        kept = [(text, label) for text, label in splits[split] if label in wanted]
        return Rows.labelled([text for text, _ in kept], [label for _, label in kept])

    return _apart(domain or "clinc150", rows("train"), rows("test"))


def domains() -> tuple[str, ...]:
    """The ten domains of CLINC150, sorted."""
    path = data_folder() / "clinc150" / "domains.json"
    return tuple(sorted(json.loads(path.read_text(encoding="utf-8"))))


def snips() -> RealData:
    """SNIPS 2017 in the split of Goo et al. 2018, with slots; validation rows are not used."""
    folder = data_folder() / "snips"
    return _apart("snips", _bio_rows(folder / "train"), _bio_rows(folder / "test"))


def _bio_rows(folder: Path) -> Rows:
    columns = [
        (folder / name).read_text(encoding="utf-8").splitlines()
        for name in ("seq.in", "seq.out", "label")
    ]
    texts: list[str] = []
    slots: list[tuple[Slot, ...] | None] = []
    for sentence, tags in zip(*columns[:2], strict=True):
        words = sentence.split()
        texts.append(" ".join(words))
        places = [match.span() for match in re.finditer(r"\S+", texts[-1])]
        slots.append(
            tuple(
                Slot(name, name, "", texts[-1][start:end], start, end)
                for name, start, end in spans_from_bio(places, tags.split())
            )
        )
    labels = [label.strip() for label in columns[2]]
    return replace(Rows.labelled(texts, labels), slots=tuple(slots))


def _apart(name: str, train: Rows, test: Rows) -> RealData:
    tested = set(test.folded)
    kept = train.where([text not in tested for text in train.folded])
    return RealData(name, kept, test, len(train) - len(kept))


def shots(rows: Rows, k: int, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """`k` rows of each intent, and all the others; each in the order of `rows`."""
    chosen = np.zeros(len(rows), dtype=bool)
    for places in rows.by_intent().values():
        chosen[generator.permutation(places)[:k]] = True
    return rows.where(chosen), rows.where(~chosen)
