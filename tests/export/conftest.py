"""Small models as the converter writes them, and the oldest runtime."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_models import (
    BYTES,
    LABELS,
    double_and_sum,
    pixel_scores,
    text_metadata,
    text_scores,
    text_top_k,
)

from pnet_tf.export.flatbuffer import shrink
from pnet_tf.export.metadata import write_metadata

os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def convert(tmp_path_factory):
    """`convert(function(tf, value) -> dict of outputs, shape, dtype, input name) -> bytes`."""

    def run(function, shape, dtype, name, *, optimize=False):
        from pnet_tf._keras import tf

        class Served(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec((1, *shape), dtype, name=name)])
            def serve(self, value):
                return function(tf, value)

        module, folder = Served(), str(tmp_path_factory.mktemp("saved_model"))
        tf.saved_model.save(module, folder, signatures={"serve": module.serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serve"])
        if optimize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return converter.convert()

    return run


@pytest.fixture(scope="session")
def converted(convert) -> bytes:
    """The text-like model just as the converter wrote it."""
    return convert(text_scores, (BYTES,), "uint8", "bytes")


@pytest.fixture(scope="session")
def text_model(converted) -> bytes:
    """The text-like model, finished."""
    return write_metadata(shrink(converted), text_metadata())


@pytest.fixture(scope="session")
def save(tmp_path_factory):
    """`save(content) -> path` of a new .tflite file."""

    def run(content: bytes) -> Path:
        path = tmp_path_factory.mktemp("models") / "model.tflite"
        path.write_bytes(content)
        return path

    return run


@pytest.fixture(scope="session")
def text_path(text_model, save) -> Path:
    return save(text_model)


@pytest.fixture(scope="session")
def top_k_path(convert, save) -> Path:
    model = shrink(convert(text_top_k, (BYTES,), "uint8", "bytes"))
    return save(write_metadata(model, text_metadata(top_k=2)))


@pytest.fixture(scope="session")
def image_path(convert, save) -> Path:
    model = shrink(convert(pixel_scores, (4, 4, 1), "uint8", "pixels"))
    details = {"input": {"kind": "image", "shape": [4, 4, 1]}, "labels": LABELS[:4]}
    return save(write_metadata(model, text_metadata(**details)))


@pytest.fixture(scope="session")
def dense_path(convert, save) -> Path:
    model = shrink(convert(double_and_sum, (3,), "float32", "features"))
    details = {"input": {"kind": "dense", "shape": [3]}, "labels": (), "task": "regression"}
    return save(write_metadata(model, text_metadata(**details)))


@pytest.fixture(scope="session")
def oldest_python() -> Path:
    """Python of the venv with the oldest runtime, made by the script where it can be."""
    script = ROOT / "scripts" / "oldest_runtime.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no oldest runtime: {done.stderr.strip()}")
    return Path(done.stdout.strip())
