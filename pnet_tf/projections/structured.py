"""Structured projection: three rounds of random signs and a Walsh-Hadamard transform.

Orthogonal random features (Yu et al. 2016, arXiv 1610.09072) for sign hashes (Andoni et al. 2015,
arXiv 1509.02897, section 6): sign of H.D3.H.D2.H.D1.x. With H = H_a (x) H_b the transform of
n = a*b values is two small matrix products, H_a . X . H_b on X = x reshaped to [a, b]. H is left
with entries +-1, so for pixels the first two rounds are exact integers in float32 up to n = 1024.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..spaces import Space
from .base import Projection
from .seeded import (
    check_range,
    check_seed,
    flat_features,
    flat_size,
    random_packed,
    unpack_signs,
)
from .straight_through import sign

ROUNDS = 3
_SMALLEST = 4


@dataclass(frozen=True)
class Layout:
    """How F features become `outputs` bits: `blocks` transforms of `rows` x `columns` values."""

    features: int
    outputs: int
    rows: int
    columns: int
    blocks: int

    @property
    def width(self) -> int:
        """Values a transform: F padded to a power of two, at least 16."""
        return self.rows * self.columns


def structured_layout(features: int, outputs: int) -> Layout:
    """Smallest layout for `features` values and `outputs` bits; rows = columns or 2 * columns."""
    power = max(_SMALLEST, (features - 1).bit_length())
    rows, columns = 1 << (power + 1) // 2, 1 << power // 2
    return Layout(features, outputs, rows, columns, -(-outputs // (rows * columns)))


def hadamard(size: int) -> np.ndarray:
    """Sylvester's matrix, int64 [size, size], entries +-1; `size` is a power of two."""
    matrix = np.ones((1, 1), dtype=np.int64)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def structured_bytes(layout: Layout, seed: int) -> np.ndarray:
    """What a model file holds, uint8: the signs [3, blocks, rows, columns], then H_rows; packed."""
    signs = random_packed(seed, "structured", ROUNDS * layout.blocks * layout.width)
    return np.concatenate([signs, np.packbits(hadamard(layout.rows).ravel() < 0)])


def structured_bits(x: tf.Tensor, packed: np.ndarray, layout: Layout) -> tf.Tensor:
    """Float32 [N, F] to the first `outputs` bits +-1 [N, outputs] of H.D3.H.D2.H.D1.x."""
    *signs, left, right = _matrices(unpack_signs(packed, x), layout)
    wide = tf.pad(x, [[0, 0], [0, layout.width - layout.features]])
    values = tf.reshape(wide, _block_shape(layout))
    for diagonal in signs:
        values = tf.matmul(tf.matmul(left, values * diagonal), right)
    values = tf.reshape(values, [-1, layout.blocks * layout.width])
    return sign(values[:, : layout.outputs])


def _matrices(flat: tf.Tensor, layout: Layout) -> list[tf.Tensor]:
    """D1, D2, D3 [blocks, rows, columns], H_rows, H_columns from the unpacked signs."""
    rows, columns, blocks = layout.rows, layout.columns, layout.blocks
    stack = tf.reshape(flat, [-1, rows, columns])
    *signs, tail = tf.split(stack, [blocks] * ROUNDS + [rows // columns], axis=0)
    left = tf.reshape(tail, [rows, rows])
    # H_columns is the top left corner of Sylvester's H_rows
    return [*signs, left, left if rows == columns else left[:columns, :columns]]


def _block_shape(layout: Layout) -> list[int]:
    middle = [] if layout.blocks == 1 else [1]
    return [-1, *middle, layout.rows, layout.columns]


@keras.utils.register_keras_serializable("pnet_tf")
class StructuredProjection(Projection):
    """T = `functions` projections of d = `bits` bits: sign of H.D3.H.D2.H.D1.x.

    Pixels uint8 [N, H, W, C] or features float32 [N, F], finite, to +-1 float32 [N, T*d]; x is
    padded with zeros to n, a power of two; each n bits need one more independent transform. A model
    file holds 3/8 * n * ceil(T*d/n) + n/8 bytes (n/4 when log2 n is odd).
    """

    space = Space(
        {"functions": (4, 8, 15, 30, 60, 90), "bits": (4, 6, 8, 10, 12)},
        kinds=("image", "dense"),
        training={"shift": 0, "label_smoothing": 0.0, "learning_rate": 0.003},
    )

    def __init__(self, functions: int, bits: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.functions = check_range("functions", functions, 1, 4096)
        self.bits = check_range("bits", bits, 1, 32)
        self.seed = check_seed(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Rebuild the signs for the number of features in `input_shape`."""
        features = flat_size(input_shape)
        self._layout = structured_layout(features, self.functions * self.bits)
        self._packed = structured_bytes(self._layout, self.seed)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Bits [N, T*d]."""
        return structured_bits(flat_features(inputs), self._packed, self._layout)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[N, T*d]."""
        return (input_shape[0], self.functions * self.bits)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"functions": self.functions, "bits": self.bits, "seed": self.seed}
        return {**super().get_config(), **own}
