"""Do the clips of a corpus help a keyword model on real speech?

Train on synthetic clips, test on real ones; beside it the same model trained on other real people,
and on both. Engines are also judged without any real clip: a model that never heard an engine is
tested on it. Where there is no real audio, that is the figure to choose engines and recipes by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.clips import Clips, read_audio, read_corpus
from corpusforge.assess.keyword_cnn import KeywordModel, Training, train
from corpusforge.assess.log_mel import BANDS, HOP_S, MAX_FRAMES, RATE_HZ
from corpusforge.assess.speech_folds import Folds, folds_of
from corpusforge.assess.speech_scores import Heard, difference, figure
from corpusforge.assess.speech_verdict import PHRASES, SpeechVerdict, decide
from corpusforge.core.errors import InputError
from corpusforge.core.progress import Progress, Task
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng

__all__ = [
    "MIN_CLIPS",
    "SpeechAssessment",
    "assess_clips",
    "assess_speech",
    "hear",
    "train_models",
    "width",
]

MIN_CLIPS = 20
"""Real clips of common classes below which nothing is said at all."""

_MIN_PER_CLASS = 2
_PACKAGES = ("corpusforge", "torch", "numpy", "soxr", "soundfile")


@dataclass(frozen=True)
class SpeechAssessment:
    """What came out.

    Attributes:
        verdict: Whether to use the clips, and why.
        arms: "synthetic", "real", "real_and_synthetic" -> its figures (`Heard.to_json`).
        gain_pp: Real and synthetic over real alone, percentage points: mean, low, high.
        engines: Engine -> clips; `alone`: trained on it alone, tested on real clips; `held_out`:
            trained without it, tested on it (shares); {} with one engine.
        facts: Counts, classes and the protocol.
        notes: What the reader should know.
    """

    verdict: SpeechVerdict
    arms: Mapping[str, Mapping[str, Any]]
    gain_pp: Mapping[str, float]
    engines: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Section `speech` of an assessment; JSON values only."""
        return {
            "verdict": PHRASES[self.verdict.code],
            "verdict_code": self.verdict.code,
            "reasons": list(self.verdict.reasons),
            **self.facts,
            "arms": {name: dict(arm) for name, arm in self.arms.items()},
            "gain_pp": dict(self.gain_pp),
            "engines": {name: dict(engine) for name, engine in self.engines.items()},
            "notes": list(self.notes),
        }


def assess_speech(
    corpus: Path,
    audio: Path,
    *,
    seed: int = 1,
    seeds: int = 3,
    training: Training | None = None,
    progress: Progress | None = None,
) -> SpeechAssessment:
    """Train on the clips of a corpus, test on real ones.

    Args:
        corpus: Run folder, release folder, or a folder of audio (`clips.read_corpus`).
        audio: Folder of real clips (`clips.read_audio`).
        seed: Of everything that is drawn.
        seeds: Models per arm, at least 1.
        training: How long; None = the default, as wide as the clips.
        progress: Where progress goes; quiet by default.

    Raises:
        InputError: No clips, an unreadable file, fewer than two classes in common, too few real
            clips, or torch, soundfile or soxr missing.
    """
    real = read_audio(audio)
    synthetic = read_corpus(corpus, seed=seed)
    return assess_clips(
        synthetic, real, seed=seed, seeds=seeds, training=training, progress=progress
    )


def assess_clips(
    synthetic: Clips,
    real: Clips,
    *,
    seed: int = 1,
    seeds: int = 3,
    training: Training | None = None,
    progress: Progress | None = None,
) -> SpeechAssessment:
    """The same for clips that are read already; see `assess_speech`."""
    if seeds < 1:
        raise InputError(f"{seeds} seeds: at least 1 is needed")
    classes = _common(synthetic, real)
    facts, notes = _facts(synthetic, real, classes)
    synthetic, real = synthetic.of(classes), real.of(classes)
    training = training if training is not None else Training(frames=width(synthetic, real))
    folds = folds_of(real, seed)
    bench = _Bench(synthetic, real, folds, training, seed, seeds)
    bar = progress if progress is not None else Progress(quiet=True)
    with bar.task("speech models", total=bench.total, unit="models") as task:
        heard = bench.arms(task)
        engines = bench.engines(task)
    draws = rng(seed, "assess.speech", "intervals")
    gain = difference(heard["real_and_synthetic"], heard["real"], draws)
    figures = {name: figure(arm.right, arm.speakers, draws) for name, arm in heard.items()}
    verdict = decide(
        figures["synthetic"],
        figures["real"],
        gain,
        chance=1.0 / len(classes),
        speakers=len(set(real.speakers) - {""}),
        reference=folds.kind,
    )
    return SpeechAssessment(
        verdict,
        {name: arm.to_json(figures[name]) for name, arm in heard.items()},
        gain.to_json("mean"),
        engines,
        {**facts, "protocol": _protocol(training, folds, seed, seeds)},
        (*notes, *folds.notes),
    )


def train_models(
    clips: Clips, sources: Sequence[str], training: Training, seed: int, seeds: int
) -> list[KeywordModel]:
    """Models that differ in their training seed alone.

    Args:
        clips: What they hear.
        sources: Where each clip comes from; see `keyword_cnn.train`.
        training: How long.
        seed: Of the assessment.
        seeds: Number of models.
    """
    return [
        train(clips.features, clips.labels, sources, training, rng(seed, "assess.keyword", number))
        for number in range(seeds)
    ]


def hear(models: Sequence[KeywordModel], clips: Clips) -> Heard:
    """What each model hears in each clip."""
    heard = tuple(
        tuple(model.classes[place] for place in model.predict(clips.features)) for model in models
    )
    return Heard(clips.labels, heard, clips.speakers)


