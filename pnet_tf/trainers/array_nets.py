"""Networks for images and dense features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._keras import keras, tf
from .base import Layers, norm_relu

IMAGE_FF_OPTIONS = {"units": [512, 256], "dropout": 0.3}
IMAGE_CNN_OPTIONS = {"channels": [32, 64, 128], "units": 128, "dropout": 0.4}
DENSE_FF_OPTIONS = {"units": [256, 128], "dropout": 0.3}
_SMALLEST_SIDE = 7


def image_ff(
    shape: Sequence[int], outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Dense layers on the flattened pixels; input uint8 [N, H, W, C]."""
    pixels, x = _pixels(shape)
    logits = _stack(keras.layers.Flatten()(x), Layers(seed), outputs, options)
    return keras.Model(pixels, logits, name="image_ff")


def dense_ff(
    shape: Sequence[int], outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Dense layers on standardised features; input float32 [N, F]."""
    features = keras.Input(tuple(shape), dtype="float32", name="features")
    logits = _stack(features, Layers(seed), outputs, options)
    return keras.Model(features, logits, name="dense_ff")


def image_cnn(
    shape: Sequence[int], outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Stages of a strided and a plain 3x3 convolution, each with batch normalisation and relu.

    The first convolution is 5x5; strides end when the map's side is at most 7. Input uint8.
    """
    layers = Layers(seed)
    pixels, x = _pixels(shape)
    for stage, channels in enumerate(_stages(shape, options["channels"])):
        stride = 2 if min(x.shape[1:3]) > _SMALLEST_SIDE else 1
        x = norm_relu(layers.conv(channels, 5 if stage == 0 else 3, stride)(x))
        x = norm_relu(layers.conv(channels, 3)(x))
    x = layers.dropout(options["dropout"])(keras.layers.Flatten()(x))
    x = norm_relu(layers.dense(options["units"], use_bias=False)(x))
    x = layers.dropout(options["dropout"])(x)
    return keras.Model(pixels, layers.logits(outputs)(x), name="image_cnn")


def _stages(shape: Sequence[int], channels: Sequence[int]) -> list[int]:
    """Channels of each stage: the first ones that bring the shorter side down to 7."""
    side, stages = min(shape[:2]), [channels[0]]
    while (side := -(-side // 2)) > _SMALLEST_SIDE:
        stages.append(channels[min(len(stages), len(channels) - 1)])
    return stages


def _pixels(shape: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """The uint8 input and the same in -1..1."""
    pixels = keras.Input(tuple(shape), dtype="uint8", name="pixels")
    return pixels, keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)


def _stack(
    x: tf.Tensor, layers: Layers, outputs: int, options: Mapping[str, Any]
) -> tf.Tensor:
    for units in options["units"]:
        x = norm_relu(layers.dense(units, use_bias=False)(x))
        x = layers.dropout(options["dropout"])(x)
    return layers.logits(outputs)(x)
