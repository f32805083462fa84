"""The history beside a corpus: nothing lost, nothing overwritten, alerts that mean something."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge import api
from corpusforge.assess.history import (
    HISTORY,
    Entry,
    append,
    diverging,
    path_for,
    read,
    utc_time,
)
from corpusforge.core.errors import InputError, RunError
from corpusforge.core.seeding import rng


def entry(share, accuracy, **values):
    defaults = {"kind": "log", "classifier": "mine", "test_rows": 1000}
    return Entry(**(defaults | values), synthetic_share=share, accuracy=accuracy)


def table_of(*entries):
    rows = [
        vars(e) | {"time": f"2026-01-{n + 1:02d}T00:00:00+00:00"} for n, e in enumerate(entries)
    ]
    return pa.Table.from_pylist(rows, HISTORY)


def test_entries_come_back_in_order(tmp_path):
    path = tmp_path / "history.parquet"
    assert read(path).num_rows == 0
    assert append(path, entry(0.1, 0.8), entry(0.2, 0.9))
    assert append(path, entry(0.3, 0.7, time="2026-11-23T18:30:00+01:00", note="after the fix"))
    table = read(path)
    assert table.schema == HISTORY
    assert table["accuracy"].to_pylist() == [0.8, 0.9, 0.7]
    assert table["time"].to_pylist()[2] == "2026-11-23T17:30:00+00:00"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["history.parquet"]


def test_where_it_stands(tmp_path, tiny_run):
    run = tmp_path / "corpus"
    shutil.copytree(tiny_run, run)
    assert path_for(run) == run / "history.parquet"
    assert path_for(run / "release") == run.resolve() / "history.parquet"
    shutil.copytree(run / "release", tmp_path / "shipped")
    assert path_for(tmp_path / "shipped") == tmp_path / "shipped-history.parquet"
    assert path_for(tmp_path / "rows.csv") == tmp_path / "rows-history.parquet"
    # A run with a history is still a run: the same command goes on in it.
    append(path_for(run), entry(0.1, 0.8))
    assert api.status(run)["complete"]


def test_the_same_build_is_noted_once(tmp_path):
    path = tmp_path / "h.parquet"
    build = [entry(0.5, 0.8, kind="build", arm=arm) for arm in ("a", "b")]
    assert append(path, *build)
    assert not append(path, *build)
    assert append(path, entry(0.5, 0.8))
    assert not append(path, *build)
    assert append(path, build[0], entry(0.5, 0.9, kind="build", arm="b"))
    assert append(path, *build)
    assert read(path).num_rows == 7
    assert append(path, entry(0.5, 0.8))


def test_a_damaged_file_is_never_overwritten(tmp_path):
    path = tmp_path / "h.parquet"
    append(path, entry(0.5, 0.8))
    whole = path.read_bytes()
    others = tmp_path / "o.parquet"
    pq.write_table(pa.table({"text": ["hello"]}), others)
    for content in (whole[:-20], b"", b"no parquet", others.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(RunError, match="move it away"):
            append(path, entry(0.5, 0.9))
        assert path.read_bytes() == content


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "h.parquet"
    append(path, entry(0.5, 0.8))

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            append(path, entry(0.5, 0.9))
    assert [p.name for p in tmp_path.iterdir()] == ["h.parquet"]
    assert read(path)["accuracy"].to_pylist() == [0.8]


LOOP = """
import sys
from pathlib import Path
from corpusforge.assess.history import Entry, append
for n in range(int(sys.argv[2])):
    append(Path(sys.argv[1]), Entry(kind="log", accuracy=0.5, note=f"{sys.argv[3]} {n}"))
    print(n, flush=True)
