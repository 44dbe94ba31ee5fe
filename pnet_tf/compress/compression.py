"""Pruning and clustering of a head's weights while it trains, beside any loss.

The head stays as it is: after each update its matrices are put back onto the pruned and clustered
values, so that what trains, what is validated and what is exported are the same weights, and no
mask or centroid has to be stripped. TFMOT gives the schedule and the first centroids; its Keras
wrappers keep steps that only its own callbacks move on, do not nest in the int8 layers, and do not
know the batch norm behind a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensorflow_model_optimization.sparsity.keras import PolynomialDecay

from .._keras import adam_moments, keras, tf
from .int4 import Int4
from .norm import FreezableNorm
from .plan import CompressionPlan
from .qat import Int8
from .weights import clustered, linear_centroids, magnitude_mask, masked, moved_centroids

_COMPRESSED = {
    keras.layers.Dense: "kernel",
    keras.layers.Conv2D: "kernel",
    keras.layers.Embedding: "embeddings",
}
_FIRST_MOVES = 10  # k-means steps before the first step on clusters


@dataclass(frozen=True)
class _Matrix:
    """One trained weight tensor of the head, the batch norm behind it, and its state.

    `latent` collects updates that are smaller than the way to the next centroid (straight-through
    estimator: the gradient of a clustered weight is applied to the latent one).
    """

    weight: tf.Variable
    bias: tf.Variable | None
    norm: FreezableNorm | None
    mask: tf.Variable
    latent: tf.Variable
    centroids: tf.Variable


class Compression:
    """The plan carried out on `head`; call `start`, then `after_step` with each update's number.

    Pruning: `prune` of each matrix, growing by the cubic schedule of Zhu & Gupta 2017 (arXiv
    1710.01878) from `PRUNE_FROM` to `PRUNE_TO` of all steps, then fixed. Clustering: from
    `CLUSTER_FROM` on, each matrix has `cluster` values beside its zeros; they are the means of
    their latent weights, taken anew at each step (after Han et al. 2016, arXiv 1510.00149).
    Biases, batch norms and fixed filters are left alone.
    """

    def __init__(self, head: keras.Model, plan: CompressionPlan) -> None:
        self.plan = plan
        self._matrices = [_matrix(*found, plan) for found in _weights(head)]
        self._clustering = False
        self._cluster = tf.function(self._cluster_all)
        self._prune = tf.function(self._prune_all)

    @property
    def variables(self) -> list[tf.Variable]:
        """All state beside the head's weights."""
        parts = [[m.mask] if self.plan.prune else [] for m in self._matrices]
        if self.plan.cluster:
            parts += [[m.latent, m.centroids] for m in self._matrices]
        return [variable for part in parts for variable in part]

    def start(self, optimizer: keras.optimizers.Optimizer, total: int) -> None:
        """Before the first step of `total`; `optimizer` trains the head."""
        self._optimizer, self._total = optimizer, total
        first, last, self._every = self.plan.prune_steps(total)
        self._schedule = PolynomialDecay(
            0.0, self.plan.prune, first, last, power=3, frequency=self._every
        )

    def resume(self, step: int) -> None:
        """After `step` updates and with all variables restored."""
        self._clustering = bool(self.plan.cluster) and step >= self.plan.cluster_step(self._total)
        for norm in (m.norm for m in self._matrices if m.norm is not None):
            norm.frozen = self._clustering

    def settled(self, step: int) -> bool:
        """Whether the weights after `step` updates are as sparse and clustered as asked."""
        return step >= self.plan.settled_step(self._total)

    def after_step(self, step: int) -> bool:
        """Put the weights back in place; whether the head's graph has changed."""
        if self._clustering:
            self._cluster()
            return False
        if self.plan.prune:
            due, sparsity = self._schedule(step)
            self._prune(due, sparsity)
        if self.plan.cluster and step >= self.plan.cluster_step(self._total):
            self._start_clusters()
            return any(m.norm is not None for m in self._matrices)
        return False

    def _prune_all(self, due: tf.Tensor, sparsity: tf.Tensor) -> None:
        for m in self._matrices:
            if due:
                m.mask.assign(magnitude_mask(m.weight, sparsity))
            m.weight.assign(masked(m.weight, m.mask))

    def _start_clusters(self) -> None:
        for m in self._matrices:
            _fold(m, self._optimizer)
            m.latent.assign(m.weight)
            first = linear_centroids(m.weight, m.mask, self.plan.cluster)
            for _ in range(_FIRST_MOVES):
                first = moved_centroids(m.latent, first, m.mask)
            m.centroids.assign(first)
            m.weight.assign(clustered(m.latent, first, m.mask))
        self._clustering = True

    def _cluster_all(self) -> None:
        for m in self._matrices:
            update = m.weight - clustered(m.latent, m.centroids, m.mask)
            m.latent.assign_add(update)
            m.centroids.assign(moved_centroids(m.latent, m.centroids, m.mask))
            m.weight.assign(clustered(m.latent, m.centroids, m.mask))
            if m.norm is not None:
                m.norm.hold()


def _weights(
    head: keras.Model,
) -> Iterator[tuple[tf.Variable, tf.Variable | None, FreezableNorm | None]]:
    """Every weight tensor to compress with its bias and the batch norm behind it."""
    for layer in head.layers:
        inner = layer.layer if isinstance(layer, Int8 | Int4) else layer
        if type(inner) not in _COMPRESSED or not inner.trainable:
            continue
        norm = layer.norm if isinstance(layer, Int8) else _norm_behind(layer)
        yield getattr(inner, _COMPRESSED[type(inner)]), getattr(inner, "bias", None), norm


def _norm_behind(layer: keras.layers.Layer) -> FreezableNorm | None:
    after = [node.outbound_layer for node in layer.outbound_nodes]
    return after[0] if len(after) == 1 and isinstance(after[0], FreezableNorm) else None


def _matrix(
    weight: tf.Variable,
    bias: tf.Variable | None,
    norm: FreezableNorm | None,
    plan: CompressionPlan,
) -> _Matrix:
    held = weight.shape if plan.cluster else [0]
    return _Matrix(
        weight, bias, norm,
        mask=tf.Variable(tf.ones(weight.shape, tf.bool), trainable=False),
        latent=tf.Variable(tf.zeros(held), trainable=False),
        centroids=tf.Variable(tf.zeros([plan.cluster]), trainable=False),
    )  # fmt: skip


def _fold(m: _Matrix, optimizer: keras.optimizers.Optimizer) -> None:
    """Multiply the norm's factors into the weight; its Adam moments follow its gradients."""
    if m.norm is None:
        return
    scale = m.norm.freeze()
    m.weight.assign(masked(m.weight * scale, m.mask))
    if m.bias is not None:
        m.bias.assign(m.bias * scale)
    for power, moment in enumerate(adam_moments(optimizer, m.weight), 1):
        moment.assign(tf.math.divide_no_nan(moment, scale**power))
