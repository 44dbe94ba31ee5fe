"""What an untrained network answers to a fixed batch of stimuli: the inquisitor's first responses.

Wong et al. 2018 (arXiv 1809.05989, section 2): an inquisitor feeds a network stimuli and reads its
responses. Here: the bits of the projection, the activations before the logits, and the gradient.
"""

from __future__ import annotations

import numpy as np

from .._keras import keras, tf
from ..data import Dataset
from ..data.spec import InputSpec
from ..model import ProjectionNet

STIMULI = 128
RESPONSES = ("bit_entropy", "bit_contrast", "active", "rank", "gradient", "gradient_agreement")
"""Names of the responses, each a number."""


def probe_responses(student: ProjectionNet, data: Dataset, spec: InputSpec) -> dict[str, float]:
    """Responses of a student with fresh weights to the first labelled examples of train.

    `bit_entropy`: mean entropy of a bit over the stimuli, 0..1. `bit_contrast`: share of bits in
    which examples of two classes differ over that of one class. `active`: share of units before the
    logits above 0, and `rank`, the participation ratio of their covariance over their number.
    `gradient`: log10 of the norm of the loss's gradient over that of the weights, and
    `gradient_agreement`, the cosine of the gradients of two halves of the batch.
    """
    rows = np.flatnonzero(data.train.targets >= 0)[:STIMULI]
    targets = data.train.targets[rows]
    bits = student.projection(spec.encode(data.train.inputs[rows]).array)
    flat = bits.numpy().reshape(len(rows), -1)
    return {**_bits(flat, targets), **_activations(student.head, bits),
            **_gradients(student.head, bits, targets)}  # fmt: skip


def _bits(bits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    share = (bits > 0).mean(axis=0).clip(1e-9, 1 - 1e-9)
    entropy = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    return {"bit_entropy": float(entropy.mean()), "bit_contrast": bit_contrast(bits, targets)}


def bit_contrast(bits: np.ndarray, targets: np.ndarray) -> float:
    """Mean share of bits that differ between classes over that within one; 1 without pairs."""
    unit = bits / np.maximum(np.linalg.norm(bits, axis=1, keepdims=True), 1e-9)
    apart = 1 - unit @ unit.T
    same = targets[:, None] == targets[None, :]
    within, between = same & ~np.eye(len(targets), dtype=bool), ~same
    if not within.any() or not between.any():
        return 1.0
    return float(apart[between].mean() / max(apart[within].mean(), 1e-9))


def _activations(head: keras.Model, bits: tf.Tensor) -> dict[str, float]:
    last = head.get_layer("logits") if _has_logits(head) else head.layers[-1]
    seen = keras.Model(head.input, last.input)(bits, training=False).numpy()
    flat = seen.reshape(len(seen), -1)
    return {"active": float((flat > 0).mean()), "rank": participation_ratio(flat)}


def _has_logits(head: keras.Model) -> bool:
    return any(layer.name == "logits" for layer in head.layers)


def participation_ratio(values: np.ndarray) -> float:
    """(sum of eigenvalues)^2 / sum of their squares / columns, of the covariance of the columns."""
    centred = values - values.mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False) ** 2
    total = float((spread**2).sum())
    return float(spread.sum() ** 2 / total / values.shape[1]) if total > 0 else 0.0


def _gradients(head: keras.Model, bits: tf.Tensor, targets: np.ndarray) -> dict[str, float]:
    half = len(targets) // 2
    one = _gradient(head, bits[:half], targets[:half])
    other = _gradient(head, bits[half:], targets[half:])
    norms = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    weights = np.concatenate([v.numpy().ravel() for v in head.trainable_variables])
    scale = max(float(np.linalg.norm(weights)), 1e-9)
    return {
        "gradient": float(np.log10(max(sum(norms) / 2, 1e-9) / scale)),
        "gradient_agreement": float(one @ other / max(norms[0] * norms[1], 1e-9)),
    }


def _gradient(head: keras.Model, bits: tf.Tensor, targets: np.ndarray) -> np.ndarray:
    """Of the cross-entropy by all weights, one vector."""
    with tf.GradientTape() as tape:
        logits = head(bits, training=False)
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(targets, tf.int32), logits)
        )
    found = tape.gradient(loss, head.trainable_variables)
    dense = [np.zeros(v.shape, np.float32) if g is None else tf.convert_to_tensor(g).numpy()
             for g, v in zip(found, head.trainable_variables, strict=True)]  # fmt: skip
    return np.concatenate([one.ravel() for one in dense])
