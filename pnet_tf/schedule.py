"""How long and how fast a fit trains: the schedule and its optimisers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ._keras import keras, tf
from .errors import InputError


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: cosine decay to 0 after a linear warm-up of `warmup` of all steps.

    `patience` epochs without a better student on the validation split end training and bring the
    best epoch's weights back; 0 switches that off and keeps the last epoch's. `min_updates` gives
    few examples more epochs: at least so many steps.
    """

    epochs: int = 30
    min_updates: int = 0
    batch_size: int = 64
    learning_rate: float = 3e-3
    trainer_learning_rate: float = 1e-3
    weight_decay: float = 0.0
    warmup: float = 0.05
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"epochs": 1, "min_updates": 0, "batch_size": 1, "patience": 0, "seed": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(f"{name} must be at least {low}, got {getattr(self, name)}")
        for name in ("learning_rate", "trainer_learning_rate"):
            if not 0 < getattr(self, name) < 10:
                raise InputError(f"{name} must be above 0 and below 10, got {getattr(self, name)}")

    def steps(self, examples: int) -> int:
        """Updates of one epoch of so many examples; the last batch may be smaller."""
        return -(-examples // self.batch_size)

    def for_examples(self, examples: int) -> Schedule:
        """The schedule with as many epochs as `min_updates` asks of so many examples."""
        least = -(-self.min_updates // self.steps(examples))
        return replace(self, epochs=max(self.epochs, least))


class _WarmCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear from 0 to `rate` over `warm` steps, then half a cosine to 0 at `total` steps."""

    def __init__(self, rate: float, warm: int, total: int) -> None:
        self.rate, self.warm, self.total = rate, warm, total

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        step = tf.cast(step, tf.float32)
        rising = (step + 1.0) / max(self.warm, 1)
        left = (step - self.warm) / max(self.total - self.warm, 1)
        falling = 0.5 * (1.0 + tf.cos(np.pi * tf.clip_by_value(left, 0.0, 1.0)))
        return self.rate * tf.where(step < self.warm, rising, falling)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "warm": self.warm, "total": self.total}


def make_optimizer(schedule: Schedule, rate: float, total: int) -> keras.optimizers.Optimizer:
    """Adam, or AdamW where weights decay: at most `rate`, 0 after `total` steps."""
    decay = _WarmCosine(rate, int(total * schedule.warmup), total)
    if schedule.weight_decay:
        return keras.optimizers.AdamW(decay, weight_decay=schedule.weight_decay)
    return keras.optimizers.Adam(decay)
