"""Calibrated scores and the threshold of silence, fitted on validation examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InputError
from ..metrics import log_softmax, negative_log_likelihood
from ..tflite.flatbuffer import pack, unpack
from ..tflite.ranking import Ranking
from ..tflite.reader import read_model

_COLDEST, _HOTTEST = 0.05, 20.0


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The T in 0.05..20 by which logits [N, C] are divided for the least mean CE to ids [N].

    Temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2); examples of -1 do not
    count. 1 without any other.
    """
    from scipy.optimize import minimize_scalar

    known = targets >= 0
    if not known.any():
        return 1.0
    right, of = targets[known], logits[known].astype(np.float64)
    found = minimize_scalar(
        lambda t: negative_log_likelihood(of / np.exp(t), right),
        bounds=(np.log(_COLDEST), np.log(_HOTTEST)),
        method="bounded",
    )
    return float(np.float32(np.exp(found.x)))


def fit_threshold(triggers: np.ndarray, rate: float) -> float:
    """The threshold 0..1 that a share `rate` of `triggers` [N] reaches, as nearly as can be.

    It lies half-way between two of them, where the last digits of another machine do not matter.
    """
    falling = np.sort(triggers.astype(np.float64))[::-1]
    answered = round(rate * len(falling))
    above = falling[answered - 1] if answered else 1.0
    below = falling[answered] if answered < len(falling) else 0.0
    return float((above + below) / 2)


def fit_ranking(
    logits: np.ndarray,
    targets: np.ndarray,
    labels: Sequence[str],
    replies: Mapping[str, Sequence[str]],
    roles: Mapping[str, str],
    trigger_rate: float,
) -> Ranking:
    """How replies are chosen, for logits [N, C] and class ids [N] of validation examples.

    A share `trigger_rate` of them, 0..1, is answered. Raises InputError when no label but the
    silent one has a reply.
    """
    if not 0 <= trigger_rate <= 1:
        raise InputError(f"trigger_rate must be 0..1, got {trigger_rate}")
    by_role: dict[str, list[str]] = {"affirmative": [], "negative": [], "silent": []}
    for label, role in roles.items():
        by_role[role].append(label)
    silent = next(iter(by_role["silent"]), None)
    offered = [i for i, label in enumerate(labels) if label != silent and replies.get(label)]
    if not offered:
        raise InputError("trigger_rate is for a model with replies: no label has one")
    temperature = fit_temperature(logits, targets)
    scores = np.exp(log_softmax(logits / temperature))
    return Ranking(
        threshold=fit_threshold(scores[:, offered].max(axis=1), trigger_rate),
        silent=silent,
        affirmative=tuple(by_role["affirmative"]),
        negative=tuple(by_role["negative"]),
        temperature=temperature,
        trigger_rate=trigger_rate,
    )


def with_temperature(model: bytes, temperature: float) -> bytes:
    """`model` whose last softmax divides its logits by `temperature`: its option `beta`."""
    if temperature == 1.0:
        return model
    names = [node.name for node in read_model(model).subgraphs[0].operators]
    tree = unpack(model)
    last = len(names) - 1 - names[::-1].index("SOFTMAX")
    tree.subgraphs[0].operators[last].builtinOptions.beta = 1.0 / temperature
    return pack(tree)
