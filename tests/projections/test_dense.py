import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.errors import InputError
from pnet_tf.projections.dense import (
    DenseProjection,
    gaussian_bits,
    gaussian_matrix,
    rademacher_bits,
    rademacher_bytes,
)
from tests.layer_checks import check_layer, convert, run


def signs_of(features, outputs, seed):
    packed = rademacher_bytes(features, outputs, seed).reshape(outputs, -1)
    return 1.0 - 2.0 * np.unpackbits(packed, axis=1)[:, :features]


def test_gaussian_by_hand():
    matrix = np.array([[1.0, -2.0], [0.5, 0.25], [0.0, -1.0]], dtype=np.float32)
    bits = gaussian_bits(tf.constant([[2.0, 1.0], [-1.0, 3.0], [1.0, 0.0]]), matrix)
    assert bits.numpy().tolist() == [[1, 1, -1], [-1, 1, -1], [1, 1, 1]]


def test_rademacher_by_hand():
    packed = np.array([0b00000000, 0b01000000, 0b11111111], dtype=np.uint8)
    bits = rademacher_bits(tf.constant([[2.0, 1.0], [-1.0, 3.0], [0.0, 0.0]]), packed, 3)
    assert bits.numpy().tolist() == [[1, 1, -1], [1, -1, -1], [1, 1, 1]]


@pytest.mark.parametrize("features", [1, 13, 64])
@pytest.mark.parametrize("kind", ["gaussian", "rademacher"])
def test_equals_the_numpy_product(kind, features):
    x = np.random.RandomState(0).randn(30, features).astype(np.float32)
    make = gaussian_matrix if kind == "gaussian" else signs_of
    values = x.astype(np.float64) @ make(features, 24, 5).T
    bits = DenseProjection(6, 4, kind, seed=5)(x).numpy()
    clear = np.abs(values) > 1e-5
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(bits[clear], np.where(values >= 0, 1, -1)[clear])


@pytest.mark.parametrize("kind", ["gaussian", "rademacher"])
@pytest.mark.parametrize("degrees", [20, 90, 130])
def test_agreement_of_a_bit_is_one_minus_angle_over_pi(kind, degrees):
    rng = np.random.RandomState(degrees)
    first, other = np.linalg.qr(rng.randn(200, 2))[0].T
    angle = np.radians(degrees)
    pair = np.stack([first, np.cos(angle) * first + np.sin(angle) * other])
    bits = DenseProjection(512, 16, kind)(pair.astype(np.float32)).numpy()
    agree = (bits[0] == bits[1]).mean()
    assert agree == pytest.approx(1 - angle / np.pi, abs=4 * 0.5 / np.sqrt(8192))


@pytest.mark.parametrize("kind", ["gaussian", "rademacher"])
def test_layer_and_tflite(kind, tmp_path):
    images = np.random.RandomState(1).randint(0, 256, (4, 9, 9, 3)).astype(np.uint8)
    layer = DenseProjection(10, 5, kind, seed=8)
    outputs = check_layer(layer, images, (50,), tmp_path)
    assert set(np.unique(outputs)) == {-1.0, 1.0}
    model = keras.Sequential([keras.Input((9, 9, 3), dtype="uint8"), layer])
    for dynamic in (False, True):
        np.testing.assert_array_equal(run(convert(model, images, dynamic), images), outputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"functions": 4, "bits": 0}, "bits must be 1..32, got 0"),
        ({"functions": 4097, "bits": 1}, "functions must be 1..4096, got 4097"),
        ({"functions": 4, "bits": 4, "kind": "cauchy"}, "gaussian, rademacher, got 'cauchy'"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        DenseProjection(**options)
