"""Learned weights inside a TFLite file: how many are zero, how many values each tensor has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tflite.flatbuffer import unpack
from ..tflite.reader import Operator, Subgraph, read_model

_WEIGHT_INPUT = {"FULLY_CONNECTED": 1, "CONV_2D": 1, "GATHER": 0}
_LAYER = re.compile(r"/([^/;]+)/(?:MatMul|Tensordot|Conv2D|depthwise|embedding_lookup)")
_TYPES = {"FLOAT32": np.float32, "INT8": np.int8, "INT4": np.int8}


@dataclass(frozen=True)
class WeightCount:
    """Of one weight tensor: number of weights, of those that are 0, and of distinct stored ones."""

    weights: int
    zeros: int
    distinct: int


def count_weights(model: bytes, scope: re.Pattern[str]) -> dict[str, WeightCount]:
    """The head's matrices, tables and learned convolutions by name of their layer.

    `model` comes from `quantize.convert` and still has its tensors' names; what `scope` matches
    belongs to the projection. Fixed depthwise filters and biases are left out.
    """
    graph, tree = read_model(model).subgraphs[0], unpack(model)
    found: dict[str, WeightCount] = {}
    for node, index in _weight_tensors(graph, scope):
        values, zero = _stored(tree, graph, index)
        name = layer_name(node, index, graph)
        name = name if name not in found else f"{name} {index}"
        found[name] = WeightCount(values.size, int(np.sum(values == zero)), len(np.unique(values)))
    return found


def sparsity(counts: Mapping[str, WeightCount]) -> float:
    """Share of the counted weights that are 0."""
    weights = sum(count.weights for count in counts.values())
    return sum(count.zeros for count in counts.values()) / max(weights, 1)


def _weight_tensors(graph: Subgraph, scope: re.Pattern[str]) -> Iterator[tuple[Operator, int]]:
    dequantized = {
        node.outputs[0]: node.inputs[0] for node in graph.operators if node.name == "DEQUANTIZE"
    }
    for node in graph.operators:
        if node.name in _WEIGHT_INPUT and not scope.match(_name(graph, node.outputs[0])):
            index = node.inputs[_WEIGHT_INPUT[node.name]]
            index = dequantized.get(index, index)
            if graph.tensors[index].type in _TYPES:
                yield node, index


def _stored(tree: Any, graph: Subgraph, index: int) -> tuple[np.ndarray, int]:
    """The numbers as stored, before any scale, and the one that stands for 0."""
    tensor, kind = tree.subgraphs[0].tensors[index], graph.tensors[index].type
    data = np.asarray(tree.buffers[tensor.buffer].data, np.uint8).view(_TYPES[kind])
    if kind == "INT4":  # two a byte, the lower four bits first
        data = np.stack([data << 4 >> 4, data >> 4], axis=-1).ravel()
    zeros = None if tensor.quantization is None else tensor.quantization.zeroPoint
    return data[: int(np.prod(graph.tensors[index].shape))], 0 if zeros is None else int(zeros[0])


def layer_name(node: Operator, index: int, graph: Subgraph) -> str:
    """What Keras calls the layer of `node` and its weights, tensor `index`."""
    names = f"{_name(graph, node.outputs[0])};{_name(graph, index)}"
    match = _LAYER.search(names)
    return match.group(1) if match else _name(graph, index)


def _name(graph: Subgraph, index: int) -> str:
    return graph.tensors[index].name
