import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.compress.qat import Int8, int8_aware
from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.heads.bits import dense_head
from pnet_tf.heads.lookup import lookup_head
from pnet_tf.model import build_student
from pnet_tf.runs import directory as runs
from pnet_tf.tflite.reader import read_model
from tests.export.quantized_heads import bits_of, file_of, scores, scores_of, trained_student


@pytest.fixture(scope="module", params=["text", "structured", "local"])
def trained(request):
    return trained_student(request.param, "int8")


def test_the_file_answers_as_the_trained_student(trained):
    student, _, samples = trained
    model = shrink(file_of(student, "int8", samples[:1]))
    expected = scores_of(student, samples)
    for xnnpack in (True, False):
        found = scores(model, samples, xnnpack)
        assert np.abs(found - expected).max() < 0.02
        assert np.mean(found.argmax(1) == expected.argmax(1)) >= 0.95
    bits = student.projection(samples).numpy().reshape(len(samples), -1)
    assert np.array_equal(bits_of(model, samples, bits), bits)


def test_weights_are_int8_per_tensor_and_scores_float(trained):
    student, _, samples = trained
    graph = read_model(file_of(student, "int8", samples[:1], top_k=3)).subgraphs[0]
    dense = [node for node in graph.operators if node.name == "FULLY_CONNECTED"]
    weights = [graph.tensors[node.inputs[1]] for node in dense]
    assert {(w.type, w.scales) for w in weights} == {("INT8", 1)}
    types = {node.name: graph.tensors[node.inputs[0]].type for node in graph.operators}
    assert types["SOFTMAX"] == types["TOPK_V2"] == "FLOAT32"


def test_weights_save_and_load(trained, tmp_path):
    student, config, samples = trained
    runs.save_weights(tmp_path / "student.npz", student)
    fresh = build_student(config)
    runs.load_weights(tmp_path / "student.npz", fresh)
    assert np.array_equal(fresh(samples), student(samples))


def test_a_folded_norm_is_the_norm():
    plain = dense_head((16,), 3, units=[8], bit_dropout=0.0, dropout=0.0)
    aware = int8_aware(plain)
    bits = tf.constant(np.sign(np.random.default_rng(0).normal(size=(256, 16))), tf.float32)
    hidden = aware.get_layer("hidden_0")
    kernel = plain.get_layer("hidden_0").kernel
    hidden.layer.kernel.assign(kernel)
    expected = plain.get_layer("norm_0")(bits @ kernel, training=True)
    assert np.abs(hidden(bits, training=True) - expected).max() < 0.05
    average = plain.get_layer("norm_0").moving_mean
    assert np.allclose(hidden.norm.moving_mean, average, atol=1e-5)


def test_ranges_start_at_the_first_batch():
    layer = Int8(keras.layers.ReLU(), output="range")
    layer(tf.constant([[-1.0, 0.5, 2.0]]), training=True)
    assert [w.numpy() for w in layer.weights] == [0.0, 2.0, 1.0]
    steps = layer(tf.constant([[0.011, 3.0]])).numpy()[0]
    assert np.allclose(steps, [2.0 / 255, 2.0])  # 0.011 is 1.4 steps; 3 is outside


def test_a_layer_survives_its_configuration():
    norm = keras.layers.BatchNormalization()
    layer = Int8(keras.layers.Dense(3, use_bias=False), norm, True, "range", name="x")
    again = Int8.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_a_lookup_head_is_refused():
    with pytest.raises(InputError, match="linear, dense, sequence, local"):
        int8_aware(lookup_head((16,), 3, functions=4, bits=4))
