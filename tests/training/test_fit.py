"""`fit` in memory: every kind of data, one's own trainer, student and terms; what is refused."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from pnet_tf._keras import keras, tf
from pnet_tf.data import load_dataset, make_dataset
from pnet_tf.errors import InputError, WorkError
from pnet_tf.model import ProjectionNet
from pnet_tf.names import LOSS_TERMS
from pnet_tf.settings import make_settings
from pnet_tf.training.fit import fit
from pnet_tf.training.joint import JointFit
from pnet_tf.training.objective import ProjectionLabels, TrainerLabels
from pnet_tf.training.planning import check_settings, plan_fit

from .small import (
    ALONE,
    PICTURES,
    TAUGHT,
    WORDS,
    features,
    network,
    pictures,
    same,
    texts,
    weights,
)

pytestmark = pytest.mark.usefixtures("eager")


def refusal(*arguments, **options):
    with pytest.raises(InputError) as caught:
        fit(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("pair", "settings", "labels"),
    [
        (features(), ALONE, ("0", "1", "2")),
        (texts(), WORDS, ("open", "shut")),
        (pictures(), PICTURES, ("0", "1")),
    ],
    ids=["dense", "text", "image"],
)
def test_a_pair_is_the_data_set_that_settings_divide(pair, settings, labels):
    settings = {**settings, "seed": 3, "valid_fraction": 0.2}
    by_pair = fit(pair, settings)
    by_data = fit(make_dataset(*pair, seed=3, valid_fraction=0.2), settings)
    assert by_pair.labels == by_data.labels == labels
    assert len(by_pair.data.valid.targets) == 8
    assert isinstance(by_pair.student, ProjectionNet) and by_pair.trainer is None
    assert same(weights(by_pair.student), weights(by_data.student))
    assert [row["epoch"] for row in by_pair.history] == [1, 2]
    assert by_pair.best == by_pair.history[-1] and by_pair.seconds > 0
    logits = by_pair.student(tf.constant(by_pair.spec.encode(pair[0]).array))
    assert logits.shape == (40, len(labels))


def test_same_arguments_same_weights_and_another_seed_others():
    one, two = fit(features(), TAUGHT), fit(features(), TAUGHT)
    other = fit(features(), {**TAUGHT, "seed": 1})
    assert same(weights(one.student), weights(two.student))
    assert same(weights(one.trainer.model), weights(two.trainer.model))
    assert not same(weights(one.student), weights(other.student))


def test_the_best_row_is_the_one_whose_weights_the_student_has(monkeypatch):
    scores = iter([0.25, 0.75, 0.5, 0.25])
    monkeypatch.setattr(JointFit, "_score", lambda fit, logits: next(scores))
    patient = {"schedule": {"epochs": 9, "batch_size": 64, "patience": 2}}
    found = fit(features(), [ALONE, patient])
    assert len(found.history) == 4 and found.best["epoch"] == 2
    monkeypatch.setattr(JointFit, "_score", lambda fit, logits: 1.0 / (1 + fit.progress.epoch))
    assert fit(features(), ALONE).best["epoch"] == 2  # without patience the last one


def test_the_seed_reaches_the_trainer():
    data = make_dataset(*features())
    plans = [plan_fit(data, make_settings("dense", [TAUGHT, {"seed": s}])) for s in (0, 1, 1)]
    assert [plan.trainer.config["seed"] for plan in plans] == [0, 1, 1]
    start = [weights(plan.trainer.model) for plan in plans]
    assert same(start[1], start[2]) and not same(start[0], start[1])


def test_messages_that_were_cut_are_counted():
    messages, labels = texts()
    long = [message + " and a good deal more" if row % 2 else message
            for row, message in enumerate(messages)]  # fmt: skip
    assert fit((messages, labels), WORDS).cut_messages == 0
    assert fit(make_dataset(long, labels), WORDS).cut_messages == 18


def test_whole_settings_are_taken_as_they_are():
    settings = make_settings("dense", [ALONE, {"valid_fraction": 0.3}])
    whole = fit(features(), settings)
    assert whole.settings is settings and len(whole.data.valid.targets) == 12
    by_changes = fit(features(), [ALONE, {"valid_fraction": 0.3}])
    assert same(weights(whole.student), weights(by_changes.student))


def test_values_are_learnt_too():
    x, _ = features()
    found = fit((x, x[:, :2]), TAUGHT)
    assert found.labels == () and found.student.head.output_shape == (None, 2)
    assert set(found.best) > {"valid_projection_mse", "valid_trainer_mse", "distillation_loss"}


def test_rows_without_a_label_reach_the_distillation_alone():
    x, y = features()
    some = [None if row % 2 else str(label) for row, label in enumerate(y)]
    found = fit((x, some), TAUGHT)
    assert (found.data.train.targets < 0).sum() == 20
    assert np.isfinite(list(found.best.values())).all()


def test_a_keras_model_is_the_trainer():
    keras.utils.set_random_seed(0)
    model = network()
    before = weights(model)
    found = fit(features(), TAUGHT, trainer=model)
    assert found.trainer.model is model and not same(weights(model), before)
    assert "trainer_loss" in found.best and "valid_trainer_accuracy" in found.best


def test_the_trainer_of_an_earlier_fit_teaches_again():
    first = fit(features(), TAUGHT)
    before = weights(first.trainer.model)
    frozen = fit(features(60, 1), {**ALONE, "freeze_trainer": True}, trainer=first.trainer)
    assert frozen.trainer is first.trainer and same(weights(first.trainer.model), before)
    assert "trainer_loss" not in frozen.best and frozen.best["distillation_loss"] > 0
    fit(features(60, 1), ALONE, trainer=first.trainer)
    assert not same(weights(first.trainer.model), before)


def test_a_keras_model_is_the_student():
    keras.utils.set_random_seed(0)
    found = fit(features(), TAUGHT, student=network())
    row = found.best
    assert not isinstance(found.student, ProjectionNet) and "distillation_loss" in row
    logits = found.student(found.data.valid.inputs).numpy()
    accuracy = np.mean(logits.argmax(-1) == found.data.valid.targets)
    assert row["valid_projection_accuracy"] == accuracy


def test_logits_teach_in_the_place_of_a_trainer():
    data = make_dataset(*features())
    logits = np.eye(3)[data.train.targets] * 9
    found = fit(data, TAUGHT, teacher_logits=logits)
    assert found.trainer is None and "trainer_loss" not in found.best
    assert found.best["trainer_accuracy"] == 1.0
    for wrong, words in ((logits[1:], r"shape \(36, 3\), one row for each training example"),
                         (logits[:, :2], r"got \(36, 2\)"), (logits * np.nan, "row 0 has a value"),
                         (logits.astype(str), "real numbers")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            fit(data, ALONE, teacher_logits=wrong)


@dataclass(frozen=True)
class Size:
    """Mean of |logits| ^ power."""

    weight: float = 1.0
    power: float = 1.0
    name: ClassVar[str] = "size"

    def applies(self, trainer, trainer_learns):
        return True

    def __call__(self, step):
        return tf.reduce_mean(tf.abs(step.student) ** self.power)


def test_a_term_of_another_package_is_a_column_and_counts(tables):
    LOSS_TERMS.register("size", Size)
    terms = {"loss": {"terms": {"size": {"weight": 3, "power": 2}}}}
    found = fit(features(), [ALONE, terms])
    for row in found.history:
        total = row["projection_loss"] + 3 * row["size_loss"]
        assert row["loss"] == pytest.approx(total, rel=1e-5) and row["size_loss"] > 0
    by_hand = fit(features(), ALONE, terms=(ProjectionLabels(), Size(3.0, 2.0)))
    assert same(weights(found.student), weights(by_hand.student))
    assert not same(weights(found.student), weights(fit(features(), ALONE).student))
    assert "'size' does not take 'height'; its options: weight, power" in refusal(
        features(), [ALONE, {"loss": {"terms": {"size": {"height": 1}}}}]
    )
    assert "representation, hints, size, got 'depth'" in (
        refusal(features(), [ALONE, {"loss": {"terms": {"depth": {}}}}])
    )


def test_a_watch_hears_of_every_step_and_epoch():
    heard = []

    class Watch:
        def on_batch(self, epoch, step, steps, metrics):
            heard.append((epoch, step, steps, "projection_loss" in metrics))

        def on_epoch(self, row, epochs):
            heard.append((row["epoch"], epochs))

    fit(features(), ALONE, watch=Watch())
    one = [[(epoch, step, 3, True) for step in range(3)] + [(epoch + 1, 2)] for epoch in (0, 1)]
    assert heard == one[0] + one[1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("digits", "data must be a Dataset or a pair (x, y), got str"),
        (list(features()), "data must be a Dataset or a pair (x, y), got list"),
        (features()[0], "data must be a Dataset or a pair (x, y), got ndarray"),
        (None, "data must be a Dataset or a pair (x, y), got NoneType"),
        (features()[:1], "data must be a pair (x, y), got 1 things; use make_dataset"),
        ((*features(), 0), "data must be a pair (x, y), got 3 things; use make_dataset"),
    ],
)
def test_other_data_are_refused(data, words):
    assert refusal(data, ALONE) == words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trainer": "ff"}, "trainer must be a tf_keras Model, got str"),
        ({"trainer": network(5)}, "trainer does not take a float32 batch (N, 6)"),
        ({"trainer": network(6, 2)}, "trainer must return logits (2, 3) for a batch of 2, got"),
        ({"student": "linear"}, "student must be a tf_keras Model, got str"),
        ({"student": network(5)}, "student does not take a float32 batch (N, 6)"),
        ({"student": network(6, 4)}, "student must return logits (2, 3) for a batch of 2, got"),
        ({"terms": ()}, "no loss term applies"),
        ({"recipe": "best"}, "recipe must be one of"),
    ],
)
def test_other_networks_are_refused(options, words):
    assert refusal(features(), ALONE, **options).startswith(words)


def test_a_trainer_of_an_earlier_fit_must_fit_the_data():
    trainer = fit(features(), TAUGHT).trainer
    x, y = features()
    for data, words in (
        ((x[:, :5], y), f"trainer {trainer.name} is for other inputs than these dense data: "),
        ((["hi", "bye"] * 10, ["a", "b"] * 10), f"trainer {trainer.name} is for other inputs than"),
        ((x, [["a", "b"][i % 2] for i in range(len(x))]), f"trainer {trainer.name} must return "),
    ):
        assert refusal(data, ALONE, trainer=trainer).startswith(words)


def test_a_network_that_no_term_reaches_is_refused():
    words = "no loss term reaches the trainer, which would learn nothing: give terms of it, or "
    terms = (ProjectionLabels(),)
    assert refusal(features(), ALONE, trainer=network(), terms=terms).startswith(words)
    words = "no loss term reaches the student, which would learn nothing: give terms of it"
    assert refusal(features(), ALONE, trainer=network(), terms=(TrainerLabels(),)) == words


@pytest.mark.parametrize("settings", [None, [None, ALONE]])
def test_settings_that_change_nothing(settings):
    assert fit(features(), settings or [ALONE, None]).trainer is None


def test_objects_of_keras_3_are_refused():
    from keras import Sequential, layers

    model = Sequential([layers.Dense(3)])
    for name in ("trainer", "student"):
        sentence = refusal(features(), ALONE, **{name: model})
        assert sentence.startswith(f"{name} is a Keras 3 object; it must be made with tf_keras")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"freeze_trainer": True}, "freeze_trainer needs trainer_weights: an untrained trainer"),
        ({"freeze_trainer": True, "trainer": {"name": "none"}}, "freeze_trainer is for a trainer"),
        ({"trainer_weights": "nowhere"}, "trainer_weights name a run, which `train` reads"),
        ({"freeze_trainer": True, "trainer_weights": "nowhere"}, "trainer_weights name a run"),
        ({"teacher_logits": "nowhere.npz"}, "nowhere.npz: no such file"),
        ({"trainer": {"name": "gru"}}, "trainer for dense inputs must be one of ff,"),
        ({"projection": {"name": "local", "filters": 2}}, "projection 'local' reads image, got"),
        ({"augment": {"flip": True}}, "augment for dense inputs takes nothing, got 'flip'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change, words):
    assert refusal(features(), [TAUGHT, change]).startswith(words)


def test_a_loss_that_is_not_finite_is_said():
    student = network()
    student.set_weights([np.full((6, 3), np.nan), np.zeros(3)])
    with pytest.raises(WorkError, match="the loss of epoch 1 is nan: lower learning_rate"):
        fit(features(), ALONE, student=student)


def test_settings_are_checked_without_training():
    data = make_dataset(*features())
    good = make_settings("dense", TAUGHT)
    check_settings(data, [good, good])
    for change, words in (
        ({"head": {"name": "sequence"}}, "needs token vectors"),
        ({"loss": {"terms": {"depth": {}}}}, "loss term must be one of"),
    ):
        with pytest.raises(InputError, match=words):
            check_settings(data, [good, make_settings("dense", [TAUGHT, change])])
    with pytest.raises(InputError, match="trainer for dense inputs must be one of"):
        check_settings(data, [make_settings("dense", [TAUGHT, {"trainer": {"name": "lstm"}}])])


def test_min_updates_and_patience_of_settings_are_those_of_the_fit():
    data = load_dataset("smart-reply", seed=0, valid_fraction=0.5)
    settings = {**WORDS, "schedule": {"batch_size": 64, "epochs": 1, "min_updates": 40,
                                      "patience": 3}}  # fmt: skip
    plan = plan_fit(data, make_settings("text", settings))
    assert plan.joint.schedule.epochs == -(-40 // -(-len(data.train.targets) // 64)) > 1
    assert plan.joint.schedule.patience == 3


def test_soft_labels_teach_their_shares():
    x = np.repeat(np.eye(2, 6, dtype=np.float32), 20, axis=0)
    y = [{"a": 3, "b": 1}] * 20 + ["c"] * 20
    changes = {**ALONE, "schedule": {"epochs": 60, "batch_size": 20, "learning_rate": 0.1}}
    found = fit(make_dataset(x, y, valid=(x[::20], ["a", "c"])), changes)
    answer = keras.activations.softmax(found.student(x[::20])).numpy()
    np.testing.assert_allclose(answer, [[0.75, 0.25, 0.0], [0.0, 0.0, 1.0]], atol=0.1)
