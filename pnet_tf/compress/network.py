"""Any Keras model with pruned and shared weights, which goes on training as such.

The model keeps its layers: its weight tensors hold zeros and shared values, and a step of training
moves the values, not single weights (Han et al. 2016, arXiv 1510.00149, section 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .._keras import apply_gradients, keras, layers_of, require_keras, tf
from ..errors import InputError
from .plan import CompressionPlan
from .sharing import SHARING, Codebook
from .tensors import planned, tensors_of
from .weights import magnitude_mask, masked

CODEBOOKS = ("layer", "network")


def compress_model(
    model: keras.Model,
    plans: Mapping[str, CompressionPlan | Mapping[str, Any]] | CompressionPlan,
    *,
    codebook: str = "layer",
    moving: bool = False,
    seed: int = 0,
) -> CompressedModel:
    """Prune the weight tensors of `model` and let them share values; then `fit` it on.

        plans = {"dense": {"prune": 0.99, "cluster": 32}, "*": {"cluster": 64}}
        small = compress_model(model, plans)
        small.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
        small.fit(x, y, epochs=3)
        pnet_tf.save_coded(small.model, "weights.pnc")

    `plans`: name of a layer, or of a tensor as `tensors_of` gives it, or "*" for all others, to its
    plan; one plan alone is for all. Zeros are not among the k values. `codebook` "network": tensors
    of one plan share one codebook. `model` itself is changed and stays a plain Keras model.

    Raises InputError for a name that the model does not have, for a plan out of range, for more
    values than a tensor has weights, and for weights that are not finite.
    """
    require_keras(model, keras.Model, "model")
    if codebook not in CODEBOOKS:
        raise InputError(f"codebook must be one of {', '.join(CODEBOOKS)}, got {codebook!r}")
    return CompressedModel(model, planned(model, plans), codebook, moving, seed)


class _Tensor:
    """A tensor's places that are not 0, and which value each has."""

    def __init__(self, variable: tf.Variable, plan: CompressionPlan) -> None:
        self.variable, self.plan = variable, plan
        weights = variable.numpy()
        if not np.isfinite(weights).all():
            raise InputError(f"weights of {variable.name} must be finite numbers")
        mask = weights != 0
        if plan.prune:
            mask &= magnitude_mask(variable, plan.prune).numpy()
        self.mask, self.kept_share = tf.constant(mask), float(mask.mean())
        self.places = None if mask.all() else tf.constant(np.argwhere(mask), tf.int32)
        self.members: Any = None
        self.values: tf.Variable | None = None
        self.single: tf.Variable | None = None
        self.put_back()

    @property
    def kept(self) -> np.ndarray:
        """The weights that are not 0, in the order of `places`."""
        return self.variable.numpy()[self.mask.numpy()]

    def share(self, values: tf.Variable, members: np.ndarray, moving: bool) -> None:
        """From now on the weights are those values; moving ones go by single weights from there."""
        self.values = values
        if moving:
            self.single = tf.Variable(values.numpy()[members], trainable=False)
        self.members = tf.Variable(members, trainable=False, dtype=tf.int32)
        self.put_back()

    def put_back(self) -> None:
        """Make the tensor what mask and values say."""
        if self.values is None:
            self.variable.assign(masked(self.variable, self.mask))
            return
        if self.single is not None:
            self.members.assign(nearest(self.single, self.values))
        kept = tf.gather(self.values, self.members)
        if self.places is None:
            self.variable.assign(tf.reshape(kept, self.variable.shape))
        else:
            self.variable.scatter_nd_update(self.places, kept)

    def learned(self, gradient: Any) -> Iterator[tuple[tf.Tensor, tf.Variable]]:
        """(gradient, variable): of the weights, masked; of shared values, each the sum of its own.

        Single weights beneath shared values have the gradient of their places, straight through.
        """
        gradient = tf.convert_to_tensor(gradient)  # those of lookup tables are slices
        if self.values is None:
            yield masked(gradient, self.mask), self.variable
            return
        flat = tf.reshape(gradient, [-1])
        kept = flat if self.places is None else tf.gather_nd(gradient, self.places)
        yield tf.math.unsorted_segment_sum(kept, self.members, tf.size(self.values)), self.values
        if self.single is not None:
            yield kept, self.single


