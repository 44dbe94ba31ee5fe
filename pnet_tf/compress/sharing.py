"""Few values for many weights: how a codebook is chosen, and which weight gets which value.

Each function takes weights w [N], zeros left out, and a number k; it gives a `Codebook`. No state,
no TensorFlow. Retraining moves the values afterwards by the gradients of their weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..coded.frequencies import entropy_bits
from ..errors import InputError

_ROUNDS = 100
_SETTLED = 1e-6


@dataclass(frozen=True)
class Codebook:
    """`values` [k], rising float32; `members` [N], int32: the place of each weight's value."""

    values: np.ndarray
    members: np.ndarray

    @property
    def shared(self) -> np.ndarray:
        """The weights as they are shared, [N]."""
        return self.values[self.members]

    @property
    def bits(self) -> float:
        """Entropy of the members in bits a weight: what the best code without memory needs."""
        return entropy_bits(np.bincount(self.members)) / len(self.members)


def cws(weights: np.ndarray, k: int, seed: int = 0) -> Codebook:
    """Clustering: k-means, from values evenly spaced between the extremes.

    min over c, m of sum_i (w_i - c[m_i])^2 (Han et al. 2016, arXiv 1510.00149, section 3; Lloyd
    1982). A cluster that loses its last member goes to the weight farthest from its value.
    """
    w = _checked(weights, k)
    order = np.sort(w)
    values = np.linspace(order[0], order[-1], k)
    for _ in range(_ROUNDS):
        moved = _filled(order, _means(order, values))
        if np.abs(moved - values).max() <= _SETTLED * (order[-1] - order[0]):
            break
        values = moved
    return _nearest(w, values)


def pws(weights: np.ndarray, k: int, seed: int = 0) -> Codebook:
    """Probabilistic sharing: k quantiles, each weight drawn to one of its two neighbours, unbiased.

    With c_0 = min w, ..., c_{k-1} = max w the quantiles i / (k - 1), and c_i <= w <= c_{i+1}:
    P(c_{i+1}) = (w - c_i) / (c_{i+1} - c_i), so that the expected shared weight is w (Marino et al.
    2020, arXiv 2007.07967, section III; Suresh et al. 2017, arXiv 1611.00429, section 4).
    """
    w = _checked(weights, k)
    values = np.unique(np.quantile(w, np.linspace(0, 1, k)))
    if len(values) == 1:
        return _nearest(w, values)
    low = np.clip(np.searchsorted(values, w, side="right") - 1, 0, len(values) - 2)
    share = (w - values[low]) / (values[low + 1] - values[low])
    drawn = np.random.default_rng(seed).random(len(w)) < share
    return _used(values, low + drawn)


def uq(weights: np.ndarray, k: int, seed: int = 0) -> Codebook:
    """Uniform quantisation: d * round(w / d) with d = (max w - min w) / (k - 1).

    Values that no weight has are left out (Jayant & Noll 1984; section III of the sequel, Marino et
    al. 2023, Neurocomputing 520).
    """
    w = _checked(weights, k)
    low, high = float(w.min()), float(w.max())
    if low == high:
        return _nearest(w, np.array([low]))
    step = (high - low) / (k - 1)
    places = np.round((w - low) / step).astype(np.int64)
    return _used(low + step * np.arange(k), places)


