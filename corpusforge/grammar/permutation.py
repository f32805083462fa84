"""A keyed permutation of 0 ... n-1 for any n: sampling without replacement and without memory.

A Feistel network over ceil(log2 n) bits with keyed blake2b as its round function; results that
are not below n are sent through it again (cycle walking). J. Black, P. Rogaway, "Ciphers with
arbitrary finite domains", CT-RSA 2002.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Luby and Rackoff need 4 rounds; 8 also mix tiny halves of one or two bits.
ROUNDS = 8
COLUMN_ROUNDS = 6
# Columns of at most this many are shuffled outright: a network of tiny halves mixes badly.
SHUFFLED = 256
# So many are permuted at once: what they need stays in the fastest cache.
_BLOCK = 1 << 14


class KeyedPermutation:
    """Maps index -> position, both in [0, size); the same key and size give the same map.

    Args:
        size: At least 1; any size, also beyond 64 bits.
        key: What the permutation is for: seed, stage, template id.
    """

    def __init__(self, size: int, *key: str | int) -> None:
        self.size = size
        bits = max(1, (size - 1).bit_length())
        self._left, self._right = (bits + 1) // 2, bits // 2
        self._known: dict[tuple[int, int], int] = {}
        self._bytes = (max(self._left, self._right) + 7) // 8
        text = "\x1f".join(f"{type(part).__name__}:{part}" for part in (*key, size))
        self._key = blake2b(text.encode(), digest_size=32, person=b"cf-permute-1").digest()

    def __call__(self, index: int) -> int:
        """The position of `index`, 0 <= index < size."""
        if self.size == 1:
            return 0
        value = self._mix(index)
        while value >= self.size:
            value = self._mix(value)
        return value

    def _mix(self, value: int) -> int:
        left, right = value >> self._right, value & ((1 << self._right) - 1)
        # Small halves come back often enough to be kept.
        ask = self._kept if self._left <= 8 else self._round
        for turn in range(0, ROUNDS, 2):
            left ^= ask(turn, right, self._left)
            if self._right:
                right ^= ask(turn + 1, left, self._right)
        return (left << self._right) | right

    def _kept(self, turn: int, value: int, bits: int) -> int:
        known = self._known.get((turn, value))
        if known is None:
            known = self._known[turn, value] = self._round(turn, value, bits)
        return known

    def _round(self, turn: int, value: int, bits: int) -> int:
        data = turn.to_bytes() + value.to_bytes(self._bytes, "little")
        if bits <= 64:
            mixed = blake2b(data, digest_size=8, key=self._key).digest()
        else:
            mixed = hashlib.shake_256(self._key + data).digest((bits + 7) // 8)
        return int.from_bytes(mixed, "little") & ((1 << bits) - 1)


class ColumnPermutations:
    """Many keyed permutations, for columns of indices that belong to different ones.

    A Feistel network on the rectangle of ceil(sqrt(n)) by about sqrt(n) positions; its rounds
    add instead of xor (Black and Rogaway, section 4), so that few results are walked on. The
    round function mixes 64 bits as splitmix64 does (G. Steele et al., OOPSLA 2014). This is for
    sampling: fast, even and repeatable, not secret.

    Args:
        sizes: Of each permutation, 1 to 2^62.
        keys: What each is for; joined with `seed`.
        seed: Same seed, same permutations.
    """

    def __init__(self, sizes: Sequence[int], keys: Sequence[str], seed: int) -> None:
        import math

        import numpy as np

        tall = [math.isqrt(size - 1) + 1 for size in sizes]
        self._sizes = np.array(sizes, np.uint64)
        self._tall = np.array(tall, np.uint64)
        self._wide = np.array(
            [-(-size // side) for size, side in zip(sizes, tall, strict=True)], np.uint64
        )
        digests = [
            blake2b(f"{seed}\x1f{key}".encode(), digest_size=8, person=b"cf-columns-1").digest()
            for key in keys
        ]
        self._keys = np.frombuffer(b"".join(digests), np.dtype("<u8")).astype(np.uint64)
        small = self._sizes <= SHUFFLED
        self._starts = np.zeros(len(sizes), np.int64)
        self._starts[small] = np.cumsum(self._sizes[small]) - self._sizes[small]
        orders = [
            _shuffle(sizes[number], self._keys[number]) for number in np.flatnonzero(small).tolist()
        ]
        self._orders = np.concatenate([np.zeros(0, np.int64), *orders])

    def __call__(
        self, which: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """The position of each index in its permutation, shape [rows] all.

        Args:
            which: Number of the permutation of each row.
            indices: 0 <= index < its size.
        """
        import numpy as np

        sizes = self._sizes[which]
        small = np.flatnonzero(sizes <= SHUFFLED)
        if len(small) == len(which):
            shuffled: npt.NDArray[np.int64] = self._orders[self._starts[which] + indices]
            return shuffled
        tall, wide, keys = self._tall[which], self._wide[which], self._keys[which]
        values = indices.astype(np.uint64)
        for low in range(0, len(values), _BLOCK):
            part = slice(low, low + _BLOCK)
            values[part] = self._mix(values[part], tall[part], wide[part], keys[part])
        out = np.flatnonzero(values >= sizes)
        while len(out):
            values[out] = self._mix(values[out], tall[out], wide[out], keys[out])
            out = out[values[out] >= sizes[out]]
        positions = values.view(np.int64)
        if len(small):
            positions[small] = self._orders[self._starts[which[small]] + indices[small]]
        return positions

    @staticmethod
    def _mix(
        values: npt.NDArray[np.uint64],
        tall: npt.NDArray[np.uint64],
        wide: npt.NDArray[np.uint64],
        keys: npt.NDArray[np.uint64],
    ) -> npt.NDArray[np.uint64]:
        left = values // wide
        right = values - left * wide
        for turn in range(0, COLUMN_ROUNDS, 2):
            left = _added(left, right, tall, keys, turn)
            right = _added(right, left, wide, keys, turn + 1)
        return left * wide + right


def _added(
    half: npt.NDArray[np.uint64],
    other: npt.NDArray[np.uint64],
    size: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint64],
    turn: int,
) -> npt.NDArray[np.uint64]:
    """One half plus a keyed number of the other, modulo its size."""
    import numpy as np

    mixed = keys + np.uint64((0x9E3779B97F4A7C15 * (turn + 1)) & 0xFFFFFFFFFFFFFFFF)
    mixed ^= other
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed >>= np.uint64(32)
    mixed *= size  # both below 2^32: the product's upper half is even over 0 ... size - 1
    mixed >>= np.uint64(32)
    mixed += half
    np.minimum(mixed, mixed - size, out=mixed)  # (what would be below 0 is huge)
    return mixed


def _shuffle(size: int, key: np.uint64) -> npt.NDArray[np.int64]:
    """0 ... size - 1 in the order of keyed numbers."""
    import numpy as np

    index = np.arange(size, dtype=np.uint64)
    one = np.ones(size, np.uint64) * np.uint64(0xFFFFFFFF)
    high = _added(index * np.uint64(0), index, one, np.full(size, key), 0)
    low = _added(index * np.uint64(0), index, one, np.full(size, key), 1)
    return np.lexsort((index, low, high))
