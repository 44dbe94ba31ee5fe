"""Networks for images and dense features."""

from __future__ import annotations

from collections.abc import Sequence

from .._keras import keras, tf
from .base import Layers, norm_relu
from .encoders import Raw, Standardised
from .options import Count, Counts, Fraction, Options

_SMALLEST_SIDE = 7


class ImageFF(Options, frozen=True):
    """Hidden units of each layer, dropout behind each."""

    units: Counts = (512, 256)
    dropout: Fraction = 0.3


class ImageCNN(Options, frozen=True):
    """Channels of each stage, units of the dense layer behind them, dropout around that."""

    channels: Counts = (32, 64, 128)
    units: Count = 128
    dropout: Fraction = 0.4


class DenseFF(Options, frozen=True):
    """Hidden units of each layer, dropout behind each."""

    units: Counts = (256, 128)
    dropout: Fraction = 0.3


def image_ff(encoder: Raw, outputs: int, seed: int, options: ImageFF) -> keras.Model:
    """Dense layers on the flattened pixels; input uint8 [N, H, W, C]."""
    pixels, x = _pixels(encoder.shape)
    logits = _stack(keras.layers.Flatten()(x), Layers(seed), outputs, options)
    return keras.Model(pixels, logits, name="image_ff")


def dense_ff(encoder: Standardised, outputs: int, seed: int, options: DenseFF) -> keras.Model:
    """Dense layers on standardised features; input float32 [N, F]."""
    features = keras.Input(encoder.shape, dtype="float32", name="features")
    logits = _stack(features, Layers(seed), outputs, options)
    return keras.Model(features, logits, name="dense_ff")


def image_cnn(encoder: Raw, outputs: int, seed: int, options: ImageCNN) -> keras.Model:
    """Stages of a strided and a plain 3x3 convolution, each with batch normalisation and relu.

    The first convolution is 5x5; strides end when the map's side is at most 7. Input uint8.
    """
    layers = Layers(seed)
    pixels, x = _pixels(encoder.shape)
    for stage, channels in enumerate(_stages(encoder.shape, options.channels)):
        stride = 2 if min(x.shape[1:3]) > _SMALLEST_SIDE else 1
        x = norm_relu(layers.conv(channels, 5 if stage == 0 else 3, stride)(x))
        x = norm_relu(layers.conv(channels, 3)(x))
    x = layers.dropout(options.dropout)(keras.layers.Flatten()(x))
    x = norm_relu(layers.dense(options.units, use_bias=False)(x))
    x = layers.dropout(options.dropout)(x)
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


def _stack(x: tf.Tensor, layers: Layers, outputs: int, options: ImageFF | DenseFF) -> tf.Tensor:
    for units in options.units:
        x = norm_relu(layers.dense(units, use_bias=False)(x))
        x = layers.dropout(options.dropout)(x)
    return layers.logits(outputs)(x)
