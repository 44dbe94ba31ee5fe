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
from ..data.parts import check_inputs
from ..data.spec import items_of
from ..data.types import Split, object_array
from ..errors import InputError
from ..graph import Graph, Propagation, make_seeds, propagate, read_graph
from ..settings import GraphSettings
from .objective import Step, Term, masked_mean, soft_cross_entropies

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
    examples of train and for nodes that no label reached. `weights` [N, N]: edges between examples.
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
            "neighbour": inputs[np.maximum(chosen, 0)],
            "has_neighbour": chosen >= 0,
        }


@dataclass(frozen=True)
class PropagatedLabels:
    """The student against the labels that a graph gives to examples without one."""

    weight: float = 5.0
    name: ClassVar[str] = "propagated"

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """Always."""
        return True

    def __call__(self, step: Step) -> tf.Tensor:
        """Mean over examples that have propagated labels of CE(student, their shares)."""
        labels, shares = step.arrays["propagated_labels"], step.arrays["propagated_shares"]
        losses = soft_cross_entropies(step.student, labels, shares)
        return masked_mean(losses, tf.reduce_sum(shares, axis=1) > 0)


@dataclass(frozen=True)
class NeighbourAgreement:
    """The student's answers for an example and for one of its neighbours, drawn by weight."""

    weight: float = 1.0
    name: ClassVar[str] = "neighbours"

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """Always."""
        return True

    def __call__(self, step: Step) -> tf.Tensor:
        """Mean over examples with a neighbour of |softmax(example) - softmax(neighbour)|^2.

        Bui et al. 2018, equation 5, on the answers.
        """
        theirs = tf.nn.softmax(step.answer(step.arrays["neighbour"]))
        distances = tf.reduce_sum((tf.nn.softmax(step.student) - theirs) ** 2, axis=-1)
        return masked_mean(distances, step.arrays["has_neighbour"])


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
    """The graph of a file; the inputs of its nodes are the array `x` of an .npz, or their names."""
    graph, nodes = read_graph(path), None
    if str(path).lower().endswith(".npz"):
        nodes = read_npz_arrays(Path(path), (), optional=("x",)).get("x")
    return make_input_graph(graph, nodes, data, str(path))


def graph_examples(data: Dataset, given: InputGraph, settings: GraphSettings) -> GraphExamples:
    """Nodes matched with the examples of train, labels carried to the others.

    Raises InputError for a regression, and when no node is a labelled example of train.
    """
    if data.task != "classification":
        raise InputError(f"{given.title}: a graph carries labels, and these data are a regression")
    rows = _rows_of_nodes(data.train.inputs, given.inputs)
    seeds = np.flatnonzero((rows >= 0) & (data.train.targets[rows] >= 0))
    if not len(seeds):
        raise InputError(
            f"{given.title}: none of its {len(rows)} nodes is an example of train, which has the "
            "same input"
        )
    graph, labels = given.graph, data.labels
    found = propagate(
        graph,
        make_seeds((graph.nodes[i] for i in seeds),
                   (labels[data.train.targets[rows[i]]] for i in seeds)),
        labels=labels,
        neighbour_weight=settings.neighbour_weight,
        prior_weight=settings.prior_weight,
        most_labels=settings.most_labels,
        normalise=settings.normalise,
    )  # fmt: skip
    others = np.flatnonzero(rows < 0)
    places = rows.copy()  # of the examples that nodes are
    places[others] = len(data.train.targets) + np.arange(len(others))
    return GraphExamples(
        _with_nodes(data, given.inputs[others]),
        *_carried(found, others, len(data.train.targets)),
        _between(graph, places, len(data.train.targets) + len(others)),
        found,
    )


def draw_neighbours(weights: csr_array, rng: np.random.Generator) -> np.ndarray:
    """For each row a column with a chance in proportion to its weight; -1 for an empty row."""
    counts = np.diff(weights.indptr)
    sums = np.concatenate([[0.0], np.cumsum(weights.data, dtype=np.float64)])
    low, high = sums[weights.indptr[:-1]], sums[weights.indptr[1:]]
    drawn = np.searchsorted(sums, low + rng.random(len(counts)) * (high - low), side="right") - 1
    drawn = np.clip(drawn, weights.indptr[:-1], np.maximum(weights.indptr[1:] - 1, 0))
    found = np.full(len(counts), -1, np.int64)
    found[counts > 0] = weights.indices[drawn[counts > 0]]
    return found


def _rows_of_nodes(train: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """For each node the first row of train that has its input, -1 for none."""
    first: dict[Any, int] = {}
    for row, key in enumerate(_keys(train)):
        first.setdefault(key, row)
    return np.array([first.get(key, -1) for key in _keys(nodes)], np.int64)


def _keys(inputs: np.ndarray) -> Sequence[Any]:
    return inputs.tolist() if inputs.dtype == object else [row.tobytes() for row in inputs]


def _with_nodes(data: Dataset, nodes: np.ndarray) -> Dataset:
    train = data.train
    inputs = np.concatenate([train.inputs, nodes])
    targets = np.concatenate([train.targets, np.full(len(nodes), -1, train.targets.dtype)])
    soft = train.soft
    if soft is not None:
        pad = ((0, len(nodes)), (0, 0))
        soft = replace(soft, labels=np.pad(soft.labels, pad), shares=np.pad(soft.shares, pad))
    return replace(data, train=Split(inputs, targets, soft))


def _carried(
    found: Propagation, others: np.ndarray, labelled: int
) -> tuple[np.ndarray, np.ndarray]:
    """Kept labels of the nodes `others` and their shares, behind empty rows for train's."""
    width = int(np.diff(found.scores.indptr).max(initial=1))
    labels = np.zeros((labelled + len(others), width), np.int32)
    shares = np.zeros(labels.shape, np.float32)
    for row, node in enumerate(others, start=labelled):
        part = slice(*found.scores.indptr[node : node + 2])
        scores = found.scores.data[part]
        labels[row, : len(scores)] = found.scores.indices[part]
        shares[row, : len(scores)] = scores / max(scores.sum(), np.finfo(np.float32).tiny)
    return labels, shares


def _between(graph: Graph, places: np.ndarray, examples: int) -> csr_array:
    """Weights of the edges between the examples that nodes are."""
    edges = graph.weights.tocoo()
    ends = (places[edges.row], places[edges.col])
    found = csr_array((edges.data, ends), shape=(examples, examples))
    found.setdiag(0)  # nodes with the same input are one example
    found.eliminate_zeros()
    return found
