"""Sections of an assessment's page that are figures, from usefulness to collapse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.assess.forest import Gain, forest
from corpusforge.assess.page_words import cautions, listed, nothing, points, share, with_interval
from corpusforge.report.charts import counted, number
from corpusforge.report.lines import Curve, line_figure
from corpusforge.report.markup import Markup, element
from corpusforge.report.sections import section, table

__all__ = [
    "collapse_section",
    "fidelity_section",
    "mixing_section",
    "slots_section",
    "usefulness_section",
]

_LEFT_RIGHT = (
    "Percentage points with 95 % intervals; the dashed line is no change. Green: better, red: "
    "worse, blue: cannot be told."
)
_ARMS = {
    "real": "real rows alone",
    "synthetic": "synthetic rows alone",
    "real + synthetic": "real and synthetic rows",
    "real + duplicated real": "control: real rows, copied",
    "real + EDA": "control: real rows, words swapped and dropped (EDA)",
    "real + trigram": "control: real rows and a trigram model of them",
    "real + random labels": "control: synthetic rows under random labels",
    "real, IDF of the corpus": "control: real rows, word frequencies of the corpus",
}
_MEANINGS = {
    "precision": "synthetic rows that lie among real ones",
    "recall": "real rows that lie among synthetic ones",
    "density": "how deep synthetic rows lie among real ones",
    "coverage": "real rows with a synthetic row near",
    "distinct_1": "different words over words",
    "distinct_2": "different word pairs over pairs",
    "distinct_3": "different word triples over triples",
    "vocabulary": "different words",
    "self_bleu_4": "likeness of rows to each other",
    "vendi": "effective number of different rows",
}
_GENERATION = {
    "vocabulary": "different words",
    "tail_coverage": "share of rare word pairs kept",
    "distinct_2": "distinct-2",
    "self_bleu_4": "self-BLEU",
    "vendi": "Vendi score",
    "accuracy": "accuracy on real rows when trained on it",
    "copies": "share that reads like a real row",
}


def usefulness_section(assessment: Mapping[str, Any]) -> Markup:
    """Accuracy per arm with the controls, gains, what the corpus is worth in real rows."""
    title = "Does it help"
    found = assessment.get("usefulness")
    classifiers: Mapping[str, Any] = (found or {}).get("classifiers") or {}
    if not classifiers:
        return section("usefulness", title, nothing("Not measured: no real rows with labels."))
    said = (
        "Accuracy on real rows of classifiers trained on different rows, with 95 % intervals. "
        "The controls add nothing but real rows once more, noise, or unlabelled text: what they "
        "gain too is regularisation, not information."
    )
    gains = [gain for name, one in classifiers.items() for gain in _gains(name, one)]
    gains += _more_gains(assessment)
    curves = _real_curves(classifiers)
    charts = [forest("Gains", gains, _LEFT_RIGHT)] if gains else []
    if curves:
        ks = sorted({point["k"] for one in classifiers.values() for point in one["real_curve"]})
        names = [str(k) for k in ks]
        labels = ("real rows per intent", "accuracy on real rows, %")
        charts.append(line_figure("What real rows alone reach", curves, *labels, names))
    worth = [
        f"{name}: the corpus alone is worth {one['worth']['text']}"
        for name, one in classifiers.items()
        if one.get("worth")
    ]
    return section(
        "usefulness",
        title,
        element("p", {}, said),
        _arms_table(classifiers),
        listed(worth),
        element("div", {"class": "charts two"}, *charts),
        _more_arms(classifiers),
    )


def _arm_names(classifiers: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(arm for one in classifiers.values() for arm in one["arms"]))


def _arm_label(arm: str) -> str:
    return _ARMS.get(arm, arm.replace("real + ", "real rows and rows of origin "))


def _arms_table(classifiers: Mapping[str, Any]) -> Markup:
    rows: list[list[Markup | str | int]] = []
    for arm in _arm_names(classifiers):
        figures = [one["arms"].get(arm) for one in classifiers.values()]
        counts = [figure["rows"] for figure in figures if figure and "rows" in figure]
        cells = [with_interval(figure, "accuracy") for figure in figures]
        rows.append([_arm_label(arm), *cells, number(max(counts)) if counts else "-"])
    return table(["trained on", *classifiers, "training rows"], rows)


def _more_arms(classifiers: Mapping[str, Any]) -> Markup:
    """Macro F1 and the worst tenth, folded away."""
    head = ["trained on"]
    for name in classifiers:
        head += [f"macro F1, {name}", f"worst tenth of intents, {name}"]
    rows: list[list[Markup | str | int]] = []
    for arm in _arm_names(classifiers):
        cells: list[Markup | str | int] = [_arm_label(arm)]
        for one in classifiers.values():
            figure = one["arms"].get(arm) or {}
            cells += [share(figure.get("macro_f1")), share(figure.get("worst_tenth"))]
        rows.append(cells)
    summary = element("summary", {}, "Macro F1, and recall of the worst tenth of the intents")
    return element("details", {}, summary, table(head, rows))


def _gains(name: str, one: Mapping[str, Any]) -> list[Gain]:
    found = []
    for key, label in (
        ("gain", "with the corpus, over real rows"),
        ("edge", "over the best control"),
    ):
        gain = one.get(key)
        if gain:
            figures = (gain["mean_pp"], gain["low_pp"], gain["high_pp"])
            found.append(Gain(f"{name}: {label}", *figures))
    return found


def _more_gains(assessment: Mapping[str, Any]) -> list[Gain]:
    """Gains of other sections that stand beside these."""
    found = []
    mixed = assessment.get("mixing") or {}
    mixing = mixed.get("cross_fitted_gain_pp")
    if mixing and mixed.get("recommended_share"):
        found.append(Gain("recommended share, both classifiers", *_three(mixing)))
    slots = (assessment.get("slots") or {}).get("gain_pp")
    if slots:
        found.append(Gain("slots: F1 with the corpus", *_three(slots)))
    return found


def _three(figure: Mapping[str, float]) -> tuple[float, float, float]:
    return figure["mean"], figure["low"], figure["high"]


def _real_curves(classifiers: Mapping[str, Any]) -> list[Curve]:
    """Accuracy over real rows per intent, and the level of the corpus alone."""
    ks = sorted({p["k"] for one in classifiers.values() for p in one.get("real_curve") or ()})
    if len(ks) < 2:
        return []
    curves = []
    for name, one in classifiers.items():
        by_k = {point["k"]: 100 * point["accuracy"] for point in one["real_curve"]}
        places = [float(place) for place in range(len(ks))]
        curves.append(Curve(f"{name}, real rows", places, [by_k.get(k) for k in ks]))
    for name, one in classifiers.items():
        alone = (one["arms"].get("synthetic") or {}).get("accuracy")
        if alone is not None:
            ends = [0.0, float(len(ks) - 1)]
            curves.append(Curve(f"{name}, the corpus alone", ends, [100 * alone] * 2))
    return curves


def mixing_section(assessment: Mapping[str, Any]) -> Markup:
    """Both mixing curves and the recommended share."""
    title = "How much of it"
    found = assessment.get("mixing")
    if not found:
        said = "Not measured: corpusforge assess --curve measures it."
        return section("mixing", title, nothing(said))
    charts = [
        _dose_figure(heading, found.get(key) or ())
        for key, heading in (
            ("added", "Synthetic rows added to all real rows"),
            ("fixed_total", "Synthetic rows in place of real ones"),
        )
    ]
    parts = [_recommended(found), element("div", {"class": "charts two"}, *charts)]
    return section("mixing", title, *parts, listed(found.get("notes") or ()))


def _recommended(found: Mapping[str, Any]) -> Markup:
    value = found.get("recommended_share")
    if value is None:
        return nothing("No share can be recommended.")
    ends = [found.get(f"recommended_share_{end}") for end in ("low", "high")]
    said = f"Recommended: {100 * value:.0f} % synthetic rows in the mix"
    if None not in ends:
        low, high = (100 * (end or 0) for end in ends)
        said += f" (95 % interval {low:.0f} to {high:.0f} %)"
    gain = found.get("cross_fitted_gain_pp")
    if gain and value:
        said += (
            f". Chosen on one half of the test rows, it gains {points(gain['mean'])} points on "
            f"the other ({points(gain['low'])} to {points(gain['high'])})"
        )
    elif not value:
        said = "Recommended: no synthetic rows. None of the doses is better than real rows alone"
    return element("p", {}, said + ".")


def _dose_figure(title: str, doses: Sequence[Mapping[str, Any]]) -> Markup:
    names = list(dict.fromkeys(name for dose in doses for name in dose.get("accuracy") or {}))
    x = [100 * dose["share"] for dose in doses]
    curves = []
    for name in names:
        columns = [
            [_percent((dose["accuracy"].get(name) or {}).get(key)) for dose in doses]
            for key in ("accuracy", "low", "high")
        ]
        curves.append(Curve(name, x, *columns))
    return line_figure(title, curves, "synthetic share of rows, %", "accuracy on real rows, %")


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def slots_section(assessment: Mapping[str, Any]) -> Markup:
    """Entity F1 per arm."""
    found = assessment.get("slots")
    if not found:
        return section("slots", "Slots", nothing("Not measured."))
    status = str(found.get("status") or "not measured")
    if status != "measured":
        parts = [nothing(status[:1].upper() + status[1:] + ".")]
        return section("slots", "Slots", *parts, listed(found.get("notes") or ()))
    arms: Mapping[str, Any] = found.get("arms") or {}
    rows: list[list[Markup | str | int]] = [
        [
            _ARMS.get(name, name),
            with_interval(arm, "f1"),
            share(arm.get("precision")),
            share(arm.get("recall")),
            number(arm.get("rows") or 0),
        ]
        for name, arm in arms.items()
    ]
    said = (
        f"Entity F1 of a CRF, exact span and name, on {counted(found.get('test_rows', 0), 'row')} "
        "that people said."
    )
    names = sorted({name for arm in arms.values() for name in arm.get("by_name") or {}})
    support = found.get("support") or {}
    per_name: list[list[Markup | str | int]] = [
        [name, *(share(arm["by_name"].get(name)) for arm in arms.values()), support.get(name, 0)]
        for name in names
    ]
    left_out = [f"{name}: {where}" for name, where in (found.get("left_out") or {}).items()]
    more = element(
        "details",
        {},
        element("summary", {}, "F1 of each slot name"),
        table(["slot", *(_ARMS.get(name, name) for name in arms), "in the test rows"], per_name),
        listed([f"Not measured, {text}" for text in left_out]),
    )
    head = ["trained on", "F1", "precision", "recall", "training rows"]
    notes = listed(found.get("notes") or ())
    return section("slots", "Slots", element("p", {}, said), table(head, rows), more, notes)


def fidelity_section(assessment: Mapping[str, Any]) -> Markup:
    """How like real rows the synthetic ones are, each figure beside that of real rows."""
    title = "Likeness to real rows"
    found = assessment.get("fidelity")
    if not found:
        return section("fidelity", title, nothing("Not measured."))
    space, diversity = found.get("space") or {}, found.get("diversity") or {}
    notes = listed(found.get("notes") or ())
    if not space and not diversity:
        return section("fidelity", title, nothing("Not measured: too few rows."), notes)
    said = (
        f"{number(found.get('rows', 0))} synthetic rows held against as many real ones, and other "
        "real rows in their place: the second column is what a perfect generator would get."
    )
    rows: list[list[Markup | str | int]] = [
        [name, _figure(pair.get("synthetic")), _figure(pair.get("real")), _MEANINGS.get(name, "")]
        for name, pair in {**space, **diversity}.items()
    ]
    head = ["figure", "synthetic rows", "real rows", "what it is"]
    alarms = found.get("alarms") or ()
    parts = [element("p", {}, said)]
    if alarms:
        parts += [element("p", {}, "Worse than chance explains:"), listed(alarms)]
    parts.append(table(head, rows))
    return section("fidelity", title, *parts, *_realism(found.get("realism")), notes)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if abs(value) < 10 else number(value, 1)


def _realism(found: Mapping[str, Any] | None) -> list[Markup]:
    auc = (found or {}).get("auc") or {}
    if not found or auc.get("synthetic") is None:
        return []
    said = (
        f"A classifier that is to tell synthetic from real rows reaches an AUC of "
        f"{auc['synthetic']:.2f} (0.5 = it cannot tell, 1 = always"
    )
    said += f"; real rows against real rows: {auc['real']:.2f})." if auc.get("real") else ")."
    tells = found.get("tells") or ()
    rows: list[list[Markup | str | int]] = [
        [
            element("code", {}, str(tell.get("feature"))),
            _figure(tell.get("synthetic")),
            _figure(tell.get("real")),
        ]
        for tell in tells[:12]
    ]
    parts = [element("p", {}, said)]
    if rows:
        summary = element("summary", {}, "What gives synthetic rows away")
        head = ["feature", "in synthetic rows", "in real rows"]
        parts.append(element("details", {}, summary, table(head, rows)))
    return parts


def collapse_section(assessment: Mapping[str, Any]) -> Markup:
    """A generator retrained on its own output, generation by generation."""
    title = "Collapse"
    runs = _runs(assessment.get("collapse"))
    if not runs:
        said = (
            "Not measured: corpusforge assess --generations N retrains a generator on its output."
        )
        return section("collapse", title, nothing(said))
    said = (
        "A generator is retrained on its own rows. Replaced: each generation learns from the last "
        "one only. Accumulated: from all rows so far, the real ones among them."
    )
    charts = []
    for key in ("vocabulary", "tail_coverage", "accuracy"):
        curves = [_generations(name, run, key) for name, run in runs.items()]
        curves = [curve for curve in curves if any(value is not None for value in curve.y)]
        if curves:
            label = _GENERATION[key]
            label += ", %" if key != "vocabulary" else ""
            heading = label[:1].upper() + label[1:]
            charts.append(line_figure(heading.removesuffix(", %"), curves, "generation", label))
    alarms = [f"{name}: {alarm}" for name, run in runs.items() for alarm in run.get("alarms") or ()]
    tables = [_collapse_table(name, run) for name, run in runs.items()]
    grid = element("div", {"class": "charts two"}, *charts)
    return section("collapse", title, element("p", {}, said), cautions(alarms), grid, *tables)


def _runs(found: object) -> dict[str, Mapping[str, Any]]:
    """Mode -> run, whether there is one run, a list of them, or one under each mode."""
    if isinstance(found, Mapping):
        if "generations" in found and not isinstance(found["generations"], int):
            return {str(found.get("mode") or "generations"): found}
        nested = [_runs(value) for value in found.values()]
    elif isinstance(found, Sequence) and not isinstance(found, str):
        nested = [_runs(value) for value in found]
    else:
        nested = []
    return {mode: run for one in nested for mode, run in one.items()}


def _generations(name: str, run: Mapping[str, Any], key: str) -> Curve:
    generations = run["generations"]
    factor = 1 if key == "vocabulary" else 100
    values = [one.get(key) for one in generations]
    shown = [None if value is None else factor * value for value in values]
    return Curve(name, [float(one["number"]) for one in generations], shown)


def _collapse_table(name: str, run: Mapping[str, Any]) -> Markup:
    keys = [key for key in _GENERATION if any(key in one for one in run["generations"])]
    rows: list[list[Markup | str | int]] = [
        [str(one["number"]), *(_figure(one.get(key)) for key in keys)] for one in run["generations"]
    ]
    lost = run.get("vocabulary_lost")
    said = f"{name}: all figures"
    if lost is not None:
        said += f", {100 * max(lost, 0):.0f} % of the vocabulary lost since generation 1"
    inner = table(["generation", *(_GENERATION[key] for key in keys)], rows)
    return element("details", {}, element("summary", {}, said), inner)
