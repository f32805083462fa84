import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.cli import main
from corpusforge.core.errors import InputError
from corpusforge.grammar.dealing import Dealing, Quotas, Shares
from corpusforge.grammar.quotas import quota_shares

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

OWNERS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([0.5, 1.0, 3.0]), st.floats(0, 0.99)),
    min_size=1,
    max_size=6,
)


def shares_of(owners):
    return Shares(
        np.array([float(size) for size, _, _ in owners]),
        np.array([weight for _, weight, _ in owners]),
        np.array([offset for _, _, offset in owners]),
        np.arange(len(owners)),
    )


def dealt(dealing, stop=10**6, start=0):
    rows = []
    for first, owners, numbers in dealing.windows(stop, start):
        assert first == start + len(rows)
        rows += zip(owners.tolist(), numbers.tolist(), strict=True)
    return rows


def one_by_one(owners, n):
    """Independent: each row to the owner whose next one is due first."""
    counts = [0] * len(owners)
    rows = []
    while len(rows) < n:
        open_ones = [i for i, (size, _, _) in enumerate(owners) if counts[i] < size]
        if not open_ones:
            break
        first = min(open_ones, key=lambda i: ((counts[i] + owners[i][2]) / owners[i][1], i))
        rows.append((first, counts[first]))
        counts[first] += 1
    return rows


@QUIET
@given(OWNERS, st.integers(0, 150), st.integers(0, 50), st.sampled_from([3, 1 << 16]))
def test_windows_deal_as_one_by_one(owners, n, start, window):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corpusforge.grammar.dealing.WINDOW", window)
        assert dealt(Dealing(shares_of(owners)), n, start) == one_by_one(owners, n)[start:]


@QUIET
@given(
    OWNERS,
    st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.3]), min_size=1, max_size=3),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from([5, 1 << 16]),
)
def test_quotas_deal_everything_once_and_in_any_cut(owners, quotas, start, more, window):
    intents = [f"i{index % 3}" for index in range(len(owners))]
    named = {f"i{index}": share for index, share in enumerate(quotas)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corpusforge.grammar.dealing.WINDOW", window)
        dealing = Quotas(shares_of(owners), intents, named)
        rows = dealt(dealing)
        assert dealt(dealing, start + more, start) == rows[start : start + more]
    wanted = [
        (owner, number)
        for owner, (size, _, _) in enumerate(owners)
        if named.get(intents[owner], 1.0) > 0.0
        for number in range(size)
    ]
    assert sorted(rows) == wanted
    for owner in {owner for owner, _ in rows}:
        own = [number for other, number in rows if other == owner]
        assert own == list(range(len(own)))


def test_quotas_are_kept_at_every_length_and_passed_on_when_an_intent_has_no_more():
    # two templates of a: 5 and 1,000 sentences; b has 30; c and d have no quota
    owners = [(5, 1.0, 0.5), (1000, 1.0, 0.5), (30, 1.0, 0.5), (1000, 3.0, 0.5), (1000, 1.0, 0.5)]
    intents = ["a", "a", "b", "c", "d"]
    rows = dealt(Quotas(shares_of(owners), intents, {"a": 0.5, "b": 0.3}), 1000)
    for n in (10, 20, 50, 100):
        found = Counter(intents[owner] for owner, _ in rows[:n])
        expected = {"a": 0.5 * n, "b": 0.3 * n, "c": 0.15 * n, "d": 0.05 * n}
        assert all(abs(found[intent] - expected[intent]) <= 1.5 for intent in expected), n
    found = Counter(intents[owner] for owner, _ in rows)
    # b has 30 rows; the other 270 go to a (5/7), c and d (2/7)
    assert found == pytest.approx({"a": 500 + 193, "b": 30, "c": 208, "d": 69}, abs=2)


def test_intents_without_a_quota_come_last_where_the_quotas_leave_nothing():
    owners = [(10, 1.0, 0.5), (10, 1.0, 0.5), (10, 1.0, 0.5)]
    rows = dealt(Quotas(shares_of(owners), ["a", "b", "c"], {"a": 0.5, "b": 0.5}))
    assert [owner for owner, _ in rows[20:]] == [2] * 10
    rows = dealt(Quotas(shares_of(owners), ["a", "b", "c"], {"a": 0.0}))
    assert {owner for owner, _ in rows} == {1, 2}


def test_quotas_as_shares():
    assert quota_shares({"a": 30, "b": 0.5, "c": 0}, "abcd", 100) == {"a": 0.3, "b": 0.5, "c": 0.0}
    for wrong, said in (
        ({"play_musik": 3}, "did you mean 'play_music'"),
        ({"stop": 1.5}, "neither a number of rows nor a share"),
        ({"stop": -1}, "neither a number of rows nor a share"),
        ({"stop": 60, "play_music": 0.5}, r"ask for 110.0% of the rows \(110 of 100\)"),
    ):
        with pytest.raises(InputError, match=said):
            quota_shares(wrong, ["play_music", "stop"], 100)


def test_quotas_from_the_command_line(tmp_path, capsys):
    path = tmp_path / "t.yaml"
    intents = "".join(
        f"  {name}: {{data: [{{sentences: ['{name} {{0..{most}:x}}']}}]}}\n"
        for name, most in (("go", 999), ("stop", 9), ("wait", 999))
    )
    path.write_text(f"language: en\nintents:\n{intents}")
    out = tmp_path / "rows.jsonl"
    arguments = ["sample", str(path), "-n", "200", "-o", str(out)]
    assert main([*arguments, "--quota", "stop=40", "--quota", "go=0.5"]) == 0
    said = [line.split()[:2] for line in capsys.readouterr().err.splitlines()]
    # stop has 10 rows only; of the other 30, go takes 5/8 and wait 3/8
    counts = {name: int(number) for name, number in said}
    assert counts == pytest.approx({"go": 119, "stop": 10, "wait": 71}, abs=1)
    for text in ("stop", "=3", "stop=many", "stopp=3"):
        assert main([*arguments, "--quota", text]) == 2
        wrong = capsys.readouterr().err
        assert ("did you mean 'stop'" if text == "stopp=3" else "expected INTENT=N") in wrong


def test_a_template_more_takes_rows_from_the_end_of_the_others():
    few = [(500, 1.0, 0.5)] * 4
    before = dealt(Dealing(shares_of(few)), 400)
    after = dealt(Dealing(shares_of([*few, (500, 1.0, 0.2)])), 400)
    kept = set(before) & set(after)
    assert len(kept) == 320 == len([owner for owner, _ in after if owner < 4])
    for owner, own in itertools.groupby(sorted(kept), key=lambda row: row[0]):
        assert [number for _, number in own] == list(range(80)), owner
