"""The trainer alone, before the student: a fit of its own on what has a label.

It ends as it was when it was best on the validation split: what it answers other inputs is worth
more than what it knows of its own. Accuracy decides, not the loss, which says more of how sure the
answers are than of how good, above all where the shares of labels are others than in train.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from .._keras import keras, tf
from ..settings import Schedule, Settings
from .answers import FrozenAnswers
from .joint import EPOCH_STEPS, JointFit
from .objective import ProjectionLabels
from .order import Order
from .preparation import Prepared
from .pseudo_labels import some_of, sure_answers, with_answers
from .types import JointData, Metrics, Watch

LEAST_WAIT = 5
"""Epochs without a better trainer, at least, before its training ends."""
_ROUND_EPOCHS, _ROUND_UPDATES = 5, 1000
"""Of a round at most; one epoch at least."""
_MOST_WORSE = 2
"""Rounds without a better trainer after which there is no other one."""


@dataclass(frozen=True)
class TrainerFirst:
    """Trains `trainer` on the examples of `prepared` but for the last `unlabelled` ones.

    Then it learns by rounds from what it is sure of of these, the last `made` of them left out. It
    has task and seed of `joint`, the fit that comes after it, and the learning rate of trainers.
    """

    trainer: keras.Model
    prepared: Prepared
    joint: JointFit
    settings: Settings
    unlabelled: int = 0
    made: int = 0

    def run(self, watch: Watch) -> None:
        """Train, to the weights of the best epoch on valid; of equals the last.

        A tenth of the epochs, LEAST_WAIT at least, without a better one end what is learned from
        labels. The watch is told of what the trainer alone can tell. Raises WorkError for a loss
        that is not finite.
        """
        schedule = self.settings.schedule
        labelled = len(self.prepared.train.targets) - self.unlabelled
        steps = Order(labelled, schedule.batch_size, least_steps=self._least_steps).steps
        epochs = schedule.of_steps(steps).epochs
        score = self._fit(
            lambda data: some_of(data, np.arange(labelled)),
            msgspec.structs.replace(schedule, patience=max(LEAST_WAIT, epochs // 10)),
            watch, epochs=epochs, rows=labelled,
        )  # fmt: skip
        if self.unlabelled > self.made and self.joint.task == "classification":
            self._rounds(score, watch)

    @property
    def _least_steps(self) -> int:
        """Of an epoch: changing examples and looking at valid takes far longer than a few steps."""
        return EPOCH_STEPS if self.prepared.view else 0

    def _rounds(self, score: float, watch: Watch) -> None:
        """Learn from sure answers; end with the weights of the best round, or those of before."""
        most, schedule = self.settings.unlabelled.rounds, self.settings.schedule
        best, worse, done = [v.numpy() for v in self.trainer.variables], 0, 0
        for number in range(most):
            labelled, answers = self._sure_answers()
            steps = -(-(labelled + len(answers[0])) // schedule.batch_size)
            epochs = min(_ROUND_EPOCHS, max(_ROUND_UPDATES // steps, 1))
            found = self._fit(
                lambda data: with_answers(data, labelled, *answers),  # noqa: B023, used at once
                msgspec.structs.replace(schedule, epochs=epochs, patience=epochs, min_updates=0),
                watch, before=done, epochs=done + (most - number) * epochs,
            )  # fmt: skip
            done += epochs
            worse = 0 if found > score else worse + 1
            if found >= score:
                score, best = found, [v.numpy() for v in self.trainer.variables]
            if worse == _MOST_WORSE:
                break
        for variable, value in zip(self.trainer.variables, best, strict=True):
            variable.assign(value)

    def _sure_answers(self) -> tuple[int, tuple[np.ndarray, np.ndarray]]:
        """How many examples have a label, and the rows after them that are as good as labelled."""
        data = self.prepared.train
        assert data.trainer is not None
        labelled, end = len(data.targets) - self.unlabelled, len(data.targets) - self.made
        answers = FrozenAnswers(
            tf.function(self.trainer, reduce_retracing=True), self.prepared.valid, calibrated=True
        ).of(data.trainer[labelled:end])
        return labelled, sure_answers(answers, self.settings.unlabelled.confidence)

    def _fit(
        self, part: Callable[[JointData], JointData], schedule: Schedule, watch: Watch,
        *, epochs: int, before: int = 0, rows: int | None = None,
    ) -> float:  # fmt: skip
        """Train on `part` of the examples; the score on valid of the epoch whose weights stay.

        It is of the first `rows` of them (None: of all). The watch is told of epochs that come
        after `before` others, of `epochs` in all.
        """
        view = self.prepared.view
        fit = JointFit(
            self.trainer, None, _alone(part(self.prepared.train)), _alone(self.prepared.valid),
            terms=[ProjectionLabels(1.0, self.settings.loss.label_smoothing)],
            task=self.joint.task,
            schedule=msgspec.structs.replace(
                schedule, learning_rate=schedule.trainer_learning_rate
            ),
            seed=self.joint.seed,
            class_weights=self.prepared.class_weights,
            view=(lambda epoch: _alone(part(view(epoch, rows)))) if view else None,
            least_steps=self._least_steps,
            last_of_equals=True,  # a few messages of valid are soon all right
        )  # fmt: skip
        return fit.run(
            on_batch=lambda epoch, step, row: watch.on_batch(
                before + epoch, step, fit.steps, _of(row)
            ),
            on_epoch=lambda fit: watch.on_epoch(_told(fit.progress.history[-1], before), epochs),
        ).best_score


def _alone(data: JointData) -> JointData:
    """`data` with the trainer in the place of the student."""
    assert data.trainer is not None
    return JointData(data.trainer, data.targets, cached=False, extra=data.extra)


def _of(row: Metrics) -> Metrics:
    """A row of figures by the trainer's names."""
    return {name.replace("projection", "trainer"): value for name, value in row.items()}


def _told(row: Metrics, before: int) -> Metrics:
    return _of({**row, "epoch": row["epoch"] + before})
