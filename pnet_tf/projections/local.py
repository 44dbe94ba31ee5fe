"""Local projections: fixed random ternary filters over patches, for convolutional students."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..errors import InputError
from ..spaces import Space
from .base import Projection
from .seeded import check_range, check_seed, random_ternary, random_uniform
from .straight_through import Sign

_BRIGHTEST = 255.0
_CONTRAST = 24.0
_SMALL = 16  # pixels of a side


def ternary_filters(kernel: int, channels: int, filters: int, seed: int) -> np.ndarray:
    """Depthwise filters, float32 [kernel, kernel, channels, filters], -1, 0 or +1 alike likely.

    A filter of zeros only gets +1 at its centre.
    """
    size = kernel * kernel * channels * filters
    values = random_ternary(seed, "local", size).reshape(kernel, kernel, channels, filters)
    empty = ~values.any(axis=(0, 1))
    values[kernel // 2, kernel // 2][empty] = 1.0
    return values


def random_thresholds(values: np.ndarray, seed: int) -> np.ndarray:
    """One threshold a filter, float32 [channels * filters]: its response to a flat random patch.

    The patch has brightness 255 u^2, u uniform in [0, 1): dark values are the commoner ones. A
    filter whose entries sum to zero gets a contrast of 24 either way instead. Responses to pixels
    are whole numbers; a threshold is a whole number plus a half, so that none of them is on it.
    """
    sums = values.sum((0, 1)).ravel()
    share = random_uniform(seed, "threshold", sums.size)
    contrast = np.where(share < 0.5, -_CONTRAST, _CONTRAST)
    responses = np.where(sums == 0, contrast, sums * _BRIGHTEST * share**2)
    return (np.floor(responses) + 0.5).astype(np.float32)


def local_bits(
    pixels: tf.Tensor, values: np.ndarray, thresholds: np.ndarray, stride: int
) -> tf.Tensor:
    """sign(filters * pixels - thresholds): [N, H, W, C] to +-1 [N, H/stride, W/stride, C*filters].

    Borders are padded with zeros ("SAME"). Responses are whole numbers and thresholds lie halfway
    between two, so that the sign is the doubled difference cut to [-1, 1]: exact in float32, and
    one operator of a file.
    """
    x = tf.cast(pixels, tf.float32)
    responses = tf.nn.depthwise_conv2d(x, 2.0 * values, [1, stride, stride, 1], "SAME")
    return tf.clip_by_value(tf.nn.bias_add(responses, -2.0 * thresholds), -1.0, 1.0)


@keras.utils.register_keras_serializable("pnet_tf")
class LocalProjection(Projection):
    """`filters` fixed random `kernel` x `kernel` filters a channel, a random threshold, the sign.

    Pixels uint8 [N, H, W, C] to +-1 float32 [N, H', W', C * filters], H' = ceil(H / stride). A
    model file holds 4 * (kernel^2 + 1) bytes an output channel. `stride` None: 2, or 1 for images
    of which a side is below 16 pixels, which have none to spare.
    """

    kinds = ("image",)
    space = Space(
        {"filters": (6, 8, 12, 16, 24, 32, 48), "stride": (1, 2)}, start={"stride": 1}, kinds=kinds
    )

    def __init__(
        self,
        filters: int,
        kernel: int = 3,
        stride: int | None = 1,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = check_range("filters", filters, 1, 1024)
        self.kernel = check_range("kernel", kernel, 1, 15)
        self.stride = None if stride is None else check_range("stride", stride, 1, 15)
        self.seed = check_seed(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Rebuild filters and thresholds; raises InputError unless the input is an image."""
        channels = image_channels(input_shape)
        self._values = ternary_filters(self.kernel, channels, self.filters, self.seed)
        self._thresholds = random_thresholds(self._values, self.seed)
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Bits [N, H', W', C * filters]."""
        stride = self._stride_of(inputs.shape)
        return local_bits(inputs, self._values, self._thresholds, stride)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[N, H', W', C * filters]."""
        batch, height, width, channels = input_shape
        stride = self._stride_of(input_shape)
        sides = [None if side is None else -(-side // stride) for side in (height, width)]
        return (batch, *sides, image_channels(input_shape) * self.filters)

    def _stride_of(self, input_shape: Sequence[int | None]) -> int:
        if self.stride is not None:
            return self.stride
        return 1 if min(side or _SMALL for side in input_shape[1:3]) < _SMALL else 2

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {
            "filters": self.filters,
            "kernel": self.kernel,
            "stride": self.stride,
            "seed": self.seed,
        }
        return {**super().get_config(), **own}


@keras.utils.register_keras_serializable("pnet_tf")
class TernaryFilters(keras.initializers.Initializer):
    """Initializer of a depthwise kernel [k, k, channels, filters]: `ternary_filters`."""

    def __init__(self, seed: int) -> None:
        self.seed = check_seed(seed)

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> tf.Tensor:
        """The filters."""
        kernel, _, channels, filters = shape
        return tf.constant(ternary_filters(kernel, channels, filters, self.seed))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"seed": self.seed}


def project_activations(
    x: tf.Tensor,
    name: str,
    *,
    seed: int,
    kernel: int = 3,
    stride: int = 1,
    filters: int = 1,
    activation: str = "sign",
    learned: bool = False,
) -> tf.Tensor:
    """Projection of activations [N, H, W, C]: random filters, learned threshold, activation.

    The threshold is a batch norm (it folds into the filters); "sign" gives +-1 with a
    straight-through gradient, "relu" the part above the threshold. With `learned` the filters only
    start as random ones. [N, H', W', C * filters].
    """
    if activation not in ACTIVATIONS:
        raise InputError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    x = keras.layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same",
        depth_multiplier=filters,
        use_bias=False,
        depthwise_initializer=TernaryFilters(seed),
        trainable=learned,
        name=f"{name}_filters",
    )(x)
    x = keras.layers.BatchNormalization(momentum=0.95, name=f"{name}_threshold")(x)
    return ACTIVATIONS[activation](name=f"{name}_{activation}")(x)


ACTIVATIONS = {"sign": Sign, "relu": keras.layers.ReLU}


def image_channels(input_shape: Sequence[int | None]) -> int:
    """Channels of [N, H, W, C]; raises InputError for any other rank."""
    if len(input_shape) != 4 or input_shape[-1] is None:
        raise InputError(f"input must be an image [N, H, W, C], got shape {tuple(input_shape)}")
    return int(input_shape[-1])
