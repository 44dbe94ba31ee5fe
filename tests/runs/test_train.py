"""`train`: what a finished run holds; the split that settings decide; the same student as `fit`."""

import csv
import json

import numpy as np
import pytest

from pnet_tf.data import data_sha256, load_dataset
from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.load import load_student, load_trainer
from pnet_tf.runs.samples import load_samples
from pnet_tf.runs.train import train
from pnet_tf.settings import make_settings
from pnet_tf.training.fit import fit
from pnet_tf.training.joint import JointFit

from ..training.small import ALONE, TAUGHT, WORDS, same, weights
from .conftest import SETTINGS


def history(path):
    return list(csv.DictReader((path / runs.HISTORY).read_text().splitlines()))


def test_train_and_fit_give_the_same_networks_bit_for_bit(sources, tmp_path):
    """Traced, as users run it."""
    report = train(sources["dense"], tmp_path / "run", TAUGHT)
    found = fit(load_dataset(sources["dense"]), TAUGHT)
    run = runs.read_finished_run(tmp_path / "run")
    assert same(weights(load_student(run)), weights(found.student))
    assert same(weights(load_trainer(run).model), weights(found.trainer.model))
    assert report.epochs == 2 and report.train_examples == 36 and report.valid_examples == 4
    assert report.valid_trainer_accuracy == found.best["valid_trainer_accuracy"]
    assert report.parameters == found.student.head.count_params() and report.bits == 16


@pytest.mark.parametrize("kind", ["dense", "values", "text", "image"])
def test_a_finished_run_is_whole(finished, sources, kind):
    path = finished(kind)
    names = {item.name for item in path.iterdir()}
    assert names == {"config.json", "labels.json", "student.npz", "trainer.npz", "history.csv",
                     "report.json", "samples.npz", "tensorboard"}  # fmt: skip
    run = runs.read_finished_run(path)
    assert run.config.data == sources[kind] and run.config.teacher_sha256 == ""
    assert run.config.data_sha256 == data_sha256(load_dataset(sources[kind]))
    assert run.config.settings == make_settings(run.config.input.kind, SETTINGS[kind])
    assert load_student(run).spec == run.config.input
    rows = history(path)
    assert [row["epoch"] for row in rows] == ["1", "2"]
    metric = "mse" if kind == "values" else "accuracy"
    report = runs.read_json(path / runs.REPORT)
    assert report[f"valid_projection_{metric}"] == float(rows[-1][f"valid_projection_{metric}"])
    samples = load_samples(run)
    assert len(samples.calibration) == 36 and len(samples.inputs) == len(samples.targets) == 4


@pytest.mark.parametrize("given", [{"seed": 3}, {"valid_fraction": 0.3},
                                   {"seed": 4, "valid_fraction": 0.5}])  # fmt: skip
def test_settings_decide_the_split(eager, sources, tmp_path, given):
    train(sources["text"], tmp_path / "run", [WORDS, given])
    run = runs.read_finished_run(tmp_path / "run")
    expected, usual = load_dataset(sources["text"], **given), load_dataset(sources["text"])
    assert run.config.data_sha256 == data_sha256(expected) != data_sha256(usual)
    rows = [run.config.input.encode(data.valid.inputs).array for data in (expected, usual)]
    held = {row.tobytes() for row in load_samples(run).inputs}
    assert held == {row.tobytes() for row in rows[0]} != {row.tobytes() for row in rows[1]}
    report = runs.read_json(run.path / runs.REPORT)
    assert report["valid_examples"] == len(expected.valid.targets)


def test_a_recipe_decides_the_split_too(eager, sources, tmp_path, monkeypatch):
    recipe = {**make_settings("dense", ALONE).to_json(), "seed": 6, "valid_fraction": 0.4}
    monkeypatch.setattr("pnet_tf.settings.recipes.recipe_names", lambda: ["mine"])
    monkeypatch.setattr("pnet_tf.settings.making.read_recipe", lambda name: recipe)
    train(sources["dense"], tmp_path / "run", recipe="mine")
    config = runs.read_run(tmp_path / "run").config
    expected = load_dataset(sources["dense"], seed=6, valid_fraction=0.4)
    assert config.settings.seed == 6 and config.data_sha256 == data_sha256(expected)


def test_the_best_epoch_is_the_one_that_is_told(eager, sources, tmp_path, monkeypatch):
    told = iter([0.25, 0.75, 0.5, 0.25])
    monkeypatch.setattr(JointFit, "_score", lambda fit, logits: next(told))
    patient = {"schedule": {"epochs": 12, "patience": 2, "batch_size": 64}}
    report = train(sources["dense"], tmp_path / "run", [ALONE, patient])
    rows = history(tmp_path / "run")
    scores = [float(row["valid_projection_accuracy"]) for row in rows]
    assert scores == [0.25, 0.75, 0.5, 0.25] and report.epochs == 4
    assert report.valid_projection_accuracy == 0.75


def test_stored_logits_are_told_in_the_configuration(eager, sources, tmp_path):
    logits = np.random.default_rng(0).normal(size=(36, 3)).astype(np.float32)
    np.savez(tmp_path / "l.npz", logits=logits)
    settings = [TAUGHT, {"teacher_logits": str(tmp_path / "l.npz")}]
    train(sources["dense"], tmp_path / "run", settings)
    run = runs.read_finished_run(tmp_path / "run")
    assert len(run.config.teacher_sha256) == 64 and run.config.trainer is None
    assert not (run.path / runs.TRAINER).exists() and load_trainer(run) is None
    assert "distillation_loss" in (run.path / runs.HISTORY).read_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schedule": {"epochs": 1.5}}, "schedule.epochs must be a whole number"),
        ({"head": {"name": "sequence"}}, "needs token vectors"),
        ({"loss": {"terms": {"depth": {}}}}, "loss term must be one of"),
        ({"teacher_logits": "nowhere.npz"}, "nowhere.npz: no such file"),
        ({"freeze_trainer": True}, "freeze_trainer needs trainer_weights"),
        ({"augment": {"shift": 1}}, "augment for dense inputs takes nothing"),
    ],
)
def test_bad_settings_leave_no_folder(sources, tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        train(sources["dense"], tmp_path / "a" / "run", [TAUGHT, change])
    assert not any(tmp_path.iterdir())


def test_bad_data_leave_no_folder_and_a_taken_one_is_told_first(sources, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        train("nowhere.csv", tmp_path / "run")
    assert not any(tmp_path.iterdir())
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").write_text("x")
    with pytest.raises(InputError, match="exists already"):
        train("nowhere.csv", tmp_path / "run")
    assert (tmp_path / "run" / "mine").read_text() == "x"


def test_the_configuration_is_json_that_people_can_read(finished):
    text = (finished("text") / runs.CONFIG).read_text()
    assert json.loads(text)["input"] == {"kind": "text", "byte_length": 16}
    assert text.startswith('{\n "schema": 2,\n "version": ') and text.endswith("}\n")
