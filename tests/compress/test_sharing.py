import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pnet_tf.compress.sharing import SHARING, cws, ecsq, pws, uq
from pnet_tf.errors import InputError


def normal(size, seed=0):
    return np.random.default_rng(seed).normal(size=size)


def error(book, weights):
    return float(((book.shared - weights) ** 2).sum())


def test_clusters_by_hand():
    # from 0 and 10: {0, 1, 2} and {9, 10}, whose means are 1 and 9.5, where they stay
    book = cws(np.array([9.0, 0.0, 1.0, 10.0, 2.0]), 2)
    assert book.values.tolist() == [1.0, 9.5]
    assert book.members.tolist() == [1, 0, 0, 1, 0]


def test_a_cluster_without_a_weight_goes_to_the_worst_served():
    # from 0, 5 and 10 the middle one has no weight; 1.5 is farthest from the mean of its cluster
    book = cws(np.array([0.0, 0.0, 0.0, 1.5, 10.0]), 3)
    assert book.values.tolist() == [0.0, 1.5, 10.0]


def test_uniform_steps_by_hand():
    # steps of 2.5 from 0: 1 -> 0, 2 -> 2.5, 7 -> 7.5; no weight comes to 5
    book = uq(np.array([0.0, 1.0, 2.0, 7.0, 10.0]), 5)
    assert book.values.tolist() == [0.0, 2.5, 7.5, 10.0]
    assert book.shared.tolist() == [0.0, 0.0, 2.5, 7.5, 10.0]


def test_probabilistic_values_are_quantiles_and_unbiased():
    weights = np.repeat([0.0, 2.5, 4.0, 10.0], [1, 40000, 40000, 40000])
    book = pws(weights, 3, seed=1)
    assert book.values.tolist() == [0.0, 4.0, 10.0]  # the least, the median, the greatest
    middle = book.shared[1:40001]
    assert set(middle) == {0.0, 4.0}
    assert middle.mean() == pytest.approx(2.5, abs=0.04)  # 4 standard errors
    assert (book.shared[40001:80001] == 4).all() and (book.shared[80001:] == 10).all()
    assert (pws(weights, 3, seed=1).members == book.members).all()
    assert (pws(weights, 3, seed=2).members != book.members).any()


def test_a_rare_value_is_dearer_and_loses_its_border_cases():
    # 90 weights at 0, 10 at 1, one at 0.45 and one at 0.55; two values
    weights = np.array([0.0] * 90 + [1.0] * 10 + [0.45, 0.55])
    assert (ecsq(weights, 2, trade=1e-9).members == cws(weights, 2).members).all()
    # lambda is 2 ln 2 / 12 = 0.1155; the rate of 1 is 3 bits more: the border moves up by 0.17
    assert ecsq(weights, 2).members[-2:].tolist() == [0, 0]
    assert cws(weights, 2).members[-2:].tolist() == [0, 1]


def test_at_one_rate_entropy_constrained_values_are_better():
    weights = normal(20000)
    book = ecsq(weights, 64, trade=8.0)
    others = [cws(weights, k) for k in range(2, 33)]
    fewest = min((o for o in others if o.bits >= book.bits), key=lambda o: o.bits)
    assert error(book, weights) < error(fewest, weights)
    assert ecsq(weights, 64, trade=20.0).bits < book.bits < ecsq(weights, 64, trade=1.0).bits


@pytest.mark.parametrize("method", SHARING)
@given(some.integers(2, 40), some.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_at_most_k_rising_values_each_with_a_member(method, k, seed):
    weights = normal(200, seed)
    book = SHARING[method](weights, k, seed)
    assert 1 <= len(book.values) <= k and (np.diff(book.values) > 0).all()
    assert set(book.members) == set(range(len(book.values)))
    assert book.values.dtype == np.float32 and book.members.dtype == np.int32
    spread = np.abs(weights).max() + 1e-6
    assert (np.abs(book.shared) <= spread).all()
    assert 0 <= book.bits <= np.log2(len(book.values)) + 1e-9


@given(some.integers(2, 20), some.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_no_weight_is_nearer_to_another_cluster(k, seed):
    weights = normal(150, seed)
    book = cws(weights, k)
    assert len(book.values) == k
    distances = np.abs(weights[:, None] - book.values[None])
    chosen = distances[np.arange(150), book.members]
    np.testing.assert_allclose(chosen, distances.min(1), atol=1e-6)
    for place, value in enumerate(book.values):
        assert value == pytest.approx(weights[book.members == place].mean(), abs=1e-3)


@pytest.mark.parametrize("method", SHARING)
def test_one_distinct_weight_is_one_value(method):
    book = SHARING[method](np.full(9, -0.25), 4, 0)
    assert book.values.tolist() == [-0.25] and book.bits == 0


@pytest.mark.parametrize("method", SHARING)
@pytest.mark.parametrize(
    ("weights", "k", "sentence"),
    [
        ([], 2, "there are no weights to share"),
        ([1.0, np.nan, 2.0], 2, "weights must be finite numbers"),
        ([1.0, np.inf, 2.0], 2, "weights must be finite numbers"),
        ([1.0, 2.0], 1, "must be 2 or more, got 1"),
        ([1.0, 2.0], 2.0, "must be 2 or more, got 2.0"),
        ([1.0, 2.0], 3, "2 weights cannot share 3 values"),
    ],
)
def test_what_cannot_be_shared_is_refused(method, weights, k, sentence):
    with pytest.raises(InputError, match=sentence):
        SHARING[method](np.array(weights), k, 0)
