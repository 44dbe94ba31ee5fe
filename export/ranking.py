"""Calibrated scores and the threshold of silence, fitted on validation examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..calibration import fit_calibration
from ..errors import InputError
from ..metrics import log_softmax
from ..tflite.flatbuffer import pack, unpack
from ..tflite.ranking import Ranking
from ..tflite.reader import read_model


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

    A share `trigger_rate` of them, 0..1, is answered. Raises InputError when no label but
    silent ones has a reply.
    """
    if not 0 <= trigger_rate <= 1:
        raise InputError(f"trigger_rate must be 0..1, got {trigger_rate}")
    by_role: dict[str, list[str]] = {"affirmative": [], "negative": [], "silent": []}
    for label, role in roles.items():
        by_role[role].append(label)
    silent = tuple(by_role["silent"])
    offered = [i for i, label in enumerate(labels) if label not in silent and replies.get(label)]
    if not offered:
        raise InputError("trigger_rate is for a model with replies: no label has one")
    places = [place for place, label in enumerate(labels) if label in silent]
    temperature, shift = fit_calibration(logits, targets, places)
    bias = np.where([label in silent for label in labels], shift, 0.0)
    scores = np.exp(log_softmax((logits + bias) / temperature))
    return Ranking(
        threshold=fit_threshold(scores[:, offered].max(axis=1), trigger_rate),
        silent=silent,
        affirmative=tuple(by_role["affirmative"]),
        negative=tuple(by_role["negative"]),
        temperature=temperature,
        silent_bias=shift,
        trigger_rate=trigger_rate,
    )


def label_bias(ranking: Ranking, labels: Sequence[str]) -> tuple[float, ...]:
    """What is added to the logit of each of `labels`; () where nothing is."""
    if not ranking.silent_bias:
        return ()
    return tuple(ranking.silent_bias if label in ranking.silent else 0.0 for label in labels)


def with_temperature(model: bytes, temperature: float) -> bytes:
    """`model` whose last softmax divides its logits by `temperature`: its option `beta`."""
    if temperature == 1.0:
        return model
    names = [node.name for node in read_model(model).subgraphs[0].operators]
    tree = unpack(model)
    last = len(names) - 1 - names[::-1].index("SOFTMAX")
    tree.subgraphs[0].operators[last].builtinOptions.beta = 1.0 / temperature
    return pack(tree)
