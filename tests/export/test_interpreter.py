import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_models import CLASSES, LABELS, random_bytes, text_metadata

from pnet_tf.errors import InputError
from pnet_tf.export import interpreter as module
from pnet_tf.export.interpreter import Prediction, encode_inputs, load_bytes, load_model
from pnet_tf.export.metadata import write_metadata
from pnet_tf.export.runtime import RUNTIMES, find_runtime


@pytest.fixture(scope="module")
def model(text_path):
    return load_model(text_path)


def test_loading(model, text_path):
    assert model.size_bytes == text_path.stat().st_size
    assert model.metadata.labels == LABELS
    name, version = model.runtime.split()
    assert name in RUNTIMES and version[0].isdigit()


def test_scores_are_probabilities_and_the_same_without_xnnpack(model, text_path):
    inputs = random_bytes(10)
    scores = model.predict(inputs)
    assert scores.shape == (10, CLASSES) and scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert len(np.unique(scores[:, 0])) == 10
    plain = load_model(text_path, xnnpack=False, trusted=True)
    np.testing.assert_allclose(plain.predict(inputs), scores, atol=1e-5)


def test_empty_batch(model):
    assert model.predict(random_bytes(0)).shape == (0, CLASSES)
    assert model.rank(random_bytes(0), 2) == []


def test_ranking_falls_and_agrees_with_the_scores(model):
    inputs = random_bytes(4)
    scores, ranked = model.predict(inputs), model.rank(inputs, 3)
    for row, best in zip(scores, ranked, strict=True):
        assert best[0] == Prediction(LABELS[row.argmax()], float(row.max()))
        assert [p.score for p in best] == sorted((p.score for p in best), reverse=True)
        assert len(best) == 3
    assert len(model.rank(inputs, 99)[0]) == CLASSES


def test_top_k_model_scatters_its_scores(model, top_k_path):
    top, inputs = load_model(top_k_path), random_bytes(6)
    full = model.predict(inputs)
    scores, indices = top.predict_top_k(inputs)
    assert scores.shape == indices.shape == (6, 2) and indices.dtype == np.int32
    spread = top.predict(inputs)
    assert spread.shape == full.shape and ((spread > 0).sum(axis=1) == 2).all()
    np.testing.assert_allclose(spread.max(axis=1), full.max(axis=1), atol=1e-6)
    assert [r[0].label for r in top.rank(inputs, 1)] == [r[0].label for r in model.rank(inputs, 1)]
    assert len(top.rank(inputs, 5)[0]) == 2


def test_a_full_model_has_no_top_k(model):
    with pytest.raises(InputError, match="not exported with top-k"):
        model.predict_top_k(random_bytes(1))


def test_regression_values(dense_path):
    dense = load_model(dense_path)
    values = dense.predict(np.array([[1, 2, 3], [0, 0, -1]], np.float32))
    np.testing.assert_allclose(values, [[2, 6], [0, -1]])
    with pytest.raises(InputError, match="regression"):
        dense.rank(np.zeros((1, 3), np.float32), 1)


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((1, 15), np.uint8),
        np.zeros((1, 16), np.int8),
        np.zeros(16, np.uint8),
        np.zeros((1, 16), np.float32),
        np.array(["text"], object),
    ],
)
def test_inputs_of_wrong_shape_or_type(model, inputs):
    with pytest.raises(InputError, match=r"inputs must be uint8 \[N, 16\], got"):
        model.predict(inputs)


def test_values_out_of_range(model, text_path, dense_path):
    with pytest.raises(InputError, match="k must be 1 or more, got 0"):
        model.rank(random_bytes(1), 0)
    with pytest.raises(InputError, match="threads must be 1 or more, got 0"):
        load_model(text_path, threads=0, trusted=True)
    with pytest.raises(InputError, match="row 1 holds NaN"):
        load_model(dense_path, trusted=True).predict(
            np.array([[1, 2, 3], [np.nan, 0, 0]], np.float32)
        )


def test_texts_become_bytes():
    encoded = encode_inputs(text_metadata(), ["hi", "äöü" * 9])
    assert encoded.shape == (2, 16) and encoded.dtype == np.uint8
    assert bytes(encoded[0]) == b"hi" + b"\0" * 14
    assert encode_inputs(text_metadata(), "hi").shape == (1, 16)
    with pytest.raises(InputError, match="no inputs given"):
        encode_inputs(text_metadata(), [])
    with pytest.raises(InputError, match="must be strings or paths, got int"):
        encode_inputs(text_metadata(), [3])


def test_image_files_become_pixels(image_path, tmp_path):
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    model = load_model(image_path)
    encoded = encode_inputs(model.metadata, [tmp_path / "a.png"])
    np.testing.assert_array_equal(encoded, pixels[None, :, :, None])
    assert model.rank(encoded, 1)[0][0].label == LABELS[3]  # the last row is the brightest


def test_unfit_images(image_path, tmp_path):
    metadata = load_model(image_path, trusted=True).metadata
    Image.new("L", (5, 4)).save(tmp_path / "wide.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "colour.png")
    Image.new("L", (4, 4)).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:50])
    (tmp_path / "text.png").write_text("no image")
    for name in ("wide", "colour", "cut", "text", "missing"):
        with pytest.raises(InputError, match=name):
            encode_inputs(metadata, [tmp_path / f"{name}.png"])


def test_dense_rows():
    metadata = text_metadata(input={"kind": "dense", "shape": [2]}, task="regression", labels=())
    assert encode_inputs(metadata, [[1, 2], [3, 4]]).dtype == np.float32
    for rows in ([[1, 2, 3]], [[1], [2, 3]], [["a", "b"]], [[1, float("inf")]]):
        with pytest.raises(InputError):
            encode_inputs(metadata, rows)


def test_missing_and_large_files(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"none\.tflite: cannot be read: No such file"):
        load_model(tmp_path / "none.tflite")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        load_model(tmp_path)
    (tmp_path / "large.tflite").write_bytes(b"\0" * 100)
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", 99)
    with pytest.raises(InputError, match="100 bytes; a model has at most 99"):
        load_model(tmp_path / "large.tflite")


def test_metadata_must_fit_the_graph(text_model):
    for change, message in [
        ({"input": {"kind": "text", "byte_length": 15}}, r"bytes is UINT8 \[1, 16\]"),
        ({"input": {"kind": "dense", "shape": [16]}}, "inputs are"),
        ({"labels": LABELS[:4]}, "scores is"),
        ({"top_k": 2}, "outputs are"),
        ({"task": "regression", "labels": ()}, "outputs are"),
    ]:
        with pytest.raises(InputError, match=message):
            load_bytes(write_metadata(text_model, text_metadata(**change)))


def test_no_runtime_names_what_to_install(monkeypatch):
    monkeypatch.setattr("pnet_tf.export.runtime.RUNTIMES", {"none-such": "pnet_tf_none_such"})
    with pytest.raises(InputError, match="pip install"):
        find_runtime()


def test_running_needs_no_tensorflow():
    code = (
        "import runpy, sys; runpy.run_path('conftest.py'); sys.modules['tensorflow'] = None; "
        "import pnet_tf.export.evaluate, pnet_tf.export.benchmark, pnet_tf.export.inspect, "
        "pnet_tf.export.oldest_runtime; "
        "print([m for m in sys.modules if m.split('.')[0] in ('keras', 'tf_keras', 'tensorflow')])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "['tensorflow']", done.stderr
