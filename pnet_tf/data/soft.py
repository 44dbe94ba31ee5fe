"""Soft labels: several labels an example, each with a share of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from ..errors import InputError
from .labels import label_problem
from .limits import shown

MOST_SOFT_LABELS, MOST_WEIGHT = 64, 1e9
SoftLabel = Mapping[str, float]
"""Label name -> share, all above 0 and 1 together."""


@dataclass(frozen=True)
class SoftTargets:
    """Labels of N examples, at most k of them each.

    `labels` int32 [N, k], places in the labels of the data set; `shares` float32 [N, k], 0 where an
    example has fewer than k, and 0 in all for an example without a label. Rows of `shares` sum to 1
    or are 0, and fall from left to right.
    """

    labels: np.ndarray
    shares: np.ndarray

    def take(self, index: np.ndarray) -> SoftTargets:
        """Those of the examples `index`."""
        return SoftTargets(self.labels[index], self.shares[index])


def soft_label(value: Any, title: str) -> dict[str, float]:
    """`value`, an object of label names and weights, as shares in falling order that sum to 1.

    Weights are numbers above 0, at most `MOST_WEIGHT`, names as labels are. Raises InputError that
    begins with `title` for anything else.
    """
    if not isinstance(value, Mapping) or not 0 < len(value) <= MOST_SOFT_LABELS:
        raise InputError(
            f"{title} is {shown(value)}; allowed: an object of 1..{MOST_SOFT_LABELS} labels and "
            'their weights, {"yes": 0.7, "thanks": 0.3} say'
        )
    for name, weight in value.items():
        if problem := label_problem(name):
            raise InputError(f"{title} has a label that {problem}")
        number = isinstance(weight, Real) and not isinstance(weight, bool)
        if not number or not 0 < weight <= MOST_WEIGHT:
            raise InputError(
                f"{title} gives {shown(name)} the weight {shown(weight)}; allowed: a number above "
                f"0, at most {MOST_WEIGHT:g}"
            )
    total = math.fsum(map(float, value.values()))
    ordered = sorted(value, key=lambda name: (-float(value[name]), name))
    return {str(name): float(value[name]) / total for name in ordered}


def best_label(shares: SoftLabel) -> str:
    """The label with the largest share, of equal ones the first by name."""
    return min(shares, key=lambda name: (-shares[name], name))


def number_shares(
    names: Sequence[str | None], soft: Sequence[SoftLabel | None], labels: Sequence[str]
) -> SoftTargets:
    """`soft` numbered by `labels`, which have them all; where it is None, the one label of `names`
    has all, if there is one.
    """
    rows: list[SoftLabel] = [
        ({} if name is None else {name: 1.0}) if shares is None else shares
        for name, shares in zip(names, soft, strict=True)
    ]
    place = {label: index for index, label in enumerate(labels)}
    width = max(map(len, rows), default=0)
    found = SoftTargets(np.zeros((len(rows), width), np.int32), np.zeros((len(rows), width), "f4"))
    for row, shares in enumerate(rows):
        for column, (name, share) in enumerate(shares.items()):
            found.labels[row, column], found.shares[row, column] = place[name], share
    return found
