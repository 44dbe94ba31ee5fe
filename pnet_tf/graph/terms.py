"""What a graph and its seeds weigh in the objective, node by node and edge by edge."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

BETA = 2.0
"""Of Modified Adsorption: the higher, the less an entropy counts."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Probabilities [N] of each node: to inject its own label, to continue, to abandon."""

    inject: np.ndarray
    go_on: np.ndarray
    abandon: np.ndarray


@dataclass(frozen=True, eq=False)
class Terms:
    """The weights of the three terms, float64, N nodes and L labels.

    `given` CSR [N, L] is mu1 s_vv Y_v, `edges` CSR [N, N] mu2 w_vu, `prior` [N] mu3, `own` [N]
    mu1 s_vv, and `total` [N] their sum M_v, never 0: a node on which nothing pulls has prior 1.
    """

    given: csr_array
    edges: csr_array
    prior: np.ndarray
    own: np.ndarray
    total: np.ndarray


def make_terms(
    weights: csr_array, seeds: csr_array, parts: tuple[float, float, float], *,
    normalise: bool, abandonment: bool,
) -> Terms:  # fmt: skip
    """Terms of the weights w [N, N], the seeds' weights [N, L] and `parts`, (mu1, mu2, mu3).

    With a `Walk`, s_vv is multiplied by p_inj(v), w_vu by (p_cont(v) + p_cont(u)) / 2 and mu3 by
    p_abnd(v), as Modified Adsorption does (its sum takes each edge from both ends).
    """
    weights = normalised(weights) if normalise else weights.astype(np.float64)
    nodes = weights.shape[0]
    own, prior = seeds.sum(axis=1), np.ones(nodes)
    if abandonment:
        walk = random_walk(weights, own > 0)
        seeds = seeds.copy()
        seeds.data *= _of_rows(seeds, walk.inject)
        own, prior = own * walk.inject, walk.abandon
        weights.data *= (_of_rows(weights, walk.go_on) + walk.go_on[weights.indices]) / 2
    own, prior = parts[0] * own, parts[2] * prior
    edges = weights * parts[1]
    pull = own + edges.sum(axis=1)
    prior = np.where(pull + prior > 0, prior, 1.0)
    return Terms(seeds * parts[0], edges, prior, own, pull + prior)


def normalised(weights: csr_array) -> csr_array:
    """w_vu / sqrt(d_v d_u), d the sums of rows: the symmetric normalisation (Zhou et al. 2004)."""
    degree = weights.sum(axis=1, dtype=np.float64)
    root = np.sqrt(np.where(degree > 0, degree, 1.0))
    found = weights.astype(np.float64)
    found.data /= _of_rows(found, root) * root[found.indices]
    return found


def random_walk(weights: csr_array, seeded: np.ndarray) -> Walk:
    """Probabilities from the entropy of each neighbourhood.

    With p_vu = w_vu / d_v and H(v) = -sum p_vu log p_vu: c = log b / log(b + exp H), b = 2, and
    j = (1 - c) sqrt H for seeds, otherwise 0; z = max(c + j, 1), p_cont = c / z, p_inj = j / z,
    p_abnd = 1 - p_cont - p_inj (Talukdar & Crammer 2009, section 2.3, after Baluja et al. 2008). A
    seed with H = 0, one neighbour or none, would lose its label; here it has j = 1 - c.
    """
    entropy = neighbour_entropy(weights)
    keep = math.log(BETA) / np.log(BETA + np.exp(entropy))
    spread = np.where(entropy > 0, np.sqrt(entropy), 1.0)
    inject = np.where(seeded, (1 - keep) * spread, 0.0)
    scale = np.maximum(keep + inject, 1.0)
    keep, inject = keep / scale, inject / scale
    return Walk(inject, keep, np.maximum(1 - keep - inject, 0.0))


def neighbour_entropy(weights: csr_array) -> np.ndarray:
    """Entropy in nats [N] of the choice among a node's edges by weight; 0 without a choice."""
    degree = weights.sum(axis=1, dtype=np.float64)
    share = weights.data / _of_rows(weights, degree)
    parts = csr_array((-share * np.log(share), weights.indices, weights.indptr), weights.shape)
    return np.maximum(parts.sum(axis=1), 0.0)


def _of_rows(matrix: csr_array, values: np.ndarray) -> np.ndarray:
    """`values` of each stored entry's row."""
    return np.repeat(values, np.diff(matrix.indptr))
