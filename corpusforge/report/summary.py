"""The top of the page: what this is, the figures, and what a reader must know."""

from __future__ import annotations

from corpusforge.core.gate import KEPT_OUT
from corpusforge.core.origins import is_generator
from corpusforge.core.voice_names import behind_several_splits
from corpusforge.report.charts import counted, number, percent
from corpusforge.report.data import Corpus
from corpusforge.report.markup import Markup, element
from corpusforge.report.usefulness import expansion_helps

__all__ = ["summary_section"]

_SIGNIFICANT = 0.05


def summary_section(corpus: Corpus) -> Markup:
    """Figures of the release, verdicts, and the notes of the stages."""
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
        *_notes(corpus),
    )


def _notes(corpus: Corpus) -> list[Markup]:
    """What the stages noted, as they said it."""
    if not corpus.notes:
        return []
    items = [
        element("li", {}, element("b", {}, f"{stage}: "), said.removeprefix(f"{stage}: "))
        for stage, said in corpus.notes
    ]
    title = f"{counted(len(items), 'note')} of the stages"
    return [
        element("details", {"open": True}, element("summary", {}, title), element("ul", {}, *items))
    ]


def _what(corpus: Corpus) -> str:
    synthetic = len(corpus.rows) - corpus.count("origin")["real"]
    said = f"A corpus for intent classification and voice assistants. Language: {corpus.lang}. "
    said += f"License of the rows: {corpus.license}. " if corpus.license else ""
    said += f"{percent(synthetic, len(corpus.rows))} of the rows are synthetic"
    return said + (", and so is every voice." if corpus.clips else ".")


def _figures(corpus: Corpus) -> list[tuple[str, str]]:
    slots = {slot["name"] for row in corpus.rows for slot in row["slots"] or ()}
    figures = [
        _figure(len(corpus.rows), "row"),
        _figure(len(corpus.count("intent")), "intent"),
        _figure(len(slots), "slot name"),
    ]
    if corpus.templates:
        figures.append(_figure(len(corpus.templates), "template"))
    generated = sum(1 for row in corpus.rows if row["generation"] or is_generator(row["origin"]))
    if generated:
        figures.append((number(generated), "by the generator"))
    if corpus.clips:
        minutes = sum(clip["duration_s"] for clip in corpus.clips) / 60
        voices = {(clip["engine"], clip["voice"]) for clip in corpus.clips}
        figures += [
            _figure(len(corpus.clips), "clip"),
            (f"{minutes:.1f}", "minutes of audio"),
            _figure(len(voices), "voice"),
        ]
    lost = sum(one.total for one in corpus.dropped if one.unit != "candidates")
    if not corpus.release or corpus.dropped:
        figures.append((number(lost), "dropped, rows and clips"))
    if corpus.private.get("rows"):
        figures.append((number(corpus.private["rows"]), "real, not published"))
    return figures


def _figure(value: int, what: str) -> tuple[str, str]:
    return number(value), what if value == 1 else f"{what}s"


def _verdicts(corpus: Corpus) -> list[tuple[str, str, str]]:
    """(kind, head, sentence): what holds ("good"), what to be careful with ("care")."""
    found: list[tuple[str, str, str]] = []
    found += _usefulness(corpus)
    found += _expansion(corpus)
    if corpus.facts.get("clean", {}).get("leaks") == 0:
        proof = corpus.facts.get("grammar", {}).get("split_proof", {})
        held = (
            "no row and no held-out value"
            if proof.get("held_out") == "values"
            else ("no row and no template")
        )
        said = f"Followed through parents to the root templates, {held} stands in two splits."
        found.append(("good", "No leak between splits", said))
    if corpus.clips:
        found.append(_voices(corpus))
    found += _associations(corpus)
    found += _private(corpus)
    return found


