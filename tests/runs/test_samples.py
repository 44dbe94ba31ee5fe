"""What a run keeps of its data for an export: how many examples, and which."""

import numpy as np
import pytest

from pnet_tf.data import Dataset, InputSpec, Split
from pnet_tf.runs import samples
from pnet_tf.runs.samples import choose_samples


def examples(rows):
    """Pictures whose first pixel is their target."""
    targets = np.arange(rows) % 200
    return Split(np.tile(targets[:, None, None, None], (1, 2, 2, 1)).astype(np.uint8), targets)


def chosen(train, valid):
    data = Dataset("d", "image", "classification", (), (2, 2, 1), examples(train), examples(valid),
                   None, {})  # fmt: skip
    return choose_samples(data, lambda inputs: InputSpec("image", (2, 2, 1)).encode(inputs).array)


@pytest.mark.parametrize(
    ("rows", "most", "size", "kept"),
    [(30, 100, 1000, 30), (30, 12, 1000, 12), (30, 100, 4 * 7 + 3, 7), (30, 100, 1, 1)],
)
def test_kept_validation_examples(monkeypatch, rows, most, size, kept):
    monkeypatch.setattr(samples, "VALIDATION_SAMPLES", most)
    monkeypatch.setattr(samples, "VALIDATION_BYTES", size)
    found = chosen(300, rows)
    assert len(found.calibration) == samples.CALIBRATION_SAMPLES == 256
    assert len(found.inputs) == len(found.targets) == kept
    assert np.array_equal(found.inputs[:, 0, 0, 0], found.targets)
    assert len(set(found.targets)) == kept


def test_few_examples_are_all_kept_and_the_same_each_time():
    one, again = chosen(20, 9), chosen(20, 9)
    assert sorted(one.calibration[:, 0, 0, 0]) == list(range(20))
    assert sorted(one.targets) == list(range(9))
    np.testing.assert_array_equal(one.calibration, again.calibration)
    np.testing.assert_array_equal(one.targets, again.targets)
