"""ProjectionNet: a fixed projection and the head that learns from its bits; no trainer in sight."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from ._keras import keras, layers_of, require_keras, tf
from .compress.plan import CompressionPlan
from .data.spec import InputSpec
from .errors import InputError
from .names import HEADS, PROJECTIONS
from .parsing import Component, check_options
from .projections.base import Projection
from .settings import StudentConfig

_FROM_PROJECTION = ("functions", "bits", "seed")
"""Options that a head takes over from the projection when it has them and none is given."""


@keras.utils.register_keras_serializable("pnet_tf")
class ProjectionNet(keras.Model):
    """Raw inputs -> bits -> logits (Ravi 2017, arXiv 1708.00630, section 3).

    `projection` is a layer without trainable weights, `head` a functional model of its bits. `spec`
    says what raw inputs are, where that is known.
    """

    def __init__(
        self,
        projection: keras.layers.Layer,
        head: keras.Model,
        spec: InputSpec | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        require_keras(projection, keras.layers.Layer, "projection")
        require_keras(head, keras.Model, "head")
        self.projection = projection
        self.head = head
        self.spec = spec

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Logits float32 [N, outputs] of raw inputs."""
        return self.head(self.projection(inputs), training=training)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, serialised."""
        serialize = keras.utils.serialize_keras_object
        spec = self.spec.to_json() if self.spec else None
        layers = {"projection": serialize(self.projection), "head": serialize(self.head)}
        return {**layers, "spec": spec}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> ProjectionNet:
        """The network with fresh weights of its head."""
        make = keras.utils.deserialize_keras_object
        spec = InputSpec.from_json(config["spec"]) if config.get("spec") else None
        return cls(make(config["projection"]), make(config["head"]), spec)


def answers(
    student: keras.Model,
    inputs: tf.Tensor,
    task: str,
    temperature: float = 1.0,
    bias: Sequence[float] = (),
) -> tf.Tensor:
    """What a model file answers: softmax scores, or the values themselves for regression.

    `bias` [C] is added to the logits, which are then divided by `temperature`.
    """
    logits = student(inputs, training=False)
    if task == "regression":
        return logits
    shifted = logits + tf.constant(bias, tf.float32) if len(bias) else logits
    return tf.nn.softmax(shifted / temperature if temperature != 1.0 else shifted)


def projection_layers(student: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a student that compute bits of its input, which no quantiser may touch."""
    found = [layer for layer in layers_of(student) if isinstance(layer, Projection)]
    if isinstance(student, ProjectionNet) and student.projection not in found:
        found.append(student.projection)
    return found


def build_student(config: StudentConfig | Mapping[str, Any]) -> ProjectionNet:
    """The ProjectionNet of a configuration (or its plain JSON form), with fresh weights.

    `qat` "int8" or "int4" makes a head that trains so; `prune` and `cluster` are what training does
    to its weights (see CompressionPlan). Raises InputError for a name or an option that does not
    exist, a value outside its range, or a projection or head that does not take such input.
    """
    config = StudentConfig.parse(config)
    plan = CompressionPlan(config.prune, config.cluster)
    projection = build_projection(config.projection, config.input)
    bits = projection(keras.Input(config.input.shape, dtype=config.input.dtype))
    head = _build_head(config, tuple(bits.shape[1:]))
    if plan.cluster:
        from .compress.norm import freezable

        head = freezable(head)
    head = _aware(head, config.qat, plan)
    return ProjectionNet(projection, head, config.input, name="student")


def build_projection(component: Component, spec: InputSpec) -> keras.layers.Layer:
    """The projection layer of a name and options; raises InputError when it takes no such input."""
    made = PROJECTIONS.get(component.name)
    kinds = getattr(made, "kinds", None)
    if kinds is not None and spec.kind not in kinds:
        raise InputError(
            f"projection {component.name!r} reads {' or '.join(kinds)}, "
            f"got input of kind {spec.kind!r}"
        )
    return made(**check_options("projection", component, made))


def _build_head(config: StudentConfig, bits_shape: tuple[int, ...]) -> keras.Model:
    made = HEADS.get(config.head.name)
    given = config.head.options
    parameters = inspect.signature(made).parameters
    taken = {
        name: config.projection.options[name]
        for name in _FROM_PROJECTION
        if name in parameters and name not in given and name in config.projection.options
    }
    head = Component(config.head.name, {**taken, **given})
    options = check_options("head", head, made, beside=("input_shape", "outputs"))
    return made(input_shape=bits_shape, outputs=config.outputs, **options)


def _aware(head: keras.Model, mode: str, plan: CompressionPlan) -> keras.Model:
    if mode == "none":
        return head
    if mode == "int8":
        from .compress.qat import int8_aware

        return int8_aware(head)
    if plan.cluster:
        raise InputError("cluster does not go with qat int4, whose 16 levels are values of its own")
    from .compress.int4 import int4_aware

    return int4_aware(head)
