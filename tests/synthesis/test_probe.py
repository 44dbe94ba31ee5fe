import numpy as np
import pytest

import pnet_tf
from pnet_tf.data import InputSpec
from pnet_tf.model import build_student
from pnet_tf.settings import StudentConfig, make_settings
from pnet_tf.synthesis.probe import (
    RESPONSES,
    bit_contrast,
    participation_ratio,
    probe_responses,
)


def test_bit_contrast_by_hand():
    """Two classes of two: within one, bits agree in 3 of 4 places; between, in none of 4."""
    bits = np.array([[1, 1, 1, 1], [1, 1, 1, -1], [-1, -1, -1, -1], [-1, -1, -1, 1.0]])
    within = 1 - 2 / 4  # cosine of three agreements and one disagreement is 1/2
    between = (2.0 + 1.5 + 1.5 + 2.0) / 4  # cosines -1, -1/2, -1/2, -1
    assert bit_contrast(bits, np.array([0, 0, 1, 1])) == pytest.approx(between / within)
    assert bit_contrast(bits, np.zeros(4, int)) == 1.0


def test_participation_ratio_by_hand():
    even = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert participation_ratio(even) == pytest.approx(1.0)  # both columns alike
    assert participation_ratio(even * [1, 0]) == pytest.approx(0.5)  # one of two
    assert participation_ratio(np.ones((4, 2))) == 0.0


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 12)).astype(np.float32)
    return pnet_tf.make_dataset(x, (x[:, 0] > 0).astype(int))


def student_of(data, head):
    settings = make_settings("dense", [{"head": head, "trainer": {"name": "none"}}])
    spec = InputSpec.of("dense", data.input_shape, 128)
    return build_student(StudentConfig.of(settings, spec, 2)), spec


@pytest.mark.parametrize("head", [{"name": "dense", "units": [16]}, {"name": "lookup"}])
def test_responses_are_finite_and_within_their_ranges(data, head):
    student, spec = student_of(data, head)
    before = student.get_weights()
    found = probe_responses(student, data, spec)
    assert tuple(found) == RESPONSES and all(map(np.isfinite, found.values()))
    assert 0 <= found["bit_entropy"] <= 1 and found["bit_contrast"] > 1  # classes differ in bits
    assert -1.001 <= found["gradient_agreement"] <= 1.001
    for weight, now in zip(before, student.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, now)
