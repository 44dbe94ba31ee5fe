"""Propagation from files to a file: what the command `propagate` does."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..files import atomic_write_bytes, check_writable
from .propagation import Propagation, Watch, propagate
from .read import read_graph
from .seeds import Seeds, read_seeds
from .types import Graph

_ROWS = 1 << 16


@dataclass(frozen=True)
class PropagationReport:
    """What was read, how the steps ended and where the scores are.

    `loops` edges from a node to itself were dropped. `seeds` counts the nodes that have a label
    given, `reached_share` (0..1) is of all nodes. `objective` is that of the last state, `change`
    the largest change of a score by the last step; `converged`: it is below the
    tolerance, and no further node was reached.
    """

    file: str
    nodes: int
    edges: int
    loops: int
    seeds: int
    labels: int
    steps: int
    change: float
    objective: float
    converged: bool
    reached_share: float


def propagate_files(
    graph: str | os.PathLike[str],
    seeds: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    watch: Watch | None = None,
    **options: Any,
) -> PropagationReport:
    """`propagate`, with its `options`, from the files of a graph and of seeds into `out`.

    Rows node, label, score with tabs between, of the kept labels in falling order; nodes that no
    seed reaches have none. Where `out` ends in .npz instead `nodes`, `labels`, `default` and the
    CSR parts `indptr`, `indices`, `scores`. Raises InputError, before the work, where `out` cannot
    be written, is one of the inputs, or by its name a table of another form.
    """
    target = check_writable(out)
    if str(out).lower().endswith((".csv", ".gz")):
        raise InputError(f"{out}: rows have tabs between and are not packed; give a .tsv or .npz")
    if str(target) in map(os.path.realpath, (graph, seeds)):
        raise InputError(f"{out} is one of the inputs; give another name")
    read, known = read_graph(graph), read_seeds(seeds)
    found = propagate(read, known, watch=watch, **options)
    arrays = target.name.lower().endswith(".npz") or str(out).lower().endswith(".npz")
    atomic_write_bytes(target, as_npz(found) if arrays else as_table(found))
    return _report(str(out), read, known, found)


def as_table(found: Propagation) -> bytes:
    """UTF-8 rows node, label, score (6 digits), tabs between."""
    content = io.BytesIO()
    for rows in _rows(found):
        content.write("".join(rows).encode("utf-8"))
    return content.getvalue()


def as_npz(found: Propagation) -> bytes:
    """The scores as arrays; a row's entries by label."""
    content = io.BytesIO()
    np.savez_compressed(
        content, allow_pickle=False, nodes=np.array(found.nodes, np.str_),
        labels=np.array(found.labels, np.str_), default=found.default.astype(np.float32),
        indptr=found.scores.indptr, indices=found.scores.indices,
        scores=found.scores.data.astype(np.float32),
    )  # fmt: skip
    return content.getvalue()


def _rows(found: Propagation) -> Iterator[list[str]]:
    """Rows of the table, some at a time: as text they take many times the memory of the scores."""
    order, stored = found.ranked(), found.scores
    nodes = np.repeat(np.arange(len(found.nodes)), np.diff(stored.indptr))
    for start in range(0, len(order), _ROWS):
        part = order[start : start + _ROWS]
        columns = (nodes[part].tolist(), stored.indices[part].tolist(), stored.data[part].tolist())
        yield [
            f"{found.nodes[node]}\t{found.labels[label]}\t{score:.6g}\n"
            for node, label, score in zip(*columns, strict=True)
        ]


def _report(out: str, graph: Graph, seeds: Seeds, found: Propagation) -> PropagationReport:
    last = found.history[-1]
    return PropagationReport(
        file=out,
        nodes=len(graph.nodes),
        edges=graph.edges,
        loops=graph.loops,
        seeds=len(set(seeds.nodes)),
        labels=len(found.labels),
        steps=last.step,
        change=last.change,
        objective=last.objective,
        converged=found.converged,
        reached_share=float(found.reached.mean()),
    )
