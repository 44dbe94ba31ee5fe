"""Joint training on a small problem: it learns, stops early, freezes, and resumes exactly."""

import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.errors import InputError, WorkError
from pnet_tf.model import build_student
from pnet_tf.settings import LossSettings, Schedule
from pnet_tf.training.fit import fit
from pnet_tf.training.joint import JointFit
from pnet_tf.training.objective import Distillation, ProjectionLabels, joint_objective
from pnet_tf.training.types import JointData, Progress
from tests.living_graphs import living_graphs

from .small import TAUGHT, features, same
from .small import weights as weights_of

CONFIG = {
    "input": {"kind": "dense", "shape": [6]},
    "outputs": 3,
    "projection": {"name": "structured", "functions": 16, "bits": 4, "seed": 0},
    "head": {"name": "dense", "units": [16], "dropout": 0.2},
}


def network():
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3),
        ]
    )


def make_fit(*, trainer=True, rows=192, epochs=4, targets=None, stored=None, patience=0, **options):
    keras.utils.set_random_seed(1)
    (x, y), (vx, vy) = features(rows), features(96, 1)
    y = y if targets is None else targets
    schedule = Schedule(
        epochs=epochs,
        batch_size=32,
        learning_rate=0.01,
        trainer_learning_rate=0.01,
        patience=patience,
    )
    data = JointData(x, y, x if trainer else None, stored, cached=False)
    return JointFit(
        build_student(CONFIG),
        network() if trainer else None,
        data,
        JointData(vx, vy, vx if trainer else None, cached=False),
        schedule=schedule,
        **options,
    )


def weights(fit):
    return weights_of(fit.student) + weights_of(fit.trainer)


def weights_of_head(fit):
    return [v.numpy() for v in fit.student.trainable_variables]


def test_both_networks_learn_and_every_term_is_logged():
    fit = make_fit(epochs=12)
    last = fit.run().history[-1]
    assert last["valid_trainer_accuracy"] > 0.8
    assert last["valid_projection_accuracy"] > 0.7
    total = last["trainer_loss"] + 0.1 * last["distillation_loss"] + last["projection_loss"]
    assert last["loss"] == pytest.approx(total, rel=1e-4)
    assert list(last) == [
        "epoch", "loss", "trainer_loss", "distillation_loss", "projection_loss",
        "trainer_accuracy", "projection_accuracy", "valid_trainer_accuracy",
        "valid_projection_accuracy", "learning_rate", "seconds",
    ]  # fmt: skip


def test_no_traced_step_outlives_its_fit():
    # tf_keras' sum of gradients over replicas kept each graph, with all that it captured, for good
    before = living_graphs("_train_step")
    fit(features(), TAUGHT)
    assert living_graphs("_train_step") == before


def test_same_seed_same_weights(eager):
    one, two, other = (make_fit(rows=40, epochs=2, seed=seed) for seed in (0, 0, 1))
    for each in (one, two, other):
        each.run()
    assert same(weights(one), weights(two)) and not same(weights(one), weights(other))


def test_resumed_fit_ends_with_the_weights_of_an_unbroken_one():
    whole = make_fit()
    whole.run()
    broken, saved = make_fit(), []

    def stop(fit):
        if fit.progress.epoch == 2:
            saved.append((fit.state(), fit.progress))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.run(on_epoch=stop)
    keras.utils.set_random_seed(77)
    resumed = make_fit()
    resumed.restore(*saved[0])
    resumed.run()
    assert len(resumed.progress.history) == 4
    assert same(weights(whole), weights(resumed))


def test_view_gives_each_epoch_its_inputs():
    seen = []

    def view(epoch):
        seen.append(epoch)
        x, y = features(192)
        return JointData(x if epoch else np.zeros_like(x), y, x, cached=False)

    changed, plain = make_fit(view=view, epochs=2), make_fit(epochs=2)
    first, second = changed.run().history
    same_first, _ = plain.run().history
    assert seen == [0, 1]
    assert first["projection_accuracy"] < same_first["projection_accuracy"]
    assert second["projection_accuracy"] > first["projection_accuracy"]


def test_restore_refuses_the_state_of_another_fit(eager):
    fit = make_fit(rows=40)
    state = fit.state()
    for arrays in (state[:-1], [*state, state[-1]], [], [state[1], *state[1:]]):
        with pytest.raises(InputError, match="checkpoint does not fit the models of this run"):
            fit.restore(arrays, Progress())
    assert same(fit.state(), state) and fit.progress == Progress()


