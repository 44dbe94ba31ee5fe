"""Freeze a student, projection and head only, into a float .tflite with one signature.

The function that is converted sees the student and nothing else, so no weight of a trainer can
get into the file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._keras import keras, tf
from .._tflite import per_tensor_dense
from ..data.spec import InputSpec
from ..errors import InputError, WorkError
from ..model import answers
from ..tflite.model import SIGNATURE

_LOOPS = {"While", "StatelessWhile"}  # calibrating one breaks in native code


@dataclass(frozen=True)
class Valid:
    """Labelled examples on which a file may lose the accuracy `keep_accuracy`, 0..1.

    Raw inputs [N, ...], and class ids [N] or values [N, K].
    """

    inputs: np.ndarray
    targets: np.ndarray
    keep_accuracy: float


@dataclass(frozen=True)
class Job:
    """What is to become a file: a student of raw inputs `spec`, its task, `outputs` of it.

    `samples` are raw inputs [N, ...] whose activations tell the ranges of int8. With `top_k` the
    file answers with the k best labels. Scores are those of (logits + `bias` [C]) / `temperature`.
    `valid` is for modes that keep an accuracy.
    """

    student: keras.Model
    spec: InputSpec
    task: str
    outputs: int
    samples: np.ndarray = field(default_factory=lambda: np.empty(0))
    top_k: int | None = None
    temperature: float = 1.0
    bias: tuple[float, ...] = ()
    valid: Valid | None = None

    def answers(self, inputs: tf.Tensor) -> tf.Tensor:
        """What the file answers: all scores, or values."""
        return answers(self.student, inputs, self.task, self.temperature, self.bias)

    def __post_init__(self) -> None:
        check_top_k(self.top_k, self.task, self.outputs)


class _Frozen(tf.Module):
    """What is saved: the one serving function and its variables.

    Not the student itself: saving one traces every layer of it, two thirds of a conversion's time.
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        name = job.spec.name
        spec = tf.TensorSpec([1, *job.spec.shape], job.spec.dtype, name)
        self.serve = tf.function(
            lambda **inputs: _answer(job, inputs[name])
        ).get_concrete_function(**{name: spec})
        self.held = list(self.serve.graph.variables)

    def check(self) -> None:
        """Raises WorkError for what no runtime without custom operators has."""
        if _LOOPS & _operations(self.serve.graph.as_graph_def()):
            raise WorkError(
                "the file would not run everywhere: operator WHILE is not on the list of allowed "
                "builtins"
            )
        known = {id(variable.handle) for variable in self.held}
        captured = self.serve.captured_inputs
        if any(item.dtype == tf.resource and id(item) not in known for item in captured):
            raise WorkError(
                "the file would not run everywhere: no builtin operators for lookup tables"
            )


def _answer(job: Job, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
    # the temperature is an option of the softmax, which costs no operator; see `quantize.convert`
    answer = answers(job.student, inputs, job.task, bias=job.bias)
    if job.task == "regression":
        return {"values": answer}
    if job.top_k is None:
        return {"scores": answer}
    scores, indices = tf.math.top_k(answer, k=job.top_k)
    return {"scores": scores, "indices": indices}


def check_top_k(top_k: int | None, task: str, outputs: int) -> None:
    """Raises InputError unless `top_k` is None or 1..outputs of a classifier."""
    if top_k is None:
        return
    if task == "regression":
        raise InputError("top_k does not fit a regression model: it has no labels to rank")
    if not 1 <= top_k <= outputs:
        raise InputError(f"top_k must be 1..{outputs}, got {top_k}")


def _operations(graph: Any) -> set[str]:
    """Types of all nodes of a graph, those of its functions too."""
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    return {node.op for node in nodes}


@contextmanager
def converter(job: Job) -> Iterator[tf.lite.TFLiteConverter]:
    """A converter of the frozen student: builtin operators only, signature `serve`, batch 1.

    Call `convert` within the `with` block. Dense layers are quantised per tensor.
    """
    frozen = _Frozen(job)
    frozen.check()
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(frozen, folder, signatures={SIGNATURE: frozen.serve})
        made = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SIGNATURE])
        made.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        per_tensor_dense(made)
        yield made