def width(*clips: Clips) -> int:
    """Frames that hold 95 % of the clips of each group, from 64 to `MAX_FRAMES`, in steps of 16."""
    lengths = [np.quantile([f.shape[0] for f in group.features], 0.95) for group in clips]
    return int(min(MAX_FRAMES, max(64, 16 * -(-max(lengths) // 16))))


@dataclass(frozen=True, eq=False)
class _Bench:
    """All trainings of one assessment."""

    synthetic: Clips
    real: Clips
    folds: Folds
    training: Training
    seed: int
    seeds: int

    @property
    def names(self) -> list[str]:
        """Engines, when there are several."""
        found = sorted(set(self.synthetic.engines) - {""})
        return found if len(found) > 1 else []

    @property
    def total(self) -> int:
        """Models to train."""
        # With two engines, without the one is the other alone.
        engines = len(self.names) if len(self.names) < 3 else 2 * len(self.names)
        return self.seeds * (1 + 2 * len(self.folds.folds) + engines)

    def _models(self, clips: Clips, sources: Sequence[str], task: Task) -> list[KeywordModel]:
        models = train_models(clips, sources, self.training, self.seed, self.seeds)
        task.advance(self.seeds)
        return models

    def _of_synthetic(self, clips: Clips, task: Task) -> list[KeywordModel]:
        # Engines in equal shares, whatever their numbers of clips.
        return self._models(clips, clips.engines, task)

    def arms(self, task: Task) -> dict[str, Heard]:
        """Arm -> answers; all arms to the same real clips."""
        models = self._of_synthetic(self.synthetic, task)
        found = {"synthetic": hear(models, self.real.take(self.folds.tested))}
        parts: dict[str, list[Heard]] = {"real": [], "real_and_synthetic": []}
        for fold in self.folds.folds:
            own, test = self.real.take(fold.train), self.real.take(fold.test)
            alone = self._models(own, ["real"] * len(own), task)
            parts["real"].append(hear(alone, test))
            sources = ["real"] * len(own) + ["synthetic"] * len(self.synthetic)
            both = self._models(own.plus(self.synthetic), sources, task)
            parts["real_and_synthetic"].append(hear(both, test))
        return {**found, **{name: Heard.joined(some) for name, some in parts.items()}}

    def engines(self, task: Task) -> dict[str, dict[str, Any]]:
        """Engine -> its figures, see `SpeechAssessment.engines`."""
        column = np.array(self.synthetic.engines, dtype=object)
        test = self.real.take(self.folds.tested)
        trained: dict[tuple[str, ...], list[KeywordModel]] = {}

        def on(*names: str) -> list[KeywordModel]:
            if names not in trained:
                part = self.synthetic.where([engine in names for engine in column])
                trained[names] = self._of_synthetic(part, task)
            return trained[names]

        found = {}
        for name in self.names:
            others = tuple(other for other in self.names if other != name)
            own = self.synthetic.where(column == name)
            found[name] = {
                "clips": len(own),
                "alone": round(hear(on(name), test).accuracy, 6),
                "held_out": round(hear(on(*others), own).accuracy, 6),
            }
        return found


def _common(synthetic: Clips, real: Clips) -> tuple[str, ...]:
    """Classes with enough clips on both sides, sorted.

    Raises:
        InputError: When fewer than two are left, or too few real clips.
    """
    here, there = Counter(synthetic.labels), Counter(real.labels)
    both = sorted(set(here) & set(there))
    if not both:
        raise InputError(
            "the corpus and the real clips have no class in common: "
            f"{_some(list(here))} against {_some(list(there))}",
            hint="the label of a clip is its intent: name the real ones as the recipe does",
        )
    kept = [name for name in both if min(here[name], there[name]) >= _MIN_PER_CLASS]
    count = sum(there[name] for name in kept)
    if len(kept) < 2 or count < MIN_CLIPS:
        raise InputError(
            f"too few real clips: {count} of {len(kept)} classes that the corpus has too, with "
            f"{_MIN_PER_CLASS} clips or more each; at least {MIN_CLIPS} of 2 classes are needed",
            hint=f"classes in common: {_some(both)}",
        )
    return tuple(kept)


def _some(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > 5 else ""
    return ", ".join(repr(name) for name in sorted(names)[:5]) + more


def _facts(
    synthetic: Clips, real: Clips, classes: tuple[str, ...]
) -> tuple[dict[str, Any], list[str]]:
    """Counts and classes, and notes on what was left out."""
    kept, own = synthetic.of(classes), real.of(classes)
    facts = {
        "classes": list(classes),
        "only_in_corpus": sorted(set(synthetic.labels) - set(classes)),
        "only_in_real": sorted(set(real.labels) - set(classes)),
        "clips": {"synthetic": len(kept), "real": len(own)},
        "clips_by_engine": dict(sorted(Counter(kept.engines).items())),
        "voices": len(set(kept.speakers) - {""}),
        "speakers": len(set(own.speakers) - {""}),
        "silent": {"synthetic": synthetic.silent, "real": real.silent},
    }
    notes = []
    if only := sorted(set(real.labels) - set(classes)):
        lost = len(real) - len(own)
        notes.append(f"{lost} real clips of classes that the corpus lacks: {_some(only)}")
    if real.silent or synthetic.silent:
        notes.append(
            f"clips without a sound left out: {real.silent} real, {synthetic.silent} others"
        )
    return facts, notes


def _protocol(training: Training, folds: Folds, seed: int, seeds: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "seeds": seeds,
        "steps": training.steps,
        "batch": training.batch,
        "frames": training.frames,
        "hop_s": HOP_S,
        "bands": BANDS,
        "rate_hz": RATE_HZ,
        "reference": folds.kind,
        "folds": len(folds.folds),
        "versions": package_versions(_PACKAGES),
    }
