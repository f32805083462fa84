"""What the text generator did: how new its candidates were, and how its training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.report.charts import Series, bars, number, percent
from corpusforge.report.data import Corpus
from corpusforge.report.markup import Markup, element, join
from corpusforge.report.sections import section, table

__all__ = ["expansion_section"]

_CLASSES = {
    "in_language": ("in the language of the templates", 7),
    "near_row": ("within one edit of a train row", 6),
    "novel": ("novel", 2),
}
_VERDICTS = {
    "in_language": "in the language of the templates: sampling the grammar gives it",
    "near_row": "within one edit of a train row",
    "intent_disagreement": "novel, but the judges do not find its intent",
    "low_realness": "novel, but less like a real row than nine in ten held-out ones",
    "value_in_clear": "novel, but a slot value stands in it as plain words",
    "duplicate": "novel, but said already",
    "quota_full": "novel, but its intent had its share",
    "out_of_scope": "novel, not its intent and far from every other: a row out of scope",
}
_ACCEPTED = ("accepted", "out_of_scope")
_GUARD = {
    "nll": "held-out loss, nats per piece",
    "distinct_2": "distinct bigrams",
    "self_bleu": "self-BLEU",
}


def expansion_section(corpus: Corpus) -> Markup:
    """Novelty shares, what was accepted, training rounds."""
    facts = corpus.facts.get("expand", {})
    if "candidates" not in facts:
        said = (
            "A release does not hold the figures of the generator's training."
            if corpus.release
            else "No rows were generated."
        )
        return section("expansion", "Expansion", element("p", {}, said))
    parts = [
        element("p", {}, _what(facts)),
        element("div", {"class": "charts two"}, _novelty(facts), _verdicts(facts)),
        _meanings(facts),
        element(
            "details",
            {},
            element("summary", {}, "Accepted rows per intent"),
            _intents(facts.get("intents", {})),
        ),
        _training(corpus.history if isinstance(corpus.history, Mapping) else {}),
    ]
    return section("expansion", "Expansion", *parts)


def _what(facts: Mapping[str, Any]) -> str:
    said = (
        f"{_who(facts)} wrote {number(facts['candidates'])} candidates, "
        f"{number(facts['distinct_candidates'])} of them distinct; {number(facts['accepted'])} of "
        f"{number(facts['wanted'])} wanted rows were accepted. New means: the folded text, slots "
        "taken out, is not in the language of the templates (asked of the compiled grammar, not "
        "of the sample) and not within one edit of a train row. "
    )
    error = facts.get("calibration_error")
    if error is not None:
        said += (
            "The discriminator was trained beforehand, on other intents; on intents that it had "
            f"not learnt its probabilities are off by {error:.3f} in the mean (expected "
            "calibration error). "
        )
    if "intent_names" in facts:
        said += (
            f"The names of {number(facts['intent_names'])} intents, in words, are one more train "
            "row each. "
        )
    if "out_of_scope" in facts:
        said += _near_misses(facts["out_of_scope"])
    return said + "Whether these rows help a model is told above, under Does it help?"


def _near_misses(found: Mapping[str, Any]) -> str:
    """What became of candidates that say no intent."""
    return (
        f"In {number(found['rejected'])} novel candidates the discriminator did not find their "
        f"intent; {number(found['far'])} of them are far from every intent, and "
        f"{number(found['accepted'])} of {number(found['wanted'])} wanted ones became rows of "
        f"{found['intent']}. "
    )


def _who(facts: Mapping[str, Any]) -> str:
    """Who wrote the candidates, as the beginning of a sentence."""
    generator, base, adapter = (facts.get(name) for name in ("generator", "base", "adapter"))
    if base is not None and adapter is not None:
        return (
            f"The language model {base}, taught on {number(adapter['texts'])} texts of "
            f"{number(adapter['intents'])} other intents and shown train rows as examples,"
        )
    if base is not None:
        return f"The language model {base}, as it came and shown train rows as examples,"
    if generator in (None, "gan"):
        return "A transformer trained on the train rows"
    return f"The generator {generator}"


def _novelty(facts: Mapping[str, Any]) -> Markup:
    distinct = facts["distinct_candidates"]
    shares = facts.get("shares", {})
    counts = {name: round(shares.get(name, 0) * distinct) for name in _CLASSES}
    labels = {label: color for label, color in _CLASSES.values()}
    series = [
        Series(label, {label: counts[name]}, f"({percent(counts[name], distinct)})")
        for name, (label, _) in _CLASSES.items()
    ]
    return bars("How new the distinct candidates were", series, labels, "candidates", distinct)


def _verdicts(facts: Mapping[str, Any]) -> Markup:
    verdicts = facts.get("verdicts", {})
    order = [name for name in dict.fromkeys((*_ACCEPTED, *_VERDICTS)) if name in verdicts]
    order += sorted(set(verdicts) - set(order))
    colors = {name: 2 if name in _ACCEPTED else 7 for name in order}
    series = [Series(name.replace("_", " "), {name: verdicts[name]}) for name in order]
    whole = sum(verdicts.values())
    return bars("Verdict on each distinct candidate", series, colors, "candidates", whole)


def _meanings(facts: Mapping[str, Any]) -> Markup:
    lines = [
        element("li", {}, element("b", {}, name.replace("_", " ")), f": {meaning}")
        for name, meaning in _VERDICTS.items()
        if name in facts.get("verdicts", {})
    ]
    return element("ul", {"class": "more"}, *lines)


def _intents(intents: Mapping[str, Mapping[str, int]]) -> Markup:
    rows: list[list[Markup | str | int]] = [
        [name, entry["accepted"], entry["quota"], entry["candidates"]]
        for name, entry in sorted(intents.items())
    ]
    return table(["intent", "accepted", "share wanted", "candidates"], rows)


def _training(history: Mapping[str, Any]) -> Markup:
    parts: list[Markup] = []
    epochs = history.get("maximum_likelihood") or []
    if epochs:
        best = min(epochs, key=lambda epoch: epoch["held_out_nll"])
        parts.append(
            element(
                "p",
                {},
                f"Maximum likelihood: {len(epochs)} epochs; the lowest held-out loss is "
                f"{best['held_out_nll']:.3f} nats per piece in epoch {best['epoch']} (train loss "
                f"{best['loss']:.3f}); its weights went on.",
            )
        )
    rounds = history.get("rounds") or []
    if rounds:
        parts += [
            element("p", {}, _kept(history)),
            table(_round_head(rounds), [_round(entry, rounds) for entry in rounds]),
        ]
    if not parts:
        return Markup("")
    return join((element("h3", {}, "Training"), *parts))


def _kept(history: Mapping[str, Any]) -> str:
    kept = history.get("round_kept")
    done = len(history["rounds"]) - 1
    said = f"{done} adversarial round{'s' * (done != 1)} followed. "
    if kept == 0:
        return said + "None was kept: the weights before them are in use."
    return said + f"The weights after round {kept} are in use."


def _guard_names(rounds: Sequence[Mapping[str, Any]]) -> list[str]:
    found = {name for entry in rounds for name in entry.get("guard", {})}
    return [name for name in _GUARD if name in found] + sorted(found - set(_GUARD))


def _round_head(rounds: Sequence[Mapping[str, Any]]) -> list[str]:
    guards = [_GUARD.get(name, name.replace("_", " ")) for name in _guard_names(rounds)]
    return ["round", *guards, "sampled", "learnt from", "discriminator loss", "undone because"]


def _round(
    entry: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]]
) -> list[Markup | str | int]:
    guard = entry.get("guard", {})
    figures = [_plain(guard.get(name)) for name in _guard_names(rounds)]
    return [
        "before" if entry["round"] == 0 else str(entry["round"]),
        *figures,
        _plain(entry.get("sampled")),
        _plain(entry.get("learnt")),
        _plain(entry.get("discriminator_loss")),
        entry.get("undone") or "-",
    ]


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
