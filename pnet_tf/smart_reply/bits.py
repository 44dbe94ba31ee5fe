"""Texts to bits that are near where texts are alike: the text projection, pooled and hashed.

All is exact: whole numbers, whose sums do not depend on their order, or single steps that IEEE 754
rounds rightly. So texts have the same bits in any batch, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..projections.seeded import random_normal
from .normal import normal_form

if TYPE_CHECKING:
    from .._keras import tf

COLUMNS, BITS, BYTES, TOKENS = 256, 256, 128, 24
BATCH = 512
UNIT = 4096
"""Whole numbers that stand for 1 in vectors of length 1."""
_PLANE_UNIT = 1024
_SLICE = 1 << 12


def units(texts: Sequence[str], seed: int = 0) -> np.ndarray:
    """Sums over tokens of the `TextProjection` of normal forms, of length UNIT; int16 [N, COLUMNS].

    The first BYTES of each are read, BATCH texts at a time. A text without a word is all 0.
    """
    pool = _pool(seed)
    found = np.empty((len(texts), COLUMNS), np.int16)
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        data = np.zeros((BATCH, BYTES), np.uint8)
        for row, text in enumerate(part):
            content = (normal_form(text) or text).encode("utf-8", "replace")[:BYTES]
            data[row, : len(content)] = np.frombuffer(content, np.uint8)
        found[start : start + BATCH] = lengthened(pool(data).numpy()[: len(part)])
    return found


def pooled(texts: Sequence[str], seed: int = 0) -> np.ndarray:
    """`units` as vectors of length 1, but for rounding; float32 [N, COLUMNS]."""
    return units(texts, seed).astype(np.float32) / np.float32(UNIT)


def lengthened(vectors: np.ndarray) -> np.ndarray:
    """Rows of whole numbers [N, D] brought to the length UNIT, rounded, int16; 0 stays 0."""
    whole = vectors.astype(np.int64)
    length = np.sqrt(np.einsum("nd,nd->n", whole, whole))
    return np.rint(whole * UNIT / np.maximum(length, 1)[:, None]).astype(np.int16)


@lru_cache(maxsize=4)
def _pool(seed: int) -> Callable[[np.ndarray], tf.Tensor]:
    from .._keras import tf  # not at load: most workers of an engine have no need of it
    from ..projections.text import TextProjection

    project = TextProjection(functions=COLUMNS // 8, bits=8, tokens=TOKENS, seed=seed)

    def pool(data: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(project(data), axis=1)

    shape = tf.TensorSpec([BATCH, BYTES], tf.uint8)
    found: Callable[[np.ndarray], tf.Tensor] = tf.function(pool, input_signature=[shape])
    return found


def hashed(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Signs of `vectors` [N, D], about 1 long, on BITS random hyperplanes, bool [N, BITS].

    Two rows differ in a share of bits that estimates their angle / pi (Charikar 2002). Vectors are
    rounded to 1 / UNIT.
    """
    planes, found = _planes(seed, vectors.shape[1]), np.empty((len(vectors), BITS), bool)
    for start in range(0, len(vectors), _SLICE):
        part = slice(start, start + _SLICE)
        found[part] = np.rint(vectors[part].astype(np.float64) * UNIT) @ planes > 0
    return found


@lru_cache(maxsize=4)
def _planes(seed: int, dimensions: int) -> np.ndarray:
    """Whole numbers in float64 [dimensions, BITS], whose products with `units` are exact."""
    planes = random_normal(seed, "dense", dimensions * BITS).reshape(-1, BITS)
    return np.asarray(np.rint(planes.astype(np.float64) * _PLANE_UNIT))
