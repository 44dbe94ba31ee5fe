"""Text as packed hashed features: words, word pairs and character n-grams, each with its token.

Feature strings are hashed into buckets (Weinberger et al. 2009), with the character n-grams of
`<word>` as in fastText (Bojanowski et al. 2017, section 3.2). There is no vocabulary to keep.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from ..parsing import parse

ID_BITS = 20
ID_MASK = (1 << ID_BITS) - 1
MAX_TOKENS = 256
MAX_FEATURES = 2048
_WORD_GRAMS = 64
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class TextFeatures:
    """Encoder of texts: int32 [N, features], 0 is padding.

    An entry is `bucket | token << 20`: bucket 1..buckets, token 0..tokens-1. Tokens and features
    past the two limits are cut.
    """

    tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)]
    features: Annotated[int, Meta(ge=1, le=MAX_FEATURES)]
    buckets: Annotated[int, Meta(ge=1, le=ID_MASK - 1)]
    shortest: Annotated[int, Meta(ge=1, le=8)]
    longest: Annotated[int, Meta(ge=1, le=8)]

    @classmethod
    def fit(cls, inputs: Iterable[str], shape: tuple[int, ...], options: Any) -> TextFeatures:
        """Limits that cut about one text in a hundred, at most 256 tokens and 2048 features.

        `options` have buckets, shortest and longest.
        """
        hashing = {key: getattr(options, key) for key in ("buckets", "shortest", "longest")}
        whole = cls(MAX_TOKENS, MAX_FEATURES, **hashing)
        words: dict[str, list[int]] = {}
        rows = [whole._row(str(text), words) for text in inputs]
        tokens = [(row[-1] >> ID_BITS) + 1 for row in rows if row]
        features = [len(row) for row in rows if row]
        return cls(most_of(tokens, MAX_TOKENS), most_of(features, MAX_FEATURES), **hashing)

    @classmethod
    def from_json(cls, state: Mapping[str, Any], shape: tuple[int, ...]) -> TextFeatures:
        """The encoder of a `to_json`."""
        return parse(state, cls, "encoder: ")

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """Packed features of each text."""
        words: dict[str, list[int]] = {}
        rows = [self._row(str(text), words) for text in texts]
        encoded = np.zeros((len(rows), self.features), np.int32)
        for target, row in zip(encoded, rows, strict=True):
            target[: min(len(row), self.features)] = row[: self.features]
        return encoded

    def to_json(self) -> dict[str, Any]:
        """The five numbers."""
        return asdict(self)

    def _row(self, text: str, words: dict[str, list[int]]) -> list[int]:
        row: list[int] = []
        before = ""
        for position, word in enumerate(text_words(text)[: self.tokens]):
            if word not in words:
                words[word] = self._word(word)
            pair = bucket_of(f"2{before} {word}", self.buckets)
            row.extend(bucket | position << ID_BITS for bucket in (*words[word], pair))
            before = word
            if len(row) >= self.features:
                break
        return row

    def _word(self, word: str) -> list[int]:
        """Buckets of the word and of the n-grams of `<word>`, each once."""
        features = [f"1{word}", *letter_grams(word, self.shortest, self.longest)]
        return list(dict.fromkeys(bucket_of(feature, self.buckets) for feature in features))


def text_words(text: str) -> list[str]:
    """Words and single marks of the lower-case text."""
    return _TOKEN.findall(text.lower())


def letter_grams(word: str, shortest: int, longest: int) -> Iterator[str]:
    """Feature names of the n-grams of `<word>`, of its first 64 letters."""
    marked = f"<{word[:_WORD_GRAMS]}>"
    for size in range(shortest, longest + 1):
        for start in range(len(marked) - size + 1):
            yield f"c{marked[start : start + size]}"


def bucket_of(feature: str, buckets: int) -> int:
    """1..buckets, by CRC-32."""
    return zlib.crc32(feature.encode("utf-8", "replace")) % buckets + 1


def inverse_document_frequency(encoded: np.ndarray, buckets: int) -> np.ndarray:
    """max(0, ln(N / (1 + df))) of bucket 0..buckets, float32; 0 for padding."""
    frequency = document_frequency(encoded, buckets)
    weights = np.log(max(len(encoded), 1) / (1 + frequency)).clip(min=0.0)
    weights[0] = 0.0
    return weights.astype(np.float32)


def document_frequency(encoded: np.ndarray, buckets: int) -> np.ndarray:
    """Rows that have bucket 0..buckets, float64."""
    frequency = np.zeros(buckets + 1)
    for row in encoded:
        frequency[np.unique(row & ID_MASK)] += 1
    return frequency


def most_of(sizes: list[int], most: int) -> int:
    """What all but about one in a hundred `sizes` stay within, 1..most."""
    return min(most, int(np.ceil(np.percentile(sizes, 99)))) if sizes else 1
