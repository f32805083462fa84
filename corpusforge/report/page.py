"""The page: sections in their order, style and script inside, nothing fetched."""

from __future__ import annotations

from importlib import resources

from corpusforge.report.data import Corpus
from corpusforge.report.expansion import expansion_section
from corpusforge.report.markup import Markup, element, join
from corpusforge.report.sections import (
    bias_section,
    counts_section,
    dropped_section,
    listen_section,
    rows_section,
)
from corpusforge.report.summary import summary_section
from corpusforge.report.templates import templates_section
from corpusforge.report.usefulness import usefulness_section

__all__ = ["POLICY", "asset", "render"]

# Nothing but what stands in the page itself may be loaded, whatever a row says.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
)
_LINKS = (
    ("counts", "What is in it"),
    ("rows", "Rows"),
    ("listen", "Listen"),
    ("help", "Does it help?"),
    ("expansion", "Expansion"),
    ("dropped", "Dropped"),
    ("bias", "Bias"),
    ("templates", "Templates"),
)


def render(corpus: Corpus, *, rows: int, players: int) -> str:
    """The whole page as HTML.

    Args:
        corpus: What to show.
        rows: Most sample rows.
        players: Most audio players.
    """
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", {}, f"{corpus.title}: corpus report"),
        # An icon of its own, so that no browser asks a server for one.
        element("link", {"rel": "icon", "href": "data:,"}),
        asset("style", "page.css"),
    )
    links = [element("li", {}, element("a", {"href": f"#{key}"}, title)) for key, title in _LINKS]
    header = element(
        "header",
        {},
        element("h1", {}, corpus.title),
        element("p", {"class": "lead"}, corpus.description) if corpus.description else Markup(""),
        element("nav", {"aria-label": "Sections"}, element("ul", {}, *links)),
    )
    main = element(
        "main",
        {},
        summary_section(corpus),
        counts_section(corpus),
        rows_section(corpus, rows),
        listen_section(corpus, players),
        usefulness_section(corpus),
        expansion_section(corpus),
        dropped_section(corpus),
        bias_section(corpus),
        templates_section(corpus),
    )
    footer = element(
        "footer",
        {},
        element(
            "p",
            {},
            "Made by corpusforge. Built again from the same recipe, this page has "
            "the same bytes, so it names no date and no machine.",
        ),
    )
    body = element("body", {}, header, main, footer, asset("script", "page.js"))
    page = element("html", {"lang": "en"}, head, body)
    return "<!doctype html>\n" + join((page, "\n"))


def asset(tag: str, name: str) -> Markup:
    """A file of this package as an element; its text is ours, so it is not escaped."""
    content = resources.files("corpusforge.report").joinpath(name).read_text(encoding="utf-8")
    return Markup(f"<{tag}>\n{content}</{tag}>")
