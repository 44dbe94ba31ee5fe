"""Position bits: where in its message a token stands, beside the bits of the token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..projections.seeded import check_range


def position_bits(tokens: int, limits: Sequence[int]) -> np.ndarray:
    """Float32 [tokens, len(limits)]: 1 where the token's index t < limit, else 0 (thermometer)."""
    return (np.arange(tokens)[:, None] < np.asarray(limits, int)[None, :]).astype(np.float32)


@keras.utils.register_keras_serializable("pnet_tf")
class PositionBits(keras.layers.Layer):
    """[N, tokens, columns] to [N, tokens, columns + len(limits)]: `position_bits` join each token.

    `limits` are 1..512; InputError on bad values.
    """

    def __init__(self, limits: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limits = [check_range("positions", limit, 1, 512) for limit in limits]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Both, joined along the last axis."""
        bits = tf.constant(position_bits(inputs.shape[1], self.limits))[None]
        if inputs.shape[0] != 1:  # one message needs no copies in the graph of a file
            bits = tf.tile(bits, [tf.shape(inputs)[0], 1, 1])
        return tf.concat([inputs, bits], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[N, tokens, columns + len(limits)]."""
        *before, columns = input_shape
        return (*before, None if columns is None else columns + len(self.limits))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "limits": self.limits}
