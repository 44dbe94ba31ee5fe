import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.compress.coded_model import coded_bytes, load_coded, measured, save_coded
from pnet_tf.compress.network import compress_model, nearest
from pnet_tf.compress.plan import CompressionPlan
from pnet_tf.compress.tensors import tensors_of
from pnet_tf.errors import InputError
from tests.living_graphs import living_graphs

LAYERS = keras.layers


def dense(kernel, **more):
    """A model of one dense layer without bias, whose kernel is given."""
    kernel = np.array(kernel, np.float32)
    layer = LAYERS.Dense(kernel.shape[1], use_bias=False, name="only", **more)
    model = keras.Sequential([keras.Input((kernel.shape[0],)), layer])
    model.set_weights([kernel])
    return model


def kinds(name):
    """A small model of each kind of layer, with inputs."""
    rng = np.random.default_rng(0)
    if name == "conv":
        layers = [
            keras.Input((8, 8, 2)), LAYERS.Conv2D(6, 3), LAYERS.DepthwiseConv2D(3),
            LAYERS.BatchNormalization(), LAYERS.SeparableConv2D(5, 3), LAYERS.Flatten(),
            LAYERS.Dense(3),
        ]  # fmt: skip
        return keras.Sequential(layers), rng.normal(size=(16, 8, 8, 2)).astype(np.float32)
    cell = {"lstm": LAYERS.LSTM(7), "gru": LAYERS.GRU(7)}[name]
    layers = [keras.Input((6,)), LAYERS.Embedding(20, 5), cell, LAYERS.Dense(3)]
    return keras.Sequential(layers), rng.integers(0, 20, (16, 6))


def compiled(model, rate=0.1, optimizer=None):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or keras.optimizers.SGD(rate), loss)
    return model


def test_percentile_and_clusters_by_hand():
    model = dense([[0.1, -0.2, 1.0], [0.0, 1.2, -2.0]])
    compress_model(model, {"only": {"prune": 1 / 3, "cluster": 2}})
    # |w| of the 0 and of 0.1 are the smallest two of six; of -2, -0.2, 1, 1.2 the means are -2, 2/3
    kernel = model.get_weights()[0]
    np.testing.assert_allclose(kernel, [[0, 2 / 3, 2 / 3], [0, 2 / 3, -2]], rtol=1e-6)
    assert len(np.unique(kernel)) == 3  # zeros are not among the two values


def test_a_value_moves_by_the_sum_of_its_weights_gradients():
    # loss (x w)^2 / 2 over one example; dl/dw = y x^T with y = x w, x = (1, 2)
    model = dense([[1.0, 3.0], [1.0, 0.0]])
    small = compress_model(model, CompressionPlan(cluster=2))
    small.compile(keras.optimizers.SGD(0.1), lambda _, y: tf.reduce_sum(y**2) / 2)
    small.fit(np.array([[1.0, 2.0]]), np.zeros((1, 2)), verbose=0)
    # y = (3, 3): gradients [[3, 3], [6, 6]]; value 1 has 3 + 6, value 3 has 3, the zero stays
    np.testing.assert_allclose(model.get_weights()[0], [[0.1, 2.7], [0.1, 0.0]], rtol=1e-6)


