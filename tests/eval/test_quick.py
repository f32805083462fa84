import pytest

from corpusforge.core import spans
from corpusforge.core.seeding import rng
from eval.data import missing, named, shots
from eval.quick import real_piece, run_all, toy

PROTOCOLS = {"planted_truth", "usefulness_grid", "rare_intents", "assess_cost"}
without_data = pytest.mark.skipif(bool(missing()), reason=missing())


def check(found):
    assert set(found) == PROTOCOLS
    conditions = found["planted_truth"]["figures"]["conditions"]
    assert conditions["random labels"]["verdicts"] == {"do_not_use": 1}
    assert "use" not in conditions["duplicated"]["verdicts"]
    for by_arm in found["usefulness_grid"]["figures"]["arms"].values():
        assert by_arm["real"]["gain_pp"] == [0, 0, 0]
        low, high = by_arm["real + EDA"]["gain_pp"][1:]
        assert low <= by_arm["real + EDA"]["gain_pp"][0] <= high
    for by_precision in found["rare_intents"]["figures"].values():
        for by_arm in by_precision.values():
            assert all(0 <= arm["recall"][0] <= 1 for arm in by_arm.values())
    assert sum(one["cpu_s"] for one in found.values()) < 90


@pytest.mark.slow
def test_every_protocol_runs_on_a_toy_set():
    check(run_all(toy()))


@pytest.mark.slow
@without_data
def test_every_protocol_runs_on_pieces_of_the_real_sets():
    check(run_all(real_piece()))


@without_data
def test_the_real_sets_are_read_whole():
    snips, banking = named("snips"), named("banking")
    assert len(snips.test) == 700
    assert len(set(snips.test.intents)) == 7
    assert len(banking.test) == 450
    assert len(set(banking.train.intents)) == 15
    for data in (snips, banking):
        assert data.left_out > 0
        assert not set(data.train.folded) & set(data.test.folded)
    for text, slots in zip(snips.test.texts, snips.test.slots, strict=True):
        spans.check(text, slots)
    assert sum(map(len, snips.test.slots)) == 1790


def test_shots_are_apart_from_the_rest():
    train = toy().train
    few, rest = shots(train, 3, rng(1, "test"))
    assert all(len(places) == 3 for places in few.by_intent().values())
    assert len(few) + len(rest) == len(train)
    assert not set(few.texts) & set(rest.texts)


def test_without_the_folder_it_is_said_how_to_get_on(monkeypatch):
    monkeypatch.delenv("CORPUSFORGE_DATA", raising=False)
    with pytest.raises(SystemExit, match="CORPUSFORGE_DATA"):
        named("snips")
