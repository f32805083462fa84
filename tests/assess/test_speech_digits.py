import pytest

from eval import speech_digits


@pytest.mark.slow
def test_the_table_of_digits_in_short(real_data, tmp_path, capsys):
    """The whole command with a few clips; its cells are there when it is called again."""
    if speech_digits.missing():
        pytest.skip(speech_digits.missing())
    assert speech_digits.main(["--work", str(tmp_path), "--quick"]) == 0
    first = capsys.readouterr().out
    assert "| augmented" in first
    assert "real digits, no real audio in training" in first
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("cells/*.json")}
    assert speech_digits.main(["--work", str(tmp_path), "--quick"]) == 0
    assert capsys.readouterr().out == first
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("cells/*.json")}
    assert len(before) == 3


def test_the_choice_looks_at_held_out_engines_alone():
    figures = {
        "recipe a": {"held_out": {"mean": 0.4}, "real": {"both": {"accuracy": 0.9}}},
        "recipe b": {"held_out": {"mean": 0.5}, "real": {"both": {"accuracy": 0.2}}},
    }
    assert speech_digits.chosen_of(figures, ("a", "b")) == "b"
