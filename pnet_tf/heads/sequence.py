"""Sequence head: token vectors -> logits by windows of one and two tokens and maxima."""

from __future__ import annotations

from collections.abc import Sequence

from .._keras import keras, tf
from ..projections.seeded import check_range
from .bits import bits_input, check_fraction


def sequence_head(
    input_shape: Sequence[int],
    outputs: int,
    *,
    embedding: int = 96,
    channels: int = 96,
    opening: int = 6,
    rank: int = 64,
    token_dropout: float = 0.15,
    bit_dropout: float = 0.0,
    dropout: float = 0.5,
) -> keras.Model:
    """Token vectors [N, tokens, bits] to logits [N, outputs].

    e = relu(norm(x.E)), `embedding` wide; features are max over tokens of relu(e_t.A + a) and of
    relu(e_t.B + e_{t+1}.C + b), `channels` each (windows of one and two tokens, as convolutions
    over time in Kim 2014), and over the first `opening` windows apart (not where 0 or as many as
    there are), since what a message opens with tells its purpose from what it mentions; then a
    linear layer of `rank` (0: none) and a linear layer of `outputs`. In training `token_dropout`
    zeroes whole tokens, `bit_dropout` bits and `dropout` features. InputError on bad values.
    """
    check_fraction("token_dropout", token_dropout)
    check_fraction("bit_dropout", bit_dropout)
    check_fraction("dropout", dropout)
    layers = keras.layers
    x = bits = bits_input(input_shape)
    if token_dropout:
        x = layers.Dropout(token_dropout, noise_shape=(None, x.shape[1], 1), name="token_dropout")(
            x
        )
    if bit_dropout:
        x = layers.Dropout(bit_dropout, name="bit_dropout")(x)
    x = layers.Dense(check_range("embedding", embedding, 1, 4096), use_bias=False, name="embed")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(name="embed_relu")(x)
    windows = _windows(x, check_range("channels", channels, 1, 4096))
    x = _maxima(windows, check_range("opening", opening, 0, 512))
    x = layers.Dropout(dropout, name="dropout")(x) if dropout else x
    if check_range("rank", rank, 0, 4096):
        x = layers.Dense(rank, use_bias=False, name="rank")(x)
    logits = layers.Dense(check_range("outputs", outputs, 1, 65536), name="logits")(x)
    return keras.Model(bits, logits, name="head")


def _windows(x: tf.Tensor, channels: int) -> dict[str, tf.Tensor]:
    """Linear maps of windows of one token, [N, tokens, channels], and of two, one window fewer."""
    layers = keras.layers
    first = layers.Dense(channels, name="two_first")(x)
    second = layers.Dense(channels, use_bias=False, name="two_second")(x)
    pair = layers.Add(name="two")(
        [
            layers.Cropping1D((0, 1), name="two_left")(first),
            layers.Cropping1D((1, 0), name="two_right")(second),
        ]
    )
    return {"one": layers.Dense(channels, name="one")(x), "two": pair}


def _maxima(windows: dict[str, tf.Tensor], opening: int) -> tf.Tensor:
    """Maxima over all windows and over the first `opening`, [N, 2 or 4 times channels]."""
    layers = keras.layers
    maxima = []
    for name, window in windows.items():
        maxima.append(layers.GlobalMaxPooling1D(name=f"{name}_max")(window))
        if 0 < opening < window.shape[1]:
            rest = (0, window.shape[1] - opening)
            opened = layers.Cropping1D(rest, name=f"{name}_opening")(window)
            maxima.append(layers.GlobalMaxPooling1D(name=f"{name}_opening_max")(opened))
    return layers.ReLU(name="maxima_relu")(layers.Concatenate(name="maxima")(maxima))
