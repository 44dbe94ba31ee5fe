"""`evaluate` for a run directory: the Keras student and its trainer on a split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..batches import batched
from ..data import load_split
from ..metrics import classification_metrics, concordance_index, mse
from . import directory as runs
from .load import Trust, load_student, load_trainer


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


def evaluate_run(
    path: str | Path, source: str, split: str = "test", *, trust: Trust = False
) -> RunEvaluation:
    """The run in `path` on `split` of `source`; raises InputError when they do not fit.

    `trust`: whether the code that the run's trainer names may be imported.
    """
    run = runs.read_finished_run(path)
    config = run.config
    trainer = load_trainer(run, trust)
    data = load_split(source, split, labels=run.labels, spec=config.input, task=config.task)
    encoded = config.input.encode(data.inputs)
    student = load_student(run)
    answers = batched(lambda x: student(x, training=False), encoded.array)
    taught = batched(trainer.model, trainer.encode(data.inputs)) if trainer else None
    size = (run.path / runs.STUDENT).stat().st_size
    if config.task == "regression":
        return _regression(answers, taught, data.targets, size)
    found = classification_metrics(answers, data.targets)
    theirs = None if taught is None else classification_metrics(taught, data.targets).accuracy
    return RunEvaluation(
        examples=found.examples,
        size_bytes=size,
        accuracy=found.accuracy,
        trainer_accuracy=theirs,
        unknown_label_examples=found.unknown_label_examples,
        cut_messages=encoded.cut,
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
