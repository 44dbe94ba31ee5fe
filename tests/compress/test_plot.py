"""What the plot of trials shows."""

import numpy as np
import pytest

from pnet_tf.compress.plot import trials_figure
from pnet_tf.compress.trials import Trial


def trial(score, size_bytes, kept, final=False):
    return Trial(1, {}, score, size_bytes, kept, True, final, 1.0)


def shown(trials):
    """Label -> points of a plot, and its lowest score."""
    (axes,) = trials_figure(trials, 1000).axes
    points = {found.get_label(): np.asarray(found.get_offsets()) for found in axes.collections}
    return points, axes.get_ylim()[0]


def test_a_failed_trial_does_not_spoil_the_scale():
    points, bottom = shown([
        trial(0.99, 500, True), trial(0.97, 100, True), trial(0.95, 50, False),
        trial(0.1, 25, False), trial(float("nan"), 20, False), trial(0.98, 40, True, final=True),
        trial(0.96, 20, False, final=True),
    ])  # fmt: skip
    assert bottom == pytest.approx(0.93)
    np.testing.assert_allclose(points.pop("kept"), [[2, 0.99], [10, 0.97]])
    np.testing.assert_allclose(points.pop("tried"), [[20, 0.95]])
    np.testing.assert_allclose(points.pop("tried, below"), [[40, bottom], [50, bottom]])
    np.testing.assert_allclose(points.pop("kept, last training"), [[25, 0.98]])
    np.testing.assert_allclose(points.pop("tried, last training"), [[50, 0.96]])
    assert not points


def test_one_kept_trial_has_some_room_below():
    points, bottom = shown([trial(-0.25, 100, True), trial(-0.2502, 90, False)])
    assert bottom == pytest.approx(-0.2505)
    assert set(points) == {"kept", "tried"}


@pytest.mark.parametrize("scores", [[0.5, 0.2], [float("nan"), 0.2], [float("-inf"), 0.2]])
def test_nothing_kept(scores):
    points, bottom = shown([trial(score, 100, False) for score in scores])
    assert bottom == 0.2
    assert sum(map(len, points.values())) == 2
    shown([trial(float("nan"), 100, False)])
