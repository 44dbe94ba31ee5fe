"""Nearest texts by TF-IDF of words and letters; scikit-learn, loaded when it is needed."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np

CHUNK = 64
"""Texts whose similarities to all others are in memory at a time."""


def has_sklearn() -> bool:
    """Whether scikit-learn is installed."""
    return importlib.util.find_spec("sklearn") is not None


class Vectors:
    """Unit vectors of texts: words (1-2) and letters within words (3-4), half of each.

    tf is 1 + log(count), idf as scikit-learn smooths it, of the `texts` that it is made from. A
    dot product is then the mean of the cosine of words and that of letters, 0..1.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        common = {"sublinear_tf": True, "dtype": np.float32}
        words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", **common)
        letters = TfidfVectorizer(ngram_range=(3, 4), analyzer="char_wb", **common)
        self._union = make_union(words, letters)
        self._union.fit(list(texts))

    def of(self, texts: Sequence[str]) -> Any:
        """Rows [N, F], CSR float32."""
        return (self._union.transform(list(texts)) * np.float32(np.sqrt(0.5))).tocsr()


class Nearest:
    """The nearest of `texts` to others, by the cosine of `Vectors`."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.vectors = Vectors(texts)
        self._columns = self.vectors.of(texts).T.tocsr()
        self._size = len(texts)

    def near(self, texts: Sequence[str], k: int) -> tuple[np.ndarray, np.ndarray]:
        """Places int64 [N, k] of the k nearest, nearest first, and their cosines float64 [N, k].

        Fewer than k where there are fewer texts. Equal ones stand in the order of their places.
        """
        k, rows = min(k, self._size), self.vectors.of(texts)
        places = np.zeros((len(texts), k), np.int64)
        cosines = np.zeros((len(texts), k))
        for start in range(0, len(texts), CHUNK):
            here = slice(start, start + CHUNK)
            dense = (rows[here] @ self._columns).toarray()
            places[here], cosines[here] = _largest(dense, k)
        return places, cosines


def _largest(values: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and values of the k largest of each row, falling, ties by place."""
    if k < values.shape[1]:
        chosen = np.sort(np.argpartition(-values, k - 1, axis=1)[:, :k], axis=1)
    else:
        chosen = np.tile(np.arange(k), (len(values), 1))
    found = np.take_along_axis(values, chosen, axis=1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1), np.take_along_axis(found, order, axis=1)
