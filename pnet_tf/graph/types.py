"""A graph: names of nodes and a symmetric sparse matrix of weights; from edges in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..data.labels import label_problem
from ..data.limits import shown
from ..errors import InputError

MOST_NAME_CHARACTERS = 1000
_MOST_WEIGHT = float(np.finfo(np.float32).max)
_UNNAMED, _UNNAMED_AN_EDGE = 1_000_000, 10
"""Nodes that numbers alone may make, at least and for each edge: one wrong number is no graph."""
Where = Callable[[int], str]
"""The place of an edge, by its number from 0, as a message names it."""


@dataclass(frozen=True, eq=False)
class Graph:
    """Undirected and weighted: `nodes` names the N nodes, `weights` is CSR float32 [N, N].

    The matrix is symmetric, has no diagonal and no stored zero; nodes may have no edge. `loops` is
    how many edges from a node to itself were dropped on the way here. `make_graph` and
    `read_graph` make one; raises InputError for a matrix or names that are no such graph.
    """

    nodes: tuple[str, ...]
    weights: csr_array
    loops: int = 0

    def __post_init__(self) -> None:
        check_names(self.nodes, lambda row: f"nodes[{row}]")
        if not isinstance(self.weights, csr_array):
            raise InputError(f"weights must be a csr_array, got {type(self.weights).__name__}")
        if problem := _matrix_problem(self.weights, len(self.nodes)):
            raise InputError(f"the matrix of weights {problem}")

    @property
    def edges(self) -> int:
        """Number of undirected edges."""
        return int(self.weights.nnz) // 2


def make_graph(
    sources: Any,
    targets: Any,
    weights: Any | None = None,
    nodes: Sequence[str] | None = None,
) -> Graph:
    """Graph of the edges `sources[i]` - `targets[i]` of `weights[i]`, 1 for None.

    Ends are names, or whole numbers: indices of `nodes`, whose names are "0", "1" and so on for
    None (up to a million, or ten for each edge). Without `nodes`, names are numbered as they
    appear. An edge has no direction: the weights of all (u, v) and (v, u) are summed. Edges of a
    node to itself are dropped and counted. Raises InputError that names the edge, from 0, for a
    weight that is negative, NaN or infinite, or for an end that is no node.
    """
    ends = [_ends(values, title) for values, title in ((sources, "sources"), (targets, "targets"))]
    if len(ends[0]) != len(ends[1]):
        raise InputError(f"{len(ends[0])} sources and {len(ends[1])} targets; allowed: as many")
    given = None if weights is None else _given_weights(weights, len(ends[0]))
    return build(ends[0], ends[1], given, None if nodes is None else tuple(nodes), _edge)


def build(
    sources: Any, targets: Any, weights: np.ndarray | None, nodes: tuple[str, ...] | None,
    where: Where,
) -> Graph:  # fmt: skip
    """As `make_graph`, for ends and weights of known form; `where` names a row in messages."""
    if isinstance(sources, np.ndarray) != isinstance(targets, np.ndarray):
        raise InputError("sources and targets must both be names or both be whole numbers")
    if isinstance(sources, np.ndarray):
        pairs, nodes = _by_number(np.stack([sources, targets], axis=1), nodes, where)
    else:
        pairs, nodes = _by_name(sources, targets, nodes, where)
    return join(pairs, weights, nodes, where)


def join(
    pairs: np.ndarray, weights: np.ndarray | None, nodes: tuple[str, ...], where: Where
) -> Graph:
    """Graph of node indices `pairs` [E, 2] and float64 `weights` [E]."""
    loops = pairs[:, 0] == pairs[:, 1]
    values = np.ones(len(pairs)) if weights is None else weights
    bad = ~((values >= 0) & (values <= _MOST_WEIGHT))  # NaN too
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"{where(row)}: the weight is {values[row]:g}; "
            f"allowed: a finite number of at least 0, at most {_MOST_WEIGHT:.3g}"
        )
    low, high = pairs[~loops].min(axis=1), pairs[~loops].max(axis=1)
    shape = (len(nodes), len(nodes))
    upper = coo_array((values[~loops], (low, high)), shape=shape).tocsr()
    return Graph(nodes, _mirrored(upper), int(loops.sum()))


def check_names(names: Iterable[object], where: Where) -> None:
    """Raise InputError for a name of a node that cannot be shown, is too long or comes twice."""
    seen: set[object] = set()
    for row, name in enumerate(names):
        if problem := name_problem(name):
            raise InputError(f"{where(row)}: the name {problem}")
        if name in seen:
            raise InputError(f"{where(row)}: the name {shown(name)} is there twice; allowed: once")
        seen.add(name)


def name_problem(name: object) -> str:
    """What is wrong with the name of a node, "" when it is fine; as labels, see `label_problem`."""
    if isinstance(name, str) and len(name) > MOST_NAME_CHARACTERS:
        return f"has {len(name)} characters; allowed: at most {MOST_NAME_CHARACTERS}"
    # most names are plain, and there are millions
    if isinstance(name, str) and name.isascii() and name.isprintable() and not name.isspace():
        return "" if name else label_problem(name)
    return label_problem(name)


def node_index(graph: Graph) -> Mapping[str, int]:
    """Number of each node by its name."""
    return {name: number for number, name in enumerate(graph.nodes)}


def number_names(sources: Iterable[str], targets: Iterable[str], index: dict[str, int]) -> Any:
    """Pairs int64 [E, 2] of numbers in `index`, which takes new names as they appear."""
    flat = chain.from_iterable(zip(sources, targets, strict=True))
    numbers = np.fromiter((index.setdefault(name, len(index)) for name in flat), np.int64)
    return numbers.reshape(-1, 2)


def check_new_names(pairs: np.ndarray, index: Mapping[str, int], where: Where) -> None:
    """Raise InputError, with the first edge of it, for a name in `index` that is not allowed."""
    for name, number in index.items():
        if problem := name_problem(name):
            row = int((pairs == number).any(axis=1).argmax())
            raise InputError(f"{where(row)}: the name {problem}")


def _edge(row: int) -> str:
    return f"edge {row}"


def _by_name(
    sources: Sequence[str], targets: Sequence[str], nodes: tuple[str, ...] | None, where: Where
) -> tuple[np.ndarray, tuple[str, ...]]:
    index = {name: number for number, name in enumerate(nodes or ())}
    pairs = number_names(sources, targets, index)
    if nodes is not None and len(index) > len(nodes):
        row = int((pairs >= len(nodes)).any(axis=1).argmax())
        stray = sources[row] if pairs[row, 0] >= len(nodes) else targets[row]
        raise InputError(
            f"{where(row)}: {shown(stray)} is no node; allowed: the {len(nodes)} nodes given"
        )
    check_new_names(pairs, index, where)
    return pairs, nodes if nodes is not None else tuple(index)


def _by_number(
    pairs: np.ndarray, nodes: tuple[str, ...] | None, where: Where
) -> tuple[np.ndarray, tuple[str, ...]]:
    count = max(_UNNAMED, _UNNAMED_AN_EDGE * len(pairs)) if nodes is None else len(nodes)
    bad = ((pairs < 0) | (pairs >= count)).any(axis=1)
    if bad.any():
        row = int(bad.argmax())
        more = " unless nodes are given" if nodes is None else ""
        raise InputError(
            f"{where(row)}: joins {pairs[row, 0]} and {pairs[row, 1]}; "
            f"allowed: numbers of nodes, 0 to {count - 1}{more}"
        )
    if nodes is None:
        nodes = tuple(map(str, range(int(pairs.max(initial=-1)) + 1)))
    return pairs, nodes


def _ends(values: Any, title: str) -> Any:
    """Whole numbers as an array, names as a list."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(f"{title} must be a list of nodes, got {shown(values)}")
    if not isinstance(values, np.ndarray):
        values = list(values)
        whole = all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in values)
        values = np.array(values, np.int64) if whole else values
    if isinstance(values, np.ndarray):
        return as_ends(values, title)
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise InputError(f"{title}[{row}] is {shown(value)}; allowed: a name, or numbers alone")
    return values


