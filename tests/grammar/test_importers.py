"""The contract that every importer keeps; a new file in importers/ comes here by itself."""

import pytest

from corpusforge.core import plugins
from corpusforge.grammar.raw import read_raw
from corpusforge.grammar.real_rows import read_real_rows
from tests.grammar.test_real_rows import recipe_for

NAMES = plugins.names("importer")


def test_they_are_found():
    assert {"csv", "hf_folder", "jsonl", "parquet"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_contract(name, tmp_path):
    plugin = plugins.load("importer", name)
    assert plugin.name == name
    assert plugin.losses
    path = plugin.write_example(tmp_path)
    accepting = [n for n in NAMES if plugins.load("importer", n).accepts(path)]
    assert accepting == [name]
    raw = read_raw(path)
    assert raw.table.num_rows == 2
    for column in (raw.lines, raw.splits):
        assert not column or len(column) == 2
    assert read_real_rows(recipe_for(path)).table.num_rows == 2
