"""Which response fits to the scores of a message: what responses let expect, learnt on train.

A system of labels says p(i | m) for a message m. Its answer is a(m) = (log p - mean) W, whitened on
the messages of train. What a response r lets expect is g(r) = x(r) B for its TF-IDF vector x, by
ridge regression of a(m) on x(r) over pairs of train. The score of r for m is a(m) . g(r) / |g(r)|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .labelled import LabelledPairs
from .nearest import Vectors
from .normal import normal_form
from .offers import Score

LEAST_SCORE = 1e-5
NOISE = 0.01
"""Of the largest variance, added to each before whitening."""
RIDGE = 3.0
MOST_PAIRS = 50_000
"""Pairs of train that are learnt from; of more, so many drawn by a fixed seed."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """`mean` [L] and `rotation` [L, L]: scores [N, L] to answers [N, L]."""

    mean: np.ndarray
    rotation: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray) -> Whitening:
        """Of scores [N, L]: answers have the covariance of the identity, less what NOISE takes."""
        logs = _logs(scores)
        mean = logs.mean(axis=0)
        away = logs - mean
        variance, axes = np.linalg.eigh(away.T @ away / len(away))
        largest = max(float(variance[-1]), 1e-12)
        return cls(mean, axes / np.sqrt(np.maximum(variance, 0) + NOISE * largest))

    def answers(self, scores: np.ndarray) -> np.ndarray:
        """(log p - mean) W, float64 [N, L]."""
        return np.asarray((_logs(scores) - self.mean) @ self.rotation)


def _logs(scores: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(scores.astype(np.float64), LEAST_SCORE))


@dataclass(frozen=True, eq=False)
class Matcher:
    """`expected` float64 [T, L]: answers that T responses let expect, of length 1, or 0."""

    whitening: Whitening
    expected: np.ndarray

    def scores(self, scores: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Scores [P, C] of places `candidates` in T for label scores [P, L]."""
        pairs = zip(self.whitening.answers(scores), candidates, strict=True)
        return np.stack([self.expected[places] @ answer for answer, places in pairs])


def fit_matcher(score: Score, train: LabelledPairs, texts: Sequence[str]) -> Matcher:
    """The matcher of a system that scores by `score`, for normal forms `texts` [T].

    Learns from the pairs of `train` alone. A text that has no word and no run of letters in common
    with a response of train expects nothing: all messages score 0 for it.
    """
    from sklearn.linear_model import Ridge

    train = train.sample(MOST_PAIRS)
    said = [normal_form(response) or response for response in train.responses]
    found = score(train.messages)
    whitening, vectors = Whitening.of(found), Vectors(said)
    ridge = Ridge(alpha=RIDGE, fit_intercept=False, solver="sparse_cg", tol=1e-3, max_iter=100)
    ridge.fit(vectors.of(said).astype(np.float64), whitening.answers(found))
    expected = np.reshape(ridge.predict(vectors.of(texts).astype(np.float64)), (len(texts), -1))
    length = np.linalg.norm(expected, axis=1, keepdims=True)
    return Matcher(whitening, expected / np.where(length > 0, length, 1))
