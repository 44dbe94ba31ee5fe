"""What a trainer that learns no more answers: once for all examples, and as sure as it is right."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from .._keras import tf
from ..batches import batched
from ..calibration import fit_calibration
from .types import JointData


class FrozenAnswers:
    """Logits of `trainer` / T.

    T makes the labels of `valid` most likely (temperature scaling, Guo et al. 2017, arXiv
    1706.04599); it is 1 where not `calibrated`, and without a label there. A trainer of few labels
    and smoothed ones is right far more often than it is sure, and a student that matches its doubts
    learns less of them than of the answers.
    """

    def __init__(
        self, trainer: Callable[[tf.Tensor], tf.Tensor], valid: JointData, *, calibrated: bool
    ) -> None:
        self._trainer, self._valid, self._calibrated = trainer, valid, calibrated
        self._answered: tuple[np.ndarray, np.ndarray] | None = None

    @cached_property
    def temperature(self) -> float:
        """T, by the weights that the trainer has when it is first asked for."""
        if not self._calibrated or self._valid.trainer is None:
            return 1.0
        logits = batched(self._trainer, self._valid.trainer)
        return fit_calibration(logits, self._valid.targets)[0]

    def of(self, inputs: np.ndarray) -> np.ndarray:
        """Logits [N, outputs], computed anew where `inputs` are others than those before."""
        if self._answered is None or self._answered[0] is not inputs:
            logits = batched(self._trainer, inputs) / np.float32(self.temperature)
            self._answered = inputs, logits
        return self._answered[1]
