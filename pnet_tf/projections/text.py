"""Text projection: UTF-8 bytes in, one ternary vector a token out, by integer arithmetic.

Every step up to the last is an int32 TensorFlow op that converts to a TFLite builtin, so Python and
the device compute the same sums, and no quantiser (they touch float tensors only) can change one.
The last step clips those sums to -1..1 in float, where TFLite is quicker; they stay three values.

1. A 256-entry table gives each byte a code: letters fold to lower case, white space is 0.
2. A token is a run of word bytes, or one punctuation mark; `tokens` of them are kept, the rest
   of the message falls into the last one.
3. Each byte opens four n-grams around it, of its code c, the next n, the previous p and the one
   after the next m: c, cn, pcn, pcnm. Their hashes are the growing multilinear form
   K_1 c + K_2 n + K_3 p + K_4 m modulo 2^32. A token's word hash is the sum of the squares of its
   pcn hashes, so it needs no position.
4. Multiply-shift (Dietzfelbinger et al. 1997): the top bits of h * C, C odd and another one for
   each kind of n-gram, name a column and a sign; +-1 is added there (count sketch, Charikar et al.
   2002), `hashes` times an n-gram and `word_hashes` times a word. The token vector is the sign of
   the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._keras import keras, tf
from ..errors import InputError
from ..spaces import Space
from .base import Projection
from .seeded import check_range, check_seed, random_words

_ORDERS = 4
_MARKS = [c for c in range(33, 127) if not (chr(c).isalnum() or chr(c) in "'_")]


def byte_table() -> np.ndarray:
    """uint8 [256], what a model file holds: the code of each byte.

    0: white space and control bytes; 1 to 30: the punctuation marks, each a token of its own;
    else the byte itself with A-Z folded to a-z. Apostrophe and underscore count as letters, and so
    does every byte of a character outside ASCII.
    """
    table = np.arange(256, dtype=np.uint8)
    table[ord("A") : ord("Z") + 1] += 32
    table[:33] = 0
    table[127] = 0
    table[_MARKS] = np.arange(1, len(_MARKS) + 1)
    return table


def multipliers(seed: int, hashes: int, word_hashes: int) -> np.ndarray:
    """Odd int32 [4 + 4 * hashes + word_hashes] from the Philox stream (seed, "text").

    K_1 to K_4, then C of c, cn, pcn and pcnm (`hashes` each), then C of words.
    """
    words = random_words(seed, "text", _ORDERS + _ORDERS * hashes + word_hashes)
    return ((words >> np.uint64(32)).astype(np.uint32) | np.uint32(1)).view(np.int32)


def text_vectors(
    data: tf.Tensor, constants: np.ndarray, tokens: int, columns: int, hashes: int
) -> tf.Tensor:
    """UTF-8 bytes uint8 [N, L], zero-padded, to vectors of -1, 0, +1, float32 [N, tokens, columns].

    `constants` are the `multipliers` of the same `hashes`; `columns` is a power of two.
    """
    forms, ngram, word = np.split(constants, [_ORDERS, _ORDERS * (hashes + 1)])
    code = tf.gather(tf.constant(byte_table().astype(np.int32)), tf.cast(data, tf.int32))
    inside = tf.minimum(code, 1)
    token = _token_index(code, inside, tokens)
    ngrams = _ngram_hashes(code, forms)
    words = _scatter(token, ngrams[2] * ngrams[2] * inside, tokens)
    products = [_products(tf.stack(ngrams, 1), ngram.reshape(_ORDERS, hashes, 1)),
                _products(tf.expand_dims(words, 1), word.reshape(1, -1, 1))]  # fmt: skip
    times = (_ORDERS * hashes, len(word))
    first = _repeated((token, _word_tokens(words)), times)
    weight = _repeated((inside, tf.minimum(tf.abs(words), 1)), times)
    index, hits = _places(tf.concat(products, 1), first, weight, columns)
    sums = tf.reshape(_scatter(index, hits, tokens * columns), [-1, tokens, columns])
    return tf.clip_by_value(tf.cast(sums, tf.float32), -1.0, 1.0)


def _shifted(values: tf.Tensor, before: int, after: int) -> tf.Tensor:
    return tf.pad(values, [[0, 0], [before, after]])


def _token_index(code: tf.Tensor, inside: tf.Tensor, tokens: int) -> tf.Tensor:
    """int32 [N, L]: the token of each byte, 0..tokens-1; white space belongs to the one before."""
    # a byte continues a token when neither it nor its predecessor is white space or a mark
    joins = tf.minimum(tf.maximum(code - len(_MARKS), 0), 1)
    previous = _shifted(joins, 1, 0)[:, :-1]
    start = inside - joins * previous
    return tf.clip_by_value(tf.cumsum(start, axis=1) - 1, 0, tokens - 1)


def _ngram_hashes(code: tf.Tensor, k: np.ndarray) -> list[tf.Tensor]:
    """int32 [N, L] each: the hashes of c, cn, pcn, pcnm around each byte."""
    wide = _shifted(code, 1, 2)
    length = code.shape[1]
    p, n = wide[:, :length], wide[:, 2 : length + 2]
    m = wide[:, 3:] * tf.minimum(n, 1)
    c = code * k[0]
    cn = c + n * k[1]
    pcn = cn + p * k[2]
    return [c, cn, pcn, pcn + m * k[3]]


def _products(hashes: tf.Tensor, constants: np.ndarray) -> tf.Tensor:
    """Products hash * C, int32 [N, O * H * K], of `hashes` [N, O, K] and `constants` [O, H, 1]."""
    # not `[:, :, None]`: that index costs a file one more operator
    products = tf.expand_dims(hashes, 2) * constants
    return tf.reshape(products, [-1, int(np.prod(products.shape[1:]))])


def _word_tokens(words: tf.Tensor) -> tf.Tensor:
    """int32 [N, tokens]: a word's token is its own index."""
    tokens = tf.range(words.shape[1], dtype=tf.int32)[None]
    return tokens if words.shape[0] == 1 else tf.tile(tokens, [tf.shape(words)[0], 1])


