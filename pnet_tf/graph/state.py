"""One step of propagation over scores that are stored as a default and what is above it.

The score of label l at node v is default[v] + above[v, l], `above` 0 for labels that are not kept.
In this form a step needs no row as long as the number of labels: what flows in by defaults and the
prior is one number a node, the rest a product of sparse matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from .terms import Terms

MOST_PRODUCT = 4_000_000
"""Non-zeros of a product that may be held at once, one row apart."""
_MOST_ROWS = 1 << 16
"""Rows of one product: their numbers then fit 16 bits, which sort by radix."""


@dataclass(frozen=True)
class Step:
    """State after `step` steps: the objective, and the largest change of a score by this step."""

    step: int
    objective: float
    change: float


@dataclass(frozen=True, eq=False)
class State:
    """Scores [N, L] in two parts; each row of scores sums to 1.

    `above` is float64, dense where all labels are kept, else CSR with at most k entries a row.
    """

    above: Any  # np.ndarray or csr_array
    default: np.ndarray


    @property
    def reached(self) -> np.ndarray:
        """Nodes to which some label has come, bool [N]."""
        if isinstance(self.above, np.ndarray):
            return np.asarray(self.above.any(axis=1))
        return np.diff(self.above.indptr) > 0


@dataclass(frozen=True, eq=False)
class Advance:
    """`state` after a step, by how much a score `change`d, and the `objective` before it."""

    state: State
    change: float
    objective: float


def first_state(terms: Terms, most_labels: int) -> State:
    """Seeds have their labels, other nodes the uniform distribution."""
    nodes, labels = terms.given.shape
    sums = terms.given.sum(axis=1)
    shares = terms.given.copy()
    shares.data /= np.repeat(sums, np.diff(shares.indptr))
    default = np.where(sums > 0, 0.0, 1 / labels)
    if labels <= most_labels:
        return State(shares.toarray(), default)
    rows = range(0, nodes, _MOST_ROWS)
    parts = [truncated(shares[a : a + _MOST_ROWS], default[a : a + _MOST_ROWS], most_labels)
             for a in rows]  # fmt: skip
    return _joined(parts, labels)


def advance(
    terms: Terms, state: State, most_labels: int, block: int = MOST_PRODUCT
) -> Advance:
    """One Jacobi step Y_v <- (mu1 s_vv Y_v + mu2 sum_u w_vu Y_u + mu3 U) / M_v of all nodes."""
    labels = terms.given.shape[1]
    flow = terms.edges @ state.default
    default = (flow + terms.prior / labels) / terms.total
    whole = _dense if isinstance(state.above, np.ndarray) else _sparse
    new, change, inner = whole(terms, state, default, most_labels, block)
    return Advance(new, change, _objective(terms, state, flow, inner))


def blocks(terms: Terms, most_labels: int, block: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows whose product has at most `block` non-zeros, or that are one row."""
    nodes, labels = terms.given.shape
    degrees, own = np.diff(terms.edges.indptr), np.diff(terms.given.indptr)
    most = np.minimum(degrees.astype(np.int64) * most_labels + own, labels)
    ends = np.cumsum(most)
    start = 0
    while start < nodes:
        before = ends[start] - most[start]
        end = int(np.searchsorted(ends, before + block, side="right"))
        end = min(max(end, start + 1), start + _MOST_ROWS)
        yield start, end
        start = end


def truncated(above: csr_array, default: np.ndarray, most_labels: int) -> State:
    """The `most_labels` highest entries of each row; the mass of the others, spread evenly.

    Among equal ones (to 1 in 2^36) the first labels are kept. With m the mass of what is dropped
    from L labels, k of them kept, the default rises by m / (L - k); kept scores stay as they are.
    """
    above.sort_indices()
    counts = np.diff(above.indptr)
    if counts.max(initial=0) <= most_labels:
        return State(above, default)
    rows = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    kept = _highest(above, rows, most_labels)
    dropped = np.bincount(rows[~kept].astype(np.int64), above.data[~kept], len(counts))
    rise = dropped / (above.shape[1] - most_labels)
    data = np.maximum(above.data[kept] - rise[rows[kept]], 0.0)
    bounds = np.concatenate([[0], np.cumsum(np.minimum(counts, most_labels))])
    return State(csr_array((data, above.indices[kept], bounds), above.shape), default + rise)


