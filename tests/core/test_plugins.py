from __future__ import annotations

import subprocess
import sys

import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import InputError


@pytest.mark.parametrize("family", sorted(plugins.FAMILIES))
def test_every_plugin_of_the_package_loads_and_is_described(family):
    assert plugins.names(family)
    for name, description, _ in plugins.describe(family):
        assert description, f"{family} {name} has no docstring"
        assert plugins.load(family, name) is not None


def test_finding_imports_none_of_them():
    code = (
        "import sys\n"
        "from corpusforge.core import plugins\n"
        "for family in plugins.FAMILIES: plugins.describe(family)\n"
        "bad = [m for m in sys.modules if m.startswith(tuple(plugins.FAMILIES.values()))]\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(InputError, match="did you mean 'hibari'"):
        plugins.load("engine", "hibary")


def test_an_outside_package_brings_a_plugin(tmp_path, monkeypatch):
    (tmp_path / "outside.py").write_text("PLUGIN = 'from outside'\n")
    info = tmp_path / "outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[corpusforge.effects]\necho = outside:PLUGIN\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "echo" in plugins.names("effect")
    assert plugins.load("effect", "echo") == "from outside"
    assert ("echo", "", "outside:PLUGIN") in plugins.describe("effect")
