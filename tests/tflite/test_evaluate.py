import numpy as np
import pytest

from pnet_tf.data import Split, encode_text
from pnet_tf.errors import InputError
from pnet_tf.tflite.evaluate import evaluate_model
from pnet_tf.tflite.model import load_model
from tests.tflite.small_models import LABELS, random_bytes


def test_text_model_on_a_split(text_path):
    model = load_model(text_path, trusted=True)
    texts = np.array(["hello", "bye now", "this one is far too long", "oh"], object)
    best = model.scores(encode_text(texts, 16).bytes).argmax(axis=1)
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
