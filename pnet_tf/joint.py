"""Joint training of a trainer network and a ProjectionNet: one step, one fit.

The trainer is any Keras model that gives logits, or nothing but its stored logits, or absent; the
student is a ProjectionNet. What decides a step is (seed, epoch, weights, optimiser, random states),
and all of it is in `state()`, so that a killed fit goes on as if it had not been.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ._keras import keras, tf
from .batches import batched
from .errors import InputError, WorkError
from .losses import JointLoss
from .random_state import random_state_variables, use_random_state_variables
from .schedule import Schedule, make_optimizer


@dataclass(frozen=True)
class JointData:
    """Aligned arrays of one split.

    `student` is what the student's head (`cached`) or the whole student takes; `trainer` what the
    trainer takes (None without one); `targets` class ids or values; `teacher_logits` stored ones.
    """

    student: np.ndarray
    targets: np.ndarray
    trainer: np.ndarray | None = None
    teacher_logits: np.ndarray | None = None
    cached: bool = True


@dataclass
class Progress:
    """Where a fit is: finished epochs, a history row for each, and the best epoch so far."""

    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best_score: float = -np.inf
    best_epoch: int = 0


TERMS = ("loss", "trainer_loss", "distillation_loss", "projection_loss")
Metrics = Mapping[str, float]


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


class JointFit:
    """One fit of `student` beside `trainer` (None: alone, or with stored logits)."""

    def __init__(
        self,
        student: keras.Model,
        trainer: keras.Model | None,
        train: JointData,
        valid: JointData,
        *,
        loss: JointLoss,
        schedule: Schedule,
        class_weights: np.ndarray | None = None,
        freeze_trainer: bool = False,
        view: Callable[[int], JointData] | None = None,
        compression: StepHook | None = None,
    ) -> None:
        """`view` gives the training arrays of an epoch, augmented; None: `train` in every one."""
        self.student, self.trainer = student, trainer
        self._view = view
        self.train_data, self.valid_data = train, valid
        self.loss, self.schedule, self.compression = loss, schedule, compression
        self.progress = Progress()
        self.steps = schedule.steps(len(train.targets))
        self._taught = None if freeze_trainer else trainer
        self._weights = _example_weights(train.targets, class_weights)
        self._metric = "accuracy" if loss.task == "classification" else "mse"
        self._prepare()
        self._best: list[np.ndarray] = [v.numpy() for v in self._models()]

    def run(
        self,
        *,
        on_batch: Callable[[int, int, Metrics], None] = lambda epoch, step, metrics: None,
        on_epoch: Callable[[JointFit], None] = lambda fit: None,
    ) -> Progress:
        """Train from `progress.epoch` to the end; `on_epoch` may save `state()`."""
        while self.progress.epoch < self.schedule.epochs and not self._out_of_patience():
            self._epoch(on_batch)
            on_epoch(self)
        if self.schedule.patience:
            for variable, value in zip(self._models(), self._best, strict=True):
                variable.assign(value)
        return self.progress

    def state(self) -> list[np.ndarray]:
        """Everything that a later step depends on, and the best epoch's weights, as arrays."""
        return [v.numpy() for v in self._variables()] + self._best

    def restore(self, arrays: Sequence[np.ndarray], progress: Progress) -> None:
        """Go back to a `state()`; raises InputError when it is of another fit."""
        variables = self._variables()
        if len(arrays) != len(variables) + len(self._best):
            raise InputError("the checkpoint does not fit the models of this run")
        for variable, value in zip(variables, arrays, strict=False):
            if tuple(variable.shape) != value.shape:
                raise InputError("the checkpoint does not fit the models of this run")
            variable.assign(value)
        self._best = list(arrays[len(variables) :])
        self.progress = progress
        if self.compression is not None:
            self.compression.resume(progress.epoch * self.steps)
            self._trace_step()

    def _prepare(self) -> None:
        data, schedule = self.train_data, self.schedule
        for model in (self.student, self.trainer):
            if model is not None:
                use_random_state_variables(model, schedule.seed)
        total = self.steps * schedule.epochs
        self._optimizer = make_optimizer(schedule, schedule.learning_rate, total)
        self._trainer_optimizer = make_optimizer(schedule, schedule.trainer_learning_rate, total)
        self._optimizer.build(self.student.trainable_variables)
        if self._taught is not None:
            self._trainer_optimizer.build(self._taught.trainable_variables)
        self._arrays = {} if self._view else self._tensors(data)
        if self.compression is not None:
            self.compression.start(self._optimizer, total)
        self._trace_step()
        self._predict_student = tf.function(self._student_logits, reduce_retracing=True)
        if self.trainer is not None:
            self._predict_trainer = tf.function(self.trainer, reduce_retracing=True)

    def _tensors(self, data: JointData) -> dict[str, tf.Tensor]:
        arrays = {"student": data.student, "targets": data.targets, "weights": self._weights,
                  "trainer": data.trainer, "teacher_logits": data.teacher_logits}  # fmt: skip
        return {name: tf.constant(array) for name, array in arrays.items() if array is not None}

    def _trace_step(self) -> None:
        self._step = tf.function(self._train_step, reduce_retracing=True)

    def _models(self) -> list[tf.Variable]:
        return self.student.variables + (self.trainer.variables if self.trainer else [])

    def _variables(self) -> list[tf.Variable]:
        found = self._models() + self._optimizer.variables
        if self._taught is not None:
            found = found + self._trainer_optimizer.variables
        for model in (self.student, self.trainer):
            found = found + (random_state_variables(model) if model is not None else [])
        return found + (self.compression.variables if self.compression is not None else [])

    def _student_logits(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if self.train_data.cached:
            return self.student.head(tf.cast(inputs, tf.float32), training=training)
        return self.student(inputs, training=training)

    def _trainer_logits(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor | None:
        if self.trainer is None:
            return batch.get("teacher_logits")
        return self.trainer(batch["trainer"], training=self._taught is not None)

    def _terms(
        self, batch: Mapping[str, tf.Tensor], student: tf.Tensor, trainer: tf.Tensor | None
    ) -> list[tf.Tensor]:
        zero = tf.constant(0.0)
        label = self.loss.label_term(student, batch["targets"], batch["weights"])
        if trainer is None:
            return [zero, zero, label]
        own = zero
        if self._taught is not None:
            own = self.loss.label_term(trainer, batch["targets"], batch["weights"])
        return [own, self.loss.distillation_term(student, trainer), label]

    def _train_step(self, arrays: Mapping[str, tf.Tensor], index: tf.Tensor) -> tf.Tensor:
        """One update on the examples `index`; [loss, three terms, trainer and student metric]."""
        batch = {name: tf.gather(array, index) for name, array in arrays.items()}
        own = self.student.trainable_variables
        models = [self.student] if self._taught is None else [self.student, self._taught]
        theirs = [] if self._taught is None else self._taught.trainable_variables
        with tf.GradientTape() as tape:
            student = self._student_logits(batch["student"], training=True)
            trainer = self._trainer_logits(batch)
            terms = self._terms(batch, student, trainer)
            penalties = [penalty for model in models for penalty in model.losses]
            loss = self.loss.total(terms) + tf.add_n([tf.constant(0.0), *penalties])
        gradients = tape.gradient(loss, own + theirs)
        self._optimizer.apply_gradients(zip(gradients[: len(own)], own, strict=True))
        if theirs:
            self._trainer_optimizer.apply_gradients(zip(gradients[len(own) :], theirs, strict=True))
        scores = [self._batch_metric(x, batch["targets"]) for x in (trainer, student)]
        return tf.stack([loss, *terms, *scores])

    def _batch_metric(self, logits: tf.Tensor | None, targets: tf.Tensor) -> tf.Tensor:
        if logits is None:
            return tf.constant(np.nan, tf.float32)
        if self._metric == "mse":
            return tf.reduce_mean(tf.math.squared_difference(logits, targets))
        hits = tf.argmax(logits, -1, output_type=targets.dtype) == targets
        return tf.reduce_mean(tf.cast(hits, tf.float32))

    def _epoch(self, on_batch: Callable[[int, int, Metrics], None]) -> None:
        epoch, size = self.progress.epoch, self.schedule.batch_size
        started = time.perf_counter()
        rows = len(self.train_data.targets)
        order = np.random.default_rng([self.schedule.seed, epoch]).permutation(rows)
        names = [*TERMS, f"trainer_{self._metric}", f"projection_{self._metric}"]
        sums = np.zeros(len(names))
        if self._view:
            self._arrays = self._tensors(self._view(epoch))
        for step in range(self.steps):
            index = order[step * size : (step + 1) * size]
            sums += self._step(self._arrays, tf.constant(index)).numpy() * len(index)
            self._after_step(epoch * self.steps + step + 1)
            means = sums / min(rows, (step + 1) * size)
            on_batch(epoch, step, dict(zip(names, map(float, means), strict=True)))
        row = dict(zip(names, map(float, sums / rows), strict=True))
        if not np.isfinite(row["loss"]):
            raise WorkError(f"the loss of epoch {epoch + 1} is {row['loss']}: lower learning_rate")
        self._close_epoch(row | self._validate(), time.perf_counter() - started)

    def _after_step(self, step: int) -> None:
        if self.compression is not None and self.compression.after_step(step):
            self._trace_step()

    def _validate(self) -> dict[str, float]:
        data = self.valid_data
        row = {}
        if self.trainer is not None and data.trainer is not None:
            logits = batched(self._predict_trainer, data.trainer)
            row[f"valid_trainer_{self._metric}"] = self._score(logits)
        logits = batched(self._predict_student, data.student)
        row[f"valid_projection_{self._metric}"] = self._score(logits)
        return row

    def _score(self, logits: np.ndarray) -> float:
        targets = self.valid_data.targets
        if self._metric == "mse":
            return float(np.mean((logits - targets) ** 2))
        return float(np.mean(logits.argmax(-1) == targets))

    def _close_epoch(self, row: dict[str, float], seconds: float) -> None:
        progress = self.progress
        progress.epoch += 1
        rate = float(self._optimizer.learning_rate.numpy())
        progress.history.append(
            {"epoch": progress.epoch, **row, "learning_rate": rate, "seconds": seconds}
        )
        score = row[f"valid_projection_{self._metric}"]
        score = score if self._metric == "accuracy" else -score
        if score > progress.best_score or not self._settled(progress.best_epoch):
            progress.best_score, progress.best_epoch = score, progress.epoch
            if self.schedule.patience:
                self._best = [v.numpy() for v in self._models()]

    def _settled(self, epoch: int) -> bool:
        """Whether the student of `epoch` may stay the best; else it gives way to any later one."""
        return self.compression is None or self.compression.settled(epoch * self.steps)

    def _out_of_patience(self) -> bool:
        waited = self.progress.epoch - self.progress.best_epoch
        return 0 < self.schedule.patience <= waited


def _example_weights(targets: np.ndarray, class_weights: np.ndarray | None) -> np.ndarray:
    if class_weights is None or targets.ndim > 1:
        return np.ones(len(targets), np.float32)
    return class_weights.astype(np.float32)[targets]