def test_values_of_the_whole_network_learn_once():
    first = LAYERS.Dense(1, use_bias=False, name="a")
    second = LAYERS.Dense(1, use_bias=False, name="b")
    model = keras.Sequential([keras.Input((2,)), first, second])
    model.set_weights([np.array([[1.0], [2.0]]), np.array([[2.0]])])
    small = compress_model(model, CompressionPlan(cluster=2), codebook="network")
    small.compile(keras.optimizers.SGD(0.01), lambda _, y: tf.reduce_sum(y))
    small.fit(np.ones((1, 2)), np.zeros((1, 1)), verbose=0)
    # y = (w1 + w2) w3; dy/d(value 1) = w3 = 2; dy/d(value 2) = w3 + (w1 + w2) = 5
    assert [w.ravel().tolist() for w in model.get_weights()] == [
        pytest.approx([0.98, 1.95]), pytest.approx([1.95])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "method"), [("conv", "cws"), ("lstm", "ecsq"), ("gru", "pws"), ("conv", "uq")]
)
def test_zeros_and_values_stay_while_every_kind_of_layer_trains(name, method, tmp_path):
    model, inputs = kinds(name)
    plan = CompressionPlan(prune=0.5, cluster=4, method=method)
    small = compiled(compress_model(model, plan), optimizer=keras.optimizers.Adam(0.05))
    before = [weight.copy() for weight in model.get_weights()]
    small.fit(inputs, np.arange(16) % 3, epochs=2, batch_size=5, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    for one, variable in zip(measured(model), tensors_of(model).values(), strict=True):
        assert one.size == variable.numpy().size and one.values <= 4
        assert one.zeros == pytest.approx(one.size / 2, abs=1)
    path = tmp_path / "w.pnc"
    assert save_coded(model, path) == path.stat().st_size == len(coded_bytes(model))
    fresh, _ = kinds(name)
    load_coded(fresh, path)
    for a, b in zip(fresh.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(fresh(inputs), model(inputs), atol=1e-6)


def test_pruned_weights_without_values_learn_and_stay_zeros():
    model = dense(np.arange(1.0, 13.0).reshape(4, 3))
    small = compiled(compress_model(model, CompressionPlan(prune=0.5)))
    small.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)
    kernel = model.get_weights()[0]
    assert (kernel.ravel()[:6] == 0).all() and (kernel.ravel()[6:] != np.arange(7, 13)).any()
    assert len(np.unique(kernel)) > 3


@pytest.mark.parametrize("moving", [False, True])
def test_a_moving_weight_goes_over_to_the_nearest_value(moving):
    # loss x w, so that the gradient of w is x; the rate is 1. Step 1: both values have a sum of 0
    # and stay; single weights are (-0.25, 2.25, 3, 3), the second is past the middle of 1 and 3.
    # Step 2: values 1 - 1.25 and 3 + 1.25, single weights (-1.5, 3.5, 3, 3)
    model = dense([[1.0], [1.0], [3.0], [3.0], [0.0]])
    small = compress_model(model, CompressionPlan(prune=0.2, cluster=2), moving=moving)
    small.compile(keras.optimizers.SGD(1.0), lambda _, answers: answers)
    kernels = []
    for _ in range(2):
        small.fit(np.array([[1.25, -1.25, 0, 0, 7]]), np.zeros((1, 1)), verbose=0)
        kernels.append(model.get_weights()[0].ravel().tolist())
    assert kernels == (
        [[1, 3, 3, 3, 0], [-0.25, 4.25, 4.25, 4.25, 0]] if moving else 2 * [[1, 1, 3, 3, 0]]
    )


def test_nearest_by_hand():
    # halfway lie 0 and 2; what lies there goes to the lower one
    found = nearest(np.float32([-5, 0.4, -0.2, 2.5, 1.9, 0, 2]), np.float32([3, -1, 1]))
    assert found.numpy().tolist() == [1, 2, 1, 0, 2, 1, 2]


def test_what_has_no_plan_is_left_alone_and_the_longest_name_wins():
    model, _ = kinds("lstm")
    before = {name: v.numpy().copy() for name, v in tensors_of(model).items()}
    assert [name.rsplit("/", 1)[-1] for name in before] == [
        "embeddings", "kernel", "recurrent_kernel", "kernel"
    ]  # fmt: skip
    recurrent = next(name for name in before if "recurrent" in name)
    layer = recurrent.split("/")[0]
    compress_model(model, {layer: {"prune": 0.5}, recurrent: {"prune": 0.9}})
    zeros = {name: float((v.numpy() == 0).mean()) for name, v in tensors_of(model).items()}
    assert zeros[recurrent] == pytest.approx(0.9, abs=0.01)
    assert zeros[recurrent.replace("recurrent_kernel", "kernel")] == pytest.approx(0.5, abs=0.01)
    assert sum(zeros.values()) == pytest.approx(1.4, abs=0.02)


def test_a_model_that_shares_answers_as_it_did_with_as_many_values_as_weights():
    model = dense(np.arange(1.0, 7.0).reshape(2, 3))
    compress_model(model, CompressionPlan(cluster=6))
    np.testing.assert_allclose(model.get_weights()[0].ravel(), np.arange(1.0, 7.0))


@pytest.mark.parametrize(
    ("plans", "sentence"),
    [
        ({"other": {"prune": 0.5}}, "no weights are named 'other'; there are only/kernel"),
        ({"only": {"prune": 50}}, "prune must be 0..0.9999, got 50"),
        ({"only": {"cluster": 1}}, "cluster must be 2..4096 or 0 for none, got 1"),
        ({"only": {"cluster": 7}}, "6 weights cannot share 7 values"),
        ({"only": {"cluster": 4, "prune": 0.5}}, "3 weights cannot share 4 values"),
        ({"only": {"k": 4}}, "a plan has prune, cluster and method"),
        ({"only": {"method": "huffman"}}, "method must be one of"),
    ],
)
def test_a_wrong_plan_is_refused_and_the_model_stays(plans, sentence):
    model = dense(np.arange(1.0, 7.0).reshape(2, 3))
    with pytest.raises(InputError, match=sentence):
        compress_model(model, plans)


def test_weights_that_are_no_numbers_and_models_without_any_are_refused():
    with pytest.raises(InputError, match="must be finite"):
        compress_model(dense([[1.0, np.nan]]), CompressionPlan(cluster=2))
    empty = keras.Sequential([keras.Input((2,)), LAYERS.ReLU()])
    with pytest.raises(InputError, match="has no weight tensor to compress"):
        compress_model(empty, CompressionPlan(cluster=2))
    with pytest.raises(InputError, match="codebook must be one of layer, network"):
        compress_model(dense([[1.0, 2.0]]), CompressionPlan(cluster=2), codebook="all")


def test_a_file_of_another_model_or_a_damaged_one_is_refused(tmp_path):
    path = tmp_path / "w.pnc"
    save_coded(dense([[1.0, 2.0]]), path)
    with pytest.raises(InputError, match="another model: it has 1 arrays, 2 numbers; "):
        load_coded(dense([[1.0], [2.0], [3.0]]), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"w\.pnc: "):
        load_coded(dense([[1.0, 2.0]]), path)


def test_vocabularies_and_counts_stay_the_models_own(tmp_path):
    def model(words, rows):
        text, numbers = keras.Input((), dtype=tf.string), keras.Input((2,))
        vector, normal = LAYERS.TextVectorization(output_sequence_length=3), LAYERS.Normalization()
        vector.adapt(words)
        normal.adapt(np.array(rows, np.float32))
        found = LAYERS.Flatten()(LAYERS.Embedding(6, 2)(vector(text)))
        found = LAYERS.Dense(3)(LAYERS.concatenate([found, normal(numbers)]))
        return keras.Model([text, numbers], found)

    one, other = model(["a b c"], [[0, 1], [2, 5]]), model(["d e f g"], [[0, 0], [1, 1], [2, 2]])
    small = compress_model(one, {"*": {"prune": 0.5, "cluster": 2}})
    small.compile(keras.optimizers.Adam(0.01), "mse")
    texts, numbers = np.array(["b", "c a"], object), np.ones((2, 2), np.float32)
    small.fit([texts, numbers], np.zeros((2, 3)), epochs=2, verbose=0)
    save_coded(one, tmp_path / "w.pnc")
    load_coded(other, tmp_path / "w.pnc")
    for mine, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        if theirs.dtype == np.float32:
            np.testing.assert_array_equal(mine, theirs)
    assert other.layers[1].get_vocabulary()[2:] == ["g", "f", "e", "d"]
    assert [w for w in other.get_weights() if w.dtype == np.int64] == [3]


def test_averages_of_batch_normalisation_follow_within_a_short_retraining():
    norm = LAYERS.BatchNormalization(scale=False, center=False)
    model = keras.Sequential([keras.Input((2,)), norm, LAYERS.Dense(2)])
    small = compiled(compress_model(model, CompressionPlan(prune=0.5)), rate=0.0)
    x = np.full((30, 2), 5.0, np.float32)
    small.fit(x, np.zeros(30, np.int64), batch_size=1, epochs=1, verbose=0)
    # step n has (1 + n) / (10 + n); by the momentum of 0.99 the mean would be 1.3
    left = np.prod([(1 + n) / (10 + n) for n in range(30)])
    np.testing.assert_allclose(norm.moving_mean, 5 * (1 - left), rtol=1e-4)
    assert norm.momentum == 0.99 and len(norm.weights) == 2


class Told(LAYERS.Dropout):
    """Dropout that tells its rate whenever it is traced."""

    def call(self, inputs, training=None):
        self.rates = [*getattr(self, "rates", []), self.rate]
        return super().call(inputs, training)


def test_less_is_dropped_before_zeros():
    drops = [Told(0.4), Told(0.3), Told(0.2)]
    model = keras.Sequential([
        keras.Input((4,)), drops[0], LAYERS.ReLU(), LAYERS.Dense(8, use_bias=False, name="few"),
        drops[1], LAYERS.Dense(2, name="all"), drops[2],
    ])  # fmt: skip
    small = compiled(compress_model(model, {"few": {"prune": 0.75}}))
    small.fit(np.ones((2, 4), np.float32), np.array([0, 1]), verbose=0)
    # sqrt(1 / 4); nothing is pruned after the second, and the third has no weights after it
    assert [drop.rates[-1] for drop in drops] == [0.2, 0.3, 0.2]
    small.evaluate(np.ones((2, 4), np.float32), np.array([0, 1]), verbose=0)
    assert [drop.rate for drop in drops] == [0.4, 0.3, 0.2]


def test_as_much_is_dropped_where_one_tensor_of_the_layer_is_whole():
    drop = Told(0.4)
    layers = [keras.Input((3, 4)), drop, LAYERS.GRU(8, name="gru"), LAYERS.Dense(2)]
    model = keras.Sequential(layers)
    small = compiled(compress_model(model, {"gru/gru_cell/recurrent_kernel": {"prune": 0.75}}))
    small.fit(np.ones((2, 3, 4), np.float32), np.array([0, 1]), verbose=0)
    assert drop.rates[-1] == 0.4


def test_no_step_outlives_its_compressed_model():
    before = living_graphs("train_function")
    model = dense([[1.0, 2.0], [3.0, 4.0]])
    small = compiled(compress_model(model, CompressionPlan(prune=0.5)), optimizer="adam")
    small.fit(np.eye(2, dtype=np.float32), np.array([0, 1]), epochs=1, verbose=0)
    assert living_graphs("train_function") > before  # so that it is counted at all
    del small, model
    assert living_graphs("train_function") == before
