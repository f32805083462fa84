"""The verbs of speech as typed functions: render and replay; nothing heavy is imported early."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.render.options import RenderOptions

if TYPE_CHECKING:
    from corpusforge.core.progress import Progress
    from corpusforge.render.run import RenderSummary
    from corpusforge.speech.replay import Replayed

__all__ = ["RenderOptions", "render", "replay"]


def render(
    table: str | Path,
    out: str | Path,
    options: RenderOptions | None = None,
    *,
    executor: str = "inline",
    workers: int | None = None,
    progress: Progress | None = None,
) -> RenderSummary:
    """Speak the sentences of a table into a folder of clips; the same call resumes.

    Needs the extra speech, and no torch.

    Args:
        table: CSV, TSV, JSONL, Parquet, text with a sentence a line, or a folder of `datasets`.
        out: New folder, or that of an earlier render.
        options: Language, engines, clips, columns, seed, keys of the speech stage.
        executor: "inline" or "process", as for `build`.
        workers: Processes; the number of CPUs by default.
        progress: Where progress goes; quiet by default.

    Raises:
        InputError: Wrong input; nothing was started.
        RunError: The run failed; call again to resume.
    """
    from corpusforge.core.executors import make_executor
    from corpusforge.core.progress import Progress
    from corpusforge.render.run import render as run_render

    return run_render(
        Path(table),
        Path(out),
        options if options is not None else RenderOptions(),
        executor=make_executor(executor, workers if workers is not None else os.cpu_count() or 1),
        progress=progress if progress is not None else Progress(quiet=True),
    )


def replay(
    folder: str | Path,
    clip_id: str,
    out: str | Path | None = None,
    *,
    sources: str | Path = ".",
    allow_command: bool = False,
    noise: Sequence[str | Path] = (),
) -> Replayed:
    """Render one clip again from its row alone, and compare its samples with those recorded.

    Args:
        folder: Run folder, folder of a render, or a bare release folder.
        clip_id: Its id, or the beginning of it; clips that a run dropped count too.
        out: File to write, .wav or .flac; None = only compare.
        sources: Folder of the recipe, where relative paths of voices that it brought start.
        allow_command: Whether the command of a clip that a command spoke may run.
        noise: Folders with the recordings of noise, which a row names by their hash.

    Returns:
        The clip, whether it is the same, which versions changed since, and what can be told of
        the difference.

    Raises:
        InputError: Unknown folder, id or suffix; a damaged row; the engine or its voice is not
            installed.
        RunError: When the engine gives nothing usable.
    """
    from corpusforge.core.run import write_bytes
    from corpusforge.render.stored import stored_audio
    from corpusforge.speech import replay as speech_replay
    from corpusforge.story import find_clip

    target = Path(out) if out is not None else None
    if target is not None:
        speech_replay.check_suffix(target)
    places = speech_replay.Sources(Path(sources), allow_command, tuple(map(Path, noise)))
    row, packages = find_clip(Path(folder), clip_id)
    found = speech_replay.replay(row, packages, places, stored_audio(Path(folder), row))
    if target is not None:
        write_bytes(found.file(target.suffix), target)
    return found
