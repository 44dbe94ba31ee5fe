"""Small models as the converter writes them."""

from pathlib import Path

import pytest

from pnet_tf.export.shrink import shrink
from pnet_tf.tflite.metadata import write_metadata
from tests.tflite.small_models import (
    BYTES,
    LABELS,
    convert,
    double_and_sum,
    pixel_scores,
    text_metadata,
    text_scores,
    text_top_k,
)


@pytest.fixture(scope="session")
def converted() -> bytes:
    """The text-like model just as the converter wrote it."""
    return convert(text_scores, (BYTES,), "uint8", "bytes")


@pytest.fixture(scope="session")
def text_model(converted) -> bytes:
    """The text-like model, finished."""
    return write_metadata(shrink(converted), text_metadata())


@pytest.fixture(scope="session")
def text_path(text_model, save) -> Path:
    return save(text_model)


@pytest.fixture(scope="session")
def top_k_path(save) -> Path:
    model = shrink(convert(text_top_k, (BYTES,), "uint8", "bytes"))
    return save(write_metadata(model, text_metadata(top_k=2)))


@pytest.fixture(scope="session")
def image_path(save) -> Path:
    model = shrink(convert(pixel_scores, (4, 4, 1), "uint8", "pixels"))
    details = {"input": {"kind": "image", "shape": [4, 4, 1]}, "labels": LABELS[:4]}
    return save(write_metadata(model, text_metadata(**details)))


@pytest.fixture(scope="session")
def dense_path(save) -> Path:
    model = shrink(convert(double_and_sum, (3,), "float32", "features"))
    details = {"input": {"kind": "dense", "shape": [3]}, "labels": (), "task": "regression"}
    return save(write_metadata(model, text_metadata(**details)))
