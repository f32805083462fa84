"""Packs without a single real sentence, tested on real ones: CLINC150 and SNIPS.

    python -m eval.grammar.cold_start --work DIR

The packs were written from intent names and one-sentence descriptions (AUTHORING.md beside each)
and committed before this was run. Which intent of a pack stands for which real one was written
down here before the first run; C is the default of each classifier, for there is nothing real to
choose it by. Rows of a pack that equal a test row under folding are left out and counted. Beside
it: the descriptions themselves as training rows, k real rows per intent, k real rows with the
pack, and all real rows. Writes eval/results/cold_start.json.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.rows import Rows
from corpusforge.core.seeding import rng
from corpusforge.core.text import fold
from corpusforge.grammar.drawing import draw
from eval import cells
from eval.data import RealData, named, shots

__all__ = ["SETS", "RealSet", "main", "measure", "pack_rows"]

TEMPLATES = Path(__file__).parents[2] / "templates"
PER_INTENT = 100
SIZES = (30, 100, 300)
SHOTS = (1, 3, 5, 10)
DRAWS = 5

_SAME_NAMES: Mapping[str, Sequence[str]] = {
    "media": ("play_music", "next_song", "what_song", "update_playlist", "change_volume"),
    "timers_lists": (
        "timer",
        "alarm",
        "reminder",
        "reminder_update",
        "todo_list",
        "todo_list_update",
        "shopping_list",
        "shopping_list_update",
        "calendar",
        "calendar_update",
        "time",
        "date",
    ),
    "weather": ("weather",),
}
_SMART_HOME = (
    "light_on",
    "light_off",
    "light_brightness",
    "light_color",
    "climate_set",
    "fan_set",
    "cover_open",
    "cover_close",
    "door_lock",
    "door_unlock",
    "scene_activate",
    "vacuum_start",
)
_BANKING = (
    "freeze_account",
    "routing",
    "pin_change",
    "bill_due",
    "pay_bill",
    "account_blocked",
    "interest_rate",
    "min_payment",
    "bill_balance",
    "transfer",
    "order_checks",
    "balance",
    "spending_history",
    "transactions",
    "report_fraud",
)
_CARDS = (
    "replacement_card_duration",
    "expiration_date",
    "damaged_card",
    "improve_credit_score",
    "report_lost_card",
    "card_declined",
    "credit_limit_change",
    "apr",
    "redeem_rewards",
    "credit_limit",
    "rewards_balance",
    "application_status",
    "credit_score",
    "new_card",
    "international_fees",
)


class RealSet(NamedTuple):
    """Real intents and what stands for them.

    Attributes:
        data: Name of the data for `eval.data.named`.
        intents: (pack, intent of the pack) -> real intent.
    """

    data: str
    intents: Mapping[tuple[str, str], str]


SETS: Mapping[str, RealSet] = {
    "home, 19 intents of CLINC150": RealSet(
        "clinc150",
        {(pack, name): name for pack, names in _SAME_NAMES.items() for name in names}
        | {("smart_home", name): "smart_home" for name in _SMART_HOME},
    ),
    "banking, 15 intents of CLINC150": RealSet(
        "clinc150", {("banking", name): name for name in _BANKING}
    ),
    "banking and cards, 30 intents of CLINC150": RealSet(
        "clinc150", {("banking", name): name for name in (*_BANKING, *_CARDS)}
    ),
    "SNIPS, 6 of 7 intents": RealSet(
        "snips",
        {
            ("media", "play_music"): "PlayMusic",
            ("media", "update_playlist"): "AddToPlaylist",
            ("media", "rate_book"): "RateBook",
            ("media", "search_creative_work"): "SearchCreativeWork",
            ("media", "movie_showtimes"): "SearchScreeningEvent",
            ("weather", "weather"): "GetWeather",
        },
    ),
}


def pack_rows(intents: Mapping[tuple[str, str], str], per_intent: int, seed: int) -> Rows:
    """Rows of packs, so many for each real intent.

    Args:
        intents: As in `RealSet`.
        per_intent: Rows for each real intent, shared out evenly over what stands for it.
        seed: Of the sampler.
    """
    texts: list[str] = []
    labels: list[str] = []
    for pack in dict.fromkeys(pack for pack, _ in intents):
        wanted: dict[str, int] = {}
        for (its_pack, name), real in intents.items():
            if its_pack == pack:
                sources = sum(other == real for other in intents.values())
                wanted[name] = -(-per_intent // sources)
        drawn = draw(TEMPLATES / pack / "en", sum(wanted.values()), seed=seed, quotas=wanted)
        for batch in drawn.batches():
            for row in batch.select(["text", "intent"]).to_pylist():
                texts.append(row["text"])
                labels.append(intents[pack, row["intent"]])
    return Rows.labelled(texts, labels, origin="grammar")


def descriptions(intents: Mapping[tuple[str, str], str]) -> Rows:
    """The descriptions that packs give of their intents, one row each; names where none is."""
    texts: list[str] = []
    labels: list[str] = []
    for pack in dict.fromkeys(pack for pack, _ in intents):
        said: dict[str, str] = {}
        for file in sorted((TEMPLATES / pack / "en").glob("*.yaml")):
            body = yaml.safe_load(file.read_text(encoding="utf-8"))
            for name, intent in (body.get("intents") or {}).items():
                said[name] = intent.get("description", name.replace("_", " "))
        for (its_pack, name), real in intents.items():
            if its_pack == pack:
                texts.append(said[name])
                labels.append(real)
    return Rows.labelled(texts, labels, origin="grammar")


def _real(real_set: RealSet) -> RealData:
    data = named(real_set.data)
    wanted = set(real_set.intents.values())
    return replace(
        data,
        train=data.train.where([intent in wanted for intent in data.train.intents]),
        test=data.test.where([intent in wanted for intent in data.test.intents]),
    )


def _arms(real_set: RealSet, data: RealData, draw_number: int, seed: int) -> Iterator[Any]:
    """(name, training rows) of one draw."""
    test = set(data.test.folded)
    packs: dict[int, Rows] = {}
    for size in SIZES:
        rows = pack_rows(real_set.intents, size, seed * 1_000 + draw_number)
        packs[size] = rows.where([folded not in test for folded in rows.folded])
        yield f"pack, {size} rows per intent", packs[size]
    yield "descriptions alone", descriptions(real_set.intents)
    for k in SHOTS:
        real, _ = shots(data.train, k, rng(seed, "eval.cold_start", k, draw_number))
        yield f"{k} real", real
        yield f"{k} real + pack", real.plus(packs[PER_INTENT])
    if draw_number == 0:
        yield "all real", data.train


def measure(name: str, encoder: Encoder, draw_number: int, seed: int) -> dict[str, Any]:
    """Accuracy of every arm on the real test rows, in per cent, and rows that were left out."""
    data = _real(SETS[name])
    test = set(data.test.folded)
    made = pack_rows(SETS[name].intents, PER_INTENT, seed * 1_000 + draw_number)
    found: dict[str, Any] = {
        "test_rows": len(data.test),
        "pack_rows_equal_to_test_rows": sum(fold(text) in test for text in made.texts),
        "accuracy": {},
        "recall": {},
    }
    truth = np.array(data.test.intents, dtype=object)
    for classifier in classifiers(encoder):
        scores: dict[str, float] = {}
        for arm, train in _arms(SETS[name], data, draw_number, seed):
            right = classifier.fit(train, classifier.default).predict(data.test.texts) == truth
            scores[arm] = round(100 * float(right.mean()), 2)
            if arm == f"pack, {PER_INTENT} rows per intent":
                found["recall"][classifier.name] = {
                    intent: round(100 * float(right[truth == intent].mean()), 1)
                    for intent in sorted(set(truth))
                }
        found["accuracy"][classifier.name] = scores
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, print."""
    options = cells.command_line("eval.grammar.cold_start", __doc__).parse_args(arguments)
    encoder = load_encoder(None)
    code = cells.code_digest(["eval.grammar.cold_start", "corpusforge.assess.classifiers"])
    files = sorted(f for name in SETS for f in _files(SETS[name]))
    texts = "".join(file.read_text(encoding="utf-8") for file in dict.fromkeys(files))
    planned = [
        cells.Cell(
            f"{name} {number}",
            {"templates": fold(texts), "seed": options.seed},
            partial(measure, name, encoder, number, options.seed),
        )
        for number in range(DRAWS)
        for name in SETS
    ]
    outcome = cells.run(planned, options.work, code, options.cpu_hours)
    figures = {
        name: [outcome.figures[c] for c in outcome.figures if c.rsplit(" ", 1)[0] == name]
        for name in SETS
    }
    cells.write("cold_start", "eval.grammar.cold_start", options.seed, outcome, {"sets": figures})
    for name, draws in figures.items():
        for classifier in draws[0]["accuracy"] if draws else ():
            for arm, score in draws[0]["accuracy"][classifier].items():
                print(f"{name} | {classifier} | {arm} | {score}")


def _files(real_set: RealSet) -> list[Path]:
    packs = dict.fromkeys(pack for pack, _ in real_set.intents)
    return [file for pack in packs for file in (TEMPLATES / pack / "en").glob("*.yaml")]


if __name__ == "__main__":
    main()
