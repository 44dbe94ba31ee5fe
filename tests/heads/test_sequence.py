"""Sequence head: one hand-made example, shapes, saving, bad options."""

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.errors import InputError
from pnet_tf.heads.positions import PositionBits, position_bits
from pnet_tf.heads.sequence import sequence_head

from ..layer_checks import check_layer


def test_windows_and_maxima_by_hand():
    head = sequence_head(
        (3, 2), 2, embedding=1, channels=1, positions=(1,), rank=0, token_dropout=0, dropout=0
    )
    head.get_layer("embed").set_weights([np.array([[1.0], [10.0], [0.5]])])
    head.get_layer("norm").set_weights([np.ones(1), np.zeros(1), np.zeros(1), np.ones(1)])
    head.get_layer("norm").epsilon = 0.0
    head.get_layer("one").set_weights([np.array([[2.0]]), np.array([1.0])])
    head.get_layer("two_first").set_weights([np.array([[1.0]]), np.array([-3.0])])
    head.get_layer("two_second").set_weights([np.array([[100.0]])])
    head.get_layer("logits").set_weights([np.eye(2), np.zeros(2)])
    tokens = np.array([[[1, 0], [0, 1], [-1, 0]]], np.float32)  # e = relu(1 + 0.5, 10, -1)
    # one token: max(2e + 1) = 21; two tokens: max(1.5 + 1000 - 3, 10 + 0 - 3) = 998.5
    np.testing.assert_allclose(head(tf.constant(tokens)), [[21.0, 998.5]], rtol=1e-5)


def test_builds_saves_loads_and_trains(tmp_path):
    tokens = np.sign(np.random.default_rng(0).normal(size=(4, 6, 16))).astype(np.float32)
    check_layer(sequence_head((6, 16), 5, embedding=8, channels=8, rank=4), tokens, (5,), tmp_path)


def test_rank_zero_leaves_the_layer_out():
    with_rank = {layer.name for layer in sequence_head((4, 8), 3, rank=2).layers}
    without = {layer.name for layer in sequence_head((4, 8), 3, rank=0).layers}
    assert with_rank - without == {"rank"}


def test_position_bits_by_hand():
    expected = [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1]]
    np.testing.assert_array_equal(position_bits(4, (1, 2, 9)), expected)
    joined = PositionBits((1, 2, 9))(tf.fill((2, 4, 5), -1.0)).numpy()
    np.testing.assert_array_equal(joined[:, :, :5], -np.ones((2, 4, 5)))
    np.testing.assert_array_equal(joined[1, :, 5:], expected)


def test_position_bits_layer(tmp_path):
    tokens = np.sign(np.random.default_rng(0).normal(size=(4, 6, 16))).astype(np.float32)
    inputs = keras.Input((6, 16))
    model = keras.Model(inputs, keras.layers.Dense(2)(PositionBits([1, 3])(inputs)))
    check_layer(model, tokens, (6, 2), tmp_path)


@pytest.mark.parametrize("positions", [(), (1, 2)])
def test_order_of_single_tokens_matters_only_with_positions(positions):
    tokens = np.sign(np.random.default_rng(0).normal(size=(1, 4, 8))).astype(np.float32)
    keras.utils.set_random_seed(0)
    head = sequence_head((4, 8), 3, positions=positions)
    maxima = keras.Model(head.input, head.get_layer("one_max").output)
    found, turned = maxima(tf.constant(tokens)), maxima(tf.constant(tokens[:, ::-1]))
    assert np.allclose(found, turned, atol=1e-6) == (not positions)


@pytest.mark.parametrize(
    "options", [{"positions": (0,)}, {"embedding": 0}, {"channels": 0}, {"rank": -1},
                {"dropout": 1.0}, {"token_dropout": -0.1}, {"outputs": 0}]
)  # fmt: skip
def test_bad_options(options):
    with pytest.raises(InputError, match="must be"):
        sequence_head(**{"input_shape": (4, 8), "outputs": 3, **options})
