"""How alike responses are, and messages: sparse, without a look at all pairs."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from ..graph import near_from_either, near_pairs, nearest_edges
from .bits import BITS, hashed
from .corpus import Corpus

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
_SLICE = 1 << 14
Edges = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Sources, targets (int64) and weights above 0 (float32), each edge once."""


def centred(vectors: np.ndarray) -> np.ndarray:
    """Rows less their mean, of length 1 again: what all texts share says nothing."""
    away = vectors - vectors.mean(axis=0, keepdims=True)
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6))


def contexts(corpus: Corpus, messages: np.ndarray, responses: int) -> np.ndarray:
    """Mean of the `messages` [M, D] that each response answers, float32 [responses, D].

    Each different message counts once; the length is sqrt(n / (n + FEW)) for n messages, so that
    few messages bring responses less near.
    """
    ones = np.ones(len(corpus.rows), np.float32)
    shape = (responses, len(messages))
    joins = csr_array((ones, (corpus.columns, corpus.rows)), shape=shape)
    sums = joins @ messages
    length = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
    number = np.diff(joins.indptr)[:, None]
    return np.asarray(sums / length * np.sqrt(number / (number + FEW)), np.float32)


def answers(corpus: Corpus, near: Edges, responses: int) -> csr_array:
    """Which messages each response answers, and `near` ones by their likeness: CSR float64
    [responses, M], rows of length 1 or 0.

    A message counts 1 / sqrt(number of its different responses).
    """
    size = len(corpus.messages)
    often = np.bincount(corpus.rows, minlength=size)
    damped = 1 / np.sqrt(often[corpus.rows])
    own = csr_array((damped, (corpus.columns, corpus.rows)), shape=(responses, size))
    upper = csr_array((near[2].astype(np.float64), near[:2]), shape=(size, size))
    found = csr_array(own + own @ (upper + upper.T))
    length = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    return csr_array(diags_array(1 / np.maximum(length, 1e-9)) @ found)


def response_edges(
    shapes: np.ndarray, meanings: np.ndarray, shared: csr_array, kinds: np.ndarray, seed: int = 0
) -> Edges:
    """The MOST_NEIGHBOURS likest responses of each, of the same of `kinds` (int [R]).

    Likeness: SHAPE_WEIGHT times the cosine of `shapes` [R, D], centred spellings, and the rest
    times the product of `meanings` [R, D], `contexts`, and SHARED_WEIGHT times that of `shared`
    [R, M], `answers`; at least LEAST_LIKENESS.
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
        common = shared[i[part]].multiply(shared[j[part]]).sum(axis=1)
        weights[part] = np.einsum("nd,nd->n", both[i[part]], both[j[part]])
        weights[part] += SHARED_WEIGHT * np.asarray(common).ravel()
    kept = weights >= LEAST_LIKENESS
    return likest(i[kept], j[kept], weights[kept], len(shapes))


def likest(i: np.ndarray, j: np.ndarray, weights: np.ndarray, rows: int) -> Edges:
    """The edges that are among the MOST_NEIGHBOURS heaviest of one of their ends."""
    kept = near_from_either(i, j, -np.round(weights, 6), rows, MOST_NEIGHBOURS)
    return i[kept], j[kept], weights[kept]


def message_edges(vectors: np.ndarray, seed: int = 0) -> Edges:
    """The MOST_NEIGHBOURS nearest messages of each by the bits of `vectors` [M, D], centred."""
    found = near_pairs(hashed(vectors, seed), seed=seed)
    return nearest_edges(found, most_neighbours=MOST_NEIGHBOURS)
