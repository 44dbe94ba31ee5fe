"""Quantisation-aware training of a head: int8 as the runtimes compute it, simulated in float32.

TFMOT's quantizers round in the forward pass and let gradients straight through; its own layout
transforms fold a batch norm into a convolution only, and leave one behind a dense layer for the
converter, whose int8 then is not what was trained. Here a batch norm is folded into the layer
before it while it trains (Jacob et al. 2018, arXiv 1712.05877, section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tensorflow_model_optimization.quantization.keras import quantizers

from .._keras import keras, tf
from ..errors import InputError
from .weights import apply_with, rounded

QAT_HEADS = ("linear", "dense", "sequence", "local")
_LAYERS = keras.layers
_LINEAR = (_LAYERS.Dense, _LAYERS.Conv2D, _LAYERS.DepthwiseConv2D)
_COMPUTING = (
    *_LINEAR, _LAYERS.BatchNormalization, _LAYERS.ReLU, _LAYERS.Add, _LAYERS.Concatenate,
    _LAYERS.AveragePooling2D, _LAYERS.GlobalAveragePooling2D, _LAYERS.GlobalAveragePooling1D,
)  # fmt: skip
_PASSING = (
    _LAYERS.InputLayer, _LAYERS.Dropout, _LAYERS.Flatten, _LAYERS.Reshape, _LAYERS.Cropping1D,
    _LAYERS.GlobalMaxPooling1D, _LAYERS.GlobalMaxPooling2D, _LAYERS.MaxPooling2D,
)  # fmt: skip
_BITS = ("Sign", "PositionBits")  # layers of ours whose values are -1, 0 and +1
_DECAY = 0.99


def int8_aware(head: keras.Model) -> keras.Model:
    """A fresh head of the same topology that trains with int8 weights and activations.

    Weights of dense layers and convolutions have one scale a tensor, depthwise filters one a
    channel (the converter's; fixed ones are ternary, so nothing is lost), activations one a tensor:
    a moving average of the extremes. +-1 and 0 stay exact. Raises InputError for a layer that int8
    has no form of; the heads of `QAT_HEADS` have none.
    """
    plan = _Plan(head)
    aware = keras.models.clone_model(head, clone_function=plan.clone)
    return keras.Model(aware.inputs, aware.outputs, name=head.name)


class _Plan:
    """What becomes of each layer of a head."""

    def __init__(self, head: keras.Model) -> None:
        self._next = {layer.name: _consumers(layer) for layer in head.layers}
        self._first = {
            after.name
            for layer in head.layers if isinstance(layer, _LAYERS.InputLayer)
            for after in _consumers(layer)
        }  # fmt: skip
        self._folded = {
            layer.name: self._next[layer.name][0]
            for layer in head.layers
            if isinstance(layer, _LINEAR)
            and _only(self._next[layer.name], _LAYERS.BatchNormalization)
        }
        self._norms = {norm.name for norm in self._folded.values()}

    def clone(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """The layer's place in the quantisation-aware head."""
        _check(layer)
        copy = layer.__class__.from_config(layer.get_config())
        norm = self._folded.get(layer.name)
        if layer.name in self._norms:
            copy = _LAYERS.Activation("linear", name=layer.name)
        output = self._output(layer)
        bits = layer.name in self._first
        if isinstance(layer, _LINEAR) or output or bits:
            norm = norm and norm.__class__.from_config(norm.get_config())
            return Int8(copy, norm=norm, bits=bits, output=output, name=layer.name)
        return copy

    def _output(self, layer: keras.layers.Layer) -> str | None:
        """Kind of rounding: "range" as a runtime does, "bits" behind a sign, None without."""
        if type(layer).__name__ in _BITS:
            return "bits"
        after = self._next[layer.name]
        fused = layer.name in self._folded or (
            isinstance(layer, (*_LINEAR, _LAYERS.BatchNormalization)) and _only(after, _LAYERS.ReLU)
        )
        return "range" if isinstance(layer, _COMPUTING) and not fused else None


def _consumers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    return [node.outbound_layer for node in layer.outbound_nodes]


def _only(layers: list[keras.layers.Layer], kind: type) -> bool:
    return len(layers) == 1 and isinstance(layers[0], kind)


def _check(layer: keras.layers.Layer) -> None:
    if type(layer).__name__ not in _BITS and not isinstance(layer, (*_COMPUTING, *_PASSING)):
        raise InputError(
            f"qat fits the heads {', '.join(QAT_HEADS)}; "
            f"layer {layer.name!r} is a {type(layer).__name__}, which it cannot quantise"
        )


class _RunningRange(quantizers.MovingAverageQuantizer):
    """TFMOT's moving average, but it starts at the first batch's extremes instead of at 6."""

    def __init__(self) -> None:
        super().__init__(num_bits=8, per_axis=False, symmetric=False, narrow_range=False)

    def build(self, tensor_shape: Any, name: str, layer: keras.layers.Layer) -> dict[str, Any]:
        """Two extremes and the number of batches seen."""
        weights = super().build(tensor_shape, name, layer)
        weights["seen"] = layer.add_weight(f"{name}_seen", initializer="zeros", trainable=False)
        return weights

    def __call__(
        self, inputs: tf.Tensor, training: bool, weights: Mapping[str, Any], **kwargs: Any
    ) -> tf.Tensor:
        """`inputs` rounded to 256 steps of the range."""
        low, high = weights["min_var"], weights["max_var"]
        if training:
            seen = weights["seen"]
            rate = tf.maximum(1.0 - _DECAY, 1.0 / (seen + 1.0))
            seen.assign_add(1.0)
            # 0 must be inside, or the range that is stored is not the one that was used
            low.assign_add(rate * (tf.minimum(tf.reduce_min(inputs), 0.0) - low))
            high.assign_add(rate * (tf.maximum(tf.reduce_max(inputs), 0.0) - high))
        return tf.quantization.fake_quant_with_min_max_vars(inputs, low, high)


@keras.utils.register_keras_serializable("pnet_tf")
class Int8(keras.layers.Wrapper):
    """`layer`, with `norm` folded into it, as int8 computes it.

    `bits`: its input is -1, 0 or +1 and is quantised as such; `output`: None, "range" or "bits".
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        norm: keras.layers.Layer | None = None,
        bits: bool = False,
        output: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(layer, **kwargs)
        self.norm, self.bits, self.output_kind = norm, bits, output
        self._weights_quantizer = quantizers.LastValueQuantizer(8, False, True, True)
        self._range = _RunningRange()

    def build(self, input_shape: Any) -> None:
        """Ranges of what is quantised."""
        super().build(input_shape)
        shape = self.layer.compute_output_shape(input_shape)
        if self.norm is not None:
            self.norm.build(shape)
        if self._quantizes_kernel():
            kernel = self.layer.kernel
            self._kernel_range = self._weights_quantizer.build(kernel.shape, "kernel", self)
        if self.output_kind == "range":
            self._output_range = self._range.build(shape, "output", self)

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """What the wrapped layers give, rounded."""
        training = bool(training)
        x = tf.nest.map_structure(_round_bits, inputs) if self.bits else inputs
        apply = self._linear if isinstance(self.layer, _LINEAR) else self._plain
        y = apply(x, training)
        if self.output_kind == "range":
            return self._range(y, training, self._output_range)
        return _round_bits(y) if self.output_kind == "bits" else y

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        norm = self.norm and keras.layers.serialize(self.norm)
        own = {"norm": norm, "bits": self.bits, "output": self.output_kind}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Int8:
        """The layer of `get_config`."""
        config = dict(config)
        for name in ("layer", "norm"):
            found = config.pop(name)
            config[name] = found and keras.layers.deserialize(found, custom_objects=custom_objects)
        return cls(**config)

    def _quantizes_kernel(self) -> bool:
        return isinstance(self.layer, _LINEAR) and not isinstance(
            self.layer, _LAYERS.DepthwiseConv2D
        )

    def _plain(self, x: Any, training: bool) -> tf.Tensor:
        takes_training = isinstance(self.layer, _LAYERS.Dropout)
        return self.layer(x, training=training) if takes_training else self.layer(x)

    def _linear(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        name = "kernel" if self._quantizes_kernel() else "depthwise_kernel"
        kernel = getattr(self.layer, name)
        scale, shift = self._fold(x, training)
        used = kernel * tf.reshape(scale, _scale_shape(kernel, name)) if self.norm else kernel
        if self._quantizes_kernel():
            used = self._weights_quantizer(used, training, self._kernel_range)
        else:
            used = rounded(used, 8, (0, 1))
        return apply_with(self.layer, name, used, x) + shift

    def _fold(self, x: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Batch norm as scale * z + shift of the layer's output z; its averages are updated."""
        if self.norm is None:
            return tf.constant(1.0), tf.constant(0.0)
        mean, variance = self.norm.moving_mean, self.norm.moving_variance
        if training and not getattr(self.norm, "frozen", False):
            z = self.layer(x)
            self.norm(z, training=True)
            mean, variance = tf.nn.moments(z, list(range(len(z.shape) - 1)))
        scale = self.norm.gamma * tf.math.rsqrt(variance + self.norm.epsilon)
        return scale, self.norm.beta - mean * scale


def _scale_shape(kernel: tf.Variable, name: str) -> Iterable[int]:
    return [1, 1, *kernel.shape[2:]] if name == "depthwise_kernel" else [kernel.shape[-1]]


def _round_bits(x: tf.Tensor) -> tf.Tensor:
    """-1, 0 and +1 unchanged, as int8 numbers of scale 1/127."""
    return tf.quantization.fake_quant_with_min_max_args(x, -1.0, 1.0, narrow_range=True)
