import pytest

from corpusforge.assess.keyword_cnn import Training
from eval.speech import digits
from eval.speech.digit_clips import missing


@pytest.mark.slow
def test_the_table_of_digits_in_short(real_data, tmp_path, capsys):
    """The whole command with a few clips; its cells are there when it is called again."""
    if missing():
        pytest.skip(missing())
    pytest.importorskip("pyroomacoustics")
    assert digits.main(["--work", str(tmp_path), "--quick"]) == 0
    first = capsys.readouterr().out
    assert "| augmented" in first
    assert "| real, one, and synthetic" in first
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("cells/*.json")}
    assert digits.main(["--work", str(tmp_path), "--quick"]) == 0
    assert capsys.readouterr().out == first
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("cells/*.json")}


def test_the_choice_looks_at_held_out_engines_alone(tmp_path):
    plan = digits.Plan(tmp_path, 10, 1, Training(), ("plain", "augmented"), 1, ("a", "b"), 1)
    figures = {
        "held out plain - a": {"accuracy": 0.4},
        "held out plain - b": {"accuracy": 0.5},
        "held out augmented - a": {"accuracy": 0.3},
        "held out augmented - b": {"accuracy": 0.7},
        "recipe plain": {"clean": {"accuracy": 0.9}},
        "recipe augmented": {"clean": {"accuracy": 0.1}},
    }
    assert digits.chosen_of(figures, plan) == "augmented"
