import numpy as np
import pytest

from pnet_tf import InputSpec, LocalProjection, ProjectionNet, keras
from pnet_tf._keras import tf
from pnet_tf.compress.int4 import Int4, int4_aware, rounded_head
from pnet_tf.compress.weights import rounded
from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.heads.bits import dense_head
from pnet_tf.heads.lookup import lookup_head
from pnet_tf.model import build_student
from pnet_tf.tflite.reader import read_model
from tests.export.quantized_heads import (
    file_of,
    scores,
    scores_of,
    student_of,
    trained_student,
)


def test_rounding_by_hand():
    kernel = tf.Variable([[7.0, 0.0], [2.4, 0.0], [-2.6, 0.0]])
    with tf.GradientTape() as tape:
        found = rounded(kernel, 4, [0])
    np.testing.assert_allclose(found, [[7.0, 0.0], [2.0, 0.0], [-3.0, 0.0]], atol=1e-6)
    np.testing.assert_array_equal(tape.gradient(found, kernel), np.ones((3, 2)))


def test_rounding_twice_is_rounding_once():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 8, 16)).astype(np.float32)
    once = rounded(kernel, 4, [0, 1, 2]).numpy()
    np.testing.assert_allclose(rounded(once, 4, [0, 1, 2]), once, atol=1e-6)
    assert len(np.unique(np.round(once[..., 0] / np.abs(once[..., 0]).max() * 7))) <= 15


@pytest.fixture(scope="module", params=["text", "structured", "local"])
def trained(request):
    return trained_student(request.param, "int4")


def test_the_file_answers_as_the_trained_student(trained):
    student, _, samples = trained
    expected = scores_of(student, samples)
    model = shrink(file_of(student, "int4", samples))
    for xnnpack in (True, False):
        found = scores(model, samples, xnnpack)
        assert np.abs(found - expected).max() < 0.02
        assert np.mean(found.argmax(1) == expected.argmax(1)) >= 0.95


def test_a_trained_student_without_rounding(trained):
    student, _, samples = trained
    plain, bits = rounded_head(student.head), student.projection(samples)
    assert [w.shape for w in plain.weights] == [w.shape for w in student.head.weights]
    np.testing.assert_allclose(plain(bits), student.head(bits), atol=1e-5)
    assert not any(isinstance(layer, Int4) for layer in plain.layers)


def test_other_modes_hold_the_rounded_weights(trained):
    student, _, samples = trained
    expected = scores_of(student, samples)
    for mode, tolerance in (("none", 1e-5), ("dynamic", 0.05)):
        found = scores(file_of(student, mode, samples), samples, False)
        assert np.abs(found - expected).max() < tolerance


def test_big_layers_alone_are_rounded_and_stored_in_4_bits():
    layers = keras.layers
    source = keras.Input((12, 12, 16))
    x = layers.Conv2D(16, 1, name="conv_256")(source)
    x = layers.Conv2D(15, 1, name="conv_240")(x)
    x = layers.DepthwiseConv2D(5, name="depthwise_375")(x)
    x = layers.Dense(32, name="dense_480")(layers.GlobalAveragePooling2D()(x))
    x = layers.Dense(31, name="dense_992")(x)
    x = layers.Dense(34, name="dense_1054")(x)
    head = keras.Model(source, layers.Dense(10, name="dense_340")(x), name="head")
    rounded_ones = [layer.name for layer in int4_aware(head).layers if isinstance(layer, Int4)]
    assert rounded_ones == ["conv_256", "dense_1054"]

    student = ProjectionNet(LocalProjection(16), head, InputSpec("image", (12, 12, 1)))
    stored = {}
    for mode in ("int4", "dynamic"):
        model = file_of(student, mode, np.zeros((1, 12, 12, 1), np.uint8))
        tensors = read_model(model).subgraphs[0].tensors
        stored[mode] = {tensor.shape for tensor in tensors if tensor.type == "INT4"}
    assert stored == {"int4": {(16, 1, 1, 16), (34, 31)}, "dynamic": set()}


@pytest.mark.parametrize(
    ("head", "options"),
    [(dense_head, {"units": [4]}), (lookup_head, {"functions": 4, "bits": 4})],
)
def test_a_head_without_a_big_layer_is_refused(head, options):
    with pytest.raises(InputError, match="of 1024 weights or more, or a convolution of 256"):
        int4_aware(head((16,), 3, **options))


def test_clusters_are_refused():
    _, config = student_of("structured")
    with pytest.raises(InputError, match="cluster does not go with qat int4"):
        build_student({**config, "qat": "int4", "cluster": 16})
