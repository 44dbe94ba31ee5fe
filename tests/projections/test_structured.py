import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.errors import InputError
from pnet_tf.projections.structured import (
    StructuredProjection,
    hadamard,
    structured_bits,
    structured_bytes,
    structured_layout,
)
from tests.layer_checks import check_layer, convert, operators, run


def reference(x, seed, outputs):
    """H.D3.H.D2.H.D1.x with whole matrices, in int64 (or float64) arithmetic."""
    layout = structured_layout(x.shape[1], outputs)
    width, blocks = layout.width, layout.blocks
    packed = structured_bytes(layout, seed)[: 3 * blocks * width // 8]
    signs = 1 - 2 * np.unpackbits(packed).astype(np.int64).reshape(3, blocks, width)
    padded = np.zeros((len(x), width), dtype=np.float64 if x.dtype.kind == "f" else np.int64)
    padded[:, : x.shape[1]] = x
    matrix = hadamard(width)
    parts = []
    for block in range(blocks):
        values = padded
        for diagonal in signs[:, block]:
            values = (values * diagonal) @ matrix.T
        parts.append(values)
    return np.concatenate(parts, axis=1)[:, :outputs]


def pixels(count, shape=(28, 28, 1), seed=0):
    return np.random.RandomState(seed).randint(0, 256, (count, *shape)).astype(np.uint8)


def test_hadamard_by_hand():
    assert hadamard(1).tolist() == [[1]]
    assert hadamard(4).tolist() == [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    np.testing.assert_array_equal(np.kron(hadamard(4), hadamard(2)), hadamard(8))


def test_all_signs_plus_gives_rows_of_h_cubed():
    # with D = I, H.H.H = 16 H for n = 16: a unit vector gives the signs of a column of H
    layout = structured_layout(16, 16)
    packed = structured_bytes(layout, 0)
    packed[: 3 * 16 // 8] = 0
    bits = structured_bits(tf.eye(16), packed, layout).numpy()
    np.testing.assert_array_equal(bits, hadamard(16))


@pytest.mark.parametrize(
    ("features", "outputs", "rows", "columns", "blocks"),
    [(1, 1, 4, 4, 1), (16, 17, 4, 4, 2), (17, 8, 8, 4, 1), (784, 720, 32, 32, 1)]
    + [(1024, 1024, 32, 32, 1), (1025, 720, 64, 32, 1), (64, 720, 8, 8, 12)],
)
def test_layout(features, outputs, rows, columns, blocks):
    layout = structured_layout(features, outputs)
    assert (layout.rows, layout.columns, layout.blocks) == (rows, columns, blocks)


@pytest.mark.parametrize("shape", [(28, 28, 1), (5, 5, 3), (4, 5, 1), (1, 1, 1)])
@pytest.mark.parametrize("outputs", [12, 300])
def test_pixels_equal_the_integer_reference(shape, outputs):
    images = pixels(20, shape)
    layer = StructuredProjection(outputs // 4, 4, seed=9)
    expected = np.where(reference(images.reshape(20, -1), 9, outputs) >= 0, 1, -1)
    np.testing.assert_array_equal(layer(images).numpy(), expected)


def test_features_equal_the_float64_reference():
    x = np.random.RandomState(1).randn(50, 100).astype(np.float32)
    values = reference(x, 2, 256)
    bits = StructuredProjection(32, 8, seed=2)(x).numpy()
    clear = np.abs(values) > 1e-3 * np.abs(values).max()
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(bits[clear], np.where(values >= 0, 1, -1)[clear])


def test_zeros_give_plus_one():
    assert (StructuredProjection(10, 3)(np.zeros((2, 40), np.float32)).numpy() == 1).all()


def test_agreement_of_a_bit_is_one_minus_angle_over_pi():
    rng = np.random.RandomState(3)
    first = rng.randn(128)
    for degrees in (15, 60, 90, 140):
        angle = np.radians(degrees)
        other = rng.randn(128)
        other -= first * (other @ first) / (first @ first)
        other *= np.linalg.norm(first) / np.linalg.norm(other)
        pair = np.stack([first, np.cos(angle) * first + np.sin(angle) * other])
        bits = StructuredProjection(1024, 8, seed=4)(pair.astype(np.float32)).numpy()
        agree = (bits[0] == bits[1]).mean()
        assert agree == pytest.approx(1 - angle / np.pi, abs=4 * 0.5 / np.sqrt(8192))


def test_layer(tmp_path):
    outputs = check_layer(StructuredProjection(60, 12, seed=1), pixels(4), (720,), tmp_path)
    assert set(np.unique(outputs)) == {-1.0, 1.0}
    other = StructuredProjection(60, 12, seed=2)(pixels(4)).numpy()
    assert 0.4 < (other == outputs).mean() < 0.6


@pytest.mark.parametrize("functions", [60, 200])
def test_tflite_gives_the_same_bits_and_is_small(functions):
    images = pixels(5)
    model = keras.Sequential(
        [keras.Input((28, 28, 1), dtype="uint8"), StructuredProjection(functions, 12)]
    )
    for dynamic in (False, True):
        content = convert(model, images, dynamic)
        np.testing.assert_array_equal(run(content, images), model.predict(images, verbose=0))
        assert len(content) < 10_000
        assert "DEQUANTIZE" not in operators(content)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"functions": 0, "bits": 4}, "functions must be 1..4096, got 0"),
        ({"functions": 4, "bits": 0}, "bits must be 1..32, got 0"),
        ({"functions": 4, "bits": 64}, "bits must be 1..32, got 64"),
        ({"functions": 4, "bits": 4, "seed": -3}, "seed must be"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        StructuredProjection(**options)
