"""Text networks on packed hashed features: bag, convolutions over tokens, LSTM and GRU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

from .._keras import keras, tf
from ..errors import InputError
from .base import Layers, norm_relu
from .options import Count, Counts, Fraction, Options
from .text_features import ID_BITS, ID_MASK, TextFeatures, inverse_document_frequency

IDF_LAYER = "idf"


class TextOptions(Options, frozen=True):
    """What all text networks have: hashing of the features, widths and rates of dropout.

    Features fall into `buckets`; n-grams have `shortest` to `longest` letters. `feature_dropout`
    and `token_dropout` leave out features and whole tokens.
    """

    buckets: Annotated[int, Meta(ge=1, le=2**20 - 2)] = 16384
    shortest: Annotated[int, Meta(ge=1, le=8)] = 2
    longest: Annotated[int, Meta(ge=1, le=8)] = 4
    embedding: Count = 128
    dropout: Fraction = 0.5
    feature_dropout: Fraction = 0.3
    token_dropout: Fraction = 0.1

    def __post_init__(self) -> None:
        if self.shortest > self.longest:
            raise InputError(
                f"shortest must be at most longest, got {self.shortest} and {self.longest}"
            )


class TextFF(TextOptions, frozen=True):
    """`units` of a hidden layer; 0: none."""

    embedding: Count = 256
    units: Annotated[int, Meta(ge=0, le=65536)] = 0
    dropout: Fraction = 0.6
    token_dropout: Fraction = 0.0


class TextCNN(TextOptions, frozen=True):
    """`channels` of each of the `widths` of convolutions, in tokens."""

    widths: Counts = (2, 3)
    channels: Count = 128


class TextRecurrent(TextOptions, frozen=True):
    """`units` of each direction."""

    units: Count = 128


@dataclass(frozen=True)
class _Text:
    """Tensors of a batch: the input, and the sums of each token's feature vectors."""

    packed: tf.Tensor
    sums: tf.Tensor
    squares: tf.Tensor
    mask: tf.Tensor


