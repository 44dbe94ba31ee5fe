import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.errors import InputError
from pnet_tf.projections.local import (
    LocalProjection,
    TernaryFilters,
    local_bits,
    project_activations,
    random_thresholds,
    ternary_filters,
)
from tests.layer_checks import check_layer, convert, operators, run


def reference(pixels, values, thresholds, stride):
    """Loops over positions, "SAME" borders as TensorFlow counts them; int64 sums."""
    kernel, _, channels, filters = values.shape
    count, height, width, _ = pixels.shape
    rows, columns = -(-height // stride), -(-width // stride)
    top = max((rows - 1) * stride + kernel - height, 0) // 2
    left = max((columns - 1) * stride + kernel - width, 0) // 2
    padded = np.zeros((count, height + 2 * kernel, width + 2 * kernel, channels))
    padded[:, top : top + height, left : left + width] = pixels
    bits = np.zeros((count, rows, columns, channels, filters))
    for row in range(rows):
        for column in range(columns):
            patch = padded[:, row * stride :, column * stride :][:, :kernel, :kernel]
            bits[:, row, column] = np.einsum("nijc,ijcf->ncf", patch, values)
    flat = bits.reshape(count, rows, columns, -1)
    return np.where(flat - thresholds >= 0, 1, -1)


def pixels(shape, seed=0):
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def test_bits_by_hand():
    values = np.zeros((3, 3, 1, 2), dtype=np.float32)
    values[1, 1, 0, 0] = 1.0  # the pixel itself
    values[1, :, 0, 1] = [-1.0, 0.0, 1.0]  # right neighbour minus left neighbour
    image = np.array([[[10], [20], [15]]], dtype=np.uint8)[None]
    bits = local_bits(tf.constant(image), values, np.array([12.5, 5.5], dtype=np.float32), 1)
    # right - left: 20 - 0, 15 - 10, 0 - 20
    assert bits.numpy()[0, 0].tolist() == [[-1, 1], [1, -1], [1, -1]]


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 2), (1, 1), (2, 3)])
def test_bits_equal_the_reference(kernel, stride):
    images = pixels((3, 7, 8, 2))
    layer = LocalProjection(4, kernel, stride, seed=6)
    bits = layer(images).numpy()
    values = ternary_filters(kernel, 2, 4, 6)
    expected = reference(images, values, random_thresholds(values, 6), stride)
    np.testing.assert_array_equal(bits, expected)


def test_filters_are_ternary_and_never_empty():
    values = ternary_filters(1, 50, 4, 0)
    assert set(np.unique(values)) == {-1.0, 1.0}
    assert set(np.unique(ternary_filters(3, 10, 10, 0))) == {-1.0, 0.0, 1.0}


def test_thresholds_are_responses_to_flat_patches():
    values = ternary_filters(3, 1, 500, 3)
    thresholds, sums = random_thresholds(values, 3), values.sum((0, 1, 2))
    assert (thresholds % 1 == 0.5).all()
    brightness = thresholds[sums != 0] / sums[sums != 0]
    assert (brightness > -1).all() and (brightness < 256).all()
    assert np.median(brightness) == pytest.approx(64, abs=20)
    assert set(thresholds[sums == 0]) == {-23.5, 24.5}


def test_layer_and_tflite(tmp_path):
    images = pixels((4, 9, 11, 3))
    layer = LocalProjection(5, stride=2, seed=2)
    outputs = check_layer(layer, images, (5, 6, 15), tmp_path)
    assert set(np.unique(outputs)) == {-1.0, 1.0}
    model = keras.Sequential([keras.Input((9, 11, 3), dtype="uint8"), layer])
    for dynamic in (False, True):
        content = convert(model, images, dynamic)
        np.testing.assert_array_equal(run(content, images), outputs)
        assert "DEPTHWISE_CONV_2D" in operators(content)


@pytest.mark.parametrize("activation", ["sign", "relu"])
def test_activations_are_projected_and_the_threshold_learns(activation):
    source = keras.Input((6, 6, 3))
    outputs = project_activations(
        source, "block", seed=4, stride=2, filters=2, activation=activation
    )
    assert outputs.shape == (None, 3, 3, 6)
    model = keras.Model(source, outputs)
    filters, threshold = model.get_layer("block_filters"), model.get_layer("block_threshold")
    np.testing.assert_array_equal(filters.get_weights()[0], ternary_filters(3, 3, 2, 4))
    assert not filters.trainable_weights
    x = np.random.RandomState(0).randn(8, 6, 6, 3).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x, training=True) * tf.range(6.0))
    gradients = tape.gradient(loss, threshold.trainable_weights)
    assert all(np.abs(gradient.numpy()).max() > 0 for gradient in gradients)


def test_initializer_is_rebuilt_from_its_configuration():
    copy = TernaryFilters.from_config(TernaryFilters(5).get_config())
    np.testing.assert_array_equal(copy((3, 3, 2, 2)), ternary_filters(3, 2, 2, 5))


def test_flat_input_is_refused():
    with pytest.raises(InputError, match=r"must be an image .* got shape \(2, 10\)"):
        LocalProjection(4)(np.zeros((2, 10), np.float32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 0}, "filters must be 1..1024, got 0"),
        ({"filters": 4, "kernel": 16}, "kernel must be 1..15, got 16"),
        ({"filters": 4, "stride": 0}, "stride must be 1..15, got 0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        LocalProjection(**options)


def test_unknown_activation_is_refused():
    with pytest.raises(InputError, match="activation must be one of sign, relu, got 'tanh'"):
        project_activations(keras.Input((6, 6, 3)), "block", seed=0, activation="tanh")


@pytest.mark.parametrize(
    ("shape", "given", "sides"),
    [((16, 17), None, (8, 9)), ((15, 40), None, (15, 40)), ((8, 8), None, (8, 8)),
     ((8, 8), 2, (4, 4)), ((40, 16), 1, (40, 16))],
)  # fmt: skip
def test_small_images_keep_every_position_unless_told(shape, given, sides):
    layer = LocalProjection(4, stride=given, seed=1)
    images = np.zeros((2, *shape, 3), np.uint8)
    assert layer(images).shape == (2, *sides, 12) == layer.compute_output_shape((2, *shape, 3))
    assert LocalProjection.from_config(layer.get_config())(images).shape == (2, *sides, 12)
