"""Quality against diversity on Image COCO: is our sampler on or above our own MLE curve?

    CORPUSFORGE_DATA=DATA python -m eval.expand.coco --work DIR

Caccia et al. (ICLR 2020) found no text GAN above the curve that maximum likelihood draws as its
temperature moves. The sweep draws that curve for the scratch generator after maximum likelihood,
with plain softmax sampling and with our sampler (nucleus .95), after gumbel and cooperative
rounds, and with rejection by a discriminator. Each point has equally many samples. Quality is
BLEU-2 to 5 against the test captions (as RelGAN reports it) and the Frechet distance of sentence
embeddings to 2,000 test captions; diversity is self-BLEU-4. Test captions chose nothing.
Writes eval/results/gan_coco.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.core.seeding import rng
from corpusforge.expand.gan.runtime import torch_generator
from corpusforge.metrics.self_bleu import self_bleu
from eval import cells
from eval.expand.bleu import References, words
from eval.expand.coco_models import ACCEPTED_SHARE, Captions, Generators, Rejection, draw

__all__ = ["PUBLISHED", "frechet", "main", "verdicts"]

TEMPERATURES = (0.6, 0.8, 1.0, 1.2, 1.4)
SAMPLES = 1000
NEAR = 2000
"""Test captions on the other side of the Frechet distance."""
CURVES = ("mle, plain softmax", "mle")
ARMS = (*CURVES, "gumbel", "cooperative", "mle + rejection", "cooperative + rejection")
OURS = "cooperative + rejection"
PUBLISHED = {
    "RelGAN (100), published": (0.849, 0.687, 0.502, 0.331),
    "RelGAN (1000), published": (0.814, 0.634, 0.455, 0.303),
}
"""BLEU-2 to 5 on Image COCO, from table 2 of Nie et al., ICLR 2019; self-BLEU is not given."""


def frechet(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Frechet distance of two sets of vectors taken as normal, shape [rows, dimensions] each.

    It depends on the number of rows: compare sets of equal size only.
    """
    means = [np.asarray(side, dtype=np.float64).mean(0) for side in (one, other)]
    first, second = (np.cov(np.asarray(s, dtype=np.float64), rowvar=False) for s in (one, other))
    # The trace of the root of a product of covariances, by symmetric matrices only.
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    inner = np.clip(np.linalg.eigvalsh(root @ second @ root), 0, None)
    distance = np.square(means[0] - means[1]).sum() + np.trace(first) + np.trace(second)
    return float(distance - 2 * np.sqrt(inner).sum())


def _some(texts: Sequence[str], count: int, seed: int) -> list[str]:
    order = rng(seed, "eval.coco", count).permutation(len(texts))[:count]
    return [texts[place] for place in order]


class Ruler:
    """Measures samples of one size."""

    def __init__(self, captions: Captions, encoder: Encoder, seed: int) -> None:
        self._references = References([words(text) for text in captions.test])
        self._encoder = encoder
        # At random: the files are not in random order.
        self._real = encoder.encode(_some(captions.test, NEAR, seed))

    def measure(self, texts: Sequence[str]) -> dict[str, Any]:
        """Quality and diversity of `SAMPLES` captions."""
        split = [words(text) for text in texts]
        bleu = self._references.scores(split)
        vectors = self._encoder.encode(texts)
        half = len(texts) // 2
        halves = [frechet(v, self._real) for v in (vectors[:half], vectors[half:])]
        return {
            "bleu": {str(n): round(float(bleu[:, n - 1].mean()), 4) for n in (2, 3, 4, 5)},
            "bleu_4_error": round(float(bleu[:, 3].std() / len(texts) ** 0.5), 5),
            "frechet": round(frechet(vectors, self._real), 4),
            "frechet_halves": [round(value, 4) for value in halves],
            "self_bleu_4": round(self_bleu(split), 4),
            "words": round(float(np.mean([len(text) for text in split])), 2),
        }


def sweep(
    arm: str, captions: Captions, generators: Generators, ruler: Ruler, seed: int
) -> dict[str, Any]:
    """All temperatures of one arm, and how the generator stands."""
    name = arm.split(" + ")[0].split(",")[0]
    trainer = generators.weights(name)
    rejects = "rejection" in arm
    sampler = Rejection(captions, trainer, TEMPERATURES, seed) if rejects else None
    nucleus = 1.0 if "plain" in arm else 0.95
    points = []
    for number, heat in enumerate(TEMPERATURES):
        facts: dict[str, Any] = {}
        if sampler is None:
            source = torch_generator(seed * 100 + number)
            texts = draw(trainer, SAMPLES, heat, source, nucleus)
        else:
            texts, facts = sampler.draw(SAMPLES, heat)
        points.append({"temperature": heat, **ruler.measure(texts), **facts})
    history = generators.history(name)
    return {
        "points": points,
        "nll": generators.nll(name, captions.test),
        "rounds": [
            {"undone": record["undone"], "nll": round(record["guard"]["nll"], 4)}
            for record in history.get("rounds", ())
        ],
        "round_kept": history.get("round_kept"),
    }


