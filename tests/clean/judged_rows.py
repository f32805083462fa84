"""Rows for filters to judge, and what is left of them."""

from hypothesis import strategies as st

from corpusforge.core import plugins
from tests.clean.rows import row, table_of

CONFIG = {"near_duplicate_jaccard": 0.9}


def judge(name, table, config=CONFIG):
    return plugins.load("filter", name).judge(table, config)


def kept(name, *rows):
    """Which of the rows stay, in their order."""
    return judge(name, table_of(*rows)).keep.tolist()


SENTENCES = [
    "turn on the {name=lamp}",
    "turn on the {name=hall lamp}",
    "Turn on the {name=lamp}!",
    "please turn on the {name=lamp} in the hall now",
    "please turn on the {name=lamp} in the hall right now",
    "please turn on the {name=fan} in the hall now",
    "please turn on the lamp in the hall now",
    "it is too dark in this big room here",
    "it is too dark in this big rooms here",
    "stop",
    "lights on",
]
ROWS = st.builds(
    row,
    st.sampled_from(SENTENCES),
    intent=st.sampled_from(["on", "off"]),
    split=st.sampled_from(["train", "validation", "test"]),
    origin=st.sampled_from(["grammar", "real", "gan"]),
    annotated=st.booleans(),
)
