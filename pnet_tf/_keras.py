"""The one file that chooses the Keras flavour, and touches what Keras and TFMOT do not publish.

tf_keras, because TFMOT works with no other. Each use of a private name below says what to do when
an upgrade breaks it; `tests/test_private_names.py` is the canary of each.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from .errors import InputError  # noqa: E402
from .quiet import quiet_native  # noqa: E402

with quiet_native():
    import tensorflow as tf
    import tf_keras as keras
    from tf_keras.src.backend import RandomGenerator

    tf.config.list_physical_devices()

# It takes the steps of several fits for one function, which is traced too often.
tf.get_logger().addFilter(
    lambda record: not ("pnet_tf." in (said := record.getMessage()) and "retracing" in said)
)

__all__ = [
    "adam_moments", "apply_gradients", "forgetting_gradients", "keras", "layers_of",
    "require_keras", "stateful_generators", "tf",
]  # fmt: skip


@contextmanager
def forgetting_gradients() -> Iterator[None]:
    """Forget on leaving the custom gradients of the graphs that were traced inside.

    TensorFlow registers each by a number, with its whole graph, for good: a search of many networks
    would hold all of them. What was traced inside must not be differentiated afterwards. Private:
    `tensorflow.python.framework.ops.gradient_registry._registry`. When it breaks: leave it out, and
    a search takes more memory with each network.
    """
    from tensorflow.python.framework import ops

    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            if name.startswith("CustomGradient-"):
                del registered[name]


def require_keras(value: Any, kind: type, what: str) -> None:
    """Raises InputError, with one sentence for a Keras 3 object, unless `value` is a `kind`."""
    if isinstance(value, kind):
        return
    found = type(value)
    if any(base.__module__.split(".")[0] == "keras" for base in found.__mro__):
        raise InputError(
            f"{what} is a Keras 3 object; it must be made with tf_keras: "
            "write `from pnet_tf import keras` (or `import tf_keras as keras`) where it is made"
        )
    raise InputError(f"{what} must be a tf_keras {kind.__name__}, got {found.__name__}")


def apply_gradients(
    optimizer: keras.optimizers.Optimizer, pairs: Iterable[tuple[Any, tf.Variable]]
) -> None:
    """One update by (gradient, variable).

    Without replicas there is nothing to sum over them, and what tf_keras would do for it keeps
    every traced graph in memory for good, with the tensors that it has captured.
    """
    alone = not tf.distribute.has_strategy()
    optimizer.apply_gradients(pairs, skip_gradients_aggregation=alone)


def layers_of(model: keras.Model) -> list[keras.layers.Layer]:
    """Every layer below a model, nested ones, wrappers and cells too, each once."""
    return [m for m in model.submodules if isinstance(m, keras.layers.Layer)]


def stateful_generators(
    model: keras.Model, fresh: Any = None
) -> Iterator[tuple[keras.layers.Layer, str, tf.random.Generator | None]]:
    """(layer, attribute, generator) of each random layer below `model`, in order.

    By default a layer of tf_keras draws from a stateful op whose counter lives inside the
    TensorFlow runtime, which can be neither read nor restored: its generator is None.
    `fresh(index)` gives the seed of a generator that then takes its place.

    Private: `tf_keras.src.backend.RandomGenerator`, its `_rng_type`, `_generator` and
    `_maybe_init`, and `keras.Model._flatten_layers`, whose order decides the seeds. When it
    breaks: look how `keras.layers.Dropout` draws, and set what it draws from to a
    `tf.random.Generator`.
    """
    index = 0
    for layer in model._flatten_layers():
        for name, value in list(vars(layer).items()):
            if not isinstance(value, RandomGenerator):
                continue
            if value._rng_type == RandomGenerator.RNG_LEGACY_STATEFUL and fresh is not None:
                value = RandomGenerator(fresh(index), rng_type=RandomGenerator.RNG_STATEFUL)
                object.__setattr__(layer, name, value)
            index += 1
            stateful = value._rng_type == RandomGenerator.RNG_STATEFUL
            if stateful:
                value._maybe_init()
            yield layer, name, value._generator if stateful else None
        for name, value in list(vars(layer).items()):
            if isinstance(value, tf.random.Generator):
                yield layer, name, value


def adam_moments(
    optimizer: keras.optimizers.Optimizer, weight: tf.Variable
) -> tuple[tf.Variable, tf.Variable]:
    """First and second moment that Adam keeps of `weight`.

    Private: `_index_dict`, `_var_key`, `_momentums`, `_velocities` of tf_keras' Adam. When it
    breaks: find the two among `optimizer.variables`, which are public, by their order.
    """
    index = optimizer._index_dict[optimizer._var_key(weight)]
    return optimizer._momentums[index], optimizer._velocities[index]


def linear_centroids(weights: tf.Tensor, clusters: int, sparse: bool) -> tf.Tensor:
    """TFMOT's evenly spaced first centroids; `sparse` keeps one of them at 0.

    Private: `clustering_centroids.LinearCentroidsInitialisation` (TFMOT publishes the enum only).
    When it breaks: evenly spaced values from the least to the greatest weight, as in Han et al.
    2016, section 3.2.
    """
    from tensorflow_model_optimization.python.core.clustering.keras.clustering_centroids import (
        LinearCentroidsInitialisation,
    )

    made = LinearCentroidsInitialisation(weights, clusters, preserve_sparsity=sparse)
    return made.get_cluster_centroids()
