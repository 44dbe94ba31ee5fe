"""Canaries of the private names that `_keras.py` and `_tflite.py` touch.

When an upgrade of a dependency breaks one, the docstring of the function that is tested here says
what to do. Everything else of the package keeps to public names: the last test looks.
"""

import gc
import logging
import re
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pnet_tf import _keras, _tflite
from pnet_tf._keras import keras, tf
from pnet_tf.errors import WorkError
from tests.gradients import registered

ROOT = Path(__file__).resolve().parents[1]
PRIVATE = re.compile(
    r"from (?:tensorflow|tf_keras|keras|tensorflow_model_optimization)[\w.]*\.(?:python|src)\b"
    r"|\b(?:tf|keras|optimizer|model|layer|converter|generator|made)\._(?!_)\w+"
)
FENCES = {"_keras.py", "_tflite.py"}
# a venv of its own holds this one runtime, whose version is pinned
PINNED = {"oldest_runner.py"}


def test_random_layers_keep_their_state_in_a_variable():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5)])
    ((_, _, before),) = list(_keras.stateful_generators(model))
    assert before is None
    ((layer, _, generator),) = list(_keras.stateful_generators(model, fresh=lambda index: 7))
    assert isinstance(layer, keras.layers.Dropout)
    saved = generator.state.numpy()
    first = model(tf.ones((8, 4)), training=True)
    assert not np.array_equal(generator.state.numpy(), saved)
    generator.state.assign(saved)
    np.testing.assert_array_equal(model(tf.ones((8, 4)), training=True), first)


@pytest.mark.parametrize(("whose", "shown"), [("pnet_tf.training.joint", False), ("mine", True)])
def test_steps_of_several_fits_are_no_retracing_to_warn_of(whose, shown):
    said = "5 out of the last 9 calls to <method of <%s.JointFit>> triggered tf.function retracing."
    record = logging.LogRecord("tensorflow", logging.WARNING, "", 0, said, (whose,), None)
    assert bool(tf.get_logger().filter(record)) == shown


def traced_square():
    """A function whose gradient is twice the true one, and the graph that it was traced into."""

    @tf.custom_gradient
    def square(x):
        return x * x, lambda upstream: 4.0 * x * upstream

    return tf.function(square).get_concrete_function(tf.TensorSpec((), tf.float32))


def test_custom_gradients_traced_inside_are_forgotten_and_no_others():
    mine, before = traced_square(), registered()
    assert any(name.startswith("CustomGradient-") for name in before)
    with pytest.raises(KeyError), _keras.forgetting_gradients():
        graph = weakref.ref(traced_square().graph)
        assert len(registered() - before) == 1
        raise KeyError
    gc.collect()
    assert registered() == before and graph() is None
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = mine(x)
    assert tape.gradient(y, x).numpy() == 12.0


def test_moments_of_adam_are_those_of_the_weight():
    weight, other = tf.Variable([1.0, 2.0]), tf.Variable([[3.0]])
    optimizer = keras.optimizers.Adam(0.1, beta_1=0.9, beta_2=0.99)
    optimizer.build([other, weight])
    optimizer.apply_gradients([(tf.constant([[5.0]]), other), (tf.constant([1.0, -2.0]), weight)])
    first, second = _keras.adam_moments(optimizer, weight)
    np.testing.assert_allclose(first, [0.1, -0.2], rtol=1e-6)
    np.testing.assert_allclose(second, [0.01, 0.04], rtol=1e-5)


@pytest.mark.parametrize("sparse", [False, True])
def test_first_centroids_are_evenly_spaced(sparse):
    weights = tf.constant([-2.0, 0.0, 1.0, 2.0])
    values = np.sort(_keras.linear_centroids(weights, 5, sparse))
    if sparse:
        assert 0.0 in values and values[0] == -2.0 and values[-1] == 2.0
    else:
        np.testing.assert_allclose(values, [-2.0, -1.0, 0.0, 1.0, 2.0])


@pytest.mark.parametrize("fence", [_tflite.per_tensor_dense, _tflite.calibrate_only])
def test_switches_of_the_converter_are_there(fence):
    fence(tf.lite.TFLiteConverter.from_keras_model(keras.Sequential([keras.Input((2,))])))
    with pytest.raises(RuntimeError, match="_tflite.py"):
        fence(object())


def test_what_cannot_be_converted_is_one_sentence():
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: tf.math.igamma(x, x))]
    )
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    with pytest.raises(WorkError, match="not run everywhere: no builtin operators for Igamma$"):
        _tflite.converted(converter)
    assert gc.get_freeze_count() == 0  # what was frozen for it is so no more


class Watching:
    """A converter that tells how many objects no garbage collection walks meanwhile."""

    def convert(self):
        self.frozen = gc.get_freeze_count()
        return b"file"


@pytest.mark.parametrize("at_start", [0, 375], ids=["none", "as Python 3.12 has"])
def test_a_conversion_spares_what_lives(at_start, monkeypatch):
    told = SimpleNamespace(
        freeze=gc.freeze, unfreeze=gc.unfreeze, get_freeze_count=lambda: at_start
    )
    monkeypatch.setattr(_tflite, "gc", told)
    gc.unfreeze()
    watching = Watching()
    assert _tflite.converted(watching) == b"file"
    assert watching.frozen > 10_000 and gc.get_freeze_count() == 0


def test_a_conversion_leaves_frozen_what_the_caller_froze():
    gc.freeze()
    try:
        count, watching = gc.get_freeze_count(), Watching()
        assert _tflite.converted(watching) == b"file"
        assert watching.frozen == gc.get_freeze_count() == count
    finally:
        gc.unfreeze()


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_calibrated_models_become_int8_but_for_what_stays_exact():
    from pnet_tf.tflite.reader import read_model

    x = keras.Input((8,), name="x")
    first = keras.layers.Dense(8, name="first")(x)
    model = keras.Model(x, keras.layers.Dense(4, name="second")(first))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rows = np.random.default_rng(0).normal(size=(4, 1, 8)).astype(np.float32)
    converter.representative_dataset = lambda: ([row] for row in rows)
    _tflite.calibrate_only(converter)
    calibrated = converter.convert()
    graph = read_model(calibrated).subgraphs[0]
    (kept,) = [graph.tensors[n.outputs[0]].name for n in graph.operators if "first" in
               graph.tensors[n.outputs[0]].name]  # fmt: skip
    made = read_model(_tflite.quantize_calibrated(calibrated, {kept}, set())).subgraphs[0]
    dense = [n for n in made.operators if n.name == "FULLY_CONNECTED"]
    assert [made.tensors[n.outputs[0]].type for n in dense] == ["FLOAT32", "INT8"]
    assert [made.tensors[n.inputs[1]].scales for n in dense][1] == 1  # one scale a tensor


def private_uses(text):
    return PRIVATE.findall(text)


def test_nothing_else_uses_private_names():
    found = []
    for folder in (ROOT / "pnet_tf", ROOT / "export"):
        for path in folder.rglob("*.py"):
            if path.name not in FENCES | PINNED:
                uses = private_uses(path.read_text(encoding="utf-8"))
                found += [f"{path.name}: {use}" for use in uses]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "from tensorflow.lite.python.convert import mlir_quantize",
        "from tf_keras.src.backend import RandomGenerator",
        "optimizer._momentums[0]",
        "made._experimental_calibrate_only = True",
    ],
)
def test_a_private_use_is_found(line):
    assert private_uses(line)
