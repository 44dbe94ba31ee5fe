"""A trainer that learns alone before the student: what each learns from."""

import numpy as np
import pytest

from pnet_tf.data import make_dataset
from pnet_tf.errors import InputError
from pnet_tf.training.fit import fit

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


def test_the_watch_sees_both(found):
    watch = Watch()
    shown = fit(DATA, FIRST, unlabelled=MORE, watch=watch)
    first, second = watch.rows[:2], watch.rows[2:]
    assert [row["epoch"] for row in watch.rows] == [1, 2, 1, 2]
    assert all(
        {"trainer_loss", "trainer_accuracy", "valid_trainer_accuracy"} < set(row)
        and "valid_projection_accuracy" not in row and row["trainer_loss"] > 0
        for row in first
    )  # fmt: skip
    assert second == [dict(row) for row in shown.history]
    assert all("trainer_loss" not in row and row["distillation_loss"] > 0 for row in second)
    assert second[0]["valid_trainer_accuracy"] == first[-1]["valid_trainer_accuracy"]
    assert watch.steps == [(e, s, 3) for e in (0, 1, 0, 1) for s in range(3)]


def test_frozen_answers_are_those_of_changed_inputs():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (24, 8, 8, 1)).astype(np.uint8)
    data = make_dataset(images, np.arange(24) % 2, valid=(images[:4], np.arange(4) % 2))
    change = {"projection": {"name": "local", "filters": 2}, "trainer_first": True,
              "head": {"name": "local", "channels": [4], "strides": [1]}, "qat": "none",
              "trainer": {"name": "ff", "units": [4]}, "augment": {"shift": 2, "flip": False},
              "schedule": {"epochs": 2, "batch_size": 16}}  # fmt: skip
    moved, still = fit(data, change), fit(data, [change, {"augment": {"shift": 0}}])
    for one, two in zip(moved.history, still.history, strict=True):
        assert one["distillation_loss"] != two["distillation_loss"]


def test_what_contradicts_itself():
    with pytest.raises(InputError, match="trainer_first is for a trainer, and there is none"):
        fit(DATA, [ALONE, {"trainer_first": True}])
    with pytest.raises(InputError, match="contradict each other"):
        fit(DATA, [*FIRST, {"freeze_trainer": True}])