def _highest(above: csr_array, rows: np.ndarray, most: int) -> np.ndarray:
    """Which entries are among the `most` highest of their row, bool, of at most 65,536 rows.

    Floats above 0 order as their bits do: 16 bits of row number before the upper 48 of the
    inverted value make keys whose plain sort is many times as quick as an argsort.
    """
    keys = rows << np.uint64(48) | ~above.data.view(np.uint64) >> np.uint64(16)
    ordered = np.sort(keys)
    starts, counts = above.indptr[:-1], np.diff(above.indptr)
    last = ordered[starts + np.minimum(counts, most) - 1]
    last = np.repeat(last, counts)
    kept, tied = keys < last, keys == last
    sure = np.bincount(rows[kept].astype(np.int64), minlength=len(counts))
    # entries stand by label, so the first of equal ones are those counted first
    before = np.concatenate([[0], np.cumsum(tied)])
    rank = before[1:] - np.repeat(before[starts], counts)
    return kept | tied & (rank <= np.repeat(most - sure, counts))


def _dense(
    terms: Terms, state: State, default: np.ndarray, most_labels: int, block: int
) -> tuple[State, float, float]:
    """(new state, largest change, sum over nodes of <above, inflow + own label>)."""
    product = terms.edges @ state.above
    inner = float(np.einsum("vl,vl->", state.above, product))  # vdot wakes threads for little
    given = terms.given.tocoo()
    inner += 2 * float((state.above[given.row, given.col] * given.data).sum())
    product[given.row, given.col] += given.data
    product /= terms.total[:, None]
    moved = (product - state.above) + (default - state.default)[:, None]
    return State(product, default), float(np.abs(moved).max(initial=0.0)), inner


def _sparse(
    terms: Terms, state: State, default: np.ndarray, most_labels: int, block: int
) -> tuple[State, float, float]:
    """As `_dense`, row block by row block."""
    above, change = state.above, 0.0
    parts: list[State] = []
    inner = float(above.multiply(terms.given).sum())
    for a, b in blocks(terms, most_labels, block):
        old = above[a:b]
        product = (terms.edges[a:b] @ above + terms.given[a:b]).tocsr()
        inner += float(old.multiply(product).sum())
        product.data /= np.repeat(terms.total[a:b], np.diff(product.indptr))
        part = truncated(product, default[a:b], most_labels)
        parts.append(part)
        change = max(change, _change(State(old, state.default[a:b]), part))
    return _joined(parts, above.shape[1]), change, inner


def _change(old: State, new: State) -> float:
    moved = (new.above - old.above).tocsr()
    base = new.default - old.default
    counts = np.diff(moved.indptr)
    most = np.abs(moved.data + np.repeat(base, counts)).max(initial=0.0)
    return float(max(most, np.abs(base[counts < moved.shape[1]]).max(initial=0.0)))


def _joined(parts: list[State], labels: int) -> State:
    data = np.concatenate([part.above.data for part in parts])
    indices = np.concatenate([part.above.indices for part in parts])
    counts = np.concatenate([np.diff(part.above.indptr) for part in parts])
    bounds = np.concatenate([[0], np.cumsum(counts)])
    above = csr_array((data, indices, bounds), (len(counts), labels))
    return State(above, np.concatenate([part.default for part in parts]))


def _objective(terms: Terms, state: State, flow: np.ndarray, inner: float) -> float:
    """The objective at `state`; `flow` [N] and `inner` are what the step has found on its way.

    sum_v M_v |Y_v|^2 - <Y_v, inflow_v + 2 mu1 s_vv Y_v> + mu1 s_vv |given Y_v|^2 - mu3 / L, which
    is the sum of the three terms multiplied out; an edge is counted once.
    """
    labels, above, base = terms.given.shape[1], state.above, state.default
    sums = above.sum(axis=1)
    squares = _row_squares(above)
    norms = labels * base**2 + 2 * base * sums + squares
    around = base * (labels * flow + terms.edges @ sums + 2 * terms.own) + sums * flow
    given = _row_squares(terms.given) / np.where(terms.own > 0, terms.own, 1.0)
    whole = (terms.total * norms - around).sum() - inner
    return float(whole + given.sum() - terms.prior.sum() / labels)


def _row_squares(matrix: Any) -> np.ndarray:
    if isinstance(matrix, np.ndarray):
        return np.einsum("vl,vl->v", matrix, matrix)
    return csr_array((matrix.data**2, matrix.indices, matrix.indptr), matrix.shape).sum(axis=1)