def test_frozen_trainer_keeps_its_weights(eager):
    fit = make_fit(rows=64, epochs=2, freeze_trainer=True)
    before, student = weights_of(fit.trainer), weights_of(fit.student)
    row = fit.run().history[-1]
    assert same(weights_of(fit.trainer), before) and not same(weights_of(fit.student), student)
    assert "trainer_loss" not in row and row["distillation_loss"] > 0
    expected = 0.1 * row["distillation_loss"] + row["projection_loss"]
    assert row["loss"] == pytest.approx(expected, rel=1e-4)


def test_stored_logits_teach_without_a_trainer_and_without_labels():
    x, y = features(192)
    logits = (np.eye(3)[y] * 12).astype(np.float32)
    fit = make_fit(
        trainer=False,
        epochs=12,
        stored=logits,
        terms=joint_objective(LossSettings(lambdas=(0.0, 1.0, 0.0))),
        targets=np.zeros_like(y),
    )
    row = fit.run().history[-1]
    assert row["valid_projection_accuracy"] > 0.7
    assert {"trainer_accuracy", "distillation_loss"} < set(row)
    assert not {"trainer_loss", "valid_trainer_accuracy"} & set(row)


def test_alone_a_student_has_its_own_columns_only(eager):
    row = make_fit(rows=40, trainer=False, epochs=1).run().history[0]
    assert list(row) == [
        "epoch", "loss", "projection_loss", "projection_accuracy", "valid_projection_accuracy",
        "learning_rate", "seconds",
    ]  # fmt: skip
    assert row["loss"] == row["projection_loss"]


def test_nothing_that_applies_is_refused():
    with pytest.raises(InputError, match="no loss term applies"):
        make_fit(trainer=False, terms=(Distillation(),))
    with pytest.raises(InputError, match="must have different names, got 'projection' twice"):
        make_fit(terms=(ProjectionLabels(), ProjectionLabels(2.0)))


def test_class_weights_weigh_the_label_terms(eager):
    row = make_fit(rows=40, class_weights=np.zeros(3), epochs=1).run().history[0]
    assert row["projection_loss"] == row["trainer_loss"] == 0 and row["distillation_loss"] > 0


def test_a_fit_without_any_label_moves_nothing(eager):
    fit = make_fit(rows=64, targets=np.full(64, -1), trainer=False, epochs=2)
    before = weights_of_head(fit)
    assert [row["loss"] for row in fit.run().history] == [0.0, 0.0]
    assert same(weights_of_head(fit), before)


def test_a_few_labels_and_stored_logits_are_enough():
    x, y = features(192)
    few = np.where(np.arange(192) < 30, y, -1)
    logits = (np.eye(3)[y] * 12).astype(np.float32)
    fit = make_fit(trainer=False, stored=logits, targets=few, epochs=10)
    row = fit.run().history[-1]
    assert row["valid_projection_accuracy"] > 0.7 and np.isfinite(list(row.values())).all()


def test_patience_stops_and_brings_the_best_weights_back():
    fit = make_fit(epochs=40, patience=2)
    progress = fit.run()
    assert progress.epoch < 40
    assert progress.epoch == progress.best_epoch + 2
    best = progress.history[progress.best_epoch - 1]["valid_projection_accuracy"]
    assert best == max(row["valid_projection_accuracy"] for row in progress.history)
    assert fit._validate()["valid_projection_accuracy"] == best


def test_regression_trains_on_squared_errors():
    x, _ = features(192)
    y = x[:, :3] * 0.5
    fit = make_fit(targets=y.astype(np.float32), task="regression", epochs=8)
    fit.valid_data = JointData(x, y, x, cached=False)
    history = fit.run().history
    assert history[-1]["valid_projection_mse"] < history[0]["valid_projection_mse"]
    assert "valid_projection_accuracy" not in history[-1]


def test_a_loss_that_is_not_finite_is_an_error(eager):
    fit = make_fit(rows=40)
    fit.student.head.weights[0].assign(fit.student.head.weights[0] * np.nan)
    with pytest.raises(WorkError, match="loss of epoch 1 is nan"):
        fit.run()


def test_models_must_be_of_tf_keras():
    (x, y), student = features(), build_student(CONFIG)
    data = JointData(x, y, x, cached=False)
    for pair, words in (
        (("model", None), "student must be a tf_keras Model, got str"),
        ((student, len), "trainer must be a tf_keras Model, got builtin"),
    ):
        with pytest.raises(InputError, match=words):
            JointFit(*pair, data, data)
