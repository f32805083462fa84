"""The top of the page: what this is, the figures, and what a reader must know."""

from __future__ import annotations

from corpusforge.report.charts import number, percent
from corpusforge.report.data import Corpus
from corpusforge.report.markup import Markup, element

__all__ = ["summary_section"]

_FEW_VOICES = 3


def summary_section(corpus: Corpus) -> Markup:
    """Figures, verdicts, and the notes of the stages."""
    verdicts = [
        element("li", {"class": kind}, element("b", {}, f"{head}. "), said)
        for kind, head, said in _verdicts(corpus)
    ]
    figures = [
        element("li", {}, element("strong", {}, value), element("span", {}, what))
        for value, what in _figures(corpus)
    ]
    return element(
        "section",
        {"id": "summary", "aria-label": "Summary"},
        element("p", {}, _what(corpus)),
        element("ul", {"class": "figures"}, *figures),
        element("ul", {"class": "verdicts"}, *verdicts),
    )


def _what(corpus: Corpus) -> str:
    synthetic = len(corpus.rows) - corpus.count("origin")["real"]
    said = f"A corpus for intent classification and voice assistants. Language: {corpus.lang}. "
    said += f"License of the rows: {corpus.license}. " if corpus.license else ""
    said += f"{percent(synthetic, len(corpus.rows))} of the rows are synthetic"
    return said + (", and so is every voice." if corpus.clips else ".")


def _figures(corpus: Corpus) -> list[tuple[str, str]]:
    slots = {slot["name"] for row in corpus.rows for slot in row["slots"] or ()}
    figures = [
        (number(len(corpus.rows)), "rows"),
        (number(len(corpus.count("intent"))), "intents"),
        (number(len(slots)), "slot names"),
    ]
    if corpus.templates:
        figures.append((number(len(corpus.templates)), "templates"))
    generated = sum(1 for row in corpus.rows if row["generation"] or row["origin"] == "gan")
    if generated:
        figures.append((number(generated), "rows by the generator"))
    if corpus.clips:
        minutes = sum(clip["duration_s"] for clip in corpus.clips) / 60
        voices = {(clip["engine"], clip["voice"]) for clip in corpus.clips}
        figures += [
            (number(len(corpus.clips)), "clips"),
            (f"{minutes:.1f}", "minutes of audio"),
            (number(len(voices)), "voice" if len(voices) == 1 else "voices"),
        ]
    lost = sum(one.total for one in corpus.dropped if one.unit != "candidates")
    if not corpus.release or corpus.dropped:
        figures.append((number(lost), "rows and clips dropped"))
    return figures


def _verdicts(corpus: Corpus) -> list[tuple[str, str, str]]:
    """(kind, head, sentence): what holds ("good"), what to be careful with ("care")."""
    found: list[tuple[str, str, str]] = []
    generated = sum(1 for row in corpus.rows if row["origin"] == "gan")
    notes = list(corpus.notes)
    # Said below from the clips themselves.
    notes = [note for note in notes if "splits that share no voice" not in note]
    expansion = [note for note in notes if note.startswith("expansion: not shown to help")]
    if generated:
        said = f"{number(generated)} rows ({percent(generated, len(corpus.rows))}) come from the "
        said += "text generator; no figure says that training on them helps."
        head = "Expansion: not shown to help"
        for note in expansion:
            notes.remove(note)
            head = note[:1].upper() + note[1:].rstrip(".")
        found.append(("care", head, said))
    elif not corpus.release:
        found.append(("", "Expansion: no generated rows", "Every row is from templates or real."))
    clean = corpus.facts.get("clean", {})
    if clean.get("leaks") == 0:
        said = "Followed through parents to the root templates, no row and no template stands in "
        found.append(("good", "No leak between splits", said + "two splits."))
    if corpus.clips:
        found.append(_voices(corpus))
    found += [("care", _head(note), _tail(note)) for note in notes]
    return found


def _voices(corpus: Corpus) -> tuple[str, str, str]:
    voices: dict[tuple[str, str], set[str]] = {}
    for clip in corpus.clips:
        voices.setdefault((clip["engine"], clip["voice"]), set()).add(clip["split"])
    shared = sum(1 for splits in voices.values() if len(splits) > 1)
    count = len(voices)
    if not shared and count >= _FEW_VOICES:
        return ("good", "Voices are disjoint", f"No voice of {count} speaks in two splits.")
    said = f"{shared} of {count} voices speak in more than one split, so a figure on the test "
    said += "clips says nothing about voices that were not heard in training."
    if count == 1:
        said = "One voice speaks everything: a model will learn this voice, not speech."
    return ("care", "Voices are shared between splits" if count > 1 else "One voice", said)


def _head(note: str) -> str:
    head, colon, _ = note.partition(": ")
    return (head[:1].upper() + head[1:]) if colon and _is_head(head) else "Note"


def _is_head(head: str) -> bool:
    """A word or two before a colon, not a language tag."""
    return len(head) > 3 and len(head.split()) <= 2


def _tail(note: str) -> str:
    head, colon, tail = note.partition(": ")
    said = tail if colon and _is_head(head) else note
    said = said[:1].upper() + said[1:]
    return said if said.endswith((".", "!", "?")) else said + "."