def verdicts(
    points: Sequence[Mapping[str, Any]], curve: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each point against a curve, interpolated at equal self-BLEU-4.

    Above or below means by more than two standard errors (BLEU-4: over captions; Frechet
    distance: from halves), on the curve otherwise, and outside where the curve has no such
    self-BLEU-4.
    """
    ordered = sorted(curve, key=lambda point: point["self_bleu_4"])
    at = [point["self_bleu_4"] for point in ordered]
    halves = np.array([point["frechet_halves"] for point in (*points, *curve)])
    # A half differs from the other by sqrt(2) of its own error, which is sqrt(2) of the whole's.
    far = float(np.sqrt(np.square(halves[:, 0] - halves[:, 1]).mean()) / 2) * 2**0.5
    found = []
    for point in points:
        place = point["self_bleu_4"]
        if not at[0] <= place <= at[-1]:
            found.append({"self_bleu_4": place, "bleu_4": "outside", "frechet": "outside"})
            continue
        bleu = float(np.interp(place, at, [p["bleu"]["4"] for p in ordered]))
        error = float(np.interp(place, at, [p["bleu_4_error"] for p in ordered]))
        near = float(np.interp(place, at, [p["frechet"] for p in ordered]))
        more, less = point["bleu"]["4"] - bleu, near - point["frechet"]
        found.append(
            {
                "self_bleu_4": place,
                "bleu_4_more": round(more, 4),
                "bleu_4": _verdict(more, float(np.hypot(error, point["bleu_4_error"]))),
                "frechet_less": round(less, 4),
                "frechet": _verdict(less, far),
            }
        )
    return found


def _verdict(better: float, error: float) -> str:
    return "above" if better > 2 * error else "below" if better < -2 * error else "on"


def _sentence(arm: str, curve: str, found: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for key, name in (("bleu_4", "BLEU-4"), ("frechet", "Frechet distance")):
        counts = {v: sum(f[key] == v for f in found) for v in ("above", "on", "below", "outside")}
        said = ", ".join(f"{v} at {n}" for v, n in counts.items() if n)
        judged = sum(counts[v] for v in ("above", "on", "below"))
        everywhere = (
            "cannot be compared"
            if not judged
            else "NOT on or above it everywhere"
            if counts["below"]
            else "on or above it wherever both reach"
        )
        parts.append(f"{name}: {everywhere} ({said} of {len(found)} points)")
    return f"{arm} against the curve of {curve}: {'; '.join(parts)}."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = cells.command_line("eval.expand.coco", __doc__).parse_args(arguments)
    seed = options.seed
    code = cells.code_digest(_MODULES)
    captions, encoder = Captions(), load_encoder(None)
    encoder.prepare(captions.fit)
    trained = f"weights-{cells.code_digest(_TRAINING)}-{seed}"
    generators = Generators(captions, options.work / "coco" / trained, seed)
    rulers: list[Ruler] = []

    def ruler() -> Ruler:
        if not rulers:
            rulers.append(Ruler(captions, encoder, seed))
        return rulers[0]

    planned = [
        cells.Cell(
            "train captions",
            {"seed": seed},
            lambda: ruler().measure(_some(captions.fit, SAMPLES, seed)),
        )
    ]
    for arm in ARMS:

        def measure_it(arm: str = arm) -> dict[str, Any]:
            return sweep(arm, captions, generators, ruler(), seed)

        planned.append(cells.Cell(arm, {"arm": arm, "seed": seed}, measure_it))
    outcome = cells.run(planned, options.work / "coco", code, options.cpu_hours)
    arms = {name: f for name, f in outcome.figures.items() if name in ARMS}
    against = {
        arm: {c: verdicts(arms[arm]["points"], arms[c]["points"]) for c in CURVES if c in arms}
        for arm in arms
        if arm not in CURVES
    }
    parts = {
        "samples": SAMPLES,
        "encoder": encoder.name,
        "accepted_share": ACCEPTED_SHARE,
        "arms": arms,
        "real": outcome.figures["train captions"],
        "published": PUBLISHED,
        "against_curves": against,
        "said": [_sentence(a, c, found) for a, by in against.items() for c, found in by.items()],
        "cpu_seconds_by_cell": outcome.cpu_s,
    }
    cells.write("gan_coco", "eval.expand.coco", seed, outcome, parts)


_TRAINING = (
    "eval.expand.coco_models",
    *(
        f"corpusforge.expand.gan.{name}"
        for name in (
            "critic",
            "decoding",
            "discriminator",
            "fitting",
            "generator",
            "modes.cooperative",
            "modes.gumbel",
            "replay",
            "rounds",
            "training",
        )
    ),
)
_MODULES = ("eval.expand.bleu", "eval.expand.coco", *_TRAINING)

if __name__ == "__main__":
    main()
