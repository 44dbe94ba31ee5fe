"""The trainer alone, before the student: a fit of its own on what has a label.

It ends as it was when it was best on the validation split: what it answers other inputs is worth
more than what it knows of its own. Accuracy decides, not the loss, which says more of how sure the
answers are than of how good, above all where the shares of labels are others than in train.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

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
        """Train, to the weights of the best epoch on valid; of equals the last.

        A tenth of the epochs, LEAST_WAIT at least, without a better one end it. The watch is told
        of what the trainer alone can tell. Raises WorkError for a loss that is not finite.
        """
        joint, view = self.joint, self.prepared.view
        schedule = msgspec.structs.replace(
            joint.schedule,
            learning_rate=joint.schedule.trainer_learning_rate,
            patience=max(LEAST_WAIT, joint.schedule.epochs // 10),
        )
        fit = JointFit(
            self.trainer, None, self._labelled(self.prepared.train), _alone(self.prepared.valid),
            terms=[ProjectionLabels(1.0, self.settings.loss.label_smoothing)],
            task=joint.task,
            schedule=schedule,
            seed=joint.seed,
            class_weights=self.prepared.class_weights,
            view=(lambda epoch: self._labelled(view(epoch))) if view else None,
            last_of_equals=True,  # a few messages of valid are soon all right
        )  # fmt: skip
        fit.run(
            on_batch=lambda epoch, step, row: watch.on_batch(epoch, step, fit.steps, _of(row)),
            on_epoch=lambda fit: watch.on_epoch(_of(fit.progress.history[-1]), schedule.epochs),
        )

    def _labelled(self, data: JointData) -> JointData:
        """`_alone`, without the examples that are for the student."""
        kept = slice(len(data.targets) - self.unlabelled)
        extra = {name: array[kept] for name, array in data.extra.items()}
        assert data.trainer is not None
        return _alone(replace(
            data, trainer=data.trainer[kept], targets=data.targets[kept], extra=extra
        ))  # fmt: skip


def _alone(data: JointData) -> JointData:
    """`data` with the trainer in the place of the student."""
    assert data.trainer is not None
    return JointData(data.trainer, data.targets, cached=False, extra=data.extra)


def _of(row: Metrics) -> Metrics:
    """A row of figures by the trainer's names."""
    return {name.replace("projection", "trainer"): value for name, value in row.items()}
