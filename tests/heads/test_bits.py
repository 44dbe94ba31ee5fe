import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.errors import InputError
from pnet_tf.heads.bits import dense_head, linear_head
from tests.layer_checks import check_layer, convert, run


def random_bits(*shape):
    return np.random.RandomState(0).choice([-1.0, 1.0], shape).astype(np.float32)


def test_linear_by_hand():
    head = linear_head((2,), 2)
    head.set_weights([np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([0.5, 0.0])])
    logits = head.predict(np.array([[1.0, -1.0], [-1.0, -1.0]]), verbose=0)
    assert logits.tolist() == [[-1.5, 6.0], [-3.5, 2.0]]


def test_dense_by_hand():
    head = dense_head((2,), 1, units=(2,), batch_norm=False)
    head.set_weights([np.eye(2), np.array([0.0, -0.5]), np.array([[10.0], [1.0]]), np.ones(1)])
    logits = head.predict(np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]]), verbose=0)
    assert logits.tolist() == [[11.5], [1.5], [1.0]]


def test_sizes_and_names():
    head = dense_head((6, 4), 3, units=(5, 7))
    assert head.name == "head" and isinstance(head, keras.Model)
    assert head.output_shape == (None, 3)
    # batch norm keeps four values a unit and replaces the bias
    assert head.count_params() == 24 * 5 + 4 * 5 + 5 * 7 + 4 * 7 + 7 * 3 + 3
    assert linear_head((720,), 10).count_params() == 7210


def test_weight_decay_is_a_loss():
    head = linear_head((2,), 1, weight_decay=0.1)
    head.set_weights([np.array([[1.0], [2.0]]), np.array([9.0])])
    assert float(sum(head.losses)) == pytest.approx(0.1 * 5)
    assert not linear_head((2,), 1).losses


def test_dropout_acts_in_training_only():
    head = linear_head((400,), 1, bit_dropout=0.5)
    bits = random_bits(2, 400)
    np.testing.assert_array_equal(head(bits), head(bits, training=False))
    assert not np.allclose(head(bits, training=True), head(bits))
    assert not [
        layer for layer in linear_head((4,), 1, bit_dropout=0.0).layers if "drop" in layer.name
    ]


@pytest.mark.parametrize("units", [(), (12,), (9, 8)])
def test_head_and_tflite(units, tmp_path):
    bits = random_bits(6, 40)
    head = dense_head((40,), 5, units=units)
    logits = check_layer(head, bits, (5,), tmp_path)
    np.testing.assert_allclose(run(convert(head, bits), bits), logits, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outputs": 0}, "outputs must be 1..65536, got 0"),
        ({"outputs": 2, "units": (0,)}, "units must be 1..65536, got 0"),
        ({"outputs": 2, "dropout": 1.0}, "dropout must be at least 0 and below 1, got 1.0"),
        ({"outputs": 2, "bit_dropout": -0.1}, "bit_dropout must be at least 0 and below 1"),
        ({"outputs": 2, "weight_decay": -1.0}, "weight_decay must be finite and at least 0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(InputError, match=message):
        dense_head((8,), **options)


def test_empty_input_is_refused():
    with pytest.raises(InputError, match="input_shape must be 1.."):
        linear_head((0,), 2)
