import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pnet_tf.data.labels import label_indices, sorted_labels
from pnet_tf.data.splits import stratified_split
from pnet_tf.data.types import object_array
from pnet_tf.errors import InputError


def test_labels_sort_as_text_or_as_numbers():
    assert sorted_labels(object_array(["b", "10", "a", "b"])) == ("10", "a", "b")
    assert sorted_labels(object_array(["10", "9", "-1", "1.5"])) == ("-1", "1.5", "9", "10")


def test_unknown_label_is_minus_one():
    found = label_indices(object_array(["b", "z", "a"]), ("a", "b"))
    assert found.dtype == np.int64
    assert found.tolist() == [1, -1, 0]


def test_split_by_hand():
    targets = np.repeat([0, 1, 2], [50, 30, 1])
    kept, held = stratified_split(targets, 0.1, seed=3)
    assert np.bincount(targets[held], minlength=3).tolist() == [5, 3, 0]
    assert sorted([*kept, *held]) == list(range(81))


def test_split_follows_the_seed_alone():
    targets = np.arange(200) % 4
    first, again, other = (stratified_split(targets, 0.2, seed)[1] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_at_least_one_is_held_out():
    assert len(stratified_split(np.array([0, 0, 1, 1]), 0.1, 0)[1]) == 1


def test_a_class_keeps_one_example_even_at_a_large_fraction():
    targets = np.array([0, 0, 1, 1, 1, 2])
    kept, held = stratified_split(targets, 0.9, 0)
    assert sorted(targets[kept].tolist()) == [0, 1, 2]
    assert len(held) == 3


def test_no_class_can_spare():
    with pytest.raises(InputError, match="single example"):
        stratified_split(np.array([0, 1, 2]), 0.5, 0)


@settings(max_examples=60, deadline=None)
@example([0, 1, 1, 1, 1, 2], 0.5, 0)
@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60), st.floats(0.05, 0.95), st.integers(0, 9)
)
def test_split_properties(targets, fraction, seed):
    targets = np.array(targets)
    if len(np.unique(targets)) == len(targets):
        return
    kept, held = stratified_split(targets, fraction, seed)
    assert sorted([*kept.tolist(), *held.tolist()]) == list(range(len(targets)))
    assert set(targets[kept]) == set(targets)
    spare = len(targets) - len(np.unique(targets))
    assert 1 <= len(held) <= min(spare, max(1, round(len(targets) * fraction)))
    for label in np.unique(targets):
        exact = (targets == label).sum() * fraction
        assert (targets[held] == label).sum() < exact + 1
