"""Graphs from files and into them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from scipy.sparse import triu

from ..data.limits import shown
from ..data.npz import read_npz_arrays
from ..errors import InputError
from ..files import atomic_write_bytes
from .rows import Form, read_numbers, read_rows
from .types import (
    Graph,
    as_ends,
    as_weights,
    build,
    check_names,
    check_new_names,
    join,
    number_names,
)

EDGES = Form(
    ("source", "target", "weight"), (("source", "from", "src"), ("target", "to", "dst"))
)
_KEYS = ("edges", "source", "target", "weight", "nodes")


def read_graph(path: str | os.PathLike[str]) -> Graph:
    """The graph in a table of edges, or in an .npz; otherwise as `make_graph`.

    Table, perhaps gzipped: source, target and perhaps weight, with tabs between (.csv: commas) and
    perhaps a header. Arrays of an .npz: `source` and `target` [E], or `edges` [2, E], names or
    whole numbers; perhaps `weight` [E] and `nodes`, the names of all nodes. Memory grows with the
    number of edges. Raises InputError that names file and row, also for a file without an edge.
    """
    file = Path(path)
    graph = _arrays(file) if file.name.lower().endswith(".npz") else _table(file)
    if not graph.edges:
        loops = f"{graph.loops} of a node to itself" if graph.loops else "none"
        raise InputError(f"{file}: no edge, found {loops}; allowed: at least one of two nodes")
    return graph


def write_graph(path: str | os.PathLike[str], graph: Graph) -> None:
    """Write an .npz that `read_graph` reads: source, target, weight of each edge once, nodes."""
    if not str(path).lower().endswith(".npz"):
        raise InputError(f"{path}: a graph is written as .npz; give such a name")
    upper = triu(graph.weights).tocoo()
    content = io.BytesIO()
    np.savez_compressed(
        content, allow_pickle=False, source=upper.row, target=upper.col,
        weight=upper.data, nodes=np.array(graph.nodes, np.str_),
    )  # fmt: skip
    atomic_write_bytes(path, content.getvalue())


def _table(path: Path) -> Graph:
    index: dict[str, int] = {}
    pairs, weights, lines = [np.empty((0, 2), np.int64)], [], [np.empty(0, np.int64)]
    for rows in read_rows(path, EDGES):
        pairs.append(number_names(rows.columns[0], rows.columns[1], index))
        lines.append(rows.lines)
        if len(rows.columns) > 2:
            weights.append(read_numbers(rows.columns[2], rows.lines, path, "weight"))
    if not index:
        raise InputError(f"{path}: no row; needed: rows of {EDGES.described()}")
    at, ends = np.concatenate(lines), np.concatenate(pairs)

    def where(row: int) -> str:
        return f"{path} row {at[row]}"

    check_new_names(ends, index, where)
    return join(ends, np.concatenate(weights) if weights else None, tuple(index), where)


def _arrays(path: Path) -> Graph:
    found = read_npz_arrays(path, (), optional=_KEYS)
    sources, targets = (as_ends(v, f"{path}: {k}") for k, v in _both_ends(found, path).items())
    if len(sources) != len(targets):
        raise InputError(f"{path}: {len(sources)} source and {len(targets)} target; "
                         "allowed: as many")  # fmt: skip
    if isinstance(sources, np.ndarray) != isinstance(targets, np.ndarray):
        raise InputError(f"{path}: source and target must both be names or both be numbers")
    weights = nodes = None
    if "weight" in found:
        weights = as_weights(found["weight"], len(sources), f"{path}: weight")
    if "nodes" in found:
        nodes = _nodes(found["nodes"], path)
    return build(sources, targets, weights, nodes, lambda row: f"{path}: edge {row}")


def _both_ends(found: dict[str, np.ndarray], path: Path) -> dict[str, np.ndarray]:
    if "source" in found and "target" in found:
        return {"source": found["source"], "target": found["target"]}
    if "edges" not in found:
        names = ", ".join(found) or "none of them"
        raise InputError(f"{path}: needed are source and target, or edges [2, E]; found {names}")
    edges = found["edges"]
    if edges.ndim != 2 or len(edges) != 2:
        raise InputError(f"{path}: edges has the shape {edges.shape}; allowed: (2, E)")
    return {"edges[0]": edges[0], "edges[1]": edges[1]}


def _nodes(names: np.ndarray, path: Path) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind != "U":
        raise InputError(
            f"{path}: nodes is {shown(names.dtype.name)} of the shape {names.shape}; "
            "allowed: text of one dimension"
        )
    nodes = tuple(names.tolist())
    check_names(nodes, lambda row: f"{path}: nodes[{row}]")
    return nodes