"""


def test_two_writers_lose_no_entry(tmp_path):
    path = tmp_path / "h.parquet"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", LOOP, str(path), "15", name], stdout=subprocess.PIPE
        )
        for name in "ab"
    ]
    for writer in writers:
        writer.communicate()
    assert sorted(read(path)["note"].to_pylist()) == sorted(
        f"{name} {n}" for name in "ab" for n in range(15)
    )


def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    path = tmp_path / "h.parquet"
    with subprocess.Popen(
        [sys.executable, "-c", LOOP, str(path), "100000", "a"], stdout=subprocess.PIPE, text=True
    ) as writer:
        writer.stdout.readline()
        time.sleep(0.1)
        writer.send_signal(signal.SIGKILL)
        said = 1 + len(writer.stdout.read().splitlines())
    kept = read(path).num_rows
    assert kept in (said, said + 1)
    assert append(path, entry(0.5, 0.9))
    assert read(path).num_rows == kept + 1


def test_share_up_and_accuracy_down_is_an_alert():
    (alert,) = diverging(table_of(entry(0.1, 0.90), entry(0.5, 0.80)))
    for part in ("mine", "10%", "50%", "90.0%", "80.0%", "2026-01-01"):
        assert part in alert


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry(0.5, 0.8)],
        [entry(0.5, 0.9), entry(0.1, 0.8)],  # share fell
        [entry(0.1, 0.8), entry(0.5, 0.9)],  # accuracy rose
        [entry(0.1, 0.90), entry(0.5, 0.89)],  # within chance
        [entry(0.3, 0.9), entry(0.3, 0.8)],  # another reason
        [entry(0.1, 0.9), entry(0.5, 0.8, classifier="other")],
        [entry(0.1, 0.9), entry(0.5, 0.8, arm="other")],
        [entry(0.1, 0.9), entry(0.5, 0.8, kind="assess")],
        [entry(0.1, 0.9), entry(0.5, 0.8), entry(0.5, 0.9)],  # it is well again
        [entry(0.1, 0.9, test_rows=None), entry(0.5, 0.8)],  # noise unknown
        [entry(0.1, 0.9, low=0.8, high=0.95), entry(0.5, 0.8)],  # wide interval
    ],
)
def test_no_alert(entries):
    assert diverging(table_of(*entries)) == []


def test_a_slow_decline_is_seen():
    steps = [entry(0.1 + 0.1 * n, 0.9 - 0.012 * n) for n in range(6)]
    assert [bool(diverging(table_of(*steps[:n]))) for n in (1, 2, 3, 6)] == [False] * 3 + [True]


def test_chance_alone_seldom_alerts():
    generator = rng(7, "test.history")
    fired = 0
    for _ in range(400):
        hits = generator.binomial(500, 0.85, 5) / 500
        shares = generator.permutation(5) / 5
        found = [entry(s, a, test_rows=500) for s, a in zip(shares, hits, strict=True)]
        fired += bool(diverging(table_of(*found)))
    assert fired / 400 <= 0.05


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(1, 5000)), max_size=8))
def test_an_alert_means_what_it_says(figures):
    entries = [entry(share, accuracy, test_rows=n) for share, accuracy, n in figures]
    if diverging(table_of(*entries)):
        # Only figures on test sets of one size are held against each other.
        assert any(
            e.test_rows == later.test_rows
            and e.synthetic_share < later.synthetic_share
            and e.accuracy > later.accuracy
            for place, later in enumerate(entries)
            for e in entries[:place]
        )


def test_log_says_alerts_and_refuses_nonsense(tmp_path):
    corpus = tmp_path / "rows.csv"
    corpus.write_text("text,intent\n")
    assert api.log(corpus, entry(0.1, 0.9)) == ()
    assert len(api.log(corpus, entry(0.6, 0.8))) == 1
    for wrong in (entry(0.1, 87), entry(40, 0.8), entry(0.1, 0.8, test_rows=0), entry(0.1, None)):
        with pytest.raises(InputError):
            api.log(corpus, wrong)
    with pytest.raises(InputError, match="is no time"):
        api.log(corpus, entry(0.1, 0.8, time="yesterday"))
    with pytest.raises(InputError, match="there is no file"):
        api.log(tmp_path / "nowhere", entry(0.1, 0.8))
    assert read(path_for(corpus)).num_rows == 2


def test_times_are_utc():
    assert utc_time("2026-11-23") == "2026-11-23T00:00:00+00:00"
    assert utc_time("2026-11-23T01:00:00-02:00") == "2026-11-23T03:00:00+00:00"
    assert utc_time().endswith("+00:00")
