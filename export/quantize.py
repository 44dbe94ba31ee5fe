"""Quantising the head of a ProjectionNet; its projection stays exact in every mode.

A sign near zero flips when its sums are rounded, so that whatever computes bits, or row numbers
from bits, is left as it is; so are the softmax and the top k, whose float scores are the answer.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import numpy as np

from .._keras import tf
from ..compress.int4 import INT4_ELEMENTS
from ..errors import InputError
from ..model import ProjectionNet, raw_input_spec, without_qat
from .flatbuffer import pack, unpack
from .freeze import SIGNATURE, converter
from .metadata import INPUT_NAMES
from .reader import Operator, Subgraph, read_model

MODES = ("none", "dynamic", "int8", "int4")
_ANSWERING = {"SOFTMAX", "TOPK_V2"}
_DENSE, _FILTERS = "FULLY_CONNECTED", ("CONV_2D", "DEPTHWISE_CONV_2D")


def convert(
    student: ProjectionNet,
    config: Mapping[str, Any],
    mode: str,
    *,
    samples: np.ndarray,
    top_k: int | None = None,
) -> bytes:
    """The frozen student as the converter gives it, its head quantised by `mode`.

    "none": float32. "dynamic": int8 weights. "int8": int8 weights and activations, whose ranges are
    those that the raw inputs `samples` [N, ...] meet, or those that a head trained with `qat` int8
    has learned. "int4": matrices of `INT4_ELEMENTS` or more in 4 bits with one scale an output
    channel, small ones in 8 bits. Fully connected int8 weights have one scale a tensor, for the
    oldest runtime; it runs every mode, but no int4 convolution. Same arguments, same bytes.

    Raises InputError for a mode that does not exist or does not fit the student, and for samples
    of another shape or type.
    """
    check_mode(mode, config)
    if config.get("qat") == "int8":
        return _trained_int8(student, config, top_k)
    if config.get("qat") == "int4":
        student = without_qat(student, config)
    if mode == "int8":
        return _calibrated_int8(student, config, _checked(samples, config), top_k)
    with converter(student, config, top_k) as made:
        if mode == "dynamic":  # which leaves matrices of less than 1024 weights as they are
            made.optimizations = [tf.lite.Optimize.DEFAULT]
        model = made.convert()
    return model if mode == "none" else _quantized_weights(model, projection_scope(student))


def check_mode(mode: str, config: Mapping[str, Any]) -> None:
    """Raises InputError unless `mode` fits a student of that configuration."""
    if mode not in MODES:
        raise InputError(f"quantize must be one of {', '.join(MODES)}, got {mode!r}")
    if config.get("qat") == "int8" and mode != "int8":
        raise InputError(
            f"quantize must be int8 for a student trained with qat int8, got {mode!r}: "
            f"its head has learned the ranges of int8"
        )
    if mode == "int4" and config["head"]["name"] == "lookup":
        raise InputError(
            "quantize must be none, dynamic or int8 for the lookup head, got 'int4': "
            "its tables are read by a gather, which stores 8 bits at least"
        )


def _checked(samples: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    shape, dtype = raw_input_spec(config)
    if not len(samples) or samples.shape[1:] != shape or samples.dtype != dtype.as_numpy_dtype:
        raise InputError(
            f"samples must be {dtype.name} [N, {', '.join(map(str, shape))}] with N at least 1, "
            f"got {samples.dtype} {list(samples.shape)}"
        )
    return samples


def projection_scope(student: ProjectionNet) -> str:
    """What the names of the projection's tensors begin with."""
    return f"{student.name}/{student.projection.name}/"


def _trained_int8(student: ProjectionNet, config: Mapping[str, Any], top_k: int | None) -> bytes:
    with converter(student, config, top_k) as made:
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        return _float_answer(made.convert())


def _float_answer(model: bytes) -> bytes:
    """Softmax and top k on dequantised logits: 256 levels of a score would tie."""
    from ai_edge_litert.schema_py_generated import TensorType

    graph = read_model(model).subgraphs[0]
    names = [node.name for node in graph.operators]
    tree = unpack(model)
    nodes, tensors = tree.subgraphs[0].operators, tree.subgraphs[0].tensors
    if "SOFTMAX" not in names or "DEQUANTIZE" not in names[names.index("SOFTMAX") :]:
        return model
    softmax, last = names.index("SOFTMAX"), len(names) - 1 - names[::-1].index("DEQUANTIZE")
    (answer,), (score,) = nodes[last].outputs, nodes[last].inputs
    before = copy(tensors[nodes[softmax].inputs[0]])
    before.type, before.quantization, before.name = TensorType.FLOAT32, None, b"float_logits"
    tensors.append(before)
    dequantize = nodes.pop(last)
    dequantize.inputs, dequantize.outputs = nodes[softmax].inputs, [len(tensors) - 1]
    nodes[softmax].inputs = [len(tensors) - 1]
    for node in nodes[softmax:]:
        node.outputs = [answer if index == score else index for index in node.outputs]
        for index in node.outputs:
            if tensors[index].type == TensorType.INT8:
                tensors[index].type, tensors[index].quantization = TensorType.FLOAT32, None
    nodes.insert(softmax, dequantize)
    return pack(tree)


