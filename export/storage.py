"""How each layer of a file's head is stored: a float file with some weights rewritten.

Works on the flatbuffer, so that another way to store a layer costs milliseconds, no conversion.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tflite.compatibility import multiplies_int4
from ..tflite.flatbuffer import pack, unpack
from ..tflite.reader import Model, Operator, Subgraph, read_model
from .student import Scope
from .weights import layer_name

_BUFFERS_OUTSIDE = 256 * 1024
_DENSE, _CONV, _DEPTHWISE = "FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D"


@dataclass(frozen=True)
class Storage:
    """`bits` of a weight: 4, 8, or 32 for float32; `activations` that meet it: int8 or float32.

    int8 activations are rounded by the kernel while it runs; for float32 ones stored weights are
    dequantised before them, which costs an operator.
    """

    bits: int
    activations: str


FLOAT = Storage(32, "float32")
INT8 = Storage(8, "int8")
INT8_WEIGHTS = Storage(8, "float32")


@dataclass(frozen=True)
class Layer:
    """A matrix or filter of `shape`, its `operator`, and the tensors that are computed with it."""

    name: str
    operator: str
    shape: tuple[int, ...]
    outputs: tuple[str, ...]

    @property
    def weights(self) -> int:
        """How many there are."""
        return math.prod(self.shape)

    @property
    def convolution(self) -> bool:
        """Whether its filters are those of a convolution that mixes channels."""
        return self.operator == _CONV


def head_layers(model: bytes, scope: Scope) -> tuple[Layer, ...]:
    """Layers of float weights in order of execution, without those of `scope`, the projection.

    Operators that read the same weights are one layer.
    """
    read = read_model(model)
    graph = read.subgraphs[0]
    nodes: dict[int, list[Operator]] = {}
    for node in graph.operators:
        if _has_float_weights(node, read) and not scope.match(_output(node, graph)):
            nodes.setdefault(node.inputs[1], []).append(node)
    found: dict[str, Layer] = {}
    for index, readers in nodes.items():
        name = layer_name(readers[0], index, graph)
        name = name if name not in found else f"{name} {index}"
        outputs = tuple(_output(node, graph) for node in readers)
        found[name] = Layer(name, readers[0].name, graph.tensors[index].shape, outputs)
    return tuple(found.values())


def _has_float_weights(node: Operator, model: Model) -> bool:
    if node.name not in (_DENSE, _CONV, _DEPTHWISE):
        return False
    weights = model.subgraphs[0].tensors[node.inputs[1]]
    return weights.type == "FLOAT32" and model.buffers[weights.buffer].size_bytes > 0


def _output(node: Operator, graph: Subgraph) -> str:
    return graph.tensors[node.outputs[0]].name


def int4_storage(layer: Layer) -> Storage:
    """4 bits as runtimes compute them right; 8 for depthwise filters, which have no 4.

    The oldest runtime answers NaN to a hybrid int4 convolution and a wrong number to some dense
    layers; that they are dequantised it refuses.
    """
    if layer.operator == _DEPTHWISE:
        return INT8
    hybrid = layer.operator == _DENSE and multiplies_int4(*layer.shape)
    return Storage(4, "int8" if hybrid else "float32")


def storages(layer: Layer) -> tuple[Storage, ...]:
    """Every way to store a layer, float32 first."""
    return tuple(dict.fromkeys((FLOAT, INT8, INT8_WEIGHTS, int4_storage(layer))))


def stored(model: bytes, wanted: Mapping[Layer, Storage]) -> bytes:
    """`model` with each layer as `wanted` has it; others, and activations, stay as they are.

    8 bits of a dense layer have one scale a tensor, for the oldest runtime, all else one an output
    channel.
    """
    from ai_edge_quantizer import quantizer

    rewritten = {layer: to for layer, to in wanted.items() if to.bits < 32}
    if not rewritten:
        return model
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*already partially quantized")
        made = quantizer.Quantizer(model)
        for layer, storage in rewritten.items():
            _add(made, layer, storage)
        with redirect_stderr(io.StringIO()):  # a progress bar that its own switch leaves on
            result = made.quantize(enable_progress_bar=False, enable_progress_report=False)
    return _with_buffers_inside(bytes(result.quantized_model or b""))


def _with_buffers_inside(model: bytes) -> bytes:
    """`model` whose buffers lie in the flatbuffer: the quantizer puts 256 KiB or more behind it."""
    if len(model) < _BUFFERS_OUTSIDE:
        return model
    tree = unpack(model)
    for buffer in tree.buffers:
        if buffer.offset:
            data = model[buffer.offset : buffer.offset + buffer.size]
            buffer.data, buffer.offset, buffer.size = np.frombuffer(data, np.uint8), 0, 0
    return pack(tree)


def _add(made: Any, layer: Layer, storage: Storage) -> None:
    from ai_edge_quantizer import qtyping

    per_tensor = layer.operator == _DENSE and storage.bits == 8
    hybrid = storage.activations == "int8"
    add = made.add_dynamic_config if hybrid else made.add_weight_only_config
    for output in layer.outputs:
        add(
            f"^{re.escape(output)};?$",
            qtyping.TFLOperationName(layer.operator),
            storage.bits,
            qtyping.QuantGranularity["TENSORWISE" if per_tensor else "CHANNELWISE"],
        )
