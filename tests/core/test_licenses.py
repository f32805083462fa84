import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.licenses import refused_licenses

FREE = ("MIT", "Apache-2.0", "CC0-1.0", "CC-BY-4.0", "GPL-3.0-or-later", "BSD-3-Clause",
        "LicenseRef-mine", "GPL-2.0-only WITH Classpath-exception-2.0", "Apache License 2.0",
        "MIT-Modern-Variant", "BSD-3-Clause-No-Nuclear-License", "HPND (with a note)",
        "NCSA")  # fmt: skip
NON_COMMERCIAL = ("CC-BY-NC-4.0", "CC-BY-NC-SA-2.0-FR", "CC-BY-NC-ND-3.0-IGO", "cc-by-nc-4.0",
                  "NCGL-UK-2.0", "PolyForm-Noncommercial-1.0.0", "LicenseRef-non-commercial",
                  "For research only", "Creative Commons BY-NC (4.0)")  # fmt: skip
UNSTATED = ("", None, "NOASSERTION", "noassertion", "LicenseRef-unknown", " \n", "UNKNOWN")


@pytest.mark.parametrize("name", FREE)
def test_free_and_named_licenses_pass(name):
    assert refused_licenses(name) == ()


@pytest.mark.parametrize("name", NON_COMMERCIAL)
def test_non_commercial_licenses_are_refused_unless_named(name):
    (found,) = refused_licenses(name)
    assert (found.name, found.why) == (name, "non-commercial")
    assert refused_licenses(name, [name.upper()]) == ()
    assert refused_licenses(name, ["MIT", "NOASSERTION"]) != ()


@pytest.mark.parametrize("name", UNSTATED)
def test_unstated_licenses_are_refused_unless_named(name):
    (found,) = refused_licenses(name)
    assert found.why == "unknown"
    assert refused_licenses(name, [found.name]) == ()
    assert refused_licenses(name, ["CC-BY-NC-4.0"]) != ()


def test_an_expression_is_read_by_its_operators():
    assert refused_licenses("CC-BY-NC-4.0 OR MIT") == ()
    assert [r.name for r in refused_licenses("CC-BY-NC-4.0 AND MIT")] == ["CC-BY-NC-4.0"]
    assert refused_licenses("MIT AND (CC-BY-NC-4.0 OR CC0-1.0)") == ()
    both = "(CC-BY-NC-4.0 OR NOASSERTION) AND MIT"
    assert [r.why for r in refused_licenses(both)] == ["non-commercial", "unknown"]
    assert refused_licenses(both, ["NOASSERTION"]) == ()
    assert refused_licenses(both, [both]) == ()


names = st.sampled_from([*FREE[:7], *NON_COMMERCIAL[:5], *[n for n in UNSTATED if n and n.strip()]])
trees = st.recursive(names, lambda t: st.tuples(st.sampled_from(["AND", "OR"]), t, t), max_leaves=8)


def written(tree):
    if isinstance(tree, str):
        return tree
    return f"({written(tree[1])}) {tree[0]} ({written(tree[2])})"


def passes(tree):
    """The same by recursion over the tree, without reading text."""
    if isinstance(tree, str):
        return tree in FREE
    return (all if tree[0] == "AND" else any)([passes(tree[1]), passes(tree[2])])


@given(trees)
def test_any_expression_passes_as_its_tree_does(tree):
    found = refused_licenses(written(tree))
    assert (found == ()) is passes(tree)
    assert refused_licenses(written(tree), [r.name for r in found]) == ()
