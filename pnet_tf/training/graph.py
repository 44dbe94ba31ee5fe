"""Training from a graph with few labelled rows: what its other nodes learn, and from whom.

Nodes are inputs as the data have them. Those that train labels are seeds; label propagation gives
the rest soft labels, and each epoch pairs every example with one of its neighbours (Neural Graph
Machines, Bui, Ravi & Ramavajjala 2018, arXiv 1703.04818). The student sees inputs alone, so that
nothing of the graph is left in it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array

from .._keras import tf
from ..data import Dataset
from ..data.fingerprint import split_sha256
from ..data.npz import read_npz_arrays
from ..data.parts import check_inputs, input_keys
from ..data.spec import items_of
from ..data.types import Split, object_array
from ..errors import InputError
from ..graph import Graph, Propagation, make_seeds, propagate, read_graph
from ..settings import GraphSettings
from .objective import Step, Term, masked_mean, soft_cross_entropies
from .unlabelled import with_unlabelled

_NEIGHBOUR_STREAM = 2  # beside those of the order of examples and of augmentation


@dataclass(frozen=True, eq=False)
class InputGraph:
    """A graph and the inputs of its nodes, as `Split.inputs` are."""

    graph: Graph
    inputs: np.ndarray
    title: str = "graph"


@dataclass(frozen=True, eq=False)
class GraphExamples:
    """All that a graph adds to a training.

    `data` has train's examples, then the nodes that are none of them, without a label. `labels`
    int32 [N, k] and `shares` float32 [N, k]: the propagated ones of these examples, shares 0 for
    those that have a label, are no node, or were reached by no label. `weights` [N, N]: edges
    between examples.
    """

    data: Dataset
    labels: np.ndarray
    shares: np.ndarray
    weights: csr_array
    propagation: Propagation

    @property
    def sha256(self) -> str:
        """Hex digest of the examples, their propagated labels and the edges between them."""
        digest = hashlib.sha256(split_sha256(self.data.train, self.data.labels).encode())
        edges = (self.weights.indptr, self.weights.indices, self.weights.data)
        for array in (self.labels, self.shares, *edges):
            digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def extra(self, epoch: int, seed: int, inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Arrays for the terms in `epoch`; `inputs` are what the student takes of all examples."""
        chosen = draw_neighbours(
            self.weights, np.random.default_rng([seed, epoch, _NEIGHBOUR_STREAM])
        )
        return {
            "propagated_labels": self.labels,
            "propagated_shares": self.shares,
            "has_propagated": self.shares.sum(axis=1) > 0,
            "neighbour": inputs[np.maximum(chosen, 0)],
            "has_neighbour": chosen >= 0,
        }


@dataclass(frozen=True)
class PropagatedLabels:
    """The student against the labels that a graph gives to examples without one."""

    weight: float = 5.0
    name: ClassVar[str] = "propagated"
    counted: ClassVar[str] = "has_propagated"

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """Always."""
        return True

    def __call__(self, step: Step) -> tf.Tensor:
        """Mean over examples that have propagated labels of CE(student, their shares)."""
        labels, shares = step.arrays["propagated_labels"], step.arrays["propagated_shares"]
        losses = soft_cross_entropies(step.student, labels, shares)
        return masked_mean(losses, step.arrays[self.counted])


@dataclass(frozen=True)
class NeighbourAgreement:
    """The student's answers for an example and for one of its neighbours, drawn by weight."""

    weight: float = 1.0
    name: ClassVar[str] = "neighbours"
    counted: ClassVar[str] = "has_neighbour"

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """Always."""
        return True

    def __call__(self, step: Step) -> tf.Tensor:
        """Mean over examples with a neighbour of |softmax(example) - softmax(neighbour)|^2.

        The distance of Bui et al. 2018 between answers; the draw is their w_uv.
        """
        theirs = tf.nn.softmax(step.answer(step.arrays["neighbour"]))
        distances = tf.reduce_sum((tf.nn.softmax(step.student) - theirs) ** 2, axis=-1)
        return masked_mean(distances, step.arrays[self.counted])


def graph_terms(settings: GraphSettings) -> tuple[Term, ...]:
    """The terms that a graph adds to the objective, those of weight 0 left out."""
    terms = PropagatedLabels(settings.propagated), NeighbourAgreement(settings.neighbours)
    return tuple(term for term in terms if term.weight)


def make_input_graph(graph: Graph, nodes: Any, data: Dataset, title: str = "graph") -> InputGraph:
    """`graph` with the inputs `nodes` of its nodes; None: their names are the messages.

    Raises InputError for inputs of another kind, shape or number than `data` and the graph have.
    """
    if nodes is None:
        if data.kind != "text":
            raise InputError(f"{title}: needs the inputs of its nodes: these are {data.kind} data")
        return InputGraph(graph, object_array(graph.nodes), title)
    if data.kind == "text":
        inputs = object_array(items_of(nodes))
        if not all(isinstance(item, str) for item in inputs.tolist()):
            raise InputError(f"{title}: inputs of nodes must be text, as the data are")
    else:
        inputs = check_inputs(np.asarray(nodes), f"{title}: inputs of nodes")
    if len(inputs) != len(graph.nodes) or inputs.shape[1:] != data.train.inputs.shape[1:]:
        shape = [len(graph.nodes), *data.train.inputs.shape[1:]]
        raise InputError(f"{title}: inputs of nodes must be {shape}, got {list(inputs.shape)}")
    return InputGraph(graph, inputs, title)