def as_ends(values: np.ndarray, title: str) -> Any:
    """An array of node numbers as it is, one of names as a list; InputError for any other."""
    if values.ndim != 1:
        raise InputError(f"{title} has the shape {values.shape}; allowed: one dimension")
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    if values.dtype.kind == "O":
        return _ends(values.tolist(), title)
    if values.dtype.kind != "U":
        raise InputError(f"{title} holds {values.dtype}; allowed: whole numbers or text")
    return values.tolist()


def _given_weights(weights: Any, count: int) -> np.ndarray:
    try:
        values = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"weights must be numbers, got {shown(weights)}") from None
    return as_weights(values, count, "weights")


def as_weights(values: np.ndarray, count: int, title: str) -> np.ndarray:
    """`values` as float64 [count]; InputError for another shape or no numbers."""
    if values.dtype.kind not in "iuf" or values.shape != (count,):
        raise InputError(
            f"{title}: {values.dtype} of the shape {values.shape}; allowed: {count} numbers, "
            "one an edge"
        )
    return values.astype(np.float64)


def _mirrored(upper: csr_array) -> csr_array:
    """`upper` + its transpose, float32, each edge twice from the one sum."""
    if upper.data.max(initial=0) > _MOST_WEIGHT:
        raise InputError("the weights of one edge sum to more than a float32 holds")
    upper.data = upper.data.astype(np.float32)
    whole = (upper + upper.T).tocsr()  # which stores no zeros
    whole.sort_indices()
    return whole


def _matrix_problem(weights: csr_array, nodes: int) -> str:
    """What is wrong with a matrix of weights, to be read after its name; "" for a fine one."""
    if weights.shape != (nodes, nodes):
        return f"has the shape {weights.shape}; allowed: {(nodes, nodes)}, one row a node"
    if weights.dtype != np.float32:
        return f"holds {weights.dtype}; allowed: float32"
    if not ((weights.data > 0) & np.isfinite(weights.data)).all():
        return "holds a value that is not above 0 and finite; allowed: such values alone"
    if weights.diagonal().any():
        return "joins a node to itself; allowed: no diagonal"
    if not weights.has_canonical_format or (weights != weights.T).nnz:
        return "is not symmetric with each entry once; allowed: such a matrix"
    return ""
