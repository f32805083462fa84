"""The exact near-duplicate join: all pairs of texts whose character 3-grams have Jaccard >= t.

Nothing is estimated: candidates come from prefix and length filters and a bit sketch, none of
which can lose a pair, and every pair is verified on the true sets. Ideas: prefix and length
filter from Bayardo et al., "Scaling up all pairs similarity search", WWW 2007, and Xiao et al.,
"Efficient similarity joins for near duplicate detection" (PPJoin), WWW 2008; the parity sketch
from Sandes et al., "Bitmap filter", Information Systems 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["GramSets", "Pairs", "gram_sets", "independent_rows", "similar_pairs"]

Int = npt.NDArray[np.int64]

_CODE_BITS = 21  # Unicode code points need 21 bits; three of them fit one int64 with no hashing.
_MAX_CANDIDATES = 2_000_000  # candidate pairs held at once: about 200 MB of temporaries
_ROUNDING = 1e-9  # filters round in favour of keeping a pair; verification decides


@dataclass(frozen=True, slots=True)
class GramSets:
    """The set of 3-grams of each text, in compressed rows.

    Attributes:
        offsets: Row r owns grams[offsets[r]:offsets[r + 1]]; shape [rows + 1].
        grams: Gram numbers, ascending within a row, the rarest gram of all texts is 0.
        vocabulary: How many distinct grams there are.
    """

    offsets: Int
    grams: Int
    vocabulary: int

    @property
    def sizes(self) -> Int:
        """Number of distinct grams of each text, shape [rows]."""
        return np.diff(self.offsets)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of similar rows, left < right, sorted, each once.

    Attributes:
        left: Row numbers, shape [pairs].
        right: Row numbers, shape [pairs].
        jaccard: Shared grams over all grams of both, in (0, 1], shape [pairs].
    """

    left: Int
    right: Int
    jaccard: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    def where(self, mask: npt.NDArray[np.bool_]) -> Pairs:
        """The pairs that the mask selects; shape [pairs]."""
        return Pairs(self.left[mask], self.right[mask], self.jaccard[mask])


def gram_sets(texts: Sequence[str]) -> GramSets:
    """Character 3-grams of each text, padded by one space on both sides.

    The padding gives texts of one and two characters a gram of their own, so that short texts
    are not all alike (text-dedup issue 77); the empty text has none and is like no other.
    """
    padded = [f" {text} " if text else "" for text in texts]
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    codes = np.frombuffer("".join(padded).encode("utf-32-le"), dtype="<u4").astype(np.int64)
    rows = np.repeat(np.arange(len(padded)), lengths)
    if len(codes) < 3:
        return GramSets(np.zeros(len(padded) + 1, np.int64), np.zeros(0, np.int64), 0)
    packed = (codes[:-2] << 2 * _CODE_BITS) | (codes[1:-1] << _CODE_BITS) | codes[2:]
    inside = rows[:-2] == rows[2:]
    packed, owners = packed[inside], rows[:-2][inside]
    _, numbers, counts = np.unique(packed, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(counts))
    vocabulary = max(len(counts), 1)
    flat = np.unique(owners * vocabulary + rank[numbers])
    sizes = np.bincount(flat // vocabulary, minlength=len(padded))
    return GramSets(np.concatenate([[0], np.cumsum(sizes)]), flat % vocabulary, vocabulary)


def similar_pairs(
    texts: Sequence[str], threshold: float, groups: npt.ArrayLike | None = None
) -> Pairs:
    """All pairs of texts with Jaccard of their 3-gram sets >= threshold.

    Args:
        texts: Folded texts, shape [rows].
        threshold: In (0, 1].
        groups: Integers, shape [rows]; only rows of the same group are compared. None = all.

    Returns:
        Exactly the pairs that comparing everything with everything would give.

    Raises:
        ValueError: For a threshold outside of (0, 1].
    """
    if not 0.0 < threshold <= 1.0:
        raise ValueError(f"threshold {threshold} is not in (0, 1]")
    sets = gram_sets(texts)
    if groups is None:
        block = np.zeros(len(texts), dtype=np.int64)
    else:
        block = np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64)
    return _join(sets, threshold, block)


