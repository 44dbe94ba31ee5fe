"""What a reader hands on: `Dataset` and `Split` for everyone, `Source` and `Part` within."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .soft import SoftLabel, SoftTargets

TASKS = ("classification", "regression")
SPLITS = ("train", "valid", "test")
SPLIT_OF = {
    "train": "train",
    "valid": "valid",
    "validation": "valid",
    "dev": "valid",
    "val": "valid",
    "test": "test",
}
"""Names that a table or a folder may bear, and the split that each one means."""


@dataclass(frozen=True)
class Split:
    """Examples of one split.

    `inputs`: text: object array [N] of str; image: uint8 [N, H, W, C]; dense: float32 [N, F].
    `targets`: classification: int64 [N], -1 for a label that train does not have and, in train,
    for no label; regression: float32 [N, K]. `soft`: several labels an example, of which
    `targets` has the largest; None where each has one.
    """

    inputs: np.ndarray
    targets: np.ndarray
    soft: SoftTargets | None = None

    def take(self, index: np.ndarray) -> "Split":
        """The examples `index`."""
        soft = None if self.soft is None else self.soft.take(index)
        return Split(self.inputs[index], self.targets[index], soft)


@dataclass(frozen=True)
class Dataset:
    """A data set, ready for training.

    `kind`: text, image or dense. `task`: classification or regression. `labels`: () for
    regression. `input_shape`: (H, W, C) for images, (F,) for dense features, () for text.
    `replies`: answers for a label, {} unless the source has some. `roles`: labels whose replies
    are affirmative or negative, and the silent one, of messages that no reply fits.
    """

    name: str
    kind: str
    task: str
    labels: tuple[str, ...]
    input_shape: tuple[int, ...]
    train: Split
    valid: Split
    test: Split | None
    replies: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One split as read: inputs as in `Split`, targets not yet numbered.

    `targets`: an object array [N] of label names, with None for rows of train that have no label;
    regression: float32 [N, K]. `soft`: shares of several labels, None for a row with one label.
    """

    inputs: np.ndarray
    targets: np.ndarray
    soft: Sequence[SoftLabel | None] | None = None


@dataclass(frozen=True)
class Source:
    """What a reader found; `single` says that the source is one table without splits."""

    kind: str
    task: str
    parts: Mapping[str, Part]
    replies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    single: bool = False


def object_array(values: Iterable[Any]) -> np.ndarray:
    """Object array [N] of the strings, which NumPy must not turn into fixed-width ones."""
    items = list(values)
    array = np.empty(len(items), dtype=object)
    for row, item in enumerate(items):  # array[:] would take items that are lists for rows
        array[row] = item
    return array
