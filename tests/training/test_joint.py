"""Joint training on a small problem: it learns, stops early, freezes, and resumes exactly."""

import numpy as np
import pytest

from pnet_tf._keras import keras
from pnet_tf.errors import InputError, WorkError
from pnet_tf.training.joint import JointData, JointFit
from pnet_tf.training.objective import JointLoss
from pnet_tf.model import build_student
from pnet_tf.training.schedule import Schedule

CONFIG = {
    "input": {"kind": "dense", "shape": [6]},
    "outputs": 3,
    "projection": {"name": "structured", "functions": 16, "bits": 4, "seed": 0},
    "head": {"name": "dense", "units": [16], "dropout": 0.2},
}


def problem(rows=192, seed=0):
    """Three clusters in six dimensions."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 3, rows)
    centres = np.random.default_rng(9).normal(size=(3, 6)) * 2
    return (centres[targets] + rng.normal(size=(rows, 6))).astype(np.float32), targets


def network():
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3),
        ]
    )


def make_fit(*, trainer=True, epochs=4, loss=None, targets=None, stored=None, **options):
    keras.utils.set_random_seed(1)
    (x, y), (vx, vy) = problem(), problem(96, 1)
    y = y if targets is None else targets
    schedule = Schedule(
        epochs=epochs,
        batch_size=32,
        learning_rate=0.01,
        trainer_learning_rate=0.01,
        patience=options.pop("patience", 0),
    )
    data = JointData(x, y, x if trainer else None, stored, cached=False)
    return JointFit(
        build_student(CONFIG),
        network() if trainer else None,
        data,
        JointData(vx, vy, vx if trainer else None, cached=False),
        loss=loss or JointLoss(),
        schedule=schedule,
        **options,
    )


def weights(fit):
    return [v.numpy() for v in fit.student.variables + fit.trainer.variables]


def test_both_networks_learn_and_every_term_is_logged():
    fit = make_fit(epochs=12)
    last = fit.run().history[-1]
    assert last["valid_trainer_accuracy"] > 0.8
    assert last["valid_projection_accuracy"] > 0.7
    total = last["trainer_loss"] + 0.1 * last["distillation_loss"] + last["projection_loss"]
    assert last["loss"] == pytest.approx(total, rel=1e-4)


def test_same_seed_same_weights():
    one, two = make_fit(), make_fit()
    one.run(), two.run()
    for a, b in zip(weights(one), weights(two), strict=True):
        np.testing.assert_array_equal(a, b)


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
    for a, b in zip(weights(whole), weights(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_view_gives_each_epoch_its_inputs():
    seen = []

    def view(epoch):
        seen.append(epoch)
        x, y = problem()
        return JointData(x if epoch else np.zeros_like(x), y, x, cached=False)

    changed, plain = make_fit(view=view, epochs=2), make_fit(epochs=2)
    first, second = changed.run().history
    same_first, _ = plain.run().history
    assert seen == [0, 1]
    assert first["projection_accuracy"] < same_first["projection_accuracy"]
    assert second["projection_accuracy"] > first["projection_accuracy"]


def test_restore_refuses_the_state_of_another_fit():
    fit = make_fit()
    with pytest.raises(InputError, match="checkpoint"):
        fit.restore(fit.state()[:-1], fit.progress)


def test_frozen_trainer_keeps_its_weights():
    fit = make_fit(freeze_trainer=True)
    before = [v.numpy() for v in fit.trainer.variables]
    student = [v.numpy() for v in fit.student.trainable_variables]
    row = fit.run().history[-1]
    for variable, value in zip(fit.trainer.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert any(
        np.any(v.numpy() != s)
        for v, s in zip(fit.student.trainable_variables, student, strict=True)
    )
    assert row["trainer_loss"] == 0 and row["distillation_loss"] > 0


def test_stored_logits_teach_without_a_trainer_and_without_labels():
    x, y = problem()
    logits = (np.eye(3)[y] * 12).astype(np.float32)
    fit = make_fit(
        trainer=False,
        epochs=12,
        stored=logits,
        loss=JointLoss((0.0, 1.0, 0.0)),
        targets=np.zeros_like(y),
    )
    assert fit.run().history[-1]["valid_projection_accuracy"] > 0.7


def test_class_weights_weigh_the_label_terms():
    fit = make_fit(class_weights=np.array([0.0, 0.0, 0.0]), epochs=1)
    row = fit.run().history[0]
    assert row["projection_loss"] == row["trainer_loss"] == 0 and row["distillation_loss"] > 0


def test_patience_stops_and_brings_the_best_weights_back():
    fit = make_fit(epochs=40, patience=2)
    progress = fit.run()
    assert progress.epoch < 40
    assert progress.epoch == progress.best_epoch + 2
    best = progress.history[progress.best_epoch - 1]["valid_projection_accuracy"]
    assert fit._validate()["valid_projection_accuracy"] == best


def test_regression_trains_on_squared_errors():
    x, _ = problem()
    y = x[:, :3] * 0.5
    fit = make_fit(targets=y.astype(np.float32), loss=JointLoss(task="regression"), epochs=8)
    fit.valid_data = JointData(x, y, x, cached=False)
    history = fit.run().history
    assert history[-1]["valid_projection_mse"] < history[0]["valid_projection_mse"]
    assert "valid_projection_accuracy" not in history[-1]


def test_a_loss_that_is_not_finite_is_an_error():
    fit = make_fit()
    fit.student.head.weights[0].assign(fit.student.head.weights[0] * np.nan)
    with pytest.raises(WorkError, match="loss of epoch 1 is nan"):
        fit.run()


@pytest.mark.parametrize(
    ("examples", "least", "epochs"),
    [(10, 0, 3), (10, 9, 3), (10, 10, 4), (10, 12, 4), (8, 7, 4), (9, 7, 3), (3, 100, 100)],
)
def test_few_examples_get_more_epochs(examples, least, epochs):
    schedule = Schedule(epochs=3, batch_size=4, min_updates=least)
    assert schedule.for_examples(examples) == Schedule(epochs, least, 4)


@pytest.mark.parametrize(
    "options", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0.0}, {"min_updates": -1}]
)
def test_bad_schedule(options):
    with pytest.raises(InputError, match="must be"):
        Schedule(**options)