def ecsq(weights: np.ndarray, k: int, seed: int = 0, trade: float = 1.0) -> Codebook:
    """Entropy-constrained quantisation: min of distortion + lambda * rate, of at most k values.

    J = sum_i (w_i - c[m_i])^2 - lambda log2 p[m_i], p the share of a value; members and values are
    found in turn, values without a member are dropped (Chou, Lookabaugh & Gray 1989, IEEE Trans.
    ASSP 37). lambda = `trade` * 2 ln 2 * d^2 / 12, the slope of distortion over rate that even
    steps d = (max w - min w) / (k - 1) have.
    """
    w = _checked(weights, k)
    order = np.sort(w)
    book = uq(order, k)
    values, share = book.values.astype(np.float64), np.bincount(book.members) / len(w)
    slope = trade * 2 * np.log(2) * ((order[-1] - order[0]) / (k - 1)) ** 2 / 12
    for _ in range(_ROUNDS):
        kept, borders = _cells(values, -slope * np.log2(share))
        ends = np.concatenate([[0], np.searchsorted(order, borders), [len(order)]])
        kept, ends = kept[np.diff(ends) > 0], np.unique(ends)
        means = _means_between(order, ends)
        settled = len(kept) == len(values) and np.allclose(means, values, rtol=0, atol=_SETTLED)
        values, share = means, np.diff(ends) / len(w)
        if settled:
            break
    kept, borders = _cells(values, -slope * np.log2(share))
    return _used(values[kept], np.searchsorted(borders, w, side="right"))


SHARING: dict[str, Callable[..., Codebook]] = {"cws": cws, "pws": pws, "uq": uq, "ecsq": ecsq}
"""Name -> function (weights [N], k, seed)."""


def _checked(weights: np.ndarray, k: int) -> np.ndarray:
    w = np.asarray(weights, np.float64).ravel()
    if not len(w):
        raise InputError("there are no weights to share: the tensor is empty, or all of it is 0")
    if not np.isfinite(w).all():
        raise InputError("weights must be finite numbers, found NaN or infinity")
    if type(k) is not int or k < 2:
        raise InputError(f"the number of shared values must be 2 or more, got {k!r}")
    if k > len(w):
        raise InputError(f"{len(w):,} weights cannot share {k:,} values")
    return w


def _means(order: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of sorted weights, the mean nearest to each of the rising `values`; NaN without a weight."""
    borders = np.searchsorted(order, (values[1:] + values[:-1]) / 2, side="right")
    return _means_between(order, np.concatenate([[0], borders, [len(order)]]))


def _means_between(order: np.ndarray, ends: np.ndarray) -> np.ndarray:
    sums = np.concatenate([[0.0], np.cumsum(order)])
    counts = np.diff(ends)
    return np.diff(sums[ends]) / np.where(counts, counts, np.nan)


def _filled(order: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Values for empty clusters, so that k remain: the weights that are worst served."""
    missing = np.isnan(means)
    if not missing.any():
        return means
    kept = means[~missing]
    right = np.clip(np.searchsorted(kept, order), 0, len(kept) - 1)
    off = np.minimum(np.abs(order - kept[right]), np.abs(order - kept[np.maximum(right - 1, 0)]))
    worst = order[np.argsort(off, kind="stable")[::-1][: missing.sum()]]
    return np.sort(np.concatenate([kept, worst]))


def _nearest(w: np.ndarray, values: np.ndarray) -> Codebook:
    return _used(values, np.searchsorted((values[1:] + values[:-1]) / 2, w, side="left"))


def _cells(values: np.ndarray, surcharge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each value costs least, (w - c)^2 + surcharge: the places that do anywhere, in order,
    and the borders between them. Costs differ by lines in w, so this is their lower envelope.
    """
    kept: list[int] = []
    borders: list[float] = []
    for j in range(len(values)):
        while kept:
            i = kept[-1]
            apart = values[j] - values[i]
            border = (values[i] + values[j]) / 2 + (surcharge[j] - surcharge[i]) / (2 * apart)
            if not borders or border > borders[-1]:
                borders.append(border)
                break
            kept.pop()
            borders.pop()
        kept.append(j)
    return np.array(kept), np.array(borders)


def _used(values: np.ndarray, members: np.ndarray) -> Codebook:
    """Values that have a member, rising and different in float32."""
    single, first = np.unique(values.astype(np.float32), return_inverse=True)
    places = first[members]
    used, members = np.unique(places, return_inverse=True)
    return Codebook(single[used], members.astype(np.int32))
