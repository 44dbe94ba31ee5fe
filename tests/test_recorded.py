"""Runs and files of an earlier version still load and give the scores that it gave.

`scripts/record_fixture.py` made tests/recorded with the last commit that wrote schema 1.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from pnet_tf import load_dataset, load_model
from pnet_tf.runs import directory as runs

from .calls import call

RECORDED = Path(__file__).with_name("recorded")


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def test_the_file_of_texts_gives_the_same_scores():
    expected = recorded("text")
    found = load_model(RECORDED / "text.tflite").predict([e["input"] for e in expected], top=9)
    for one, two in zip(found, expected, strict=True):
        scores = {p["label"]: p["score"] for p in two["predictions"]}
        assert len(scores) == 3
        assert {p.label: p.score for p in one.predictions} == pytest.approx(scores, abs=2e-3)


def test_the_file_of_images_gives_the_same_accuracy():
    expected = recorded("image")
    found = json.loads(call("evaluate", RECORDED / "image.tflite", "digits", "--json", "-").stdout)
    assert abs(found["accuracy"] - expected["accuracy"]) * expected["examples"] <= 1.01
    assert found["size_bytes"] == expected["size_bytes"]


@pytest.mark.parametrize("name", ["text", "image"])
def test_a_run_of_schema_1_loads_and_exports(name, tmp_path):
    folder, data = RECORDED / f"{name}_run", RECORDED / "said.csv"
    assert json.loads((folder / runs.CONFIG).read_text())["schema"] == 1
    expected = recorded(f"{name}_run")
    source = data if name == "text" else "digits"
    call("evaluate", folder, source, "--split", "train", "--json", tmp_path / "run.json")
    found = json.loads((tmp_path / "run.json").read_text())
    for key in ("accuracy", "trainer_accuracy"):
        if expected[key] is not None:
            assert abs(found[key] - expected[key]) * expected["examples"] <= 1.01
    call("export", folder, "--tflite", tmp_path / "again.tflite")
    again, before = load_model(tmp_path / "again.tflite"), load_model(RECORDED / f"{name}.tflite")
    inputs = (
        ["where r u??", "", "thx so much"]
        if name == "text" else load_dataset("digits").test.inputs[:40]
    )  # fmt: skip
    np.testing.assert_allclose(again.scores(inputs), before.scores(inputs), atol=2e-3)
    assert again.metadata.projection == before.metadata.projection


def test_a_recorded_run_says_its_settings_once():
    run = runs.read_run(RECORDED / "text_run")
    stored = json.loads((RECORDED / "text_run" / runs.CONFIG).read_text())
    assert run.config.settings.seed == 3
    assert run.config.student.projection.to_json() == stored["projection"]
    assert run.config.student.head.to_json() == stored["head"]
