"""The example of the template language in README.md is true."""

from __future__ import annotations

import textwrap
from pathlib import Path

import yaml

from corpusforge.grammar.functions import sample
from corpusforge.grammar.lint import lint_path
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher

README = Path(__file__).parents[2] / "README.md"


def test_the_example_loads_and_says_what_it_claims(tmp_path):
    section = README.read_text(encoding="utf-8").split("\n## Templates\n")[1]
    example = textwrap.dedent(section[section.index("    # yaml-") : section.index("\nhassil ")])
    (tmp_path / "pack").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "pack" / "flights.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "shared" / "places.yaml").write_text(
        "lists: {city: {values: [Rome, Oslo, Bergen]}}\n", encoding="utf-8"
    )
    table, _ = sample(tmp_path / "pack", 400)
    rows = table.to_pylist()
    flights = [row["slots"] for row in rows if len(row["slots"]) == 2 and " from " in row["text"]]
    assert {(one["role"], two["role"]) for one, two in flights} == {("departure", "arrival")}
    assert all(one["value"] != two["value"] for one, two in flights)
    assert {row["split"] for row in rows if row["template"] == "need"} == {"test"}
    assert not lint_path(tmp_path / "pack").counts()["error"]


def test_the_table_of_lists_is_true(tmp_path):
    section = README.read_text(encoding="utf-8").split("\n## Templates\n")[1]
    start = section.index("    lists:\n      alarm:")
    lists = textwrap.dedent(section[start : section.index("\n\n", start)])
    names = yaml.safe_load(lists)["lists"]
    sentences = "".join(f"          - '{name} {{{name}}}'\n" for name in names)
    head = "language: en\nintents:\n  x:\n    data:\n      - sentences:\n"
    (tmp_path / "pack.yaml").write_text(f"{head}{sentences}{lists}\n", encoding="utf-8")
    matcher = Matcher(load_pack(tmp_path))
    table = section[section.index("| list | in a sentence") :].split("\n\n")[0].splitlines()[2:]
    assert [row.split("`")[1] for row in table] == ["time", "date", "money", "duration", "range"]
    for name, row in zip(names, table, strict=False):
        _, _, texts, value, *_ = (cell.strip() for cell in row.split("|"))
        for text in texts.split("; German:")[0].split("; "):
            if text not in ("March 5, 2027", "3/5/2027", "Friday", "5 min"):  # forms not asked for
                (reading,) = matcher.readings(f"{name} {text}")
                assert reading.slots[0].value == value.split(" (")[0]
