"""Seeds: the nodes whose labels are known."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..data.labels import given_labels, label_problem, sorted_labels
from ..data.limits import shown
from ..data.types import object_array
from ..errors import InputError
from .rows import Form, read_numbers, read_rows
from .types import Graph, name_problem, node_index

SEEDS = Form(("node", "label", "weight"), (("node", "name", "id"), ("label", "class", "category")))
_NAMED = 3
_MOST_WEIGHT = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Seeds:
    """Row i says that `nodes[i]` has `labels[i]`, with `weights[i]` > 0 (float64 [rows]).

    A node may have several labels; the weights of equal rows are summed. `title` and `places`
    name the seeds, and each of them, in messages.
    """

    nodes: tuple[str, ...]
    labels: tuple[str, ...]
    weights: np.ndarray
    title: str = "seeds"
    places: tuple[str, ...] | None = None

    def place(self, row: int) -> str:
        """Where row `row` stands."""
        return f"{self.title}[{row}]" if self.places is None else self.places[row]


def make_seeds(nodes: Iterable[Any], labels: Iterable[str], weights: Any | None = None) -> Seeds:
    """Seeds of names, or numbers, of nodes; weight 1 for None. Raises InputError with the row."""
    names = tuple(str(n) if isinstance(n, int | np.integer) else n for n in nodes)
    given = tuple(labels)
    try:
        values = np.ones(len(names)) if weights is None else np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"weights of seeds must be numbers, got {shown(weights)}") from None
    if not len(names) == len(given) or values.shape != (len(names),):
        raise InputError(
            f"seeds: {len(names)} nodes, {len(given)} labels and weights of the shape "
            f"{values.shape}; allowed: as many of each"
        )
    return _checked(Seeds(names, given, values))


def read_seeds(path: str | os.PathLike[str]) -> Seeds:
    """Seeds of a table: node, label, perhaps weight; forms and header as for `read_graph`.

    Raises InputError that names file and row, also for a table without a row.
    """
    file = Path(path)
    nodes: list[str] = []
    labels: list[str] = []
    weights = [np.empty(0)]
    places: list[str] = []
    for rows in read_rows(file, SEEDS):
        nodes += rows.columns[0]
        labels += rows.columns[1]
        places += [f"{file} row {line}" for line in rows.lines]
        weighed = len(rows.columns) > 2
        weights.append(read_numbers(rows.columns[2], rows.lines, file, "weight") if weighed
                       else np.ones(len(rows.lines)))  # fmt: skip
    if not nodes:
        raise InputError(f"{file}: no row; needed: rows of {SEEDS.described()}")
    values = np.concatenate(weights)
    return _checked(Seeds(tuple(nodes), tuple(labels), values, str(file), tuple(places)))


def as_seeds(seeds: Seeds | Mapping[Any, Any]) -> Seeds:
    """Seeds as they are, or from a mapping of node to label, or to {label: weight}."""
    if isinstance(seeds, Seeds):
        return _checked(seeds)
    if not isinstance(seeds, Mapping):
        raise InputError(f"seeds must be Seeds or map nodes to labels, got {shown(seeds)}")
    rows = [
        (node, label, weight)
        for node, value in seeds.items()
        for label, weight in (value.items() if isinstance(value, Mapping) else ((value, 1.0),))
    ]
    nodes, labels, weights = zip(*rows, strict=True) if rows else ((), (), ())
    return make_seeds(nodes, labels, weights)


def seed_labels(seeds: Seeds, labels: Sequence[str] | None) -> tuple[str, ...]:
    """`labels` after a check that they hold those of the seeds; these, sorted, for None."""
    if labels is None:
        return sorted_labels(object_array(list(dict.fromkeys(seeds.labels))))
    given = given_labels(labels, "labels")
    known = set(given)
    for row, label in enumerate(seeds.labels):
        if label not in known:
            raise InputError(
                f"{seeds.place(row)}: the label {shown(label)} is none of the {len(given)} given"
            )
    return given


def seed_matrix(seeds: Seeds, graph: Graph, labels: Sequence[str]) -> csr_array:
    """Weights of the seeds, CSR float64 [nodes, labels].

    Raises InputError that names the first seeds that are no node of the graph, and their number.
    """
    index = node_index(graph)
    rows = np.array([index.get(name, -1) for name in seeds.nodes], np.int64)
    if (rows < 0).any():
        stray = list(dict.fromkeys(seeds.nodes[row] for row in np.flatnonzero(rows < 0)))
        first = ", ".join(shown(name) for name in stray[:_NAMED])
        more = ", ..." if len(stray) > _NAMED else ""
        raise InputError(
            f"{seeds.title}: {len(stray)} of the nodes are not in the graph: {first}{more}; "
            f"allowed: its {len(graph.nodes)} nodes"
        )
    column = {label: number for number, label in enumerate(labels)}
    columns = np.array([column[label] for label in seeds.labels], np.int64)
    shape = (len(graph.nodes), len(labels))
    return coo_array((seeds.weights, (rows, columns)), shape=shape).tocsr()


def _checked(seeds: Seeds) -> Seeds:
    if not seeds.nodes:
        raise InputError(f"{seeds.title}: empty; allowed: at least one node with a label")
    for row, (node, label) in enumerate(zip(seeds.nodes, seeds.labels, strict=True)):
        if problem := name_problem(node):
            raise InputError(f"{seeds.place(row)}: the node {problem}")
        if problem := label_problem(label):
            raise InputError(f"{seeds.place(row)}: the label {problem}")
    bad = ~((seeds.weights > 0) & (seeds.weights <= _MOST_WEIGHT))  # NaN too
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"{seeds.place(row)}: the weight is {seeds.weights[row]:g}; "
            f"allowed: a finite number above 0, at most {_MOST_WEIGHT:.3g}"
        )
    return seeds
