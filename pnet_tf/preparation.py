"""From a data set to the arrays that a fit takes and a run keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import runs
from ._keras import tf
from .augmentation import make_augment
from .batches import batched
from .data import Dataset, Split, encode_text
from .joint import JointData
from .model import ProjectionNet
from .trainers import Trainer, load_teacher_logits

CALIBRATION_SAMPLES = 256
VALIDATION_SAMPLES = 10_000
VALIDATION_BYTES = 64 * 2**20  # of their inputs: large pictures are fewer
_AUGMENT_STREAM = 1  # apart from the stream of the same seed and epoch that orders examples
CACHE_BYTES = 4 * 2**30  # above this, bits are computed in each step instead of kept


@dataclass(frozen=True)
class Prepared:
    """The arrays of both splits, weights of the classes, and how many messages were cut.

    `view` gives the training arrays of an epoch where inputs are augmented; None where not.
    """

    train: JointData
    valid: JointData
    view: Callable[[int], JointData] | None
    class_weights: np.ndarray | None
    cut_messages: int


def prepare(
    config: Mapping[str, Any], data: Dataset, student: ProjectionNet, trainer: Trainer | None
) -> Prepared:
    """Encode, and project unless all bits are more than the cache holds.

    Raises InputError for stored teacher logits that do not fit the training split and for an
    augmentation that does not exist.
    """
    settings = config["settings"]
    augment = make_augment(data.kind, settings["augment"])
    stored = None
    if settings["teacher_logits"]:
        stored = load_teacher_logits(
            settings["teacher_logits"],
            examples=len(data.train.targets),
            outputs=config["outputs"],
        ).astype(np.float32)
    all_bits = len(data.train.targets) * int(np.prod(student.head.input_shape[1:]))
    # the bits of an epoch's changed inputs stand beside those of the inputs as they are
    cached = all_bits * (2 if augment else 1) <= CACHE_BYTES
    project = tf.function(lambda x: tf.cast(student.projection(x), tf.int8), reduce_retracing=True)

    def of(split: Split, logits: np.ndarray | None) -> tuple[JointData, int]:
        raw, cut = encode_inputs(config, split.inputs)
        encoded = trainer.encode(split.inputs) if trainer else None
        inputs = batched(project, raw) if cached else raw
        return JointData(inputs, split.targets, encoded, logits, cached), cut

    def view(epoch: int) -> JointData:
        rng = np.random.default_rng([settings["seed"], epoch, _AUGMENT_STREAM])
        changed = augment(data.train.inputs, rng) if augment else data.train.inputs
        return of(Split(changed, data.train.targets), stored)[0]

    train, cut = of(data.train, stored)
    valid, _ = of(data.valid, None)
    weights = class_weights(data, settings["class_weights"])
    return Prepared(train, valid, view if augment else None, weights, cut)


def encode_inputs(config: Mapping[str, Any], inputs: np.ndarray) -> tuple[np.ndarray, int]:
    """Split.inputs as raw model inputs [N, ...], and how many messages were cut."""
    if config["input"]["kind"] != "text":
        return inputs, 0
    encoded = encode_text(inputs, config["input"]["byte_length"])
    return encoded.bytes, encoded.cut


def class_weights(data: Dataset, balanced: bool) -> np.ndarray | None:
    """Float [C] or None: N / (C * count of the class), so that the mean over examples is 1."""
    if not balanced or data.task == "regression":
        return None
    counts = np.bincount(data.train.targets, minlength=len(data.labels))
    return counts.sum() / (len(counts) * np.maximum(counts, 1))


def save_samples(run: runs.Run, data: Dataset) -> None:
    """Keep what an export needs of the data, so that it needs nothing but the run."""
    rng = np.random.default_rng(0)
    some = _some(rng, len(data.train.targets), CALIBRATION_SAMPLES)
    calibration, _ = encode_inputs(run.config, data.train.inputs[some])
    most = min(VALIDATION_SAMPLES, max(1, VALIDATION_BYTES // calibration[0].nbytes))
    kept = _some(rng, len(data.valid.targets), most)
    inputs, _ = encode_inputs(run.config, data.valid.inputs[kept])
    runs.save_arrays(run.path / runs.SAMPLES, [calibration, inputs, data.valid.targets[kept]])


def _some(rng: np.random.Generator, rows: int, most: int) -> np.ndarray:
    return rng.choice(rows, min(rows, most), replace=False)
