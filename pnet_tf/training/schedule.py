"""The optimisers of a fit: Adam on a cosine."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._keras import keras, tf
from ..settings import Schedule


class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear from 0 to `rate` over `warm` steps, then half a cosine to 0 at `total` steps."""

    def __init__(self, rate: float, warm: int, total: int) -> None:
        self.rate, self.warm, self.total = rate, warm, total

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate of step 0, 1, ..."""
        step = tf.cast(step, tf.float32)
        rising = (step + 1.0) / max(self.warm, 1)
        left = (step - self.warm) / max(self.total - self.warm, 1)
        falling = 0.5 * (1.0 + tf.cos(np.pi * tf.clip_by_value(left, 0.0, 1.0)))
        return self.rate * tf.where(step < self.warm, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"rate": self.rate, "warm": self.warm, "total": self.total}


def make_optimizer(schedule: Schedule, rate: float, total: int) -> keras.optimizers.Optimizer:
    """Adam, or AdamW where weights decay: at most `rate`, 0 after `total` steps."""
    decay = WarmCosine(rate, int(total * schedule.warmup), total)
    if schedule.weight_decay:
        return keras.optimizers.AdamW(decay, weight_decay=schedule.weight_decay)
    return keras.optimizers.Adam(decay)