def _repeated(values: Sequence[tf.Tensor], times: Sequence[int]) -> tf.Tensor:
    """Each of `values` [N, -1] so many times, side by side."""
    parts = zip(values, times, strict=True)
    return tf.concat([value for value, count in parts for _ in range(count)], 1)


def _places(
    products: tf.Tensor, token: tf.Tensor, weight: tf.Tensor, columns: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Flat column token * columns + (top bits of hash * C), and weight * sign; all int32 [N, K]."""
    top = tf.math.floordiv(products, 2**32 // (2 * columns))
    negative = tf.maximum(tf.minimum(top, 0), -1)  # top is -columns..columns-1
    return token * columns + top - negative * columns, (negative * 2 + 1) * weight


def _scatter(index: tf.Tensor, values: tf.Tensor, segments: int) -> tf.Tensor:
    """int32 [N, segments]: sums of `values` [N, K] over equal `index` [N, K]."""
    if index.shape[0] == 1:
        sums = tf.math.unsorted_segment_sum(
            tf.reshape(values, [-1]), tf.reshape(index, [-1]), segments
        )
        return tf.expand_dims(sums, 0)
    batch = tf.shape(index)[0]
    rows = index + tf.range(batch)[:, None] * segments
    sums = tf.math.unsorted_segment_sum(values, rows, batch * segments)
    return tf.reshape(sums, [batch, segments])


@keras.utils.register_keras_serializable("pnet_tf")
class TextProjection(Projection):
    """UTF-8 bytes uint8 [N, byte_length] to ternary token vectors float32 [N, tokens, T*d].

    T = `functions` of d = `bits` give each token T*d columns, which must be a power of two, 8 to
    4096. An n-gram sets `hashes` columns and a whole token `word_hashes`. A message of more than
    `tokens` tokens has its rest in the last one. InputError on bad values.
    """

    kinds = ("text",)
    space = Space(
        {
            "functions": (8, 16, 32, 64),
            "tokens": (16, 24, 32),
            "hashes": (1, 2, 3),
            "word_hashes": (1, 2, 4, 6),
        },
        start={"functions": 16, "tokens": 32, "word_hashes": 4},
        kinds=kinds,
    )

    def __init__(
        self,
        functions: int = 32,
        bits: int = 8,
        tokens: int = 32,
        hashes: int = 2,
        word_hashes: int = 4,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tokens = check_range("tokens", tokens, 1, 512)
        self.functions = check_range("functions", functions, 1, 4096)
        self.bits = check_range("bits", bits, 1, 32)
        self.columns = self.functions * self.bits
        if self.columns & (self.columns - 1) or not 8 <= self.columns <= 4096:
            raise InputError(
                f"functions * bits of the text projection must be a power of two, 8..4096, "
                f"got {functions} * {bits}"
            )
        self.hashes = check_range("hashes", hashes, 1, 32)
        self.word_hashes = check_range("word_hashes", word_hashes, 1, 32)
        self.seed = check_seed(seed)
        self._constants = multipliers(self.seed, self.hashes, self.word_hashes)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Token vectors [N, tokens, T*d]."""
        return text_vectors(inputs, self._constants, self.tokens, self.columns, self.hashes)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[N, tokens, T*d]."""
        return (input_shape[0], self.tokens, self.columns)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("functions", "bits", "tokens", "hashes", "word_hashes", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
