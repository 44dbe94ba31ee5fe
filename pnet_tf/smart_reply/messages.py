"""Soft labels of messages: the intents of their responses, and of messages that are near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from .intents import Intents
from .links import LINK_UNIT

OWN_WEIGHT, NEAR_WEIGHT = 1.0, 0.2
"""Weights of a message's own responses, and of each near message times its likeness."""
LEAST_SHARE = 0.1
"""Share from which an intent that only near messages have is taken."""
STEPS = 4
"""Jacobi steps of label propagation; how far intents can come."""
SHARE_UNIT = 1 << 20
"""Whole numbers that stand for 1 in shares: their sums do not depend on the order."""
CONFIDENCE_UNIT = 1000
LEAST_CARRIED = SHARE_UNIT // 100
"""Score from which an intent is carried further."""
OWN_UNITS = round(LINK_UNIT * OWN_WEIGHT / NEAR_WEIGHT)
"""A message's own responses beside the `link_units` of its edges."""


def weights(intents: Intents) -> np.ndarray:
    """What a pair with each response counts for its intent, 0 for none; int64 [R]."""
    counted = np.rint(intents.confidence * CONFIDENCE_UNIT).astype(np.int64)
    return np.where(intents.of >= 0, np.maximum(counted, 1), 0)


def shares(own: csr_array) -> csr_array:
    """Rows of whole numbers above 0, int64 [M, intents], as shares of SHARE_UNIT."""
    total = np.asarray(own.sum(axis=1)).ravel()
    found = own.astype(np.int64)
    found.data = found.data * SHARE_UNIT // np.repeat(total, np.diff(found.indptr))
    return csr_array(found)


def carried(own: csr_array, flow: csr_array, near: np.ndarray) -> csr_array:
    """Scores after a step: `own` shares and, of near messages, `flow`.

    `flow` is the sum of their scores, each times the `link_units` of its edge, and `near` [M] the
    sum of these units. All are int64 [M, intents]; scores below a hundredth are dropped.
    """
    found = csr_array(own * OWN_UNITS + flow)
    found.data //= np.repeat(near + OWN_UNITS, np.diff(found.indptr))
    found.data[found.data < LEAST_CARRIED] = 0
    found.eliminate_zeros()
    return found


def soft_label(
    scores: Mapping[int, int], own: Mapping[int, int], names: Sequence[str]
) -> dict[str, float]:
    """Name -> share of the intents that stay, in falling order; they keep their order among equals.

    `scores` and `own` are those of one message, place of an intent -> share in SHARE_UNIT. Intents
    that are not its own need LEAST_SHARE.
    """
    least = LEAST_SHARE * SHARE_UNIT
    kept = {place: score for place, score in scores.items() if score >= least or place in own}
    kept |= {place: score for place, score in own.items() if place not in kept}
    total = sum(kept.values())
    rounded = {place: round(score / total, 3) for place, score in kept.items()}
    ordered = sorted(rounded, key=lambda place: (-rounded[place], place))
    return {names[place]: max(rounded[place], 0.001) for place in ordered}
