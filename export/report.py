"""What an export reports: bytes by part, parameters, MACs, bits, parity, accuracy, latency."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..tflite.benchmark import BenchmarkResult
from ..tflite.reader import Operator, Subgraph, read_model
from .parity import Parity

_MULTIPLYING = {"FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D"}


@dataclass(frozen=True)
class Accuracies:
    """On the validation split: share of right labels 0..1, or mean squared error of regression.

    The trainer's is of the whole split, the others of the `examples` of it that the run keeps: all,
    unless they are very many or very large. None where no targets were given.
    """

    trainer: float | None
    student: float | None
    tflite: float | None
    examples: int


@dataclass(frozen=True)
class LayerPrecision:
    """A layer of the head in a file: `bits` of a weight, and the type of the `activations` that its
    kernel multiplies, int8 or float32.
    """

    name: str
    weights: int
    bits: int
    activations: str


@dataclass(frozen=True)
class Precision:
    """What quantize auto chose, and what it took.

    `accuracy` and `float_accuracy`, of the same head in float32, are shares 0..1 of the labelled
    samples (regression: of the targets' variance that is explained); at most `keep_accuracy` lies
    between. `r_squared`: squared correlation 0..1 of both files' last outputs on ten samples, for
    which `candidates` were compared; `evaluations` ran all samples.
    """

    layers: tuple[LayerPrecision, ...]
    keep_accuracy: float
    float_accuracy: float
    accuracy: float
    r_squared: float
    candidates: int
    evaluations: int
    seconds: float


@dataclass(frozen=True)
class ExportReport:
    """Everything measured when a student became a file; `file` is "" until it is written.

    `bytes_by_part`: featuriser (projection), head_weights, metadata, graph (the rest); they add up
    to `size_bytes`. `zipped_bytes` is the file deflated at level 9. `parameters` are the head's,
    `macs` multiply-accumulates of one answer. `sparsity` is the share 0..1 of zeros among the
    head's matrices in the file, `distinct_weights` how many different numbers each one stores.
    `precision`: what quantize auto chose for each layer, else null.
    """

    file: str
    size_bytes: int
    zipped_bytes: int
    quantize: str
    oldest_runtime: str
    bytes_by_part: Mapping[str, int]
    parameters: int
    macs: int
    sparsity: float
    distinct_weights: Mapping[str, int]
    bits: int
    valid: Accuracies
    parity: tuple[Parity, ...]
    benchmark: BenchmarkResult
    operators: Mapping[str, int]
    precision: Precision | None = None


def multiply_accumulates(graph: Subgraph, scope: re.Pattern[str]) -> int:
    """MACs of one pass through fully connected and convolutional operators outside `scope`."""
    return sum(
        _operator_macs(node, graph)
        for node in graph.operators
        if node.name in _MULTIPLYING and not scope.match(graph.tensors[node.outputs[0]].name)
    )


def _operator_macs(node: Operator, graph: Subgraph) -> int:
    """Positions of the output times the weights: each weight meets each position once."""
    positions = math.prod(graph.tensors[node.outputs[0]].shape[:-1])
    return positions * math.prod(graph.tensors[node.inputs[1]].shape)


def projection_bytes(model: bytes, scope: re.Pattern[str]) -> int:
    """Bytes of the constants that operators of `scope` read; equal ones count once.

    `model` is as the converter gave it, with its tensors' names; `shrink` keeps one of equal ones.
    """
    graph = read_model(model)
    first = graph.subgraphs[0]
    found: set[bytes] = set()
    for node in first.operators:
        if scope.match(first.tensors[node.outputs[0]].name):
            for index in (i for i in node.inputs if i >= 0):
                place = graph.buffers[first.tensors[index].buffer]
                found.add(model[place.offset : place.offset + place.size_bytes])
    return sum(map(len, found))


def bytes_by_part(
    buffers: Mapping[str, int], projection_bytes: int, size_bytes: int
) -> dict[str, int]:
    """Split of a file: `buffers` from `counts.buffer_bytes`, `projection_bytes` its constants'."""
    constants = sum(size for name, size in buffers.items() if name.startswith("constants"))
    metadata = buffers["metadata"]
    return {
        "featuriser": projection_bytes,
        "head_weights": constants - projection_bytes,
        "metadata": metadata,
        "graph": size_bytes - constants - metadata,
    }
