"""Which response fits to the scores of a message: what responses let expect, learnt on train.

A system of labels says p(i | m) for a message m. Its answer is a(m) = (log p - mean) W, whitened on
the messages of train. What a response r lets expect is g(r) = x(r) B for its TF-IDF vector x, by
ridge regression of a(m) on x(r) over pairs of train. The score of r for m is a(m) . g(r) / |g(r)|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .labelled import LabelledPairs
from .nearest import Vectors
from .normal import normal_form
from .offers import Score

LEAST_SCORE = 1e-5
NOISE = 0.01
"""Of the largest variance, added to each before whitening."""
RIDGE, STEPS = 3.0, 30
_TINY = 1e-30
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
    train = train.sample(MOST_PAIRS)
    said = [normal_form(response) or response for response in train.responses]
    found = score(train.messages)
    whitening, vectors = Whitening.of(found), Vectors(said)
    weights = _ridge(vectors.of(said), whitening.answers(found))
    expected = np.asarray(vectors.of(texts) @ weights, np.float64)
    length = np.linalg.norm(expected, axis=1, keepdims=True)
    return Matcher(whitening, expected / np.where(length > 0, length, 1))


def _ridge(inputs: Any, answers: np.ndarray) -> np.ndarray:
    """W [F, L] of the least |XW - A|^2 + RIDGE |W|^2 for CSR X [N, F] and A [N, L].

    Conjugate gradients (Hestenes and Stiefel 1952) on all L columns at once, STEPS of them; a
    library that takes one column after the other needs many times as long.
    """
    back = inputs.T.tocsr()
    found = np.zeros((inputs.shape[1], answers.shape[1]))
    left = back @ answers
    way, size = left.copy(), (left**2).sum(axis=0)
    for _ in range(STEPS):
        turned = back @ (inputs @ way) + RIDGE * way
        step = size / np.maximum((way * turned).sum(axis=0), _TINY)
        found += step * way
        left -= step * turned
        before, size = size, (left**2).sum(axis=0)
        way = left + size / np.maximum(before, _TINY) * way
    return found
