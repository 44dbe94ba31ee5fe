"""What a trainer is, and the seeded layers that every network of this package is made of."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from .._keras import keras, tf

_UNROLLED_TOKENS = 32

SimilarWords: TypeAlias = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Trainer:
    """A teacher network.

    model: encoded inputs -> logits [N, outputs], no softmax; regression: the values themselves.
    encode: `Split.inputs` -> one array that the model takes (int32, uint8 or float32).
    config: plain JSON from which `rebuild_trainer` makes the same network with fresh weights; None
    for a model that exists in memory alone, which no run can rebuild.
    augmented: whether it sees the changed inputs of `augment`; else those as they are, of which the
    student sees changed ones.
    similar_words: words of texts -> those that may stand for each in a made text, of a trainer that
    knows more words than the texts have.
    """

    name: str
    model: keras.Model
    encode: Callable[[Any], np.ndarray]
    config: Mapping[str, Any] | None = None
    augmented: bool = True
    similar_words: SimilarWords | None = None


class Encoder(Protocol):
    """How a network sees `Split.inputs`; what it measured on the training split is its state.

    One that knows more words than the training split has `similar_words` too, that of `Trainer`.
    """

    @classmethod
    def fit(cls, inputs: np.ndarray, shape: tuple[int, ...], options: Any) -> Encoder:
        """The encoder for training inputs of `shape` (() for texts) and a network's options."""

    @classmethod
    def from_json(cls, state: Mapping[str, Any], shape: tuple[int, ...]) -> Encoder:
        """The encoder of a `to_json`."""

    def encode(self, inputs: Any) -> np.ndarray:
        """One array that the network takes."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""


@dataclass(frozen=True)
class Network:
    """A trainer by name, for one kind of input: what `names.TRAINERS` lists, alone or in a tuple.

    `build(encoder, outputs, seed, options)` gives the Keras model of encoded inputs; `options` is a
    frozen `msgspec.Struct` (or dataclass) whose fields are the options of settings; `encoder` the
    class that it declares. `measured(model, encoder, inputs)` sets weights that are not trained but
    measured on the training inputs. `augmented` is that of `Trainer`.
    """

    kind: str
    build: Callable[[Any, int, int, Any], keras.Model]
    options: type
    encoder: type[Any]
    measured: Callable[[keras.Model, Any, np.ndarray], None] | None = None
    augmented: bool = True


class Layers:
    """Standard Keras layers with a seed of their own each, so that a network depends on `seed`.

    Dropout keeps its random state in a variable, so that a checkpoint can hold it.
    """

    def __init__(self, seed: int) -> None:
        self._seeds: Iterator[int] = itertools.count(seed % 2**20 * 1000 + 1)

    def dense(self, units: int, **options: Any) -> keras.layers.Layer:
        """Dense layer, He initialisation: a relu follows."""
        return keras.layers.Dense(units, kernel_initializer=self._he(), **options)

    def logits(self, outputs: int) -> keras.layers.Layer:
        """The last layer, named "logits": linear."""
        start = keras.initializers.GlorotUniform(seed=next(self._seeds))
        return keras.layers.Dense(outputs, kernel_initializer=start, name="logits")

    def conv(self, filters: int, width: int, strides: int = 1) -> keras.layers.Layer:
        """Square 2-D convolution without bias: batch normalisation follows."""
        return keras.layers.Conv2D(
            filters, width, strides, padding="same", use_bias=False, kernel_initializer=self._he()
        )

    def conv_tokens(self, filters: int, width: int) -> keras.layers.Layer:
        """1-D convolution over tokens without bias: batch normalisation follows."""
        return keras.layers.Conv1D(
            filters, width, padding="same", use_bias=False, kernel_initializer=self._he()
        )

    def small_uniform(self, most: float = 0.05) -> keras.initializers.Initializer:
        """Of a table of vectors: uniform in +-`most`."""
        return keras.initializers.RandomUniform(-most, most, seed=next(self._seeds))

    def recurrent(
        self, cell: type[keras.layers.Layer], units: int, tokens: int
    ) -> keras.layers.Layer:
        """Both directions of `cell` (LSTMCell or GRUCell), all states: [N, T, 2 * units].

        Few tokens are unrolled, about twice as fast. The generic RNN layer is as fast here as the
        fused ones, and traces several times faster.
        """
        ways = [
            keras.layers.RNN(
                self._cell(cell, units),
                return_sequences=True,
                go_backwards=backwards,
                unroll=tokens <= _UNROLLED_TOKENS,
            )
            for backwards in (False, True)
        ]
        return keras.layers.Bidirectional(ways[0], backward_layer=ways[1])

    def dropout(self, rate: float) -> keras.layers.Layer:
        """Dropout of single values."""
        return keras.layers.Dropout(rate, seed=next(self._seeds), rng_type="stateful")

    def _cell(self, cell: type[keras.layers.Layer], units: int) -> keras.layers.Layer:
        return cell(
            units,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(self._seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(self._seeds)),
        )

    def _he(self) -> keras.initializers.Initializer:
        return keras.initializers.HeUniform(seed=next(self._seeds))


def norm_relu(x: tf.Tensor) -> tf.Tensor:
    """relu(batch normalisation(x))."""
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