def _calibrated_int8(
    student: ProjectionNet, config: Mapping[str, Any], samples: np.ndarray, top_k: int | None
) -> bytes:
    """Static int8 after training (Jacob et al. 2018, arXiv 1712.05877, section 2)."""
    from tensorflow.lite.python.convert import mlir_quantize

    name = INPUT_NAMES[config["input"]["kind"]]
    with converter(student, config, top_k) as made:
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        made.representative_dataset = lambda: ((SIGNATURE, {name: row[None]}) for row in samples)
        made._experimental_calibrate_only = True
        calibrated = _centre_bits(made.convert())
    graph = read_model(calibrated).subgraphs[0]
    exact = list(_exact_operators(graph, projection_scope(student)))
    return bytes(
        mlir_quantize(
            calibrated,
            denylisted_nodes={graph.tensors[node.outputs[0]].name for node in exact},
            # one with several outputs goes by no single name; no head has any
            denylisted_ops={node.name for node in graph.operators if len(node.outputs) > 1},
            disable_per_channel_for_dense_layers=True,
        )
    )


def _centre_bits(calibrated: bytes) -> bytes:
    """Ranges [-1, 1] become [-128/127, 1], in which -1, 0 and +1 are exact int8 numbers."""
    tree = unpack(calibrated)
    for tensor in tree.subgraphs[0].tensors:
        record = tensor.quantization
        known = record is not None and record.min is not None and record.max is not None
        if known and list(record.min) == [-1.0] and list(record.max) == [1.0]:
            record.min = np.array([-128.0 / 127.0], np.float32)
    return pack(tree)


def _exact_operators(graph: Subgraph, scope: str) -> Iterator[Operator]:
    """The projection, what makes whole numbers of floats, and the answer."""
    wanted: set[int] = set()
    for node in reversed(graph.operators):
        first = graph.tensors[node.inputs[0]] if node.inputs else None
        counts = node.name == "CAST" and first is not None and first.type == "FLOAT32"
        outside = graph.tensors[node.outputs[0]].name.startswith(scope) or node.name in _ANSWERING
        if counts or wanted & set(node.outputs):
            wanted |= set(node.inputs)
            yield node
        elif outside:
            yield node


def _quantized_weights(model: bytes, scope: str) -> bytes:
    """Float weights of the head's layers in 4 or 8 bits, activations float32 between them.

    A matrix that the converter has quantised already stays as it is.
    """
    from ai_edge_quantizer import qtyping, quantizer

    graph = read_model(model).subgraphs[0]
    layers = list(_float_layers(graph, scope))
    if not layers:
        return model
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*already partially quantized")
        made = quantizer.Quantizer(model)
        for node in layers:
            big = _elements(node, graph) >= INT4_ELEMENTS and node.name != _FILTERS[1]
            per_tensor = node.name == _DENSE and not big
            # the oldest runtime loads a hybrid int4 convolution and answers NaN; this form it
            # refuses
            stored = big and node.name != _DENSE
            add = made.add_weight_only_config if stored else made.add_dynamic_config
            add(
                f"^{re.escape(graph.tensors[node.outputs[0]].name)};?$",
                qtyping.TFLOperationName(node.name),
                4 if big else 8,
                qtyping.QuantGranularity["TENSORWISE" if per_tensor else "CHANNELWISE"],
            )
        result = made.quantize(enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model or b"")


def _float_layers(graph: Subgraph, scope: str) -> Iterator[Operator]:
    for node in graph.operators:
        if node.name in (_DENSE, *_FILTERS):
            name, weights = graph.tensors[node.outputs[0]].name, graph.tensors[node.inputs[1]]
            if weights.type == "FLOAT32" and not name.startswith(scope):
                yield node


def _elements(node: Operator, graph: Subgraph) -> int:
    return int(np.prod(graph.tensors[node.inputs[1]].shape))
