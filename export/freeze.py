"""Freeze a ProjectionNet, projection and head only, into a float .tflite with one signature.

The function that is converted sees the student and nothing else, so no weight of a trainer can
get into the file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._keras import tf
from ..errors import InputError
from ..model import ProjectionNet, raw_input_spec
from .metadata import INPUT_NAMES

SIGNATURE = "serve"


class _Frozen(tf.Module):
    """What is saved: the student's variables and the one serving function."""

    def __init__(
        self, student: ProjectionNet, config: Mapping[str, Any], top_k: int | None
    ) -> None:
        super().__init__()
        self.student = student
        shape, dtype = raw_input_spec(config)
        name = INPUT_NAMES[config["input"]["kind"]]
        spec = tf.TensorSpec([1, *shape], dtype, name)
        self.serve = tf.function(
            lambda **inputs: _answer(student, inputs[name], config["task"], top_k)
        ).get_concrete_function(**{name: spec})


def _answer(
    student: ProjectionNet, inputs: tf.Tensor, task: str, top_k: int | None
) -> dict[str, tf.Tensor]:
    answer = student.predictions(inputs, task)
    if task == "regression":
        return {"values": answer}
    if top_k is None:
        return {"scores": answer}
    scores, indices = tf.math.top_k(answer, k=top_k)
    return {"scores": scores, "indices": indices}


def check_top_k(top_k: int | None, task: str, outputs: int) -> None:
    """Raises InputError unless `top_k` is None or 1..outputs of a classifier."""
    if top_k is None:
        return
    if task == "regression":
        raise InputError("top_k does not fit a regression model: it has no labels to rank")
    if not 1 <= top_k <= outputs:
        raise InputError(f"top_k must be 1..{outputs}, got {top_k}")


@contextmanager
def converter(
    student: ProjectionNet, config: Mapping[str, Any], top_k: int | None = None
) -> Iterator[tf.lite.TFLiteConverter]:
    """A converter of the frozen student: builtin operators only, signature `serve`, batch 1.

    `config` has `input`, `outputs` and `task`. Call `convert` within the `with` block. Dense layers
    are quantised per tensor: tflite-runtime 2.14 refuses the per-channel form. Raises InputError
    for a bad `top_k`.
    """
    check_top_k(top_k, config["task"], config["outputs"])
    frozen = _Frozen(student, config, top_k)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(frozen, folder, signatures={SIGNATURE: frozen.serve})
        made = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SIGNATURE])
        made.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        made._experimental_disable_per_channel_quantization_for_dense_layers = True
        yield made
