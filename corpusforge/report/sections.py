"""The sections of the page, each a function of the corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from corpusforge.core.origins import is_generator
from corpusforge.core.schema import SPLITS
from corpusforge.report.audio import choose_clips, player_list
from corpusforge.report.charts import Series, bars, counted, histogram, legend, number, percent
from corpusforge.report.data import Corpus, Dropped
from corpusforge.report.markup import Markup, element, join
from corpusforge.report.rows import row_list, sample_rows, slot_colors

__all__ = [
    "bias_section",
    "counts_section",
    "dropped_section",
    "listen_section",
    "rows_section",
    "section",
    "table",
]

_ORIGIN_COLORS = {"grammar": 0, "real": 2, "counterfactual": 4}
_GENERATOR_COLOR, _OTHER_COLOR = 1, 5
_SPLIT_COLORS = {"train": 0, "validation": 5, "test": 3}
_GENDERS = {"f": 1, "m": 0, "female": 1, "male": 0}


def section(key: str, title: str, *children: Markup) -> Markup:
    """A section with an anchor."""
    heading = element("h2", {"id": f"{key}-title"}, title)
    attributes = {"id": key, "aria-labelledby": f"{key}-title"}
    return element("section", attributes, heading, *children)


def table(head: Sequence[str], rows: Sequence[Sequence[Markup | str | int]]) -> Markup:
    """A table that scrolls by itself when it is wider than the page; numbers stand right."""
    right = {
        place
        for place in range(1, len(head))
        if all(_numeric(row[place]) for row in rows) and any(row[place] != "-" for row in rows)
    }
    cells = [
        element("th", {"scope": "col", "class": "n" if place in right else None}, name)
        for place, name in enumerate(head)
    ]
    body = []
    for row in rows:
        written = [element("th", {"scope": "row"}, row[0])]
        for place, cell in enumerate(row[1:], start=1):
            shown = number(cell) if isinstance(cell, int) else cell
            written.append(element("td", {"class": "n" if place in right else None}, shown))
        body.append(element("tr", {}, *written))
    inner = join(
        (
            element("thead", {}, element("tr", {}, *cells)),
            element("tbody", {}, *body),
        )
    )
    return element(
        "div",
        {"class": "scroll", "tabindex": 0, "role": "group", "aria-label": " / ".join(head)},
        element("table", {}, inner),
    )


def _numeric(cell: Markup | str | int) -> bool:
    if isinstance(cell, int):
        return True
    return not isinstance(cell, Markup) and (cell == "-" or cell[:1].isdigit() or "10^" in cell)


def _origin_color(origin: str) -> int:
    """Colour class of an origin; all generators have one, a corpus is made with one of them."""
    other = _GENERATOR_COLOR if is_generator(origin) else _OTHER_COLOR
    return _ORIGIN_COLORS.get(origin, other)


def _origins_of(corpus: Corpus) -> list[str]:
    present = corpus.count("origin")
    return sorted(present, key=lambda name: (_origin_color(name), name))


def counts_section(corpus: Corpus) -> Markup:
    """Rows per intent, slot, split and origin; clips per voice, durations, noise."""
    origins = _origins_of(corpus)
    colors = {name: _origin_color(name) for name in origins}
    cells = Counter((row["intent"], row["origin"]) for row in corpus.rows)
    intents = sorted(corpus.count("intent").items(), key=lambda item: (-item[1], item[0]))
    by_intent = [
        Series(intent, {origin: cells[intent, origin] for origin in origins})
        for intent, _ in intents
    ]
    slots = Counter(
        (slot["name"], row["origin"]) for row in corpus.rows for slot in row["slots"] or ()
    )
    totals = Counter(slot["name"] for row in corpus.rows for slot in row["slots"] or ())
    by_slot = [
        Series(name, {origin: slots[name, origin] for origin in origins})
        for name, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]
    charts = [
        element(
            "div",
            {"class": "wide"},
            legend(colors, origins) if len(origins) > 1 else Markup(""),
            element(
                "div",
                {"class": "charts two"},
                bars("Rows per intent", by_intent, colors, "rows"),
                bars("Slots per name", by_slot, colors, "slots"),
            ),
        ),
        element(
            "div",
            {"class": "charts"},
            _split_chart(corpus),
            bars(
                "Rows per origin",
                [Series(name, {name: corpus.count("origin")[name]}) for name in origins],
                colors,
                "rows",
                len(corpus.rows),
            ),
            *_text_lengths(corpus),
        ),
    ]
    if corpus.clips:
        charts.append(_clip_charts(corpus))
    details = element(
        "details",
        {},
        element("summary", {}, "Rows per intent and split, as a table"),
        _intent_table(corpus),
    )
    return section("counts", "What is in it", *charts, details)


def _split_chart(corpus: Corpus) -> Markup:
    counts = corpus.count("split")
    names = [name for name in SPLITS if counts[name]]
    total = len(corpus.rows)
    series = [
        Series(name, {name: counts[name]}, f"({percent(counts[name], total)})") for name in names
    ]
    return bars("Rows per split", series, _SPLIT_COLORS, "rows", total)


def _text_lengths(corpus: Corpus) -> list[Markup]:
    if not corpus.rows:
        return []
    words = np.array([len(row["text"].split()) for row in corpus.rows], dtype=np.float64)
    return [histogram("Words per row", words, "words")]


def _clip_charts(corpus: Corpus) -> Markup:
    voices = Counter(
        (f"{clip['engine']} {clip['voice']}", clip["voice_gender"] or "not declared")
        for clip in corpus.clips
    )
    series = [
        Series(voice, {gender: count}, f"({gender})")
        for (voice, gender), count in sorted(voices.items(), key=lambda item: (-item[1], item[0]))
    ]
    genders = {name: _GENDERS.get(name, 5) for _, name in voices}
    seconds = np.array([clip["duration_s"] for clip in corpus.clips], dtype=np.float64)
    charts = [
        bars("Clips per voice", series, genders, "clips"),
        histogram("Duration of clips, seconds", seconds, "s"),
    ]
    noisy = [clip["snr_db"] for clip in corpus.clips if clip["snr_db"] is not None]
    charts.append(
        histogram(
            "Signal to noise of clips with noise, dB", np.array(noisy, dtype=np.float64), "dB"
        )
    )
    clean = len(corpus.clips) - len(noisy)
    said = f"{number(clean)} of {number(len(corpus.clips))} clips had no noise added."
    wrong = [clip["score_wer"] for clip in corpus.clips if clip["score_wer"] is not None]
    if wrong:
        said += f" {number(len(wrong))} were held against what a recogniser hears: on average "
        said += f"{np.mean(wrong):.0%} of the words wrong."
    return join(
        (element("div", {"class": "charts"}, *charts), element("p", {"class": "more"}, said))
    )


def _intent_table(corpus: Corpus) -> Markup:
    cells = Counter((row["intent"], row["split"]) for row in corpus.rows)
    clips = Counter(clip["intent"] for clip in corpus.clips)
    head = ["intent", *SPLITS, "all", *(["clips"] if corpus.clips else [])]
    rows: list[list[Markup | str | int]] = []
    for intent, total in sorted(corpus.count("intent").items()):
        rows.append([intent, *(cells[intent, split] for split in SPLITS), total])
        if corpus.clips:
            rows[-1].append(clips[intent])
    return table(head, rows)


def rows_section(corpus: Corpus, count: int) -> Markup:
    """A sample of rows with their slots marked, and the controls that filter them."""
    sample = sample_rows(corpus.rows, count)
    said = f"{len(sample)} of {number(len(corpus.rows))} rows, spread over intents, splits and "
    said += "origins: rare kinds are shown more often than they are. Among equals a hash decides."
    if corpus.private.get("rows"):
        said += " Real rows that are not published are not shown here."
    children = [
        element("p", {}, said),
        _filters(sample),
        row_list(sample, corpus.texts, slot_colors(corpus.rows)),
    ]
    return section("rows", "Rows", *children)


def _filters(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Hidden until the script shows them: without a script all rows are there anyway."""
    fields = []
    for key in ("intent", "split", "origin"):
        values = sorted({str(row[key]) for row in rows})
        options = [element("option", {"value": ""}, "all")]
        options += [element("option", {"value": value}, value) for value in values]
        select = element("select", {"data-filter": key, "id": f"filter-{key}"}, *options)
        fields.append(element("label", {"for": f"filter-{key}"}, f"{key} ", select))
    shown = element("output", {"id": "row-count", "aria-live": "polite"})
    return element(
        "form", {"class": "filters", "id": "row-filters", "hidden": True}, *fields, shown
    )


