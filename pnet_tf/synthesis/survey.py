"""Before the first training: some networks measured, and limits that none can keep refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .._keras import forgetting_gradients, keras
from ..data import Dataset
from ..errors import InputError, WorkError
from .generator import Generator
from .measure import measure
from .requirements import ACCURACY, Requirement, broken, with_unit
from .space import Network, SearchSpace

SURVEYED = 6
"""Networks drawn anywhere in the space, beside its corners and starts."""

Survey = list[tuple[Network, dict[str, float]]]


def survey(data: Dataset, generator: Generator, seed: int) -> Survey:
    """Networks of the whole space with the facts of their files.

    Raises InputError for a limit that none of them keeps, with the nearest value.
    """
    found = [(network, facts) for network in _chosen(generator.space, seed)
             if (facts := facts_of(data, generator, network))]  # fmt: skip
    if not found:
        raise InputError("no network of the space can be built for these data")
    _check_possible(found, generator.requirements)
    return found


def _chosen(space: SearchSpace, seed: int) -> Iterator[Network]:
    yield from space.corners()
    yield from (space.start(pair) for pair in space.dimensions["network"])
    rng = np.random.default_rng([seed, 3])
    yield from (space.random(rng) for _ in range(SURVEYED))


@forgetting_gradients()
def facts_of(
    data: Dataset, generator: Generator, network: Mapping[str, Any]
) -> dict[str, float] | None:
    """Of the untrained file; None for a network that cannot be built."""
    wanted = {one.name for one in generator.requirements}
    keras.backend.clear_session()
    try:
        return measure(data, generator.settings(network), wanted).facts
    except (InputError, WorkError):
        return None


def _check_possible(found: Survey, requirements: Sequence[Requirement]) -> None:
    for one in requirements:
        if one.name == ACCURACY:
            continue
        least = min(facts[one.name] for _, facts in found)
        if one.excess(least) > 0:
            raise InputError(
                f"no network of the space keeps {one}: of {len(found)} measured, the nearest has "
                f"{with_unit(one.name, least)}"
            )


def nearest(found: Sequence[Mapping[str, float]], requirements: Sequence[Requirement]) -> str:
    """What the network that breaks the limits least breaks, as a text."""
    best = min(found, key=lambda facts: sum(max(one.excess(facts[one.name]), 0.0)
               for one in requirements if one.name in facts))  # fmt: skip
    over = broken(requirements, best)
    return ", ".join(f"{with_unit(one.name, best[one.name])} where {one} is asked" for one in over)
