"""The trainer `encoder`: a frozen sentence encoder beside hashed features, dense layers above."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from .._keras import keras, tf
from ..errors import InputError
from ..parsing import parse
from .base import Layers
from .embedding_cache import cached
from .encoder_files import FOLDER_VARIABLE, absolute, read_encoder
from .options import Count, Fraction
from .sentence_encoder import Pooling, SentenceEncoder
from .similar_words import similar_words
from .text_features import TextFeatures
from .text_nets import TextFF, bag_of, measure_idf

Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Length = Annotated[int, Meta(ge=1, le=8192)]
Width = Annotated[int, Meta(ge=1, le=65536)]
_SENTENCE_LENGTH = 4.0
"""Length of an embedding before the layers. Longer ones are learned by heart: five labels an intent
of CLINC150 gave 82 % at 20, 85 % at 8 and 87 % at 4, without features beside it."""
_BAG_SHARE = 0.05
"""Of the normalised bag, which learns few texts by heart: 83 % at 0.25, 87 % at 0.05."""
_VERSION = 1  # of how a vector is made of a text
_opened: dict[str, SentenceEncoder] = {}


class TextEncoder(TextFF, frozen=True):
    """`source`: the folder of an ONNX export (`model.onnx` or `onnx/model.onnx`, and
    `tokenizer.json`), or `package:NAME` of an installed package that carries these files;
    `tokenizer`: such a source for the tokenizer alone. A text is cut to `length` tokens. `pooling`
    of an export that gives vectors of tokens: their mean, or the first. `sentence_dropout` leaves
    out numbers of the embedding; for a share `alone` of the examples of a step the features beside
    it are left out. The rest is of these features.
    """

    source: str = ""
    tokenizer: str = ""
    length: Length = 128
    pooling: Pooling = "mean"
    embedding: Count = 128
    sentence_dropout: Fraction = 0.1
    alone: Fraction = 0.5


@dataclass(frozen=True)
class Sentences:
    """Encoder of texts: int32 [N, width + features].

    The first `width` columns are the bits of a text's embedding, float32, the others its packed
    features: one array that batches are gathered from. The hashes say which encoder it is; another
    one is refused.
    """

    source: str
    tokenizer: str
    model_sha256: Hash
    tokenizer_sha256: Hash
    length: Length
    pooling: Pooling
    width: Width
    features: TextFeatures

    @classmethod
    def fit(cls, inputs: Iterable[str], shape: tuple[int, ...], options: Any) -> Sentences:
        """The encoder of the files that `options` name; raises InputError for ones that are none"""
        source = absolute(os.environ.get(FOLDER_VARIABLE) or options.source)
        tokenizer = absolute(options.tokenizer)
        files = read_encoder(source, tokenizer)
        features = TextFeatures.fit(inputs, shape, options)
        new = cls(source, tokenizer, files.model_sha256, files.tokenizer_sha256, options.length,
                  options.pooling, 1, features)  # fmt: skip
        return replace(new, width=new._open().width)

    @classmethod
    def from_json(cls, state: Mapping[str, Any], shape: tuple[int, ...]) -> Sentences:
        """The encoder of a `to_json`; raises InputError where its files are not here, or others."""
        found = parse(state, cls, "encoder: ")
        width = found._open().width
        if width != found.width:
            raise InputError(f"encoder: width must be {width}, as its model has, got {found.width}")
        return found

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """Embeddings, from the cache where it has them, and packed features."""
        texts = [str(text) for text in texts]
        vectors = self._embed(texts)
        return np.concatenate([vectors.view(np.int32), self.features.encode(texts)], axis=1)

    def similar_words(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Words that the encoder knows and holds for alike, as `similar_words` finds them."""
        return similar_words(words, self._open().words(), self._embed)

    def to_json(self) -> dict[str, Any]:
        """Sources, hashes and numbers, nothing of the files."""
        return asdict(self)

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [N, width]."""
        return cached(texts, self._key(), self.width, lambda some: self._open().embed(some))

    def _key(self) -> str:
        """Hash of all but the text that an embedding depends on."""
        parts = (_VERSION, self.model_sha256, self.tokenizer_sha256, self.length, self.pooling)
        return sha256(" ".join(map(str, parts)).encode()).hexdigest()

    def _open(self) -> SentenceEncoder:
        """The encoder, whose session is kept for the next caller."""
        key = self._key()
        if key not in _opened:
            files = read_encoder(self.source, self.tokenizer)
            for path, found, wanted in (
                (files.model_path, files.model_sha256, self.model_sha256),
                (files.tokenizer_path, files.tokenizer_sha256, self.tokenizer_sha256),
            ):
                if found != wanted:
                    raise InputError(
                        f"{path} is another file than the trainer learned with: its SHA-256 must "
                        f"begin with {wanted[:12]}; {FOLDER_VARIABLE} names a folder that has it"
                    )
            _opened.clear()  # one at a time: a large encoder takes gigabytes
            _opened[key] = SentenceEncoder(files, self.length, self.pooling)
        return _opened[key]


def text_encoder(
    encoder: Sentences, outputs: int, seed: int, options: TextEncoder
) -> keras.Model:
    """The sentence's embedding and the bag of features, side by side, to logits.

    `units` > 0 adds a hidden layer. The encoder itself is frozen: it is no part of this network.
    """
    layers = Layers(seed)
    width = encoder.width
    encoded = keras.Input((width + encoder.features.features,), dtype="int32", name="encoded")
    sentence = tf.bitcast(encoded[:, :width], tf.float32) * _SENTENCE_LENGTH
    bag = bag_of(encoded[:, width:], encoder.features, layers, options) * _BAG_SHARE
    bag *= layers.dropout(options.alone)(tf.ones_like(bag[:, :1]))
    x = tf.concat(
        [layers.dropout(options.sentence_dropout)(sentence), layers.dropout(options.dropout)(bag)],
        axis=-1,
    )
    if options.units:
        x = layers.dropout(options.dropout)(layers.dense(options.units, activation="relu")(x))
    return keras.Model(encoded, layers.logits(outputs)(x), name="text_encoder")


def measure_features(model: keras.Model, encoder: Sentences, inputs: np.ndarray) -> None:
    """Set the table of inverse document frequencies of the features beside the embedding."""
    measure_idf(model, encoder.features, inputs)
