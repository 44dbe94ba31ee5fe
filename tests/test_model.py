"""ProjectionNet: built from plain JSON, saved and loaded by Keras, bad configurations refused."""

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.data import encode_text
from pnet_tf.errors import InputError
from pnet_tf.model import ProjectionNet, build_student

TEXT = {"input": {"kind": "text", "byte_length": 32}, "outputs": 3,
        "projection": {"name": "text", "functions": 8, "bits": 8, "tokens": 4, "seed": 1},
        "head": {"name": "sequence", "embedding": 8, "channels": 8, "rank": 4}}  # fmt: skip
IMAGE = {"input": {"kind": "image", "shape": [8, 8, 1]}, "outputs": 4,
         "projection": {"name": "structured", "functions": 8, "bits": 4, "seed": 1},
         "head": {"name": "lookup"}}  # fmt: skip


def test_logits_and_predictions():
    student = build_student(TEXT)
    inputs = tf.constant(encode_text(["hi there", ""], 32).bytes)
    logits = student(inputs)
    assert logits.shape == (2, 3)
    scores = student.predictions(inputs, "classification")
    np.testing.assert_allclose(scores, tf.nn.softmax(logits), rtol=1e-6)
    np.testing.assert_array_equal(student.predictions(inputs, "regression"), logits)


def test_only_the_head_is_trained():
    student = build_student(TEXT)
    assert len(student.trainable_variables) == len(student.head.trainable_variables) > 0
    assert not student.projection.weights


def test_lookup_takes_its_blocks_from_the_projection():
    student = build_student(IMAGE)
    assert student.head.count_params() == 8 * 2**4 * 4 + 4


def test_keras_config_rebuilds(tmp_path):
    student = build_student(TEXT)
    inputs = tf.constant(encode_text(["where r u", "ok"], 32).bytes)
    expected = student(inputs)
    again = ProjectionNet.from_config(student.get_config())
    again(inputs)
    for new, old in zip(again.variables, student.variables, strict=True):
        new.assign(old)
    np.testing.assert_array_equal(again(inputs), expected)
    student.save(tmp_path / "student.keras")
    loaded = keras.models.load_model(tmp_path / "student.keras")
    np.testing.assert_allclose(loaded(inputs), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("projection", {"name": "sphere"}, "projection must be one of"),
        ("head", {"name": "tree"}, "head must be one of"),
        ("head", {"name": "sequence", "depth": 3}, "does not take"),
        ("projection", {"name": "structured", "functions": 4, "bits": 64}, "bits must be 1..32"),
    ],
)
def test_bad_configurations(key, value, words):
    with pytest.raises(InputError, match=words):
        build_student({**TEXT, key: value})


@pytest.mark.parametrize(
    "given", [{"kind": "image", "shape": [8, 8, 1]}, {"kind": "dense", "shape": [32]}]
)
def test_text_projection_takes_texts_only(given):
    with pytest.raises(InputError, match=f"reads texts, got input of kind '{given['kind']}'"):
        build_student({**TEXT, "input": given})
