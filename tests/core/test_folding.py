import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.folding import folded_hashes
from corpusforge.core.text import fold

TEXTS = st.one_of(st.text("aB1 _-.!\u00e9\u00df\ufb01\u0301", max_size=9), st.text(max_size=6))


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=12), st.integers(0, 3))
def test_equal_hashes_are_equal_folded_texts(texts, offset):
    found = folded_hashes(pa.array(texts, pa.string()).slice(offset)).tolist()
    texts = texts[offset:]
    assert len(found) == len(texts)
    for text, one in zip(texts, found, strict=True):
        assert (one == 0) == (fold(text) == "")
        for other, two in zip(texts, found, strict=True):
            assert (one == two) == (fold(text) == fold(other))


def test_hashes_are_the_same_everywhere():
    found = folded_hashes(pa.array(["Turn on!", "Straße", ""]))
    assert found.tolist() == folded_hashes(pa.array(["turn  on", "STRASSE", "-"])).tolist()
    assert [hex(number) for number in found.tolist()] == GOLDEN


GOLDEN = ["0xc13d3e2221c63da8", "0xd95327d0e76e12b0", "0x0"]
