"""Accuracy and regression measures, and a model file's figures on a split."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .inputs import encode_inputs
from .interpreter import TFLiteModel

if TYPE_CHECKING:
    from ..data import Split


@dataclass(frozen=True)
class ClassificationMetrics:
    """`accuracy` in 0..1; an example whose label training never saw (-1) counts as an error."""

    accuracy: float
    examples: int
    unknown_label_examples: int


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model file on one split; those of the other task are None."""

    examples: int
    size_bytes: int
    runtime: str
    accuracy: float | None = None
    unknown_label_examples: int = 0
    cut_messages: int = 0
    mse: float | None = None
    concordance_index: float | None = None


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


def evaluate_model(model: TFLiteModel, split: "Split") -> Evaluation:
    """Run every example of `split` through `model`; messages that are too long are cut, counted."""
    inputs, cut = _encode(model, split.inputs)
    outputs = model.predict(inputs)
    if model.metadata.task == "regression":
        return _regression(model, outputs, split.targets)
    found = classification_metrics(outputs, split.targets)
    return Evaluation(
        examples=found.examples,
        size_bytes=model.size_bytes,
        runtime=model.runtime,
        accuracy=found.accuracy,
        unknown_label_examples=found.unknown_label_examples,
        cut_messages=cut,
    )


def _regression(model: TFLiteModel, values: np.ndarray, targets: np.ndarray) -> Evaluation:
    same = not np.ptp(targets, axis=0).all()
    return Evaluation(
        examples=len(targets),
        size_bytes=model.size_bytes,
        runtime=model.runtime,
        mse=mse(values, targets),
        concordance_index=None if same else concordance_index(values, targets),
    )


def _encode(model: TFLiteModel, inputs: np.ndarray) -> tuple[np.ndarray, int]:
    if model.metadata.input_kind != "text":
        return encode_inputs(model.metadata, inputs), 0
    from ..data import encode_text

    encoded = encode_text(inputs, model.metadata.input_shape[0])
    return encoded.bytes, encoded.cut
