"""Batch norm that training can fold into the layer before it and freeze.

A batch norm multiplies each column of the matrix before it by a factor of its own when both become
one operator of a file: weights that shared a value no longer would. So it is folded before clusters
are made (Krishnamoorthi 2018, arXiv 1806.08342, section 3.2.2, freezes it late in the same way).
"""

from __future__ import annotations

from typing import Any

from .._keras import keras, tf


@keras.utils.register_keras_serializable("pnet_tf")
class FreezableNorm(keras.layers.BatchNormalization):
    """A batch norm; once `frozen` it uses its averages in training too."""

    frozen = False

    def call(self, inputs: tf.Tensor, training: Any = None, mask: Any = None) -> tf.Tensor:
        """As a batch norm."""
        return super().call(inputs, training=bool(training) and not self.frozen, mask=mask)

    def freeze(self) -> tf.Tensor:
        """Become x + beta; the factor of each channel that the layer before has to take over."""
        scale = self.gamma * tf.math.rsqrt(self.moving_variance + self.epsilon)
        self.beta.assign(self.beta - self.moving_mean * scale)
        self.moving_mean.assign(tf.zeros_like(self.moving_mean))
        self.moving_variance.assign(tf.fill(self.moving_variance.shape, 1.0 - self.epsilon))
        self.hold()
        self.frozen = True
        return scale

    def hold(self) -> None:
        """Undo what an update did to the factor."""
        self.gamma.assign(tf.ones_like(self.gamma))


def freezable(head: keras.Model) -> keras.Model:
    """A fresh head of the same topology whose batch norms can be frozen."""

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        kind = type(layer)
        kind = FreezableNorm if kind is keras.layers.BatchNormalization else kind
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(head, clone_function=clone)
    return keras.Model(copy.inputs, copy.outputs, name=head.name)
