"""What every projection layer is."""

from __future__ import annotations

from typing import ClassVar

from .._keras import keras


class Projection(keras.layers.Layer):
    """A layer without trained weights: raw inputs [N, ...] -> bits, float32 of -1, 0 and +1.

    It rebuilds what it needs from a seed, so that an export stores only that minimum, exactly, in
    every quantisation. `kinds` are the kinds of input that it reads; None: any that it can.
    """

    kinds: ClassVar[tuple[str, ...] | None] = None
