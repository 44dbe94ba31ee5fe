"""What a linear SVM knows of texts: word and character n-grams by TF-IDF, under a linear layer.

Weights as the customary pipeline of scikit-learn has them (`TfidfVectorizer` of words and of
`char_wb`, side by side): sublinear, each of the two groups at unit length (Joachims 1998; Manning,
Raghavan and Schuetze 2008, section 6.4). Features are hashed (Weinberger et al. 2009); of the
buckets only those that a training text has get weights to train.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from .._keras import keras, tf
from ..errors import InputError
from ..parsing import parse
from .base import Layers
from .options import Fraction, Options
from .text_features import (
    ID_BITS,
    ID_MASK,
    MAX_FEATURES,
    MAX_TOKENS,
    bucket_of,
    document_frequency,
    letter_grams,
    most_of,
    text_words,
)
from .text_nets import TokenSums

FEW_TEXTS = 10_000
"""Of more training texts, what one of them alone has is worth no weights."""
_MEASURED = "measured"
_COUNT_BITS = ID_BITS + 1
_MOST_COUNT = 1 << (31 - _COUNT_BITS)
_WORDS, _LETTERS = 0, 1 << ID_BITS


class Tfidf(Options, frozen=True):
    """Hashing, and the network: `units` of a hidden layer; 0: none, the linear layer alone.

    Features fall into `buckets`; n-grams have `shortest` to `longest` letters. `gain` is how far a
    step of training moves the weight of a feature, in units of the learning rate of trainers.
    `feature_dropout` leaves out features, `dropout` values of the hidden layer.
    """

    buckets: Annotated[int, Meta(ge=1, le=2**20 - 2)] = 2**18
    shortest: Annotated[int, Meta(ge=1, le=8)] = 2
    longest: Annotated[int, Meta(ge=1, le=8)] = 5
    units: Annotated[int, Meta(ge=0, le=65536)] = 0
    gain: Annotated[float, Meta(gt=0, le=10_000)] = 150.0
    feature_dropout: Fraction = 0.0
    dropout: Fraction = 0.5

    def __post_init__(self) -> None:
        if self.shortest > self.longest:
            raise InputError(
                f"shortest must be at most longest, got {self.shortest} and {self.longest}"
            )


@dataclass(frozen=True)
class TfidfFeatures:
    """Encoder of texts: int32 [N, features], 0 is padding.

    An entry is `bucket | group << 20 | (count - 1) << 21`: bucket 1..buckets, group 0 for words and
    pairs of words, 1 for character n-grams, count 1..1024 of the feature in the text. `used` is the
    number of buckets that get weights: of up to FEW_TEXTS training texts those that one has, of
    more those that two have.
    """

    features: Annotated[int, Meta(ge=1, le=MAX_FEATURES)]
    used: Annotated[int, Meta(ge=0, le=ID_MASK - 1)]
    buckets: Annotated[int, Meta(ge=1, le=ID_MASK - 1)]
    shortest: Annotated[int, Meta(ge=1, le=8)]
    longest: Annotated[int, Meta(ge=1, le=8)]

    @classmethod
    def fit(cls, inputs: Iterable[str], shape: tuple[int, ...], options: Any) -> TfidfFeatures:
        """A limit that cuts about one text in a hundred, at most 2048 features.

        `options` have buckets, shortest and longest.
        """
        hashing = {key: getattr(options, key) for key in ("buckets", "shortest", "longest")}
        whole = cls(MAX_FEATURES, 0, **hashing)
        rows = [whole._row(str(text)) for text in inputs]
        features = most_of([len(row) for row in rows if row], MAX_FEATURES)
        texts = Counter(entry for row in rows for entry in {x & ID_MASK for x in row[:features]})
        least = _least_texts(len(rows))
        return replace(whole, features=features, used=sum(n >= least for n in texts.values()))

    @classmethod
    def from_json(cls, state: Mapping[str, Any], shape: tuple[int, ...]) -> TfidfFeatures:
        """The encoder of a `to_json`."""
        found = parse(state, cls, "encoder: ")
        if found.used > found.buckets:
            raise InputError(
                f"encoder: used must be at most buckets, got {found.used} and {found.buckets}"
            )
        return found

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """Packed features of each text."""
        rows = [self._row(str(text))[: self.features] for text in texts]
        encoded = np.zeros((len(rows), self.features), np.int32)
        for target, row in zip(encoded, rows, strict=True):
            target[: len(row)] = row
        return encoded

    def to_json(self) -> dict[str, Any]:
        """The five numbers."""
        return asdict(self)

    def _row(self, text: str) -> list[int]:
        words = text_words(text)[:MAX_TOKENS]
        pairs = zip(["", *words], words, strict=False)
        names = [f"1{word}" for word in words] + [f"2{before} {word}" for before, word in pairs]
        hashing = self.buckets, self.shortest, self.longest
        letters = chain.from_iterable(_letters(word, *hashing) for word in words)
        return _entries((bucket_of(name, self.buckets) for name in names), _WORDS) + _entries(
            letters, _LETTERS
        )


@lru_cache(1 << 16)
def _letters(word: str, buckets: int, shortest: int, longest: int) -> tuple[int, ...]:
    """Buckets of the n-grams of a word; texts have most words in common."""
    return tuple(bucket_of(gram, buckets) for gram in letter_grams(word, shortest, longest))


def _entries(buckets: Iterable[int], group: int) -> list[int]:
    return [
        bucket | group | (min(count, _MOST_COUNT) - 1) << _COUNT_BITS
        for bucket, count in Counter(buckets).items()
    ]


def _least_texts(texts: int) -> int:
    """How many of so many training texts have a bucket that gets weights."""
    return 1 if texts <= FEW_TEXTS else 2


def tfidf(encoder: TfidfFeatures, outputs: int, seed: int, options: Tfidf) -> keras.Model:
    """Word 1-2-grams and character n-grams by sublinear TF-IDF to logits, as a linear SVM has it.

    (1 + ln count) * idf, the words and the n-grams of a text at unit length each, under a linear
    layer; `units` > 0 adds a hidden layer between. Weights of features are trained by Adagrad
    (Duchi et al. 2011), whose steps for rare features are larger.
    """
    layers = Layers(seed)
    packed = keras.Input((encoder.features,), dtype="int32", name="packed")
    entries, weights = _weighted(packed, encoder)
    weights = layers.dropout(options.feature_dropout)(weights)
    random = layers.small_uniform(0.05 / options.gain)
    start = random if options.units else keras.initializers.Zeros()
    table = TokenSums(encoder.used, options.units or outputs, 2, start, few_rows=True)
    sums, squares, _ = table(entries, weights)
    x = tf.reduce_sum(sums * tf.math.rsqrt(squares + 1e-12), axis=1) * options.gain
    if options.units:
        x = layers.dropout(options.dropout)(tf.nn.relu(x))
        x = layers.logits(outputs)(x)
    else:
        x = Bias(name="logits")(x)
    return keras.Model(packed, x, name="tfidf")


class Bias(keras.layers.Layer):
    """Adds a trained vector, zeros at first: [N, width] to the same."""

    def build(self, shape: tf.TensorShape) -> None:
        """The vector."""
        self.bias = self.add_weight(name="bias", shape=shape[-1:], initializer="zeros")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The sum."""
        return inputs + self.bias


