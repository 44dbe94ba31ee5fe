"""What a trainer learns from its own answers: which of them, and how they stand beside labels."""

import numpy as np
import pytest

from pnet_tf.data import make_dataset
from pnet_tf.settings import make_settings
from pnet_tf.training.fit import fit
from pnet_tf.training.joint import JointFit
from pnet_tf.training.planning import plan_fit
from pnet_tf.training.pseudo_labels import some_of, sure_answers, with_answers
from pnet_tf.training.types import JointData

from .small import PICTURES, TAUGHT, features, pictures, same, untraced, weights

X, Y = features()
DATA = make_dataset(X[:9], Y[:9], valid=(X[:6], Y[:6]))
MORE = X[9:]
FIRST = [TAUGHT, {"trainer_first": True}]
pytestmark = pytest.mark.usefixtures("eager")


def test_sure_answers_by_hand():
    """Scores of the best class: 0.75, 0.6, 0.9, 0.8, 0.5; two of five are 0.4 of them."""
    best = np.array([0.75, 0.6, 0.9, 0.8, 0.5])
    logits = np.log(np.stack([best, 1 - best], axis=1)).astype(np.float32)
    logits[3] = logits[3, ::-1]
    for confidence, rows in ((0.95, [2, 3]), (0.7, [0, 2, 3]), (0.0, [0, 1, 2, 3, 4])):
        found, classes = sure_answers(logits, confidence)
        assert found.tolist() == rows
        assert classes.tolist() == [int(row == 3) for row in rows]


def test_answers_stand_behind_the_labels():
    data = JointData(
        np.arange(6.0)[:, None], np.array([2, 0, -1, -1, -1, -1]), np.arange(6) + 10,
        extra={"soft_labels": np.array([[2, 1]] * 6), "soft_shares": np.array([[0.7, 0.3]] * 6)},
    )  # fmt: skip
    found = with_answers(data, 2, np.array([1, 3]), np.array([5, 4]))
    assert found.student.ravel().tolist() == [0, 1, 3, 5]
    assert found.trainer.tolist() == [10, 11, 13, 15] and found.targets.tolist() == [2, 0, 5, 4]
    assert found.extra["soft_labels"].tolist() == [[2, 1], [2, 1], [5, 0], [4, 0]]
    assert found.extra["soft_shares"].tolist() == [[0.7, 0.3], [0.7, 0.3], [1, 0], [1, 0]]
    assert data.targets.tolist() == [2, 0, -1, -1, -1, -1] and data.extra["soft_labels"][3, 0] == 2
    assert some_of(data, np.array([1])).targets.tolist() == [0]


@pytest.fixture
def rounds(monkeypatch):
    """Fits of the trainer alone: what each learned from, by scores that valid is made to give."""
    seen = []

    def told(scores):
        def run(joint, on_batch=None, on_epoch=None):
            data = joint.train_data
            seen.append((data.student, data.targets, joint.schedule.epochs))
            for variable in joint.student.variables:
                variable.assign(np.full(variable.shape, len(seen), np.float32))
            joint.progress.best_score = scores[len(seen) - 1]
            return joint.progress

        monkeypatch.setattr(JointFit, "run", run)
        return seen

    return told


def trained(changes=(), **given):
    plan = plan_fit(DATA, make_settings("dense", [*FIRST, *changes]), **given)
    plan.first.run(None)
    return plan


def test_the_best_round_stays_and_two_worse_ones_end_it(rounds):
    seen = rounds([0.5, 0.6, 0.7, 0.65, 0.7, 0.9])
    plan = trained(unlabelled=MORE)
    assert len(seen) == 5 and all((w == 5).all() for w in weights(plan.trainer.model))
    assert [len(targets) for _, targets, _ in seen][0] == 9
    assert all(len(targets) >= 9 + round(0.4 * len(MORE)) for _, targets, _ in seen[1:])
    assert all((targets >= 0).all() for _, targets, _ in seen)
    assert [epochs for *_, epochs in seen] == [2, 5, 5, 5, 5]


def test_no_round_is_better_than_what_labels_gave(rounds):
    seen = rounds([0.5, 0.4, 0.3, 0.9])
    plan = trained(unlabelled=MORE)
    assert len(seen) == 3 and all((w == 1).all() for w in weights(plan.trainer.model))


def test_as_many_rounds_as_asked_for_from_answers_as_sure_as_asked_for(rounds):
    seen = rounds([0.1 * n for n in range(9)])
    trained([{"unlabelled": {"rounds": 2, "confidence": 0.0}}], unlabelled=MORE)
    assert [len(targets) for _, targets, _ in seen] == [9, 40, 40]
    del seen[:]
    trained([{"unlabelled": {"rounds": 0}}], unlabelled=MORE)
    assert len(seen) == 1


def test_inputs_that_were_made_are_for_the_student_alone(rounds):
    seen = rounds([0.1 * n for n in range(9)])
    sure = {"unlabelled": {"confidence": 0.0, "rounds": 1}}
    made = {"augment": {"transfer": 20}}
    trained([sure, made])
    assert len(seen) == 1
    plan = trained([sure, made], unlabelled=MORE)
    assert len(seen) == 3 and len(seen[-1][1]) == 40
    assert len(plan.prepared.train.targets) == 60


def test_rounds_make_another_trainer_and_are_the_same_again():
    with untraced():
        found = [
            fit(DATA, [*FIRST, {"unlabelled": {"rounds": rounds, "confidence": 0.0}}],
                unlabelled=MORE)
            for rounds in (0, 1, 1)
        ]  # fmt: skip
    models = [weights(fitted.trainer.model) for fitted in found]
    assert same(models[1], models[2]) and not same(models[0], models[1])


def test_pictures_are_changed_anew_for_the_trainer_too(monkeypatch):
    """It looks at changed pictures with a label, then at them and at those it is sure of."""
    x, y = pictures()
    data = make_dataset(x[:6], y[:6], valid=(x[:4], y[:4]))
    change = {"augment": {"shift": 2, "flip": False}, "trainer": {"name": "ff", "units": [4]},
              "trainer_first": True, "unlabelled": {"rounds": 1, "confidence": 0.0}}  # fmt: skip
    seen = []
    epoch = JointFit._epoch

    def watched(joint, on_batch):
        epoch(joint, on_batch)
        inputs = joint._arrays["student" if joint.trainer is None else "targets"].numpy()
        seen.append((joint.trainer is None, joint.steps, inputs))

    monkeypatch.setattr(JointFit, "_epoch", watched)
    monkeypatch.setattr("pnet_tf.training.trainer_first.EPOCH_STEPS", 3)
    with untraced():
        fit(data, make_settings("image", [PICTURES, change]), unlabelled=x[6:])
    trainers = [(steps, inputs) for alone, steps, inputs in seen if alone]
    assert [(steps, len(inputs)) for steps, inputs in trainers] == [(3, 6)] * 2 + [(3, 40)] * 5
    assert not np.array_equal(trainers[0][1], trainers[1][1])
    assert not np.array_equal(trainers[2][1], trainers[3][1])
    assert [len(targets) for alone, _, targets in seen if not alone] == [40, 40]
