"""What an answer is worth: accuracy, squared error, concordance; NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError


@dataclass(frozen=True)
class ClassificationMetrics:
    """`accuracy` in 0..1; an example whose label training never saw (-1) counts as an error."""

    accuracy: float
    examples: int
    unknown_label_examples: int


def classification_metrics(scores: np.ndarray, targets: np.ndarray) -> ClassificationMetrics:
    """Share of rows of `scores` [N, C] whose largest column is the target [N]."""
    if scores.ndim != 2 or targets.shape != scores.shape[:1] or not len(targets):
        raise _misfit("scores", scores, targets)
    low, high = targets.min(), targets.max()
    if low < -1 or high >= scores.shape[1]:
        raise InputError(f"targets must be -1..{scores.shape[1] - 1}, got {low}..{high}")
    right = scores.argmax(axis=1) == targets
    unknown = int((targets == -1).sum())
    return ClassificationMetrics(float(right.mean()), len(targets), unknown)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the softmax of logits [N, C], float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def negative_log_likelihood(logits: np.ndarray, targets: np.ndarray) -> float:
    """Mean of -log softmax(logits)[target], logits [N, C], class ids [N]."""
    return float(-log_softmax(logits)[np.arange(len(targets)), targets].mean())


def expected_calibration_error(
    confidences: np.ndarray, right: np.ndarray, bins: int = 15
) -> float:
    """ECE: sum over bins of their share times |accuracy - mean confidence|.

    Bins of equal width over 0..1 (Guo et al. 2017, arXiv 1706.04599, equation 3); both [N], of
    scores and of whether each was right.
    """
    rows = reliability(confidences, right, bins)
    return float(sum(count * abs(a - c) for count, c, a in rows) / max(len(right), 1))


def reliability(
    confidences: np.ndarray, right: np.ndarray, bins: int = 15
) -> list[tuple[int, float, float]]:
    """(examples, mean confidence, accuracy) of each bin that holds any."""
    if confidences.shape != right.shape or confidences.ndim != 1:
        raise _misfit("confidences", confidences, right)
    place = np.minimum((confidences * bins).astype(int), bins - 1)
    return [
        (int(here.sum()), float(confidences[here].mean()), float(right[here].mean()))
        for here in (place == bin_ for bin_ in range(bins))
        if here.any()
    ]


def mse(values: np.ndarray, targets: np.ndarray) -> float:
    """Mean squared error over all rows and columns."""
    if values.shape != targets.shape or not targets.size:
        raise _misfit("values", values, targets)
    return float(np.mean(np.square(values.astype(np.float64) - targets)))


def concordance_index(values: np.ndarray, targets: np.ndarray) -> float:
    """Share of pairs with different targets whose values have the same order; O(n log n).

    A pair with equal values counts 1/2 (Harrell et al. 1982, without censoring). Both arguments
    are [N] or [N, K]; with K columns, the mean over them. `InputError` when all targets are equal.
    """
    if values.shape != targets.shape or not targets.size:
        raise _misfit("values", values, targets)
    columns = zip(np.atleast_2d(values.T), np.atleast_2d(targets.T), strict=True)
    return float(np.mean([_column_concordance(*column) for column in columns]))


def _misfit(name: str, found: np.ndarray, targets: np.ndarray) -> InputError:
    return InputError(
        f"{name} {list(found.shape)} and targets {list(targets.shape)} do not fit together"
    )


def _column_concordance(values: np.ndarray, targets: np.ndarray) -> float:
    order = np.argsort(targets, kind="stable")
    ranks = np.unique(values[order], return_inverse=True)[1]
    groups = np.split(ranks, np.flatnonzero(np.diff(targets[order])) + 1)
    tree = _RankCounts(int(ranks.max()) + 1)
    score, pairs, smaller = 0.0, 0, 0
    for group in groups:
        pairs += smaller * len(group)
        for rank in group.tolist():
            score += (tree.below(rank) + tree.below(rank + 1)) / 2
        for rank in group.tolist():
            tree.add(rank)
        smaller += len(group)
    if not pairs:
        raise InputError("concordance index: all targets are equal; it needs at least 2 values")
    return score / pairs


class _RankCounts:
    """Counts of ranks 0..n-1 with running totals in O(log n) (Fenwick 1994)."""

    def __init__(self, size: int) -> None:
        self._sums = [0] * (size + 1)

    def add(self, rank: int) -> None:
        position = rank + 1
        while position < len(self._sums):
            self._sums[position] += 1
            position += position & -position

    def below(self, rank: int) -> int:
        """How many added ranks are smaller than `rank`."""
        total, position = 0, rank
        while position:
            total += self._sums[position]
            position -= position & -position
        return total
