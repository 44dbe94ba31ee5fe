"""What a run keeps of its data for an export: how much, and that pairs stay together."""

import numpy as np
import pytest

from pnet_tf import preparation, runs
from pnet_tf.data import Dataset, Split

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
