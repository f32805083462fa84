"""The name of an intent as a row of it: what the label alone tells.

Beside one or three real rows per intent, and beside the generator's own rows, one more row with
the label in words was worth more to classifiers than anything else of its size (eval/LOG.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from corpusforge.core.schema import Utterance
from corpusforge.core.text import fold
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.novelty import CLASSES, NoveltyTest
from corpusforge.expand.pretrained.pieces import UNNAMED, spoken_name
from corpusforge.expand.rows import joined_licenses

__all__ = ["name_rows"]

# Labels of what says no intent: nobody says these words for it.
_NO_INTENT = frozenset(
    ("oos", "ood", "none", "other", "unknown", "fallback", "out of scope", "out of domain")
)
_SIGNS = ".,;:!?\"'()"


def name_rows(
    train: Sequence[Utterance],
    taken: Collection[str],
    novelty: NoveltyTest,
    origin: str,
    intents: Collection[str],
    clear: ClearValues,
) -> list[Utterance]:
    """A row per intent whose label says something and is new.

    Labels are mostly English. In a corpus of another language a name counts where all its words
    occur in train rows.

    Args:
        train: Train rows.
        taken: Folded texts of all rows of all splits.
        novelty: What templates can say, or is near a train row, is no new row.
        origin: Of the rows.
        intents: Those that get rows.
        clear: Finds slot values; a name that says one ("book restaurant") is not annotated.

    Returns:
        Rows as heavy as the heaviest of their intent, at most 1: whoever named the intent was as
        sure as whoever labelled a row. Sorted by intent.
    """
    known = {word for row in train for word in _words(row.text)}
    by_intent: defaultdict[str, list[Utterance]] = defaultdict(list)
    for row in train:
        by_intent[row.intent].append(row)
    names = {intent: spoken_name(intent) for intent in sorted(by_intent) if intent in intents}
    # A name that two labels have tells neither.
    twice = {name for name, count in Counter(names.values()).items() if count > 1}
    found = []
    for intent, name in names.items():
        rows = by_intent[intent]
        lang = Counter(row.lang for row in rows).most_common(1)[0][0]
        told = name not in {UNNAMED, *twice, *_NO_INTENT} and fold(name) not in taken
        if not told or not (_english(lang) or known.issuperset(_words(name))):
            continue
        annotated = all(row.slots is not None for row in rows) and not clear.first(intent, name)
        # Of that language: the row is one of its corpus.
        parent = next(row for row in rows if row.lang == lang)
        found.append(
            Utterance(
                text=name,
                lang=lang,
                intent=intent,
                slots=() if annotated else None,
                origin=origin,
                template=parent.template,
                parents=(parent.id,),
                generation=1 + parent.generation,
                split="train",
                license=joined_licenses(parent.license, (row.license for row in rows)),
                weight=min(1.0, max(row.weight for row in rows)),
            )
        )
    classes = novelty.classify([row.text for row in found])
    return [row for row, kind in zip(found, classes, strict=True) if kind == CLASSES[2]]


def _words(text: str) -> list[str]:
    return [word.strip(_SIGNS) for word in text.casefold().split()]


def _english(lang: str) -> bool:
    return lang.lower().replace("_", "-").split("-")[0] == "en"
