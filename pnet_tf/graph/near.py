"""Near rows of a bit matrix without looking at all pairs, and edges from them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.limits import shown
from ..errors import InputError
from .checks import whole

TABLES, BITS_PER_TABLE, MOST_IN_BUCKET, MOST_NEIGHBOURS = 24, 12, 32, 10
MOST_DRAWN = 64
_MOST_ROWS = 2**31 - 1
_SLICE = 1 << 16
_ONES = np.array([bin(word).count("1") for word in range(1 << 16)], np.uint8)
"""Bits that are set in each 16-bit word: NumPy counts them itself from 2.0 on only."""


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of rows `i` < `j` (int64, sorted, each once) and their Hamming `distance` (int32).

    `rows` and `bits` are the shape of the matrix; `candidates` counts the comparisons made.
    """

    i: np.ndarray
    j: np.ndarray
    distance: np.ndarray
    rows: int
    bits: int
    candidates: int


def near_pairs(
    bits: np.ndarray,
    *,
    tables: int = TABLES,
    bits_per_table: int | None = None,
    most_distance: int | None = None,
    most_in_bucket: int = MOST_IN_BUCKET,
    seed: int = 0,
) -> NearPairs:
    """Pairs of rows of `bits` [N, B] (-1/1, 0/1 or bool) that differ in `most_distance` bits.

    Bit sampling (Indyk & Motwani 1998): each of `tables` draws `bits_per_table` of the B bits, and
    rows that agree in all of them share a bucket. A pair at distance d is found with probability
    1 - (1 - (1 - d/B)^bits_per_table)^tables; distances are exact. In each bucket, sorted by
    further drawn bits, a row meets its next `most_in_bucket` - 1: all pairs of a bucket up to that
    size, a chain in larger ones. At most N x tables x (most_in_bucket - 1) comparisons;
    For None, `bits_per_table` is 12, or B below that, and `most_distance` B // 4. Same arguments,
    same pairs.
    """
    packed, width = _packed(bits)
    drawn = min(width, BITS_PER_TABLE) if bits_per_table is None else bits_per_table
    per_table = whole(drawn, "bits_per_table", 1, min(width, MOST_DRAWN))
    far = width // 4 if most_distance is None else whole(most_distance, "most_distance", 0, width)
    reach = whole(most_in_bucket, "most_in_bucket", 2, _SLICE)
    codes, distances, candidates = np.empty(0, np.int64), np.empty(0, np.int32), 0
    for order_of_bits in drawn_tables(width, tables, seed):
        order, same = _buckets(packed, order_of_bits, per_table)
        found = [(codes, distances)]
        for first, second in _chains(order, same, reach):
            candidates += len(first)
            found.append(_near(packed, first, second, far))
        codes, distances = (np.concatenate(part) for part in zip(*found, strict=True))
        codes, place = np.unique(codes, return_index=True)
        distances = distances[place]
    rows = max(len(packed), 1)
    return NearPairs(codes // rows, codes % rows, distances, len(packed), width, candidates)


def drawn_tables(bits: int, tables: int = TABLES, seed: int = 0) -> list[np.ndarray]:
    """The order in which each table of `near_pairs` draws the bits of a row."""
    random = np.random.default_rng(whole(seed, "seed", 0, 2**63))
    return [random.permutation(bits) for _ in range(whole(tables, "tables", 1, 10_000))]


def table_keys(packed: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The first 64 `drawn` bits of rows, uint64 [N], by which a table of `near_pairs` sorts them.

    `packed`: rows of bits as `np.packbits` packs them, uint8 [N, ceil(B / 8)].
    """
    key = np.zeros(len(packed), np.uint64)
    for bit in drawn[:MOST_DRAWN].tolist():
        key = key << np.uint64(1) | (packed[:, bit >> 3] >> (7 - bit % 8) & 1)
    return key


def near_in_order(
    packed: np.ndarray, bucket: np.ndarray, most_in_bucket: int, most_distance: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(i, j, distance) of near rows among rows [N, words] that lie in the order of a table.

    As in `near_pairs`: i < j are less than `most_in_bucket` apart in one `bucket`, int [N]. So rows
    can come in parts: the last `most_in_bucket` - 1 of a part belong to the next one, too.
    """
    empty = np.empty(0, np.int64)
    chains = _chains(np.arange(len(packed)), bucket, most_in_bucket)
    found = [_near(packed, first, second, most_distance) for first, second in chains]
    codes, distance = (np.concatenate(part) for part in zip((empty, empty), *found, strict=True))
    return codes // max(len(packed), 1), codes % max(len(packed), 1), distance


def nearest_edges(
    pairs: NearPairs, *, most_neighbours: int = MOST_NEIGHBOURS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(sources, targets, weights) for `make_graph`: the pairs that are near from either end.

    A pair stays when it is among the `most_neighbours` nearest of one of its rows, lower row
    numbers first among equals. Its weight is max(0, cos(pi d / B)), the cosine of the angle that
    d of B random hyperplanes estimate (Charikar 2002); pairs of weight 0 are left out.
    """
    most = whole(most_neighbours, "most_neighbours", 1, _MOST_ROWS)
    kept = near_from_either(pairs.i, pairs.j, pairs.distance, pairs.rows, most)
    kept &= 2 * pairs.distance < pairs.bits
    return pairs.i[kept], pairs.j[kept], edge_weights(pairs.distance[kept], pairs.bits)


def edge_weights(distance: np.ndarray, bits: int) -> np.ndarray:
    """Cosine of the angle between rows that differ in `distance` of so many bits, float32."""
    return np.asarray(np.cos(math.pi * distance / bits), np.float32)


def near_from_either(
    i: np.ndarray, j: np.ndarray, distance: np.ndarray, rows: int, most: int
) -> np.ndarray:
    """Which pairs of rows i and j are among the `most` of least distance of one of them, bool.

    Lower row numbers come first among equals.
    """
    ends, others = np.concatenate([i, j]), np.concatenate([j, i])
    order = np.lexsort((others, np.tile(distance, 2), ends))
    counts = np.bincount(ends, minlength=rows)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = np.zeros(len(i), bool)
    kept[order[rank < most] % max(len(i), 1)] = True
    return kept


def _packed(bits: Any) -> tuple[np.ndarray, int]:
    """Rows as 16-bit words [N, ceil(B / 16)], and B; a value above 0 is a set bit."""
    if not isinstance(bits, np.ndarray) or bits.ndim != 2 or bits.dtype.kind not in "biuf":
        raise InputError(f"bits must be an array [rows, bits] of numbers, got {shown(bits)}")
    if not bits.shape[1] or len(bits) > _MOST_ROWS:
        raise InputError(
            f"bits has the shape {bits.shape}; allowed: at least one bit, {_MOST_ROWS} rows at most"
        )
    words = np.zeros((len(bits), -(-bits.shape[1] // 16) * 2), np.uint8)
    for start in range(0, len(bits), _SLICE):
        part = bits[start : start + _SLICE]
        bad = ~np.isin(part, (-1, 0, 1)) if part.dtype.kind != "b" else np.zeros((1, 1), bool)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InputError(
                f"bits[{start + row}, {column}] is {part[row, column]}; allowed: -1, 0, 1"
            )
        packed = np.packbits(part > 0, axis=1)
        words[start : start + _SLICE, : packed.shape[1]] = packed
    return words.view(np.uint16), bits.shape[1]


def _buckets(
    packed: np.ndarray, drawn: np.ndarray, per_table: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows sorted by up to 64 drawn bits, and the number of each one's bucket, in that order.

    The first `per_table` bits make the bucket; the others bring like rows together within it.
    """
    key = table_keys(packed.view(np.uint8), drawn)
    order = np.argsort(key, kind="stable")
    beyond = min(len(drawn), MOST_DRAWN) - per_table
    return order, key[order] >> np.uint64(beyond)


def _chains(
    order: np.ndarray, bucket: np.ndarray, reach: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Both rows of each pair that is less than `reach` apart in one bucket, by rising gap."""
    starts = np.arange(len(order))
    for gap in range(1, reach):
        starts = starts[starts + gap < len(order)]
        starts = starts[bucket[starts] == bucket[starts + gap]]
        if not len(starts):
            return
        yield order[starts], order[starts + gap]


def _near(
    packed: np.ndarray, first: np.ndarray, second: np.ndarray, far: int
) -> tuple[np.ndarray, np.ndarray]:
    """(i * rows + j, distance) of the pairs that are at most `far` apart."""
    distance = np.empty(len(first), np.int32)
    for start in range(0, len(first), _SLICE):
        part = slice(start, start + _SLICE)
        distance[part] = _ONES[packed[first[part]] ^ packed[second[part]]].sum(
            axis=1, dtype=np.int32
        )
    near = distance <= far
    low, high = np.minimum(first, second)[near], np.maximum(first, second)[near]
    return low * np.int64(len(packed)) + high, distance[near]
