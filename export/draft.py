"""The file of a student as it is, without any comparison: what it will weigh, before training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._keras import keras
from ..data.spec import InputSpec
from ..tflite.compatibility import OLDEST_RUNTIME
from ..tflite.metadata import ModelMetadata, write_metadata
from ..tflite.reader import read_model
from ..version import __version__
from .freeze import Job
from .quantize import convert, trained_mode
from .report import multiply_accumulates
from .shrink import shrink
from .student import describe_projection, projection_scope


@dataclass(frozen=True)
class Draft:
    """A file that nothing was compared with; `macs` are multiply-accumulates of one answer."""

    content: bytes
    macs: int


def draft_student(
    student: keras.Model, labels: Sequence[str], samples: Any, spec: InputSpec
) -> Draft:
    """What `export_student` would write of a classifier, as far as it can be known unmeasured.

    `samples`: inputs that tell the ranges of int8.
    """
    trained = trained_mode(student)
    mode = "dynamic" if trained == "none" else trained
    job = Job(student, spec, "classification", len(labels), spec.encode(samples).array, None)
    raw = convert(job, mode)
    metadata = ModelMetadata(
        version=__version__, task="classification", input=spec.to_json(), labels=tuple(labels),
        top_k=None, quantize=mode, projection=describe_projection(student), training={},
        oldest_runtime=OLDEST_RUNTIME,
    )  # fmt: skip
    macs = multiply_accumulates(read_model(raw).subgraphs[0], projection_scope(student))
    return Draft(write_metadata(shrink(raw), metadata), macs)


def draft_untrained(
    student: keras.Model, labels: Sequence[str], samples: Any, spec: InputSpec
) -> Draft:
    """`draft_student` of fresh weights, in whose file no two tensors are one by chance.

    Biases that are all 0 are stored once, which trained ones never are; so all weights move a
    little while the file is made. They are put back.
    """
    before = student.get_weights()
    rng = np.random.default_rng(0)
    moved = [weight + rng.uniform(0.01, 0.1, weight.shape).astype(weight.dtype)
             if weight.dtype.kind == "f" else weight for weight in before]  # fmt: skip
    student.set_weights(moved)
    try:
        return draft_student(student, labels, samples, spec)
    finally:
        student.set_weights(before)
