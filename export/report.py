"""What an export reports: bytes by part, parameters, MACs, bits, parity, accuracy, latency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._keras import keras
from .benchmark import BenchmarkResult
from .parity import Parity


@dataclass(frozen=True)
class Accuracies:
    """On the validation split: share of right labels 0..1, or mean squared error of regression.

    The trainer's is of the whole split, the others of the `examples` of it that the run keeps: all,
    unless they are very many or very large.
    """

    trainer: float | None
    student: float
    tflite: float
    examples: int


@dataclass(frozen=True)
class ExportReport:
    """Everything measured when a run became a file.

    `bytes_by_part`: featuriser (projection), head_weights, metadata, graph (the rest); they add up
    to `size_bytes`. `zipped_bytes` is the file deflated at level 9. `parameters` are the head's,
    `macs` multiply-accumulates of one answer. `sparsity` is the share 0..1 of zeros among the
    head's matrices in the file, `distinct_weights` how many different numbers each one stores.
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


def multiply_accumulates(head: keras.Model) -> int:
    """MACs of one pass through dense and convolutional layers of a head; other layers have none."""
    return sum(_layer_macs(layer) for layer in head.layers)


def _layer_macs(layer: keras.layers.Layer) -> int:
    """Of one layer; one that qat has wrapped counts as itself."""
    inner = getattr(layer, "layer", layer)
    kernel = getattr(inner, "kernel", None)
    if kernel is None:
        kernel = getattr(inner, "depthwise_kernel", None)
    if kernel is None:
        return 0
    shape = layer.output_shape
    positions = int(np.prod(shape[1:-1])) if len(shape) > 2 else 1
    return positions * int(np.prod(kernel.shape))


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
