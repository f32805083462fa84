"""RESULTS.md from the JSON files in eval/results: nothing in it is typed by hand.

python -m eval.tables
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.expand import cost_tables, few_shot_tables
from eval.expand import tables as gan_tables
from eval.grammar import agreement_tables, speed_tables
from eval.grammar import tables as grammar_tables
from eval.grammar.cold_start_table import cold_start
from eval.speech import tables as speech_tables
from eval.table_head import head, not_run
from eval.usefulness_grid import ARMS

HERE = Path(__file__).parent


def build_cost(name: str, result: dict[str, Any]) -> Iterator[str]:
    """Cost of a build, and what must be zero."""
    yield f"## Cost of `build {name}`"
    yield ""
    yield from head(result)
    whole = result.get("whole_command")
    if whole:
        yield (
            f"Whole command: {whole['seconds']} s, {whole['cpu_seconds']} CPU s, "
            f"at most {result['peak_rss_mb']} MB in one process."
        )
        yield ""
    yield "| stage | in | out | dropped | s | CPU s | peak RSS so far, MB |"
    yield "|---|---|---|---|---|---|---|"
    for stage in result["stages"]:
        dropped = sum(stage["dropped"].values())
        cells = (stage[key] for key in ("seconds", "cpu_seconds", "peak_rss_mb"))
        yield (
            f"| {stage['stage']} | {stage['rows_in']} | {stage['rows_out']} | {dropped} | "
            + " | ".join(str(cell) for cell in cells)
            + " |"
        )
    yield ""
    yield "| read back with `datasets` | |"
    yield "|---|---|"
    for key, value in result["promises"].items():
        shown = (
            ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        yield f"| {key.replace('_', ' ')} | {shown} |"
    yield ""


def planted_truth(result: dict[str, Any]) -> Iterator[str]:
    """Verdicts on corpora whose worth is known."""
    yield "## Planted truth"
    yield ""
    yield from head(result)
    yield (
        f"{result['shots']} real rows and {result['planted_per_intent']} planted rows per intent; "
        f"encoder {result['encoder']}; {result['cpu_seconds'] / 60:.0f} CPU minutes."
    )
    yield ""
    for name, table in result["data"].items():
        if not table["conditions"]:
            continue
        yield f"### Planted truth: {name}"
        yield ""
        classifiers = list(table["conditions"]["oracle"]["classifiers"])
        yield (
            "| corpus | repeats | verdicts | "
            + " | ".join(f"{classifier}: gain, points | alone / real" for classifier in classifiers)
            + " |"
        )
        yield "|---|---|---|" + "---|---|" * len(classifiers)
        for condition, found in table["conditions"].items():
            verdicts = ", ".join(f"{code} {n}" for code, n in found["verdicts"].items())
            cells = []
            for classifier in classifiers:
                one = found["classifiers"].get(classifier)
                cells += [f"{one['gain_pp']:+.1f}", f"{one['tstr_ratio']:.2f}"] if one else ["", ""]
            repeats = sum(found["verdicts"].values())
            yield f"| {condition} | {repeats} | {verdicts} | {' | '.join(cells)} |"
        yield ""
        yield "| corpus | right verdicts | wrong | 95 % interval |"
        yield "|---|---|---|---|"
        for condition, bar in table["bars"].items():
            yield f"| {condition} | {', '.join(bar['must_be'])} | {_rate(bar)} |"
        yield ""
        yield (
            "| damage | levels | mean verdict (3 use, 0 do not) | verdict rises somewhere | 95 % "
            "interval | rises and accuracy does too, beyond chance | 95 % interval | rises above "
            "the undamaged | 95 % interval | Kendall's tau of the gain |"
        )
        yield "|---|---|---|---|---|---|---|---|---|---|"
        for damage, series in table["series"].items():
            taus = ", ".join(
                f"{classifier} {'n/a' if t['kendall'] is None else format(t['kendall'], '.2f')}"
                for classifier, t in series["gain_against_level"].items()
            )
            levels = ", ".join(str(level) for level in series["levels"])
            mean = ", ".join(f"{rank:.2f}" for rank in series["mean_rank"])
            yield (
                f"| {damage} | {levels} | {mean} | "
                f"{_rate(series['repeats_with_a_rise'])} | "
                f"{_rate(series['repeats_with_a_rise_beyond_chance'])} | "
                f"{_rate(series['repeats_above_the_undamaged'])} | {taus} |"
            )
        yield ""
    yield from not_run(result)


def _rate(rate: dict[str, Any]) -> str:
    """Two cells: how many, and the interval of the share."""
    return f"{rate['hits']} of {rate['of']} | {100 * rate['low']:.0f} to {100 * rate['high']:.0f} %"


def usefulness_grid(result: dict[str, Any]) -> Iterator[str]:
    """Gains of a few real rows and what is put beside them."""
    yield "## A few real rows, and what is put beside them"
    yield ""
    yield from head(result)
    made_s = sum(g["cpu_s"] for group in result["cells"].values() for g in group["generator"])
    yield (
        f"Accuracy in % on all test rows; gain over the real rows in points, paired, with a 95 % "
        f"interval over draws and test rows. Encoder {result['encoder']}; "
        f"{result['cpu_seconds'] / 60:.0f} CPU minutes, and at most {made_s / 60:.0f} of "
        f'expansion, whose finished runs are read again. "synthetic" is today\'s generator '
        f"(`expand` with its defaults), trained on the same real rows."
    )
    yield ""
    for name, group in sorted(result["cells"].items(), key=lambda item: _by_k(item[0])):
        verdicts = ", ".join(code or "none without rows" for code in group["verdicts"])
        made = ", ".join(
            f"{g['rows']} of {g['wanted']} in {g['intents_with_rows']}/{g['intents']} intents"
            + (f" ({g['why']})" if g["why"] else "")
            for g in group["generator"]
        )
        yield f"### {name}, {group['draws']} draws, {group['test_rows']} test rows"
        yield ""
        yield f"Generated rows: {made}. Verdict of each draw: {verdicts}."
        yield ""
        classifiers = list(group["arms"])
        yield "| arm | " + " | ".join(f"{c} | gain | ratio" for c in classifiers) + " |"
        yield "|---|" + "---|---|---|" * len(classifiers)
        known = {arm for by_arm in group["arms"].values() for arm in by_arm}
        arms = [arm for arm in ARMS if arm in known]
        for arm in arms:
            cells: list[str] = []
            for classifier in classifiers:
                one = group["arms"][classifier].get(arm)
                if one is None:
                    cells += ["", "", ""]
                    continue
                mean, low, high = one["gain_pp"]
                gain = "" if arm == "real" else f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
                cells += [f"{one['accuracy']:.1f}", gain, f"{one['ratio']:.2f}"]
            yield f"| {arm} | {' | '.join(cells)} |"
        yield ""
        for slots in group["slots"]:
            if slots["gain_pp"] is None:
                yield f"Slots: {slots['status']}."
            else:
                f1 = ", ".join(f"{arm} {100 * value:.1f}" for arm, value in slots["f1"].items())
                gain = slots["gain_pp"]
                yield (
                    f"Slot F1 (one draw, {slots['names']} names): {f1}; gain {gain['mean']:+.1f} "
                    f"({gain['low']:+.1f} to {gain['high']:+.1f}) points."
                )
            yield ""
    yield from not_run(result)


def _by_k(name: str) -> tuple[str, int]:
    """Order of "banking k=10"."""
    data, _, k = name.partition(" k=")
    return data, int(k)


def rare_intents(result: dict[str, Any]) -> Iterator[str]:
    """Recall of a rare intent."""
    yield "## A rare intent: report_fraud among banking requests"
    yield ""
    yield from head(result)
    yield (
        "Recall in % at a fixed precision, test rows weighted to the prevalence, with a 95 % "
        f"interval over draws and test rows (30 of the intent, 420 others); gain over the real "
        f"rows alone, paired. Encoder {result['encoder']}."
    )
    yield ""
    for prevalence, table in result["prevalences"].items():
        facts = table["facts"]
        yield f"### report_fraud at {prevalence}: {facts['rare_rows']} rows, {facts['added']} added"
        yield ""
        if table["generator"]:
            of_it = ", ".join(str(one["of_the_intent"]) for one in table["generator"])
            of_all = ", ".join(str(one["generated"]) for one in table["generator"])
            yield f"Today's generator gave {of_it} rows of the intent (of {of_all})."
            yield ""
        yield "| classifier | precision | arm | draws | recall | gain |"
        yield "|---|---|---|---|---|---|"
        for classifier, by_precision in table["recall"].items():
            for precision, by_arm in by_precision.items():
                for arm, one in by_arm.items():
                    recall, gain = (
                        f"{100 * v[0]:.0f} ({100 * v[1]:.0f} to {100 * v[2]:.0f})"
                        for v in (one["recall"], one["gain"])
                    )
                    yield (
                        f"| {classifier} | {precision.removeprefix('precision ')} | {arm} | "
                        f"{one['draws']} | {recall} | {'' if arm == 'real' else gain} |"
                    )
        yield ""
    yield from not_run(result)


def assess_cost(result: dict[str, Any]) -> Iterator[str]:
    """Cost of an assess."""
    yield f"## Cost of `assess` of {result['corpus_rows']:,} rows"
    yield ""
    yield from head(result)
    yield (
        f"{result['intents']} intents, {result['real_rows']} real rows, {result['test_rows']} test "
        f"rows; {result['cores']} cores, load {result['load_at_end'][0]} at the end. The JSON of "
        f"all runs is {'identical' if result['identical'] else 'NOT identical'}; verdict "
        f"{result['verdict_code']}."
    )
    yield ""
    yield "| run | s | CPU s | peak RSS, MB |"
    yield "|---|---|---|---|"
    for number, one in enumerate(result["runs"], 1):
        yield f"| {number} | {one['seconds']} | {one['cpu_seconds']} | {one['peak_rss_mb']} |"
    yield ""


def collapse(name: str, result: dict[str, Any]) -> Iterator[str]:
    """A generator retrained on its own output."""
    yield f"## Collapse: {name.replace('_', ', ')}"
    yield ""
    yield from head(result)
    yield (
        f'{result["generator"]}, {result["rows_per_intent"]} real rows per intent. "real" and '
        f'"same_generator" are controls in which nothing can collapse. Mean (lowest to highest) '
        f"over seeds; accuracy of TF-IDF + SVM trained on the generation, on real rows."
    )
    yield ""
    yield (
        "| mode | seeds | generations | alarms | vocabulary lost since generation 1, % | "
        "since real, % | accuracy, first to last, % | CPU s |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for mode, one in result["summary"].items():
        lost, since_real = (
            "{:.1f} ({:.1f} to {:.1f})".format(
                *(100 * one[key][part] for part in ("mean", "lowest", "highest"))
            )
            for key in ("vocabulary_lost_since_generation_1", "vocabulary_lost_since_real")
        )
        accuracy = [100 * value for value in one["means_by_generation"]["accuracy"]]
        # The text GAN's loops share their first generation, and so their cost.
        cost = one.get("cpu_s") or one["cpu_s_of_both_loops"]
        yield (
            f"| {mode.replace('_', ' ')} | {one['seeds']} | {one['generations']} | "
            f"{one['alarms_fired']} of {one['seeds']} | {lost} | {since_real} | "
            f"{accuracy[0]:.1f} to {accuracy[-1]:.1f} | {cost['mean']:.1f} |"
        )
    yield ""


def fidelity(result: dict[str, Any]) -> Iterator[str]:
    """False and true alarms of fidelity."""
    yield f"## Alarms of fidelity, encoder {result['encoder']}"
    yield ""
    yield from head(result)
    yield "One half of a real set against the other: false alarms."
    yield ""
    yield "| data and rows | rows per sample | repeats with an alarm | AUC, mean (highest) |"
    yield "|---|---|---|---|"
    for name, one in result["false_alarms"].items():
        yield (
            f"| {name.replace('_', ', ')} | {one['rows_per_sample']} | {one['any_alarm']} of "
            f"{one['repeats']} | {one['auc_mean']} ({one['auc_highest']}) |"
        )
    yield ""
    yield "| made of 5 real rows per intent | repeats with an alarm | of which |"
    yield "|---|---|---|"
    for name, one in result["true_alarms"].items():
        others = ", ".join(f"{k} {v}" for k, v in one["raised"].items() if k != "any")
        raised = one["raised"].get("any", 0)
        yield f"| {name.replace('_', ', ')} | {raised} of {one['repeats']} | {others} |"
    yield ""


Table = Callable[[dict[str, Any]], Iterator[str]]
_BY_NAME: Mapping[str, Table] = {
    "accept_rate": few_shot_tables.accept_rate,
    "assess_cost": assess_cost,
    "cold_start": cold_start,
    "fidelity": fidelity,
    "gan_adversarial_step": gan_tables.adversarial_step,
    "gan_coco": gan_tables.coco,
    "gan_no_collapse": gan_tables.no_collapse,
    "expand_cost": cost_tables.expand_cost,
    "few_shot": few_shot_tables.few_shot,
    "few_shot_slots": few_shot_tables.few_shot_slots,
    "few_shot_discriminator": few_shot_tables.discriminator,
    "few_shot_out_of_scope": few_shot_tables.out_of_scope,
    "judge_features": few_shot_tables.judge_features,
    "grammar_bounded_lists": grammar_tables.bounded_lists,
    "grammar_brute_force": agreement_tables.brute_force,
    "grammar_count_check": agreement_tables.count_check,
    "grammar_build": grammar_tables.build,
    "grammar_cover": speed_tables.cover,
    "grammar_features": speed_tables.features,
    "grammar_lint": grammar_tables.lint,
    "grammar_speed": speed_tables.speed,
    "grammar_uniform": grammar_tables.uniform,
    "hassil_agreement": agreement_tables.agreement,
    "planted_truth": planted_truth,
    "pretraining_share": cost_tables.pretraining_share,
    "rare_intents": rare_intents,
    "snips_full": few_shot_tables.snips_full,
    "usefulness_grid": usefulness_grid,
    **speech_tables.BY_NAME,
}
_BY_START: Mapping[str, Callable[[str, dict[str, Any]], Iterator[str]]] = {
    "build_cost_": build_cost,
    "collapse_": collapse,
    "fidelity_": lambda _, result: fidelity(result),
    **speech_tables.BY_START,
}


def _table(stem: str, result: dict[str, Any]) -> Iterator[str]:
    if stem in _BY_NAME:
        return _BY_NAME[stem](result)
    for start, make in _BY_START.items():
        if stem.startswith(start):
            return make(stem.removeprefix(start), result)
    raise SystemExit(f"{stem}.json: no table is written for it; add one")


def page(results: Path) -> str:
    """RESULTS.md, from all JSON files of a folder.

    Raises:
        SystemExit: When no table is written for one of them.
    """
    lines = ["# Results", "", "Made by `python -m eval.tables` from `eval/results/*.json`.", ""]
    for path in sorted(results.glob("*.json")):
        lines += _table(path.stem, json.loads(path.read_text(encoding="utf-8")))
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write RESULTS.md."""
    (HERE / "RESULTS.md").write_text(page(HERE / "results"), encoding="utf-8")


if __name__ == "__main__":
    main()
