"""Damaged runs end in one sentence, whatever reads them."""

import json
from itertools import product

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs import export
from pnet_tf.runs.evaluate import evaluate_run
from pnet_tf.runs.export import export_run
from pnet_tf.runs.load import load_student, load_trainer
from pnet_tf.runs.samples import load_samples

pytestmark = pytest.mark.usefixtures("eager")
DEEP = "[" * 100_000
NAN = float("nan")
DELETE = object()


def put(key, value):
    """`a.b` and a value as a change of the JSON of a file."""

    def change(content):
        *before, last = key.split(".")
        inner = content
        for name in before:
            inner = inner[name]
        if value is DELETE:
            del inner[last]
        else:
            inner[last] = value
        return content

    return change


CONFIG = {
    "input: 5": put("input", 5),
    "input of another kind": put("input", {"kind": "sound", "shape": [6]}),
    "input of no size": put("input", {"kind": "dense", "shape": [0]}),
    "settings: {}": put("settings", {}),
    "settings: []": put("settings", []),
    "no settings": put("settings", DELETE),
    "no head": put("settings.head", DELETE),
    "head without a name": put("settings.head", {"units": [4]}),
    "seed NaN": put("settings.seed", NAN),
    "temperature NaN": put("settings.loss.temperature", NAN),
    "infinite rate": put("settings.schedule.learning_rate", float("inf")),
    "an unknown setting": put("settings.colour", "red"),
    'outputs: "3"': put("outputs", "3"),
    "outputs: 2": put("outputs", 2),
    "outputs: true": put("outputs", True),
    "outputs: null": put("outputs", None),
    "encoder NaN": put("trainer.encoder.mean", [NAN] * 6),
    "trainer: 5": put("trainer", 5),
    "schema: 3": put("schema", 3),
    "schema 1 of what is none": put("schema", 1),
    "version: 5": put("version", 5),
    "task: ranking": put("task", "ranking"),
    "a list": lambda content: [content],
    "deep": lambda content: DEEP,
    "empty": lambda content: "",
}
LABELS = {
    "labels: [1, 2, 3]": put("labels", [1, 2, 3]),
    "labels twice": put("labels", ["0", "1", "1"]),
    "a label less": put("labels", ["0", "1"]),
    "no labels": put("labels", []),
    "an empty label": put("labels", ["0", "", "2"]),
    "a line break": put("labels", ["0", "1\n", "2"]),
    "replies of no label": put("replies", {"3": ["hello"]}),
    "an escape sequence": put("replies", {"0": ["\x1b[2J"]}),
    "labels null": put("labels", None),
    "replies: []": put("replies", []),
    "replies of numbers": put("replies", {"0": [5]}),
    "no replies": put("replies", DELETE),
    "deep": lambda content: DEEP,
}
STUDENT = {
    "another projection": put("settings.projection", {"name": "text"}),
    "no such projection": put("settings.projection", {"name": "sphere"}),
    "options of another type": put("settings.projection", {"name": "structured", "bits": "4"}),
    "no such head": put("settings.head.name", "tree"),
    "a head for images": put("settings.head", {"name": "local"}),
    "a head of other weights": put("settings.head", {"name": "dense", "units": [4]}),
    "quantised otherwise": put("settings.qat", "int8"),
}
TRAINER = {
    'trainer: {"spec": 5}': put("trainer", {"spec": 5}),
    "trainer: {}": put("trainer", {}),
    "no such trainer": put("trainer.spec", "resnet"),
    "of another kind": put("trainer.kind", "image"),
    "encoder: {}": put("trainer.encoder", {}),
    "encoder of text": put("trainer.encoder.mean", "ab"),
    "encoder of fewer": put("trainer.encoder.mean", [0.0]),
    "encoder without spread": put("trainer.encoder.deviation", [0.0] * 6),
    "options of another network": put("trainer.options", {"embedding": -1}),
    "units: []": put("trainer.options.units", []),
    "units: [0]": put("trainer.options.units", [0]),
    "other units": put("trainer.options.units", [5]),
    "input_shape: []": put("trainer.input_shape", []),
    "input_shape: [5]": put("trainer.input_shape", [5]),
    "outputs: 2": put("trainer.outputs", 2),
    "outputs: 10**9": put("trainer.outputs", 10**9),
    "seed: -1": put("trainer.seed", -1),
}


def change(path, how):
    found = how(json.loads(path.read_text()))
    path.write_text(found if isinstance(found, str) else json.dumps(found))


def refused(act):
    with pytest.raises(InputError) as caught:
        act()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def read(path):
    return runs.read_finished_run(path)


@pytest.mark.parametrize(
    ("name", "how"),
    [*product([runs.CONFIG], CONFIG.values()), *product([runs.LABELS], LABELS.values())],
    ids=[*CONFIG, *(f"labels.json {name}" for name in LABELS)],
)
def test_what_nobody_can_read(copy, sources, name, how):
    path = copy()
    change(path / name, how)
    for act in (read, lambda p: evaluate_run(p, sources["dense"]), lambda p: export_run(p, "x")):
        refused(lambda act=act: act(path))


@pytest.mark.parametrize("how", STUDENT.values(), ids=STUDENT)
def test_students_that_cannot_be(copy, tmp_path, how):
    path = copy()
    change(path / runs.CONFIG, how)
    refused(lambda: load_student(read(path)))
    refused(lambda: export_run(path, tmp_path / "m.tflite"))
    assert not (tmp_path / "m.tflite").exists()


