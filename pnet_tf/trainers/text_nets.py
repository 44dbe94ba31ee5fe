"""Text networks on packed hashed features: bag, convolutions over tokens, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._keras import keras, tf
from .base import Layers, norm_relu
from .text_features import ID_BITS, ID_MASK, TextFeatures

IDF_LAYER = "idf"
_HASHING = {"buckets": 16384, "shortest": 2, "longest": 4}
FF_OPTIONS = {**_HASHING, "embedding": 256, "units": 0, "dropout": 0.6, "feature_dropout": 0.3,
              "token_dropout": 0.0}
CNN_OPTIONS = {**_HASHING, "shortest": 3, "embedding": 128, "widths": [1, 2, 3], "channels": 128,
               "dropout": 0.5, "feature_dropout": 0.1, "token_dropout": 0.1}
RECURRENT_OPTIONS = {**_HASHING, "shortest": 3, "embedding": 128, "units": 96, "dropout": 0.5,
                     "feature_dropout": 0.1, "token_dropout": 0.1}


def text_ff(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """relu(norm(w.E)) to logits, w the unit-length TF-IDF weights of the text's features.

    fastText's averaged embedding (Joulin et al. 2017) with one hidden layer; `units` > 0 adds
    another.
    """
    layers = Layers(seed)
    packed, weights, table = _weighted_features(features, layers, options)
    x = norm_relu(tf.einsum("nl,nld->nd", _unit(weights), table))
    x = layers.dropout(options["dropout"])(x)
    if options["units"]:
        x = layers.dropout(options["dropout"])(layers.dense(options["units"], activation="relu")(x))
    return keras.Model(packed, layers.logits(outputs)(x), name="text_ff")


def text_cnn(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Convolutions of several widths over token vectors and a maximum over time (Kim 2014)."""
    layers = Layers(seed)
    packed, tokens, mask = _token_vectors(features, layers, options)
    maxima = [
        tf.reduce_max(norm_relu(layers.conv_tokens(options["channels"], width)(tokens)) * mask, 1)
        for width in options["widths"]
    ]
    x = layers.dropout(options["dropout"])(tf.concat(maxima, -1))
    return keras.Model(packed, layers.logits(outputs)(x), name="text_cnn")


def text_lstm(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Bidirectional LSTM over token vectors, maximum over time."""
    return _recurrent(keras.layers.LSTM, "text_lstm", features, outputs, seed, options)


def text_gru(
    features: TextFeatures, outputs: int, seed: int, options: Mapping[str, Any]
) -> keras.Model:
    """Bidirectional GRU over token vectors, maximum over time."""
    return _recurrent(keras.layers.GRU, "text_gru", features, outputs, seed, options)


def _recurrent(
    cell: type[keras.layers.Layer],
    name: str,
    features: TextFeatures,
    outputs: int,
    seed: int,
    options: Mapping[str, Any],
) -> keras.Model:
    layers = Layers(seed)
    packed, tokens, mask = _token_vectors(features, layers, options)
    states = layers.recurrent(cell, options["units"])(tokens, mask=tf.cast(mask[:, :, 0], tf.bool))
    x = tf.reduce_max(states - (1.0 - mask) * 2.0, axis=1)
    x = layers.dropout(options["dropout"])(x)
    return keras.Model(packed, layers.logits(outputs)(x), name=name)


def _weighted_features(
    features: TextFeatures, layers: Layers, options: Mapping[str, Any]
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The input, weights [N, L] (IDF after dropout of features and of tokens), vectors [N, L, E].

    The IDF table is a weight that is not trained, so it is saved with the others.
    """
    packed = keras.Input((features.features,), dtype="int32", name="packed")
    buckets = tf.bitwise.bitwise_and(packed, ID_MASK)
    idf = keras.layers.Embedding(features.buckets + 1, 1, trainable=False, name=IDF_LAYER)
    weights = layers.dropout(options["feature_dropout"])(idf(buckets)[:, :, 0])
    if options["token_dropout"]:
        kept = layers.dropout(options["token_dropout"])(
            tf.ones_like(packed[:, :1], tf.float32) * tf.ones((1, features.tokens))
        )
        weights *= tf.gather(kept, tf.bitwise.right_shift(packed, ID_BITS), batch_dims=1)
    table = layers.embedding(features.buckets + 1, options["embedding"])
    return packed, weights, table(buckets)


def _token_vectors(
    features: TextFeatures, layers: Layers, options: Mapping[str, Any]
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The input, vectors [N, T, E] and mask [N, T, 1]: a token is the weighted sum of its
    features' vectors, the weights of unit length, then relu(norm(.)).
    """
    packed, weights, table = _weighted_features(features, layers, options)
    real = tf.cast(tf.not_equal(packed, 0), tf.float32)[:, :, None]
    member = real * tf.one_hot(tf.bitwise.right_shift(packed, ID_BITS), features.tokens)
    mask = tf.reduce_max(member, axis=1)[:, :, None]
    length = tf.sqrt(tf.einsum("nlt,nl->nt", member, weights * weights) + 1e-6)[:, :, None]
    tokens = tf.einsum("nlt,nld->ntd", member * weights[:, :, None], table) / length
    return packed, norm_relu(tokens) * mask, mask


def _unit(weights: tf.Tensor) -> tf.Tensor:
    return weights * tf.math.rsqrt(tf.reduce_sum(weights * weights, -1, keepdims=True) + 1e-6)
