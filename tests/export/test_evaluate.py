import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_models import LABELS, random_bytes

from pnet_tf.data import Split, encode_text
from pnet_tf.errors import InputError
from pnet_tf.export.evaluate import (
    classification_metrics,
    concordance_index,
    evaluate_model,
    mse,
)
from pnet_tf.export.interpreter import load_model


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


def test_text_model_on_a_split(text_path):
    model = load_model(text_path, trusted=True)
    texts = np.array(["hello", "bye now", "this one is far too long", "oh"], object)
    best = model.predict(encode_text(texts, 16).bytes).argmax(axis=1)
    targets = np.array([best[0], (best[1] + 1) % len(LABELS), best[2], -1])
    found = evaluate_model(model, Split(texts, targets))
    assert (found.accuracy, found.examples, found.unknown_label_examples) == (0.5, 4, 1)
    assert found.cut_messages == 1 and found.size_bytes == text_path.stat().st_size
    assert found.mse is None and found.concordance_index is None


def test_top_k_model_has_the_same_accuracy(text_path, top_k_path):
    texts = np.array([f"message {i}" for i in range(20)], object)
    split = Split(texts, np.arange(20) % len(LABELS))
    full, top = (
        evaluate_model(load_model(path, trusted=True), split) for path in (text_path, top_k_path)
    )
    assert full.accuracy == top.accuracy


def test_regression_model_on_a_split(dense_path):
    model = load_model(dense_path, trusted=True)
    inputs = np.array([[1, 0, 0], [2, 0, 0]], np.float32)
    targets = np.array([[2, 1], [4, 4]], np.float32)  # the model says [2, 1] and [4, 2]
    found = evaluate_model(model, Split(inputs, targets))
    assert (found.mse, found.concordance_index, found.accuracy) == (1.0, 1.0, None)
    same = evaluate_model(model, Split(inputs, np.ones((2, 2), np.float32)))
    assert same.concordance_index is None


def test_a_split_of_another_kind(text_path):
    model = load_model(text_path, trusted=True)
    with pytest.raises(InputError):
        evaluate_model(model, Split(random_bytes(2).astype(np.float32), np.zeros(2, int)))
