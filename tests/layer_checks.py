"""One helper that builds, calls, saves, loads and trains a layer one step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pnet_tf import _tflite
from pnet_tf._keras import keras, tf


def check_layer(
    layer: keras.layers.Layer, inputs: np.ndarray, output_shape: Sequence[int], folder: Path
) -> np.ndarray:
    """Outputs of `layer` for `inputs` [N, ...], after every check below; works for a head too.

    Shape of one sample is `output_shape`; a copy made from the configuration, and a saved and
    loaded model, give the same outputs; one training step moves a trainable weight, if there is
    one, and leaves all of them finite. `layer` has its own weights back at the end.
    """
    model = _wrap(layer, inputs)
    outputs = model.predict(inputs, verbose=0)
    assert outputs.shape == (len(inputs), *output_shape)
    assert tuple(model.output_shape[1:]) == tuple(output_shape)
    assert outputs.dtype == np.float32
    _check_config(layer, inputs, outputs)
    _check_saved(model, inputs, outputs, folder)
    _check_training_step(layer, inputs)
    return outputs


def convert(model: keras.Model, inputs: np.ndarray, dynamic: bool = False) -> bytes:
    """`model` (one input) as a .tflite with batch 1 and no Flex ops."""
    spec = tf.TensorSpec((1, *inputs.shape[1:]), inputs.dtype)
    function = tf.function(lambda x: model(x, training=False), input_signature=[spec])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], model
    )
    if dynamic:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        _tflite.per_tensor_dense(converter)
    return _tflite.converted(converter)


def run(content: bytes, inputs: np.ndarray) -> np.ndarray:
    """Outputs of a .tflite for `inputs`, one sample at a time, through LiteRT with XNNPACK."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    outputs = []
    for row in inputs:
        interpreter.set_tensor(source, row[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(target)[0])
    return np.stack(outputs)


def operators(content: bytes) -> set[str]:
    """Names of the builtin operators in a .tflite."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=_plain())
    return {op["op_name"] for op in interpreter._get_ops_details()}


def _plain() -> Any:
    from ai_edge_litert.interpreter import OpResolverType

    return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def _wrap(layer: keras.layers.Layer, inputs: np.ndarray) -> keras.Model:
    source = keras.Input(inputs.shape[1:], dtype=inputs.dtype.name)
    return keras.Model(source, layer(source))


def _check_config(layer: keras.layers.Layer, inputs: np.ndarray, outputs: np.ndarray) -> None:
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    model = _wrap(copy, inputs)
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(model.predict(inputs, verbose=0), outputs)


def _check_saved(model: keras.Model, inputs: np.ndarray, outputs: np.ndarray, folder: Path) -> None:
    path = folder / "layer.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded.predict(inputs, verbose=0), outputs)


def _check_training_step(layer: keras.layers.Layer, inputs: np.ndarray) -> None:
    body = _wrap(layer, inputs)
    features = keras.layers.Flatten()(body.output)
    model = keras.Model(body.input, keras.layers.Dense(2)(features))
    model.compile(keras.optimizers.SGD(0.5), keras.losses.SparseCategoricalCrossentropy(True))
    before = layer.get_weights()
    trained = [weight.numpy() for weight in layer.trainable_weights]
    model.train_on_batch(inputs, np.arange(len(inputs)) % 2)
    after = [weight.numpy() for weight in layer.trainable_weights]
    assert all(np.isfinite(weight).all() for weight in after)
    moved = [not np.array_equal(old, new) for old, new in zip(trained, after, strict=True)]
    assert not trained or any(moved)
    layer.set_weights(before)
