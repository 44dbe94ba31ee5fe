"""A run whose terms compare layers: resumed exactly, and nothing of them in what it leaves."""

import json
import shutil

import pytest

from pnet_tf.runs import directory as runs
from pnet_tf.runs.train import resume, train

from ..calls import call
from ..training.small import TAUGHT, same
from .test_resume import Camera, arrays, outcome

pytestmark = pytest.mark.usefixtures("eager")
HIDDEN = {**TAUGHT, "head": {"name": "dense", "units": [5]}}
TERMS = {"loss": {"terms": {"hints": {"weight": 2}, "representation": {"weight": 3}}}}


def test_a_killed_training_ends_as_one_that_was_not(sources, tmp_path):
    camera = Camera(tmp_path / "whole")
    train(sources["dense"], camera.out, [HIDDEN, TERMS], watch=camera)
    for shot in sorted(tmp_path.glob("whole-*")):
        resume(sources["dense"], shot)
        assert outcome(shot) == outcome(camera.out)
        assert same(arrays(shot), arrays(camera.out))


def test_a_damaged_checkpoint_of_hints_is_refused(sources, tmp_path):
    """One of a run without the term is no checkpoint of a run with it."""
    shots = {}
    for name, settings in (("with", [HIDDEN, TERMS]), ("without", [HIDDEN])):
        camera = Camera(tmp_path / name)
        train(sources["dense"], camera.out, settings, watch=camera)
        shots[name] = camera.shot(1)
    shutil.copy(shots["without"] / runs.CHECKPOINT, shots["with"] / runs.CHECKPOINT)
    told = call("train", sources["dense"], "--out", shots["with"], "--resume", code=2)
    assert "checkpoint does not fit the models of this run" in told.stderr


def test_the_command_takes_weights_by_name_and_exports_nothing_of_them(sources, tmp_path):
    config = tmp_path / "c.json"
    terms = {"hints": {"trainer_layer": "logits"}}
    config.write_text(json.dumps({**HIDDEN, "loss": {"terms": terms}}))
    told = ("train", sources["dense"], "--config", config, "--out")
    call(*told, tmp_path / "plain", "--lambdas", "1,0.1,1")
    call(*told, tmp_path / "named", "--lambdas", "distillation=0.5,representation=3,hints=2")
    settings = runs.read_run(tmp_path / "named").config.settings
    assert settings.loss.lambdas == (1.0, 0.5, 1.0)
    assert settings.loss.terms == {
        "hints": {"trainer_layer": "logits", "weight": 2.0}, "representation": {"weight": 3.0}
    }  # fmt: skip
    header = (tmp_path / "named" / runs.HISTORY).read_text().splitlines()[0].split(",")
    assert {"hints_loss", "representation_loss"} <= set(header)
    shapes = [[x.shape for x in arrays(tmp_path / name)] for name in ("plain", "named")]
    assert shapes[0] == shapes[1]
    file = tmp_path / "m.tflite"
    call("export", tmp_path / "named", "--tflite", file)
    assert b"hints" not in file.read_bytes()
    told = call("evaluate", file, sources["dense"], "--json", "-").stdout
    assert json.loads(told)["accuracy"] > 0
