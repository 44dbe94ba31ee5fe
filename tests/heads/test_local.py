import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.errors import InputError
from pnet_tf.heads.local import local_head
from pnet_tf.projections.local import ternary_filters
from tests.layer_checks import check_layer, convert, operators, run

SMALL = {"channels": (4, 4, 6), "strides": (1, 1, 2)}


def random_bits(*shape):
    return np.random.RandomState(0).choice([-1.0, 1.0], shape).astype(np.float32)


def settle_norms(head):
    """Thresholds as after training: no response lies on one, where rounding decides the sign."""
    rng = np.random.RandomState(1)
    for layer in head.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.0, w.shape) for w in layer.get_weights()])


def test_parameters_and_shapes():
    head = local_head((8, 8, 5), 3, **SMALL)
    assert head.name == "head" and head.output_shape == (None, 3)
    assert head.get_layer("block_2_norm").output_shape == (None, 4, 4, 6)
    learned = 5 * 4 + 4 * 4 + 4 * 6 + 6 * 3 + 3
    norms = 2 * (4 + 4 + 4 + 4 + 6)
    assert sum(int(np.prod(weight.shape)) for weight in head.trainable_weights) == learned + norms


def test_filters_come_from_the_seed_and_differ_between_blocks():
    head = local_head((8, 8, 5), 3, **SMALL, seed=7)
    for index in (1, 2):
        weights = head.get_layer(f"block_{index}_filters").get_weights()[0]
        np.testing.assert_array_equal(weights, ternary_filters(3, 4, 1, 7 + index))


def test_one_block_is_a_linear_map_of_the_mean_of_bits():
    head = local_head((2, 2, 2), 1, channels=(1,), strides=(1,), dropout=0.0)
    head.get_layer("block_0_learned").set_weights([np.array([[[[2.0], [1.0]]]])])
    head.get_layer("block_0_norm").set_weights(
        [np.ones(1), np.zeros(1), np.zeros(1), np.ones(1) - 1e-3]
    )
    head.get_layer("logits").set_weights([np.array([[4.0]]), np.array([0.5])])
    bits = np.array([[[[1, 1], [1, -1]], [[-1, 1], [-1, -1]]]], dtype=np.float32)
    # 2a + b: 3, 1, -1, -3; ReLU and mean: 1; times 4 plus 0.5
    assert head.predict(bits, verbose=0)[0, 0] == pytest.approx(4.5, rel=1e-5)


def test_learned_filters_start_as_the_fixed_ones_and_train():
    for trained in (False, True):
        head = local_head((8, 8, 5), 3, **SMALL, learned_filters=trained)
        layer = head.get_layer("block_1_filters")
        assert bool(layer.trainable_weights) == trained
        np.testing.assert_array_equal(layer.get_weights()[0], ternary_filters(3, 4, 1, 1))


def test_a_wide_learned_layer_sees_its_neighbours(tmp_path):
    bits = random_bits(4, 8, 8, 5)
    head = local_head((8, 8, 5), 3, channels=(4, 4, 6), strides=(1, 1, 2), sides=(1, 3, 3))
    names = {layer.name for layer in head.layers}
    assert "block_1_filters" not in names and {"block_1_relu", "block_1_sum"} <= names
    assert head.get_layer("block_1_learned").kernel.shape == (3, 3, 4, 4)
    assert head.get_layer("block_2_norm").output_shape == (None, 4, 4, 6)
    settle_norms(head)
    logits = check_layer(head, bits, (3,), tmp_path)
    np.testing.assert_allclose(run(convert(head, bits), bits), logits, atol=1e-4)


@pytest.mark.parametrize("activation", ["sign", "relu"])
def test_head_and_tflite(activation, tmp_path):
    bits = random_bits(6, 8, 8, 5)
    head = local_head((8, 8, 5), 3, **SMALL, activation=activation, filters=2)
    settle_norms(head)
    logits = check_layer(head, bits, (3,), tmp_path)
    content = convert(head, bits)
    np.testing.assert_allclose(run(content, bits), logits, atol=1e-4)
    assert {"DEPTHWISE_CONV_2D", "CONV_2D"} <= operators(content)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((8, 8, 5), {"channels": (4, 4), "strides": (1,)}, "one entry a block, got 2, 1 and 2"),
        ((8, 8, 5), {"channels": (), "strides": ()}, "one entry a block, got 0, 0 and 0"),
        ((8, 8, 5), {"channels": (0,), "strides": (1,)}, "channels must be 1..4096, got 0"),
        ((8, 8, 5), {"channels": (4,), "strides": (9,)}, "strides must be 1..4, got 9"),
        ((8, 8, 5), {**SMALL, "sides": (1, 1, 0)}, "sides must be 1..15, got 0"),
        ((8, 8, 5), {**SMALL, "activation": "tanh"}, "activation must be one of"),
        ((8, 8, 5), {**SMALL, "dropout": 1.5}, "dropout must be at least 0"),
        ((320,), SMALL, "input must be an image"),
    ],
)
def test_bad_arguments(shape, options, message):
    with pytest.raises(InputError, match=message):
        local_head(shape, 3, **options)
