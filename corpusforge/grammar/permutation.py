"""A keyed permutation of 0 ... n-1 for any n: sampling without replacement and without memory.

A Feistel network over ceil(log2 n) bits with keyed blake2b as its round function; results that
are not below n are sent through it again (cycle walking). J. Black, P. Rogaway, "Ciphers with
arbitrary finite domains", CT-RSA 2002.
"""

from __future__ import annotations

import hashlib
from hashlib import blake2b

# Luby and Rackoff need 4 rounds; 8 also mix tiny halves of one or two bits.
ROUNDS = 8


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
