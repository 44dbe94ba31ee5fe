"""The sign with a straight-through gradient (Courbariaux et al. 2016, BinaryNet, section 1.3)."""

from __future__ import annotations

from collections.abc import Callable

from .._keras import keras, tf


@tf.custom_gradient
def sign(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Float32 +1 where x >= 0 (so for 0 too), else -1; gradient 1 where |x| <= 1, else 0."""

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return upstream * tf.cast(tf.abs(x) <= 1.0, upstream.dtype)

    return tf.where(x >= 0.0, 1.0, -1.0), gradient


@keras.utils.register_keras_serializable("pnet_tf")
class Sign(keras.layers.Layer):
    """Layer form of `sign`: any float shape to the same shape of +-1."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Bits of the same shape as `inputs`."""
        return sign(inputs)
