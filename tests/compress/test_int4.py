import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.compress.int4 import Int4, int4_aware, rounded_head
from pnet_tf.compress.weights import rounded
from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.heads.bits import dense_head
from pnet_tf.heads.lookup import lookup_head
from pnet_tf.model import build_student
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


def test_only_big_matrices_are_rounded(trained):
    student, _, samples = trained
    wrapped = [layer for layer in student.head.layers if isinstance(layer, Int4)]
    assert wrapped and all(int(tf.size(layer.layer.kernel)) >= 1024 for layer in wrapped)
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


@pytest.mark.parametrize(
    ("head", "options"),
    [(dense_head, {"units": [4]}), (lookup_head, {"functions": 4, "bits": 4})],
)
def test_a_head_without_a_big_matrix_is_refused(head, options):
    with pytest.raises(InputError, match="1024 weights or more"):
        int4_aware(head((16,), 3, **options))


def test_clusters_are_refused():
    _, config = student_of("structured")
    with pytest.raises(InputError, match="cluster does not go with qat int4"):
        build_student({**config, "qat": "int4", "cluster": 16})
