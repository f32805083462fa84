"""Quality against diversity on Image COCO: is our sampler on or above our own MLE curve?

    CORPUSFORGE_DATA=DATA python -m eval.expand.coco --work DIR

Caccia et al. (ICLR 2020) found no text GAN above the curve that maximum likelihood draws as its
temperature moves. The sweep draws that curve for the scratch generator after maximum likelihood,
with plain softmax sampling and with our sampler (nucleus .95), after gumbel and cooperative
rounds, and with rejection by a discriminator. Each point has equally many samples. Quality is
BLEU-2 to 5 against the test captions (as RelGAN reports it) and the Frechet distance of sentence
embeddings (32 principal axes of train captions) to 2,000 test and to 2,000 train captions, for
the two files differ in what they are about; diversity is self-BLEU-4. Test captions chose
nothing.
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
MEASURES = ("bleu_4", "frechet", "frechet_train")
NAMES = ("BLEU-4", "Frechet distance to test", "Frechet distance to train")
SAMPLES = 1000
NEAR = 2000
"""Test captions on the other side of the Frechet distance, and train captions for the axes."""
AXES = 32
"""Principal axes of train captions in which it is measured. In all 384 dimensions a thousand
samples say more about their own number than about the text: captions of the train file stood as
far from the test captions as word salad (0.44 and 0.40)."""
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
        known = encoder.encode(_some(captions.fit, NEAR, seed)).astype(np.float64)
        _, _, axes = np.linalg.svd(known - known.mean(0), full_matrices=False)
        self._axes = axes[:AXES].T
        self._real = {
            "frechet": self._vectors(_some(captions.test, NEAR, seed)),
            "frechet_train": self._vectors(_some(captions.fit, NEAR, seed + 1)),
        }

    def _vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = self._encoder.encode(texts) @ self._axes
        return found

    def _distances(self, suffix: str, *parts: npt.NDArray[np.float64]) -> dict[str, Any]:
        found = {}
        for name, real in self._real.items():
            values = [round(frechet(part, real), 4) for part in parts]
            found[name + suffix] = values if suffix else values[0]
        return found

    def measure(self, texts: Sequence[str]) -> dict[str, Any]:
        """Quality and diversity of `SAMPLES` captions."""
        split = [words(text) for text in texts]
        bleu = self._references.scores(split)
        vectors = self._vectors(texts)
        half = len(texts) // 2
        return {
            "bleu": {str(n): round(float(bleu[:, n - 1].mean()), 4) for n in (2, 3, 4, 5)},
            "bleu_4_error": round(float(bleu[:, 3].std() / len(texts) ** 0.5), 5),
            **self._distances("", vectors),
            **self._distances("_halves", vectors[:half], vectors[half:]),
            "self_bleu_4": round(self_bleu(split), 4),
            "words": round(float(np.mean([len(text) for text in split])), 2),
        }


def sweep(
    arm: str, captions: Captions, generators: Generators, ruler: Ruler, seed: int
) -> dict[str, Any]:
    """All temperatures of one arm, and how the generator stands."""
    name = _generator(arm)
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
    return {"points": points, "nll": generators.nll(name, captions.test)}


def _generator(arm: str) -> str:
    return arm.split(" + ")[0].split(",")[0]


def _record(name: str, generators: Generators) -> dict[str, Any]:
    history = generators.history(name)
    return {
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
    found: list[dict[str, Any]] = []
    for point in points:
        place = point["self_bleu_4"]
        if not at[0] <= place <= at[-1]:
            found.append({"self_bleu_4": place, **dict.fromkeys(MEASURES, "outside")})
            continue
        bleu = float(np.interp(place, at, [p["bleu"]["4"] for p in ordered]))
        error = float(np.interp(place, at, [p["bleu_4_error"] for p in ordered]))
        more = point["bleu"]["4"] - bleu
        one: dict[str, Any] = {"self_bleu_4": place, "bleu_4_more": round(more, 4)}
        one["bleu_4"] = _verdict(more, float(np.hypot(error, point["bleu_4_error"])))
        for name in MEASURES[1:]:
            near = float(np.interp(place, at, [p[name] for p in ordered]))
            less = near - point[name]
            one[f"{name}_less"] = round(less, 4)
            one[name] = _verdict(less, _error([*points, *curve], name))
        found.append(one)
    return found


def _error(points: Sequence[Mapping[str, Any]], name: str) -> float:
    """Standard error of the difference of two distances, from the halves of all samples."""
    halves = np.array([point[f"{name}_halves"] for point in points])
    # Two halves differ by sqrt(2) of a half's error, which is sqrt(2) of the whole's.
    whole = float(np.sqrt(np.square(halves[:, 0] - halves[:, 1]).mean()) / 2)
    return float(whole * 2**0.5)


def _verdict(better: float, error: float) -> str:
    return "above" if better > 2 * error else "below" if better < -2 * error else "on"


def _sentence(arm: str, curve: str, found: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for key, name in zip(MEASURES, NAMES, strict=True):
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
    swept: dict[str, dict[str, Any]] = {}

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
            effective = arm
            if generators.history(_generator(arm)).get("round_kept") == 0:
                # The gate kept maximum likelihood: the same generator, the same samples.
                effective = arm.replace("cooperative", "mle")
            if effective not in swept:
                swept[effective] = sweep(effective, captions, generators, ruler(), seed)
            return swept[effective] | _record(_generator(arm), generators)

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