def listen_section(corpus: Corpus, count: int) -> Markup:
    """Players."""
    chosen = choose_clips(corpus.clips, corpus.read_audio, count)
    if not chosen:
        why = "No clips were made." if not corpus.clips else "The audio files are not at hand."
        return section("listen", "Listen", element("p", {}, why))
    said = (
        f"{len(chosen)} of {number(len(corpus.clips))} clips, spread over voices, intents, "
        "origins, splits, rooms and noise."
    )
    return section(
        "listen", "Listen", element("p", {}, said), player_list(chosen, slot_colors(corpus.rows))
    )


def dropped_section(corpus: Corpus) -> Markup:
    """What was put aside, by stage, filter and reason, with examples."""
    title = "What was dropped, and why"
    if not corpus.dropped:
        unknown = "This release does not say what was dropped."
        said = unknown if corpus.release else "Nothing was dropped."
        return section("dropped", title, element("p", {}, said))
    said = (
        "Every dropped row is kept in the run folder (dropped.parquet of its stage) beside its "
        "reason, score and threshold"
    )
    said += "; a release holds the counts only." if corpus.release else "."
    private = corpus.private.get("dropped_rows", 0), corpus.private.get("dropped_clips", 0)
    if any(private):
        said += (
            f" Not told of here: {counted(private[0], 'row')} and {counted(private[1], 'clip')} "
            "that would not have been published."
        )
    parts: list[Markup] = [element("p", {}, said)]
    for stage, group in groupby(corpus.dropped, key=lambda one: one.stage):
        filters = list(group)
        series = [Series(one.filter, {"dropped": one.total}) for one in filters]
        unit = filters[0].unit
        parts.append(
            element(
                "div",
                {"class": "stage"},
                bars(f"Stage {stage}: {unit} dropped per filter", series, {"dropped": 7}, unit),
                *(_reasons(one, corpus) for one in filters if _has_reasons(one)),
            )
        )
    return section("dropped", title, *parts)


