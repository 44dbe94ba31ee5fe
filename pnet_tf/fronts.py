"""Fronts of cost and accuracy, and what a network or a front of them is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence


def pareto_front(costs: Sequence[float], accuracies: Sequence[float]) -> list[int]:
    """Indices of the points that no other point beats, by rising cost.

    A point is beaten by one that costs no more and is no less accurate, and differs in one of the
    two; so points that are equal in both are all kept, or none.
    """
    order = sorted(range(len(costs)), key=lambda i: (costs[i], -accuracies[i], i))
    front: list[int] = []
    for index in order:
        best = front[-1] if front else index
        equal = (costs[index], accuracies[index]) == (costs[best], accuracies[best])
        if equal or accuracies[index] > accuracies[best]:
            front.append(index)
    return front


def hypervolume(
    sizes: Sequence[float], accuracies: Sequence[float], most: float, least: float = 0.0
) -> float:
    """Area below a front of bytes and accuracy, in factors of two of bytes times accuracy.

    The union of the rectangles [log2 size, log2 `most`] x [`least`, accuracy] (the S metric of
    Zitzler & Thiele 1998 at the reference point (`most`, `least`)); what lies beyond it adds none.
    """
    inside = [
        (size, accuracy)
        for size, accuracy in zip(sizes, accuracies, strict=True)
        if size < most and accuracy > least
    ]
    area, before = 0.0, least
    for index in pareto_front([s for s, _ in inside], [a for _, a in inside]):
        size, accuracy = inside[index]
        area += (accuracy - before) * math.log2(most / size)
        before = accuracy
    return area


def net_score(accuracy: float, size_bytes: float, macs: float) -> float:
    """20 log10(a^2 / (b^0.5 m^0.5)) of accuracy a in %, kilobytes b and thousands m of MACs.

    NetScore (Wong 2018, arXiv 1806.05512, equation 2), with the bytes of the whole file in the
    place of its number of parameters. Minus infinity at accuracy 0.
    """
    if accuracy <= 0:
        return -math.inf
    cost = math.sqrt(size_bytes / 1e3) * math.sqrt(max(macs, 1.0) / 1e3)
    return 20 * math.log10((100 * accuracy) ** 2 / cost)
