"""Answers of trained trainers to the training examples, stored once for many students."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..batches import batched
from ..data import Dataset, Split, load_dataset, split_sha256
from ..errors import InputError
from ..files import atomic_write_bytes, check_writable
from . import directory as runs
from .load import Trust, load_trainer
from .own import is_own

_LEAST = 1e-12  # of a probability: its logarithm stays finite


@dataclass(frozen=True)
class TeachReport:
    """What was stored: `file`, its rows and columns, how many trainers were averaged."""

    file: str
    examples: int
    outputs: int
    trainers: int
    train_accuracy: float


def store_teacher_logits(
    paths: Sequence[str | Path], source: str, out: str | Path, *, trust: Trust = False
) -> TeachReport:
    """Average the trainers of the runs `paths` on the training split of `source` into an .npz.

    Array `logits` float32 [examples, outputs]: the logarithm of the mean of the trainers' softmax
    scores, for `train --teacher-logits` on the same training split, whose hash stands beside them.
    `trust`: whether the code that a run's trainer names may be imported. Raises
    InputError for a run that is not finished, has no trainer or no classes, or has other labels or
    another training split than the first one.
    """
    target = check_writable(out)
    if is_own(target) or os.path.realpath(source) == str(target):
        raise InputError(f"{out} is a file of the data or of a run; give another name")
    found = [runs.read_finished_run(path) for path in paths]
    data = _training_data(found, source)
    scores = np.mean([_scores(run, data.train.inputs, trust) for run in found], axis=0)
    logits = np.log(np.maximum(scores, _LEAST)).astype(np.float32)
    sha256 = np.frombuffer(bytes.fromhex(split_sha256(data.train, data.labels)), np.uint8)
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, logits=logits, data_sha256=sha256)
    atomic_write_bytes(target, content.getvalue())
    right = float(np.mean(logits.argmax(-1) == data.train.targets))
    examples, outputs = logits.shape
    return TeachReport(str(out), examples, outputs, len(found), right)


def _training_data(found: Sequence[runs.Run], source: str) -> Dataset:
    """The data set of the first run; the others must have trained on the same split of it."""
    first = found[0]
    for run in found:
        if run.config.task != "classification":
            raise InputError(f"{run.path} is a regression run: it has no scores to average")
    data = _load(first, source)
    divided = {_division(first)}
    for run in found:
        if run.labels != data.labels:
            raise InputError(f"{run.path} has other labels than {source}")
        # data with a validation split of its own are not divided, whatever the seed
        if _division(run) not in divided and not _same(_load(run, source).train, data.train):
            raise InputError(
                f"{run.path} was trained on {_named(run)}, {first.path} on {_named(first)}"
            )
        divided.add(_division(run))
    return data


def _division(run: runs.Run) -> tuple[int, float]:
    settings = run.config.settings
    return settings.seed, settings.valid_fraction


def _named(run: runs.Run) -> str:
    seed, fraction = _division(run)
    return f"the split of seed {seed} and valid fraction {fraction}"


def _load(run: runs.Run, source: str) -> Dataset:
    seed, fraction = _division(run)
    return load_dataset(source, seed=seed, valid_fraction=fraction, task="classification")


def _same(one: Split, other: Split) -> bool:
    return np.array_equal(one.inputs, other.inputs) and np.array_equal(one.targets, other.targets)


def _scores(run: runs.Run, inputs: np.ndarray, trust: Trust) -> np.ndarray:
    trainer = load_trainer(run, trust)
    if trainer is None:
        raise InputError(f"{run.path} was trained without a trainer")
    logits = batched(trainer.model, trainer.encode(inputs)).astype(np.float64)
    scores = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(scores / scores.sum(-1, keepdims=True))
