"""A way to store the head that another package brings, beside those of this one."""

from importlib import import_module

import numpy as np
import pytest

from pnet_tf import load_bytes
from pnet_tf._keras import tf
from pnet_tf.errors import InputError, WorkError
from pnet_tf.export import freeze, quantize
from pnet_tf.export.pipeline import export_student
from pnet_tf.model import answers
from pnet_tf.names import QUANTIZATIONS, Names
from pnet_tf.tflite.modes import Mode
from pnet_tf.tflite.reader import read_model
from tests.export.own_students import LABELS, feature_student, features, own
from tests.export.quantized_heads import bits_of


def half(job):
    """Weights float16, by the converter's public option."""
    with freeze.converter(job) as made:
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        made.target_spec.supported_types = [tf.float16]
        return made.convert()


FLOAT16 = Mode(
    "float16", "float16 weights", same_label=0.99, max_difference=0.01, oldest=True,
    convert="tests.export.test_modes:half",
)  # fmt: skip
STRICT = Mode(
    "strict", "float32 that is more than equal", same_label=1.1, max_difference=1.0, oldest=True,
    convert="pnet_tf.export.quantize:plain",
)  # fmt: skip
EXACT = Mode(
    "exact", "int8 weights that change nothing", same_label=0.0, max_difference=0.0, oldest=True,
    convert="pnet_tf.export.quantize:dynamic",
)  # fmt: skip


@pytest.fixture
def table(monkeypatch):
    """The table of modes, which is as it was afterwards."""
    monkeypatch.setattr(QUANTIZATIONS, "_entries", dict(QUANTIZATIONS._entries))
    return QUANTIZATIONS


def test_what_the_modes_of_this_package_promise():
    modes = [QUANTIZATIONS.get(name) for name in QUANTIZATIONS.names()]
    assert [mode.name for mode in modes] == ["none", "dynamic", "int8", "int4", "auto"]
    floors, ceilings = ([getattr(m, n) for m in modes] for n in ("same_label", "max_difference"))
    assert floors == sorted(floors, reverse=True) and ceilings == sorted(ceilings)
    assert [mode.oldest for mode in modes] == [True, True, False, False, False]
    for mode in modes:
        module, _, function = mode.convert.partition(":")
        assert module == f"pnet_tf.export.{'precision' if mode.name == 'auto' else 'quantize'}"
        assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("target", [FLOAT16, "tests.export.test_modes:FLOAT16"])
def test_a_mode_from_outside(table, target):
    found = own("features")
    table.register("float16", target)
    export = export_student(
        found.student, LABELS, found.samples, targets=found.targets, quantize="float16"
    )
    model = load_bytes(export.content)
    assert export.report.quantize == model.metadata.quantize == "float16"
    expected = answers(found.student, found.raw, "classification").numpy()
    assert np.abs(model.scores(found.samples) - expected).max() < 0.01
    assert np.array_equal(bits_of(export.content, found.raw[:8], found.bits[:8]), found.bits[:8])
    tensors = read_model(export.content).subgraphs[0].tensors
    assert any(tensor.type == "FLOAT16" for tensor in tensors)
    assert not any(tensor.type == "INT8" and tensor.scales for tensor in tensors)


def test_a_mode_that_is_not_registered_does_not_exist():
    assert "float16" not in QUANTIZATIONS.names()
    with pytest.raises(InputError, match="none, dynamic, int8, int4, auto, got 'float16'"):
        export_student(feature_student(), LABELS, features(8), quantize="float16")


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (STRICT, r"same top label 1\.000 \(needed 1\.1\)"),
        (EXACT, r"largest difference 0\.\d+ \(allowed 0\.0\)"),
    ],
)
def test_a_promise_that_is_not_kept_is_no_file(table, mode, message):
    found = own("features")
    table.register(mode.name, mode)
    with pytest.raises(WorkError, match=f"^the {mode.name} file disagrees .*{message}"):
        export_student(found.student, LABELS, found.samples, quantize=mode.name)


def test_a_mode_that_needs_samples_is_given_the_calibration(table):
    seen = []

    def look(job):
        seen.append(job)
        return quantize.plain(job)

    quantize.look = look
    table.register("look", Mode("look", "float32", 0.9, 0.1, True, "pnet_tf.export.quantize:look"))
    try:
        export_student(
            feature_student(), LABELS, features(8), calibration=features(9)[8:], quantize="look"
        )
    finally:
        del quantize.look
    (job,) = seen
    np.testing.assert_array_equal(job.samples, features(9)[8:])
    assert (job.task, job.outputs, job.top_k) == ("classification", 3, None)


@pytest.mark.parametrize("mode", ["none", "dynamic", "int8", "int4", "float16"])
def test_an_export_converts_once(table, monkeypatch, mode):
    table.register("float16", FLOAT16)
    calls, converter = [], freeze.converter

    def counted(job):
        calls.append(job)
        return converter(job)

    for module in (freeze, quantize):
        monkeypatch.setattr(module, "converter", counted)
    found = own("features")
    export_student(found.student, LABELS, found.samples, targets=found.targets, quantize=mode)
    assert len(calls) == 1


def test_tables_of_names_hold_an_entry_of_text_only():
    with pytest.raises(InputError, match="the name of a quantize must be text, got 3"):
        Names("quantize", "none_such", {}).register(3, FLOAT16)
