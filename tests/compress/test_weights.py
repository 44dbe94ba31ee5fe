import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tensorflow_model_optimization.python.core.clustering.keras.clustering_algorithm import (
    ClusteringAlgorithm,
)
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import Pruning
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_schedule import (
    ConstantSparsity,
)

from pnet_tf._keras import keras, tf
from pnet_tf.compress.norm import FreezableNorm
from pnet_tf.compress.weights import (
    clustered,
    linear_centroids,
    magnitude_mask,
    masked,
    moved_centroids,
    nearest,
)

WEIGHTS = tf.constant([[0.1, -0.5, 0.3], [-0.2, 0.0, 0.9]])


def normal(shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def everywhere(weights):
    return tf.ones(weights.shape, tf.bool)


def test_a_mask_by_hand():
    expected = [[False, True, True], [False, False, True]]
    assert magnitude_mask(WEIGHTS, 0.5).numpy().tolist() == expected
    assert magnitude_mask(WEIGHTS, 0.0).numpy().all()
    assert magnitude_mask(WEIGHTS, 0.95).numpy().sum() == 1  # never an empty matrix


def test_a_mask_is_exact_where_magnitudes_tie():
    assert magnitude_mask(tf.zeros([5, 2]), 0.3).numpy().sum() == 7


@given(some.integers(2, 300), some.floats(0.0, 0.95), some.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_a_mask_keeps_the_largest_and_as_many_as_asked(size, share, seed):
    weights = normal((size,), seed)
    mask = magnitude_mask(weights, share).numpy()
    assert abs(mask.sum() - max(size * (1 - share), 1)) <= 0.501
    kept, lost = np.abs(weights)[mask], np.abs(weights)[~mask]
    assert not lost.size or kept.min() >= lost.max()


def test_a_mask_is_that_of_tfmot():
    weights = normal((40, 30))
    pruning = Pruning(lambda: 0, [], ConstantSparsity(0.7, 0), [1, 1], "AVG")
    _, expected = pruning._update_mask(weights)
    np.testing.assert_array_equal(magnitude_mask(weights, 0.7), expected.numpy() > 0)


def test_masked_zeros_have_no_sign():
    zeros = masked(tf.constant([-1.0, -2.0]), tf.constant([True, False])).numpy()
    assert zeros[0] == -1.0 and not np.signbit(zeros[1])


def test_linear_centroids_by_hand():
    weights = tf.constant([[3.0, -1.0], [0.5, 0.2]])
    assert linear_centroids(weights, everywhere(weights), 3).numpy().tolist() == [-1, 1, 3]


def test_linear_centroids_beside_a_zero_by_hand():
    weights = tf.constant([-4.0, -2.0, 9.0, 1.0, 2.0, 3.0, 4.0])
    mask = tf.constant([True, True, False, True, True, True, True])
    # beside the zero; a third of the weights, so one of three, is negative
    assert linear_centroids(weights, mask, 3).numpy().tolist() == [-4, 1, 4]


def test_centroids_of_nothing_are_zeros():
    weights = tf.zeros([6])
    found = linear_centroids(weights, tf.constant([True] * 5 + [False]), 3)
    assert found.numpy().tolist() == [0, 0, 0]


def test_the_nearest_centroid_by_hand():
    found = nearest(tf.constant([[-9.0, 0.4], [0.5, 0.6]]), tf.constant([0.0, 1.0, 4.0]))
    assert found.numpy().tolist() == [[0, 0], [0, 1]]  # the lower one of a tie


def test_the_nearest_centroid_is_that_of_tfmot():
    weights, centroids = normal((50, 20)), tf.Variable(np.sort(normal((16,), 1)))
    expected = ClusteringAlgorithm(centroids).get_pulling_indices(weights)
    np.testing.assert_array_equal(nearest(weights, centroids), expected)


def test_moved_centroids_by_hand():
    weights = tf.constant([0.0, 0.2, 0.4, 7.0, 0.6])
    mask = tf.constant([True, True, True, True, False])
    found = moved_centroids(weights, tf.constant([0.0, 2.0, 6.0]), mask)
    np.testing.assert_allclose(found, [0.2, 2.0, 7.0])  # the second has no member


@given(some.integers(2, 40), some.floats(0.0, 0.9), some.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_clustering_gives_so_many_values_and_keeps_zeros(clusters, share, seed):
    weights = normal((20, 15), seed)
    mask = magnitude_mask(weights, share)
    centroids = linear_centroids(weights, mask, clusters)
    before = np.inf
    for _ in range(4):
        assert (np.diff(centroids) >= 0).all()
        found = clustered(weights, centroids, mask).numpy()
        assert len(set(np.unique(found)) - {0}) <= clusters
        assert (found[~mask.numpy()] == 0).all()
        error = float(tf.reduce_sum((found - masked(weights, mask)) ** 2))
        assert error <= before + 1e-4  # a step of k-means never makes it worse
        before, centroids = error, moved_centroids(weights, centroids, mask)


@pytest.mark.parametrize("training", [False, True])
def test_a_frozen_norm_leaves_its_factors_to_the_layer_before(training):
    norm, z = FreezableNorm(), normal((32, 4))
    norm.build(z.shape)
    for weight, values in zip(norm.weights, np.abs(normal((4, 4), 3)) + 0.1, strict=True):
        weight.assign(values)
    expected = norm(z, training=False)
    scale = norm.freeze()
    np.testing.assert_allclose(norm(z * scale, training=training), expected, atol=1e-5)
    assert len(np.unique(norm(tf.ones([1, 4]), training=training) - norm.beta)) <= 2


def test_a_norm_that_is_not_frozen_is_a_batch_norm():
    z, plain, norm = normal((32, 4)), keras.layers.BatchNormalization(), FreezableNorm()
    np.testing.assert_array_equal(norm(z, training=True), plain(z, training=True))
    np.testing.assert_array_equal(norm(z, training=False), plain(z, training=False))
