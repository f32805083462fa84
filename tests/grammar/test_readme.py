"""The example of the template language in README.md is true."""

from __future__ import annotations

import textwrap
from pathlib import Path

from corpusforge.grammar.functions import sample
from corpusforge.grammar.lint import lint_path

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
