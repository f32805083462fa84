import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.licenses import canonicalize_license_expression

from corpusforge.core import licenses
from corpusforge.core.licenses import allowing, certain_spdx, refused_licenses, spdx_expression
from corpusforge.export.licenses import expression_of
from corpusforge.speech.engine import distribution_license

FREE = ("MIT", "Apache-2.0", "CC0-1.0", "CC-BY-4.0", "GPL-3.0-or-later", "BSD-3-Clause",
        "LicenseRef-mine", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-3.0+", "mit",
        "MIT-Modern-Variant", "BSD-3-Clause-No-Nuclear-License", "MIT-Festival",
        "LicenseRef-this-and-that", "mit and (apache-2.0 or CC-BY-NC-4.0)", "NCSA")  # fmt: skip
NON_COMMERCIAL = ("CC-BY-NC-4.0", "CC-BY-NC-SA-2.0-FR", "CC-BY-NC-ND-3.0-IGO", "cc-by-nc-4.0",
                  "NCGL-UK-2.0", "PolyForm-Noncommercial-1.0.0", "LicenseRef-non-commercial",
                  "For research only", "Creative Commons BY-NC (4.0)", "CPML", "LicenseRef-CPML",
                  "Coqui-Public-Model-License", "Coqui Public Model License 1.0")  # fmt: skip
UNSTATED = ("", None, "NOASSERTION", "noassertion", "LicenseRef-unknown", " \n", "UNKNOWN",
            "n/a", "TBD", "other", "proprietary", "LicenseRef-Proprietary", "see LICENSE",
            "LicenseRef-see-the-card", "-", "?", "not-stated")  # fmt: skip
NO_SPDX = ("CCBY", "banana", "Apache License 2.0", "HPND (with a note)", "MIT AND (ISC",
           "LicenseRef-a_b", "MIT WITH banana", "GPL")  # fmt: skip


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


@pytest.mark.parametrize("name", NO_SPDX)
def test_what_spdx_does_not_know_is_refused_unless_named(name):
    (found,) = refused_licenses(name)
    assert (found.name, found.why) == (name, "unknown")
    assert found.note.startswith("unknown to SPDX")
    assert refused_licenses(name, [name.upper()]) == ()
    assert refused_licenses(name, ["NOASSERTION", "CC-BY-NC-4.0"]) != ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CCBY", "CC-BY-4.0"),
        ("CC BY SA 4", "CC-BY-SA-4.0"),
        ("Apache", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("The MIT license", "MIT"),
        ("LicenseRef-my_voice", "LicenseRef-my-voice"),
        ("banana", ""),
        ("BSD", ""),
    ],
)
def test_the_license_that_may_have_been_meant_is_said(name, meant):
    (found,) = refused_licenses(name)
    assert found.note == "unknown to SPDX" + (f", did you mean {meant}?" if meant else "")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MIT License", "MIT"),
        ("MIT License\n\nCopyright (c) somebody", "MIT"),
        ("apache 2.0", "Apache-2.0"),
        ("BSD 3-Clause License", "BSD-3-Clause"),
        ("GPLv3", "GPL-3.0-only"),
        ("GNU GPL v3+", "GPL-3.0-or-later"),
        ("GPL-3.0-or-later", "GPL-3.0-or-later"),
        ("LGPLv2.1", "LGPL-2.1-only"),
        ("mit or isc", "MIT OR ISC"),
        ("CC0", "CC0-1.0"),
        ("LicenseRef-own", "LicenseRef-own"),
        *((name, "") for name in ("BSD", "GPL", "Apache", "LGPLv2", "CCBY", "Public domain", "")),
    ],
)
def test_names_of_packages_are_spdx_where_that_is_certain(name, meant, monkeypatch):
    assert certain_spdx(name) == meant
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: {"License": name})
    assert distribution_license("x") == (meant or name or "NOASSERTION")


@pytest.mark.parametrize("name", [*licenses._COMMON, *licenses._MEANT.values()])
def test_what_may_be_suggested_is_on_the_list_of_spdx(name):
    assert canonicalize_license_expression(name) == name


def test_the_license_of_a_release_is_an_expression_of_spdx():
    names = ["Apache-2.0", "mit", "CCBY", "n/a", "MIT OR ISC", "MIT", "MIT AND (X Y)", "", None]
    made = expression_of(names)
    assert made == (
        "Apache-2.0 AND LicenseRef-CCBY AND LicenseRef-unknown AND MIT AND "
        "(MIT AND (LicenseRef-X-Y)) AND (MIT OR ISC)"
    )
    assert canonicalize_license_expression(made) == made
    assert expression_of(["NOASSERTION"]) == "NOASSERTION"
    assert expression_of(["NOASSERTION", "MIT"]) == "LicenseRef-unknown AND MIT"


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30))
def test_any_name_becomes_an_expression_of_spdx(name):
    made = spdx_expression(name)
    assert made == "NOASSERTION" or canonicalize_license_expression(made) == made
    assert spdx_expression(made) == made
    # A recipe can be told to let it through.
    found = [refused.name for refused in refused_licenses(name)]
    assert refused_licenses(name, found) == ()
    line = yaml.safe_load(allowing(*found))
    assert line["export"]["allow_licenses"] == found


def test_an_expression_is_read_by_its_operators():
    assert refused_licenses("CC-BY-NC-4.0 OR MIT") == ()
    assert [r.name for r in refused_licenses("CC-BY-NC-4.0 AND MIT")] == ["CC-BY-NC-4.0"]
    assert refused_licenses("MIT AND (CC-BY-NC-4.0 OR CC0-1.0)") == ()
    both = "(CC-BY-NC-4.0 OR NOASSERTION) AND MIT"
    assert [r.why for r in refused_licenses(both)] == ["non-commercial", "unknown"]
    assert refused_licenses(both, ["NOASSERTION"]) == ()
    assert refused_licenses(both, [both]) == ()


names = st.sampled_from(
    [*FREE[:7], *NON_COMMERCIAL[:5], *NO_SPDX[:3], *[n for n in UNSTATED if n and n.strip()]]
)
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
