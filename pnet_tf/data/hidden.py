"""Labels of train hidden, to learn what few of them are worth."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral

import numpy as np

from ..errors import InputError
from .limits import shown
from .types import Dataset
from .undivided import check_seed

_STREAM = 4  # of the same seed as the order of examples and their changes


def hide_labels(data: Dataset, per_class: int, seed: int = 0) -> tuple[Dataset, np.ndarray]:
    """`data` with `per_class` labelled examples of each class of train, and the other inputs.

    A class that has fewer keeps all of its own. Which ones, `seed` decides; fewer a class are a
    part of more. The others are for `fit`, as `unlabelled`; the other splits stay whole. Raises
    InputError for a regression, a number below 1, and more than the largest class of train has.
    """
    if data.task != "classification":
        raise InputError("labels_per_class is for classes, not for a regression")
    if not isinstance(per_class, Integral) or isinstance(per_class, bool) or per_class < 1:
        raise InputError(
            f"labels_per_class must be a whole number of at least 1, got {shown(per_class)}"
        )
    check_seed(seed)
    train, targets = data.train, data.train.targets
    counts = np.bincount(targets[targets >= 0], minlength=len(data.labels))
    most = int(counts.argmax())
    if per_class > counts[most]:
        raise InputError(
            f"labels_per_class must be at most {counts[most]}, the labelled examples of train that "
            f"{shown(data.labels[most])}, the largest class, has, got {per_class}"
        )
    order = np.random.default_rng([seed, 0, _STREAM]).permutation(len(targets))
    drawn = [order[targets[order] == label][:per_class] for label in np.flatnonzero(counts)]
    kept = np.zeros(len(targets), bool)
    kept[np.concatenate(drawn)] = True
    return replace(data, train=train.take(np.flatnonzero(kept))), train.inputs[~kept]
