"""Local head: fixed random depthwise filters, learned 1x1 layers; a convolutional student."""

from __future__ import annotations

from collections.abc import Sequence

from .._keras import keras, tf
from ..errors import InputError
from ..projections.local import image_channels, project_activations
from ..projections.seeded import check_range
from .bits import bits_input, check_fraction


def local_head(
    input_shape: Sequence[int],
    outputs: int,
    *,
    channels: Sequence[int] = (64, 64, 64, 96, 96, 96),
    strides: Sequence[int] = (1, 1, 1, 2, 1, 1),
    kernel: int = 3,
    filters: int = 1,
    activation: str = "relu",
    dropout: float = 0.1,
    seed: int = 0,
) -> keras.Model:
    """+-1 [H, W, C] to logits [N, outputs] through one block for each entry of `channels`.

    Block 0 is a learned 1x1 layer of the bits. Each other block is a learned 1x1 layer of `filters`
    projections a channel of its input (`project_activations`: fixed random filters, learned
    threshold, `activation` "sign" or "relu"), added to its input where their channels agree; a
    stride shrinks the sides. Then ReLU, mean over positions, dropout, linear layer.
    About sum(filters * channels[i-1] * channels[i]) parameters. InputError on bad values.
    """
    _check_plan(channels, strides)
    check_fraction("dropout", dropout)
    bits = bits_input(input_shape)
    image_channels(bits.shape)
    x = _learned(_pool(bits, strides[0], "block_0"), channels[0], "block_0")
    for index in range(1, len(channels)):
        name = f"block_{index}"
        projected = project_activations(
            x,
            name,
            seed=seed + index,
            kernel=kernel,
            stride=strides[index],
            filters=filters,
            activation=activation,
        )
        x = _block(x, _learned(projected, channels[index], name), strides[index], name)
    return keras.Model(bits, _classify(x, outputs, dropout), name="head")


def _check_plan(channels: Sequence[int], strides: Sequence[int]) -> None:
    if not channels or len(channels) != len(strides):
        raise InputError(
            f"channels and strides must have one entry a block, "
            f"got {len(channels)} and {len(strides)}"
        )
    for size, stride in zip(channels, strides, strict=True):
        check_range("channels", size, 1, 4096)
        check_range("strides", stride, 1, 4)


def _learned(x: tf.Tensor, channels: int, name: str) -> tf.Tensor:
    x = keras.layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_learned")(x)
    return keras.layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)


def _pool(x: tf.Tensor, stride: int, name: str) -> tf.Tensor:
    if stride == 1:
        return x
    return keras.layers.AveragePooling2D(stride, padding="same", name=f"{name}_pool")(x)


def _block(x: tf.Tensor, learned: tf.Tensor, stride: int, name: str) -> tf.Tensor:
    if x.shape[-1] != learned.shape[-1]:
        return learned
    return keras.layers.Add(name=f"{name}_sum")([_pool(x, stride, name), learned])


def _classify(x: tf.Tensor, outputs: int, dropout: float) -> tf.Tensor:
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x) if dropout else x
    return keras.layers.Dense(check_range("outputs", outputs, 1, 65536), name="logits")(x)
