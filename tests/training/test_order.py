"""The order of examples: each once an epoch, unlabelled ones in a stream of whole passes."""

from collections import Counter

import numpy as np
import pytest

from pnet_tf.training.order import Order


def test_without_unlabelled_ones_it_is_the_permutation_of_the_epoch():
    steps = list(Order(10, 4).epoch(3, seed=7))
    assert [len(step) for step in steps] == [4, 4, 2]
    expected = np.random.default_rng([7, 3]).permutation(10)
    assert np.concatenate(steps).tolist() == expected.tolist()


@pytest.mark.parametrize(("unlabelled", "beside"), [(5, 3), (3, 8), (100, 1), (1, 1)])
def test_two_streams(unlabelled, beside):
    order = Order(10, 4, unlabelled, beside)
    assert order.steps == 3
    seen = []
    for epoch in range(6):
        steps = list(order.epoch(epoch, seed=1))
        own = np.concatenate([step[step < 10] for step in steps])
        assert sorted(own.tolist()) == list(range(10))
        others = [step[step >= 10] - 10 for step in steps]
        assert [len(part) for part in others] == [beside] * 3
        seen += np.concatenate(others).tolist()
    for start in range(0, len(seen), unlabelled):
        assert max(Counter(seen[start : start + unlabelled]).values()) == 1  # a whole pass
    assert max(seen) < unlabelled


@pytest.mark.parametrize(
    ("least", "unlabelled", "beside", "passes"),
    [(0, 0, 0, 1), (3, 0, 0, 1), (4, 0, 0, 2), (7, 0, 0, 3), (100, 20, 2, 4), (100, 19, 2, 4),
     (100, 18, 2, 3), (100, 1, 2, 1), (5, 100, 1, 2)],
)  # fmt: skip
def test_an_epoch_is_as_many_passes_as_make_its_least_steps(least, unlabelled, beside, passes):
    """Three steps a pass; no more passes than one over the second stream takes."""
    order = Order(10, 4, unlabelled, beside, least)
    assert (order.passes, order.steps) == (passes, 3 * passes)
    own = [step[step < 10].tolist() for step in order.epoch(2, seed=1)]
    assert [len(step) for step in own] == [4, 4, 2] * passes
    expected = [np.random.default_rng([1, 2 * passes + i]).permutation(10) for i in range(passes)]
    assert sum(own, []) == np.concatenate(expected).tolist()


def test_an_epoch_depends_on_its_number_alone():
    order = Order(10, 4, 7, 3)
    first = [step.tolist() for step in order.epoch(5, seed=2)]
    assert first == [step.tolist() for step in Order(10, 4, 7, 3).epoch(5, seed=2)]
    assert first != [step.tolist() for step in order.epoch(5, seed=3)]
    assert first != [step.tolist() for step in order.epoch(6, seed=2)]


def test_passes_differ():
    order = Order(4, 4, 6, 6)
    passes = [next(order.epoch(epoch, seed=0))[4:].tolist() for epoch in range(4)]
    assert len({tuple(one) for one in passes}) > 1
    assert all(sorted(one) == list(range(4, 10)) for one in passes)
