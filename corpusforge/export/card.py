"""The card: README.md with the front matter that the Hub reads, and a body for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.core.gate import Gate
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import SPLITS
from corpusforge.core.voice_names import behind_several_splits
from corpusforge.export.accounts import Accounts, Step, counted
from corpusforge.export.front_matter import as_yaml, front_matter
from corpusforge.export.licenses import (
    LICENSE_FILE,
    NOT_STATED,
    expression_of,
    no_person,
    noise_licenses,
    row_licenses,
    tool_sentence,
    voice_licenses,
)
from corpusforge.export.release import EXPANDED, ReleaseTables
from corpusforge.export.shown import shown_section
from corpusforge.export.usefulness import usefulness_section

__all__ = ["CardInput", "render_card"]

_MOST_REASONS = 12  # lines per filter in the table of dropped rows

# What a program is at is not known: its clips name the version of what reads its files.
_NO_VERSION = ("command",)


@dataclass(frozen=True)
class CardInput:
    """What the card tells of.

    Attributes:
        recipe: The resolved recipe.
        release: The published rows and clips.
        content_sha256: Hash over everything in it.
        accounts: What became of every row and clip.
        bias: What clean wrote to bias.json.
        version: Version of corpusforge.
        assessment: What the stage assess wrote to assess.json, {} without real rows.
        gate: What it decided about generated rows.
        grammar: From `shown.released_facts`.
    """

    recipe: Recipe
    release: ReleaseTables
    content_sha256: str
    accounts: Accounts
    bias: Mapping[str, Any]
    version: str
    assessment: Mapping[str, Any] = field(default_factory=dict)
    gate: Gate = field(default_factory=Gate)
    grammar: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kept_out(self) -> int:
        """Rows that stand in nlu_expanded only."""
        kept: int = self.release.all_rows.num_rows - self.release.utterances.num_rows
        return kept


def render_card(card: CardInput, folder: Path) -> str:
    """The text of README.md.

    Args:
        card: What it tells of.
        folder: The release folder, with its Parquet files in place.
    """
    front = as_yaml(front_matter(card.recipe, card.release, folder))
    sections = (
        _introduction(card),
        _loading(card),
        _counts(card),
        _making(card),
        shown_section(card.grammar),
        _dropping(card),
        usefulness_section(
            card.assessment, card.gate, _generated(card.release.utterances), card.kept_out
        ),
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
        f" and all speech is generated: {no_person(release.clips)}"
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
    if card.kept_out:
        lines.append(f'more = load_dataset("path/or/repo", "{EXPANDED}")')
    if card.release.clips.num_rows:
        lines.append('speech = load_dataset("path/or/repo", "speech")')
        text = (
            "\n\nDecoding `audio` needs `pip install 'datasets[audio]'`; without it, "
            '`speech.cast_column("audio", datasets.Audio(decode=False))` gives the FLAC bytes. '
            "`words` tells when each white-space separated word of `spoken` is heard, in seconds "
            "from the start of the clip; null where the engine does not tell. `spoken_slots` are "
            "the slots as spans of `spoken`, with the times of the words they touch; null where a "
            "slot cannot be followed into the spoken form."
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
    private = card.accounts.private["rows"]
    apart = ""
    if private:
        trained = _generated(card.release.all_rows) > 0
        what = "trained the generator" if trained else "were read"
        were = what.replace("were", "was") if private == 1 else what
        are = "is" if private == 1 else "are"
        apart = f"\n\n{counted(private, 'real row')} {were} and {are} not in the release."
    return (
        f"## Rows\n\n{first}{apart}\n\n{_crossed(rows, 'origin', splits)}\n\n"
        f"{_crossed(rows, 'intent', splits)}\n\n"
        f"{_split_rule(card)}, and generated rows stand in train only."
    )


def _split_rule(card: CardInput) -> str:
    if card.recipe.grammar.path is None:
        return "Splits are made by carrier phrase before anything is fitted"
    rule = {
        "templates": "template before anything is fitted: validation and test hold other sentences "
        "than train",
        "values": "slot value before anything is fitted: validation and test hold the sentences of "
        "train with other values",
        "both": "template and by slot value before anything is fitted: validation and test hold "
        "other sentences and other values than train",
    }[card.recipe.grammar.hold_out]
    return f"Splits are made by {rule}"


def _crossed(rows: pa.Table, column: str, splits: Sequence[str]) -> str:
    """Rows by the values of a column and by split."""
    pairs = Counter(zip(rows[column].to_pylist(), rows["split"].to_pylist(), strict=True))
    values = sorted({value for value, _ in pairs})
    return _table([column, *splits], [[v, *(pairs[v, split] for split in splits)] for v in values])


def _making(card: CardInput) -> str:
    accounts = card.accounts
    steps = [
        [step.stage, step.unit, step.came, step.added, _lost(step), step.left]
        for step in accounts.steps
    ]
    listed = "\n".join(f"- {note}" for note in accounts.notes)
    made = set(card.release.all_rows["origin"].to_pylist()) - {"real", "grammar"}
    told = ["sentence templates are expanded to rows with exact slots (grammar)"]
    if made:
        told.append("a generator that works from the train rows adds new sentences (expand)")
    told.append("copies and broken rows are taken out (clean)")
    if card.kept_out:
        told.append("generated rows that do not help on real rows stay out of config nlu (assess)")
    if card.release.clips.num_rows:
        told.append(
            "some rows are spoken by synthetic voices in simulated rooms and noise (speech)"
        )
        told.append("broken clips are taken out (audio_gate)")
    way = ", ".join(told)
    return (
        f"## How it was made\n\n{way[0].upper()}{way[1:]}. Spans are carried along, never guessed "
        "again. Counted here are the rows and clips that may be published:\n\n"
        + _table(["stage", "of", "in", "added", "dropped", "out"], steps)
        + f"\n\n{_unpublished(card)}"
        + (f"\n\nNotes of the build:\n\n{listed}" if accounts.notes else "")
    )


def _lost(step: Step) -> str:
    lost = sum(step.dropped.values())
    # What the generator wrote in vain never was a row, so it is not subtracted from any.
    return f"{counted(lost, 'candidate')}" if step.stage == "expand" and lost else f"{lost:,}"


def _unpublished(card: CardInput) -> str:
    private = card.accounts.private
    rows, clips = private["rows"], private["clips"]
    said = f"export: {counted(rows, 'row')} and {counted(clips, 'clip')} not published"
    more = private["dropped_rows"], private["dropped_clips"]
    if rows or any(more):
        said += (
            f" (real.publish: false); before that, {counted(more[0], 'row')} and "
            f"{counted(more[1], 'clip')} of that kind had been dropped"
        )
    return said + "."


def _dropping(card: CardInput) -> str:
    if not card.accounts.reasons:
        return "## What was dropped\n\nNothing."
    reasons = Counter((stage, name) for stage, name, _ in card.accounts.reasons)
    rows: Counter[tuple[str, str, str]] = Counter()
    for (stage, name, reason), count in card.accounts.reasons.items():
        many = reasons[stage, name] > _MOST_REASONS
        rows[stage, name, "various, see the report" if many else reason] += count
    return "## What was dropped, and why\n\n" + _table(
        ["stage", "filter", "reason", "rows, candidates or clips"],
        [[*key, n] for key, n in sorted(rows.items())],
    )


def _generated(rows: pa.Table) -> int:
    generations: list[int] = rows["generation"].to_pylist()
    return sum(1 for generation in generations if generation)


def _voices(card: CardInput) -> str:
    clips = card.release.clips
    if not clips.num_rows:
        return ""
    names = ("engine", "engine_version", "voice", "voice_license", "voice_gender", "voice_accent")
    counted = Counter(zip(*(clips[name].to_pylist() for name in names), strict=True))
    rows = [
        [engine, "" if engine in _NO_VERSION else version, *(cell or "" for cell in voice), count]
        for (engine, version, *voice), count in sorted(counted.items(), key=str)
    ]
    return (
        "## Voices\n\n"
        + _table(["engine", "version", "voice", "license of it", "gender", "accent", "clips"], rows)
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
    lines = [
        "People say things that no template foresaw: figures on validation and test of this "
        "corpus tell how well a model learned the corpus, not how well it understands people. "
        "Test on real data before use.",
        "Frequencies of intents, values and phrasings are those of the recipe, not of any use.",
    ]
    if set(card.release.utterances["origin"].to_pylist()) == {"real"}:
        lines = ["Rows are as they were found, but for those that were dropped (see above)."]
    if card.release.clips.num_rows:
        lines.append(_shared_voices(card.release.clips))
        if card.recipe.speech.split_by == "voice":
            lines.append("Clips are split by speaker: all splits hear the same words.")
        lines.append("Rooms and noises are simulated.")
    return "## Known limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _shared_voices(clips: pa.Table) -> str:
    """How many voices speak in more than one split, counted."""
    heard: dict[tuple[str, str], set[str]] = {}
    columns = (clips[name].to_pylist() for name in ("engine", "voice", "split"))
    for engine, voice, split in zip(*columns, strict=True):
        heard.setdefault((engine, voice), set()).add(split)
    shared = sum(1 for splits in heard.values() if len(splits) > 1)
    speak = "speaks" if shared == 1 else "speak"
    said = f"{shared} of {counted(len(heard), 'voice')} {speak} in more than one split"
    if shared:
        said += ": a result on the test split says little about new speakers"
    heard_in = ((engine, voice, split) for (engine, voice), ss in heard.items() for split in ss)
    if behind := behind_several_splits(heard_in):
        said += (
            f". Splits are disjoint only by pseudo-speaker for {', '.join(behind)}: one voice, "
            "shifted in pitch and formants, is heard in several splits"
        )
    return f"{said}."


def _licenses(card: CardInput) -> str:
    release = card.release
    rows, voices = row_licenses(release), voice_licenses(release)
    lines = [f"- Data (texts, labels, annotations): {expression_of(rows)}"]
    if voices:
        told = tool_sentence(release.clips)
        lines.append(f"- Speech software or models: {expression_of(voices)}. {told}")
    noises = noise_licenses(release.clips)
    if noises:
        lines.append(f"- Recorded noise and babble in clips: {expression_of(noises)}.")
    listed = [["rows", name, count] for name, count in rows.items()]
    listed += [["clips", name or NOT_STATED, n] for name, n in voices.items()]
    listed += [["clips with noise", name, n] for name, n in noises.items()]
    return (
        "## License\n\n"
        + "\n".join(lines)
        + "\n\n"
        + _table(["of", "license", "number"], listed)
        + f"\n\nEach row and each clip names its license; `{LICENSE_FILE}` says what each covers."
    )


def _checking(card: CardInput) -> str:
    return (
        "## Checking\n\n`sha256sum -c SHA256SUMS` checks the files. The content, rows and samples "
        f"whatever the file format, has the SHA-256\n`{card.content_sha256}`; `release.json` "
        "holds it per config and split, with the recipe and the versions that made it."
    )
