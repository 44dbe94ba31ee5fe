"""Dense random projection: the definition (Ravi 2017, arXiv 1708.00630, section 3.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._keras import keras, tf
from ..errors import InputError
from .base import Projection
from .seeded import (
    check_range,
    check_seed,
    flat_features,
    flat_size,
    guard,
    random_normal,
    random_packed,
    unpack_signs,
)
from .straight_through import sign

KINDS = ("gaussian", "rademacher")


def gaussian_matrix(features: int, outputs: int, seed: int) -> np.ndarray:
    """P transposed, float32 [outputs, features], standard normal entries."""
    return random_normal(seed, "dense", outputs * features).reshape(outputs, features)


def rademacher_bytes(features: int, outputs: int, seed: int) -> np.ndarray:
    """P transposed, +-1 entries, packed to uint8 row by row, each row padded to whole bytes."""
    return random_packed(seed, "dense", outputs * _padded(features))


def gaussian_bits(x: tf.Tensor, matrix: np.ndarray) -> tf.Tensor:
    """sign(x . P): float32 [N, F] and P^T [B, F] to +-1 [N, B]."""
    return sign(tf.matmul(x, guard(tf.constant(matrix), x), transpose_b=True))


def rademacher_bits(x: tf.Tensor, packed: np.ndarray, outputs: int) -> tf.Tensor:
    """sign(x . P): float32 [N, F] and packed P^T to +-1 [N, outputs]."""
    features = x.shape[-1]
    signs = tf.reshape(unpack_signs(packed, x), [outputs, _padded(features)])
    return sign(tf.matmul(x, signs[:, :features], transpose_b=True))


@keras.utils.register_keras_serializable("pnet_tf")
class DenseProjection(Projection):
    """T = `functions` projections of d = `bits` bits: sign(x . P), P rebuilt from `seed`.

    Pixels uint8 [N, H, W, C] or features float32 [N, F], finite, to +-1 float32 [N, T*d]. A model
    file holds 4*F*T*d bytes of P for "gaussian", F*T*d/8 bytes for "rademacher".
    """

    def __init__(
        self, functions: int, bits: int, kind: str = "gaussian", seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.functions = check_range("functions", functions, 1, 4096)
        self.bits = check_range("bits", bits, 1, 32)
        self.seed = check_seed(seed)
        if kind not in KINDS:
            raise InputError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        self.kind = kind

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Rebuild P for the number of features in `input_shape`."""
        features = flat_size(input_shape)
        make = gaussian_matrix if self.kind == "gaussian" else rademacher_bytes
        self._matrix = make(features, self.functions * self.bits, self.seed)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Bits [N, T*d]."""
        x = flat_features(inputs)
        if self.kind == "gaussian":
            return gaussian_bits(x, self._matrix)
        return rademacher_bits(x, self._matrix, self.functions * self.bits)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[N, T*d]."""
        return (input_shape[0], self.functions * self.bits)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"functions": self.functions, "bits": self.bits, "kind": self.kind, "seed": self.seed}
        return {**super().get_config(), **own}


def _padded(features: int) -> int:
    return -(-features // 8) * 8
