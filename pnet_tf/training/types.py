"""What a joint fit is given and where it is: arrays, progress, a hook after each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .._keras import keras, tf

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class JointData:
    """Aligned arrays of one split.

    `student` is what the student's head (`cached`) or the whole student takes; `trainer` what the
    trainer takes (None without one); `targets` class ids, -1 for an example without a label, or
    values; `teacher_logits` stored ones. `extra` arrays reach the loss terms by their names.
    """

    student: np.ndarray
    targets: np.ndarray
    trainer: np.ndarray | None = None
    teacher_logits: np.ndarray | None = None
    cached: bool = True
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass
class Progress:
    """Where a fit is: finished epochs, a history row for each, and the best epoch so far."""

    epoch: int = 0
    history: list[dict[str, int | float]] = field(default_factory=list)
    best_score: float = -np.inf
    best_epoch: int = 0


class StepHook(Protocol):
    """What happens to the student's weights after each update; its state is the fit's too."""

    @property
    def variables(self) -> list[tf.Variable]:
        """All state."""

    def start(self, optimizer: keras.optimizers.Optimizer, total: int) -> None:
        """Before the first step of `total`."""

    def resume(self, step: int) -> None:
        """After `step` updates, with `variables` restored."""

    def after_step(self, step: int) -> bool:
        """After update number `step`; whether the student computes otherwise from now on."""

    def settled(self, step: int) -> bool:
        """Whether the student after `step` updates may be the best one."""


class Watch(Protocol):
    """What the caller is told while training runs."""

    def on_batch(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """After each step of `steps`: running means of the terms and metrics of the epoch."""

    def on_epoch(self, row: Metrics, epochs: int) -> None:
        """After each epoch of `epochs`: its history row."""


class Silent:
    """A watch that says nothing."""

    def on_batch(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """Nothing."""

    def on_epoch(self, row: Metrics, epochs: int) -> None:
        """Nothing."""
