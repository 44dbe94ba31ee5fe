"""Parity: agreement by hand, and answers that must be refused."""

import numpy as np
import pytest

from pnet_tf.errors import WorkError
from pnet_tf.export.parity import Parity, check, compare

EXPECTED = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)


def test_classification_by_hand():
    found = EXPECTED.copy()
    found[2] = [0.45, 0.55]
    parity = compare("host", EXPECTED, found, "classification")
    assert (parity.runtime, parity.samples, parity.same_label) == ("host", 4, 0.75)
    assert parity.max_difference == pytest.approx(0.15)


def test_regression_is_in_standard_deviations():
    expected = np.array([[0.0], [4.0]], np.float32)  # standard deviation 2
    parity = compare("host", expected, expected + 1, "regression")
    assert parity.same_label == 1 and parity.max_difference == pytest.approx(0.5)


def test_nan_is_never_agreement():
    found = EXPECTED.copy()
    found[0, 0] = np.nan
    parity = compare("host", EXPECTED, found, "classification")
    assert parity.max_difference == np.inf
    with pytest.raises(WorkError, match="disagrees"):
        check(parity, "int4")


def test_other_shape_is_an_error():
    with pytest.raises(WorkError, match="gave"):
        compare("host", EXPECTED, EXPECTED[:, :1], "classification")


@pytest.mark.parametrize("mode", ["none", "dynamic", "int8", "int4"])
def test_each_mode_has_a_floor_and_a_ceiling(mode):
    fine = Parity("host", 100, 1.0, 0.001)
    assert check(fine, mode) is fine
    for parity in (Parity("host", 100, 0.5, 0.001), Parity("host", 100, 1.0, 1.5)):
        with pytest.raises(WorkError, match=f"the {mode} file disagrees"):
            check(parity, mode)
