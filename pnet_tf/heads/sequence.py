"""Sequence head: token vectors -> logits by windows of one and two tokens and maxima."""

from __future__ import annotations

from collections.abc import Sequence

from .._keras import keras, tf
from ..errors import InputError
from ..projections.seeded import check_range
from .bits import bits_input, check_fraction
from .positions import PositionBits


def sequence_head(
    input_shape: Sequence[int],
    outputs: int,
    *,
    embedding: int = 96,
    channels: int = 128,
    positions: Sequence[int] = (1, 2, 3, 4, 6, 8, 12, 16),
    rank: int = 64,
    token_dropout: float = 0.15,
    bit_dropout: float = 0.0,
    dropout: float = 0.5,
) -> keras.Model:
    """Token vectors [N, tokens, bits] to logits [N, outputs].

    e = relu(norm(x.E)), `embedding` wide, of the token's bits and, for each of `positions` p, a bit
    that says whether it is among the first p: what a message opens with tells its purpose from what
    it mentions. Features are max over tokens of relu(e_t.A + a) and of relu(e_t.B + e_{t+1}.C + b),
    `channels` each (windows of one and two tokens, as convolutions over time in Kim 2014); then a
    linear layer of `rank` (0: none) and a linear layer of `outputs`. In training `token_dropout`
    zeroes whole tokens, `bit_dropout` bits and `dropout` features. InputError on bad values.
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
    x = _window_maxima(x, check_range("channels", channels, 1, 4096))
    x = layers.Dropout(dropout, name="dropout")(x) if dropout else x
    if check_range("rank", rank, 0, 4096):
        x = layers.Dense(rank, use_bias=False, name="rank")(x)
    logits = layers.Dense(check_range("outputs", outputs, 1, 65536), name="logits")(x)
    return keras.Model(bits, logits, name="head")


def _window_maxima(x: tf.Tensor, channels: int) -> tf.Tensor:
    """Maxima over time of windows of one and of two tokens, [N, 2 * channels]."""
    layers = keras.layers
    first = layers.Dense(channels, name="two_first")(x)
    second = layers.Dense(channels, use_bias=False, name="two_second")(x)
    pair = layers.Add(name="two")(
        [
            layers.Cropping1D((0, 1), name="two_left")(first),
            layers.Cropping1D((1, 0), name="two_right")(second),
        ]
    )
    single = layers.Dense(channels, name="one")(x)
    maxima = [
        layers.GlobalMaxPooling1D(name="one_max")(single),
        layers.GlobalMaxPooling1D(name="two_max")(pair),
    ]
    return layers.ReLU(name="maxima_relu")(layers.Concatenate(name="maxima")(maxima))
