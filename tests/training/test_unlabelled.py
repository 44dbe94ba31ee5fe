"""Inputs without labels: what is left out, who learns from them, refusals."""

import numpy as np
import pytest

import pnet_tf
from pnet_tf.data import hide_labels, make_dataset
from pnet_tf.errors import InputError
from pnet_tf.settings import make_settings
from pnet_tf.training.fit import fit
from pnet_tf.training.planning import check_settings, plan_fit
from pnet_tf.training.unlabelled import make_unlabelled

from .small import ALONE, TAUGHT, WORDS, features, texts, weights

LABELLED, LABELS = texts(12)
DATA = make_dataset(LABELLED, LABELS, valid=(["open it"], ["open"]), test=(["shut it"], ["shut"]))
X, Y = features()
ROWS = make_dataset(X, Y, valid=(X[:6], Y[:6]))
MORE = features(30, 5)[0]


def test_examples_without_a_label_follow_those_of_train():
    found = make_unlabelled(["open a", " ", "open it ", "shut it", "", "open a"], DATA)
    assert found.data.train.inputs[12:].tolist() == ["open a", "open a"]
    assert found.data.train.targets[12:].tolist() == [-1, -1] and found.count == 2
    assert found.dropped == {"empty": 2, "in valid or test": 2}
    assert found.data.valid is DATA.valid and found.data.labels == DATA.labels


def test_soft_labels_keep_their_rows():
    soft = make_dataset(LABELLED, [{"open": 0.7, "shut": 0.3}] * 12, valid=(["o"], ["open"]))
    train = make_unlabelled(["new"], soft).data.train
    assert train.soft.shares.shape == (13, 2) and not train.soft.shares[12].any()


def test_the_digest_is_of_the_inputs():
    one, two = (make_unlabelled(many, DATA).sha256 for many in (["a", "b"], ["a", "c"]))
    assert one != two and one == make_unlabelled(["a", " ", "b"], DATA).sha256


BAD = {
    "numbers": (DATA, [1, 2], "must be text"),
    "nothing is left": (DATA, ["", "open it"], "no input is left; left out: 1 empty, 1 in valid"),
    "none": (DATA, [], "no inputs given"),
    "another width": (ROWS, MORE[:, :3], "needed, as the data are: float32 ['N', 6]"),
    "not finite": (ROWS, np.full((2, 6), np.nan), "[0, 0] is nan; allowed: finite"),
    "images": (ROWS, np.zeros((2, 4, 4), np.uint8), "needed, as the data are"),
}


@pytest.mark.parametrize(("data", "inputs", "words"), BAD.values(), ids=BAD)
def test_bad_inputs(data, inputs, words):
    with pytest.raises(InputError) as raised:
        make_unlabelled(inputs, data)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_values_have_no_unlabelled_inputs():
    values = make_dataset(X, X[:, :2], valid=(X[:6], X[:6, :2]), task="regression")
    with pytest.raises(InputError, match="not for a regression"):
        make_unlabelled(MORE, values)


def test_they_need_a_trainer():
    with pytest.raises(InputError, match="for a trainer to answer, and there is none"):
        fit(ROWS, ALONE, unlabelled=MORE)
    with pytest.raises(InputError, match="teacher_logits are for the examples of train"):
        fit(ROWS, ALONE, unlabelled=MORE, teacher_logits=np.zeros((40, 3), np.float32))


@pytest.mark.usefixtures("eager")
def test_only_the_distillation_term_counts_on_them():
    def trained(distillation, **options):
        change = {"qat": "none", "head": {"name": "linear", "bit_dropout": 0.0},
                  "loss": {"lambdas": [1.0, distillation, 1.0]}}  # fmt: skip
        return fit(ROWS, [TAUGHT, change], **options)

    # without that term the unlabelled half of a batch moves nothing
    alone, found = trained(0.0), trained(0.0, unlabelled=MORE)
    for one, two in zip(weights(alone.student), weights(found.student), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)
    taught = trained(5.0, unlabelled=MORE)
    assert any(
        np.abs(one - two).max() > 1e-3
        for one, two in zip(weights(found.student), weights(taught.student), strict=True)
    )


