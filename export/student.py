"""What an export has to know of a student, whether it was built of settings or by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..batches import batched
from ..data.spec import InputSpec
from ..errors import InputError
from ..model import ProjectionNet, projection_layers

Scope = re.Pattern[str]
"""Matches the names of the projection's tensors."""
_KERAS_KEYS = ("name", "trainable", "dtype")


def infer_spec(student: keras.Model, samples: Any) -> InputSpec:
    """What raw inputs of a student are: as it says, else by its input, else by the samples.

    Raises InputError where none of them tells it.
    """
    known = getattr(student, "spec", None)
    if isinstance(known, InputSpec):
        return known
    found = _of_input(student)
    if found is None and isinstance(samples, np.ndarray):
        found = _of_array(samples.shape[1:], samples.dtype.name)
    if found is None:
        raise InputError(
            "the student does not say what its raw inputs are: give spec, for example "
            "InputSpec('text', (128,))"
        )
    return found


def _of_input(student: keras.Model) -> InputSpec | None:
    """By the one input of a functional model; a subclassed one has none."""
    inputs = getattr(student, "inputs", None) or []
    if len(inputs) != 1 or None in inputs[0].shape[1:]:
        return None
    return _of_array(tuple(inputs[0].shape[1:]), inputs[0].dtype.name)


def _of_array(shape: Sequence[int], dtype: str) -> InputSpec | None:
    kinds = {("uint8", 1): "text", ("uint8", 3): "image", ("float32", 1): "dense"}
    kind = kinds.get((dtype, len(shape)))
    return None if kind is None else InputSpec(kind, tuple(map(int, shape)))


def check_logits(student: keras.Model, inputs: np.ndarray, labels: Sequence[str]) -> int:
    """Outputs of a student; raises InputError unless it gives finite logits, one a label."""
    try:
        found = batched(lambda x: student(x, training=False), inputs)
    except (TypeError, ValueError, AttributeError, tf.errors.OpError) as error:
        first = str(error).strip().splitlines()[:1]
        raise InputError(
            f"the student does not take raw inputs {inputs.dtype} {list(inputs.shape)}: "
            f"{''.join(first)[:200]}"
        ) from error
    if found.ndim != 2 or (labels and found.shape[1] != len(labels)):
        wanted = len(labels) if labels else "K"
        raise InputError(f"the student must give logits [N, {wanted}], got {list(found.shape)}")
    if not np.isfinite(found).all():
        raise InputError("the student gives NaN or infinity; its weights are not usable")
    sums = np.abs(found.sum(axis=1) - 1.0)
    if labels and found.min() >= 0.0 and sums.max() < 1e-4:
        raise InputError("the student gives probabilities; it must give logits, without a softmax")
    return int(found.shape[1])


def projection_scope(student: keras.Model) -> Scope:
    """A pattern of the names of the tensors that the student's projections compute."""
    names = "|".join(re.escape(layer.name) for layer in projection_layers(student))
    return re.compile(rf"(?:[^;]*/)?(?:{names})/" if names else r"(?!)")


def describe_projection(student: keras.Model) -> Mapping[str, Any]:
    """Name and options of the one projection, for the metadata; {} for none or several."""
    layers = projection_layers(student)
    if len(layers) != 1:
        return {}
    config = {k: v for k, v in layers[0].get_config().items() if k not in _KERAS_KEYS}
    return {"seed": config.pop("seed", 0), "name": type(layers[0]).__name__, **config}


def student_sizes(student: keras.Model, spec: InputSpec) -> tuple[int, int]:
    """Parameters that were learned (a ProjectionNet: of its head), and bits of one example."""
    learned = student.head if isinstance(student, ProjectionNet) else student
    example = tf.TensorSpec((1, *spec.shape), spec.dtype)
    graph = tf.function(lambda inputs: student(inputs, training=False)).get_concrete_function(
        example
    ).graph  # fmt: skip
    return learned.count_params(), _bits(graph, projection_scope(student))


def _bits(graph: tf.Graph, scope: Scope) -> int:
    """Values that leave the projections: what operators outside their scope read of them."""
    read = {
        tensor.ref()
        for operator in graph.get_operations()
        if not scope.match(operator.name)
        for tensor in operator.inputs
        if scope.match(tensor.op.name)
    }
    return sum(tensor.deref().shape.num_elements() or 0 for tensor in read)  # batch 1
