"""Runs of schema 1, as the first versions wrote them, are read and go on."""

import json
import shutil

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.model import build_student
from pnet_tf.parsing import Component
from pnet_tf.projections.local import ternary_filters
from pnet_tf.runs import directory as runs
from pnet_tf.runs.evaluate import evaluate_run
from pnet_tf.runs.load import load_student, load_trainer
from pnet_tf.runs.schema import upgraded
from pnet_tf.runs.train import resume, train
from pnet_tf.settings import Augment, LossSettings

from ..training.small import ALONE, TAUGHT, same, weights
from .test_resume import Camera, arrays

pytestmark = pytest.mark.usefixtures("eager")
FIRST = {
    "schema": 1,
    "version": "0.1.0",
    "data": "t.csv",
    "task": "classification",
    "input": {"kind": "text", "byte_length": 16},
    "outputs": 2,
    "projection": {"seed": 1, "name": "text", "functions": 2, "bits": 4, "tokens": 4, "hashes": 2},
    "head": {"name": "sequence", "embedding": 4, "channels": 4, "rank": 2},
    "qat": "none",
    "prune": 0.5,
    "cluster": 0,
    "trainer": None,
    "settings": {
        "byte_length": 16,
        "projection": {"name": "text", "functions": 2, "bits": 4, "tokens": 4, "hashes": 2},
        "head": {"name": "sequence", "embedding": 4, "channels": 4, "rank": 2},
        "trainer": {},
        "loss": {"lambdas": [1.0, 0.1, 1.0], "label_smoothing": 0.1},
        "schedule": {"epochs": 3, "min_updates": 0, "batch_size": 8},
        "augment": {"misspell": 0.1},
        "class_weights": False,
        "freeze_trainer": False,
        "trainer_weights": None,
        "teacher_logits": None,
        "qat": "int4",
        "prune": 0.5,
        "cluster": 0,
        "valid_fraction": 0.1,
        "seed": 1,
    },
}
"""A config.json of version 0.1.0; its head was built without the qat of its settings."""


def as_first(path):
    """Rewrite config.json of the run `path` as version 0.1.0 had it."""
    config = json.loads((path / runs.CONFIG).read_text())
    config |= {"schema": 1}
    del config["data_sha256"], config["teacher_sha256"]
    settings = config["settings"]
    config["projection"] = {"seed": settings["seed"], **settings["projection"]}
    config |= {key: settings[key] for key in ("head", "qat", "prune", "cluster")}
    settings |= {"loss": {}, "augment": {}}
    if settings["trainer"]["name"] == "none":
        settings["trainer"] = {}
    (path / runs.CONFIG).write_text(json.dumps(config))
    return path


def read(tmp_path, config):
    (tmp_path / runs.CONFIG).write_text(json.dumps(config))
    labels = {"labels": ["close", "open"], "replies": {}}
    (tmp_path / runs.LABELS).write_text(json.dumps(labels))
    return runs.read_run(tmp_path).config


def test_the_student_is_as_it_was_built(tmp_path):
    config = read(tmp_path, FIRST)
    assert config.student.projection == Component("text", {k: v for k, v in
                                                           FIRST["projection"].items()
                                                           if k != "name"})  # fmt: skip
    assert (config.student.qat, config.student.prune) == ("none", 0.5)
    settings = config.settings
    assert settings.trainer == Component("none") and settings.augment == Augment(misspell=0.1)
    assert settings.loss == LossSettings(label_smoothing=0.1) and settings.schedule.epochs == 3
    assert (config.data_sha256, config.teacher_sha256) == ("", "")


def test_a_local_head_keeps_its_own_seed(tmp_path):
    """Then a local head had seed 0 whatever the run's; now it takes over the projection's."""
    local = {"projection": {"seed": 7, "name": "local", "filters": 2},
             "head": {"name": "local", "channels": [4, 4], "strides": [1, 1]},
             "input": {"kind": "image", "shape": [8, 8, 1]}}  # fmt: skip
    for head, seed in ((local["head"], 0), ({**local["head"], "seed": 5}, 5)):
        student = build_student(read(tmp_path, {**FIRST, **local, "head": head}).student)
        filters = student.head.get_layer("block_1_filters").get_weights()[0]
        np.testing.assert_array_equal(filters, ternary_filters(3, 4, 1, seed + 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"head": ...}, "lacks head: it is no whole run"),
        ({"settings": ..., "data": ...}, "lacks settings, data: it is no whole run"),
        ({"settings": 5}, "settings must be an object, got 5"),
        ({"head": 5}, "head must be an object, got 5"),
        ({"colour": 5}, "colour does not exist"),
        ({"settings": {**FIRST["settings"], "seed": "1"}}, "seed must be a whole number"),
        ({"settings": {**FIRST["settings"], "trainer": 5}}, "trainer must be an object, got 5"),
        ({"outputs": 3}, "has 2 labels for 3 outputs"),
    ],
)
def test_damaged_ones_are_refused(tmp_path, change, words):
    config = {key: value for key, value in {**FIRST, **change}.items() if value is not ...}
    with pytest.raises(InputError, match=words):
        read(tmp_path, config)


@pytest.mark.parametrize("schema", [0, 3, 1.0, True, "1", None, [1]])
def test_other_schemas_are_refused(tmp_path, schema):
    with pytest.raises(InputError, match="this version reads 1 and 2"):
        upgraded({**FIRST, "schema": schema}, tmp_path / "config.json")


def test_the_newest_is_left_as_it_is(tmp_path):
    content = {"schema": 2, "settings": {"seed": 1}}
    assert upgraded(content, tmp_path) == {"settings": {"seed": 1}}
    assert content["schema"] == 2


@pytest.mark.parametrize("kind", ["dense", "image"])
def test_a_finished_run_answers_as_before(copy, finished, sources, kind):
    old, new = runs.read_finished_run(as_first(copy(kind))), runs.read_run(finished(kind))
    assert same(weights(load_student(old)), weights(load_student(new)))
    assert same(weights(load_trainer(old).model), weights(load_trainer(new).model))
    assert evaluate_run(old.path, sources[kind]) == evaluate_run(new.path, sources[kind])


@pytest.mark.parametrize("settings", [TAUGHT, ALONE], ids=["taught", "alone"])
def test_a_half_trained_run_goes_on(sources, tmp_path, settings):
    camera = Camera(tmp_path / "run")
    train(sources["dense"], camera.out, settings, watch=camera)
    for epoch in (0, 1):
        old = as_first(shutil.copytree(camera.shot(epoch), tmp_path / f"old-{epoch}"))
        assert resume(sources["dense"], old).epochs == 2
        assert same(arrays(old), arrays(camera.out))
