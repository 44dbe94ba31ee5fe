"""Choosing one way for each of many layers: what it costs, and which choices nothing beats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..metrics import classification_metrics

FURTHER = 24
"""Choices of fewer bytes that are asked beyond what bisection finds: accuracy jumps."""

Choice = tuple[int, ...]
"""Of each layer, the place of its way among those that there are."""


def r_squared(found: np.ndarray, expected: np.ndarray) -> float:
    """Squared correlation 0..1 of two arrays of one shape, all their numbers taken together.

    cov(x, y)^2 / (var(x) var(y)); 0 where a number is not finite, or one of the arrays is constant
    and they differ.
    """
    if np.array_equal(found, expected):
        return 1.0
    if not np.isfinite(found).all() or not np.isfinite(expected).all():
        return 0.0
    x, y = (np.asarray(values, np.float64) - np.mean(values, dtype=np.float64)
            for values in (found, expected))  # fmt: skip
    scale = float(np.sum(x * x) * np.sum(y * y))
    return float(np.sum(x * y)) ** 2 / scale if scale > 0 else 0.0


def kept_score(found: np.ndarray, targets: np.ndarray, task: str) -> float:
    """What a file must keep, of its last outputs: accuracy 0..1, or of a regression how much of the
    targets' variance it explains, 1 - sum (found - target)^2 / sum (target - mean)^2.

    Minus infinity where an output is not finite; targets that are all equal count as of variance 1.
    """
    if not np.isfinite(found).all():
        return -np.inf
    if task == "classification":
        return classification_metrics(found, targets).accuracy
    spread = float(np.sum((targets - targets.mean(axis=0)) ** 2)) or float(targets.size)
    return 1.0 - float(np.sum((found.astype(np.float64) - targets) ** 2)) / spread


def front(costs: Sequence[Sequence[tuple[int, float]]]) -> list[Choice]:
    """Choices of one (bytes, loss) a layer that none beats in both sums, from most bytes to fewest.

    Exact, layer by layer: a part of an undominated choice is undominated (Nemhauser & Ullmann
    1969).
    """
    points: list[tuple[int, float, Choice]] = [(0, 0.0, ())]
    for layer in costs:
        grown = [
            (size + more, loss + lost, (*choice, index))
            for size, loss, choice in points
            for index, (more, lost) in enumerate(layer)
        ]
        points = _undominated(grown)
    return [choice for _, _, choice in reversed(points)]


def _undominated(points: Sequence[tuple[int, float, Choice]]) -> list[tuple[int, float, Choice]]:
    """Those that lose less than all of fewer or as many bytes."""
    kept: list[tuple[int, float, Choice]] = []
    for point in sorted(points):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return kept


def last_kept(count: int, kept: Callable[[int], bool]) -> int:
    """The last of 0..count - 1 that is `kept`, as far as can be found without asking all; 0 is.

    Bisection, then `FURTHER` places spread over what lies beyond, the farthest first, and bisection
    behind the first of them that is kept. One may be asked twice.
    """
    low = _bisected(0, count, kept)
    beyond = np.linspace(low + 2, count - 1, FURTHER).round() if low + 2 < count else ()
    above = count
    for place in sorted({int(place) for place in beyond}, reverse=True):
        if kept(place):
            return _bisected(place, above, kept)
        above = place
    return low


def _bisected(low: int, high: int, kept: Callable[[int], bool]) -> int:
    """A place from `low` on, which is kept, whose next one below `high` is not."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if kept(middle) else (low, middle)
    return low
