"""Write a foreign file, import it, and say everything that the result can say."""

from __future__ import annotations

from corpusforge.core import plugins
from corpusforge.grammar.foreign.losses import LOSSES_OF_ALL
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.packs import everything


def write(folder, files):
    """Write files (name -> text or bytes); returns the folder."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def imported(folder, format, files, *, path=None, **options):
    """Import files (name -> text); returns (result, pack, folder of the pack).

    A single file is imported as such, several as their folder, unless `path` names something
    else. Every loss must be of a kind that the format declares.
    """
    source = write(folder / "source", files)
    chosen = source / path if path else source / next(iter(files)) if len(files) == 1 else source
    out = folder / "out"
    result = import_pack(format, chosen, out, **options)
    declared = {*plugins.load("format", format).losses, *LOSSES_OF_ALL}
    assert {loss.kind for loss in result.losses} <= declared
    return result, load_pack(out), out


def said(pack):
    """All (intent, text, ((slot, value, words), ...)) of a pack."""
    return {
        (
            template.intent,
            text,
            tuple((slot.name, slot.value, slot.text) for slot in slots),
        )
        for template, text, slots in everything(pack)
    }


def texts(pack):
    """All (intent, text) of a pack."""
    return {(intent, text) for intent, text, _ in said(pack)}


def lost(result):
    """All (line, what) of the losses, line 0 where there is no place."""
    return [(loss.position.line if loss.position else 0, loss.what) for loss in result.losses]
