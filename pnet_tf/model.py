"""ProjectionNet: a fixed projection and the head that learns from its bits; no trainer in sight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import runs
from ._keras import keras, tf
from .compress.plan import CompressionPlan
from .errors import InputError
from .heads import HEADS
from .projections import PROJECTIONS

INPUT_KINDS = ("text", "image", "dense")


@keras.utils.register_keras_serializable("pnet_tf")
class ProjectionNet(keras.Model):
    """Raw inputs -> bits -> logits (Ravi 2017, arXiv 1708.00630, section 3).

    `projection` is a layer without trainable weights, `head` a functional model of its bits.
    """

    def __init__(self, projection: keras.layers.Layer, head: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.projection = projection
        self.head = head

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Logits float32 [N, outputs] of raw inputs."""
        return self.head(self.projection(inputs), training=training)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, serialised."""
        serialize = keras.utils.serialize_keras_object
        return {"projection": serialize(self.projection), "head": serialize(self.head)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> ProjectionNet:
        """The network with fresh weights of its head."""
        make = keras.utils.deserialize_keras_object
        return cls(make(config["projection"]), make(config["head"]))

    def predictions(self, inputs: tf.Tensor, task: str) -> tf.Tensor:
        """What a model file answers: softmax scores, or the values themselves for regression."""
        logits = self(inputs, training=False)
        return logits if task == "regression" else tf.nn.softmax(logits)


def raw_input_spec(config: Mapping[str, Any]) -> tuple[tuple[int, ...], tf.DType]:
    """Shape of one raw input without the batch, and its type, of a student configuration."""
    kind = config["input"]["kind"]
    if kind == "text":
        return (int(config["input"]["byte_length"]),), tf.uint8
    return tuple(config["input"]["shape"]), tf.uint8 if kind == "image" else tf.float32


def build_student(config: Mapping[str, Any]) -> ProjectionNet:
    """The ProjectionNet of a plain JSON configuration, with fresh weights.

    Keys: `input` (kind with byte_length or shape), `outputs`, `projection` and `head` (each a
    `name` and that one's options); `qat` "int8" or "int4" makes a head that trains so; `prune` and
    `cluster` are what training does to its weights (see CompressionPlan). Raises InputError for a
    name or an option that does not exist, a value outside its range, or the projection "text" of
    what is no text.
    """
    plan = CompressionPlan(config.get("prune", 0.0), config.get("cluster", 0))
    shape, dtype = raw_input_spec(config)
    kind = config["input"]["kind"]
    if config["projection"]["name"] == "text" and kind != "text":
        raise InputError(f"projection 'text' reads texts, got input of kind {kind!r}")
    projection = _make(PROJECTIONS, "projection", config["projection"])
    bits = projection(keras.Input(shape, dtype=dtype))
    options = {"input_shape": tuple(bits.shape[1:]), "outputs": config["outputs"]}
    head = dict(config["head"])
    if head["name"] == "lookup":
        options |= {key: config["projection"][key] for key in ("functions", "bits")}
    made = _make(HEADS, "head", head, **options)
    if plan.cluster:
        from .compress.norm import freezable

        made = freezable(made)
    made = _aware(made, config.get("qat", "none"), plan)
    return ProjectionNet(projection, made, name="student")


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


def without_qat(student: ProjectionNet, config: Mapping[str, Any]) -> ProjectionNet:
    """A `student` trained with `qat` "int4" as one whose head holds its rounded weights."""
    from .compress.int4 import give_rounded

    head = build_student({**config, "qat": "none"}).head
    give_rounded(student.head, head)
    return ProjectionNet(student.projection, head, name=student.name)


def load_student(run: runs.Run) -> ProjectionNet:
    """The trained ProjectionNet of a finished run; raises InputError when it does not fit."""
    student = build_student(run.config)
    runs.load_weights(run.path / runs.STUDENT, student)
    return student


def _make(table: Mapping[str, Any], what: str, config: Mapping[str, Any], **more: Any) -> Any:
    options = dict(config)
    name = options.pop("name")
    if name not in table:
        raise InputError(f"{what} must be one of {', '.join(table)}, got {name!r}")
    try:
        return table[name](**more, **options)
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{what} {name!r} does not take these options: {error}") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{what} {name!r} does not fit its input: {error}") from None
