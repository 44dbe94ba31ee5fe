"""What an export can store: one table of quantisation modes, with what each of them promises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """A way to store the head; the projection stays exact in each.

    `same_label` is the floor of the share of top labels equal to the Keras student's,
    `max_difference` the ceiling of a score's difference (regression: of a value, in standard
    deviations); an export beyond them is refused. `oldest`: whether a file must run on the oldest
    promised runtime (else it is tried there, and the file says what it was checked on).
    `convert` names the function "module:function" of an `export.quantize.Job` that makes the file.
    """

    name: str
    describes: str
    same_label: float
    max_difference: float
    oldest: bool
    convert: str


NONE = Mode(
    "none", "float32", same_label=0.995, max_difference=0.02, oldest=True,
    convert="pnet_tf.export.quantize:plain",
)  # fmt: skip
DYNAMIC = Mode(
    "dynamic", "int8 weights, float32 activations", same_label=0.95, max_difference=0.5,
    oldest=True, convert="pnet_tf.export.quantize:dynamic",
)  # fmt: skip
INT8 = Mode(
    "int8", "int8 weights and activations", same_label=0.90, max_difference=0.8, oldest=False,
    convert="pnet_tf.export.quantize:int8",
)  # fmt: skip
INT4 = Mode(
    "int4", "dense layers of 1,024 weights or more, convolutions of 256, in 4 bits, others in 8",
    same_label=0.70,
    max_difference=1.0, oldest=False, convert="pnet_tf.export.quantize:int4",
)  # fmt: skip
AUTO = Mode(
    "auto", "each layer in 4, 8 or 32 bits, the fewest bytes that keep the accuracy",
    same_label=0.70, max_difference=1.0, oldest=False, convert="pnet_tf.export.precision:auto",
)  # fmt: skip
