"""Terms that compare a layer of the student with one of the trainer, on every example.

They need a trainer: without one they do not apply, and stored logits are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keras import keras, tf
from ..settings import Weight
from .objective import Step, mean_squared_error

_TINY = 1e-7


@dataclass(frozen=True)
class Representation:
    """Probabilistic knowledge transfer: examples alike to the trainer become so to the student.

    Mean over the batch of KL(p_i, q_i): p_ij is (cosine + 1) / 2 of examples i and j in the
    trainer's layer as a share of that of i and all others, q_ij the same in the student's (Passalis
    and Tefas 2018, ECCV). `student_layer`, `trainer_layer`: names of layers, null for the last
    before the logits; more axes than two are averaged. `teach_trainer` lets the gradient reach the
    trainer.
    """

    weight: Weight = 1.0
    student_layer: str | None = None
    trainer_layer: str | None = None
    teach_trainer: bool = False
    name: ClassVar[str] = "representation"
    labelled_only: ClassVar[bool] = False

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """With a trainer."""
        return trainer

    def __call__(self, step: Step) -> tf.Tensor:
        """KL from the trainer's similarities to the student's."""
        trainer = step.trainer_layers[self.trainer_layer]
        trainer = trainer if self.teach_trainer else tf.stop_gradient(trainer)
        return similarity_divergence(step.student_layers[self.student_layer], trainer)


@dataclass(frozen=True)
class Hints:
    """FitNets: the student's layer, through a learned linear map, becomes the trainer's.

    The mean squared error between the two (Romero et al. 2015, section 2.2). The map is trained
    with the student, is part of checkpoints, and of no export. `student_layer`, `trainer_layer` and
    `teach_trainer` as in `representation`.
    """

    weight: Weight = 1.0
    student_layer: str | None = None
    trainer_layer: str | None = None
    teach_trainer: bool = False
    name: ClassVar[str] = "hints"
    labelled_only: ClassVar[bool] = False

    def applies(self, trainer: bool, trainer_learns: bool) -> bool:
        """With a trainer."""
        return trainer

    def learned(self, student_units: int, trainer_units: int, seed: int) -> keras.layers.Layer:
        """The map: x.W + b, [N, student_units] to [N, trainer_units]."""
        start = keras.initializers.GlorotUniform(seed=seed)
        layer = keras.layers.Dense(trainer_units, kernel_initializer=start, name=self.name)
        layer.build((None, student_units))
        return layer

    def __call__(self, step: Step) -> tf.Tensor:
        """MSE(student . W + b, trainer)."""
        trainer = step.trainer_layers[self.trainer_layer]
        trainer = trainer if self.teach_trainer else tf.stop_gradient(trainer)
        mapped = step.learned[self.name](step.student_layers[self.student_layer])
        return mean_squared_error(mapped, trainer)


def similarity_divergence(student: tf.Tensor, trainer: tf.Tensor) -> tf.Tensor:
    """mean_i sum_{j != i} p_ij log(p_ij / q_ij), [N, S] and [N, T] to []; 0 for one example.

    p are the trainer's `similarities`, q the student's. The paper sums over i; its authors' code
    keeps the diagonal, this does not. 1e-7 beside both keeps opposite examples finite.
    """
    p, q = similarities(trainer), similarities(student)
    logs = tf.math.log(p + _TINY) - tf.math.log(q + _TINY)
    return tf.reduce_mean(tf.reduce_sum(p * logs, axis=1))


def similarities(features: tf.Tensor) -> tf.Tensor:
    """p_ij = k_ij / sum_{l != i} k_il, k = (cosine + 1) / 2, and p_ii = 0; [N, U] to [N, N]."""
    rows = tf.math.l2_normalize(features, axis=1)
    kernel = (tf.matmul(rows, rows, transpose_b=True) + 1.0) / 2.0
    kernel = tf.linalg.set_diag(kernel, tf.zeros_like(kernel[:, 0]))
    return tf.math.divide_no_nan(kernel, tf.reduce_sum(kernel, axis=1, keepdims=True))