def _join(sets: GramSets, threshold: float, block: Int) -> Pairs:
    """Pairs within blocks: prefix index, length filter, sketch, verification."""
    sizes = sets.sizes
    # A pair with Jaccard >= t shares at least ceil(t * n) grams of each side, so among the
    # n - ceil(t * n) + 1 rarest grams of both sides at least one is common.
    prefix = np.where(sizes > 0, sizes - np.ceil(threshold * sizes - _ROUNDING) + 1, 0)
    prefix = prefix.astype(np.int64)
    rows = np.repeat(np.arange(len(sizes)), prefix)
    starts = np.concatenate([[0], np.cumsum(prefix)])[:-1]
    places = np.arange(len(rows)) - np.repeat(starts - sets.offsets[:-1], prefix)
    keys = block[rows] * max(sets.vocabulary, 1) + sets.grams[places]
    order = np.lexsort((rows, sizes[rows], keys))
    rows = rows[order]
    posting = np.unique(keys[order], return_inverse=True)[1].astype(np.int64)
    # Within a posting rows ascend by size; partners of a row reach up to size / t.
    stride = int(sizes.max(initial=0)) + 2
    place = posting * stride + sizes[rows]
    largest = np.minimum(np.floor(sizes[rows] / threshold + _ROUNDING), stride - 1)
    reach = np.searchsorted(place, posting * stride + largest.astype(np.int64), side="right")
    partners = np.maximum(reach - np.arange(len(rows)) - 1, 0)

    sketch = _sketches(sets)
    found: list[tuple[Int, Int]] = []
    for begin, end in _batches(partners):
        first = np.repeat(np.arange(begin, end), partners[begin:end])
        step = np.arange(len(first)) - np.repeat(
            np.cumsum(partners[begin:end]) - partners[begin:end], partners[begin:end]
        )
        a, b = rows[first], rows[first + 1 + step]
        # |A xor B| <= (1 - t) / (1 + t) * (|A| + |B|) for every pair with Jaccard >= t, and
        # the sketches differ in at most that many bits.
        limit = (1 - threshold) / (1 + threshold) * (sizes[a] + sizes[b]) + _ROUNDING
        close = np.bitwise_count(sketch[a] ^ sketch[b]) <= limit
        low, high = np.minimum(a[close], b[close]), np.maximum(a[close], b[close])
        code = np.unique(low * len(sizes) + high)
        found.append((code, _shared(sets, code // len(sizes), code % len(sizes))))
    if not found:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    codes, index = np.unique(np.concatenate([code for code, _ in found]), return_index=True)
    shared = np.concatenate([common for _, common in found])[index]
    left, right = codes // len(sizes), codes % len(sizes)
    jaccard = shared / np.maximum(sizes[left] + sizes[right] - shared, 1)
    return Pairs(left, right, jaccard).where(jaccard >= threshold)


def _sketches(sets: GramSets) -> npt.NDArray[np.uint64]:
    """64 parity bits of each gram set, shape [rows]."""
    bits = np.uint64(1) << (sets.grams % 64).astype(np.uint64)
    running = np.concatenate([np.zeros(1, np.uint64), np.bitwise_xor.accumulate(bits)])
    result: npt.NDArray[np.uint64] = running[sets.offsets[1:]] ^ running[sets.offsets[:-1]]
    return result


def _batches(counts: Int) -> list[tuple[int, int]]:
    """Ranges of index entries whose candidate pairs fit the memory bound."""
    total = np.concatenate([[0], np.cumsum(counts)])
    ranges: list[tuple[int, int]] = []
    begin = 0
    while begin < len(counts) and total[-1] > total[begin]:
        end = int(np.searchsorted(total, total[begin] + _MAX_CANDIDATES, side="right")) - 1
        end = max(end, begin + 1)
        ranges.append((begin, end))
        begin = end
    return ranges


def _shared(sets: GramSets, left: Int, right: Int) -> Int:
    """Number of common grams of each pair, shape [pairs]."""
    flat = np.repeat(np.arange(len(sets.sizes)), sets.sizes) * sets.vocabulary + sets.grams
    swap = sets.sizes[left] > sets.sizes[right]
    small, large = np.where(swap, right, left), np.where(swap, left, right)
    counts = sets.sizes[small]
    pair = np.repeat(np.arange(len(small)), counts)
    begin = np.repeat(sets.offsets[small] - (np.cumsum(counts) - counts), counts)
    wanted = large[pair] * sets.vocabulary + sets.grams[np.arange(len(pair)) + begin]
    at = np.minimum(np.searchsorted(flat, wanted), len(flat) - 1)
    return np.bincount(pair[flat[at] == wanted], minlength=len(small)).astype(np.int64)


def independent_rows(
    rows: int, priority: Int, left: Int, right: Int
) -> tuple[npt.NDArray[np.bool_], Int]:
    """Which rows stay when each row in order of priority stays unless a kept one is near it.

    The result does not depend on the order of the rows, no two kept rows are a pair, and every
    dropped row has a kept twin (a maximal independent set; chains A~B~C with A!~C keep A and C).

    Args:
        rows: Number of rows.
        priority: A different number per row, the smallest is kept first; shape [rows].
        left: One side of each pair.
        right: The other side.

    Returns:
        keep mask, shape [rows], and the pair that each dropped row lost in, -1 for kept rows.
    """
    keep = np.ones(rows, dtype=bool)
    lost = np.full(rows, -1, dtype=np.int64)
    swap = priority[left] > priority[right]
    winner, loser = np.where(swap, right, left), np.where(swap, left, right)
    # By loser, then by winner: when a loser's turn comes, all its possible winners are decided.
    for pair in np.lexsort((priority[winner], priority[loser])):
        if keep[winner[pair]] and keep[loser[pair]]:
            keep[loser[pair]] = False
            lost[loser[pair]] = pair
    return keep, lost