@pytest.mark.parametrize("how", TRAINER.values(), ids=TRAINER)
def test_trainers_that_cannot_be(copy, sources, how):
    path = copy()
    change(path / runs.CONFIG, how)
    refused(lambda: load_trainer(read(path)))
    refused(lambda: evaluate_run(path, sources["dense"]))
    assert load_student(read(path)).spec.shape == (6,)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("text", put("trainer.encoder.tokens", 0)),
        ("text", put("trainer.encoder.buckets", 32)),
        ("text", put("trainer.options.embedding", -1)),
        ("image", put("trainer.input_shape", [3, 3])),
        ("image", put("trainer.input_shape", [9, 9, 1])),
        ("image", put("trainer.options.units", [True])),
        ("values", put("trainer.task", "ranking")),
    ],
)
def test_trainers_of_other_kinds_that_cannot_be(copy, kind, how):
    path = copy(kind)
    change(path / runs.CONFIG, how)
    refused(lambda: load_trainer(read(path)))


ARRAYS = {
    "empty": lambda found: [],
    "one less": lambda found: found[:-1],
    "one more": lambda found: [*found, found[0]],
    "another shape": lambda found: [found[0][:-1], *found[1:]],
    "double precision": lambda found: [a.astype(np.float64) for a in found],
    "whole numbers": lambda found: [a.astype(np.int32) for a in found],
    "text": lambda found: [a.astype(str) for a in found],
}
SAMPLES = {
    "empty": lambda found: [],
    "no targets": lambda found: found[:2],
    "fewer targets": lambda found: [found[0], found[1], found[2][:-1]],
    "no examples": lambda found: [found[0], found[1][:0], found[2][:0]],
    "another type": lambda found: [found[0].astype(np.float64), *found[1:]],
    "other features": lambda found: [found[0], found[1][:, :5], found[2]],
    "inputs NaN": lambda found: [found[0], found[1] * np.float32(NAN), found[2]],
    "targets as text": lambda found: [*found[:2], found[2].astype(str)],
    "targets as values": lambda found: [*found[:2], found[2][:, None].astype(np.float32)],
    "scalars": lambda found: [np.float32(1), np.float32(1), np.int64(1)],
    "no calibration": lambda found: [found[0][:0], *found[1:]],
}


def rewrite(path, how):
    found, extra = runs.load_arrays(path)
    runs.save_arrays(path, how(found), **extra)


@pytest.mark.parametrize("how", ARRAYS.values(), ids=ARRAYS)
def test_weights_of_another_model(copy, sources, how):
    path = copy()
    for name in (runs.STUDENT, runs.TRAINER):
        rewrite(path / name, how)
    refused(lambda: load_student(read(path)))
    refused(lambda: load_trainer(read(path)))
    refused(lambda: evaluate_run(path, sources["dense"]))


@pytest.mark.parametrize("how", SAMPLES.values(), ids=SAMPLES)
def test_samples_of_another_run(copy, tmp_path, how):
    path = copy()
    rewrite(path / runs.SAMPLES, how)
    refused(lambda: load_samples(read(path)))
    refused(lambda: export_run(path, tmp_path / "m.tflite"))


@pytest.mark.parametrize(
    "targets", [np.zeros((4, 1), np.float32), np.zeros(4, np.float32), np.arange(4)]
)
def test_samples_of_values_have_as_many_columns(copy, targets):
    path = copy("values")
    assert load_samples(read(path)).targets.shape == (4, 2)
    rewrite(path / runs.SAMPLES, lambda found: [*found[:2], targets])
    refused(lambda: load_samples(read(path)))


@pytest.mark.parametrize("name", [runs.STUDENT, runs.TRAINER, runs.SAMPLES])
def test_files_cut_short_or_missing(copy, tmp_path, name):
    path, readers = copy(), {runs.STUDENT: load_student, runs.TRAINER: load_trainer,
                             runs.SAMPLES: load_samples}  # fmt: skip
    whole = (path / name).read_bytes()
    for content in (whole[:-40], whole[:50], b"", b"x" * 99):
        (path / name).write_bytes(content)
        refused(lambda: readers[name](read(path)))
    (path / name).unlink()
    refused(lambda: readers[name](read(path)))


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", DEEP, "\x00"])
def test_a_report_that_is_none(copy, tmp_path, text):
    path = copy()
    (path / runs.REPORT).write_text(text)
    refused(lambda: export_run(path, tmp_path / "m.tflite"))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999"])
def test_a_report_of_no_numbers_is_named(copy, tmp_path, number):
    path = copy()
    (path / runs.REPORT).write_text(f'{{"epochs": {number}}}')
    with pytest.raises(InputError, match=r"report\.json is damaged: 'epochs' is (nan|-?inf)$"):
        export_run(path, tmp_path / "m.tflite")


def test_a_report_of_other_things_tells_its_numbers_alone(copy, monkeypatch):
    told = {}
    monkeypatch.setattr(export, "export_student", lambda *a, **k: told.update(k) or 1 / 0)
    path = copy()
    strange = {"epochs": 2, "train_examples": "36", "valid_projection_accuracy": True,
               "valid_trainer_accuracy": [1], "more": 5}  # fmt: skip
    (path / runs.REPORT).write_text(json.dumps(strange))
    with pytest.raises(ZeroDivisionError):
        export_run(path, path.parent / "m.tflite")
    assert told["training"] == {"epochs": 2} and told["trainer_score"] is None
