"""Local head: projections of activations and learned layers in turn; a convolutional student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._keras import keras, tf
from ..errors import InputError
from ..projections.local import image_channels, project_activations
from ..projections.seeded import check_range, check_seed
from ..spaces import Space, Values, searched
from .bits import bits_input, check_fraction


def _options(chosen: Values) -> dict[str, Any]:
    """`blocks` in stages, between which the sides halve and the channels grow."""
    stages = chosen["halvings"] + 1
    stage = [index * stages // chosen["blocks"] for index in range(chosen["blocks"])]
    grown = [chosen["width"] * chosen["growth"] ** s for s in stage]
    first = [chosen["first_side"]] + [1] * (len(stage) - 1)
    return {
        "channels": [max(4 * round(width / 4), 4) for width in grown],
        "strides": [1 + (index > 0 and s > stage[index - 1]) for index, s in enumerate(stage)],
        "sides": first,
        "filters": chosen["filters"],
        "learned_filters": True,
        "activation": chosen["activation"],
        "dropout": chosen["dropout"],
    }


_SPACE = Space(
    {
        "blocks": (3, 4, 5, 6, 7),
        "width": (8, 12, 16, 24, 32, 48, 64),
        "growth": (1.0, 1.25, 1.5, 2.0),
        "halvings": (1, 2),
        "first_side": (1, 3),
        "filters": (1, 2),
        "activation": ("relu", "sign"),
        "dropout": (0.0, 0.1, 0.2),
    },
    _options,
    start={"width": 32, "growth": 1.5, "halvings": 1, "first_side": 1, "filters": 1,
           "activation": "relu", "dropout": 0.0},
    ranks=(3,),
)  # fmt: skip


@searched(_SPACE)
def local_head(
    input_shape: Sequence[int],
    outputs: int,
    *,
    channels: Sequence[int] = (64, 64, 64, 96, 96, 96),
    strides: Sequence[int] = (1, 1, 1, 2, 1, 1),
    sides: Sequence[int] | None = None,
    kernel: int = 3,
    filters: int = 1,
    learned_filters: bool = False,
    activation: str = "relu",
    dropout: float = 0.1,
    seed: int = 0,
) -> keras.Model:
    """+-1 [H, W, C] to logits [N, outputs] through one block for each entry of `channels`.

    Block 0 is a learned layer of the bits. Each other block is a learned layer added to its input
    where their channels agree; a stride shrinks the sides. `sides` of learned layers are 1 by
    default: such a layer takes `filters` projections a channel of its input
    (`project_activations`: random filters of `kernel` x `kernel`, fixed or with `learned_filters`
    trained on, learned threshold, `activation` "sign" or "relu"). A wider one sees its neighbours
    itself and takes ReLU of its input. Then ReLU, mean over positions, dropout, linear layer.
    About sum(filters * channels[i-1] * channels[i] * sides[i]^2) parameters. InputError on bad
    values.
    """
    sides = [1] * len(channels) if sides is None else sides
    _check_plan(channels, strides, sides)
    check_seed(seed)
    check_fraction("dropout", dropout)
    bits = bits_input(input_shape)
    image_channels(bits.shape)
    x = _learned(bits, channels[0], sides[0], strides[0], "block_0")
    for index in range(1, len(channels)):
        name, stride = f"block_{index}", strides[index]
        if sides[index] == 1:
            seen = project_activations(
                x,
                name,
                seed=seed + index,
                kernel=kernel,
                stride=stride,
                filters=filters,
                activation=activation,
                learned=learned_filters,
            )
            learned = _learned(seen, channels[index], 1, 1, name)
        else:
            seen = keras.layers.ReLU(name=f"{name}_relu")(x)
            learned = _learned(seen, channels[index], sides[index], stride, name)
        x = _block(x, learned, stride, name)
    return keras.Model(bits, _classify(x, outputs, dropout), name="head")


def _check_plan(channels: Sequence[int], strides: Sequence[int], sides: Sequence[int]) -> None:
    if not channels or not len(channels) == len(strides) == len(sides):
        raise InputError(
            f"channels, strides and sides must have one entry a block, "
            f"got {len(channels)}, {len(strides)} and {len(sides)}"
        )
    for size, stride, side in zip(channels, strides, sides, strict=True):
        check_range("channels", size, 1, 4096)
        check_range("strides", stride, 1, 4)
        check_range("sides", side, 1, 15)


def _learned(x: tf.Tensor, channels: int, side: int, stride: int, name: str) -> tf.Tensor:
    """A 1x1 layer cannot shrink without dropping positions, so it takes means of them."""
    options = {"padding": "same", "use_bias": False, "name": f"{name}_learned"}
    if side == 1:
        x, stride = _pool(x, stride, name), 1
    x = keras.layers.Conv2D(channels, side, strides=stride, **options)(x)
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
