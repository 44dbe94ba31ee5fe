"""Quantising the head of a student; its projection stays exact in every mode.

A sign near zero flips when its sums are rounded, so that whatever computes bits, or row numbers
from bits, is left as it is; so are the softmax and the top k, whose float scores are the answer.
`tflite.modes` lists the modes; each names one of the functions of a `Job` here.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from importlib import import_module

import numpy as np

from .._keras import keras, layers_of, tf
from .._tflite import calibrate_only, converted, quantize_calibrated
from ..compress.int4 import Int4, is_big, rounded_head
from ..compress.qat import Int8
from ..errors import InputError
from ..model import ProjectionNet
from ..names import QUANTIZATIONS
from ..tflite.flatbuffer import pack, unpack
from ..tflite.model import SIGNATURE
from ..tflite.reader import Operator, Subgraph, read_model
from .freeze import Job, converter
from .ranking import with_temperature
from .storage import INT8, head_layers, int4_storage, stored
from .student import Scope, projection_scope

_ANSWERING = {"SOFTMAX", "TOPK_V2"}


def convert(job: Job, mode: str) -> bytes:
    """The frozen student as the converter gives it, its head quantised by `mode`.

    Same arguments, same bytes. Raises InputError for a mode that does not exist or does not fit the
    student, and for samples of another shape or type.
    """
    made_for = ready(job, mode)
    module, _, function = QUANTIZATIONS.get(mode).convert.partition(":")
    model = bytes(getattr(import_module(module), function)(made_for))
    return with_temperature(model, job.temperature)


def ready(job: Job, mode: str) -> Job:
    """`job` whose student can be stored in `mode`: one trained for int4 with its rounded weights.

    Raises InputError for a mode that does not exist or does not fit the student.
    """
    check_mode(mode, job.student)
    rounded = trained_mode(job.student) == "int4"
    return replace(job, student=_unrounded(job.student)) if rounded else job


def trained_mode(student: keras.Model) -> str:
    """What quantisation-aware training a student has had: none, int8 or int4."""
    layers = layers_of(student)
    if any(isinstance(layer, Int8) for layer in layers):
        return "int8"
    return "int4" if any(isinstance(layer, Int4) for layer in layers) else "none"


def check_mode(mode: str, student: keras.Model) -> None:
    """Raises InputError unless `mode` exists and fits the student."""
    QUANTIZATIONS.get(mode)
    if trained_mode(student) == "int8" and mode != "int8":
        raise InputError(
            f"quantize must be int8 for a student trained with qat int8, got {mode!r}: "
            f"its head has learned the ranges of int8"
        )


def plain(job: Job) -> bytes:
    """float32."""
    with converter(job) as made:
        return converted(made)


def dynamic(job: Job) -> bytes:
    """int8 weights, one scale a tensor in fully connected layers, for the oldest runtime."""
    with converter(job) as made:
        # which leaves matrices of less than 1024 weights as they are
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        model = converted(made)
    scope = projection_scope(job.student)
    if _rounds(model, scope):  # a projection of 1024 constants or more, which it knows nothing of
        return _quantized_weights(plain(job), scope)
    return _quantized_weights(model, scope)


def _rounds(model: bytes, scope: Scope) -> bool:
    """Whether an operator of `scope` reads or gives rounded numbers."""
    graph = read_model(model).subgraphs[0]
    return any(
        graph.tensors[index].scales > 0
        for node in graph.operators
        if scope.match(graph.tensors[node.outputs[0]].name)
        for index in (*node.inputs, *node.outputs)
        if index >= 0
    )


def int4(job: Job) -> bytes:
    """Layers that are `is_big` in 4 bits, one scale an output channel, small ones in 8 bits.

    The oldest runtime runs it, but no int4 convolution.
    """
    if any(isinstance(layer, keras.layers.Embedding) for layer in layers_of(job.student)):
        raise InputError(
            "quantize must be none, dynamic or int8 for the lookup head, got 'int4': "
            "its tables are read by a gather, which stores 8 bits at least"
        )
    return _quantized_weights(plain(job), projection_scope(job.student), four=True)


def int8(job: Job) -> bytes:
    """int8 weights and activations, whose ranges are those that the samples meet, or those that a
    head trained with qat int8 has learned.
    """
    if trained_mode(job.student) == "int8":
        with converter(job) as made:
            made.optimizations = [tf.lite.Optimize.DEFAULT]
            return _float_answer(converted(made))
    return _calibrated_int8(job)


def _unrounded(student: keras.Model) -> keras.Model:
    """A student trained with qat int4 as one whose head holds its rounded weights."""
    if not isinstance(student, ProjectionNet):
        raise InputError("a student with layers for int4 must be a ProjectionNet, to be exported")
    head = rounded_head(student.head)
    return ProjectionNet(student.projection, head, student.spec, name=student.name)


def _checked(job: Job) -> np.ndarray:
    samples, spec = job.samples, job.spec
    if not len(samples) or samples.shape[1:] != spec.shape or samples.dtype != spec.dtype:
        raise InputError(
            f"samples must be {spec.dtype} [N, {', '.join(map(str, spec.shape))}] with N at least "
            f"1, got {samples.dtype} {list(samples.shape)}"
        )
    return samples


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


def _calibrated_int8(job: Job) -> bytes:
    """Static int8 after training (Jacob et al. 2018, arXiv 1712.05877, section 2)."""
    samples = _checked(job)
    with converter(job) as made:
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        made.representative_dataset = lambda: (
            (SIGNATURE, {job.spec.name: row[None]}) for row in samples
        )
        calibrate_only(made)
        calibrated = _centre_bits(converted(made))
    graph = read_model(calibrated).subgraphs[0]
    exact = _exact_operators(graph, projection_scope(job.student))
    return quantize_calibrated(
        calibrated,
        {graph.tensors[node.outputs[0]].name for node in exact},
        # one with several outputs goes by no single name; no head has any
        {node.name for node in graph.operators if len(node.outputs) > 1},
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


def _exact_operators(graph: Subgraph, scope: Scope) -> Iterator[Operator]:
    """The projection, what makes whole numbers of floats, all before them, and the answer."""
    wanted: set[int] = set()
    for node in reversed(graph.operators):
        first = graph.tensors[node.inputs[0]] if node.inputs else None
        counts = node.name == "CAST" and first is not None and first.type == "FLOAT32"
        projects = scope.match(graph.tensors[node.outputs[0]].name)
        if counts or projects or wanted & set(node.outputs):
            wanted |= set(node.inputs)
            yield node
        elif node.name in _ANSWERING:
            yield node


def _quantized_weights(model: bytes, scope: Scope, four: bool = False) -> bytes:
    """Float weights of the head's layers in 8 bits, with `four` those of big ones in 4; activations
    float32. A matrix that the converter has quantised already stays as it is.
    """
    return stored(model, {
        layer: int4_storage(layer) if four and is_big(layer.weights, layer.convolution) else INT8
        for layer in head_layers(model, scope)
    })  # fmt: skip
