"""What a step of a joint fit does: rates, decay, class weights, terms, by hand."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.settings import Schedule
from pnet_tf.training.joint import JointFit
from pnet_tf.training.objective import Distillation, ProjectionLabels, TrainerLabels
from pnet_tf.training.types import JointData

pytestmark = pytest.mark.usefixtures("eager")
X = np.eye(2, dtype=np.float32)
Y = np.array([0, 1])
TUNED = ("warmup", "weight_decay", "learning_rate")


def linear(start, idle=0.0):
    """Logits x.W from W = `start`, and a weight that is never of any use."""
    source = keras.Input((2,))
    logits = keras.layers.Dense(2, use_bias=False, name="used")(source)
    spare = keras.layers.Dense(2, use_bias=False, name="idle")(source)
    model = keras.Model(source, logits + 0.0 * spare)
    model.get_layer("used").set_weights([np.asarray(start, np.float32)])
    model.get_layer("idle").set_weights([np.full((2, 2), idle, np.float32)])
    return model


def kernel(model, name="used"):
    return model.get_layer(name).get_weights()[0]


def fit(student, trainer=None, *, y=Y, stored=None, extra=None, batch=8, epochs=1, **options):
    schedule = {"warmup": 0.0, "learning_rate": 0.1, "trainer_learning_rate": 0.01}
    schedule |= {key: options.pop(key) for key in TUNED if key in options}
    found = JointFit(
        student,
        trainer,
        JointData(X, y, X if trainer else None, stored, False, extra or {}),
        JointData(X, Y, X if trainer else None, cached=False),
        schedule=Schedule(epochs=epochs, batch_size=batch, **schedule),
        **options,
    )
    return found.run().history


def test_each_network_has_its_own_rate():
    """One step of Adam moves every weight that has a gradient by its rate."""
    student, trainer = linear(np.zeros((2, 2))), linear(np.zeros((2, 2)))
    row = fit(student, trainer)[0]
    towards = np.array([[1.0, -1.0], [-1.0, 1.0]])
    np.testing.assert_allclose(kernel(student), 0.1 * towards, rtol=1e-4)
    np.testing.assert_allclose(kernel(trainer), 0.01 * towards, rtol=1e-4)
    assert row["loss"] == pytest.approx((1 + 0.1 + 1) * np.log(2), rel=1e-5)


def test_the_first_step_is_a_share_of_the_warm_up():
    student = linear(np.zeros((2, 2)))
    rows = fit(student, warmup=0.5, epochs=8)
    np.testing.assert_allclose(
        [row["learning_rate"] for row in rows[:4]], [0.025, 0.05, 0.075, 0.1], rtol=1e-5
    )
    last = 0.1 * 0.5 * (1 + np.cos(0.75 * np.pi))  # the step before the rate is 0
    assert rows[-1]["learning_rate"] == pytest.approx(last, rel=1e-5)


def test_weights_decay_in_both_networks():
    student, trainer = linear(np.eye(2), idle=2.0), linear(np.eye(2), idle=2.0)
    fit(student, trainer, weight_decay=0.5)
    np.testing.assert_allclose(kernel(student, "idle"), 2.0 * (1 - 0.1 * 0.5), rtol=1e-6)
    np.testing.assert_allclose(kernel(trainer, "idle"), 2.0 * (1 - 0.01 * 0.5), rtol=1e-6)
    fit(student, trainer)
    np.testing.assert_allclose(kernel(student, "idle"), 2.0 * (1 - 0.1 * 0.5), rtol=1e-6)


def test_class_weights_multiply_the_loss_of_their_class():
    start = np.array([[0.0, 0.0], [np.log(3.0), 0.0]])  # class 1 has softmax 1/4
    row = fit(linear(start), class_weights=np.array([0.5, 3.0]))[0]
    assert row["projection_loss"] == pytest.approx((0.5 * np.log(2) + 3 * np.log(4)) / 2, rel=1e-5)
    assert row["projection_accuracy"] == 0.5


def test_only_labelled_examples_count_in_the_label_terms():
    start = np.array([[0.0, 0.0], [np.log(3.0), 0.0]])
    student, stored = linear(start), np.array([[0.0, 0.0], [0.0, 50.0]], np.float32)
    row = fit(student, y=np.array([0, -1]), stored=stored, class_weights=np.array([1.0, 7.0]))[0]
    assert row["projection_loss"] == pytest.approx(np.log(2), rel=1e-5)
    assert row["distillation_loss"] == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-5)
    assert row["projection_accuracy"] == 1.0
    moved = kernel(student) - start
    assert moved[0, 0] > 0.09 and moved[1, 1] > 0.09  # the second by the distillation alone


def test_unequal_numbers_of_labels_do_not_weigh_their_batches_equally():
    """Of batches of one example each, those without a label count in no mean of labels."""
    start = np.array([[0.0, 0.0], [np.log(3.0), 0.0]])
    answers = np.zeros((2, 2), np.float32)
    rows = fit(linear(start), y=np.array([0, -1]), stored=answers, learning_rate=1e-9, batch=1)
    assert rows[0]["projection_loss"] == pytest.approx(np.log(2), rel=1e-5)
    assert rows[0]["projection_accuracy"] == 1.0
    both = (np.log(2) + np.log(4 / np.sqrt(3))) / 2  # against even answers
    assert rows[0]["distillation_loss"] == pytest.approx(both, rel=1e-5)


@dataclass(frozen=True)
class Pull:
    """Mean of the squared difference of the logits and the array `aims`."""

    weight: float = 2.0
    name: ClassVar[str] = "pull"

    def applies(self, trainer, trainer_learns):
        return True

    def __call__(self, step):
        assert step.student_model.get_layer("used") is not None
        return tf.reduce_mean((step.student - step.arrays["aims"]) ** 2)


def test_a_term_of_ones_own_with_arrays_of_ones_own():
    aims = np.array([[3.0, 3.0], [3.0, -3.0]], np.float32)
    student = linear(np.zeros((2, 2)))
    row = fit(student, terms=(Pull(), ProjectionLabels(0.5)), extra={"aims": aims})[0]
    assert row["pull_loss"] == pytest.approx(9.0)
    assert row["loss"] == pytest.approx(2 * 9 + 0.5 * np.log(2), rel=1e-5)
    np.testing.assert_allclose(kernel(student), 0.1 * np.sign(aims), rtol=1e-4)


def test_the_trainer_is_taught_by_the_middle_term_only_when_asked():
    for teach in (False, True):
        trainer = linear(np.zeros((2, 2)))
        terms = (TrainerLabels(0.0), Distillation(1.0, 1.0, teach))
        fit(linear([[1.0, 0.0], [0.0, 1.0]]), trainer, terms=terms)
        assert np.any(kernel(trainer)) == teach


def test_losses_of_layers_join_the_total():
    source = keras.Input((2,))
    dense = keras.layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.5))
    student = keras.Model(source, dense(source))
    student.set_weights([np.full((2, 2), 2.0), np.zeros(2)])
    row = fit(student)[0]
    assert row["loss"] == pytest.approx(row["projection_loss"] + 0.5 * 16, rel=1e-5)
