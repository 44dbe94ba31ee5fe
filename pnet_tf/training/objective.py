"""The joint objective: named, weighted terms over the examples that each of them counts.

L = l1 * CE(trainer, y) + l2 * CE(projection, softmax of the trainer) + l3 * CE(projection, y)
(Ravi 2017, arXiv 1708.00630, equation 4); for regression each cross-entropy is a mean squared
error. Every term is a mean over its examples: an example without a label counts in the second
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from .._keras import keras, tf
from ..errors import InputError
from ..names import LOSS_TERMS
from ..parsing import Component, check_options
from ..settings import LossSettings


@dataclass(frozen=True)
class Step:
    """What a term sees of one batch of N examples.

    `student`: logits (regression: values) [N, outputs]. `trainer`: the same of the trainer or
    stored ones, None without either. `targets`: class ids [N] or values [N, K]. `weights`: class
    weight of each example, float [N]. `labelled`: which examples have a label, bool [N]; None:
    all. `trainer_learns`: whether the trainer is trained in this step. `arrays`: the whole batch
    by name, also what a caller added to `JointData.extra`. `student_model`: the network itself.
    `answer` gives its logits for further inputs of the form of `arrays["student"]`.
    `student_layers`, `trainer_layers`: outputs of the layers that terms ask for, [N, units], by the
    name that they ask with. `learned`: what terms learn beside the student, by their names.
    """

    task: str
    student: tf.Tensor
    trainer: tf.Tensor | None
    targets: tf.Tensor
    weights: tf.Tensor
    labelled: tf.Tensor | None = None
    trainer_learns: bool = False
    arrays: Mapping[str, tf.Tensor] = field(default_factory=dict)
    student_model: Any = None
    answer: Callable[[tf.Tensor], tf.Tensor] = lambda inputs: inputs
    student_layers: Mapping[str | None, tf.Tensor] = field(default_factory=dict)
    trainer_layers: Mapping[str | None, tf.Tensor] = field(default_factory=dict)
    learned: Mapping[str, keras.layers.Layer] = field(default_factory=dict)


class Term(Protocol):
    """One term: a name for the logs, a weight, and a value of a batch.

    A class of terms is constructed from its options, `weight` first; register it in
    `names.LOSS_TERMS` and name it in `loss.terms` of the settings. One whose mean is over the
    labelled examples alone says so with `labelled_only = True`, one of examples that a bool array
    of the batch marks with `counted`, its name: by these the logs weigh batches. One that compares
    layers names them with `student_layer` and `trainer_layer` (None: the last before the logits);
    its method `learned(student_units, trainer_units, seed)`, if it has one, gives a built Keras
    layer that is trained with the student and is none of it (see `training.matching`).
    """

    name: ClassVar[str]

    @property
    def weight(self) -> float:
        """Its factor in the sum."""

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """Whether it counts in a fit with or without a `trainer` (or its stored answers)."""

    def __call__(self, step: Step) -> tf.Tensor:
        """The mean over its examples, float32 []."""


@dataclass(frozen=True)
class TrainerLabels:
    """The trainer against the labels; nothing where it does not learn."""

    weight: float = 1.0
    label_smoothing: float = 0.0
    name: ClassVar[str] = "trainer"
    labelled_only: ClassVar[bool] = True

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """With a trainer that is trained."""
        return trainer_learns

    def __call__(self, step: Step) -> tf.Tensor:
        """CE(trainer, y) or MSE."""
        return label_loss(step, step.trainer, self.label_smoothing)


@dataclass(frozen=True)
class Distillation:
    """The student against the trainer's answers, on every example, labelled or not.

    `teach_trainer` lets the gradient reach the trainer.
    """

    weight: float = 0.1
    temperature: float = 1.0
    teach_trainer: bool = False
    name: ClassVar[str] = "distillation"
    labelled_only: ClassVar[bool] = False

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """With a trainer or its stored answers."""
        return trainer

    def __call__(self, step: Step) -> tf.Tensor:
        """CE(student, softmax of the trainer), or the MSE between the two."""
        trainer = step.trainer if self.teach_trainer else tf.stop_gradient(step.trainer)
        if step.task == "regression":
            return mean_squared_error(step.student, trainer)
        return distillation(step.student, trainer, self.temperature)


@dataclass(frozen=True)
class ProjectionLabels:
    """The projection network against the labels."""

    weight: float = 1.0
    label_smoothing: float = 0.0
    name: ClassVar[str] = "projection"
    labelled_only: ClassVar[bool] = True

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """Always."""
        return True

    def __call__(self, step: Step) -> tf.Tensor:
        """CE(student, y) or MSE."""
        return label_loss(step, step.student, self.label_smoothing)


def joint_objective(settings: LossSettings | None = None) -> tuple[Term, ...]:
    """The terms that settings ask for: the paper's three, then further ones by name.

    Raises InputError for a term that does not exist or an option that it does not take.
    """
    settings = settings or LossSettings()
    first, second, third = settings.lambdas
    smoothing = settings.label_smoothing
    terms: list[Term] = [
        TrainerLabels(first, smoothing),
        Distillation(second, settings.temperature, settings.teach_trainer),
        ProjectionLabels(third, smoothing),
    ]
    return check_terms([*terms, *(_further(*item) for item in settings.terms.items())])


def _further(name: str, options: Mapping[str, Any]) -> Term:
    made = LOSS_TERMS.get(name)
    return made(**check_options("loss term", Component(name, options), made))


def check_terms(terms: Sequence[Term]) -> tuple[Term, ...]:
    """`terms`; raises InputError for a name that comes twice: each has a column of its own."""
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"loss terms must have different names, got {twice!r} twice")
    return tuple(terms)


def total(terms: Sequence[Term], values: Sequence[tf.Tensor]) -> tf.Tensor:
    """The weighted sum of the values of terms."""
    return tf.add_n([term.weight * value for term, value in zip(terms, values, strict=True)])


def label_loss(step: Step, logits: tf.Tensor, smoothing: float = 0.0) -> tf.Tensor:
    """Mean over the labelled examples of CE(logits, labels), times their weights; or the MSE.

    Labels are class ids, or shares of several where the data have them.
    """
    if step.task == "regression":
        return mean_squared_error(logits, step.targets)
    if "soft_labels" in step.arrays:
        labels, shares = step.arrays["soft_labels"], step.arrays["soft_shares"]
        losses = soft_cross_entropies(logits, labels, shares, smoothing)
        return masked_mean(losses * step.weights, step.labelled)
    return cross_entropy(logits, step.targets, step.weights, smoothing, step.labelled)


def cross_entropy(
    logits: tf.Tensor,
    targets: tf.Tensor,
    weights: tf.Tensor,
    smoothing: float = 0.0,
    labelled: tf.Tensor | None = None,
) -> tf.Tensor:
    """mean_i weights_i * CE(softmax(logits_i), (1 - s) * one_hot(targets_i) + s / C).

    s is `smoothing` (Szegedy et al. 2016, section 7); logits [N, C], class ids int [N], weights
    float [N] to []. The mean is over `labelled`, bool [N] (None: all); 0 when there are none.
    """
    targets = targets if labelled is None else tf.maximum(targets, 0)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    if smoothing:
        uniform = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
        losses = (1.0 - smoothing) * losses + smoothing * uniform
    return masked_mean(losses * weights, labelled)


def soft_cross_entropies(
    logits: tf.Tensor, labels: tf.Tensor, shares: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """-sum_k ((1 - s) * shares_k + s / C on all C labels) * log softmax(logits)[labels_k], [N].

    s is `smoothing`, which counts as much as an example's shares sum to. logits [N, C], labels int
    [N, K], shares float [N, K].
    """
    answers = tf.nn.log_softmax(logits)
    losses = -tf.reduce_sum(shares * tf.gather(answers, labels, axis=1, batch_dims=1), axis=1)
    if smoothing:
        uniform = -tf.reduce_mean(answers, axis=-1) * tf.reduce_sum(shares, axis=1)
        losses = (1.0 - smoothing) * losses + smoothing * uniform
    return losses


def masked_mean(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Mean of values [N] where mask, bool [N] (None: everywhere); 0 where that is nowhere."""
    if mask is None:
        return tf.reduce_mean(values)
    counted = tf.cast(mask, values.dtype)
    return tf.math.divide_no_nan(tf.reduce_sum(values * counted), tf.reduce_sum(counted))


def distillation(student: tf.Tensor, trainer: tf.Tensor, temperature: float) -> tf.Tensor:
    """t^2 * mean_i CE(softmax(student_i / t), softmax(trainer_i / t)); [N, C] twice to [].

    Hinton et al. 2015, section 2.
    """
    soft = tf.nn.softmax(trainer / temperature)
    losses = tf.nn.softmax_cross_entropy_with_logits(soft, student / temperature)
    return temperature**2 * tf.reduce_mean(losses)


def mean_squared_error(predicted: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Mean of squared differences of two [N, K] tensors."""
    return tf.reduce_mean(tf.math.squared_difference(predicted, targets))
