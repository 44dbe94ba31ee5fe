"""Sequence head: token vectors -> logits by windows of one and two tokens and maxima."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._keras import keras, tf
from ..errors import InputError
from ..projections.seeded import check_range
from ..spaces import Space, Values, searched
from .bits import bits_input, check_fraction
from .positions import PositionBits

_COUNTS = ("one", "two", "three", "four")
_PARTS = ("first", "second", "third", "fourth")
_PLACES = (1, 2, 3, 4, 6, 8, 12, 16)


def _options(chosen: Values) -> dict[str, Any]:
    options = dict(chosen)
    placed = options.pop("placed")
    return {**options, "positions": list(_PLACES) if placed else []}


_SPACE = Space(
    {
        "embedding": (16, 24, 32, 48, 64, 96, 128),
        "channels": (24, 32, 48, 64, 96, 128, 192),
        "windows": (1, 2, 3),
        "rank": (0, 12, 16, 24, 32, 48, 64, 96),
        "placed": (False, True),
        "token_dropout": (0.0, 0.1, 0.2),
        "dropout": (0.2, 0.35, 0.5),
    },
    _options,
    start={"embedding": 48, "channels": 96, "rank": 32, "placed": True, "token_dropout": 0.2},
    ranks=(2,),
)  # fmt: skip


@searched(_SPACE)
def sequence_head(
    input_shape: Sequence[int],
    outputs: int,
    *,
    embedding: int = 96,
    channels: int = 128,
    windows: int = 2,
    positions: Sequence[int] = _PLACES,
    rank: int = 64,
    token_dropout: float = 0.15,
    bit_dropout: float = 0.0,
    dropout: float = 0.5,
) -> keras.Model:
    """Token vectors [N, tokens, bits] to logits [N, outputs].

    e = relu(norm(x.E)), `embedding` wide, of the token's bits and, for each of `positions` p, a bit
    that says whether it is among the first p: what a message opens with tells its purpose from what
    it mentions. Features are max over tokens of relu(e_t.A + a) and of relu(e_t.B + e_{t+1}.C + b),
    `channels` each (windows of one and two tokens, as convolutions over time in Kim 2014; `windows`
    1 to 4 are the tokens of the widest); then a linear layer of `rank` (0: none) and a linear layer
    of `outputs`. In training `token_dropout` zeroes whole tokens, `bit_dropout` bits and `dropout`
    features. InputError on bad values.
    """
    check_fraction("token_dropout", token_dropout)
    check_fraction("bit_dropout", bit_dropout)
    check_fraction("dropout", dropout)
    layers = keras.layers
    x = bits = bits_input(input_shape)
    if len(input_shape) != 2:
        raise InputError(
            f"the sequence head needs token vectors [tokens, bits], got bits of shape "
            f"{list(input_shape)}"
        )
    if token_dropout:
        x = layers.Dropout(token_dropout, noise_shape=(None, x.shape[1], 1), name="token_dropout")(
            x
        )
    if bit_dropout:
        x = layers.Dropout(bit_dropout, name="bit_dropout")(x)
    x = PositionBits(positions, name="positions")(x) if positions else x
    x = layers.Dense(check_range("embedding", embedding, 1, 4096), use_bias=False, name="embed")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(name="embed_relu")(x)
    check_range("channels", channels, 1, 4096)
    x = _window_maxima(x, channels, check_range("windows", windows, 1, min(4, input_shape[0])))
    x = layers.Dropout(dropout, name="dropout")(x) if dropout else x
    if check_range("rank", rank, 0, 4096):
        x = layers.Dense(rank, use_bias=False, name="rank")(x)
    logits = layers.Dense(check_range("outputs", outputs, 1, 65536), name="logits")(x)
    return keras.Model(bits, logits, name="head")


def _window_maxima(x: tf.Tensor, channels: int, windows: int) -> tf.Tensor:
    """Maxima over time of windows of one token to `windows` tokens, [N, windows * channels]."""
    layers = keras.layers
    wide = [_window(x, channels, width) for width in range(2, windows + 1)]
    seen = [layers.Dense(channels, name="one")(x), *wide]
    maxima = [
        layers.GlobalMaxPooling1D(name=f"{name}_max")(window)
        for name, window in zip(_COUNTS, seen, strict=False)
    ]
    joined = layers.Concatenate(name="maxima")(maxima) if len(maxima) > 1 else maxima[0]
    return layers.ReLU(name="maxima_relu")(joined)


def _window(x: tf.Tensor, channels: int, width: int) -> tf.Tensor:
    """Sums of `width` neighbours, each through a layer of its own, [N, tokens - width + 1, .]."""
    layers, name = keras.layers, _COUNTS[width - 1]
    each = [
        layers.Dense(channels, use_bias=not place, name=f"{name}_{_PARTS[place]}")(x)
        for place in range(width)
    ]
    cut = [_cut(one, place, width - 1 - place, name) for place, one in enumerate(each)]
    return layers.Add(name=name)(cut)


def _cut(x: tf.Tensor, left: int, right: int, name: str) -> tf.Tensor:
    """Without the first `left` and the last `right` tokens."""
    side = f"inner_{left}" if left and right else "right" if left else "left"
    return keras.layers.Cropping1D((left, right), name=f"{name}_{side}")(x)