class CompressedModel(keras.Model):
    """What `compress_model` gives: compile, fit, evaluate and predict as any Keras model.

    `model` is the model within; `fit` keeps its zeros and shared values.
    """

    def __init__(
        self,
        model: keras.Model,
        plans: Mapping[str, CompressionPlan],
        codebook: str,
        moving: bool,
        seed: int,
    ) -> None:
        super().__init__(name=f"compressed_{model.name}")
        self.model = model
        variables = tensors_of(model)
        self._tensors = [_Tensor(variables[name], plan) for name, plan in plans.items()]
        self._codebooks: list[tf.Variable] = []
        for group in _groups(self._tensors, codebook):
            self._share(group, moving, seed)

    def _share(self, group: Sequence[_Tensor], moving: bool, seed: int) -> None:
        plan, kept = group[0].plan, [tensor.kept for tensor in group]
        book: Codebook = SHARING[plan.method](np.concatenate(kept), plan.cluster, seed)
        values = tf.Variable(book.values, trainable=False, name=f"codebook_{len(self._codebooks)}")
        self._codebooks.append(values)
        ends = np.cumsum([len(part) for part in kept])[:-1]
        for tensor, members in zip(group, np.split(book.members, ends), strict=True):
            tensor.share(values, members, moving)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The model within."""
        return self.model(inputs, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        """As Keras' own, but shared values learn in the place of their weights."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape, self._settling():
            answers = self(x, training=True)
            loss = self.compute_loss(x, y, answers, sample_weight)
        variables = self.model.trainable_variables
        gradients = tape.gradient(loss, variables)
        apply_gradients(self.optimizer, self._learned(variables, gradients))
        for tensor in self._tensors:
            tensor.put_back()
        return self.compute_metrics(x, y, answers, sample_weight)

    @contextmanager
    def _settling(self) -> Iterator[None]:
        """For a step: averages of batch normalisation follow quickly at first, and less is dropped.

        Zeros move what a normalisation sees. At Keras' momentum of 0.99 a short retraining would be
        judged by the averages of the network as it was; here it is at most (1 + n) / (10 + n) after
        n steps, as `tf.train.ExponentialMovingAverage` has it. And a unit with few weights left
        bears less dropout: before a tensor of which a share c is not 0 its rate is times sqrt(c)
        (Han et al. 2015, arXiv 1506.02626, equation 2).
        """
        steps = tf.cast(self.optimizer.iterations, tf.float32)
        layers, before = layers_of(self.model), list[tuple[Any, str, Any]]()
        for one in layers:
            if isinstance(one, keras.layers.BatchNormalization):
                before.append((one, "momentum", one.momentum))
                one.momentum = tf.minimum(one.momentum, (1 + steps) / (10 + steps))
            elif isinstance(one, keras.layers.Dropout):
                before.append((one, "rate", one.rate))
                one.rate *= self._share_after(one) ** 0.5
        try:
            yield
        finally:
            for one, name, value in before:
                setattr(one, name, value)

    def _share_after(self, layer: keras.layers.Layer) -> float:
        """Share of weights that are not 0, the greatest of the tensors that `layer` feeds."""
        shares = {variable.ref(): 1.0 for variable in tensors_of(self.model).values()}
        shares |= {tensor.variable.ref(): tensor.kept_share for tensor in self._tensors}
        weights = [weight.ref() for after in _fed(layer) for weight in after.trainable_weights]
        return max((shares[ref] for ref in weights if ref in shares), default=1.0)

    def _learned(
        self, variables: Sequence[tf.Variable], gradients: Sequence[Any]
    ) -> list[tuple[Any, tf.Variable]]:
        """(gradient, variable) of all that learns; one of each codebook."""
        tensors = {tensor.variable.ref(): tensor for tensor in self._tensors}
        found: dict[Any, tuple[Any, tf.Variable]] = {}
        for variable, gradient in zip(variables, gradients, strict=True):
            if gradient is None:
                continue
            tensor = tensors.get(variable.ref())
            learned = [(gradient, variable)] if tensor is None else tensor.learned(gradient)
            for part, of in learned:
                before = found.get(of.ref())
                found[of.ref()] = part if before is None else before[0] + part, of
        return list(found.values())


def nearest(weights: Any, values: Any) -> tf.Tensor:
    """int32 [N]: of each weight [N] the place of the value [k] nearest to it."""
    order = tf.argsort(values)
    ordered = tf.gather(values, order)
    places = tf.searchsorted((ordered[1:] + ordered[:-1]) / 2, weights)
    return tf.gather(order, places)


def _fed(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """The next layers with weights."""
    for node in layer.outbound_nodes:
        if node.layer.weights:
            yield node.layer
        else:
            yield from _fed(node.layer)


def _groups(tensors: Sequence[_Tensor], codebook: str) -> Iterator[list[_Tensor]]:
    shared = [tensor for tensor in tensors if tensor.plan.cluster]
    if codebook == "layer":
        yield from ([tensor] for tensor in shared)
        return
    for plan in dict.fromkeys((t.plan.cluster, t.plan.method) for t in shared):
        yield [t for t in shared if (t.plan.cluster, t.plan.method) == plan]