def test_settings_are_refused_before_a_sweep(tmp_path):
    np.savez(tmp_path / "x.npz", x=MORE[:, :3])
    change = {"unlabelled": {"inputs": str(tmp_path / "x.npz")}}
    with pytest.raises(InputError, match=r"x.npz is float32 \[30, 3\]; needed, as the data are"):
        check_settings(ROWS, [make_settings("dense", [TAUGHT, change])])
    np.savez(tmp_path / "x.npz", x=MORE)
    check_settings(ROWS, [make_settings("dense", [TAUGHT, change])])
    with pytest.raises(InputError, match="for a trainer to answer, and there is none"):
        check_settings(ROWS, [make_settings("dense", [ALONE, change])])


def test_a_step_has_as_many_as_the_ratio_says():
    settings = make_settings("dense", [TAUGHT, {"unlabelled": {"ratio": 0.5}}])
    plan = plan_fit(ROWS, settings, unlabelled=MORE)
    assert plan.joint.steps == 6  # of 40 rows, 16 in a step, and twice, since 30 take 4 steps
    assert plan.unlabelled.count == 30 and len(plan.prepared.train.targets) == 70
    assert plan.data is ROWS


@pytest.mark.usefixtures("eager")
def test_messages_teach_words_that_train_does_not_have():
    settings = [WORDS, {"trainer": {"name": "ff", "buckets": 64, "embedding": 4}}]
    found = fit(DATA, settings, unlabelled=["open the gate", "close the gate"])
    assert np.isfinite(found.history[-1]["distillation_loss"])


FEW = {"labels_per_class": 2, "seed": 3}


def plan(changes=(), **options):
    return plan_fit(ROWS, make_settings("dense", [TAUGHT, FEW, *changes]), **options)


def test_hidden_labels_are_those_of_hide_labels():
    few, rest = hide_labels(ROWS, 2, 3)
    found, given = plan(), plan_fit(few, make_settings("dense", TAUGHT), unlabelled=rest)
    one, two = found.unlabelled, given.unlabelled
    assert np.array_equal(one.data.train.inputs, two.data.train.inputs)
    assert one.data.train.targets.tolist() == two.data.train.targets.tolist()
    assert one.hidden == len(rest) == 34 and two.hidden == 0 and one.examples == 6
    assert one.dropped == {"in valid or test": 5} == two.dropped and one.count == 29
    assert found.joint.steps == 2 and found.data is ROWS


def test_both_kinds_of_inputs_without_a_label():
    found = plan(unlabelled=np.concatenate([MORE, X[:1]])).unlabelled
    assert found.count == 29 + 30 and found.hidden == 34
    assert np.array_equal(found.data.train.inputs[-30:], MORE)
    assert found.dropped == {"in valid or test": 6}
    assert (found.data.train.targets[6:] == -1).all()


def test_a_student_alone_learns_from_the_labelled_ones():
    found = plan([ALONE])
    assert found.unlabelled.count == 0 and found.unlabelled.hidden == 34
    assert found.unlabelled.dropped == {"without a trainer to answer": 34}
    assert len(found.prepared.train.targets) == 6
    with pytest.raises(InputError, match="for a trainer to answer, and there is none"):
        plan([ALONE], unlabelled=MORE)


def test_hidden_labels_are_refused_with_what_needs_all():
    with pytest.raises(InputError, match="labels_per_class hides labels, and teacher_logits were"):
        plan(teacher_logits=np.zeros((40, 3), np.float32))
    with pytest.raises(InputError, match="labels_per_class hides labels, and teacher_logits were"):
        plan([{"teacher_logits": "logits.npz"}])
    graph = pnet_tf.make_graph(["1"], ["2"])
    with pytest.raises(InputError, match="a graph and labels_per_class cannot be learned"):
        fit(ROWS, [TAUGHT, FEW], graph=graph, nodes=X[:2])
    with pytest.raises(InputError, match="labels_per_class must be at most 14"):
        check_settings(ROWS, [make_settings("dense", [TAUGHT, {"labels_per_class": 15}])])
