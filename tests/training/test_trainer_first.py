"""A trainer that learns alone before the student: what each learns from."""

import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.data import make_dataset
from pnet_tf.errors import InputError
from pnet_tf.settings import make_settings
from pnet_tf.training.answers import FrozenAnswers
from pnet_tf.training.fit import fit
from pnet_tf.training.joint import JointFit
from pnet_tf.training.planning import plan_fit
from pnet_tf.training.types import JointData

from .small import ALONE, TAUGHT, features, same, untraced, weights

X, Y = features()
DATA = make_dataset(X, Y, valid=(X[:6], Y[:6]))
MORE = features(30, 5)[0]
FIRST = [TAUGHT, {"trainer_first": True, "loss": {"lambdas": [1.0, 1.0, 1.0]}}]
pytestmark = pytest.mark.usefixtures("eager")


class Watch:
    """Keeps the rows of epochs."""

    def __init__(self):
        self.rows, self.steps = [], []

    def on_batch(self, epoch, step, steps, metrics):
        self.steps.append((epoch, step, steps))

    def on_epoch(self, row, epochs):
        self.rows.append(dict(row))


@pytest.fixture(scope="module")
def found():
    with untraced():
        return fit(DATA, FIRST, unlabelled=MORE)


def test_the_student_learns_from_the_finished_trainer(found):
    again = fit(DATA, [*FIRST, {"trainer_first": False, "freeze_trainer": True}],
                trainer=found.trainer, unlabelled=MORE)  # fmt: skip
    assert same(weights(again.student), weights(found.student))
    joint = fit(DATA, [*FIRST, {"trainer_first": False}], unlabelled=MORE)
    assert not same(weights(joint.student), weights(found.student))


def test_the_trainer_learns_from_labels_alone(found):
    others = fit(DATA, [*FIRST, {"schedule": {"learning_rate": 0.1}}], unlabelled=MORE)
    assert same(weights(others.trainer.model), weights(found.trainer.model))
    assert not same(weights(others.student), weights(found.student))
    longer = fit(DATA, [*FIRST, {"schedule": {"trainer_learning_rate": 0.1}}], unlabelled=MORE)
    assert not same(weights(longer.trainer.model), weights(found.trainer.model))


def test_the_trainer_is_that_of_the_best_epoch_on_valid(monkeypatch):
    scores, seen = [0.5, 0.8, 0.6, 0.8, 0.7, 0.1, 0.2, 1.0], []

    def validate(joint):
        if joint.trainer is None:
            seen.append([w.copy() for w in weights(joint.student)])
        return {"valid_projection_accuracy": scores[len(seen) - 1]}

    monkeypatch.setattr(JointFit, "_validate", validate)
    monkeypatch.setattr("pnet_tf.training.trainer_first.LEAST_WAIT", 3)
    watch = Watch()
    ended = fit(DATA, [*FIRST, {"schedule": {"epochs": 8}}], watch=watch)
    assert len(seen) == 7 and same(weights(ended.trainer.model), seen[3])
    assert [row["epoch"] for row in watch.rows] == [*range(1, 8), *range(1, 9)]


def test_of_values_the_least_error_is_the_best(monkeypatch):
    errors, seen = [3.0, 1.0, 2.0, 1.5], []

    def validate(joint):
        if joint.trainer is None:
            seen.append([w.copy() for w in weights(joint.student)])
        return {"valid_projection_mse": errors[min(len(seen), 4) - 1]}

    monkeypatch.setattr(JointFit, "_validate", validate)
    values = make_dataset(X, X[:, :2], valid=(X[:6], X[:6, :2]), task="regression")
    ended = fit(values, [TAUGHT, {"trainer_first": True, "schedule": {"epochs": 4}}])
    assert same(weights(ended.trainer.model), seen[1])


