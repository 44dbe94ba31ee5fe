"""Terms of the objective: values by hand, who counts in which, gradients, what is refused."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.errors import InputError
from pnet_tf.names import LOSS_TERMS
from pnet_tf.settings import LossSettings
from pnet_tf.training.objective import (
    Distillation,
    ProjectionLabels,
    Step,
    TrainerLabels,
    check_terms,
    cross_entropy,
    distillation,
    joint_objective,
    masked_mean,
    mean_squared_error,
    soft_cross_entropies,
    total,
)

L2, L3, L43 = math.log(2), math.log(3.0), math.log(4 / 3)
STUDENT = [[0.0, 0.0], [L3, 0.0], [0.0, 0.0]]  # softmax 1/2 1/2, 3/4 1/4, 1/2 1/2
TRAINER = [[L3, 0.0], [0.0, 0.0], [0.0, L3]]
SOFT = 0.75 * L43 + 0.25 * math.log(4)  # cross-entropy of 3/4 1/4 with itself


def step(student=STUDENT, trainer=TRAINER, targets=(0, 0, -1), weights=(1.0, 2.0, 5.0), **more):
    targets = tf.constant(targets)
    more.setdefault("labelled", targets >= 0)
    return Step(more.pop("task", "classification"), tf.convert_to_tensor(student),
                tf.convert_to_tensor(trainer), targets, tf.constant(weights), **more)  # fmt: skip


def values(found):
    return [term(found).numpy() for term in (TrainerLabels(), Distillation(), ProjectionLabels())]


def test_cross_entropy_by_hand():
    logits = tf.constant([[0.0, 0.0], [L3, 0.0]])
    found = cross_entropy(logits, tf.constant([0, 0]), tf.ones(2))
    assert found.numpy() == pytest.approx((L2 + L43) / 2, rel=1e-6)
    weighted = cross_entropy(logits, tf.constant([0, 0]), tf.constant([2.0, 0.0]))
    assert weighted.numpy() == pytest.approx(L2, rel=1e-6)


def test_label_smoothing_by_hand():
    logits, target = tf.constant([[L3, 0.0]]), tf.constant([0])  # softmax 3/4, 1/4
    expected = -0.9 * math.log(3 / 4) - 0.1 * math.log(1 / 4)
    found = cross_entropy(logits, target, tf.ones(1), 0.2)
    assert found.numpy() == pytest.approx(expected, rel=1e-6)
    alike = step([[L3, 0.0]], [[L3, 0.0]], [0], [1.0])
    assert ProjectionLabels(label_smoothing=0.2)(alike).numpy() == pytest.approx(expected, rel=1e-6)
    assert TrainerLabels(label_smoothing=0.2)(alike).numpy() == pytest.approx(expected, rel=1e-6)


def test_masked_mean_by_hand():
    numbers = tf.constant([1.0, 2.0, 6.0])
    assert masked_mean(numbers, None) == 3.0
    assert masked_mean(numbers, tf.constant([True, False, True])) == 3.5
    assert masked_mean(numbers, tf.constant([False, True, False])) == 2.0
    assert masked_mean(numbers, tf.constant([False] * 3)) == 0.0


def test_each_term_is_a_mean_over_its_own_examples():
    trainer, middle, projection = values(step())
    assert projection == pytest.approx((L2 + 2 * L43) / 2, rel=1e-6)
    assert trainer == pytest.approx((L43 + 2 * L2) / 2, rel=1e-6)
    # 3/4 1/4 against a flat student is ln 2; flat against 3/4 1/4 the mean of both logarithms
    flat = (L43 + math.log(4)) / 2
    assert middle == pytest.approx((L2 + flat + L2) / 3, rel=1e-6)


def test_an_example_without_a_label_counts_in_the_distillation_alone():
    before = values(step())
    other = [*STUDENT[:2], [5.0, -5.0]], [*TRAINER[:2], [-5.0, 5.0]]
    after = values(step(*other))
    assert after[0] == before[0] and after[2] == before[2]
    assert after[1] > before[1] + 1


def test_a_batch_without_labels_is_worth_nothing_and_moves_nothing():
    logits = tf.Variable(STUDENT)
    with tf.GradientTape() as tape:
        found = ProjectionLabels(label_smoothing=0.1)(step(logits, targets=(-1, -1, -1)))
    assert found.numpy() == 0.0
    np.testing.assert_array_equal(tape.gradient(found, logits), np.zeros((3, 2)))


def test_gradients_through_the_mask_by_hand():
    student, trainer = tf.Variable(STUDENT), tf.Variable(TRAINER)
    with tf.GradientTape() as tape:
        batch = step(student, trainer)
        found = ProjectionLabels()(batch) + TrainerLabels()(batch)
    to_student, to_trainer = tape.gradient(found, [student, trainer])
    # weight * (softmax - one-hot) / 2 labelled examples
    np.testing.assert_allclose(to_student, [[-0.25, 0.25], [-0.25, 0.25], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(to_trainer, [[-0.125, 0.125], [-0.5, 0.5], [0, 0]], atol=1e-6)


def test_distillation_by_hand():
    teacher, student = tf.constant([[L3, 0.0]]), tf.constant([[0.0, 0.0]])
    assert distillation(student, teacher, 1.0).numpy() == pytest.approx(L2, rel=1e-6)
    assert distillation(student, teacher, 2.0).numpy() == pytest.approx(4 * L2, rel=1e-6)
    assert distillation(teacher, teacher, 1.0).numpy() == pytest.approx(SOFT, rel=1e-6)
    root = math.sqrt(3.0)  # temperature 2 takes the root of the odds
    p = root / (1 + root)
    soft = distillation(teacher, teacher, 2.0).numpy() / 4
    assert soft == pytest.approx(-(p * math.log(p) + (1 - p) * math.log(1 - p)), rel=1e-5)
    asked = Distillation(temperature=2.0)(step([[0.0, 0.0]], [[L3, 0.0]], [0], [1.0]))
    assert asked.numpy() == pytest.approx(4 * L2, rel=1e-6)


def test_regression_is_squared_errors():
    assert mean_squared_error(tf.constant([[1.0], [4.0]]), tf.constant([[0.0], [2.0]])) == 2.5
    found = step([[1.0], [4.0]], [[0.0], [0.0]], [[3.0], [4.0]], [9.0, 9.0], task="regression",
                 labelled=None)  # fmt: skip
    assert values(found) == [(9 + 16) / 2, (1 + 16) / 2, (4 + 0) / 2]


@pytest.mark.parametrize("reaches", [False, True])
def test_gradient_of_the_middle_term_reaches_the_trainer_only_when_asked(reaches):
    trainer, student = tf.Variable([[1.0, 0.0]]), tf.Variable([[0.0, 2.0]])
    with tf.GradientTape() as tape:
        term = Distillation(teach_trainer=reaches)(step(student, trainer, [0], [1.0]))
    to_trainer, to_student = tape.gradient(term, [trainer, student])
    assert (to_trainer is not None) == reaches
    p = np.exp([1.0, 0.0]) / np.exp([1.0, 0.0]).sum()
    q = np.exp([0.0, 2.0]) / np.exp([0.0, 2.0]).sum()
    np.testing.assert_allclose(to_student.numpy()[0], q - p, rtol=1e-5)


def test_settings_become_terms():
    settings = LossSettings(
        lambdas=(2.0, 0.5, 3.0), temperature=4.0, teach_trainer=True, label_smoothing=0.1
    )
    expected = (TrainerLabels(2.0, 0.1), Distillation(0.5, 4.0, True), ProjectionLabels(3.0, 0.1))
    assert joint_objective(settings) == expected
    assert joint_objective() == (TrainerLabels(1.0), Distillation(0.1), ProjectionLabels(1.0))


@pytest.mark.parametrize(
    ("trainer", "learns", "names"),
    [
        (False, False, ["projection"]),
        (True, False, ["distillation", "projection"]),
        (True, True, ["trainer", "distillation", "projection"]),
    ],
)
def test_which_terms_apply(trainer, learns, names):
    assert [t.name for t in joint_objective() if t.applies(trainer, learns)] == names


def test_total_weighs_the_terms():
    terms = joint_objective(LossSettings(lambdas=(1.0, 0.1, 2.0)))
    found = total(terms, [tf.constant(3.0), tf.constant(10.0), tf.constant(0.5)])
    assert found.numpy() == pytest.approx(5.0)


@dataclass(frozen=True)
class Size:
    """Mean of |logits| ^ power."""

    weight: float = 1.0
    power: float = 1.0
    name: ClassVar[str] = "size"


def test_a_term_from_outside_gets_its_options(tables):
    LOSS_TERMS.register("size", Size)
    found = joint_objective(LossSettings(terms={"size": {"weight": 3, "power": 2.5}}))
    assert found[3:] == (Size(3.0, 2.5),)
    with pytest.raises(InputError, match="'size' does not take 'size'; its options: weight, power"):
        joint_objective(LossSettings(terms={"size": {"size": 2}}))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"size": {}}, "loss term must be one of trainer, distillation, projection, representat"),
        ({"distillation": {"heat": 1}}, "does not take 'heat'; its options: weight, temperature"),
        ({"distillation": {"weight": "2"}}, "weight must be a finite number, got '2'"),
        ({"distillation": {"teach_trainer": 1}}, "teach_trainer must be true or false, got 1"),
        ({"projection": {}}, "loss terms must have different names, got 'projection' twice"),
    ],
)
def test_bad_terms(terms, words):
    with pytest.raises(InputError, match=words):
        joint_objective(LossSettings(terms=terms))


def test_two_terms_of_one_name_are_refused():
    with pytest.raises(InputError, match="got 'trainer' twice"):
        check_terms([TrainerLabels(), ProjectionLabels(), TrainerLabels(2.0)])


def test_nothing_that_trains_the_student_is_refused():
    with pytest.raises(InputError, match="must not be 0 for both projection terms"):
        LossSettings(lambdas=(1.0, 0.0, 0.0))


def test_soft_labels_by_hand():
    logits = tf.constant([[L3, 0.0], [0.0, 0.0]])  # softmax 3/4 1/4, 1/2 1/2
    labels, shares = tf.constant([[1, 0], [0, 0]]), tf.constant([[0.75, 0.25], [0.0, 0.0]])
    expected = -0.75 * math.log(1 / 4) - 0.25 * math.log(3 / 4)
    found = soft_cross_entropies(logits, labels, shares).numpy()
    assert found == pytest.approx([expected, 0.0], rel=1e-6)
    uniform = -(math.log(3 / 4) + math.log(1 / 4)) / 2
    found = soft_cross_entropies(logits, labels, shares, 0.2).numpy()
    assert found == pytest.approx([0.8 * expected + 0.2 * uniform, 0.0], rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_one_whole_share_is_a_label(smoothing):
    hard = step()
    arrays = {"soft_labels": tf.constant([[0], [0], [0]]),
              "soft_shares": tf.constant([[1.0], [1.0], [0.0]])}  # fmt: skip
    soft = step(arrays=arrays)
    for term in (TrainerLabels(1.0, smoothing), ProjectionLabels(1.0, smoothing)):
        assert term(soft).numpy() == pytest.approx(term(hard).numpy(), rel=1e-6)
    other = step(arrays={**arrays, "soft_labels": tf.constant([[0], [1], [0]])})
    assert ProjectionLabels()(other).numpy() > ProjectionLabels()(soft).numpy()
