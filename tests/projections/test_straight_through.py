import numpy as np

from pnet_tf._keras import tf
from pnet_tf.projections.straight_through import Sign, sign
from tests.layer_checks import check_layer


def test_values_with_zero_counted_as_positive():
    outputs = sign(tf.constant([-2.0, -1e-30, -0.0, 0.0, 1e-30, 3.0]))
    assert outputs.numpy().tolist() == [-1, -1, 1, 1, 1, 1]


def test_gradient_passes_only_within_one():
    x = tf.constant([-1.5, -1.0, -0.2, 0.0, 1.0, 1.1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(sign(x) * tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    assert tape.gradient(loss, x).numpy().tolist() == [0, 2, 3, 4, 5, 0]


def test_layer(tmp_path):
    inputs = np.random.RandomState(0).randn(4, 3, 5).astype(np.float32)
    outputs = check_layer(Sign(), inputs, (3, 5), tmp_path)
    np.testing.assert_array_equal(outputs, np.where(inputs >= 0, 1, -1))
