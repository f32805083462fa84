"""A sequence-to-sequence or instruct model of transformers that says a text in other words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, require
from corpusforge.core.recipe import ParaphraseConfig
from corpusforge.expand.answers import utterances
from corpusforge.expand.gan.runtime import deterministic

__all__ = ["Paraphraser"]

_BATCH = 32
# Nucleus sampling (Holtzman et al. 2020, arXiv 1904.09751): the tail of a model that was not
# trained for these texts is noise.
_TOP_P = 0.95


class Paraphraser:
    """One model, on the CPU.

    Args:
        config: Which model, and its prompt.
        folder: Where the recipe stands.

    Raises:
        InputError: When the model cannot be loaded.
    """

    def __init__(self, config: ParaphraseConfig, folder: Path) -> None:
        self._config = config
        local = folder / Path(config.model).expanduser()
        name = str(local) if local.is_dir() else config.model
        if not local.is_dir() and config.model.startswith((".", "/", "~")):
            raise InputError(f"expand.paraphrase.model: there is no folder {local}")
        auto: Any = require("transformers", extra="text", purpose="the generator paraphrase")
        logging: Any = require(
            "transformers.utils.logging", extra="text", purpose="the generator paraphrase"
        )
        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        only = config.local_files_only or local.is_dir()
        try:
            settings = auto.AutoConfig.from_pretrained(name, local_files_only=only)
            self._pairs = bool(settings.is_encoder_decoder)
            kind = auto.AutoModelForSeq2SeqLM if self._pairs else auto.AutoModelForCausalLM
            # A model is born with random weights before it gets its own.
            with deterministic(0):
                model = kind.from_pretrained(name, local_files_only=only)
            self._tokenizer = auto.AutoTokenizer.from_pretrained(name, local_files_only=only)
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            first = (str(error).strip() or type(error).__name__).split("\n")[0]
            raise InputError(
                f"expand.paraphrase.model: {config.model} cannot be loaded: {first}",
                hint="give a folder with config.json, weights and tokenizer, or a name of the "
                "hub; with HF_HUB_OFFLINE or local_files_only it must have been downloaded before",
            ) from error
        finally:
            if bars:
                logging.enable_progress_bar()
        self._model = model.float().eval()
        self._tokenizer.padding_side = "right" if self._pairs else "left"
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        #: Commit of the hub, "" for a folder.
        self.commit = str(getattr(settings, "_commit_hash", None) or "")

    def texts(self, texts: Sequence[str], temperature: float, seed: int) -> list[str]:
        """One text in other words for each, "" where the model says nothing.

        Args:
            texts: Plain texts.
            temperature: Of sampling, above 0.
            seed: Equal seeds give equal texts on one kind of CPU.
        """
        found: list[str] = []
        # `generate` itself switches gradients off.
        with deterministic(seed):
            for start in range(0, len(texts), _BATCH):
                found += self._batch(texts[start : start + _BATCH], temperature)
        return found

    def _batch(self, texts: Sequence[str], temperature: float) -> list[str]:
        prompts = [self._prompt(text) for text in texts]
        # A chat template writes the special pieces itself.
        special = self._pairs or not self._tokenizer.chat_template
        batch = self._tokenizer(
            prompts, padding=True, return_tensors="pt", add_special_tokens=special
        )
        made = self._model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            do_sample=True,
            temperature=temperature,
            top_p=_TOP_P,
            top_k=0,
            num_beams=1,
            max_new_tokens=self._config.max_new_tokens,
            pad_token_id=self._tokenizer.pad_token_id,
        )
        if not self._pairs:
            made = made[:, batch["input_ids"].shape[1] :]
        answers = self._tokenizer.batch_decode(made, skip_special_tokens=True)
        return [next(iter(utterances(answer)), "") for answer in answers]

    def _prompt(self, text: str) -> str:
        prompt = self._config.prompt.replace("{text}", text)
        if self._pairs or not self._tokenizer.chat_template:
            return prompt
        messages = [{"role": "user", "content": prompt}]
        whole: str = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return whole
