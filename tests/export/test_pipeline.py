"""One export from end to end: what is written, what is reported, and what it is compared on."""

import numpy as np
import pytest

from pnet_tf import load_bytes, load_model
from pnet_tf.errors import InputError
from pnet_tf.export import pipeline
from pnet_tf.export.pipeline import export_student
from tests.export.own_students import LABELS, feature_student, features
from tests.export.quantized_heads import samples_of, student_of

TEN = tuple(f"label {number}" for number in range(10))


@pytest.fixture(scope="module")
def student():
    return student_of("structured")[0]


@pytest.fixture(scope="module")
def samples():
    return samples_of(student_of("structured")[1], 40)


@pytest.fixture(scope="module")
def exported(student, samples):
    return export_student(
        student, TEN, samples, targets=np.arange(40) % 10, replies={TEN[0]: ["yes", "no"]},
        training={"epochs": 3}, projection={"name": "mine", "seed": 4}, trainer_score=0.75,
    )  # fmt: skip


def test_the_metadata_say_what_was_given(exported):
    metadata = load_bytes(exported.content).metadata
    assert (metadata.labels, metadata.task, metadata.quantize) == (TEN, "classification", "dynamic")
    assert metadata.replies == {TEN[0]: ("yes", "no")}
    assert metadata.training == {"epochs": 3} and metadata.projection["seed"] == 4
    assert metadata.oldest_runtime == exported.report.oldest_runtime


def test_the_report_compares_and_scores(exported, student, samples):
    report = exported.report
    assert {parity.samples for parity in report.parity} == {40}
    assert [parity.runtime.split(", ")[-1] for parity in report.parity][:2] == [
        "XNNPACK on", "XNNPACK off",
    ]  # fmt: skip
    right = float(np.mean(student(samples).numpy().argmax(1) == np.arange(40) % 10))
    assert (report.valid.trainer, report.valid.student) == (0.75, pytest.approx(right))
    assert report.valid.examples == 40
    assert report.parameters == student.head.count_params() and report.bits == 96
    assert report.macs == 96 * 64 + 64 * 10


def test_the_same_student_gives_the_same_file(exported, student, samples):
    again = export_student(
        student, TEN, samples, targets=np.arange(40) % 10, replies={TEN[0]: ["yes", "no"]},
        training={"epochs": 3}, projection={"name": "mine", "seed": 4},
    )  # fmt: skip
    assert again.content == exported.content and again.report.valid.trainer is None


def test_saving_writes_the_file_whole(exported, tmp_path):
    report = exported.save(tmp_path / "model.tflite")
    assert (tmp_path / "model.tflite").read_bytes() == exported.content
    assert report.file == str(tmp_path / "model.tflite") and exported.report.file == ""
    assert load_model(tmp_path / "model.tflite").labels == TEN
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
    with pytest.raises(InputError, match="make the folder first"):
        exported.save(tmp_path / "none" / "model.tflite")


def test_top_k_agrees_with_all_scores(exported, student, samples):
    top = export_student(student, TEN, samples, top_k=3)
    assert load_bytes(top.content).metadata.top_k == 3
    both = [load_bytes(made.content, trusted=True) for made in (exported, top)]
    full, best = (model.predict(samples, top=3) for model in both)
    assert [[p.label for p in a.predictions] for a in full] == [
        [p.label for p in a.predictions] for a in best
    ]
    assert top.report.valid.student is None and top.report.valid.examples == 0


def test_at_most_so_many_samples_are_compared_and_calibrate(monkeypatch):
    monkeypatch.setattr(pipeline, "PARITY_SAMPLES", 5)
    monkeypatch.setattr(pipeline, "CALIBRATION_SAMPLES", 7)
    jobs, convert = [], pipeline.convert

    def kept(job, mode):
        jobs.append(job)
        return convert(job, mode)

    monkeypatch.setattr(pipeline, "convert", kept)
    rows = features(30)
    export = export_student(
        feature_student(), LABELS, rows, targets=np.arange(30) % 3, quantize="none"
    )
    assert {parity.samples for parity in export.report.parity} == {5}
    np.testing.assert_array_equal(jobs[0].samples, rows[:7])
    assert export.report.valid.examples == 30


@pytest.mark.parametrize("qat", ["int8", "int4"])
def test_a_student_trained_for_a_mode_is_stored_in_it(qat):
    student, config = student_of("structured", qat=qat)
    student(samples_of(config, 16), training=True)
    export = export_student(student, TEN, samples_of(config, 16))
    assert export.report.quantize == load_bytes(export.content).metadata.quantize == qat