def _weighted(packed: tf.Tensor, encoder: TfidfFeatures) -> tuple[tf.Tensor, tf.Tensor]:
    """Entries `slot | group << 20`, 0 for a bucket that no training text has, and TF-IDF weights.

    The table of idf and slot is a weight that is not trained, so it is saved with the others.
    """
    measured = keras.layers.Embedding(
        encoder.buckets + 1, 2, embeddings_initializer="zeros", trainable=False, name=_MEASURED
    )
    found = measured(tf.bitwise.bitwise_and(packed, ID_MASK))
    count = tf.cast(tf.bitwise.right_shift(packed, _COUNT_BITS) + 1, tf.float32)
    slot = tf.cast(found[:, :, 1], tf.int32)
    group = tf.bitwise.bitwise_and(packed, _LETTERS)
    entries = tf.where(slot > 0, tf.bitwise.bitwise_or(slot, group), 0)
    return entries, (1.0 + tf.math.log(count)) * found[:, :, 0]


def measure_tfidf(model: keras.Model, encoder: TfidfFeatures, inputs: np.ndarray) -> None:
    """Set idf = 1 + ln((1 + N) / (1 + df)) and the slot 1..used of each bucket that there is."""
    frequency = document_frequency(encoder.encode(inputs), encoder.buckets)
    frequency[0] = 0
    there = frequency >= _least_texts(len(inputs))
    idf = 1.0 + np.log((1 + len(inputs)) / (1 + frequency))
    table = np.stack([np.where(there, idf, 0.0), np.where(there, np.cumsum(there), 0)], axis=1)
    model.get_layer(_MEASURED).set_weights([table.astype(np.float32)])
