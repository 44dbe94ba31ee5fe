"""The arithmetic of pruning, clustering and rounding one weight tensor; no state, no schedule."""

from __future__ import annotations

from collections.abc import Sequence

from .. import _keras
from .._keras import keras, tf


def magnitude_mask(weights: tf.Tensor, sparsity: tf.Tensor) -> tf.Tensor:
    """True for the round(size * (1 - sparsity)) largest magnitudes, at least one of them.

    Zhu & Gupta 2017, arXiv 1710.01878, section 3. The number is exact also where magnitudes tie.
    """
    size = tf.size(weights)
    kept = tf.round(tf.cast(size, tf.float32) * (1.0 - sparsity))
    kept = tf.cast(tf.maximum(kept, 1.0), tf.int32)
    _, order = tf.math.top_k(tf.reshape(tf.abs(weights), [-1]), k=size)
    keep = tf.scatter_nd(order[:kept, None], tf.ones([kept], tf.int32), [size])
    return tf.reshape(keep > 0, tf.shape(weights))


def masked(weights: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """`weights` where `mask`, +0 elsewhere."""
    return tf.where(mask, weights, tf.zeros_like(weights))


def linear_centroids(weights: tf.Tensor, mask: tf.Tensor, clusters: int) -> tf.Tensor:
    """Rising first values of `clusters` clusters, evenly spaced (Han et al. 2016, section 3.2).

    From the least weight to the greatest; where `mask` has a False, 0 is kept apart, not counted,
    and the values are shared by the negative and the positive weights in the proportion of their
    numbers (TFMOT's sparsity-preserving form).
    """
    sparse = not bool(tf.reduce_all(mask))
    flat = tf.reshape(masked(weights, mask), [-1])
    values = _keras.linear_centroids(flat, clusters + int(sparse), sparse)
    values = tf.boolean_mask(values, values != 0.0) if sparse else values
    missing = clusters - tf.size(values)
    return tf.sort(tf.pad(values, [[0, missing]]))


def nearest(weights: tf.Tensor, centroids: tf.Tensor) -> tf.Tensor:
    """Index of the nearest of the rising `centroids` for each weight, the lower one of a tie."""
    borders = (centroids[1:] + centroids[:-1]) / 2.0
    flat = tf.searchsorted(borders, tf.reshape(weights, [-1]), side="left")
    return tf.reshape(flat, tf.shape(weights))


def clustered(weights: tf.Tensor, centroids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Each weight's nearest centroid where `mask`, 0 elsewhere."""
    return masked(tf.gather(centroids, nearest(weights, centroids)), mask)


def moved_centroids(weights: tf.Tensor, centroids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Means of the weights nearest to each centroid, masked ones left out: one k-means step.

    A cluster without a member keeps its value; the order stays rising (Lloyd 1982).
    """
    places = tf.reshape(nearest(weights, centroids), [-1])
    counted = tf.reshape(tf.cast(mask, tf.float32), [-1])
    number = tf.size(centroids)
    counts = tf.math.unsorted_segment_sum(counted, places, number)
    sums = tf.math.unsorted_segment_sum(counted * tf.reshape(weights, [-1]), places, number)
    return tf.where(counts > 0, tf.math.divide_no_nan(sums, counts), centroids)


def rounded(weight: tf.Tensor, bits: int, axes: Sequence[int]) -> tf.Tensor:
    """`weight` in steps of max|weight| / (2^(bits-1) - 1), the maximum being over `axes`.

    The gradient passes unchanged (straight-through estimator).
    """
    step = tf.reduce_max(tf.abs(weight), axes, keepdims=True) / (2 ** (bits - 1) - 1)
    nearest = tf.round(tf.math.divide_no_nan(weight, step)) * step
    return weight + tf.stop_gradient(nearest - weight)


def apply_with(layer: keras.layers.Layer, name: str, value: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """`layer(x)` with `value` in the place of its weight `name`."""
    variable = getattr(layer, name)
    object.__setattr__(layer, name, value)
    try:
        return layer.call(x)
    finally:
        object.__setattr__(layer, name, variable)
