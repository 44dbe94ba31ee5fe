"""How alike responses are, and messages: sparse, without a look at all pairs.

Sums over messages are of whole numbers: parts of them, in any order, have the same sum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from ..graph import near_from_either, near_pairs, nearest_edges
from .bits import BITS, UNIT, hashed, lengthened

SHAPE_WEIGHT = 0.4
"""Share of spelling in the likeness of responses; the rest is that of the messages they answer."""
FEW = 1.0
"""Answered messages for which the messages of a response count half (their cosine: FEW / n)."""
SHARED_WEIGHT = 0.2
"""What the share of common messages, near ones too, adds to likeness."""
LEAST_LIKENESS = 0.3
MOST_NEIGHBOURS = 10
_TABLES, _BITS_PER_TABLE, _IN_BUCKET = 96, 6, 64
"""Finds pairs of cosine 0.3, a distance of 0.4 of all bits, with a chance of 0.99."""
LINK_UNIT = 1024
"""Whole numbers that stand for 1 in weights of messages."""
_SLICE = 1 << 14
Edges = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Sources, targets (int64) and weights above 0 (float32), each edge once."""
Common = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Pairs of responses i, j (int64 [P]) -> `overlaps` over all messages, int64 [P]."""


def centred(vectors: np.ndarray) -> np.ndarray:
    """Rows less their mean, of length 1 again: what all texts share says nothing."""
    away = vectors - vectors.mean(axis=0, keepdims=True)
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6))


def middle(sums: np.ndarray, number: int) -> np.ndarray:
    """The mean of `number` vectors with these sums (int64 [D]), rounded, int64 [D]."""
    return np.rint(sums / max(number, 1)).astype(np.int64)


def away(units: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """`centred` for `units` [N, D] of messages, parts of which have no mean of their own; int16."""
    return lengthened(units.astype(np.int64) - mean)


def message_bits(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """`hashed` for vectors of length UNIT, such as those of `away`."""
    return hashed(vectors / np.float32(UNIT), seed)


def contexts(sums: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Means of the messages that responses answer, float32 [R, D], of `sums` [R, D] of vectors.

    Each of the `number` [R] of different messages counts once; the length is
    sqrt(number / (number + FEW)), so that few messages bring responses less near.
    """
    length = np.maximum(np.linalg.norm(sums.astype(np.float64), axis=1, keepdims=True), 1e-6)
    often = number[:, None]
    return np.asarray(sums / length * np.sqrt(often / (often + FEW)), np.float32)


def damped(often: np.ndarray) -> np.ndarray:
    """What a message counts that has `often` different responses: LINK_UNIT / its root, int64."""
    return np.rint(LINK_UNIT / np.sqrt(often)).astype(np.int64)


def link_units(weights: np.ndarray) -> np.ndarray:
    """Weights of edges, in LINK_UNIT, int64."""
    return np.rint(weights * np.float64(LINK_UNIT)).astype(np.int64)


def answers(own: csr_array, around: csr_array) -> csr_array:
    """What messages have to do with responses: `own` [M, R] and, by likeness, near messages'.

    `around` is the sum of near messages' `own`, each times the `link_units` of its edge. CSR int64
    [M, R] in LINK_UNIT.
    """
    return rounded(csr_array(own * LINK_UNIT + around))


def rounded(products: csr_array) -> csr_array:
    """Products of numbers in LINK_UNIT in that unit again."""
    data = (products.data + LINK_UNIT // 2) // LINK_UNIT
    return csr_array((data, products.indices, products.indptr), products.shape)


def overlaps(answered: csr_array, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Products of the columns i and j (int64 [P]) of some rows of `answers`, int64 [P]."""
    responses = answered.shape[1]
    products = (answered.T @ answered).tocoo()
    codes = products.row.astype(np.int64) * responses + products.col
    wanted, place = np.unique(i * responses + j, return_inverse=True)
    if not len(wanted):
        return np.zeros(0, np.int64)
    at = np.minimum(np.searchsorted(wanted, codes), len(wanted) - 1)
    kept = wanted[at] == codes
    found = np.zeros(len(wanted), np.int64)
    np.add.at(found, at[kept], products.data[kept])
    return found[place]


def response_edges(
    shapes: np.ndarray, meanings: np.ndarray, common: Common, kinds: np.ndarray, seed: int = 0
) -> Edges:
    """The MOST_NEIGHBOURS likest responses of each, of the same of `kinds` (int [R]).

    Likeness: SHAPE_WEIGHT times the cosine of `shapes` [R, D], centred spellings, and the rest
    times the product of `meanings` [R, D], `contexts`, and SHARED_WEIGHT times the cosine of which
    messages they answer, by `common`; at least LEAST_LIKENESS.
    """
    both = np.hstack([shapes * SHAPE_WEIGHT**0.5, meanings * (1 - SHAPE_WEIGHT) ** 0.5])
    both = np.asarray(both, np.float32)
    found = near_pairs(
        hashed(both, seed), tables=_TABLES, bits_per_table=_BITS_PER_TABLE,
        most_distance=int(BITS * 0.42), most_in_bucket=_IN_BUCKET, seed=seed,
    )  # fmt: skip
    same = kinds[found.i] == kinds[found.j]
    i, j = found.i[same], found.j[same]
    weights = np.empty(len(i), np.float32)
    for start in range(0, len(i), _SLICE):
        part = slice(start, start + _SLICE)
        weights[part] = np.einsum("nd,nd->n", both[i[part]], both[j[part]])
    may = weights >= LEAST_LIKENESS - SHARED_WEIGHT
    i, j, weights = i[may], j[may], weights[may]
    weights += np.float32(SHARED_WEIGHT) * _cosines(common, i, j, len(shapes))
    kept = weights >= LEAST_LIKENESS
    return likest(i[kept], j[kept], weights[kept], len(shapes))


def _cosines(common: Common, i: np.ndarray, j: np.ndarray, responses: int) -> np.ndarray:
    """Cosines of what responses i and j answer, float32 [P]; 0 where one answers nothing."""
    each = np.arange(responses)
    found = common(np.concatenate([i, each]), np.concatenate([j, each])).astype(np.float64)
    length = np.sqrt(found[len(i) :])
    return np.asarray(found[: len(i)] / np.maximum(length[i] * length[j], 1), np.float32)


def likest(i: np.ndarray, j: np.ndarray, weights: np.ndarray, rows: int) -> Edges:
    """The edges that are among the MOST_NEIGHBOURS heaviest of one of their ends."""
    kept = near_from_either(i, j, -np.round(weights, 6), rows, MOST_NEIGHBOURS)
    return i[kept], j[kept], weights[kept]


def message_edges(bits: np.ndarray, seed: int = 0) -> Edges:
    """The MOST_NEIGHBOURS nearest messages of each by their `message_bits`, bool [M, BITS]."""
    return nearest_edges(near_pairs(bits, seed=seed), most_neighbours=MOST_NEIGHBOURS)
