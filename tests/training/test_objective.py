"""Joint objective: values by hand, gradient routing, bad weights."""

import math

import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.errors import InputError
from pnet_tf.training.objective import JointLoss, cross_entropy, distillation, mean_squared_error

ONES = tf.ones(2)


def test_cross_entropy_by_hand():
    logits = tf.constant([[0.0, 0.0], [math.log(3.0), 0.0]])
    found = cross_entropy(logits, tf.constant([0, 0]), ONES)
    assert found.numpy() == pytest.approx((math.log(2) + math.log(4 / 3)) / 2, rel=1e-6)
    weighted = cross_entropy(logits, tf.constant([0, 0]), tf.constant([2.0, 0.0]))
    assert weighted.numpy() == pytest.approx(math.log(2), rel=1e-6)


def test_label_smoothing_by_hand():
    logits, target = tf.constant([[math.log(3.0), 0.0]]), tf.constant([0])  # softmax 3/4, 1/4
    found = cross_entropy(logits, target, tf.ones(1), 0.2)
    assert found.numpy() == pytest.approx(-0.9 * math.log(3 / 4) - 0.1 * math.log(1 / 4), rel=1e-6)
    term = JointLoss(label_smoothing=0.2).label_term(logits, target, tf.ones(1))
    assert term.numpy() == pytest.approx(found.numpy(), rel=1e-6)


def test_distillation_by_hand():
    teacher = tf.constant([[math.log(3.0), 0.0]])  # softmax 3/4, 1/4
    student = tf.constant([[0.0, 0.0]])
    assert distillation(student, teacher, 1.0).numpy() == pytest.approx(math.log(2), rel=1e-6)
    assert distillation(student, teacher, 2.0).numpy() == pytest.approx(4 * math.log(2), rel=1e-6)
    root = math.sqrt(3.0)  # temperature 2 takes the root of the odds
    soft = distillation(teacher, teacher, 2.0).numpy() / 4
    p = root / (1 + root)
    assert soft == pytest.approx(-(p * math.log(p) + (1 - p) * math.log(1 - p)), rel=1e-5)


def test_mean_squared_error_by_hand():
    assert mean_squared_error(tf.constant([[1.0], [4.0]]), tf.constant([[0.0], [2.0]])) == 2.5


def test_total_weighs_the_terms():
    loss = JointLoss(lambdas=(1.0, 0.1, 2.0))
    terms = [tf.constant(3.0), tf.constant(10.0), tf.constant(0.5)]
    assert loss.total(terms).numpy() == pytest.approx(5.0)


@pytest.mark.parametrize("reaches", [False, True])
def test_gradient_of_the_middle_term_reaches_the_trainer_only_when_asked(reaches):
    loss = JointLoss(teach_trainer=reaches)
    trainer, student = tf.Variable([[1.0, 0.0]]), tf.Variable([[0.0, 2.0]])
    with tf.GradientTape() as tape:
        term = loss.distillation_term(student, trainer)
    to_trainer, to_student = tape.gradient(term, [trainer, student])
    assert (to_trainer is not None) == reaches
    p = np.exp([1.0, 0.0]) / np.exp([1.0, 0.0]).sum()
    q = np.exp([0.0, 2.0]) / np.exp([0.0, 2.0]).sum()
    np.testing.assert_allclose(to_student.numpy()[0], q - p, rtol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"lambdas": (-1.0, 0.1, 1.0)},
        {"lambdas": (1.0, math.nan, 1.0)},
        {"lambdas": (1.0, 0.1)},
        {"lambdas": (1.0, 0.0, 0.0)},
        {"temperature": 0.0},
        {"temperature": math.inf},
        {"label_smoothing": -0.1},
        {"label_smoothing": 1.0},
        {"task": "ranking"},
    ],
)
def test_bad_options(options):
    with pytest.raises(InputError, match="must"):
        JointLoss(**options)
