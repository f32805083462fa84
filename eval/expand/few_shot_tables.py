"""Tables of RESULTS.md about few-shot expansion; no heavy imports, as RESULTS.md is made often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from eval.table_head import head

__all__ = [
    "accept_rate",
    "discriminator",
    "few_shot",
    "few_shot_slots",
    "judge_features",
    "out_of_scope",
    "snips_full",
]


def few_shot(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Few-shot expansion: a pretrained generator, meta-trained, with its discriminator"
    yield ""
    yield from head(result)
    meta = result["adapter"]
    looks, found = meta["generator"], meta["discriminator"]
    yield (
        f"Adapter: {meta['texts']} texts of {meta['intents']} intents of CLINC150's other domains; "
        f"base {meta['base']}; held-out NLL {looks['looks'][0]['held_out_nll']:.3f} -> "
        f"{looks['held_out_nll']:.3f} nats per piece (step {looks['step_kept']}); of "
        f"{meta['samples']} of the generator's samples for background intents "
        f"{100 * meta['samples_right']:.0f} % said their intent; discriminator on held-out intents "
        f"right in {100 * found['held_out_accuracy']:.1f} %, expected calibration error "
        f"{found['ece']:.3f} ({found['ece_before']:.3f} before temperature scaling). "
        + (
            f"Meta-training took {result['adapter_cpu_s']:.0f} CPU s with all."
            if "adapter_cpu_s" in result
            else ""
        )
    )
    yield ""
    yield (
        "Gain over the real rows alone in points, with 95 % intervals over draws and test rows. "
        '"real + intent names" adds each label in words as one more row: what the labels tell '
        "without any generator."
    )
    yield ""
    names = sorted({name for cell in result["cells"].values() for name in cell["arms"]})
    columns = "".join(f" {name} | gain |" for name in reversed(names))
    yield f"| rows per intent | arm | draws |{columns}"
    yield "|---|---|---|" + "---|---|" * len(names)
    for place, cell in result["cells"].items():
        arms = list(dict.fromkeys(arm for table in cell["arms"].values() for arm in table))
        for arm in arms:
            row = f"| {place} | {arm} |"
            for number, name in enumerate(reversed(names)):
                one = cell["arms"].get(name, {}).get(arm)
                if number == 0:
                    row += f" {one['draws'] if one else ''} |"
                if one is None:
                    row += " | |"
                    continue
                mean, low, high = one["gain_pp"]
                gain = "" if arm == "real" else f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
                row += f" {one['accuracy']:.1f} | {gain} |"
            yield row
    yield ""
    yield "| rows per intent | generator | accepted rows, by draw | CPU s of `expand`, by draw |"
    yield "|---|---|---|---|"
    for place, cell in result["cells"].items():
        for arm in dict.fromkeys(made["arm"] for made in cell["generated"]):
            own = [made for made in cell["generated"] if made["arm"] == arm]
            counts = ", ".join(str(made["rows"]) for made in own)
            costs = ", ".join(f"{made['cpu_s']:.0f}" for made in own)
            yield f"| {place} | {arm} | {counts} | {costs} |"
    yield ""


def few_shot_slots(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Slots from few rows: F1 of a CRF on SNIPS"
    yield ""
    yield from head(result)
    arms = list(dict.fromkeys(arm for one in result["cells"].values() for arm in one["f1"]))
    yield "| rows per intent | generated rows |" + "".join(f" {arm} |" for arm in arms)
    yield "|---|---|" + "---|" * len(arms)
    for place, one in result["cells"].items():
        figures = "".join(
            f" {100 * one['f1'][arm]:.1f} |" if arm in one["f1"] else " |" for arm in arms
        )
        yield f"| {place} | {one['rows']} |{figures}"
    yield ""


def discriminator(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## What the discriminator is worth, at equal numbers of generated rows"
    yield ""
    yield from head(result)
    yield (
        f"{result['per_intent']} rows per intent, chosen in six ways from the same candidates. "
        "Gain over the real rows in points, 95 % intervals."
    )
    yield ""
    names = sorted({name for cell in result["cells"].values() for name in cell["gain_pp"]})
    yield "| rows per intent | chosen by | labels right |" + "".join(f" {n} |" for n in names)
    yield "|---|---|---|" + "---|" * len(names)
    for place, cell in result["cells"].items():
        for way, right in cell["label_accuracy"].items():
            gains = [cell["gain_pp"][name][way] for name in names]
            shown = "".join(f" {m:+.1f} ({low:+.1f} to {high:+.1f}) |" for m, low, high in gains)
            yield f"| {place} | {way} | {right:.0f} % |{shown}"
    yield ""


def accept_rate(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Where to cut: limits of the discriminator, and their choice by cross-validation"
    yield ""
    yield from head(result)
    yield (
        "Gain on test rows in points by the least probability of the own intent (in brackets what "
        "cross-validation on the real train rows says, in %); then with the limit that "
        f"cross-validation chooses in each draw, with that of a build ({result['own']}), and with "
        "the best one in hindsight, with 95 % intervals over draws and test rows."
    )
    yield ""
    limits = next(iter(next(iter(result["cells"].values()))["classifiers"].values()))["gain_pp"]
    columns = "".join(f" {limit} |" for limit in limits)
    yield f"| candidates of | draws | classifier |{columns} chosen | of a build | in hindsight |"
    yield "|---|---|---|" + "---|" * (len(limits) + 3)
    for place, cell in sorted(result["cells"].items(), key=lambda item: _by_k(item[0])):
        for name, one in reversed(sorted(cell["classifiers"].items())):
            row = f"| {place} | {cell['draws']} | {name} |"
            for limit, gain in one["gain_pp"].items():
                row += f" {gain[0]:+.1f} ({one['cross_validated'][limit]:.1f}) |"
            picks = ", ".join(map(str, one["picks"]))
            row += f" {_interval(one['picked_gain_pp'])}: {picks} |"
            row += f" {_interval(one['gain_pp'][str(result['own'])])} |"
            yield row + f" {_interval(one['best_gain_pp'])}: {', '.join(map(str, one['best']))} |"
    yield ""
    for cell_name, why in result["not_run"].items():
        yield f"Not run: {cell_name}, because {why}."
        yield ""


def _interval(gain: tuple[float, float, float]) -> str:
    return "{:+.1f} ({:+.1f} to {:+.1f})".format(*gain)


def judge_features(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## What more the discriminator could know: likelihood ratio, realness"
    yield ""
    yield from head(result)
    yield (
        f"{result['per_intent']} candidates per intent of a build; right is what an oracle of all "
        "real train rows says. Weights of the features, and the realness head, were fitted on the "
        "other domain; intervals of 95 % are over candidates. Better half: share of right "
        "candidates among those of each intent that score best. Weights are of standardised "
        "features."
    )
    yield ""
    yield (
        "| candidates of | oracle | right, all | features | AUC | above the discriminator | "
        "right, better half | weights |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for rows, by_domain in result["cells"].items():
        for domain, by_oracle in by_domain.items():
            for oracle, one in by_oracle.items():
                for name, figures in one["sets"].items():
                    weights = ", ".join(f"{k} {v:+.2f}" for k, v in figures["weights"].items())
                    above = "{:+.3f} ({:+.3f} to {:+.3f})".format(*figures["above_discriminator"])
                    yield (
                        f"| {domain} {rows} | {oracle} | {100 * one['right']:.1f} % | {name} | "
                        f"{figures['auc']:.3f} | {above} | {100 * figures['better_half']:.1f} % | "
                        f"{weights} |"
                    )
    yield ""
    told = [
        f"{domain} {rows} {next(iter(by_oracle.values()))['realness_auc']:.3f}"
        for rows, by_domain in result["cells"].items()
        for domain, by_oracle in by_domain.items()
    ]
    yield f"AUC of the realness head, real rows against candidates: {', '.join(told)}."
    yield ""


def snips_full(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## SNIPS with many real rows: trained on generated rows alone, tested on real ones"
    yield ""
    yield from head(result)
    yield (
        f"{result['real_per_intent']} real rows per intent are shown to the generators; arms train "
        f"on {result['per_intent']} rows per intent at most, of weight 1; {result['test_rows']} "
        'test rows. Goals: above the trigram model, and under 1 % copies. "real" are all shown '
        "rows. Intervals of 95 % over draws and test rows, paired. Copies repeat a shown row, "
        "folded; with the values of slots aside where the arm has slots."
    )
    yield ""
    names = sorted({name for row in result["arms"].values() for name in row["accuracy"]})
    columns = "".join(f" {name} | above trigram, points |" for name in reversed(names))
    yield f"| arm | draws | rows | distinct |{columns} copies, % | values aside, % | CPU s |"
    yield "|---|---|---|---|" + "---|---|" * len(names) + "---|---|---|"
    for arm, row in result["arms"].items():
        line = f"| {arm} | {row['draws']} | {_listed(row['rows'])} | "
        line += f"{_listed(row.get('distinct', ()))} |"
        for name in reversed(names):
            line += f" {row['accuracy'][name]:.1f} |"
            above = row["above_trigram_pp"].get(name)
            line += " {:+.1f} ({:+.1f} to {:+.1f}) |".format(*above) if above else " |"
        for kind in ("verbatim", "values_aside"):
            shares = [one[kind] for one in row.get("copies", ()) if one[kind] is not None]
            line += f" {_listed(f'{100 * share:.1f}' for share in shares)} |"
        yield line + f" {_listed(f'{cost:.0f}' for cost in row.get('cpu_s', ()))} |"
    yield ""
    for cell, why in result["why"].items():
        yield f"{cell}: {why}."
        yield ""


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)


def out_of_scope(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Rows out of scope: near misses of the generator as one more class"
    yield ""
    yield from head(result)
    meta = result["adapter"]
    yield (
        f"Adapter: {meta['texts']} texts of {meta['intents']} intents, base {meta['base']}. "
        f"{result['test_rows']} test rows in scope, {result['test_rows_out_of_scope']} out of "
        f"scope; {result['wanted']} rows out of scope were asked for, the other arms have as many "
        "(fewer where there are not so many) of equal weight. Accuracy in scope, recall out of "
        "scope (share refused), in %; gain of the near misses in recall over each other arm, in "
        "points with 95 % intervals; AUC of telling the two apart, whatever the threshold. The "
        "threshold is read off the test rows: as many right answers as with the near misses, or "
        "all that there are."
    )
    yield ""
    for place, cell in sorted(result["cells"].items(), key=lambda item: _by_k(item[0])):
        made = "; ".join(
            f"{one['near_misses']} near misses beside {one['rows']} rows, {one['cpu_s']:.0f} CPU s"
            + (f" ({one['why']})" if "why" in one else "")
            for one in cell["generated"]
        )
        yield f"### {place}, {cell['draws']} draws"
        yield ""
        yield f"Generated: {made}."
        yield ""
        yield "| classifier | class out of scope | accuracy | recall | near misses gain | AUC |"
        yield "|---|---|---|---|---|---|"
        for name, table in reversed(sorted(cell["classifiers"].items())):
            plain = table["accuracy_without_refusing"]
            yield f"| {name} | none, nothing refused | {plain:.1f} | 0.0 | | |"
            for arm in [arm for arm in result["arms"] if arm in table["arms"]]:
                one = table["arms"][arm]
                mean, low, high = one["near_misses_gain_pp"]
                gain = f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
                shown = "" if arm.startswith("near misses") else gain
                yield (
                    f"| {name} | {arm} | {one['accuracy']:.1f} | {one['recall']:.1f} | {shown} | "
                    f"{one['auc']:.3f} |"
                )
        yield ""
    if result["not_run"]:
        yield f"Not run: {', '.join(result['not_run'])}."
        yield ""


def _by_k(place: str) -> tuple[str, int]:
    """Order of "banking k=10"."""
    data, _, k = place.partition(" k=")
    return data, int(k)
