"""Running a function over more examples than memory should hold at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._keras import tf

BATCH = 512


def batched(function: Callable[[tf.Tensor], tf.Tensor], inputs: np.ndarray) -> np.ndarray:
    """`function` over `inputs` in batches of 512, concatenated."""
    starts = range(0, len(inputs), BATCH)
    parts = [function(tf.constant(inputs[i : i + BATCH])).numpy() for i in starts]
    return np.concatenate(parts)
