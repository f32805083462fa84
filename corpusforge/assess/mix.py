"""One training file of real and synthetic rows, with the share that helps, without test rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.columns import ColumnNames
from corpusforge.assess.history import beside
from corpusforge.assess.inputs import Sides, check_labels, content_sha256, gather, read_sides
from corpusforge.assess.overlap import equal_rows, near_rows
from corpusforge.assess.sources import Source
from corpusforge.core.errors import InputError
from corpusforge.core.progress import Progress
from corpusforge.core.run import write_bytes
from corpusforge.core.seeding import uniforms

__all__ = ["Mix", "MixOptions", "mix", "mix_order", "rows_for_share"]

_SUFFIXES = (".jsonl", ".csv", ".parquet")
_ALL = 1.0


@dataclass(frozen=True, kw_only=True)
class MixOptions:
    """What to mix, and how.

    Attributes:
        share: Share of synthetic rows in the mix, in (0, 1); None = the one that an assess
            recommends.
        test: Rows that must not be in the mix; None = the test split of the real file.
        seed: Which synthetic rows are drawn.
        assessment: An assess.json; None = the one beside the synthetic rows, or assess now.
        encoder: Sentence encoder, when an assess must be run first; None = the best installed.
        columns: Names of columns in files.
        drop_test_rows: Leave rows of the test set out instead of refusing.
    """

    share: float | None = None
    test: Path | None = None
    seed: int = 1
    assessment: Path | None = None
    encoder: str | None = None
    columns: ColumnNames = field(default_factory=ColumnNames)
    drop_test_rows: bool = False


@dataclass(frozen=True)
class Mix:
    """What was written.

    Attributes:
        path: The file.
        real_rows: Real rows in it.
        synthetic_rows: Synthetic rows in it.
        share: Share of synthetic rows that was reached, 0..1.
        notes: Sentences that the user should read.
    """

    path: Path
    real_rows: int
    synthetic_rows: int
    share: float
    notes: tuple[str, ...]


def rows_for_share(share: float, real_rows: int) -> int:
    """Synthetic rows that make up `share` (0 <= share < 1) of a mix with `real_rows` real rows."""
    return round(real_rows * share / (1.0 - share))


def mix_order(source: Source, seed: int) -> npt.NDArray[np.int64]:
    """Places of rows in the order in which they are drawn, shape [rows].

    The first n of it are stratified by intent, with the corpus' own shares, for every n; so a
    larger mix contains a smaller one. Within an intent a keyed hash of the row decides: the
    row at rank r of s rows stands at (r + 1/2) / s.
    """
    texts = source.rows.texts
    keys = [f"{intent}\x1f{text}" for intent, text in zip(source.rows.intents, texts, strict=True)]
    draw = uniforms(seed, "assess.mix", keys)
    position = np.empty(len(keys))
    for places in source.rows.by_intent().values():
        ranked = places[np.argsort(draw[places], kind="stable")]
        position[ranked] = (np.arange(len(ranked)) + 0.5) / len(ranked)
    return np.lexsort((draw, position)).astype(np.int64)


def mix(
    real: Path | None, synthetic: Path, out: Path, options: MixOptions, progress: Progress
) -> Mix:
    """Write all real rows and as many synthetic ones as give the share.

    Real rows keep weight 1 and origin real. Rows of the test set are refused on both sides;
    near copies of them (see `overlap.near_rows`) are left out of the synthetic side.

    Args:
        real: Real rows (train split where the file has splits); None = those of `synthetic`.
        synthetic: Run folder, release folder, file or folder of rows.
        out: .jsonl, .csv or .parquet; slots are left out of CSV.
        options: Share, test rows, seed.
        progress: For bars, when an assess must be run first.

    Raises:
        InputError: When something cannot be read or written, no label is shared, test rows are
            in the way, or no share can be recommended.
    """
    _check_out(out, [path for path in (real, synthetic, options.test) if path is not None])
    if options.share is not None and not 0.0 < options.share < 1.0:
        raise InputError(
            f"--share {options.share:g} is not between 0 and 1",
            hint="0.4 = four of ten rows are synthetic; or --share auto",
        )
    sides = read_sides(synthetic, real, options.test, options.columns)
    check_labels(sides, least=1)
    notes = list(sides.notes)
    people, made = _without_test_rows(sides, options.drop_test_rows, notes)
    for side in (people, made):
        if not len(side.rows):
            raise InputError(f"{side.name} has no row to train on, apart from test rows")
    share = options.share
    if share is None:
        share = _recommended(sides, real, synthetic, options, progress, notes)
    count = len(made.rows) if share >= _ALL else rows_for_share(share, len(people.rows))
    if count > len(made.rows):
        reached = len(made.rows) / (len(made.rows) + len(people.rows))
        notes.append(
            f"a share of {share:.1%} takes {count} synthetic rows, {made.name} has "
            f"{len(made.rows)}: all are in, {reached:.1%} is reached"
        )
    chosen = made.take(np.sort(mix_order(made, options.seed)[:count]))
    _write(people, chosen, out)
    total = len(people.rows) + len(chosen.rows)
    return Mix(
        out, len(people.rows), len(chosen.rows), len(chosen.rows) / max(total, 1), tuple(notes)
    )


def _check_out(out: Path, inputs: list[Path]) -> None:
    if out.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"-o {out}: the kind of file is told by its ending",
            given=out.suffix,
            allowed=_SUFFIXES,
        )
    if not out.resolve().parent.is_dir():
        raise InputError(f"-o {out}: there is no folder {out.parent}", hint="make it first")
    if out.resolve() in [path.resolve() for path in inputs]:
        raise InputError(f"-o {out} would overwrite what it is made from", hint="name another file")


def _without_test_rows(
    sides: Sides, drop_test_rows: bool, notes: list[str]
) -> tuple[Source, Source]:
    """Both sides without test rows; `notes` is added to."""
    test = sides.test
    if test is None:
        notes.append("no test rows are known (--test): nothing was checked against them")
        return sides.real, sides.synthetic
    found: list[Source] = []
    for side in (sides.real, sides.synthetic):
        equal = equal_rows(side.rows, test.rows)
        if equal.any() and not drop_test_rows:
            raise _overlaps(side, test, equal)
        if equal.any():
            notes.append(f"{side.name}: {int(equal.sum())} rows left out that equal a test row")
        found.append(side.where(~equal))
    people, made = found
    near = near_rows(made.rows.folded, test.rows.folded)
    if near.any():
        notes.append(f"{made.name}: {int(near.sum())} rows left out that nearly equal a test row")
    return people, made.where(~near)


def _overlaps(side: Source, test: Source, equal: npt.NDArray[np.bool_]) -> InputError:
    first = "\n".join(
        f"    {side.name}, {side.places[row]}: {side.rows.texts[row]!r}"
        for row in np.flatnonzero(equal)[:3].tolist()
    )
    return InputError(
        f"{int(equal.sum())} rows of {side.name} stand in the test rows of {test.name}; "
        f"the first:\n{first}",
        hint="--drop-test-rows leaves them out of the mix",
    )


def _recommended(
    sides: Sides,
    real: Path | None,
    synthetic: Path,
    options: MixOptions,
    progress: Progress,
    notes: list[str],
) -> float:
    """The share to use, 1 = all synthetic rows; `notes` is added to."""
    path = options.assessment or _found_beside(synthetic)
    if path is None:
        if sides.test is None:
            raise InputError(
                "--share auto measures, and there are no rows to test on",
                hint="give --test, a real file with splits, an assess.json, or --share X",
            )
        document = _assessed(real, synthetic, options, progress)
        source = "measured now"
    else:
        document = _read_assessment(path)
        source = path.name
        _check_same_rows(document, sides, path)
    share, why = _share_of(document)
    notes.append(f"share {'all' if share >= _ALL else f'{share:.0%}'} ({source}): {why}")
    return share


def _found_beside(synthetic: Path) -> Path | None:
    path = beside(synthetic, "assess.json")
    return path if path.is_file() else None


def _read_assessment(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as an assess.json: {error}") from None
    if not isinstance(document, dict) or "verdict_code" not in document:
        raise InputError(f"{path} is no assess.json", hint="corpusforge assess writes one")
    return document


def _check_same_rows(document: Mapping[str, Any], sides: Sides, path: Path) -> None:
    """The recommendation must be about these rows, on all sides."""
    known = document.get("corpus") or {}
    given = {"content_sha256": sides.synthetic, "real_sha256": sides.real}
    # A recommendation of a cross-validation holds whatever is tested on afterwards.
    if sides.test is not None and known.get("test_sha256") is not None:
        given["test_sha256"] = sides.test
    for key, source in given.items():
        if known.get(key) != content_sha256(source.rows):
            raise InputError(
                f"{path} is about other rows than those of {source.name}",
                hint="assess it again with these files, or name the share: --share X",
            )


def _assessed(
    real: Path | None, synthetic: Path, options: MixOptions, progress: Progress
) -> Mapping[str, Any]:
    from corpusforge.assess.run import Options, assess

    evidence = gather(
        synthetic, real, options.test, options.columns, drop_test_rows=options.drop_test_rows
    )
    how = Options(seed=options.seed, encoder=options.encoder, curve=True)
    return assess(evidence, how, progress).to_json()


def _share_of(document: Mapping[str, Any]) -> tuple[float, str]:
    """Share and reason: the mixing curve's where there is one, else the verdict's."""
    code, phrase = document["verdict_code"], document.get("verdict")
    if code == "not_enough_real_data" or code is None:
        raise InputError(
            f"no share can be recommended: {phrase or 'the corpus was not assessed on text'}",
            hint="add real rows, or name a share: --share X",
        )
    if code in ("no_gain", "do_not_use"):
        return 0.0, f"{phrase}; only real rows are written"
    mixing = document.get("mixing") or {}
    for share, where in (
        (mixing.get("recommended_share"), "the mixing curve"),
        (document.get("share"), "the verdict"),
    ):
        if share is not None:
            return min(max(float(share), 0.0), _ALL), f"{phrase}, by {where}"
    return _ALL, str(phrase)


def _write(people: Source, made: Source, out: Path) -> None:
    """Both sides, real rows first, under a temporary name and then renamed."""
    records = _records(people, made, with_slots=out.suffix.lower() != ".csv")
    write = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}[out.suffix.lower()]
    write_bytes(write(records), out)


def _records(people: Source, made: Source, *, with_slots: bool) -> list[dict[str, Any]]:
    """One mapping per row; columns that neither side has are left out."""
    sides = (people, made)
    slots = with_slots and all(any(s is not None for s in side.rows.slots) for side in sides)
    ids = any(any(side.ids) for side in sides)
    parents = with_slots and any(any(side.parents) for side in sides)
    records: list[dict[str, Any]] = []
    for side in sides:
        for row, text in enumerate(side.rows.texts):
            spans = side.rows.slots[row]
            record: dict[str, Any] = {"text": text, "intent": side.rows.intents[row]}
            if slots:
                record["slots"] = None if spans is None else [asdict(span) for span in spans]
            record["origin"] = side.rows.origins[row]
            record["weight"] = float(side.rows.weights[row])
            if ids:
                record["id"] = side.ids[row]
            if parents:
                record["parents"] = list(side.parents[row])
            records.append(record)
    return records


def _jsonl(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()


def _csv(records: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, fieldnames=list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return stream.getvalue().encode()


def _parquet(records: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from corpusforge.core.schema import UTTERANCES

    fields = [
        pa.field("weight", pa.float64()) if name == "weight" else UTTERANCES.field(name)
        for name in records[0]
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(records, pa.schema(fields)), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())
