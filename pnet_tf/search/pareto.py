"""The Pareto front of cost and accuracy."""

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
