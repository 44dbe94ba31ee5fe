"""Seeded randomness that a model file never stores.

Everything comes from the raw 64-bit words of Philox4x64-10 (Salmon et al. 2011) with the key
(seed, stream) and a counter that starts at zero. NumPy promises that stream for every version and
machine (NEP 19); its distributions (`Generator.normal` and friends) are not promised, so the words
are turned into signs, ternary digits and normals here.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from .._keras import tf

STREAMS: Mapping[str, int] = {"dense": 1, "structured": 2, "local": 3, "threshold": 4, "text": 5}
_NORMAL_STEP = 2.0**-16
_LARGEST = float(np.finfo(np.float32).max)


def check_range(name: str, value: int, low: int, high: int) -> int:
    """`value` as an int; raises InputError unless it is a whole number within low..high."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise InputError(f"{name} must be {low}..{high}, got {value}")
    return int(value)


def check_seed(seed: int) -> int:
    """A seed within 0..2^63-1."""
    return check_range("seed", seed, 0, 2**63 - 1)


def random_words(seed: int, stream: str, count: int) -> np.ndarray:
    """The first `count` words, uint64, of the Philox stream (seed, stream)."""
    key = np.array([check_seed(seed), STREAMS[stream]], dtype=np.uint64)
    return np.random.Philox(key=key).random_raw(count)


def random_packed(seed: int, stream: str, count: int) -> np.ndarray:
    """`count` random bits (a multiple of 8) as uint8, eight to a byte."""
    words = random_words(seed, stream, -(-count // 64))
    return words.astype("<u8").view(np.uint8)[: count // 8]


def random_ternary(seed: int, stream: str, count: int) -> np.ndarray:
    """`count` float32 entries, -1, 0 and +1 with equal chance."""
    digits = random_words(seed, stream, count) % np.uint64(3)
    return digits.astype(np.float32) - 1.0


def random_uniform(seed: int, stream: str, count: int) -> np.ndarray:
    """`count` float64 entries in [0, 1): the top 53 bits of each word."""
    return (random_words(seed, stream, count) >> np.uint64(11)) * 2.0**-53


def random_normal(seed: int, stream: str, count: int) -> np.ndarray:
    """`count` float32 standard normals by Box-Muller, rounded to multiples of 2^-16.

    The rounding hides the last-digit differences between mathematical libraries.
    """
    pairs = -(-count // 2)
    uniform = random_uniform(seed, stream, 2 * pairs)
    radius = np.sqrt(-2.0 * np.log1p(-uniform[:pairs]))
    angle = 2.0 * np.pi * uniform[pairs:]
    normal = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
    return (np.round(normal / _NORMAL_STEP) * _NORMAL_STEP).astype(np.float32)


def guard(constant: tf.Tensor, inputs: tf.Tensor) -> tf.Tensor:
    """`constant` unchanged for finite `inputs`, but computed from them.

    Otherwise the converter would fold what is built from it into a float32 constant (32 times the
    packed size), and dynamic-range quantisation would round it.
    """
    from .._keras import tf  # numbers alone are drawn without it

    return tf.where(tf.reduce_max(inputs) <= _LARGEST, constant, tf.zeros([], constant.dtype))


def unpack_signs(packed: np.ndarray, inputs: tf.Tensor) -> tf.Tensor:
    """Float32 signs [8 * len(packed)]: highest bit of each byte first, bit 0 is +1, bit 1 is -1.

    `inputs` (finite) keeps the expansion inside the graph, see `guard`. Reading the bytes as int8,
    which SELECT_V2 takes and uint8 not, moves byte / 2^k by whole numbers only.
    """
    from .._keras import tf  # numbers alone are drawn without it

    column = tf.constant(packed.view(np.int8)[:, None])
    scaled = tf.cast(guard(column, inputs), tf.float32) * (2.0 ** -np.arange(8.0, 0.0, -1.0))
    return tf.reshape(tf.where(tf.math.floormod(scaled, 1.0) < 0.5, 1.0, -1.0), [-1])


def flat_features(inputs: tf.Tensor) -> tf.Tensor:
    """Pixels uint8 [N, H, W, C] or features [N, F] as float32 [N, F], values unchanged."""
    from .._keras import tf  # numbers alone are drawn without it

    return tf.reshape(tf.cast(inputs, tf.float32), [-1, flat_size(inputs.shape)])


def flat_size(input_shape: Sequence[int | None]) -> int:
    """Values a sample of [N, ...]; raises InputError when a dimension is open or empty."""
    sizes = list(input_shape[1:])
    if not sizes or not all(sizes):
        raise InputError(f"input must be [N, F] or [N, H, W, C], got shape {tuple(input_shape)}")
    return math.prod(size for size in sizes if size)
