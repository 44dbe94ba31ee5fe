"""Lookup head: the sparse form of a projection layer (Ravi 2017, arXiv 1708.00630, section 3.2).

Each of T projection functions gives d bits; the d bits are a row number of the function's table of
2^d rows, and the logits are the sum of one row of each table: no multiplications.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..errors import InputError
from ..projections.seeded import check_range
from ..spaces import Space, searched
from .bits import bits_input, check_fraction

_LARGEST_ROWS = 2**22


@searched(Space({"dropout": (0.0, 0.1, 0.2)}, ranks=(1,)))
def lookup_head(
    input_shape: Sequence[int], outputs: int, *, functions: int, bits: int, dropout: float = 0.0
) -> keras.Model:
    """Sum over T = `functions` tables [2^bits, outputs], plus a bias: +-1 [N, T*d] to logits.

    T * 2^d * outputs + outputs parameters. `dropout` leaves out whole tables in training.
    Raises InputError unless bits is 1..16, T * 2^d <= 2^22 and `input_shape` is (T*d,).
    """
    functions = check_range("functions", functions, 1, 4096)
    bits = check_range("bits", bits, 1, 16)
    if tuple(input_shape) != (functions * bits,):
        raise InputError(
            f"lookup head of {functions} functions of {bits} bits needs input shape "
            f"({functions * bits},), got {tuple(input_shape)}"
        )
    rows = functions << bits
    if rows > _LARGEST_ROWS:
        raise InputError(f"functions * 2^bits must be at most {_LARGEST_ROWS}, got {rows}")
    outputs = check_range("outputs", outputs, 1, 65536)
    return _model(functions, bits, outputs, check_fraction("dropout", dropout))


def _model(functions: int, bits: int, outputs: int, dropout: float) -> keras.Model:
    x = source = bits_input((functions * bits,))
    x = RowNumbers(functions, bits, name="rows")(x)
    tables = keras.layers.Embedding(
        functions << bits, outputs, embeddings_initializer="zeros", name="tables"
    )
    x = tables(x)
    if dropout:
        x = keras.layers.Dropout(dropout, noise_shape=(None, functions, 1), name="dropout")(x)
    return keras.Model(source, RowSum(name="logits")(x), name="head")


@keras.utils.register_keras_serializable("pnet_tf")
class RowNumbers(keras.layers.Layer):
    """+-1 [N, T*d] to int32 [N, T]: t * 2^d + the d bits as a number, first bit lowest, +1 is 1."""

    def __init__(self, functions: int, bits: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.functions = functions
        self.bits = bits

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Row numbers; exact in float32, which holds whole numbers up to 2^24."""
        rows = 1 << self.bits
        blocks = tf.reshape(inputs, [-1, self.functions, self.bits])
        places = 2.0 ** np.arange(-1.0, self.bits - 1.0, dtype=np.float32)
        starts = np.arange(self.functions, dtype=np.float32) * rows + (rows - 1) / 2
        return tf.cast(tf.reduce_sum(blocks * places, axis=-1) + starts, tf.int32)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "functions": self.functions, "bits": self.bits}


@keras.utils.register_keras_serializable("pnet_tf")
class RowSum(keras.layers.Layer):
    """Sum over the tables plus a bias: [N, T, outputs] to [N, outputs]."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """One bias an output."""
        self.bias = self.add_weight("bias", (input_shape[-1],), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Logits."""
        return tf.reduce_sum(inputs, axis=1) + self.bias
