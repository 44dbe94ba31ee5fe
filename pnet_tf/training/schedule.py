"""The optimisers of a fit: Adam on a cosine, and Adagrad for tables of many rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..settings import Schedule

FIRST_SUM = 0.02
"""What Adagrad's sums of squared gradients start with."""


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


class Optimizers:
    """Adam for most variables, Adagrad for `tables`, of which a step has the gradient of few rows.

    Adam would move all rows in each step, the table may have a hundred thousand.
    """

    def __init__(
        self,
        adam: keras.optimizers.Optimizer,
        adagrad: keras.optimizers.Optimizer,
        tables: Iterable[tf.Variable],
    ) -> None:
        self._adam, self._adagrad = adam, adagrad
        self._tables = {table.ref() for table in tables}

    @property
    def learning_rate(self) -> tf.Variable:
        """That of both."""
        return self._adam.learning_rate

    @property
    def variables(self) -> list[tf.Variable]:
        """The state of both."""
        return list(self._adam.variables) + list(self._adagrad.variables)

    def build(self, variables: Iterable[tf.Variable]) -> None:
        """Make the state."""
        most, tables = self._divided((v, v) for v in variables)
        self._adam.build([v for _, v in most])
        self._adagrad.build([v for _, v in tables])

    def apply_gradients(
        self, pairs: Iterable[tuple[Any, tf.Variable]], skip_gradients_aggregation: bool = False
    ) -> None:
        """One update by (gradient, variable)."""
        for optimizer, own in zip((self._adam, self._adagrad), self._divided(pairs), strict=True):
            optimizer.apply_gradients(own, skip_gradients_aggregation=skip_gradients_aggregation)

    def _divided(self, pairs: Iterable[tuple[Any, tf.Variable]]) -> tuple[list[Any], list[Any]]:
        found: tuple[list[Any], list[Any]] = ([], [])
        for pair in pairs:
            found[pair[1].ref() in self._tables].append(pair)
        return found


def make_optimizer(
    schedule: Schedule, rate: float, total: int, model: keras.Model | None = None
) -> keras.optimizers.Optimizer | Optimizers:
    """Adam, or AdamW where weights decay: at most `rate`, 0 after `total` steps.

    Tables of `model` whose layers have `few_rows` are for Adagrad at the same rate.
    """
    decay = WarmCosine(rate, int(total * schedule.warmup), total)
    adam = (
        keras.optimizers.AdamW(decay, weight_decay=schedule.weight_decay)
        if schedule.weight_decay else keras.optimizers.Adam(decay)
    )  # fmt: skip
    parts = () if model is None else model.submodules
    tables = [part.table for part in parts if getattr(part, "few_rows", False)]
    if not tables:
        return adam
    adagrad = keras.optimizers.Adagrad(decay, initial_accumulator_value=FIRST_SUM)
    return Optimizers(adam, adagrad, tables)
