"""The zeros and the numbers of values that a search goes through, and what lies between plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeAlias

from .plan import CompressionPlan

Plans: TypeAlias = dict[str, CompressionPlan]
"""Weight tensor -> what is asked of it; one that is left out stays as it is."""

PRUNED = (0.0, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995)
CLUSTERED = (64, 32, 24, 16, 12, 8, 6, 5, 4, 3, 2)
LADDERS: Mapping[str, Sequence[Any]] = {"prune": PRUNED, "cluster": CLUSTERED}
"""Field of a plan -> its values, the gentlest first."""


def rung(ladder: Sequence[float], value: float) -> int:
    """The place of a value; -1 for none of it."""
    return ladder.index(value) if value in ladder else -1


def next_steps(plan: CompressionPlan) -> Iterator[tuple[str, CompressionPlan]]:
    """Field and plan of one rung more zeros, and of one of fewer values, as far as there is one."""
    more = next((p for p in PRUNED if p > plan.prune), None)
    fewer = next((k for k in CLUSTERED if not plan.cluster or k < plan.cluster), None)
    if more is not None:
        yield "prune", replace(plan, prune=more)
    if fewer is not None:
        yield "cluster", replace(plan, cluster=fewer)


def between(good: Plans, bad: Plans) -> Plans:
    """Of each tensor the middle of the ladders, of two the one nearer to `good`; its methods."""
    found = Plans()
    for name in {**good, **bad}:
        a, b = good.get(name, CompressionPlan()), bad.get(name, CompressionPlan())
        middles: dict[str, Any] = {
            field: _middle(ladder, getattr(a, field), getattr(b, field))
            for field, ladder in LADDERS.items()
        }
        found[name] = replace(a, **middles)
    return active(found)


def _middle(ladder: Sequence[Any], one: float, other: float) -> Any:
    place = (rung(ladder, one) + rung(ladder, other)) // 2
    return one if place < 0 else ladder[place]


def active(plans: Plans) -> Plans:
    """Without those that ask for nothing."""
    return {name: plan for name, plan in plans.items() if plan.active}


def plain(plans: Plans) -> dict[str, dict[str, Any]]:
    """As JSON has them."""
    return {name: asdict(plan) for name, plan in plans.items()}
