"""From a data set to arrays: class weights by hand; bits train alike, kept or computed."""

import numpy as np
import pytest

from pnet_tf.data import Dataset, Split, make_dataset
from pnet_tf.settings import make_settings
from pnet_tf.training import preparation
from pnet_tf.training.planning import plan_fit
from pnet_tf.training.preparation import class_weights

from .small import ALONE, PICTURES, TAUGHT, WORDS, features, pictures, same, texts, weights

PICTURE_BITS = 36 * 8 * 8 * 2


def data_of(targets, labels=("a", "b")):
    split = Split(np.zeros((len(targets), 2), np.float32), np.array(targets))
    return Dataset("d", "dense", "classification", labels, (2,), split, split, None, {})


@pytest.mark.parametrize(
    ("targets", "labels", "expected"),
    [
        ([0, 0, 0, 1], ("a", "b"), [4 / (2 * 3), 4 / (2 * 1)]),
        ([0, 1], ("a", "b"), [1.0, 1.0]),
        ([0, 0, 0, 1, -1, -1, -1], ("a", "b"), [4 / 6, 4 / 2]),
        ([0, 0, 2, 2, 2, 2], ("a", "b", "c"), [6 / (3 * 2), 6 / 3, 6 / (3 * 4)]),
    ],
)
def test_class_weights_by_hand(targets, labels, expected):
    found = class_weights(data_of(targets, labels), True)
    np.testing.assert_allclose(found, expected)
    labelled = [t for t in targets if t >= 0]
    if set(labelled) == set(range(len(labels))):
        assert found[labelled].mean() == pytest.approx(1.0)


def test_no_class_weights_unless_asked_and_never_for_values():
    assert class_weights(data_of([0, 0, 1]), False) is None
    x, _ = features()
    assert class_weights(make_dataset(x, x[:, :1]), True) is None


def plan(kind, changes, data, **settings):
    return plan_fit(data, make_settings(kind, [changes, settings]))


def test_settings_decide_about_class_weights(eager):
    x, y = features(40)
    data = make_dataset(x, np.where(y == 2, 1, y))
    settings = {**ALONE, "head": {"name": "lookup"}}  # its logits are 0 at the start
    one = {"epochs": 1, "batch_size": 64}
    weighted = plan("dense", settings, data, class_weights=True, schedule=one)
    counts = np.bincount(data.train.targets)
    np.testing.assert_allclose(weighted.prepared.class_weights, 36 / (2 * counts))
    assert weighted.run().history[0]["projection_loss"] == pytest.approx(np.log(2), rel=1e-5)
    plain = plan("dense", settings, data, schedule=one)
    assert plain.prepared.class_weights is None
    plain.run()
    assert not same(weights(plain.student), weights(weighted.student))


def test_arrays_of_each_kind(eager):
    x, y = features()
    found = plan("dense", TAUGHT, make_dataset(x, y))
    train = found.prepared.train
    assert train.student.dtype == np.int8 and set(np.unique(train.student)) == {-1, 1}
    assert train.trainer.shape == (36, 6) and train.cached and train.teacher_logits is None
    np.testing.assert_allclose(train.trainer.mean(0), np.zeros(6), atol=1e-5)
    found = plan("text", WORDS, make_dataset(*texts()))
    assert found.prepared.train.student.shape == (36, 4, 8)
    assert found.prepared.train.trainer is None and found.prepared.cut_messages == 0
    long = [text + " and a good deal more" for text in texts()[0]]
    assert plan("text", WORDS, make_dataset(long, texts()[1])).prepared.cut_messages == 36


@pytest.mark.parametrize("augment", [{}, {"shift": 1}])
def test_bits_that_are_not_kept_train_the_same_student(eager, monkeypatch, augment):
    students, kept = [], []
    most = PICTURE_BITS * (2 if augment else 1)
    for size in (most, most - 1):
        monkeypatch.setattr(preparation, "CACHE_BYTES", size)
        found = plan("image", PICTURES, make_dataset(*pictures()), augment=augment)
        kept.append(found.prepared.train.cached)
        found.run()
        students.append(weights(found.student))
    assert kept == [True, False]
    for here, there in zip(*students, strict=True):
        np.testing.assert_allclose(here, there, atol=1e-6)


def test_augmented_epochs_differ_and_come_again(eager):
    data = make_dataset(*pictures())
    view = plan("image", PICTURES, data, augment={"shift": 1}).prepared.view
    again = plan("image", PICTURES, data, augment={"shift": 1}).prepared.view
    other = plan("image", PICTURES, data, augment={"shift": 1}, seed=1).prepared.view
    np.testing.assert_array_equal(view(3).student, again(3).student)
    assert not np.array_equal(view(3).student, view(4).student)
    assert not np.array_equal(view(3).student, other(3).student)
    np.testing.assert_array_equal(view(0).targets, data.train.targets)
    assert plan("image", PICTURES, data).prepared.view is None
    students = []
    for shift in (0, 1):
        found = plan("image", PICTURES, data, augment={"shift": shift})
        found.run()
        students.append(weights(found.student))
    assert not same(*students)