def _has_reasons(one: Dropped) -> bool:
    """More to say than the chart does: a release knows filters, but neither reasons nor rows."""
    return bool(one.examples) or set(one.reasons) != {one.filter}


def _reasons(one: Dropped, corpus: Corpus) -> Markup:
    """One filter: its reasons (the frequent ones) and examples."""
    listed = list(one.reasons.items())
    lines = [element("li", {}, f"{reason}: {number(count)}") for reason, count in listed[:6]]
    if len(listed) > 6:
        rest = sum(count for _, count in listed[6:])
        lines.append(element("li", {}, f"{len(listed) - 6} other reasons: {number(rest)}"))
    examples = []
    for row in one.examples:
        twin = corpus.texts.get(row["twin_id"] or "")
        parts: list[Markup | str] = [element("q", {"dir": "auto"}, row["text"])]
        parts.append(f" ({row['intent']}): {row['reason']}")
        if twin is not None and twin != row["text"]:
            parts += ["; stays: ", element("q", {"dir": "auto"}, twin)]
        examples.append(element("li", {}, *parts))
    return element(
        "details",
        {"open": len(corpus.dropped) <= 3},
        element("summary", {}, _reasons_head(one)),
        element("ul", {}, *lines),
        element("p", {"class": "more"}, "Examples") if examples else Markup(""),
        element("ul", {"class": "examples"}, *examples),
    )


def _reasons_head(one: Dropped) -> str:
    shown = "reasons, examples" if one.examples else "reasons"
    return f"{one.filter}: {counted(one.total, one.unit.removesuffix('s'))}, {shown}"


def bias_section(corpus: Corpus) -> Markup:
    """Declared attributes of slot values against intents."""
    entries = corpus.bias.get("attributes", ())
    if not entries:
        said = (
            "This release holds no bias figures."
            if corpus.release
            else "Not measured: the recipe names no attribute (clean.bias_attributes)."
        )
        return section("bias", "Bias", element("p", {}, said))
    parts = [_bias_entry(entry) for entry in entries]
    limits = element("p", {"class": "more"}, corpus.bias.get("limits", ""))
    return section("bias", "Bias", *parts, limits)


def _bias_entry(entry: Mapping[str, Any]) -> Markup:
    name = entry["attribute"]
    if entry["status"] != "measured":
        return element("p", {}, f"{name}: {entry['status']}.")
    intents, values, counts = entry["intents"], entry["values"], entry["counts"]
    colors = {value: place % 6 for place, value in enumerate(values)}
    series = [
        Series(intent, dict(zip(values, row, strict=True)), f"({' / '.join(map(number, row))})")
        for intent, row in zip(intents, counts, strict=True)
    ]
    said = (
        f"{number(entry['mentions'])} mentions. Association with the intent: Cramer's V "
        f"{_figure(entry['cramers_v'])} (95 % interval {_figure(entry['interval_95'][0])} to "
        f"{_figure(entry['interval_95'][1])}); with no association at all, one draw in twenty "
        f"reaches {_figure(entry['independent_95'])}. The rarest value has "
        f"{_figure(entry['representation'])} of the mentions of the most frequent one."
    )
    return element(
        "div",
        {"class": "stage"},
        element("p", {}, said),
        legend(colors, values),
        bars(f"Mentions of {name} per intent", series, colors, "mentions"),
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
