"""The card: README.md with the front matter that the Hub reads, and a body for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import SPLITS
from corpusforge.export.front_matter import front_matter, license_expression
from corpusforge.export.release import ReleaseTables

__all__ = ["CardInput", "render_card"]

_MOST_REASONS = 12  # lines per filter in the table of dropped rows


@dataclass(frozen=True)
class CardInput:
    """What the card tells of.

    Attributes:
        recipe: The resolved recipe.
        release: The published rows and clips.
        content_sha256: Hash over everything in it.
        stages: Stage name -> its entry (rows_in, rows_out, dropped, notes), in order.
        dropped: (stage, filter, reason) -> rows or clips.
        bias: What clean wrote to bias.json.
        version: Version of corpusforge.
    """

    recipe: Recipe
    release: ReleaseTables
    content_sha256: str
    stages: Mapping[str, Mapping[str, Any]]
    dropped: Mapping[tuple[str, str, str], int]
    bias: Mapping[str, Any]
    version: str


def render_card(card: CardInput, folder: Path) -> str:
    """The text of README.md.

    Args:
        card: What it tells of.
        folder: The release folder, with its Parquet files in place.
    """
    head = front_matter(card.recipe, card.release, folder)
    front = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1000)
    sections = (
        _introduction(card),
        _loading(card),
        _counts(card),
        _making(card),
        _dropping(card),
        _expansion(card),
        _voices(card),
        _bias(card.bias),
        _limits(card),
        _licenses(card),
        _checking(card),
    )
    return f"---\n{front}---\n\n" + "\n\n".join(part for part in sections if part) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; cells are text, so pipes are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _introduction(card: CardInput) -> str:
    recipe, release = card.recipe, card.release
    origins = Counter(release.utterances["origin"].to_pylist())
    real = origins.get("real", 0)
    made = release.utterances.num_rows - real
    if not real:
        what = "All texts are synthetic"
    elif made:
        what = f"{made:,} of its texts are synthetic, {real:,} are real"
    else:
        what = "All texts are real, none is synthetic"
    voices = (
        " and all speech is generated: no recording of a person is in it"
        if release.clips.num_rows
        else ""
    )
    described = f"{recipe.description}\n\n" if recipe.description else ""
    return (
        f"# {recipe.pretty_name or recipe.name}\n\n{described}{what}{voices}. Made with "
        f"corpusforge {card.version} from the recipe `{recipe.name}`, seed {recipe.seed}."
    )


def _loading(card: CardInput) -> str:
    lines = ['nlu = load_dataset("path/or/repo", "nlu")']
    text = ""
    if card.release.clips.num_rows:
        lines.append('speech = load_dataset("path/or/repo", "speech")')
        text = (
            "\n\nDecoding `audio` needs `pip install 'datasets[audio]'`; without it, "
            '`speech.cast_column("audio", datasets.Audio(decode=False))` gives the FLAC bytes.'
        )
    code = "\n".join(["from datasets import load_dataset", "", *lines])
    return (
        f"## Loading\n\n```python\n{code}\n```{text}\n\n"
        "`slots` holds exact spans: `text[start:end]` is the slot's text, in Unicode code points; "
        "null means that a row is not annotated, an empty list that it has no slots. `bio` tags "
        "`tokens` and rebuilds the spans. `weight` is meant as a sample weight for a loss. "
        "`generation` is 0 for rows of the grammar and n + 1 for rows of a generator that was "
        "trained on generation n; `provenance/` tells each row's parents."
    )


def _counts(card: CardInput) -> str:
    release = card.release
    rows, clips = release.utterances, release.clips
    splits = [split for split in SPLITS if split in set(rows["split"].to_pylist())]
    per_split = Counter(rows["split"].to_pylist())
    clip_split = Counter(clips["split"].to_pylist())
    seconds: Counter[str] = Counter()
    columns = (clips[name].to_pylist() for name in ("split", "duration_s"))
    for split, duration_s in zip(*columns, strict=True):
        seconds[split] += duration_s
    first = _table(
        ["split", "rows", "clips", "minutes of speech"],
        [[s, per_split[s], clip_split[s], f"{seconds[s] / 60:.1f}"] for s in splits],
    )
    return (
        f"## Rows\n\n{first}\n\n{_crossed(rows, 'origin', splits)}\n\n"
        f"{_crossed(rows, 'intent', splits)}\n\n"
        "Splits are made by template before anything is fitted: validation and test hold other "
        "sentences than train, and generated rows stand in train only."
    )


def _crossed(rows: pa.Table, column: str, splits: Sequence[str]) -> str:
    """Rows by the values of a column and by split."""
    pairs = Counter(zip(rows[column].to_pylist(), rows["split"].to_pylist(), strict=True))
    values = sorted({value for value, _ in pairs})
    return _table([column, *splits], [[v, *(pairs[v, split] for split in splits)] for v in values])


def _making(card: CardInput) -> str:
    steps = [
        [name, entry.get("rows_in", ""), entry.get("rows_out", "")]
        for name, entry in card.stages.items()
    ]
    notes = [note for entry in card.stages.values() for note in entry.get("notes", ())]
    listed = "\n".join(f"- {note}" for note in notes)
    made = set(card.release.utterances["origin"].to_pylist()) - {"real", "grammar"}
    told = ["sentence templates are expanded to rows with exact slots (grammar)"]
    if made:
        told.append("a generator trained on the train rows adds new sentences (expand)")
    told.append("copies and broken rows are taken out (clean)")
    if card.release.clips.num_rows:
        told.append(
            "some rows are spoken by synthetic voices in simulated rooms and noise (speech)"
        )
        told.append("broken clips are taken out (audio_gate)")
    way = ", ".join(told)
    return (
        f"## How it was made\n\n{way[0].upper()}{way[1:]}. Spans are carried along, never guessed "
        "again.\n\n"
        + _table(["stage", "in", "out"], steps)
        + (f"\n\nNotes of the build:\n\n{listed}" if notes else "")
    )


def _dropping(card: CardInput) -> str:
    if not card.dropped:
        return "## What was dropped\n\nNothing."
    reasons = Counter((stage, name) for stage, name, _ in card.dropped)
    rows: Counter[tuple[str, str, str]] = Counter()
    for (stage, name, reason), count in card.dropped.items():
        many = reasons[stage, name] > _MOST_REASONS
        rows[stage, name, "various, see the report" if many else reason] += count
    return "## What was dropped, and why\n\n" + _table(
        ["stage", "filter", "reason", "rows"], [[*key, n] for key, n in sorted(rows.items())]
    )


def _expansion(card: CardInput) -> str:
    made = sum(1 for generation in card.release.utterances["generation"].to_pylist() if generation)
    if not made:
        return ""
    return (
        f"## Does the expansion help?\n\nNot shown to help. {made:,} rows come from a text "
        "generator that was trained on the train rows. No experiment of this build shows that a "
        "classifier gets better with them. They are weighted down; leave them out with "
        '`nlu.filter(lambda row: row["generation"] == 0)`.'
    )


def _voices(card: CardInput) -> str:
    clips = card.release.clips
    if not clips.num_rows:
        return ""
    names = ("engine", "engine_version", "voice", "voice_license", "voice_gender", "voice_accent")
    counted = Counter(zip(*(clips[name].to_pylist() for name in names), strict=True))
    rows = [
        [*(cell or "" for cell in key), count]
        for key, count in sorted(counted.items(), key=lambda item: str(item[0]))
    ]
    return (
        "## Voices\n\n"
        + _table(["engine", "version", "voice", "license", "gender", "accent", "clips"], rows)
        + "\n\nAll of this speech is generated."
    )


def _bias(bias: Mapping[str, Any]) -> str:
    if bias.get("status") != "measured":
        return (
            "## Bias\n\nThe recipe names no attribute of its values (clean.bias_attributes), so "
            "no association of groups with intents was measured."
        )
    rows = []
    for entry in bias["attributes"]:
        low, high = entry.get("interval_95") or (None, None)
        rows.append(
            [
                entry["attribute"],
                entry["status"],
                entry.get("mentions", ""),
                _figure(entry.get("representation")),
                _figure(entry.get("cramers_v")),
                f"{_figure(low)} to {_figure(high)}",
                _figure(entry.get("independent_95")),
                _figure(entry.get("p_value"), 3),
            ]
        )
    head = [
        "attribute",
        "status",
        "mentions",
        "rarest : most frequent",
        "Cramer's V with intent",
        "95 % interval",
        "95 % of V if independent",
        "p",
    ]
    return f"## Bias\n\n{_table(head, rows)}\n\n{bias['limits']}"


def _figure(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _limits(card: CardInput) -> str:
    clips = card.release.clips
    lines = [
        "People say things that no template foresaw: figures on validation and test of this "
        "corpus tell how well a model learned the corpus, not how well it understands people. "
        "Test on real data before use.",
        "Frequencies of intents, values and phrasings are those of the recipe, not of any use.",
    ]
    if set(card.release.utterances["origin"].to_pylist()) == {"real"}:
        lines = ["Rows are as they were found, but for those that were dropped (see above)."]
    if clips.num_rows:
        names = ("engine", "voice", "split")
        places = set(zip(*(clips[name].to_pylist() for name in names), strict=True))
        voices = {(engine, voice) for engine, voice, _ in places}
        shared = len(places) > len(voices)
        lines.append(
            ("One synthetic voice speaks" if len(voices) == 1 else f"{len(voices)} voices speak")
            + (
                " in all splits: a result on the test split says little about new speakers"
                if shared
                else ", none in two splits"
            )
            + "; rooms and noises are simulated."
        )
    return "## Known limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _licenses(card: CardInput) -> str:
    rows = Counter(card.release.utterances["license"].to_pylist())
    voices = Counter(card.release.clips["voice_license"].to_pylist())
    listed = [["rows", name, count] for name, count in sorted(rows.items())]
    listed += [["voices", name or "not stated", n] for name, n in sorted(voices.items(), key=str)]
    return (
        f"## License\n\n{license_expression(card.release)}\n\n"
        + _table(["of", "license", "rows or clips"], listed)
        + "\n\nEach row names its license. The license of a voice is that of the voice model."
    )


def _checking(card: CardInput) -> str:
    return (
        "## Checking\n\n`sha256sum -c SHA256SUMS` checks the files. The content, rows and samples "
        f"whatever the file format, has the SHA-256\n`{card.content_sha256}`; `release.json` "
        "holds it per config and split, with the recipe and the versions that made it."
    )
