"""What a user of `corpusforge import` types and sees."""

from __future__ import annotations

import subprocess
import sys

import pytest

from corpusforge.cli import main
from corpusforge.core.errors import InputError
from corpusforge.grammar.import_pack import import_pack
from tests.grammar.foreign.imports import write

CHATITO = (
    "%[order]('training': '20', 'kind': 'food')\n    bring me @[drink]\n\n"
    "@[drink]\n    tea\n    coffee\n"
)


def run(capsys, *arguments):
    """Exit code, standard output, standard error."""
    try:
        code = main(["import", *map(str, arguments)])
    except SystemExit as stop:
        code = stop.code
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_it_says_how_much_and_what_was_lost_with_its_place(tmp_path, capsys):
    write(tmp_path, {"cafe.chatito": CHATITO})
    out = tmp_path / "out"
    code, shown, _ = run(capsys, "chatito", tmp_path / "cafe.chatito", "-o", out, "--lang", "en")
    assert code == 0
    lines = shown.splitlines()
    assert lines[0] == f"wrote {out}: 1 intent, 1 sentence template, 1 list"
    assert lines[1] == "lost, 2 things:"
    assert "  cafe.chatito:1: the argument 'kind': 'food' of %[order] -> left out" in lines
    assert lines[-2] == f"next: corpusforge sample {out} -n 20, or"
    assert lines[-1] == f"      corpusforge init NEW --from {out} (a recipe, for build)"
    assert main(["sample", str(out), "-n", "2"]) == 0


def test_many_losses_are_summed_up_by_kind_and_all_are_in_the_folder(tmp_path, capsys):
    intents = "\n".join(f"%[i{n}]('training': '{n + 1}')\n    say {n}\n" for n in range(30))
    write(tmp_path, {"cafe.chatito": intents})
    out = tmp_path / "out"
    code, shown, _ = run(capsys, "chatito", tmp_path / "cafe.chatito", "-o", out)
    assert code == 0
    assert f"lost, 30 things, all of them in {out / 'IMPORT.md'}:" in shown
    assert "  30 x numbers of rows of intents -> " in shown
    assert "      cafe.chatito:1, cafe.chatito:4, cafe.chatito:7, ..." in shown
    notes = (out / "IMPORT.md").read_text()
    assert all(f"(cafe.chatito:{3 * n + 1})" in notes for n in range(30))


def test_nothing_lost(tmp_path, capsys):
    write(tmp_path, {"a.jsonl": '{"text": "hi", "intent": "greet"}\n'})
    code, shown, _ = run(capsys, "jsonl", tmp_path / "a.jsonl", "-o", tmp_path / "out")
    assert code == 0
    assert "nothing was lost" in shown.splitlines()


def test_templates_that_cannot_be_drawn(tmp_path, capsys):
    write(tmp_path, {"play.intent": "play {song}\nstop\n"})
    code, shown, _ = run(capsys, "padatious", tmp_path, "-o", tmp_path / "out")
    assert code == 0
    assert (
        "note: 1 sentence templates use lists without values (song): they are matched, and drawn "
        "once --lists FILE gives values."
    ) in shown.splitlines()
    said = tmp_path / "said.txt"
    said.write_text("play my song\n")
    assert main(["match", str(tmp_path / "out"), str(said)]) == 0
    assert '"text": "my song"' in capsys.readouterr().out


def test_wrong_input_leaves_nothing_behind(tmp_path, capsys):
    write(tmp_path, {"cafe.chatito": CHATITO.replace("@[drink]\n    tea", "@[drank]\n    tea")})
    for arguments, message in (
        (("chatit", "cafe.chatito"), "did you mean 'chatito'?"),
        (("chatito", "cafe.chatito"), "cafe.chatito:2:14: the slot @[drink] is defined nowhere"),
        (("rasa", "cafe.chatito"), "looks like chatito, not like rasa"),
        (("csv", "none.csv"), "there is no file or folder"),
    ):
        format, name = arguments
        code, shown, error = run(capsys, format, tmp_path / name, "-o", tmp_path / "out")
        assert (code, shown) == (2, "")
        assert message in error
        assert [path.name for path in tmp_path.iterdir()] == ["cafe.chatito"]


def test_usage(tmp_path, capsys):
    code, _, error = run(capsys, "chatito", tmp_path)
    assert code == 2
    assert "-o" in error


def test_the_verb_starts_light():
    code = (
        "import sys; from corpusforge.cli import main\n"
        "try: main(['import', 'nothing', 'x', '-o', 'y'])\n"
        "finally: print(sorted(m for m in sys.modules if m in ('numpy', 'pyarrow', 'yaml')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] in ("[]", "['yaml']")


DEEP = {
    "padatious": ("a.intent", "(" * 2000 + "a|b" + "|c)" * 2000),
    "rhino": ("a.yaml", f"context:\n  expressions:\n    o:\n      - '{'[' * 2000}a'\n"),
    "jsgf": (
        "a.jsgf",
        "#JSGF V1.0;\ngrammar g;\npublic <a0> = <a1>;\n"
        + "".join(f"<a{n}> = x <a{n + 1}>;\n" for n in range(1, 2000))
        + "<a2000> = x;\n",
    ),
}


@pytest.mark.parametrize("format", DEEP)
def test_what_nests_without_end_is_an_error(format, tmp_path):
    name, text = DEEP[format]
    write(tmp_path, {name: text})
    with pytest.raises(InputError, match="nests too deeply"):
        import_pack(format, tmp_path / name, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [name]