def read_input_graph(path: str | os.PathLike[str], data: Dataset) -> InputGraph:
    """The graph of a file; the inputs of its nodes are the array `x` of an .npz, or their names.

    Row i of `x` is node i of the array `nodes`, or number i where ends are numbers.
    """
    graph, title, found = read_graph(path), str(path), dict[str, np.ndarray]()
    if title.lower().endswith(".npz"):
        found = read_npz_arrays(Path(path), (), optional=("x", "nodes"))
    if "x" in found and "nodes" not in found:
        graph = _numbered(graph, len(np.atleast_1d(found["x"])), title)
    return make_input_graph(graph, found.get("x"), data, title)


def _numbered(graph: Graph, rows: int, title: str) -> Graph:
    """`graph` of numbered nodes with those up to `rows` that have no edge."""
    names = tuple(map(str, range(max(rows, len(graph.nodes)))))
    if graph.nodes != names[: len(graph.nodes)]:
        raise InputError(f"{title}: the ends are names and x has rows; needed: nodes, in the order "
                         "of x")  # fmt: skip
    weights = graph.weights.copy()
    weights.resize(len(names), len(names))
    return replace(graph, nodes=names, weights=weights)


def graph_examples(data: Dataset, given: InputGraph, settings: GraphSettings) -> GraphExamples:
    """Nodes matched with the examples of train, labels carried to those without one.

    Raises InputError for a regression, and when no node is a labelled example of train.
    """
    if data.task != "classification":
        raise InputError(f"{given.title}: a graph carries labels, and these data are a regression")
    places = _rows_of_nodes(data.train, given.inputs)
    new = np.flatnonzero(places < 0)
    places[new] = len(data.train.targets) + np.arange(len(new))
    whole = with_unlabelled(data, given.inputs[new])
    targets = whole.train.targets[places]
    if not (targets >= 0).any():
        raise InputError(
            f"{given.title}: none of its {len(places)} nodes is a labelled example of train, which "
            "has the same input"
        )
    found = _propagated(given.graph, targets, data.labels, settings)
    labels, shares = _carried(found, targets, places, len(whole.train.targets))
    return GraphExamples(whole, labels, shares, _between(given.graph, places, len(labels)), found)


def draw_neighbours(weights: csr_array, rng: np.random.Generator) -> np.ndarray:
    """For each row a column with a chance in proportion to its weight; -1 for a row without any.

    The first of a race: E / w is least for one of a row with probability w / sum of w, E being
    exponential, so that no sum is rounded.
    """
    counts = np.diff(weights.indptr)
    times = np.full(weights.nnz, np.inf)
    draws = rng.standard_exponential(weights.nnz)
    np.divide(draws, weights.data, out=times, where=weights.data > 0)
    found = np.full(len(counts), -1, np.int64)
    filled = np.flatnonzero(counts)
    if len(filled):
        first = np.minimum.reduceat(times, weights.indptr[filled])
        won = np.flatnonzero((times == np.repeat(first, counts[filled])) & (times < np.inf))
        found[np.repeat(filled, counts[filled])[won]] = weights.indices[won]
    return found


def _rows_of_nodes(train: Split, nodes: np.ndarray) -> np.ndarray:
    """For each node the first row of train that has its input, a labelled one before others.

    -1 for none.
    """
    keys, labelled = input_keys(train.inputs), train.targets >= 0
    last_first = np.lexsort((np.arange(len(keys)), ~labelled))[::-1]
    row_of = {keys[row]: row for row in last_first.tolist()}
    return np.fromiter((row_of.get(key, -1) for key in input_keys(nodes)), np.int64, len(nodes))


def _propagated(
    graph: Graph, targets: np.ndarray, labels: Sequence[str], settings: GraphSettings
) -> Propagation:
    """Labels carried from the nodes whose target is one, int [N], -1 for none."""
    seeds = np.flatnonzero(targets >= 0).tolist()
    return propagate(
        graph,
        make_seeds((graph.nodes[i] for i in seeds), (labels[targets[i]] for i in seeds)),
        labels=labels,
        neighbour_weight=settings.neighbour_weight,
        prior_weight=settings.prior_weight,
        most_labels=settings.most_labels,
        normalise=settings.normalise,
    )


def _carried(
    found: Propagation, targets: np.ndarray, places: np.ndarray, examples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Kept labels of nodes without a target and their shares, in the rows of their `places`.

    The first node counts where several are one example.
    """
    _, nodes = np.unique(places, return_index=True)
    nodes = nodes[targets[nodes] < 0]
    scores = found.scores[nodes]
    counts = np.diff(scores.indptr)
    rows = np.repeat(places[nodes], counts)
    columns = np.arange(scores.nnz) - np.repeat(scores.indptr[:-1], counts)
    labels = np.zeros((examples, max(int(counts.max(initial=0)), 1)), np.int32)
    shares = np.zeros(labels.shape, np.float32)
    labels[rows, columns] = scores.indices
    shares[rows, columns] = scores.data / np.repeat(scores.sum(axis=1), counts)
    return labels, shares


def _between(graph: Graph, places: np.ndarray, examples: int) -> csr_array:
    """Weights of the edges between the examples that nodes are, those within one left out."""
    edges = graph.weights.tocoo()
    sources, targets = places[edges.row], places[edges.col]
    kept = sources != targets
    ends = (sources[kept], targets[kept])
    return csr_array((edges.data[kept], ends), shape=(examples, examples))
