"""Calibration and the threshold of silence: by hand, in a file, on every runtime, refused."""

import json

import numpy as np
import pytest

from pnet_tf import InputError, export_student, load_bytes
from pnet_tf.export.ranking import fit_ranking, fit_threshold, with_temperature
from pnet_tf.export.shrink import shrink
from pnet_tf.metrics import (
    expected_calibration_error,
    log_softmax,
    negative_log_likelihood,
    reliability,
)
from pnet_tf.tflite.reader import read_model
from tests.calls import call

from .own_students import LABELS, own, text_student, trained
from .quantized_heads import file_of, samples_of, scores, student_of

REPLIES = {"first": ["Here"], "second": ["Welcome", "Any time"], "third": ["Bye"]}
ROLES = {"first": "affirmative", "third": "silent"}


def test_likelihood_by_hand():
    logits = np.log([[0.5, 0.5], [0.75, 0.25]])
    assert np.allclose(log_softmax(logits + 7), logits)
    expected = -(np.log(0.5) + np.log(0.25)) / 2
    assert negative_log_likelihood(logits, np.array([0, 1])) == pytest.approx(expected)
    assert np.isfinite(log_softmax(np.array([[1e30, -1e30]]))[0, 0])


def test_calibration_error_by_hand():
    confidences = np.array([0.05, 0.95, 0.95, 0.95, 1.0])
    right = np.array([False, True, True, False, True])
    assert reliability(confidences, right, 10)[0] == (1, 0.05, 0.0)
    assert reliability(confidences, right, 10)[1] == (4, pytest.approx(0.9625), 0.75)
    assert expected_calibration_error(confidences, right, 10) == pytest.approx(
        (0.05 + 4 * 0.2125) / 5
    )


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.0, 0.95), (0.25, 0.7), (0.5, 0.4), (0.75, 0.25), (1.0, 0.1)]
)
def test_a_threshold_answers_so_many(rate, expected):
    triggers = np.array([0.3, 0.9, 0.2, 0.5])
    found = fit_threshold(triggers, rate)
    assert found == pytest.approx(expected)
    assert (triggers >= found).mean() == rate


def test_the_silent_label_and_those_without_replies_do_not_trigger():
    logits = np.log([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    found = fit_ranking(logits, np.array([-1, -1]), LABELS, REPLIES, ROLES, 0.5)
    assert (found.silent, found.affirmative, found.negative) == (("third",), ("first",), ())
    assert found.threshold == pytest.approx(0.4) and found.trigger_rate == 0.5
    fewer = fit_ranking(logits, np.array([-1, -1]), LABELS, {"second": ["x"]}, {}, 0.5)
    assert fewer.threshold == pytest.approx(0.25)
    two = {"second": "silent", "third": "silent"}
    assert fit_ranking(logits, np.array([-1, -1]), LABELS, REPLIES, two, 0.5).threshold == (
        pytest.approx(0.35)
    )
    for replies in ({}, {"third": ["x"]}, {"first": []}):
        with pytest.raises(InputError, match="no label has one"):
            fit_ranking(logits, np.array([-1, -1]), LABELS, replies, ROLES, 0.5)
    with pytest.raises(InputError, match=r"trigger_rate must be 0..1, got 1.5"):
        fit_ranking(logits, np.array([-1, -1]), LABELS, REPLIES, ROLES, 1.5)


@pytest.mark.parametrize("mode", ["none", "int8"])
def test_the_temperature_is_in_the_file(mode):
    student, config = student_of("structured")
    samples = samples_of(config)
    model = file_of(student, mode, samples)
    cool = shrink(with_temperature(model, 4.0))
    before = scores(shrink(model), samples, True)
    expected = np.exp(log_softmax(np.log(before) / 4.0))
    for xnnpack in (True, False):
        np.testing.assert_allclose(scores(cool, samples, xnnpack), expected, atol=1e-5)
    names = [node.name for node in read_model(model).subgraphs[0].operators]
    assert [node.name for node in read_model(cool).subgraphs[0].operators] == names
    assert with_temperature(model, 1.0) is model


def test_an_export_chooses_replies(save):
    found = own("text")
    student = trained(text_student(), found.raw, found.targets, epochs=1)
    noisy = np.where(np.arange(96) % 10 < 3, (found.targets + 1) % 3, found.targets)
    given = {"targets": noisy, "replies": REPLIES, "roles": ROLES, "trigger_rate": 0.5}
    export = export_student(student, LABELS, found.samples, **given)
    model = load_bytes(export.content, trusted=True)
    rule = model.metadata.ranking
    assert (rule.silent, rule.affirmative, rule.trigger_rate) == (("third",), ("first",), 0.5)
    answers = model.predict(found.samples)
    assert np.mean([bool(answer.replies) for answer in answers]) == pytest.approx(0.5, abs=0.15)
    logits = student(found.raw).numpy()
    assert rule.silent_bias != 0.0
    calibrated = np.exp(log_softmax((logits + [0, 0, rule.silent_bias]) / rule.temperature))
    np.testing.assert_allclose(model.scores(found.samples), calibrated, atol=0.05)
    assert rule.temperature != 1.0
    shown = call("predict", save(export.content), found.samples[0], "--json", "-").stdout
    assert json.loads(shown)[0]["suggestions"]["threshold"] == rule.threshold
    ranked = export_student(student, LABELS, found.samples, **given, top_k=2)
    assert load_bytes(ranked.content, trusted=True).predict(found.samples[:1])[0].suggestions


def test_what_cannot_choose_replies():
    text, dense = own("text"), own("features")
    for found, given in (
        (text, {}),
        (dense, {"targets": dense.targets}),
    ):
        with pytest.raises(InputError, match="needs targets of a classifier of messages"):
            export_student(
                found.student, LABELS, found.samples, replies=REPLIES, trigger_rate=0.4, **given
            )
    for roles, words in (
        ({"fourth": "silent"}, "a role for 'fourth'"),
        ({"first": "loud"}, "the role of 'first' is 'loud'"),
        (["first"], "roles must map labels"),
    ):
        with pytest.raises(InputError, match=words):
            export_student(text.student, LABELS, text.samples, roles=roles)
