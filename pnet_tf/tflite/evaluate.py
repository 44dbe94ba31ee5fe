"""A model file's figures on a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data import Split
from ..metrics import classification_metrics, concordance_index, mse
from .model import TFLiteModel


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model file on one split; those of the other task are None."""

    examples: int
    size_bytes: int
    runtime: str
    accuracy: float | None = None
    unknown_label_examples: int = 0
    cut_messages: int = 0
    mse: float | None = None
    concordance_index: float | None = None


def evaluate_model(model: TFLiteModel, split: Split) -> Evaluation:
    """Run every example of `split` through `model`; messages that are too long are cut, counted."""
    encoded = model.metadata.input_spec.encode(split.inputs)
    outputs = model.scores(encoded.array)
    if model.metadata.task == "regression":
        return _regression(model, outputs, split.targets)
    found = classification_metrics(outputs, split.targets)
    return Evaluation(
        examples=found.examples,
        size_bytes=model.size_bytes,
        runtime=model.runtime,
        accuracy=found.accuracy,
        unknown_label_examples=found.unknown_label_examples,
        cut_messages=encoded.cut,
    )


def _regression(model: TFLiteModel, values: np.ndarray, targets: np.ndarray) -> Evaluation:
    same = not np.ptp(targets, axis=0).all()
    return Evaluation(
        examples=len(targets),
        size_bytes=model.size_bytes,
        runtime=model.runtime,
        mse=mse(values, targets),
        concordance_index=None if same else concordance_index(values, targets),
    )
