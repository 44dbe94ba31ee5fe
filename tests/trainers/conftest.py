"""A tiny sentence encoder for the tests of trainers."""

import pytest

from tests.trainers.tiny_encoder import write_encoder


@pytest.fixture
def runtime():
    """What encoders run by; skips where it is not installed."""
    for name in ("onnxruntime", "tokenizers"):
        pytest.importorskip(name, reason=f"{name} is not installed; install pnet-tf[encoder]")


@pytest.fixture
def folder(runtime, tmp_path, monkeypatch):
    """A tiny encoder's folder, and a cache of its own."""
    monkeypatch.setenv("PNET_TF_CACHE", str(tmp_path / "cache"))
    return write_encoder(tmp_path / "encoder")
