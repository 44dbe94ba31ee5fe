"""Joint training of a trainer network and a student: one step, one fit.

The trainer is any Keras model that gives logits, or nothing but its stored logits, or absent; the
student is a ProjectionNet, or any Keras model of raw inputs. What decides a step is (seed, epoch,
weights, optimiser, random states), and all of it is in `state()`, so that a killed fit goes on as
if it had not been.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .._keras import apply_gradients, keras, require_keras, tf
from ..batches import batched
from ..errors import InputError, WorkError
from ..settings import Schedule
from .answers import FrozenAnswers
from .layers import Matched
from .objective import Step, Term, check_terms, joint_objective, masked_mean, total
from .order import Order
from .random_state import random_state_variables, use_random_state_variables
from .schedule import make_optimizer
from .types import JointData, Metrics, Progress, StepHook

EPOCH_STEPS = 100
"""Least steps of an epoch where few examples stand beside many, or are costly to change: each of
them ends with a look at valid."""


class JointFit:
    """One fit of `student` beside `trainer` (None: alone, or with stored logits)."""

    def __init__(
        self,
        student: keras.Model,
        trainer: keras.Model | None,
        train: JointData,
        valid: JointData,
        *,
        terms: Sequence[Term] | None = None,
        task: str = "classification",
        schedule: Schedule | None = None,
        seed: int = 0,
        class_weights: np.ndarray | None = None,
        freeze_trainer: bool = False,
        view: Callable[[int], JointData] | None = None,
        compression: StepHook | None = None,
        unlabelled: int = 0,
        ratio: float = 1.0,
        least_steps: int = 0,
        last_of_equals: bool = False,
        calibrate: bool = False,
    ) -> None:
        """`terms`: of the objective, the paper's three by default; those that do not apply are left
        out. `class_weights` [C]. `view` gives the training arrays of an epoch, augmented; None:
        `train` in every one. `compression` changes the student's weights after each step. The last
        `unlabelled` examples of `train` are a stream of their own, `ratio` of them in a step for
        each other one; an epoch has at least `least_steps` (see `Order`), and there are as many as
        `schedule.min_updates` asks for. `last_of_equals`: of epochs that are equally good the last
        is the best one, not the first. `calibrate`: a trainer that does not learn answers as
        `FrozenAnswers` says.
        """
        require_keras(student, keras.Model, "student")
        if trainer is not None:
            require_keras(trainer, keras.Model, "trainer")
        self.student, self.trainer = student, trainer
        self._view = view
        self.train_data, self.valid_data = train, valid
        self.task, self.seed = task, seed
        self.compression = compression
        self._last_of_equals = last_of_equals
        self.progress = Progress()
        schedule = schedule or Schedule()
        batch = schedule.batch_size
        beside = max(round(ratio * batch), 1) if unlabelled else 0
        examples = len(train.targets) - unlabelled
        self._order = Order(examples, batch, unlabelled, beside, least_steps)
        self.steps = self._order.steps
        self.schedule = schedule.of_steps(self.steps)
        self._taught = None if freeze_trainer else trainer
        self._calibrate = calibrate and task == "classification"
        self.terms = self._applying(joint_objective() if terms is None else terms)
        self._weights = _example_weights(train.targets, class_weights)
        self._labelled = _labelled(train.targets, task)
        self._metric = "accuracy" if task == "classification" else "mse"
        self._reached: dict[str, bool] = {}
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
        for variable, value in zip([*variables, *self._models()], arrays, strict=True):
            if (tuple(variable.shape), variable.dtype) != (value.shape, value.dtype):
                raise InputError("the checkpoint does not fit the models of this run")
        for variable, value in zip(variables, arrays, strict=False):
            variable.assign(value)
        self._best = list(arrays[len(variables) :])
        self.progress = progress
        if self.compression is not None:
            self.compression.resume(progress.epoch * self.steps)
        self._start()

    def _applying(self, terms: Sequence[Term]) -> tuple[Term, ...]:
        answers = self.trainer is not None or self.train_data.teacher_logits is not None
        learns = self._taught is not None
        found = [term for term in check_terms(terms) if term.applies(answers, learns)]
        if not found:
            raise InputError("no loss term applies: nothing would train the student")
        return tuple(found)

    def _prepare(self) -> None:
        for model in (self.student, self.trainer):
            if model is not None:
                use_random_state_variables(model, self.seed)
        schedule = self.schedule
        steps = self.steps * schedule.epochs
        self._optimizer = make_optimizer(schedule, schedule.learning_rate, steps, self.student)
        self._trainer_optimizer = make_optimizer(
            schedule, schedule.trainer_learning_rate, steps, self._taught
        )
        self._matched = Matched(
            self.terms, self.student, self.trainer, cached=self.train_data.cached, seed=self.seed
        )
        self._optimizer.build(self.student.trainable_variables + self._matched.trainable_variables)
        if self._taught is not None:
            self._trainer_optimizer.build(self._taught.trainable_variables)
        if self.compression is not None:
            self.compression.start(self._optimizer, steps)
        self._predict_student = tf.function(self._student_logits, reduce_retracing=True)
        if self.trainer is not None:
            self._predict_trainer = tf.function(self.trainer, reduce_retracing=True)
        self._start()

    def _tensors(self, data: JointData) -> dict[str, tf.Tensor]:
        theirs, answers = data.trainer, data.teacher_logits
        if self._frozen is not None and theirs is not None:
            self._temperature = self._frozen.temperature
            if self._matched.trainer is None:  # nothing else asks the trainer
                answers, theirs = self._frozen.of(theirs), None
        arrays = {"student": data.student, "targets": data.targets, "weights": self._weights,
                  "trainer": theirs, "teacher_logits": answers,
                  "labelled": self._labelled, **data.extra}  # fmt: skip
        return {name: tf.constant(array) for name, array in arrays.items() if array is not None}

    def _start(self) -> None:
        """Ready for steps by the weights that there are now."""
        self._frozen: FrozenAnswers | None = None
        if self.trainer is not None and self._taught is None:
            self._frozen = FrozenAnswers(
                self._predict_trainer, self.valid_data, calibrated=self._calibrate
            )
        self._temperature = 1.0
        self._arrays: dict[str, tf.Tensor] = {}
        self._trace_step()

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
        found = found + self._matched.variables
        return found + (self.compression.variables if self.compression is not None else [])

    def _student_logits(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if self.train_data.cached:
            return self.student.head(tf.cast(inputs, tf.float32), training=training)
        return self.student(inputs, training=training)

    def _trainer_logits(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor | None:
        if self.trainer is None or "trainer" not in batch:
            return batch.get("teacher_logits")
        return self.trainer(batch["trainer"], training=self._taught is not None)

    def _step_of(self, batch: Mapping[str, tf.Tensor]) -> Step:
        matched, learns = self._matched, self._taught is not None
        student, student_layers = (
            matched.student(batch["student"], training=True) if matched.student
            else (self._student_logits(batch["student"], training=True), {})
        )  # fmt: skip
        if matched.trainer:
            trainer, trainer_layers = matched.trainer(batch["trainer"], training=learns)
            trainer /= self._temperature
        else:
            trainer, trainer_layers = self._trainer_logits(batch), {}
        return Step(
            task=self.task,
            student=student,
            trainer=trainer,
            targets=batch["targets"],
            weights=batch["weights"],
            labelled=batch.get("labelled"),
            trainer_learns=learns,
            arrays=batch,
            student_model=self.student,
            answer=lambda inputs: self._student_logits(inputs, training=True),
            student_layers=student_layers,
            trainer_layers=trainer_layers,
            learned=self._matched.learned,
        )

    def _train_step(self, arrays: Mapping[str, tf.Tensor], index: tf.Tensor) -> tf.Tensor:
        """One update on the examples `index`: loss, terms and metrics, as `_names` has them."""
        batch = {name: tf.gather(array, index) for name, array in arrays.items()}
        own, beside = self.student.trainable_variables, self._matched.trainable_variables
        models = [self.student] if self._taught is None else [self.student, self._taught]
        theirs = [] if self._taught is None else self._taught.trainable_variables
        with tf.GradientTape() as tape:
            step = self._step_of(batch)
            terms = [term(step) for term in self.terms]
            penalties = [penalty for model in models for penalty in model.losses]
            loss = total(self.terms, terms) + tf.add_n([tf.constant(0.0), *penalties])
        gradients = tape.gradient(loss, own + beside + theirs)
        mine, given = gradients[: len(own + beside)], gradients[len(own + beside) :]
        self._reached = {"student": _any(mine[: len(own)]), "trainer": not theirs or _any(given)}
        if _any(mine):
            apply_gradients(self._optimizer, zip(mine, own + beside, strict=True))
        if _any(given):
            apply_gradients(self._trainer_optimizer, zip(given, theirs, strict=True))
        answers = (step.student,) if step.trainer is None else (step.trainer, step.student)
        return tf.stack([loss, *terms, *(self._batch_metric(x, step) for x in answers)])

    def _names(self) -> list[str]:
        answers = self.trainer is not None or self.train_data.teacher_logits is not None
        who = ("trainer", "projection") if answers else ("projection",)
        losses = [f"{term.name}_loss" for term in self.terms]
        return ["loss", *losses, *(f"{name}_{self._metric}" for name in who)]

    def _counts(self, index: np.ndarray) -> np.ndarray:
        """Examples of a batch that each value of `_names` is a mean of."""
        all_of, labelled = len(index), len(index)
        if self._labelled is not None:
            labelled = int(self._labelled[index].sum())
        terms = [
            self._marked(term, index, labelled if getattr(term, "labelled_only", False) else all_of)
            for term in self.terms
        ]
        metrics = len(self._names()) - 1 - len(terms)
        return np.array([all_of, *terms, *[labelled] * metrics], np.float64)

    def _marked(self, term: Term, index: np.ndarray, otherwise: int) -> int:
        """Examples of a batch that the array named by the term's `counted` marks."""
        name = getattr(term, "counted", None)
        return otherwise if name is None else int(self._arrays[name].numpy()[index].sum())

    def _check_reached(self) -> None:
        """Raise InputError for a network that no term of the objective moves."""
        for who, reached in self._reached.items():
            if not reached:
                raise InputError(
                    f"no loss term reaches the {who}, which would learn nothing: give terms of it"
                    + (", or freeze it" if who == "trainer" else "")
                )

    def _batch_metric(self, logits: tf.Tensor, step: Step) -> tf.Tensor:
        if self._metric == "mse":
            return tf.reduce_mean(tf.math.squared_difference(logits, step.targets))
        hits = tf.argmax(logits, -1, output_type=step.targets.dtype) == step.targets
        return masked_mean(tf.cast(hits, tf.float32), step.labelled)

    def _epoch(self, on_batch: Callable[[int, int, Metrics], None]) -> None:
        epoch, started = self.progress.epoch, time.perf_counter()
        names = self._names()
        sums = rows = np.zeros(len(names))
        if self._view:
            self._arrays = self._tensors(self._view(epoch))
        elif not self._arrays:  # not earlier: weights may have been restored
            self._arrays = self._tensors(self.train_data)
        for step, index in enumerate(self._order.epoch(epoch, self.seed)):
            values = self._step(self._arrays, tf.constant(index)).numpy()
            self._check_reached()
            counts = self._counts(index)
            sums, rows = sums + values * counts, rows + counts
            self._after_step(epoch * self.steps + step + 1)
            means = sums / np.maximum(rows, 1)
            on_batch(epoch, step, dict(zip(names, map(float, means), strict=True)))
        row = dict(zip(names, map(float, sums / np.maximum(rows, 1)), strict=True))
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
        equal = self._last_of_equals and score == progress.best_score
        if score > progress.best_score or equal or not self._settled(progress.best_epoch):
            progress.best_score, progress.best_epoch = score, progress.epoch
            if self.schedule.patience:
                self._best = [v.numpy() for v in self._models()]

    def _settled(self, epoch: int) -> bool:
        """Whether the student of `epoch` may stay the best; else it gives way to any later one."""
        return self.compression is None or self.compression.settled(epoch * self.steps)

    def _out_of_patience(self) -> bool:
        waited = self.progress.epoch - self.progress.best_epoch
        return 0 < self.schedule.patience <= waited


def _any(gradients: Sequence[tf.Tensor | None]) -> bool:
    return any(gradient is not None for gradient in gradients)


def _example_weights(targets: np.ndarray, class_weights: np.ndarray | None) -> np.ndarray:
    if class_weights is None or targets.ndim > 1:
        return np.ones(len(targets), np.float32)
    return class_weights.astype(np.float32)[targets]


def _labelled(targets: np.ndarray, task: str) -> np.ndarray | None:
    """Which examples have a label, bool [N]; None when all have."""
    if task == "regression" or not len(targets) or targets.min() >= 0:
        return None
    return targets >= 0