class TokenSums(keras.layers.Layer):
    """Trained vectors of the features of each token, weighted and summed.

    Packed features int32 [N, L] and weights [N, L] to sums [N, tokens, width], sums of squared
    weights [N, tokens, 1] and a mask [N, tokens, 1] of the tokens that have a feature. One product
    of a sparse and a dense matrix, whatever L is: a gather of all L vectors takes several times as
    long, in training above all.

    `few_rows`: the table is large, and a step changes no row but those that its batch has
    (`training.schedule.Optimizers`).
    """

    def __init__(
        self,
        buckets: int,
        width: int,
        tokens: int,
        start: keras.initializers.Initializer,
        few_rows: bool = False,
    ) -> None:
        super().__init__(name="features")
        self.tokens, self.few_rows, self._size = tokens, few_rows, buckets + 1
        self.table = self.add_weight(
            name="table",
            shape=(buckets + 1, width),
            initializer=start,
            trainable=True,
        )

    def call(self, packed: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """The three tensors."""
        places = tf.where(tf.not_equal(packed, 0))
        entries, used = tf.gather_nd(packed, places), tf.gather_nd(weights, places)
        token = tf.cast(tf.bitwise.right_shift(entries, ID_BITS), tf.int64)
        row = places[:, 0] * self.tokens + tf.minimum(token, self.tokens - 1)
        column = tf.cast(tf.bitwise.bitwise_and(entries, ID_MASK), tf.int64)
        rows, table, size = tf.shape(packed, tf.int64)[0] * self.tokens, self.table, self._size
        if self.few_rows:
            there, column = tf.unique(column, tf.int64)
            table, size = tf.gather(table, there), tf.size(there, tf.int64)
        matrix = tf.SparseTensor(tf.stack([row, column], 1), used, [rows, size])
        sums = tf.sparse.sparse_dense_matmul(matrix, table)
        squares = tf.math.unsorted_segment_sum(used * used, row, rows)
        found = tf.math.unsorted_segment_sum(tf.ones_like(used), row, rows)
        return (
            tf.reshape(sums, (-1, self.tokens, self.table.shape[1])),
            tf.reshape(squares, (-1, self.tokens, 1)),
            tf.reshape(tf.cast(found > 0.0, tf.float32), (-1, self.tokens, 1)),
        )


def text_ff(
    features: TextFeatures, outputs: int, seed: int, options: TextFF
) -> keras.Model:
    """The bag of features to logits; `units` > 0 adds a hidden layer.

    fastText's averaged embedding (Joulin et al. 2017) with TF-IDF weights.
    """
    layers = Layers(seed)
    text = _text(features, layers, options, tokens=1)
    x = layers.dropout(options.dropout)(_bag(text))
    if options.units:
        x = layers.dropout(options.dropout)(layers.dense(options.units, activation="relu")(x))
    return keras.Model(text.packed, layers.logits(outputs)(x), name="text_ff")


def text_cnn(
    features: TextFeatures, outputs: int, seed: int, options: TextCNN
) -> keras.Model:
    """Convolutions of several widths over tokens, maximum over time (Kim 2014); and the bag."""
    layers = Layers(seed)
    text = _text(features, layers, options, features.tokens)
    tokens, mask = _tokens(text, layers), text.mask
    maxima = [
        tf.reduce_max(norm_relu(layers.conv_tokens(options.channels, width)(tokens)) * mask, 1)
        for width in options.widths
    ]
    x = layers.dropout(options.dropout)(tf.concat([_bag(text), *maxima], -1))
    return keras.Model(text.packed, layers.logits(outputs)(x), name="text_cnn")


def text_lstm(
    features: TextFeatures, outputs: int, seed: int, options: TextRecurrent
) -> keras.Model:
    """Bidirectional LSTM over tokens, maximum over time; and the bag."""
    return _recurrent(keras.layers.LSTMCell, "text_lstm", features, outputs, seed, options)


def text_gru(
    features: TextFeatures, outputs: int, seed: int, options: TextRecurrent
) -> keras.Model:
    """Bidirectional GRU over tokens, maximum over time; and the bag."""
    return _recurrent(keras.layers.GRUCell, "text_gru", features, outputs, seed, options)


def _recurrent(
    cell: type[keras.layers.Layer],
    name: str,
    features: TextFeatures,
    outputs: int,
    seed: int,
    options: TextRecurrent,
) -> keras.Model:
    layers = Layers(seed)
    text = _text(features, layers, options, features.tokens)
    tokens, mask = _tokens(text, layers), text.mask
    both_ways = layers.recurrent(cell, options.units, features.tokens)
    states = both_ways(tokens, mask=tf.cast(mask[:, :, 0], tf.bool))
    maxima = tf.reduce_max(states - (1.0 - mask) * 2.0, axis=1)
    x = layers.dropout(options.dropout)(tf.concat([_bag(text), maxima], -1))
    return keras.Model(text.packed, layers.logits(outputs)(x), name=name)


def bag_of(
    packed: tf.Tensor, features: TextFeatures, layers: Layers, options: TextOptions
) -> tf.Tensor:
    """The bag [N, embedding] of packed features int32 [N, L], within another network."""
    return _bag(_text(features, layers, options, tokens=1, packed=packed))


def _text(
    features: TextFeatures,
    layers: Layers,
    options: TextOptions,
    tokens: int,
    packed: tf.Tensor | None = None,
) -> _Text:
    """The IDF table is a weight that is not trained, so it is saved with the others."""
    if packed is None:
        packed = keras.Input((features.features,), dtype="int32", name="packed")
    buckets = tf.bitwise.bitwise_and(packed, ID_MASK)
    idf = keras.layers.Embedding(
        features.buckets + 1, 1, embeddings_initializer="zeros", trainable=False, name=IDF_LAYER
    )
    weights = layers.dropout(options.feature_dropout)(idf(buckets)[:, :, 0])
    if options.token_dropout:
        ones = tf.ones_like(packed[:, :1], tf.float32) * tf.ones((1, features.tokens))
        kept = layers.dropout(options.token_dropout)(ones)
        weights *= tf.gather(kept, tf.bitwise.right_shift(packed, ID_BITS), batch_dims=1)
    summed = TokenSums(features.buckets, options.embedding, tokens, layers.small_uniform())
    return _Text(packed, *summed(packed, weights))


def _bag(text: _Text) -> tf.Tensor:
    """relu(norm(w.E)), w the weights of the whole text at unit length."""
    squares = tf.reduce_sum(text.squares, axis=1)
    return norm_relu(tf.reduce_sum(text.sums, axis=1) * tf.math.rsqrt(squares + 1e-6))


def _tokens(text: _Text, layers: Layers) -> tf.Tensor:
    """Vectors [N, T, E]: relu(W.v + b), v the weighted sum of the vectors of the token's features,
    its weights at unit length; 0 where there is no token.
    """
    dense = layers.dense(text.sums.shape[-1], activation="relu")
    return dense(text.sums * tf.math.rsqrt(text.squares + 1e-6)) * text.mask


def measure_idf(model: keras.Model, features: TextFeatures, inputs: np.ndarray) -> None:
    """Set the table of inverse document frequencies, which is not trained."""
    weights = inverse_document_frequency(features.encode(inputs), features.buckets)
    model.get_layer(IDF_LAYER).set_weights([weights[:, None]])
