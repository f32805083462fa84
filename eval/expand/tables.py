"""Tables of RESULTS.md about the text GAN; no heavy imports, as RESULTS.md is made often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eval.table_head import head

__all__ = ["adversarial_step", "coco", "no_collapse"]

_STEPS = ("generator", "discriminator", "one_and_one", "one_and_five", "own")


def no_collapse(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Text GAN from scratch: no collapse, and cost"
    yield ""
    yield from head(result)
    yield (
        "Default recipe, two cooperative rounds, against maximum likelihood alone with the same "
        f"seed: self-BLEU-4 of {result['compared']} samples for the same frames. The bar: never "
        f"more than {result['most_more']} above. Change of held-out NLL (nats per piece) of the "
        "round kept; 0 is maximum likelihood."
    )
    yield ""
    yield (
        "| data | seeds | self-BLEU of the start | change, lowest / mean / highest | NLL | rounds "
        "kept | rounds undone | samples | wrong slots | CPU s of a fit |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, row in result["sets"].items():
        change = " / ".join(f"{value:+.3f}" for value in row["self_bleu_more"])
        kept = ", ".join(f"{number}: {count}" for number, count in row["rounds_kept"].items())
        undone = ", ".join(f"{why} {count}" for why, count in row["undone"].items()) or "none"
        yield (
            f"| {name} | {row['seeds']} | {row['self_bleu_start']:.3f} | {change} | "
            f"{row['nll_change_kept']:+.3f} | {kept} | {undone} | {row['samples']} | "
            f"{row['wrong_frames']} | {row['fit_cpu_s']} |"
        )
    yield ""
    one = result.get("cost")
    if one:
        yield (
            f"Cost: {one['intents']} intents, {one['rows']} rows, {one['epochs']} epochs and "
            f"{one['rounds']} rounds take {one['fit_cpu_s']} CPU s."
        )
        yield ""


def adversarial_step(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Cost of an adversarial step beside TextGAN-PyTorch's RelGAN"
    yield ""
    yield from head(result)
    yield (
        f"Batch {result['batch']}, length {result['length']}, vocabulary {result['vocabulary']}; "
        f"CPU s of one thread, least of {result['repeats']} turns. Peer: commit "
        f"`{result['peer']['commit']}`; put in its way: {'; '.join(result['peer']['shims'])}."
    )
    yield ""
    yield ("| | parameters of G / D | G step | D step | 1 G + 1 D | 1 G + 5 D | its own schedule |")
    yield "|---|---|---|---|---|---|---|"
    for side, row in result["sides"].items():
        sizes = " / ".join(f"{row['parameters'][n] / 1e6:.2f} M" for n in _STEPS[:2])
        figures = (row[f"{name}_s"] for name in _STEPS)
        yield f"| {side} | {sizes} | " + " | ".join(f"{value:.3f}" for value in figures) + " |"
    for side, row in result["times_as_dear"].items():
        times = " | ".join(f"{row[f'{name}_s']:.1f}" for name in _STEPS)
        yield f"| peer / {side} | | {times} |"
    yield ""
    yield f"Goal: {result['goal']:g} times at equal schedule."
    yield ""


def coco(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Text GAN from scratch on Image COCO: quality against diversity"
    yield ""
    yield from head(result)
    yield (
        f"{result['samples']} samples a point; encoder {result['encoder']}; rejection keeps "
        f"{100 * result['accepted_share']:.0f} % of its samples. {result['cpu_seconds'] / 60:.0f} "
        "CPU minutes. BLEU against all test captions, self-BLEU-4 lower is more diverse. "
        "`mle` samples from the likeliest 95 % of pieces as the product does, `plain softmax` "
        "from all. `gumbel` is its last round, whatever the gate says; `cooperative` the round "
        "kept."
    )
    yield ""
    yield (
        "| arm | T | BLEU-2 | BLEU-3 | BLEU-4 | BLEU-5 | self-BLEU-4 | Frechet, test | train | "
        "words | AUC of real against samples |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for arm, figures in result["arms"].items():
        for point in figures["points"]:
            bleu = " | ".join(f"{point['bleu'][str(n)]:.3f}" for n in (2, 3, 4, 5))
            auc = f"{point['auc']:.3f}" if "auc" in point else ""
            near = " | ".join(f"{point[name]:.3f}" for name in ("frechet", "frechet_train"))
            yield (
                f"| {arm} | {point['temperature']} | {bleu} | {point['self_bleu_4']:.3f} | "
                f"{near} | {point['words']} | {auc} |"
            )
    real = result["real"]
    bleu = " | ".join(f"{real['bleu'][str(n)]:.3f}" for n in (2, 3, 4, 5))
    yield (
        f"| train captions | | {bleu} | {real['self_bleu_4']:.3f} | {real['frechet']:.3f} | "
        f"{real['frechet_train']:.3f} | {real['words']} | |"
    )
    for name, scores in result["published"].items():
        yield f"| {name} | | {' | '.join(f'{s:.3f}' for s in scores)} | | | | | |"
    yield ""
    yield "| generator | test NLL per piece at T = 1 | per word | rounds undone | round kept |"
    yield "|---|---|---|---|---|"
    for arm, figures in result["arms"].items():
        if "," in arm or "+" in arm:
            continue
        undone = ", ".join(r["undone"] or "no" for r in figures["rounds"][1:])
        kept = "" if figures["round_kept"] is None else figures["round_kept"]
        nll = figures["nll"]
        yield f"| {arm} | {nll['per_piece']:.3f} | {nll['per_word']:.3f} | {undone} | {kept} |"
    yield ""
    for said in result["said"]:
        yield f"- {said}"
    yield ""
