"""Outputs of a network's layers, read in the same forward pass that gives its logits.

A term of the objective that compares layers has the attributes `student_layer` and `trainer_layer`:
the name of a layer, or None for the last one before the logits. The layers of a ProjectionNet are
those of its head.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._keras import keras, tf
from ..data.limits import shown
from ..errors import InputError
from ..model import ProjectionNet

_LEFT_OUT = (keras.layers.InputLayer, keras.layers.Dropout)


class Matched:
    """What terms compare in one fit.

    `student`, `trainer`: readers of the layers that terms ask for, None where none does. `learned`:
    what terms learn beside the student, by their names.
    """

    def __init__(
        self,
        terms: Sequence[Any],
        student: keras.Model,
        trainer: keras.Model | None,
        *,
        cached: bool,
        seed: int,
    ) -> None:
        """`cached`: the student is given bits. Raises InputError as `read_layers` does."""
        self.student: LayerReader | None
        if isinstance(student, ProjectionNet):
            before = _float32 if cached else student.projection
            self.student = read_layers("student", student.head, terms, before)
        else:
            self.student = read_layers("student", student, terms)
        self.trainer = read_layers("trainer", trainer, terms)
        self.learned = {
            term.name: term.learned(*self._units(term), seed)
            for term in terms if hasattr(term, "learned")
        }  # fmt: skip

    @property
    def variables(self) -> list[tf.Variable]:
        """All of what is learned."""
        return [v for layer in self.learned.values() for v in layer.variables]

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """What the student's optimiser moves beside the student."""
        return [v for layer in self.learned.values() for v in layer.trainable_variables]

    def _units(self, term: Any) -> tuple[int, int]:
        assert self.student is not None and self.trainer is not None
        return self.student.units[term.student_layer], self.trainer.units[term.trainer_layer]


class LayerReader:
    """`network`, called with the outputs of `layers` beside its logits; `before` makes its inputs.

    `layers`: output, a symbolic tensor of floats [N, ..., units], by the name that asks for it.
    `units`: how many of them each has.
    """

    def __init__(
        self,
        network: keras.Model,
        layers: Mapping[str | None, Any],
        before: Callable[[tf.Tensor], tf.Tensor] | None = None,
    ) -> None:
        self.units = {name: int(output.shape[-1]) for name, output in layers.items()}
        self._names, self._before = tuple(layers), before
        self._model = keras.Model(network.inputs, [network.outputs[0], *layers.values()])

    def __call__(
        self, inputs: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, dict[str | None, tf.Tensor]]:
        """Logits, and each output as float32 [N, units] (`pooled`)."""
        inputs = inputs if self._before is None else self._before(inputs)
        logits, *outputs = self._model(inputs, training=training)
        return logits, dict(zip(self._names, map(pooled, outputs), strict=True))


def pooled(output: tf.Tensor) -> tf.Tensor:
    """Mean over all axes but the first and the last (tokens, positions): float32 [N, units]."""
    axes = list(range(1, len(output.shape) - 1))
    return tf.cast(tf.reduce_mean(output, axes) if axes else output, tf.float32)


def read_layers(
    who: str,
    network: keras.Model | None,
    terms: Sequence[Any],
    before: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> LayerReader | None:
    """The reader of the layers of `who`, "student" or "trainer", that terms ask for.

    None when none does. Raises InputError for a network without layers to read, a layer that does
    not exist or gives no floats, and one of the student below which nothing learns.
    """
    key, layers = f"{who}_layer", dict[str | None, Any]()
    for term in terms:
        if hasattr(term, key):
            title = f"loss term {term.name!r}: {key}"
            layers[getattr(term, key)] = _output(title, who, network, getattr(term, key))
    return LayerReader(network, layers, before) if network is not None and layers else None


def layer_names(network: keras.Model) -> dict[str, keras.layers.Layer]:
    """The layers of a network by name, but for inputs, dropout and bare operations.

    One without a name of its own is KIND:N, the Nth of its kind from 0: the names that Keras makes
    depend on what else the process has built.
    """
    seen: Counter[str] = Counter()
    found = {}
    for layer in network.layers:
        kind, made = _kind(layer)
        if isinstance(layer, _LEFT_OUT) or kind.startswith("tf."):
            continue
        found[f"{kind}:{seen[kind]}" if made else layer.name] = layer
        seen[kind] += made
    return found


def _kind(layer: keras.layers.Layer) -> tuple[str, bool]:
    """The kind of a layer as Keras names it, and whether its name is one that Keras made."""
    kind = re.sub(r"_[1-9]\d*$", "", layer.name)
    usual = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", type(layer).__name__)
    usual = re.sub("([a-z])([A-Z])", r"\1_\2", usual).lower()
    return kind, kind == usual


def _float32(inputs: tf.Tensor) -> tf.Tensor:
    return tf.cast(inputs, tf.float32)


def _output(title: str, who: str, network: keras.Model | None, name: str | None) -> Any:
    if network is None:
        raise InputError(f"{title} needs a {who}: stored logits have no layers")
    if not getattr(network, "inputs", None):
        raise InputError(
            f"{title} cannot be read: the {who} is a {type(network).__name__}, no functional model"
        )
    output = _before_logits(title, network) if name is None else _named(title, network, name)
    chosen = "the last layer before the logits" if name is None else f"layer {name!r}"
    _check_output(f"{title}: {chosen}", output)
    if who == "student" and not keras.Model(network.inputs, output).trainable_variables:
        raise InputError(f"{title}: {chosen} has no weights in or below it that could learn")
    return output


def _check_output(title: str, output: Any) -> None:
    shape = getattr(output, "shape", None)
    if shape is None or len(shape) < 2 or shape[-1] is None or not output.dtype.is_floating:
        raise InputError(f"{title} gives no single tensor of floats [N, ..., units]")


def _named(title: str, network: keras.Model, name: str) -> Any:
    """What the layer `name` of the network gives, where it is used first."""
    found = layer_names(network)
    known = {layer.name: layer for layer in found.values()} | found
    if name not in known:
        raise InputError(f"{title} must be one of {', '.join(found)}, got {shown(name)}")
    for node in known[name].inbound_nodes:
        try:  # a nested network, or one that another shares, has nodes of other graphs too
            keras.Model(network.inputs, node.outputs)
        except ValueError:
            continue
        return node.outputs
    raise InputError(f"{title}: layer {name!r} is used outside the network alone")


def _before_logits(title: str, network: keras.Model) -> Any:
    """What the layer of the logits is given, before any dropout."""
    output = network.outputs[0]
    while True:
        before = output.node.keras_inputs
        if len(before) != 1:
            known = ", ".join(layer_names(network))
            raise InputError(
                f"{title} must be said, one of {known}: no single layer stands before the logits"
            )
        output = before[0]
        if not isinstance(output.node.layer, keras.layers.Dropout):
            return output
