import numpy as np
import pytest

from pnet_tf.calibration import fit_calibration
from pnet_tf.metrics import log_softmax


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_a_temperature_is_found_again(true):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 3)) * 2
    chances = np.exp(log_softmax(logits))
    targets = np.array([rng.choice(3, p=row) for row in chances])
    found, bias = fit_calibration(logits * true, targets)
    assert found == pytest.approx(true, rel=0.15) and bias == 0.0
    unlabelled = np.where(np.arange(4000) % 2, targets, -1)
    assert fit_calibration(logits * true, unlabelled)[0] == pytest.approx(true, rel=0.2)
    assert fit_calibration(logits, np.full(4000, -1)) == (1.0, 0.0)
    shifted = logits * true - [0.0, 0.0, 1.5]
    found, bias = fit_calibration(shifted, targets, [2])
    assert (found, bias) == (pytest.approx(true, rel=0.15), pytest.approx(1.5, abs=0.3))
    both = fit_calibration(logits * true - [0.0, 1.5, 1.5], targets, [1, 2])
    assert both == (pytest.approx(true, rel=0.15), pytest.approx(1.5, abs=0.3))
    assert fit_calibration(shifted, targets)[1] == 0.0
