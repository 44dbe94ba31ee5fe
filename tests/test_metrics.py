"""Accuracy, squared error and concordance: by hand, by definition, and what does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.metrics import classification_metrics, concordance_index, mse


def test_accuracy_by_hand():
    scores = np.array([[0.7, 0.3], [0.2, 0.8], [0.9, 0.1], [0.6, 0.4]])
    found = classification_metrics(scores, np.array([0, 1, 1, -1]))
    assert (found.accuracy, found.examples, found.unknown_label_examples) == (0.5, 4, 1)


def test_mse_by_hand():
    values = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    assert mse(values, np.array([[1.0, 0.0], [3.0, 7.0]])) == (0 + 4 + 0 + 9) / 4


@pytest.mark.parametrize(
    ("values", "targets", "expected"),
    [
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([3, 2, 1], [10, 20, 30], 0.0),
        ([1, 3, 2], [10, 20, 30], 2 / 3),
        ([5, 5, 5], [10, 20, 30], 0.5),
        ([1, 1, 2], [10, 20, 30], 2.5 / 3),
        ([9, 1, 5], [10, 10, 20], 0.5),  # only the two pairs with different targets count
        ([5, 9], [10, 20], 1.0),
    ],
)
def test_concordance_by_hand(values, targets, expected):
    assert concordance_index(np.array(values), np.array(targets)) == pytest.approx(expected)


def test_concordance_of_columns_is_their_mean():
    values = np.array([[1, 3], [2, 2], [3, 1]])
    targets = np.array([[1, 1], [2, 2], [3, 3]])
    assert concordance_index(values, targets) == 0.5


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_concordance_equals_its_definition(pairs):
    values, targets = np.array(pairs).T
    scores = [1.0 if a > b else 0.5 if a == b else 0.0 for a, y in pairs for b, z in pairs if y > z]
    if scores:
        assert concordance_index(values, targets) == pytest.approx(np.mean(scores))
    else:
        with pytest.raises(InputError, match="all targets are equal"):
            concordance_index(values, targets)


def test_unfit_arrays():
    with pytest.raises(InputError, match=r"\[2, 2\] and targets \[3\]"):
        classification_metrics(np.zeros((2, 2)), np.zeros(3, int))
    with pytest.raises(InputError, match=r"targets must be -1\.\.1, got 0\.\.2"):
        classification_metrics(np.zeros((2, 2)), np.array([0, 2]))
    for measure in (mse, concordance_index):
        with pytest.raises(InputError, match="do not fit"):
            measure(np.zeros((2, 1)), np.zeros((2, 2)))
        with pytest.raises(InputError, match="do not fit"):
            measure(np.zeros((0, 1)), np.zeros((0, 1)))
