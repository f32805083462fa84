"""What is told to flite: ASCII, and letters where it knows no word."""

from __future__ import annotations

import re
import unicodedata

from corpusforge.speech.engine import EngineError, Problem

__all__ = ["readable"]

_TYPOGRAPHIC = str.maketrans("‘’‚“”„–—−…", "'''\"\"\"---.")


def readable(piece: str) -> str:
    """A piece of text without accents and typographic signs: the library reads bytes.

    Raises:
        EngineError: For letters of another script, which would come out as a short noise.
    """
    folded = unicodedata.normalize("NFKD", piece.translate(_TYPOGRAPHIC))
    kept = [c for c in folded if not unicodedata.combining(c)]
    if any(c.isalnum() and not c.isascii() for c in kept):
        raise EngineError(Problem.FOREIGN_SCRIPT, "flite reads ASCII letters")
    return _spelled_out("".join(c for c in kept if c.isascii() and c.isprintable()))


def _spelled_out(piece: str) -> str:
    """With "A.M." for "AM", which has no phones in the library.

    Of the 6,000 most frequent words and all pairs of capitals it is the only one.
    """
    return re.sub(r"(?<![\w.])AM(?!\w)", "A.M.", piece)
