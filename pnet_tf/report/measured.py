"""Answers beside what was right: worst pairs, calibration, and the mistakes themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics import (
    classification_metrics,
    concordance_index,
    expected_calibration_error,
    mse,
    reliability,
)
from .shown import Shown, show_inputs

BINS = 10
MOST_PAIRS = 15
MOST_IN_PAIR = 3
MOST_IN_MATRIX = 20
MOST_MISTAKES = 2000
MOST_VALUES = 2000


@dataclass(frozen=True)
class Pair:
    """How often label `target` was taken for `predicted`; `mistakes` are places in the list."""

    target: int
    predicted: int
    count: int
    share: float
    mistakes: tuple[int, ...]


@dataclass(frozen=True)
class Bin:
    """Answers of about one score: how many, their mean score, the share of right ones."""

    examples: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Mistake:
    """One wrong answer: `target` -1 for a label that the model does not have; scores are 0..1."""

    input: Shown
    target: int
    predicted: int
    score: float
    target_score: float


@dataclass(frozen=True)
class LabelRow:
    """How many examples of a label there are, how many of them were right, how often it was said"""

    examples: int
    right: int
    predicted: int


@dataclass(frozen=True)
class Measured:
    """A classifier on labelled examples; lists by the order of the labels.

    `confusion`: rows of right labels, columns of answers; None where labels are more than 20.
    """

    examples: int
    accuracy: float
    top3_accuracy: float
    calibration_error: float
    bins: tuple[Bin, ...]
    labels: tuple[LabelRow, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    pairs: tuple[Pair, ...]
    mistakes: tuple[Mistake, ...]
    mistakes_in_all: int


@dataclass(frozen=True)
class MeasuredValues:
    """A regression on examples: `points` are (target, value) of the first value."""

    examples: int
    mse: float
    concordance_index: float | None
    points: tuple[tuple[float, float], ...]


def measure(scores: np.ndarray, targets: np.ndarray, inputs: np.ndarray, kind: str) -> Measured:
    """`scores` [N, labels] of raw `inputs` [N, ...] whose labels are `targets` [N], -1 unknown."""
    found = classification_metrics(scores, targets)
    predicted, best = scores.argmax(axis=1), scores.max(axis=1)
    right = predicted == targets
    wrong = np.flatnonzero(~right)
    wrong = wrong[np.argsort(-best[wrong], kind="stable")]  # the surest mistakes first
    shown = show_inputs(inputs, wrong[:MOST_MISTAKES], kind)
    mistakes = tuple(
        Mistake(
            input=what,
            target=int(targets[i]),
            predicted=int(predicted[i]),
            score=float(best[i]),
            # of the right label; 0 for one that the model does not have
            target_score=float(scores[i, targets[i]]) if targets[i] >= 0 else 0.0,
        )
        for i, what in zip(wrong.tolist(), shown, strict=False)
    )
    places = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    return Measured(
        examples=found.examples,
        accuracy=found.accuracy,
        top3_accuracy=float((places == targets[:, None]).any(axis=1).mean()),
        calibration_error=expected_calibration_error(best, right, BINS),
        bins=tuple(Bin(*row) for row in reliability(best, right, BINS)),
        labels=_label_rows(targets, predicted, scores.shape[1]),
        confusion=_confusion(targets, predicted, scores.shape[1]),
        pairs=_pairs(targets, predicted, mistakes),
        mistakes=mistakes,
        mistakes_in_all=len(wrong),
    )


def measure_values(values: np.ndarray, targets: np.ndarray) -> MeasuredValues:
    """Values [N, K] beside the right ones [N, K]."""
    differ = bool(np.ptp(targets, axis=0).all())
    some = np.linspace(0, len(targets) - 1, min(len(targets), MOST_VALUES)).astype(int)
    return MeasuredValues(
        examples=len(targets),
        mse=mse(values, targets),
        concordance_index=concordance_index(values, targets) if differ else None,
        points=tuple((float(targets[i, 0]), float(values[i, 0])) for i in some),
    )


def _label_rows(targets: np.ndarray, predicted: np.ndarray, labels: int) -> tuple[LabelRow, ...]:
    known = targets[targets >= 0]
    counts = np.bincount(known, minlength=labels)
    right = np.bincount(targets[targets == predicted], minlength=labels)
    said = np.bincount(predicted, minlength=labels)
    return tuple(LabelRow(*map(int, row)) for row in zip(counts, right, said, strict=True))


def _confusion(
    targets: np.ndarray, predicted: np.ndarray, labels: int
) -> tuple[tuple[int, ...], ...] | None:
    if labels > MOST_IN_MATRIX:
        return None
    known = targets >= 0
    flat = np.bincount(targets[known] * labels + predicted[known], minlength=labels**2)
    return tuple(tuple(map(int, row)) for row in flat.reshape(labels, labels))


def _pairs(
    targets: np.ndarray, predicted: np.ndarray, mistakes: Sequence[Mistake]
) -> tuple[Pair, ...]:
    """Of known labels, the most frequent first; `share` is that of the label's examples."""
    wrong = (targets != predicted) & (targets >= 0)
    counts = Counter(zip(targets[wrong].tolist(), predicted[wrong].tolist(), strict=True))
    worst: Any = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_PAIRS]
    return tuple(
        Pair(
            target=target,
            predicted=other,
            count=count,
            share=count / int((targets == target).sum()),
            mistakes=tuple(
                n for n, m in enumerate(mistakes) if (m.target, m.predicted) == (target, other)
            )[:MOST_IN_PAIR],
        )
        for (target, other), count in worst
    )
