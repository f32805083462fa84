"""Write a foreign file, import it, and say everything that the result can say."""

from __future__ import annotations

from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.packs import everything


def imported(folder, format, files, *, path=None, **options):
    """Import files (name -> text); returns (result, pack, folder of the pack)."""
    source = folder / "source"
    for name, text in files.items():
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    chosen = source / path if path else source / next(iter(files)) if len(files) == 1 else source
    out = folder / "out"
    result = import_pack(format, chosen, out, **options)
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
