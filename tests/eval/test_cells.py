import json
from pathlib import Path

import pytest

from eval.cells import Cell, code_digest, command_line, given, run


def cells(log, names=("a", "b", "c"), value=1):
    def cell(name):
        def measure():
            log.append(name)
            return {"value": value}

        return Cell(name, {"name": name, "value": value}, measure)

    return [cell(name) for name in names]


def test_a_cell_is_measured_once(tmp_path):
    log = []
    run(cells(log), tmp_path, "code", None, quiet=True)
    outcome = run(cells(log), tmp_path, "code", None, quiet=True)
    assert log == ["a", "b", "c"]
    assert list(outcome.figures) == ["a", "b", "c"]
    assert outcome.figures["a"] == {"value": 1}


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    log = []
    planned = cells(log)

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            [planned[0], Cell("b", planned[1].parameters, killed)],
            tmp_path,
            "code",
            None,
            quiet=True,
        )
    run(planned, tmp_path, "code", None, quiet=True)
    assert log == ["a", "b", "c"]


@pytest.mark.parametrize(("code", "value"), [("other code", 1), ("code", 2)])
def test_other_code_or_parameters_measure_again(tmp_path, code, value):
    log = []
    run(cells(log), tmp_path, "code", None, quiet=True)
    outcome = run(cells(log, value=value), tmp_path, code, None, quiet=True)
    assert log == ["a", "b", "c"] * 2
    assert outcome.figures["c"] == {"value": value}


def test_cells_beyond_the_budget_are_named(tmp_path):
    log = []
    run(cells(log, names=("c",)), tmp_path, "code", None, quiet=True)
    outcome = run(cells(log), tmp_path, "code", 0.0, quiet=True)
    assert log == ["c"]
    assert list(outcome.figures) == ["c"]
    assert set(outcome.not_run) == {"a", "b"}


def test_files_are_plain_json(tmp_path):
    run(cells([], names=("a b/c",)), tmp_path, "code", None, quiet=True)
    (path,) = tmp_path.glob("*.json")
    assert json.loads(path.read_text())["figures"] == {"value": 1}


def test_comments_do_not_change_the_code_digest(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "measured_thing.py"
    digests = []
    for text in ("X = 1\n", '"""What."""\n# why\nX  =  1\n', "X = 2\n"):
        module.write_text(text)
        digests.append(code_digest(["measured_thing"]))
    assert digests[0] == digests[1] != digests[2]


def test_the_command_says_the_options_given_and_no_path_of_this_machine(tmp_path):
    parser = command_line("eval.some", "Some.")
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--choice", default="")
    parser.add_argument("--fast", action="store_true")
    work = ["--work", str(tmp_path), "--seed", "2"]
    assert given(parser, parser.parse_args([*work, "--n", "600"])) == ""
    options = parser.parse_args([*work, "--peer", str(tmp_path), "--choice", "a b", "--fast"])
    assert given(parser, options) == " --peer PATH --choice 'a b' --fast"
