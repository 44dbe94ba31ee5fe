"""Figures of a report, by hand."""

import numpy as np
import pytest

from pnet_tf.report import measured as module
from pnet_tf.report.measured import Bin, LabelRow, measure, measure_values

SCORES = np.array(
    [
        [0.7, 0.2, 0.1],  # right
        [0.6, 0.3, 0.1],  # 1 taken for 0
        [0.9, 0.1, 0.0],  # 1 taken for 0, surer
        [0.2, 0.5, 0.3],  # right
        [0.2, 0.3, 0.5],  # a label that the model does not have
        [0.3, 0.5, 0.2],  # 2 taken for 1
    ],
    np.float32,
)
TARGETS = np.array([0, 1, 1, 1, -1, 2])
TEXTS = np.array([list(f"m{i}".encode().ljust(4, b"\0")) for i in range(6)], np.uint8)


@pytest.fixture
def found():
    return measure(SCORES, TARGETS, TEXTS, "text")


def test_accuracies(found):
    assert found.examples == 6
    assert found.accuracy == pytest.approx(2 / 6)
    assert found.top3_accuracy == pytest.approx(5 / 6)


def test_the_surest_mistake_is_first(found):
    assert [m.input.text for m in found.mistakes] == ["m2", "m1", "m4", "m5"]
    first = found.mistakes[0]
    assert (first.target, first.predicted) == (1, 0)
    assert first.score == pytest.approx(0.9)
    assert first.target_score == pytest.approx(0.1)
    assert found.mistakes[2].target == -1
    assert found.mistakes[2].target_score == 0
    assert found.mistakes_in_all == 4


def test_pairs_by_their_number_with_examples(found):
    assert [(p.target, p.predicted, p.count, p.mistakes) for p in found.pairs] == [
        (1, 0, 2, (0, 1)),
        (2, 1, 1, (3,)),
    ]
    assert found.pairs[0].share == pytest.approx(2 / 3)


def test_labels_and_matrix(found):
    assert found.labels == (LabelRow(1, 1, 3), LabelRow(3, 1, 2), LabelRow(1, 0, 1))
    assert found.confusion == ((1, 0, 0), (2, 1, 0), (0, 1, 0))


def test_calibration_by_bins(found):
    counts = {round(b.confidence, 2): (b.examples, round(b.accuracy, 3)) for b in found.bins}
    assert counts == {0.5: (3, 0.333), 0.6: (1, 0.0), 0.7: (1, 1.0), 0.9: (1, 0.0)}
    assert all(isinstance(b, Bin) for b in found.bins)
    assert found.calibration_error == pytest.approx((3 * (1 / 6) + 0.6 + 0.3 + 0.9) / 6)


def test_no_matrix_where_labels_are_many(monkeypatch):
    monkeypatch.setattr(module, "MOST_IN_MATRIX", 2)
    assert measure(SCORES, TARGETS, TEXTS, "text").confusion is None


def test_a_page_holds_so_many_mistakes_at_most(monkeypatch):
    monkeypatch.setattr(module, "MOST_MISTAKES", 1)
    found = measure(SCORES, TARGETS, TEXTS, "text")
    assert len(found.mistakes) == 1
    assert found.mistakes_in_all == 4
    assert [p.mistakes for p in found.pairs] == [(0,), ()]


def test_values_beside_the_right_ones():
    found = measure_values(np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]]))
    assert found.mse == pytest.approx(1 / 3)
    assert found.concordance_index == 1
    assert found.points == ((1, 1), (2, 2), (3, 4))


def test_equal_targets_have_no_order():
    found = measure_values(np.array([[1.0], [2.0]]), np.array([[3.0], [3.0]]))
    assert found.concordance_index is None
