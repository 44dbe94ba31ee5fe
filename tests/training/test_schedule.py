"""The rates of each step and what an optimiser does with them, by hand."""

import math

import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.errors import InputError
from pnet_tf.parsing import parse
from pnet_tf.settings import Schedule
from pnet_tf.training.schedule import WarmCosine, make_optimizer


def changes(optimizer, gradient, steps):
    """How much each of so many steps changes a weight that starts at 2."""
    weight = tf.Variable([2.0])
    optimizer.build([weight])
    found = []
    for _ in range(steps):
        before = weight.numpy()[0]
        optimizer.apply_gradients([(tf.constant([gradient]), weight)])
        found.append(weight.numpy()[0] - before)
    return found


@pytest.mark.parametrize(
    ("step", "share"),
    [
        (0, 1 / 4),
        (1, 2 / 4),
        (3, 1.0),
        (4, 1.0),
        (6, 0.5 * (1 + math.sqrt(0.5))),
        (8, 0.5),
        (10, 0.5 * (1 - math.sqrt(0.5))),
        (11, 0.5 * (1 + math.cos(7 / 8 * math.pi))),
        (12, 0.0),
        (13, 0.0),
        (500, 0.0),
    ],
)
def test_warm_cosine_by_hand(step, share):
    rate = WarmCosine(0.5, warm=4, total=12)(tf.constant(step, tf.int64))
    assert rate.numpy() == pytest.approx(0.5 * share, abs=1e-7)


@pytest.mark.parametrize(("step", "share"), [(0, 1.0), (2, 0.5), (4, 0.0), (5, 0.0)])
def test_without_warm_up_it_starts_at_the_top(step, share):
    assert WarmCosine(0.5, warm=0, total=4)(step).numpy() == pytest.approx(0.5 * share, abs=1e-7)


def test_warm_up_of_all_steps_ends_at_the_top():
    rates = [float(WarmCosine(1.0, warm=4, total=4)(step)) for step in range(5)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]


def test_configuration_rebuilds():
    found = WarmCosine(0.5, 4, 12)
    assert WarmCosine.from_config(found.get_config())(1) == found(1) == 0.25


def test_adam_moves_by_the_rate_of_each_step():
    """A gradient that stays the same moves Adam by the rate, whatever its size."""
    optimizer = make_optimizer(Schedule(warmup=0.25), 0.1, 8)
    expected = [-0.05, -0.1, -0.1, -0.1 * 0.5 * (1 + math.cos(math.pi / 6))]
    np.testing.assert_allclose(changes(optimizer, 7.0, 4), expected, rtol=1e-4)


def test_warm_up_is_rounded_down_to_whole_steps():
    first = [changes(make_optimizer(Schedule(warmup=w), 0.1, 10), 1.0, 1)[0] for w in (0.19, 0.2)]
    np.testing.assert_allclose(first, [-0.1, -0.05], rtol=1e-4)


def test_weight_decay_shrinks_a_weight_without_gradient():
    optimizer = make_optimizer(Schedule(warmup=0.0, weight_decay=0.5), 0.1, 2)
    first, second = changes(optimizer, 0.0, 2)
    assert first == pytest.approx(-0.1 * 0.5 * 2.0, rel=1e-6)
    assert second == pytest.approx(-0.05 * 0.5 * 1.9, rel=1e-5)  # the cosine has halved the rate
    assert changes(make_optimizer(Schedule(warmup=0.0), 0.1, 2), 0.0, 2) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("examples", "least", "most", "epochs"),
    [
        (10, 0, 0, 3), (10, 9, 0, 3), (10, 10, 0, 4), (10, 12, 0, 4), (8, 7, 0, 4), (9, 7, 0, 3),
        (3, 100, 0, 100), (3, 100, 20, 20), (3, 100, 2, 3), (3, 10, 20, 10),
    ],
)  # fmt: skip
def test_few_examples_get_more_epochs(examples, least, most, epochs):
    schedule = Schedule(epochs=3, batch_size=4, min_updates=least, max_epochs=most, warmup=0.5)
    found = schedule.of_steps(-(-examples // 4))
    assert found.epochs == epochs
    assert (found.batch_size, found.min_updates, found.warmup) == (4, least, 0.5)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0.0}])
def test_bad_schedule(options):
    with pytest.raises(InputError, match=f"{next(iter(options))} must be"):
        parse(options, Schedule)
