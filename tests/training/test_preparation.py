"""What a run keeps of its data for an export, and that bits train alike, kept or computed."""

import json

import numpy as np
import pytest

from pnet_tf.training import preparation
from pnet_tf.runs import directory as runs, train as training
from pnet_tf.data import Dataset, Split

from .calls import call

CONFIG = {"input": {"kind": "image", "shape": [2, 2, 1]}}


def examples(rows):
    """Pictures whose first pixel is their target."""
    targets = np.arange(rows) % 200
    return Split(np.tile(targets[:, None, None, None], (1, 2, 2, 1)).astype(np.uint8), targets)


@pytest.mark.parametrize(
    ("rows", "most", "size", "kept"),
    [(30, 100, 1000, 30), (30, 12, 1000, 12), (30, 100, 4 * 7 + 3, 7), (30, 100, 1, 1)],
)
def test_kept_validation_examples(tmp_path, monkeypatch, rows, most, size, kept):
    monkeypatch.setattr(preparation, "VALIDATION_SAMPLES", most)
    monkeypatch.setattr(preparation, "VALIDATION_BYTES", size)
    run = runs.Run(tmp_path, CONFIG, (), {})
    data = Dataset("d", "image", "classification", (), (2, 2, 1), examples(300), examples(rows),
                   None, {})  # fmt: skip
    preparation.save_samples(run, data)
    calibration, inputs, targets = runs.load_arrays(tmp_path / runs.SAMPLES)[0]
    assert len(calibration) == preparation.CALIBRATION_SAMPLES
    assert len(inputs) == len(targets) == kept
    assert np.array_equal(inputs[:, 0, 0, 0], targets)
    assert len(set(targets)) == kept


@pytest.mark.parametrize("augment", [{}, {"shift": 1}])
def test_bits_that_are_not_kept_train_the_same_student(tmp_path, monkeypatch, augment):
    kept = []

    def spy(*args):
        found = preparation.prepare(*args)
        kept.append(found.train.cached)
        return found

    monkeypatch.setattr(training, "prepare", spy)
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"augment": augment}))
    bits = 1294 * 64 * (2 if augment else 1)  # of the digits' training split
    for name, most in (("kept", bits), ("computed", bits - 1)):
        monkeypatch.setattr(preparation, "CACHE_BYTES", most)
        call("train", "digits", "--out", tmp_path / name, "--projection", "structured",
             "--projections", "8", "--bits", "8", "--hidden", "0", "--epochs", "2",
             "--trainer", "none", "--config", config)  # fmt: skip
    assert kept == [True, False]
    one, other = (
        runs.load_arrays(tmp_path / name / runs.STUDENT)[0] for name in ("kept", "computed")
    )
    for here, there in zip(one, other, strict=True):
        np.testing.assert_allclose(here, there, atol=1e-6)
