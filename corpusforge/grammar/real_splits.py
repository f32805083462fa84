"""Splits of real rows, and the peace between real rows and templates.

A carrier phrase stands on one side of the line between train and the held-out splits, whoever
says it. Real rows without a split of their own follow the templates (see `SplitLanguages`);
where rows come with their splits, these are kept and the templates give way: no row is sampled
whose carrier phrase a real row has on the other side (see `reserved_frames`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from corpusforge.core.language import Language
from corpusforge.core.schema import Utterance
from corpusforge.core.seeding import uniforms
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from corpusforge.grammar.apart import HELD_OUT, TRAIN, Reserved
from corpusforge.grammar.compile import Planner, carriers_language, language_of
from corpusforge.grammar.pack import Pack, Template
from corpusforge.grammar.value_splits import PinnedValues

__all__ = [
    "SplitLanguages",
    "deal_splits",
    "frame_of",
    "pinned_values",
    "reserved_frames",
    "splits_of_rows",
]

# Templates with more carrier phrases than this are not searched for those that say a text.
MAX_FRAMES = 5_000


def frame_of(row: Utterance) -> str:
    """The folded carrier phrase of a row; of rows without slots the folded text."""
    return fold_delexicalised(delexicalise(row.text, row.slots or ()))


class SplitLanguages:
    """What the templates of each split can say.

    Args:
        pack: The templates.
        splits: Template id -> split.
    """

    def __init__(self, pack: Pack, splits: Mapping[str, str]) -> None:
        # Train first: held-out templates are never sampled where a train template could say
        # the same, so a phrase of both belongs to train. Then the most held-out one.
        self._languages = {
            name: language_of(t for t in pack.templates if splits[t.id] == name)
            for name in ("train", "test", "validation")
        }

    def split_of(self, intent: str, texts: Iterable[str]) -> str | None:
        """The split whose templates can say one of the folded texts under the intent.

        Returns:
            train where train templates can, else test, else validation, else None.
        """
        texts = list(texts)
        for name, language in self._languages.items():
            if any(language.contains(text, intent) for text in texts):
                return name
        return None


def splits_of_rows(
    rows: Sequence[Utterance],
    *,
    seed: int,
    shares: Mapping[str, float],
    templates: SplitLanguages | None = None,
) -> list[str]:
    """Deal splits to real rows that have none.

    A row whose carrier phrase or words some template of its intent can say takes the split of
    that template, together with all rows of its intent that have its carrier phrase. The
    others are dealt by `deal_splits`.

    Args:
        rows: Real rows.
        seed: The recipe's seed.
        shares: Split -> share.
        templates: What the templates can say, when there are any.

    Returns:
        The split of each row.
    """
    frames = [frame_of(row) for row in rows]
    fixed: dict[tuple[str, str], str] = {}
    if templates is not None:
        texts: dict[tuple[str, str], dict[str, None]] = {}
        for row, frame in zip(rows, frames, strict=True):
            texts.setdefault((row.intent, frame), {frame: None})[fold(row.text)] = None
        for key, said in texts.items():
            split = templates.split_of(key[0], said)
            if split is not None:
                fixed[key] = split
    dealt = deal_splits([row.intent for row in rows], frames, seed=seed, shares=shares, fixed=fixed)
    return [
        fixed.get((row.intent, frame), dealt[frame])
        for row, frame in zip(rows, frames, strict=True)
    ]


def deal_splits(
    intents: Sequence[str],
    frames: Sequence[str],
    *,
    seed: int,
    shares: Mapping[str, float],
    fixed: Mapping[tuple[str, str], str] | None = None,
) -> dict[str, str]:
    """Deal rows without a split: by a keyed hash of the folded, delexicalised text.

    All rows with one such text share a split, whatever their labels and values. A text's split
    depends on the seed and on itself, so adding rows moves none, save for one repair: a label
    with at least three different texts that lacks a split gets its nearest text for it.

    Args:
        intents: Label of each row, shape [rows].
        frames: Folded, delexicalised text of each row, shape [rows].
        seed: The recipe's seed.
        shares: Split -> share.
        fixed: (label, frame) -> split, where it is decided; other labels of such a frame take
            the most held-out of its splits.

    Returns:
        Frame -> split, for all labels that are not in `fixed`.
    """
    fixed = fixed or {}
    unique = sorted(set(frames))
    total = sum(shares.values())
    draw = dict(zip(unique, uniforms(seed, "grammar.real_split", unique).tolist(), strict=True))
    held = [name for name in ("validation", "test") if shares.get(name, 0) > 0]
    splits: dict[str, str] = {}
    for frame in unique:
        level, splits[frame] = 0.0, "train"
        for name in held:
            level += shares[name] / total
            if draw[frame] < level:
                splits[frame] = name
                break
    decided: dict[str, set[str]] = {}
    for (_, frame), split in fixed.items():
        decided.setdefault(frame, set()).add(split)
    for frame, names in decided.items():
        splits[frame] = next(n for n in ("test", "validation", "train") if n in names)
    members: dict[str, dict[str, None]] = {}
    labels: dict[str, set[str]] = {}
    for intent, frame in zip(intents, frames, strict=True):
        members.setdefault(intent, {})[frame] = None
        labels.setdefault(frame, set()).add(intent)
    wanted = held + (["train"] if shares.get("train", 0) > 0 else [])
    for intent in sorted(members):
        if len(members[intent]) >= 3:
            # A text that another label shares is not moved: that could rob the other label.
            free = (f for f in members[intent] if len(labels[f]) == 1 and f not in decided)
            own = sorted(free, key=draw.__getitem__)
            there = {f: fixed.get((intent, f), splits[f]) for f in members[intent]}
            _repair(own, there, wanted)
            splits.update((f, there[f]) for f in own)
    return splits


def _repair(own: Sequence[str], splits: dict[str, str], wanted: Sequence[str]) -> None:
    """Move texts of one label, `own`, until it has all wanted splits where that can be."""
    for name in wanted:
        counts = {split: sum(there == split for there in splits.values()) for split in wanted}
        if counts[name] == 0:
            # Low draws are held out, high draws train: take the one nearest to where it goes.
            donors = [f for f in own if counts[splits[f]] > 1]
            if donors:
                splits[donors[-1] if name == "train" else donors[0]] = name


def reserved_frames(rows: Iterable[Utterance], pack: Pack, splits: Mapping[str, str]) -> Reserved:
    """Carrier phrases that real rows have on the other side of the line.

    A row without slots does not say what its carrier phrase is: all those of the templates are
    meant that can say its words (of templates with more than `MAX_FRAMES` of them only the
    words themselves).

    Args:
        rows: Real rows with their splits.
        pack: The templates.
        splits: Template id -> split.
    """
    found: dict[tuple[str, str], set[str]] = {}
    plain: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        key = (HELD_OUT if row.split == "train" else TRAIN, row.intent)
        found.setdefault(key, set()).add(frame_of(row))
        if not row.slots:
            plain.setdefault(key, {})[fold(row.text)] = None
    groups: dict[tuple[str, str], list[Template]] = {}
    for template in pack.templates:
        side = TRAIN if splits[template.id] == "train" else HELD_OUT
        groups.setdefault((side, template.intent), []).append(template)
    for key, texts in plain.items():
        language = language_of(groups.get(key, ()))
        said = [text for text in texts if language.contains(text)]
        for template in groups.get(key, ()) if said else ():
            found[key] |= _carriers_that_say(said, template)
    return found


def pinned_values(rows: Iterable[Utterance]) -> PinnedValues:
    """The values of real rows, by slot and by list, with their splits; train goes first."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for slot in row.slots or ():
            for name in {slot.name, slot.entity}:
                known = found.setdefault(name, {})
                if known.get(fold(slot.text)) != TRAIN:
                    known[fold(slot.text)] = row.split
    return found


def _carriers_that_say(texts: Sequence[str], template: Template) -> set[str]:
    alone = language_of([template])
    said = [text for text in texts if alone.contains(text)]
    frames = Planner(frames=True).template(template).distinct(MAX_FRAMES) if said else None
    if frames is None:
        return set()
    carriers: Language = carriers_language(template, frames)
    return {carrier for text in said for carrier in carriers.intents_of(text)}
