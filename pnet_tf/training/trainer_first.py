"""The trainer alone, before the student: a fit of its own on what has a label.

It ends as it was when its loss on the validation split was least: what it answers other inputs is
worth more than what it knows of its own, and answers that are too sure teach worse (measured by
`scripts/label_figures.py` and `scripts/smart_reply_figures.py`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from .._keras import keras
from ..settings import Settings
from .joint import JointFit
from .objective import ProjectionLabels
from .preparation import Prepared
from .types import JointData, Metrics, Watch

LEAST_WAIT = 5
"""Epochs without a better trainer, at least, before its training ends."""


@dataclass(frozen=True)
class TrainerFirst:
    """Trains `trainer` on the examples of `prepared` but for the last `unlabelled` ones.

    It has task and seed of `joint`, the fit that comes after it, at most its epochs, and the
    learning rate of trainers.
    """

    trainer: keras.Model
    prepared: Prepared
    joint: JointFit
    settings: Settings
    unlabelled: int = 0

    def run(self, watch: Watch) -> None:
        """Train, to the weights of the epoch with the least loss on valid.

        A tenth of the epochs, LEAST_WAIT at least, without a better one end it. The watch is told
        of what the trainer alone can tell. Raises WorkError for a loss that is not finite.
        """
        joint, view = self.joint, self.prepared.view
        schedule = msgspec.structs.replace(
            joint.schedule, learning_rate=joint.schedule.trainer_learning_rate, patience=0
        )
        fit = JointFit(
            self.trainer, None, self._labelled(self.prepared.train), _alone(self.prepared.valid),
            terms=[ProjectionLabels(1.0, self.settings.loss.label_smoothing)],
            task=joint.task,
            schedule=schedule,
            seed=joint.seed,
            class_weights=self.prepared.class_weights,
            view=(lambda epoch: self._labelled(view(epoch))) if view else None,
        )  # fmt: skip
        best, wait = _Best(), max(LEAST_WAIT, schedule.epochs // 10)

        def close(fit: JointFit) -> None:
            watch.on_epoch(_of(fit.progress.history[-1]), schedule.epochs)
            best.see(fit.progress.epoch, fit.valid_loss(), self.trainer)
            if fit.progress.epoch - best.epoch >= wait:
                raise _Enough

        with suppress(_Enough):
            fit.run(
                on_batch=lambda epoch, step, row: watch.on_batch(epoch, step, fit.steps, _of(row)),
                on_epoch=close,
            )
        self.trainer.set_weights(best.weights)

    def _labelled(self, data: JointData) -> JointData:
        """`_alone`, without the examples that are for the student."""
        kept = slice(len(data.targets) - self.unlabelled)
        extra = {name: array[kept] for name, array in data.extra.items()}
        assert data.trainer is not None
        return _alone(replace(
            data, trainer=data.trainer[kept], targets=data.targets[kept], extra=extra
        ))  # fmt: skip


class _Enough(Exception):  # noqa: N818
    """Nothing better is to come."""


class _Best:
    """The epoch with the least loss, and its weights."""

    def __init__(self) -> None:
        self.epoch, self.loss, self.weights = 0, np.inf, list[np.ndarray]()

    def see(self, epoch: int, loss: float, model: keras.Model) -> None:
        if loss < self.loss or not self.weights:
            self.epoch, self.loss, self.weights = epoch, loss, model.get_weights()


def _alone(data: JointData) -> JointData:
    """`data` with the trainer in the place of the student."""
    assert data.trainer is not None
    return JointData(data.trainer, data.targets, cached=False, extra=data.extra)


def _of(row: Metrics) -> Metrics:
    """A row of figures by the trainer's names."""
    return {name.replace("projection", "trainer"): value for name, value in row.items()}
