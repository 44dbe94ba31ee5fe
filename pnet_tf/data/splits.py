"""Drawing a validation split."""

import numpy as np

from ..errors import InputError


def stratified_split(
    targets: np.ndarray, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ascending indices (kept, held out) with every class held out in proportion.

    The number held out is round(N * fraction), at least 1, shared over the classes by largest
    remainder; less where too many classes have a single example, for every class keeps one.
    The same arguments give the same answer.
    Raises InputError when no class can spare an example.
    """
    classes, codes = np.unique(targets, return_inverse=True)
    counts = np.bincount(codes, minlength=len(classes))
    held = _quotas(counts, fraction)
    if not held.any():
        raise InputError(
            "no validation split can be made: every class has a single example;"
            " needed: a class with two or more, or a validation split of your own"
        )
    keys = np.random.default_rng(seed).random(len(targets))
    order = np.lexsort((keys, codes))
    rank = np.arange(len(targets)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = np.zeros(len(targets), dtype=bool)
    out[order] = rank < held[codes[order]]
    return np.flatnonzero(~out), np.flatnonzero(out)


def _quotas(counts: np.ndarray, fraction: float) -> np.ndarray:
    """Examples to hold out of each class: largest remainder, at most count - 1."""
    exact = counts * fraction
    held = np.minimum(np.floor(exact).astype(np.int64), counts - 1)
    missing = max(round(float(counts.sum()) * fraction), 1) - int(held.sum())
    by_remainder = np.argsort(held - exact, kind="stable")
    # what a class of one cannot give is not taken from another beyond its share
    most = np.minimum(counts - 1, np.ceil(exact).astype(np.int64))
    spare = by_remainder[held[by_remainder] < most[by_remainder]]
    held[spare[: max(missing, 0)]] += 1
    return held
