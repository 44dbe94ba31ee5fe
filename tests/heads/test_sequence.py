"""Sequence head: one hand-made example, shapes, saving, bad options."""

import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.errors import InputError
from pnet_tf.heads.sequence import sequence_head

from ..layer_checks import check_layer


def test_windows_and_maxima_by_hand():
    head = sequence_head(
        (3, 2), 4, embedding=1, channels=1, opening=1, rank=0, token_dropout=0, dropout=0
    )
    head.get_layer("embed").set_weights([np.array([[1.0], [10.0]])])
    head.get_layer("norm").set_weights([np.ones(1), np.zeros(1), np.zeros(1), np.ones(1)])
    head.get_layer("norm").epsilon = 0.0
    head.get_layer("one").set_weights([np.array([[2.0]]), np.array([1.0])])
    head.get_layer("two_first").set_weights([np.array([[1.0]]), np.array([-3.0])])
    head.get_layer("two_second").set_weights([np.array([[100.0]])])
    head.get_layer("logits").set_weights([np.eye(4), np.zeros(4)])
    tokens = np.array([[[1, 0], [0, 1], [-1, 0]]], np.float32)  # e = relu(1, 10, -1) = 1, 10, 0
    # one token: max(2e + 1) = 21, of the first 3; two tokens: max(1 + 1000 - 3, 10 + 0 - 3) = 998
    np.testing.assert_allclose(head(tf.constant(tokens)), [[21.0, 3.0, 998.0, 998.0]], rtol=1e-5)


def test_builds_saves_loads_and_trains(tmp_path):
    tokens = np.sign(np.random.default_rng(0).normal(size=(4, 6, 16))).astype(np.float32)
    check_layer(sequence_head((6, 16), 5, embedding=8, channels=8, rank=4), tokens, (5,), tmp_path)


def test_rank_zero_leaves_the_layer_out():
    with_rank = {layer.name for layer in sequence_head((4, 8), 3, rank=2).layers}
    without = {layer.name for layer in sequence_head((4, 8), 3, rank=0).layers}
    assert with_rank - without == {"rank"}


@pytest.mark.parametrize(("opening", "maxima"), [(0, 2), (2, 4), (3, 3), (4, 2)])
def test_an_opening_of_the_whole_sequence_is_left_out(opening, maxima):
    head = sequence_head((4, 8), 3, channels=5, opening=opening)
    assert head.get_layer("maxima").output_shape == (None, 5 * maxima)


@pytest.mark.parametrize(
    "options", [{"opening": -1}, {"embedding": 0}, {"channels": 0}, {"rank": -1}, {"dropout": 1.0},
                {"token_dropout": -0.1}, {"outputs": 0}]
)  # fmt: skip
def test_bad_options(options):
    with pytest.raises(InputError, match="must be"):
        sequence_head(**{"input_shape": (4, 8), "outputs": 3, **options})