def _usefulness(corpus: Corpus) -> list[tuple[str, str, str]]:
    """The verdict of the assessment on real rows."""
    if not corpus.assessment:
        return []
    code, reasons = corpus.assessment["verdict_code"], corpus.assessment["reasons"]
    kind = "good" if code == "use" else "care"
    head = f"On real rows: {corpus.assessment['verdict']}"
    return [(kind, head, f"{reasons[-1][:1].upper()}{reasons[-1][1:]}." if reasons else "")]


def _expansion(corpus: Corpus) -> list[tuple[str, str, str]]:
    """What became of generated rows."""
    generated = sum(1 for row in corpus.rows if row["generation"])
    if corpus.gate.expansion == KEPT_OUT:
        said = f"{counted(corpus.kept_out, 'generated row')} did not prove useful and "
        said += f"{'is' if corpus.kept_out == 1 else 'are'} offered apart, in config nlu_expanded: "
        return [("", "Expansion: kept out of config nlu", f"{said}{corpus.gate.reason}.")]
    if generated:
        come = "comes" if generated == 1 else "come"
        said = f"{counted(generated, 'row')} ({percent(generated, len(corpus.rows))}) {come} from "
        said += "the text generator; "
        if expansion_helps(corpus):
            return [("good", "Expansion: helps", f"{said}{corpus.gate.reason}.")]
        said += corpus.gate.reason or "no figure says that training on them helps"
        return [("care", "Expansion: not shown to help", f"{said}.")]
    if corpus.release:
        return []
    return [("", "Expansion: no generated rows", "Every row is from templates or real.")]


def _associations(corpus: Corpus) -> list[tuple[str, str, str]]:
    """Attributes that go with the intent more than chance explains."""
    found = []
    for entry in corpus.bias.get("attributes", ()):
        p_value = entry.get("p_value")
        if p_value is not None and p_value <= _SIGNIFICANT:
            said = f"Cramer's V with the intent is {entry['cramers_v']:.2f}; under independence "
            said += f"one draw in twenty reaches {entry['independent_95']:.2f}."
            found.append(("care", f"Bias: {entry['attribute']} goes with the intent", said))
    return found


def _private(corpus: Corpus) -> list[tuple[str, str, str]]:
    """What was used or made, but is not in the release."""
    rows, clips = corpus.private.get("rows", 0), corpus.private.get("clips", 0)
    if not rows:
        return []
    trained = corpus.kept_out or any(row["generation"] for row in corpus.rows)
    used = "trained the generator" if trained else "were read"
    used = "was read" if rows == 1 and used == "were read" else used
    said = f"{counted(rows, 'real row')} {used} and {'is' if rows == 1 else 'are'} not in the "
    said += "release"
    said += f", nor {counted(clips, 'clip')} of that kind" if clips else ""
    return [("", "Not published", said + "; the figures on this page leave them out.")]


def _voices(corpus: Corpus) -> tuple[str, str, str]:
    voices: dict[tuple[str, str], set[str]] = {}
    for clip in corpus.clips:
        voices.setdefault((clip["engine"], clip["voice"]), set()).add(clip["split"])
    shared = sum(1 for splits in voices.values() if len(splits) > 1)
    count = len(voices)
    if count == 1:
        said = "One voice speaks everything: a model will learn this voice, not speech."
        return ("care", "One voice", said)
    speak = "speaks" if shared == 1 else "speak"
    said = f"{number(shared)} of {counted(count, 'voice')} {speak} in more than one split"
    heard = ((clip["engine"], clip["voice"], clip["split"]) for clip in corpus.clips)
    if not shared and (behind := behind_several_splits(heard)):
        said += f". One voice each stands behind the pseudo-speakers of {', '.join(behind)}"
        return ("care", "Voices are disjoint only by pseudo-speaker", f"{said}.")
    if not shared:
        return ("good", "Voices are disjoint", f"{said}.")
    said += ", so a figure on the test clips says little about voices that were not heard in "
    return ("care", "Voices are shared between splits", f"{said}training.")
