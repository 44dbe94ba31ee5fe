"""Ways to store a layer: which there are, and that a file has what was asked."""

import numpy as np
import pytest

from pnet_tf import InputSpec, keras
from pnet_tf.errors import WorkError
from pnet_tf.export.freeze import Job
from pnet_tf.export.precision import last_outputs
from pnet_tf.export.quantize import plain
from pnet_tf.export.shrink import shrink
from pnet_tf.export.storage import (
    FLOAT,
    INT8,
    INT8_WEIGHTS,
    Layer,
    Storage,
    head_layers,
    int4_storage,
    storages,
    stored,
)
from pnet_tf.export.student import projection_scope
from pnet_tf.tflite.compatibility import check_operators
from pnet_tf.tflite.oldest_runtime import run_on_oldest
from pnet_tf.tflite.reader import read_model

DENSE, CONV, DEPTHWISE = "FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D"


@pytest.fixture(scope="module")
def student():
    """60 numbers through 24 hidden units, of which a second layer is used twice."""
    keras.utils.set_random_seed(0)
    source = keras.Input((60,))
    hidden = keras.layers.Dense(24, activation="relu", name="hidden")(source)
    twice = keras.layers.Dense(24, name="twice", use_bias=False)
    return keras.Model(source, keras.layers.Dense(5, name="out")(twice(twice(hidden))))


@pytest.fixture(scope="module")
def model(student):
    return plain(Job(student, InputSpec("dense", (60,)), "regression", 5))


@pytest.fixture(scope="module")
def layers(model, student):
    return head_layers(model, projection_scope(student))


def types_of(model):
    graph = read_model(model).subgraphs[0]
    return [
        (graph.tensors[node.inputs[1]].type, graph.tensors[node.inputs[1]].scales)
        for node in graph.operators
        if node.name == DENSE
    ]


def test_layers_by_name_shared_weights_once(layers):
    assert [(layer.name, layer.shape, layer.weights, len(layer.outputs)) for layer in layers] == [
        ("hidden", (24, 60), 1440, 1), ("twice", (24, 24), 576, 2), ("out", (5, 24), 120, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "shape", "four"),
    [
        (DENSE, (24, 64), Storage(4, "int8")),
        (DENSE, (24, 60), Storage(4, "float32")),  # which the oldest runtime would misread
        (DENSE, (3, 64), Storage(4, "float32")),
        (CONV, (8, 3, 3, 32), Storage(4, "float32")),
        (DEPTHWISE, (1, 3, 3, 8), INT8),
    ],
)
def test_ways_to_store_a_layer(operator, shape, four):
    layer = Layer("layer", operator, shape, ("tensor",))
    assert int4_storage(layer) == four
    expected = (FLOAT, INT8, INT8_WEIGHTS, four)
    assert storages(layer) == (expected[:3] if operator == DEPTHWISE else expected)


def test_a_file_has_what_was_asked(model, layers):
    hidden, twice, out = layers
    assert stored(model, {}) == stored(model, dict.fromkeys(layers, FLOAT)) == model
    made = stored(model, {hidden: INT8, twice: Storage(4, "int8"), out: FLOAT})
    assert types_of(made) == [("INT8", 1), ("INT4", 24), ("INT4", 24), ("FLOAT32", 0)]
    graph = read_model(stored(model, {hidden: INT8_WEIGHTS})).subgraphs[0]
    (node,) = [node for node in graph.operators if node.name == "DEQUANTIZE"]
    assert graph.tensors[node.inputs[0]].shape == (24, 60)
    assert stored(model, {out: INT8}) == stored(model, {out: INT8})


def test_a_file_whose_float_weights_are_large():
    source = keras.Input((600,))
    hidden = keras.layers.Dense(128, name="hidden")(source)
    student = keras.Model(source, keras.layers.Dense(40, name="out")(hidden))
    model = plain(Job(student, InputSpec("dense", (600,)), "regression", 40))
    made = stored(model, {head_layers(model, projection_scope(student))[1]: INT8})
    assert len(made) > 600 * 128 * 4 and types_of(made) == [("FLOAT32", 0), ("INT8", 1)]
    row = np.random.default_rng(0).normal(size=(1, 600)).astype(np.float32)
    assert np.abs(last_outputs(made, row) - student(row).numpy()).max() < 0.1


def test_int4_that_the_oldest_runtime_misreads_it_refuses(model, layers, save, oldest_python):
    rows = np.random.default_rng(0).normal(size=(8, 60)).astype(np.float32)
    hidden = layers[0]
    expected = run_on_oldest(save(shrink(model)), rows, oldest_python)
    misread = shrink(stored(model, {hidden: Storage(4, "int8")}))
    assert check_operators(misread) == [
        "FULLY_CONNECTED of INT4 weights [24, 60]: wrong on tflite-runtime 2.14.0"
    ]
    refused = shrink(stored(model, {hidden: int4_storage(hidden)}))
    assert check_operators(refused) == ["DEQUANTIZE of INT4 weights: not on tflite-runtime 2.14.0"]
    with pytest.raises(WorkError, match="tflite-runtime 2.14.0 failed"):
        run_on_oldest(save(refused), rows, oldest_python)
    right = shrink(stored(model, {hidden: INT8_WEIGHTS}))
    assert check_operators(right) == []
    found = run_on_oldest(save(right), rows, oldest_python)
    assert np.abs(found - expected).max() < 0.05 * expected.std()
