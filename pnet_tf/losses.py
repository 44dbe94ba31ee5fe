"""The three terms of the joint objective (Ravi 2017, arXiv 1708.00630, equation 4), weighted.

L = l1 * CE(trainer, y) + l2 * CE(projection, softmax of the trainer) + l3 * CE(projection, y);
for regression each cross-entropy is a mean squared error. Every term is a mean over the batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ._keras import tf
from .errors import InputError

TASKS = ("classification", "regression")


@dataclass(frozen=True)
class JointLoss:
    """Weights and options of the objective.

    `lambdas` are l1, l2, l3; `temperature` divides both logits of the middle term, whose value is
    multiplied by its square (Hinton et al. 2015, section 2); `teach_trainer` lets the middle term's
    gradient reach the trainer; `label_smoothing` s makes the label y of the first and third term
    (1 - s) * one_hot(y) + s / C (Szegedy et al. 2016, section 7). Raises InputError on a negative
    weight, a temperature <= 0 or a smoothing outside 0..1.
    """

    lambdas: tuple[float, float, float] = (1.0, 0.1, 1.0)
    temperature: float = 1.0
    teach_trainer: bool = False
    label_smoothing: float = 0.0
    task: str = "classification"

    def __post_init__(self) -> None:
        check_lambdas(self.lambdas)
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise InputError(f"temperature must be above 0, got {self.temperature}")
        if not 0 <= self.label_smoothing < 1:
            raise InputError(
                f"label_smoothing must be 0 or more and below 1, got {self.label_smoothing}"
            )
        if self.task not in TASKS:
            raise InputError(f"task must be one of {', '.join(TASKS)}, got {self.task!r}")

    def label_term(self, logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Mean over the batch of CE(logits, class ids), each times its `weights`; or the MSE."""
        if self.task == "regression":
            return mean_squared_error(logits, targets)
        return cross_entropy(logits, targets, weights, self.label_smoothing)

    def distillation_term(self, student: tf.Tensor, trainer: tf.Tensor) -> tf.Tensor:
        """CE(student, softmax of the trainer), or the MSE between the two."""
        trainer = trainer if self.teach_trainer else tf.stop_gradient(trainer)
        if self.task == "regression":
            return mean_squared_error(student, trainer)
        return distillation(student, trainer, self.temperature)

    def total(self, terms: Sequence[tf.Tensor]) -> tf.Tensor:
        """The weighted sum of the terms (trainer, distillation, projection)."""
        return tf.add_n([w * term for w, term in zip(self.lambdas, terms, strict=True)])


def check_lambdas(lambdas: Sequence[float]) -> tuple[float, float, float]:
    """The three weights; raises InputError unless finite, >= 0 and the third or second above 0."""
    if len(lambdas) != 3:
        raise InputError(f"lambdas must be three numbers, got {len(lambdas)}")
    for weight in lambdas:
        if not (math.isfinite(weight) and weight >= 0):
            raise InputError(f"lambdas must be finite and not negative, got {weight}")
    if lambdas[1] == lambdas[2] == 0:
        raise InputError("lambdas must not be 0 for both projection terms: nothing would train it")
    return (float(lambdas[0]), float(lambdas[1]), float(lambdas[2]))


def cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """mean_i weights_i * CE(softmax(logits_i), (1 - s) * one_hot(targets_i) + s / C).

    s is `smoothing`; logits [N, C], class ids int [N], weights float [N] to [].
    """
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    if smoothing:
        uniform = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
        losses = (1.0 - smoothing) * losses + smoothing * uniform
    return tf.reduce_mean(losses * weights)


def distillation(student: tf.Tensor, trainer: tf.Tensor, temperature: float) -> tf.Tensor:
    """t^2 * mean_i CE(softmax(student_i / t), softmax(trainer_i / t)); [N, C] twice to []."""
    soft = tf.nn.softmax(trainer / temperature)
    losses = tf.nn.softmax_cross_entropy_with_logits(soft, student / temperature)
    return temperature**2 * tf.reduce_mean(losses)


def mean_squared_error(predicted: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean of squared differences of two [N, K] tensors."""
    return tf.reduce_mean(tf.math.squared_difference(predicted, targets))
