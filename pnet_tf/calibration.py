"""How sure answers should be: a temperature and a bias fitted on validation examples."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from .metrics import negative_log_likelihood

_COLDEST, _HOTTEST, _MOST_BIAS = 0.05, 20.0, 20.0


def fit_calibration(
    logits: np.ndarray, targets: np.ndarray, silent: Collection[int] = ()
) -> tuple[float, float]:
    """(T, b) for the least mean CE of softmax((logits + b at `silent`) / T) to class ids.

    Temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2), T in 0.05..20, and for the
    columns `silent` one bias, since their share among training messages is not that among all; 0
    for none. logits [N, C], ids [N]; examples of -1 do not count; (1, 0) without any other.
    """
    from scipy.optimize import minimize

    known = targets >= 0
    if not known.any():
        return 1.0, 0.0
    right, of = targets[known], logits[known].astype(np.float64)
    place = np.zeros(of.shape[1])
    place[list(silent)] = 1.0
    most = _MOST_BIAS * bool(silent)
    found = minimize(  # convex in 1 / T and b / T
        lambda v: negative_log_likelihood(of * v[0] + place * v[1], right),
        x0=[1.0, 0.0],
        bounds=[(1 / _HOTTEST, 1 / _COLDEST), (-most, most)],
        method="L-BFGS-B",
    )
    scale, shift = found.x
    return float(np.float32(1 / scale)), float(np.float32(shift / scale))
