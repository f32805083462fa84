"""One whole assessment: text, clips, or both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpusforge.assess.inputs import ColumnNames, gather
from corpusforge.assess.results import speech_only
from corpusforge.assess.run import Options, assess
from corpusforge.core.progress import Progress

__all__ = ["measured"]


def measured(
    corpus: Path,
    real: Path | None,
    test: Path | None,
    *,
    options: Options | None,
    columns: ColumnNames | None,
    drop_test_rows: bool,
    audio: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """The figures of an assess; see `api.assess`.

    With recordings and no real text it is about clips alone.
    """
    options = options if options is not None else Options()
    speech: dict[str, Any] | None = None
    if audio is not None:
        from corpusforge.assess.speech import assess_speech

        speech = assess_speech(corpus, audio, seed=options.seed, progress=progress).to_json()
        if real is None and test is None:
            return speech_only(corpus, speech)
    names = columns if columns is not None else ColumnNames()
    evidence = gather(corpus, real, test, names, drop_test_rows=drop_test_rows)
    document = assess(evidence, options, progress).to_json()
    return document if speech is None else {**document, "speech": speech}