def test_the_watch_sees_both(found):
    watch = Watch()
    shown = fit(DATA, FIRST, unlabelled=MORE, watch=watch)
    first, second = watch.rows[:-2], watch.rows[-2:]
    rounds = [row["epoch"] for row in first[2:]]
    assert len(rounds) in (10, 15, 20, 25) and rounds == [*range(1, len(rounds) + 1)]
    assert [row["epoch"] for row in (*first[:2], *second)] == [1, 2, 1, 2]
    assert all(
        {"trainer_loss", "trainer_accuracy", "valid_trainer_accuracy"} < set(row)
        and "valid_projection_accuracy" not in row and row["trainer_loss"] > 0
        for row in first
    )  # fmt: skip
    assert second == [dict(row) for row in shown.history]
    assert all("trainer_loss" not in row and row["distillation_loss"] > 0 for row in second)
    best = max(row["valid_trainer_accuracy"] for row in first)
    assert second[0]["valid_trainer_accuracy"] == best
    assert watch.steps[:6] == watch.steps[-6:] == [(e, s, 3) for e in (0, 1) for s in range(3)]
    assert [epoch + 1 for epoch in dict.fromkeys(e for e, *_ in watch.steps[6:-6])] == rounds


def test_frozen_answers_are_those_of_the_inputs_of_the_epoch():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (24, 8, 8, 1)).astype(np.uint8)
    data = make_dataset(images, np.arange(24) % 2, valid=(images[:4], np.arange(4) % 2))
    change = {"projection": {"name": "local", "filters": 2}, "trainer_first": True,
              "head": {"name": "local", "channels": [4], "strides": [1]}, "qat": "none",
              "trainer": {"name": "ff", "units": [4]}, "augment": {"shift": 2, "flip": False},
              "schedule": {"epochs": 2, "batch_size": 16}}  # fmt: skip
    plan = plan_fit(data, make_settings("image", change))
    answers = []
    for epoch in (0, 1):
        shown = plan.prepared.view(epoch)
        found = plan.joint._tensors(shown)
        assert "trainer" not in found
        answers.append(found["teacher_logits"].numpy())
        expected = plan.trainer.model(shown.trainer).numpy() / plan.joint._frozen.temperature
        np.testing.assert_allclose(answers[-1], expected, atol=1e-5)
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


def test_answers_are_as_sure_as_the_labels_of_valid_make_likely():
    """Of ten examples with logits (0, log 3) eight are of the second class: 3 ** (1 / T) = 4."""
    logits = np.tile(np.float32([0, np.log(3)]), (10, 1))
    valid = JointData(logits, np.array([0, 0, *[1] * 8]), logits)
    ways = [FrozenAnswers(tf.identity, valid, calibrated=on) for on in (True, False)]
    assert ways[0].temperature == pytest.approx(np.log(3) / np.log(4), rel=1e-3)
    assert ways[1].temperature == 1.0
    more = np.float32([[0, 1], [2, -1]])
    np.testing.assert_allclose(ways[0].of(more), more * np.log(4) / np.log(3), rtol=1e-3)
    np.testing.assert_array_equal(ways[1].of(more), more)


def test_the_student_learns_from_calibrated_answers(found):
    raw = fit(DATA, [*FIRST, {"loss": {"calibrate": False}}], unlabelled=MORE)
    assert same(weights(raw.trainer.model), weights(found.trainer.model))
    assert not same(weights(raw.student), weights(found.student))
    joint = [
        fit(DATA, [*FIRST, {"trainer_first": False, "loss": {"calibrate": on}}])
        for on in (True, False)
    ]
    assert same(*(weights(fitted.student) for fitted in joint))  # a trainer that learns is left


def test_answers_given_in_the_step_are_the_same():
    """A term that compares layers has the trainer run in each step."""
    hidden = {"head": {"name": "dense", "units": [5]}}
    changes = [*FIRST, hidden, {"loss": {"terms": {"representation": {"weight": 1.0}}}}]
    plan = plan_fit(DATA, make_settings("dense", changes))
    plan.joint._frozen.temperature = 0.5
    arrays = plan.joint._tensors(plan.prepared.train)
    answers = plan.joint._step_of(arrays).trainer.numpy()
    assert "teacher_logits" not in arrays
    expected = plan.trainer.model(plan.prepared.train.trainer).numpy() / 0.5
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_what_contradicts_itself():
    with pytest.raises(InputError, match="trainer_first is for a trainer, and there is none"):
        fit(DATA, [ALONE, {"trainer_first": True}])
    with pytest.raises(InputError, match="contradict each other"):
        fit(DATA, [*FIRST, {"freeze_trainer": True}])
