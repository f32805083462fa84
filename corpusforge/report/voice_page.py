"""The page of `corpusforge voices --page`: every voice with a sentence to listen to."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from itertools import groupby

from corpusforge.core.voice_sample import VoiceSample
from corpusforge.report.markup import Markup, element, join
from corpusforge.report.page import POLICY, asset

__all__ = ["voice_page"]


def voice_page(voices: Sequence[VoiceSample], lang: str | None, to_add: Sequence[str]) -> str:
    """The page as HTML; everything it needs stands in it.

    Args:
        voices: In the order to show; those of an engine stand together.
        lang: The language that was asked for, None = all.
        to_add: How to get more voices, a sentence each.
    """
    title = f"Voices for {lang}" if lang else "Voices"
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", {}, title),
        element("link", {"rel": "icon", "href": "data:,"}),
        asset("style", "page.css"),
    )
    heard = [voice for voice in voices if voice.flac]
    families = sorted({voice.family for voice in heard})
    figures = [
        (str(len(heard)), "voices to hear"),
        (str(len({voice.lang for voice in heard})), "languages and accents"),
        (str(len(families)), "families of engines"),
        *((str(sum(v.gender == g for v in heard)), g) for g in ("female", "male")),
    ]
    tiles = [
        element("li", {}, element("strong", {}, n), element("span", {}, w)) for n, w in figures
    ]
    engines = [(key, list(group)) for key, group in groupby(voices, key=lambda v: v.engine)]
    links = [
        element("li", {}, element("a", {"href": f"#{name}"}, text))
        for name, text in [*((key, key) for key, _ in engines), ("more", "How to add more")]
    ]
    header = element(
        "header",
        {},
        element("h1", {}, title),
        element("p", {"class": "lead"}, "One sentence of each voice, as its engine speaks it."),
        element("nav", {"aria-label": "Sections"}, element("ul", {}, *links)),
    )
    more = element(
        "section",
        {"id": "more"},
        element("h2", {}, "How to add more"),
        element("ul", {}, *(element("li", {}, way) for way in to_add)),
    )
    main = element(
        "main",
        {},
        element("ul", {"class": "figures"}, *tiles),
        *(_engine_section(name, group) for name, group in engines),
        more,
    )
    page = element("html", {"lang": "en"}, head, element("body", {}, header, main))
    return "<!doctype html>\n" + join((page, "\n"))


def _engine_section(engine: str, voices: Sequence[VoiceSample]) -> Markup:
    usable = [voice for voice in voices if voice.flac]
    silent = [voice for voice in voices if not voice.flac]
    parts = [element("h2", {}, f"{engine} ({voices[0].family})")]
    if usable:
        parts.append(element("ol", {"class": "players"}, *map(_card, usable)))
    if silent:
        reasons: dict[str, list[str]] = {}
        for voice in silent:
            named = voice.name and f"{voice.name} ({voice.lang})"
            reasons.setdefault(voice.why_not, []).append(named)
        lines = [
            element("li", {}, f"{', '.join(filter(None, names)) or 'all voices'}: {why}")
            for why, names in reasons.items()
        ]
        parts.append(element("p", {"class": "more"}, "Not to be heard here:"))
        parts.append(element("ul", {"class": "more"}, *lines))
    return element("section", {"id": engine}, *parts)


def _card(voice: VoiceSample) -> Markup:
    source = "data:audio/flac;base64," + b64encode(voice.flac).decode("ascii")
    label = f"{voice.text}, spoken by {voice.name}"
    player = element(
        "audio", {"controls": True, "preload": "metadata", "src": source, "aria-label": label}
    )
    facts = [
        voice.lang,
        voice.gender or "sex not declared",
        voice.accent,
        voice.license,
        voice.pseudo_of and f"pseudo-speaker of {voice.pseudo_of}",
        voice.source and f"of the recipe: {voice.source}",
    ]
    return element(
        "li",
        {},
        element("h3", {}, voice.name),
        element("p", {"class": "say", "lang": voice.lang, "dir": "auto"}, voice.text),
        player,
        element("ul", {"class": "facts"}, *(element("li", {}, fact) for fact in facts if fact)),
    )
