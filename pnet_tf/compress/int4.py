"""Training with weights that will be stored in 4 bits: rounded as the export rounds them.

A head's big matrices get 16 levels with one scale an output channel. A batch norm behind such a
layer multiplies whole channels, so that folding it moves no weight to another level.
"""

from __future__ import annotations

from typing import Any

from .._keras import keras, tf
from ..errors import InputError
from .weights import apply_with, rounded

DENSE_WEIGHTS, CONVOLUTION_WEIGHTS = 1024, 256
"""A layer of at least so many weights is stored in 4 bits, a smaller one in 8. In a convolution of
256 they make up for the operator that turns them into floats, some 110 bytes of a file."""

_MATRICES = (keras.layers.Dense, keras.layers.Conv2D)


@keras.utils.register_keras_serializable("pnet_tf")
class Int4(keras.layers.Wrapper):
    """`layer`, dense or convolution, whose kernel [..., outputs] is rounded to 4 bits."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """What the wrapped layer gives."""
        return apply_with(self.layer, "kernel", self.kernel(), inputs)

    def kernel(self) -> tf.Tensor:
        """The rounded kernel."""
        latent = self.layer.kernel
        return rounded(latent, 4, list(range(len(latent.shape) - 1)))


def int4_aware(head: keras.Model) -> keras.Model:
    """A fresh head of the same topology, and the same weights in the same order, for int4.

    Raises InputError for a head without a matrix that int4 would store in 4 bits.
    """
    found = {layer.name for layer in head.layers if _is_big(layer)}
    if not found:
        raise InputError(
            f"qat int4 needs a dense layer of {DENSE_WEIGHTS} weights or more, or a convolution of "
            f"{CONVOLUTION_WEIGHTS}; this head has none"
        )

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        copy = type(layer).from_config(layer.get_config())
        return Int4(copy, name=layer.name) if layer.name in found else copy

    aware = keras.models.clone_model(head, clone_function=clone)
    return keras.Model(aware.inputs, aware.outputs, name=head.name)


def rounded_head(aware: keras.Model) -> keras.Model:
    """The plain head that `aware` was made of, with its weights as they are rounded."""

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        inner = layer.layer if isinstance(layer, Int4) else layer
        return type(inner).from_config(inner.get_config())

    copy = keras.models.clone_model(aware, clone_function=clone)
    plain = keras.Model(copy.inputs, copy.outputs, name=aware.name)
    plain.set_weights(aware.get_weights())
    for layer in aware.layers:
        if isinstance(layer, Int4):
            plain.get_layer(layer.layer.name).kernel.assign(layer.kernel())
    return plain


def is_big(weights: int, convolution: bool) -> bool:
    """Whether a layer of so many weights is stored in 4 bits."""
    return weights >= (CONVOLUTION_WEIGHTS if convolution else DENSE_WEIGHTS)


def _is_big(layer: Any) -> bool:
    # a depthwise convolution is a subclass; its filters are stored in 8 bits
    if type(layer) not in _MATRICES:
        return False
    return is_big(int(tf.size(layer.kernel)), isinstance(layer, keras.layers.Conv2D))
