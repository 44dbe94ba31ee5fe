"""A finished file in this process: loading, its scores, and files that are none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.tflite import model as module
from pnet_tf.tflite.benchmark import benchmark
from pnet_tf.tflite.inspect import inspect_model
from pnet_tf.tflite.metadata import write_metadata
from pnet_tf.tflite.model import load_bytes, load_model
from pnet_tf.tflite.runtime import RUNTIMES, find_runtime
from tests.tflite.small_models import CLASSES, LABELS, random_bytes, text_metadata

READERS = (load_model, inspect_model, benchmark)


@pytest.fixture(scope="module")
def model(text_path):
    return load_model(text_path)


def test_loading(model, text_path):
    assert model.size_bytes == text_path.stat().st_size
    assert model.labels == model.metadata.labels == LABELS
    name, version = model.runtime.split()
    assert name in RUNTIMES and version[0].isdigit()


def test_scores_are_probabilities_and_the_same_without_xnnpack(model, text_path):
    inputs = random_bytes(10)
    scores = model.scores(inputs)
    assert scores.shape == (10, CLASSES) and scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert len(np.unique(scores[:, 0])) == 10
    plain = load_model(text_path, xnnpack=False, trusted=True)
    np.testing.assert_allclose(plain.scores(inputs), scores, atol=1e-5)


def test_scores_of_texts_are_those_of_their_bytes(model):
    rows = np.zeros((2, 16), np.uint8)
    rows[0, :2], rows[1, :3] = list(b"hi"), list(b"bye")
    np.testing.assert_array_equal(model.scores(["hi", "bye"]), model.scores(rows))


def test_scores_of_no_rows(model, top_k_path):
    assert model.scores(random_bytes(0)).shape == (0, CLASSES)
    top = load_model(top_k_path, trusted=True)
    assert top.scores(random_bytes(0)).shape == (0, CLASSES)
    assert [part.shape for part in top.top_k_scores(random_bytes(0))] == [(0, 2), (0, 2)]


def test_top_k_model_scatters_its_scores(model, top_k_path):
    top, inputs = load_model(top_k_path), random_bytes(6)
    full = model.scores(inputs)
    scores, indices = top.top_k_scores(inputs)
    assert scores.shape == indices.shape == (6, 2) and indices.dtype == np.int32
    spread = top.scores(inputs)
    assert spread.shape == full.shape and ((spread > 0).sum(axis=1) == 2).all()
    np.testing.assert_allclose(spread.max(axis=1), full.max(axis=1), atol=1e-6)


def test_a_full_model_has_no_top_k(model):
    with pytest.raises(InputError, match="not exported with top-k"):
        model.top_k_scores(random_bytes(1))


def test_values_of_a_regression(dense_path):
    values = load_model(dense_path).scores(np.array([[1, 2, 3], [0, 0, -1]], np.float32))
    np.testing.assert_allclose(values, [[2, 6], [0, -1]])


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((1, 15), np.uint8),
        np.zeros((1, 16), np.int8),
        np.zeros(16, np.uint8),
        np.zeros((1, 16), np.float32),
        np.zeros((1, 1, 16), np.uint8),
        np.array(7, np.uint8),
    ],
)
def test_inputs_of_wrong_shape_or_type(model, inputs):
    for answer in (model.scores, model.predict):
        with pytest.raises(InputError, match=r"inputs must be uint8 \[N, 16\], got"):
            answer(inputs)


def test_values_out_of_range(text_path, dense_path):
    with pytest.raises(InputError, match="threads must be 1 or more, got 0"):
        load_model(text_path, threads=0, trusted=True)
    with pytest.raises(InputError, match="row 1 holds NaN"):
        load_model(dense_path, trusted=True).scores(
            np.array([[1, 2, 3], [np.nan, 0, 0]], np.float32)
        )


@pytest.fixture
def no_hang():
    """An alarm that ends a test which waits for a pipe or reads a device without end."""

    def ring(number, frame):
        raise TimeoutError("this file was read for 20 seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("read", READERS)
def test_what_is_no_plain_file_is_refused_at_once(read, tmp_path, no_hang):
    os.mkfifo(tmp_path / "pipe.tflite")
    (tmp_path / "zeros.tflite").symlink_to("/dev/zero")
    (tmp_path / "folder.tflite").mkdir()
    for name in ("pipe", "zeros", "folder"):
        with pytest.raises(InputError, match=rf"{name}\.tflite is no plain file$"):
            read(tmp_path / f"{name}.tflite")


@pytest.mark.parametrize("read", READERS)
def test_missing_and_large_files(read, text_path, tmp_path, monkeypatch):
    (tmp_path / "loop.tflite").symlink_to(tmp_path / "loop.tflite")
    for name, message in [
        ("none.tflite", r"none\.tflite does not exist$"),
        ("loop.tflite", r"loop\.tflite: cannot be read: "),
        ("a\0b", "cannot be read: embedded null"),
    ]:
        with pytest.raises(InputError, match=message):
            read(tmp_path / name)
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", text_path.stat().st_size - 1)
    with pytest.raises(InputError, match=r"model\.tflite: more than the \d+ bytes allowed"):
        read(text_path)


def test_a_file_of_the_largest_size_is_read(text_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", text_path.stat().st_size)
    assert inspect_model(text_path).labels == LABELS


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
    monkeypatch.setattr("pnet_tf.tflite.runtime.RUNTIMES", {"none-such": "pnet_tf_none_such"})
    with pytest.raises(InputError, match="pip install"):
        find_runtime()


def test_running_needs_no_tensorflow():
    code = (
        "import runpy, sys; runpy.run_path('conftest.py'); sys.modules['tensorflow'] = None; "
        "import pnet_tf.tflite.oldest_runtime; from pnet_tf import ("
        "benchmark, evaluate_model, inspect_model, load_bytes, load_dataset, load_model); "
        "print([m for m in sys.modules if m.split('.')[0] in ('keras', 'tf_keras', 'tensorflow')])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "['tensorflow']", done.stderr
