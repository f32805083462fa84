"""history.parquet beside a corpus: what each assess found, and how the user's own model did.

One row per figure. A file is read, added to and written anew under a lock and a temporary
name, so that a killed run leaves the old one. Times are the only thing in it that depends on
when a command ran; it is never part of a release.
"""

from __future__ import annotations

import fcntl
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusforge.core.errors import InputError, RunError
from corpusforge.core.run import write_bytes

__all__ = [
    "HISTORY",
    "Entry",
    "append",
    "beside",
    "diverging",
    "log_accuracy",
    "path_for",
    "read",
    "utc_time",
]

HISTORY = pa.schema(
    [
        ("time", pa.string()),
        ("kind", pa.string()),
        ("corpus_sha256", pa.string()),
        ("synthetic_rows", pa.int64()),
        ("real_rows", pa.int64()),
        ("test_rows", pa.int64()),
        ("synthetic_share", pa.float64()),
        ("classifier", pa.string()),
        ("arm", pa.string()),
        ("accuracy", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("verdict_code", pa.string()),
        ("note", pa.string()),
    ]
)
"""`time` is ISO 8601 in UTC, `kind` is assess, log or build, shares and accuracies are 0..1,
`low` and `high` bound a 95 % interval; null = unknown."""

_Z = 1.959964  # 95 % of a normal distribution, both sides


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the history; see `HISTORY`.

    Attributes:
        time: ISO 8601 in UTC; "" = now.
        kind: assess, log or build.
        corpus_sha256: Content hash of the corpus that was measured.
        synthetic_rows: Synthetic rows of the corpus.
        real_rows: Real rows to train on.
        test_rows: Real rows the accuracy was measured on.
        synthetic_share: Share of synthetic rows among the training rows, 0..1.
        classifier: What was trained.
        arm: What it was trained on (real, synthetic, real+synthetic ...).
        accuracy: On real rows, 0..1.
        low: Lower end of its 95 % interval.
        high: Upper end of its 95 % interval.
        verdict_code: Of the assess that measured it.
        note: Anything the user wants to remember.
    """

    kind: str = "log"
    time: str = ""
    corpus_sha256: str | None = None
    synthetic_rows: int | None = None
    real_rows: int | None = None
    test_rows: int | None = None
    synthetic_share: float | None = None
    classifier: str = ""
    arm: str = ""
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    verdict_code: str | None = None
    note: str = ""


def beside(corpus: Path, name: str) -> Path:
    """Where a file about a corpus stands.

    Args:
        corpus: Run folder, release folder, or file of rows.
        name: "history.parquet", "assess.json", ...

    Returns:
        DIR/name for a run folder, `<stem>-name` beside anything else: the checksums of a
        release cover all that is inside it.
    """
    whole = corpus.resolve()
    if (whole / "recipe.json").is_file():
        return corpus / name
    stem = whole.name if whole.is_dir() else whole.stem
    # Paths are shown to the user: as typed, where that says where it is ("." does not).
    parent = corpus.parent if corpus.name == whole.name else whole.parent
    return parent / f"{stem}-{name}"


def path_for(corpus: Path) -> Path:
    """The history of a corpus; a release inside its run folder shares the run's."""
    parent = corpus.resolve().parent
    if corpus.name == "release" and (parent / "recipe.json").is_file():
        return parent / "history.parquet"
    return beside(corpus, "history.parquet")


def utc_time(text: str = "") -> str:
    """An ISO 8601 time in UTC, to the second; "" = now, without a zone it is taken as UTC.

    Raises:
        InputError: When it is no time.
    """
    try:
        moment = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError:
        raise InputError(
            f"{text!r} is no time", hint="ISO 8601, for example 2026-11-23T18:30:00+01:00"
        ) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def read(path: Path) -> pa.Table:
    """The history at `path`, oldest entry first; empty when there is no file.

    Raises:
        RunError: When the file is damaged or no history; it is left as it is.
    """
    if not path.exists():
        return HISTORY.empty_table()
    try:
        table = pq.read_table(path, partitioning=None, memory_map=False)
        return table.select(HISTORY.names).cast(HISTORY)
    # KeyError: a column is missing.
    except (OSError, KeyError, pa.ArrowException) as error:
        raise RunError(
            f"{path} is damaged or no history ({error}); move it away to begin a new one, "
            "or put a copy of it back"
        ) from error


def append(path: Path, *entries: Entry) -> bool:
    """Add entries at the end of a history, in one step.

    `build` entries that only repeat those of the last build are not added: a build that is
    resumed or runs again unchanged says nothing new.

    Args:
        path: See `path_for`.
        entries: Those of one command; they get its time.

    Returns:
        Whether anything was added.

    Raises:
        RunError: When the file is damaged; it is left as it is.
    """
    now = utc_time()
    rows = [
        {**asdict(entry), "time": utc_time(entry.time) if entry.time else now} for entry in entries
    ]
    with _locked(path.parent):
        table = read(path)
        if not rows or _repeats(table, rows):
            return False
        added = pa.Table.from_pylist(rows, HISTORY)
        sink = pa.BufferOutputStream()
        pq.write_table(pa.concat_tables([table, added]), sink, compression="zstd")
        write_bytes(sink.getvalue().to_pybytes(), path)
    return True


def log_accuracy(corpus: Path, entry: Entry) -> tuple[str, ...]:
    """Add the accuracy of the user's own model; see `api.log`.

    Returns:
        Alerts of `diverging` about such entries.

    Raises:
        InputError: When a figure is out of range or there is no such corpus.
        RunError: When the history is damaged.
    """
    if not corpus.exists():
        raise InputError(f"there is no file or folder {corpus}", hint="name the corpus")
    if entry.accuracy is None:
        raise InputError("an entry without accuracy says nothing", hint="give --accuracy")
    shares = {"--accuracy": entry.accuracy, "--synthetic-share": entry.synthetic_share}
    for option, value in shares.items():
        if value is not None and not 0.0 <= value <= 1.0:
            raise InputError(f"{option} {value:g} is not between 0 and 1", hint="0.87, not 87")
    if entry.test_rows is not None and entry.test_rows < 1:
        raise InputError(f"--test-rows {entry.test_rows} is not at least 1")
    path = path_for(corpus)
    append(path, replace(entry, kind="log"))
    table = read(path)
    return tuple(diverging(table.filter(pc.equal(table["kind"], "log"))))


def _repeats(table: pa.Table, rows: Sequence[dict[str, Any]]) -> bool:
    if any(row["kind"] != "build" for row in rows):
        return False
    builds = [row for row in table.to_pylist() if row["kind"] == "build"]
    names = [item.name for item in fields(Entry) if item.name != "time"]
    last = [{name: row[name] for name in names} for row in builds[-len(rows) :]]
    return last == [{name: row[name] for name in names} for row in rows]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder while its history is written: two commands must not lose an entry.

    The folder itself is locked, so that no lock file is left beside the user's data.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def diverging(history: pa.Table) -> list[str]:
    """Alerts where the synthetic share rose and real accuracy fell.

    The rule: within one kind, classifier, arm and number of test rows, the latest entry is
    compared with the one before it that has another share, and with the one of the lowest share.
    It is an alert when the earlier one has a lower share and a higher accuracy, and the 95 %
    interval of the difference excludes 0. That interval is made from the two single ones
    (Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 1998, method 10); entries with no interval get Wilson's from their test
    rows, those without either are not compared. Figures on the same test rows are not
    independent, which makes the rule slower to fire, not faster.

    Args:
        history: See `read`.

    Returns:
        One sentence per kind, classifier and arm at most.
    """
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for row in history.to_pylist():
        if row["synthetic_share"] is not None and row["accuracy"] is not None:
            # Accuracies on test sets of other sizes are accuracies on other test sets.
            size = str(row["test_rows"] or "")
            key = (row["kind"], row["classifier"] or "", row["arm"] or "", size)
            groups.setdefault(key, []).append(row)
    alerts = (_alert(key, sorted(groups[key], key=_time)) for key in sorted(groups))
    return [alert for alert in alerts if alert]


def _time(row: dict[str, Any]) -> str:
    return str(row["time"])


def _alert(key: tuple[str, str, str, str], rows: Sequence[dict[str, Any]]) -> str:
    latest = rows[-1]
    others = [row for row in rows[:-1] if row["synthetic_share"] != latest["synthetic_share"]]
    if not others:
        return ""
    lowest = min(others, key=lambda row: float(row["synthetic_share"]))
    for earlier in (others[-1], lowest):
        if earlier["synthetic_share"] < latest["synthetic_share"] and _fell(earlier, latest):
            what = " on ".join(part for part in key[1:3] if part) or key[0]
            return (
                f"{what}: since {earlier['time'][:10]} the synthetic share rose from "
                f"{earlier['synthetic_share']:.0%} to {latest['synthetic_share']:.0%} and accuracy "
                f"on real rows fell from {earlier['accuracy']:.1%} to {latest['accuracy']:.1%}, "
                "more than chance explains"
            )
    return ""


def _fell(earlier: dict[str, Any], latest: dict[str, Any]) -> bool:
    before, after = _interval(earlier), _interval(latest)
    if before is None or after is None:
        return False
    down = float(earlier["accuracy"]) - before[0]
    up = after[1] - float(latest["accuracy"])
    return float(earlier["accuracy"]) - float(latest["accuracy"]) > math.hypot(down, up)


def _interval(row: dict[str, Any]) -> tuple[float, float] | None:
    """The 95 % interval of an accuracy: the stated one, else Wilson's (Wilson, JASA 1927)."""
    if row["low"] is not None and row["high"] is not None:
        return float(row["low"]), float(row["high"])
    if not row["test_rows"]:
        return None
    n, p = int(row["test_rows"]), float(row["accuracy"])
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return middle - half, middle + half
