"""Heads of fully connected layers: bits -> logits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .._keras import keras, tf
from ..errors import InputError
from ..projections.seeded import check_range
from ..spaces import Space, Values, searched


@searched(Space({"bit_dropout": (0.0, 0.1, 0.2, 0.3)}, ranks=(1,)))
def linear_head(
    input_shape: Sequence[int], outputs: int, *, bit_dropout: float = 0.2, weight_decay: float = 0.0
) -> keras.Model:
    """Logits x . W + b of the bits x: +-1 of `input_shape` (flattened) to [N, outputs].

    `bit_dropout` is a fraction below 1; `weight_decay` is the L2 factor of W, added to the training
    loss; InputError on bad values.
    """
    return dense_head(
        input_shape, outputs, units=(), bit_dropout=bit_dropout, weight_decay=weight_decay
    )


def _options(chosen: Values) -> dict[str, Any]:
    """Layers of `units`, each half as wide as the one before."""
    options = dict(chosen)
    layers, units = options.pop("layers"), options.pop("units")
    return {**options, "units": [units >> number for number in range(layers)]}


_SPACE = Space(
    {
        "layers": (1, 2, 3),
        "units": (16, 24, 32, 48, 64, 96, 128, 192, 256, 384),
        "dropout": (0.0, 0.1, 0.2, 0.3),
        "bit_dropout": (0.0, 0.1, 0.2, 0.3),
    },
    _options,
    start={"layers": 1},
    ranks=(1,),
)


@searched(_SPACE)
def dense_head(
    input_shape: Sequence[int],
    outputs: int,
    *,
    units: Sequence[int] = (256,),
    dropout: float = 0.2,
    bit_dropout: float = 0.3,
    batch_norm: bool = True,
    weight_decay: float = 0.0,
) -> keras.Model:
    """Hidden layers of `units`, each dense, batch norm, ReLU, dropout; then dense to [N, outputs].

    `dropout` (of hidden units) and `bit_dropout` (of the input) are fractions below 1;
    `weight_decay` is the L2 factor of every matrix; InputError on bad values.
    """
    check_fraction("dropout", dropout)
    if not 0.0 <= weight_decay < math.inf:
        raise InputError(f"weight_decay must be finite and at least 0, got {weight_decay}")
    x = bits = bits_input(input_shape)
    x = keras.layers.Flatten(name="flat")(x) if len(bits.shape) > 2 else x
    x = _drop(x, check_fraction("bit_dropout", bit_dropout), "bit_dropout")
    for index, size in enumerate(units):
        x = _hidden(x, index, check_range("units", size, 1, 65536), batch_norm, weight_decay)
        x = _drop(x, dropout, f"dropout_{index}")
    logits = _dense(check_range("outputs", outputs, 1, 65536), weight_decay, "logits", True)(x)
    return keras.Model(bits, logits, name="head")


def bits_input(input_shape: Sequence[int]) -> tf.Tensor:
    """The input of a head, float32 [N, *input_shape]; raises InputError on an empty dimension."""
    shape = tuple(check_range("input_shape", size, 1, 2**24) for size in input_shape)
    return keras.Input(shape, name="bits")


def check_fraction(name: str, value: float) -> float:
    """`value` as a float; raises InputError unless 0 <= value < 1."""
    if not 0.0 <= value < 1.0:
        raise InputError(f"{name} must be at least 0 and below 1, got {value}")
    return float(value)


def _hidden(
    x: tf.Tensor, index: int, size: int, batch_norm: bool, weight_decay: float
) -> tf.Tensor:
    # the bias is left to batch norm
    x = _dense(size, weight_decay, f"hidden_{index}", not batch_norm)(x)
    if batch_norm:
        x = keras.layers.BatchNormalization(momentum=0.95, name=f"norm_{index}")(x)
    return keras.layers.ReLU(name=f"relu_{index}")(x)


def _drop(x: tf.Tensor, dropout: float, name: str) -> tf.Tensor:
    return keras.layers.Dropout(dropout, name=name)(x) if dropout else x


def _dense(size: int, weight_decay: float, name: str, use_bias: bool) -> keras.layers.Dense:
    penalty = keras.regularizers.L2(weight_decay) if weight_decay else None
    return keras.layers.Dense(size, use_bias=use_bias, kernel_regularizer=penalty, name=name)
