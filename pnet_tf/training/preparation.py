"""From a data set to the arrays that a fit takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from .._keras import keras, tf
from ..batches import batched
from ..data import Dataset, Split
from ..data.spec import InputSpec
from ..model import ProjectionNet
from ..settings import Settings
from ..trainers import Trainer
from .augmentation import make_augment
from .types import JointData

Extra = Callable[[int, int, np.ndarray], Mapping[str, np.ndarray]]
"""(epoch, seed, what the student takes of all examples) -> arrays by name."""


class View(Protocol):
    """The training arrays of an epoch."""

    def __call__(self, epoch: int, rows: int | None = None) -> JointData:
        """Of all examples, or of the first `rows`."""


_AUGMENT_STREAM = 1  # apart from the stream of the same seed and epoch that orders examples
CACHE_BYTES = 4 * 2**30  # above this, bits are computed in each step instead of kept


@dataclass(frozen=True)
class Prepared:
    """The arrays of both splits, weights of the classes, and how many messages were cut.

    `view` gives the training arrays of an epoch where inputs are augmented, of all examples or of
    the first so many; None where not.
    """

    train: JointData
    valid: JointData
    view: View | None
    class_weights: np.ndarray | None
    cut_messages: int


def prepare(
    data: Dataset,
    spec: InputSpec,
    settings: Settings,
    student: keras.Model,
    trainer: Trainer | None = None,
    teacher_logits: np.ndarray | None = None,
    more: Extra | None = None,
) -> Prepared:
    """Encode, and project unless all bits are more than the cache holds.

    `teacher_logits` float32 [examples, outputs] are those of the training split. `more` gives
    further training arrays of an epoch, of what the student takes of all examples. A student that
    is no ProjectionNet is trained on raw inputs. Raises InputError for an augmentation that does
    not exist.
    """
    augment = make_augment(data.kind, settings.augment)
    cached = _fits_cache(data, student, 2 if augment else 1)
    project = _projection(student, spec) if cached else None

    def of(
        split: Split, logits: np.ndarray | None, theirs: np.ndarray | None = None
    ) -> tuple[JointData, int]:
        encoded = spec.encode(split.inputs)
        if trainer and theirs is None:
            theirs = trainer.encode(split.inputs)
        inputs = batched(project, encoded.array) if project else encoded.array
        soft = split.soft
        extra = {} if soft is None else {"soft_labels": soft.labels, "soft_shares": soft.shares}
        return JointData(inputs, split.targets, theirs, logits, cached, extra), encoded.cut

    def view(epoch: int, rows: int | None = None) -> JointData:
        some = slice(None if more else rows)  # `more` is about all examples
        found = train
        if augment:
            rng = np.random.default_rng([settings.seed, epoch, _AUGMENT_STREAM])
            split = data.train.take(np.arange(len(data.train.targets))[some])
            kept = None
            if trainer and not trainer.augmented and train.trainer is not None:
                kept = train.trainer[some]
            logits = None if teacher_logits is None else teacher_logits[some]
            found = of(replace(split, inputs=augment(split.inputs, rng)), logits, kept)[0]
        added = more(epoch, settings.seed, found.student) if more else {}
        return replace(found, extra={**found.extra, **added})

    train, cut = of(data.train, teacher_logits)
    valid, _ = of(data.valid, None)
    weights = class_weights(data, settings.class_weights)
    return Prepared(train, valid, view if augment or more else None, weights, cut)


def _projection(student: ProjectionNet, spec: InputSpec) -> Callable[[tf.Tensor], tf.Tensor]:
    """Raw inputs to bits, int8; traced once, so that many fits of one program are no retracing."""
    raw = tf.TensorSpec([None, *spec.shape], spec.dtype)
    project = tf.function(lambda x: tf.cast(student.projection(x), tf.int8))
    return project.get_concrete_function(raw)


def _fits_cache(data: Dataset, student: keras.Model, copies: int) -> bool:
    """The bits of an epoch's changed inputs stand beside those of the inputs as they are."""
    if not isinstance(student, ProjectionNet):
        return False
    bits = int(np.prod(student.head.input_shape[1:]))
    return len(data.train.targets) * bits * copies <= CACHE_BYTES


def class_weights(data: Dataset, balanced: bool) -> np.ndarray | None:
    """Float [C] or None: N / (C * count of the class), so that the mean over examples is 1.

    Examples without a label are not counted.
    """
    if not balanced or data.task == "regression":
        return None
    labelled = data.train.targets[data.train.targets >= 0]
    counts = np.bincount(labelled, minlength=len(data.labels))
    return counts.sum() / (len(counts) * np.maximum(counts, 1))
