"""Text networks on packed hashed features: bag, convolutions over tokens, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._keras import keras, tf
from .base import Layers, norm_relu
from .text_features import ID_BITS, ID_MASK, TextFeatures

IDF_LAYER = "idf"
_COMMON = {"buckets": 16384, "shortest": 2, "longest": 4, "dropout": 0.5, "feature_dropout": 0.3,
           "token_dropout": 0.1}
FF_OPTIONS = {**_COMMON, "embedding": 256, "units": 0, "dropout": 0.6, "token_dropout": 0.0}
CNN_OPTIONS = {**_COMMON, "embedding": 128, "widths": [2, 3], "channels": 128}
RECURRENT_OPTIONS = {**_COMMON, "embedding": 128, "units": 128}


@dataclass(frozen=True)
class _Text:
    """Tensors of a batch: the input, weights [N, L] (IDF after dropout), vectors [N, L, E]."""

    packed: tf.Tensor
    weights: tf.Tensor
    vectors: tf.Tensor


def text_ff(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """The bag of features to logits; `units` > 0 adds a hidden layer.

    fastText's averaged embedding (Joulin et al. 2017) with TF-IDF weights.
    """
    layers = Layers(seed)
    text = _text(features, layers, options)
    x = layers.dropout(options["dropout"])(_bag(text))
    if options["units"]:
        x = layers.dropout(options["dropout"])(layers.dense(options["units"], activation="relu")(x))
    return keras.Model(text.packed, layers.logits(outputs)(x), name="text_ff")


def text_cnn(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Convolutions of several widths over tokens, maximum over time (Kim 2014); and the bag."""
    layers = Layers(seed)
    text = _text(features, layers, options)
    tokens, mask = _tokens(text, features, layers)
    maxima = [
        tf.reduce_max(norm_relu(layers.conv_tokens(options["channels"], width)(tokens)) * mask, 1)
        for width in options["widths"]
    ]
    x = layers.dropout(options["dropout"])(tf.concat([_bag(text), *maxima], -1))
    return keras.Model(text.packed, layers.logits(outputs)(x), name="text_cnn")


def text_lstm(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Bidirectional LSTM over tokens, maximum over time; and the bag."""
    return _recurrent(keras.layers.LSTMCell, "text_lstm", features, outputs, seed, options)


def text_gru(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Bidirectional GRU over tokens, maximum over time; and the bag."""
    return _recurrent(keras.layers.GRUCell, "text_gru", features, outputs, seed, options)


def _recurrent(
    cell: type[keras.layers.Layer],
    name: str,
    features: TextFeatures,
    outputs: int,
    seed: int,
    options: Mapping[str, Any],
) -> keras.Model:
    layers = Layers(seed)
    text = _text(features, layers, options)
    tokens, mask = _tokens(text, features, layers)
    both_ways = layers.recurrent(cell, options["units"], features.tokens)
    states = both_ways(tokens, mask=tf.cast(mask[:, :, 0], tf.bool))
    maxima = tf.reduce_max(states - (1.0 - mask) * 2.0, axis=1)
    x = layers.dropout(options["dropout"])(tf.concat([_bag(text), maxima], -1))
    return keras.Model(text.packed, layers.logits(outputs)(x), name=name)


def _text(features: TextFeatures, layers: Layers, options: Mapping[str, Any]) -> _Text:
    """The IDF table is a weight that is not trained, so it is saved with the others."""
    packed = keras.Input((features.features,), dtype="int32", name="packed")
    buckets = tf.bitwise.bitwise_and(packed, ID_MASK)
    idf = keras.layers.Embedding(
        features.buckets + 1, 1, embeddings_initializer="zeros", trainable=False, name=IDF_LAYER
    )
    weights = layers.dropout(options["feature_dropout"])(idf(buckets)[:, :, 0])
    if options["token_dropout"]:
        ones = tf.ones_like(packed[:, :1], tf.float32) * tf.ones((1, features.tokens))
        kept = layers.dropout(options["token_dropout"])(ones)
        weights *= tf.gather(kept, tf.bitwise.right_shift(packed, ID_BITS), batch_dims=1)
    vectors = layers.embedding(features.buckets + 1, options["embedding"])(buckets)
    return _Text(packed, weights, vectors)


def _bag(text: _Text) -> tf.Tensor:
    """relu(norm(w.E)), w the weights of the whole text at unit length."""
    squares = tf.reduce_sum(text.weights * text.weights, -1, keepdims=True)
    return norm_relu(tf.einsum("nl,nld->nd", text.weights * tf.math.rsqrt(squares + 1e-6),
                               text.vectors))


def _tokens(text: _Text, features: TextFeatures, layers: Layers) -> tuple[tf.Tensor, tf.Tensor]:
    """Vectors [N, T, E] and mask [N, T, 1]: relu(W.v + b), v the weighted sum of the vectors of
    the token's features, its weights at unit length.
    """
    real = tf.cast(tf.not_equal(text.packed, 0), tf.float32)[:, :, None]
    member = real * tf.one_hot(tf.bitwise.right_shift(text.packed, ID_BITS), features.tokens)
    mask = tf.reduce_max(member, axis=1)[:, :, None]
    squares = tf.einsum("nlt,nl->nt", member, text.weights * text.weights)[:, :, None]
    sums = tf.einsum("nlt,nld->ntd", member * text.weights[:, :, None], text.vectors)
    tokens = layers.dense(text.vectors.shape[-1], activation="relu")(
        sums * tf.math.rsqrt(squares + 1e-6)
    )
    return tokens * mask, mask
