"""Randomness as an argument: Philox generators and keyed uniforms, no global state.

Rows that are created are keyed by (seed, stage, template or frame, index), rows that are
changed by (seed, stage, row id, variant). So no draw depends on another row, on the number of
workers, or on the order of the work. Philox: Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["rng", "uniforms"]


def _key(parts: Sequence[str | int]) -> bytes:
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"cf-seed-1").digest()


def rng(seed: int, *key: str | int) -> np.random.Generator:
    """A generator of its own for one piece of work.

    Args:
        seed: The recipe's seed.
        key: What the draw is for: the stage first, then row id, variant, index.
    """
    words = np.frombuffer(_key((seed, *key)), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=words))


def uniforms(
    seed: int, stage: str, keys: Sequence[str], variant: str = ""
) -> npt.NDArray[np.float64]:
    """One uniform number in [0, 1) per key: a keyed hash, the same in any order or subset.

    Args:
        seed: The recipe's seed.
        stage: What is drawn, e.g. "speech.voice".
        keys: Row ids, shape [rows].
        variant: Tells several draws for the same row apart.

    Returns:
        Shape [rows], 53 random bits each.
    """
    state = hashlib.blake2b(_key((seed, stage, variant)), digest_size=8, person=b"cf-unif-1")
    words = np.empty(len(keys), dtype=np.uint64)
    for index, key in enumerate(keys):
        hashed = state.copy()
        hashed.update(key.encode())
        words[index] = int.from_bytes(hashed.digest(), "little")
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
