"""The search over bits: what it keeps, beside every choice; what it refuses; what it says."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from click.testing import CliRunner

from pnet_tf import load_bytes
from pnet_tf.cli import main
from pnet_tf.console.files import show_export
from pnet_tf.console.plain import as_plain
from pnet_tf.errors import InputError
from pnet_tf.export.freeze import Job, Valid
from pnet_tf.export.pipeline import export_student
from pnet_tf.export.precision import Space, auto, last_outputs, search_space
from pnet_tf.export.quantize import plain
from pnet_tf.export.shrink import shrink
from tests.export.quantized_heads import samples_of, student_of

TEN = tuple(f"label {number}" for number in range(10))


@pytest.fixture(scope="module")
def job():
    """A student whose answers are the labels, but for one in six."""
    student, config = student_of("structured")
    samples = samples_of(config, 120)
    targets = student(samples).numpy().argmax(axis=1)
    targets[::6] = (targets[::6] + 1) % 10
    return Job(student, student.spec, "classification", 10, valid=Valid(samples, targets, 0.0))


@pytest.fixture(scope="module")
def model(job):
    return plain(job)


@pytest.fixture(scope="module")
def every(job, model):
    """Bytes and accuracy of each of the 16 choices."""
    space = Space(model, job)
    picked = list(product(*(range(len(options)) for options in space.options)))
    return {one: (len(shrink(space.file(one))), space.score(one)) for one in picked}


@pytest.fixture(scope="module")
def exported(job):
    return export_student(
        job.student, TEN, job.valid.inputs, targets=job.valid.targets, quantize="auto",
        keep_accuracy=0.02, top_k=3,
    )  # fmt: skip


def space_of(job, model, keep):
    return Space(model, replace(job, valid=replace(job.valid, keep_accuracy=keep)))


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.05, 1.0])
def test_the_smallest_file_that_keeps_the_accuracy(job, model, every, keep):
    assert len(every) == 16
    space = space_of(job, model, keep)
    found = search_space(space)
    least = every[0, 0][1] - keep - 1e-9
    smallest = min(size for size, accuracy in every.values() if accuracy >= least)
    assert found.precision.accuracy >= least
    assert len(shrink(found.content)) == smallest
    assert found.precision.evaluations < 16 and found.precision.candidates == 8
    if keep == 1.0:
        assert smallest == min(size for size, _ in every.values())


def test_the_same_arguments_give_the_same_choice(job, model):
    first, second = (search_space(space_of(job, model, 0.01)) for _ in range(2))
    assert first.content == second.content
    assert replace(first.precision, seconds=0.0) == replace(second.precision, seconds=0.0)


def test_a_file_in_float_agrees_with_itself(job, model):
    space = Space(model, job)
    assert space.compare((0, 0))[1] == 1.0
    assert len(space.compared) == 10 and np.array_equal(space.compared[-1], space.valid.inputs[-1])
    logits = job.student(space.compared).numpy()
    assert np.abs(last_outputs(space.probe, space.compared) - logits).max() < 1e-4
    assert space.compare((0, 1))[1] > space.compare((0, 3))[1] > 0.9


def test_a_regression_keeps_the_variance_it_explains(job):
    values = job.student(job.valid.inputs).numpy()
    valid = Valid(job.valid.inputs, values + 0.1 * values.std(), 0.01)
    numbers = replace(job, task="regression", valid=valid)
    found = search_space(Space(plain(numbers), numbers))
    assert 0.9 < found.precision.float_accuracy < 1
    assert found.precision.accuracy >= found.precision.float_accuracy - 0.01
    assert {layer.bits for layer in found.precision.layers} <= {4, 8}


def test_the_file_and_the_report_say_auto(exported, job):
    metadata, report = load_bytes(exported.content).metadata, exported.report
    assert metadata.quantize == report.quantize == "auto"
    found = report.precision
    assert [(layer.name, layer.weights) for layer in found.layers] == [
        ("hidden_0", 96 * 64), ("logits", 640),
    ]  # fmt: skip
    assert report.valid.tflite == found.accuracy >= found.float_accuracy - 0.02
    assert as_plain(report)["precision"]["layers"][0]["bits"] == found.layers[0].bits


def test_a_person_is_shown_the_choice(exported, capsys):
    show_export(exported.report)
    shown = " ".join(capsys.readouterr().out.split())
    layer, found = exported.report.precision.layers[0], exported.report.precision
    assert f"6,144 weights of {layer.bits} bits, {layer.activations} activations" in shown
    assert f"R^2 {found.r_squared:.5f}" in shown
    assert f"{found.candidates} candidates on ten inputs, {found.evaluations} evaluations" in shown


@pytest.mark.parametrize(
    ("keep", "mode", "message"),
    [
        (-0.1, "auto", "keep_accuracy must be 0..1, got -0.1"),
        (1.5, "auto", "keep_accuracy must be 0..1, got 1.5"),
        (float("nan"), "auto", "keep_accuracy must be 0..1, got nan"),
        (True, "auto", "keep_accuracy must be 0..1, got True"),
        (0.01, "int8", "keep_accuracy must be left out unless quantize is auto, got 0.01"),
        (0.01, None, "keep_accuracy must be left out unless quantize is auto, got 0.01"),
    ],
)
def test_an_accuracy_that_cannot_be_kept(job, keep, mode, message):
    samples, targets = job.valid.inputs, job.valid.targets
    with pytest.raises(InputError, match=f"^{message}$"):
        export_student(
            job.student, TEN, samples, targets=targets, quantize=mode, keep_accuracy=keep
        )


@pytest.mark.parametrize("options", [["--quantize", "auto", "--keep-accuracy", "2"],
                                     ["--keep-accuracy", "0.5"]])  # fmt: skip
def test_the_command_says_it_in_a_sentence(options, tmp_path):
    target = tmp_path / "model.tflite"
    done = CliRunner().invoke(main, ["export", "no_run", "--tflite", str(target), *options])
    assert done.exit_code == 2 and done.output.startswith("Error: --keep-accuracy must be ")
    assert len(done.output.splitlines()) == 1 and not target.exists()


def test_what_auto_does_not_fit(job):
    with pytest.raises(InputError, match="quantize auto needs targets"):
        export_student(job.student, TEN, job.valid.inputs, quantize="auto")
    aware, config = student_of("structured", qat="int8")
    samples = samples_of(config, 8)
    aware(samples, training=True)
    with pytest.raises(InputError, match="trained with qat int8, got 'auto'"):
        export_student(aware, TEN, samples, targets=np.arange(8), quantize="auto")
    lookup, config = student_of("lookup")
    tables = Job(lookup, lookup.spec, "classification", 10)
    valid = Valid(samples_of(config, 8), np.arange(8), 0.0)
    with pytest.raises(InputError, match="finds no dense or convolutional layer"):
        auto(replace(tables, valid=valid))
