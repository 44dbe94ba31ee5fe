"""`evaluate` for a run directory: the Keras student and its trainer on a split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import runs
from .batches import batched
from .data import load_split
from .export.evaluate import classification_metrics, concordance_index, mse
from .model import load_student
from .preparation import encode_inputs
from .training import load_trainer


@dataclass(frozen=True)
class RunEvaluation:
    """Figures of a run on one split; `accuracy`, `mse` and `concordance_index` are the student's.

    `size_bytes` is that of the student's weights in the run, in float32.
    """

    examples: int
    size_bytes: int
    accuracy: float | None = None
    trainer_accuracy: float | None = None
    unknown_label_examples: int = 0
    cut_messages: int = 0
    mse: float | None = None
    trainer_mse: float | None = None
    concordance_index: float | None = None


def evaluate_run(path: str | Path, source: str, split: str) -> RunEvaluation:
    """The run in `path` on `split` of `source`; raises InputError when they do not fit."""
    run = runs.read_finished_run(path)
    config = run.config
    kind = config["input"]["kind"]
    shape = () if kind == "text" else tuple(config["input"]["shape"])
    data = load_split(
        source, split, labels=run.labels, kind=kind, input_shape=shape, task=config["task"]
    )
    raw, cut = encode_inputs(config, data.inputs)
    student = load_student(run)
    answers = batched(lambda x: student(x, training=False), raw)
    trainer = load_trainer(run)
    taught = batched(trainer.model, trainer.encode(data.inputs)) if trainer else None
    size = (run.path / runs.STUDENT).stat().st_size
    if config["task"] == "regression":
        return _regression(answers, taught, data.targets, size)
    found = classification_metrics(answers, data.targets)
    return RunEvaluation(
        examples=found.examples,
        size_bytes=size,
        accuracy=found.accuracy,
        trainer_accuracy=None
        if taught is None
        else classification_metrics(taught, data.targets).accuracy,
        unknown_label_examples=found.unknown_label_examples,
        cut_messages=cut,
    )


def _regression(
    answers: np.ndarray, taught: np.ndarray | None, targets: np.ndarray, size: int
) -> RunEvaluation:
    return RunEvaluation(
        examples=len(targets),
        size_bytes=size,
        mse=mse(answers, targets),
        trainer_mse=None if taught is None else mse(taught, targets),
        concordance_index=concordance_index(answers, targets),
    )
