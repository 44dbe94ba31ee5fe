"""Texts to bits that are near where texts are alike: the text projection, pooled and hashed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from .._keras import tf
from ..projections.seeded import random_normal
from ..projections.text import TextProjection
from .normal import normal_form

COLUMNS, BITS, BYTES, TOKENS = 256, 256, 128, 24
BATCH = 512


def pooled(texts: Sequence[str], seed: int = 0) -> np.ndarray:
    """Sums over tokens of the `TextProjection` of normal forms, of length 1; float32 [N, COLUMNS].

    The first BYTES of each are read, BATCH texts at a time. A text without a word is all 0.
    """
    pool = _pool(seed)
    found = np.empty((len(texts), COLUMNS), np.float32)
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        data = np.zeros((BATCH, BYTES), np.uint8)
        for row, text in enumerate(part):
            content = (normal_form(text) or text).encode("utf-8", "replace")[:BYTES]
            data[row, : len(content)] = np.frombuffer(content, np.uint8)
        found[start : start + BATCH] = pool(data).numpy()[: len(part)]
    return found


@lru_cache(maxsize=4)
def _pool(seed: int) -> Callable[[np.ndarray], tf.Tensor]:
    project = TextProjection(functions=COLUMNS // 8, bits=8, tokens=TOKENS, seed=seed)

    def pool(data: tf.Tensor) -> tf.Tensor:
        return tf.math.l2_normalize(tf.reduce_sum(project(data), axis=1), axis=1)

    shape = tf.TensorSpec([BATCH, BYTES], tf.uint8)
    found: Callable[[np.ndarray], tf.Tensor] = tf.function(pool, input_signature=[shape])
    return found


def hashed(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Signs of `vectors` [N, D] on BITS random hyperplanes (Charikar 2002), bool [N, BITS].

    Two rows differ in a share of bits that estimates their angle / pi.
    """
    planes = random_normal(seed, "dense", vectors.shape[1] * BITS).reshape(-1, BITS)
    return np.asarray(vectors @ planes > 0)
