"""`train --unlabelled`: runs on disk that learn from inputs without labels."""

import csv
import re
import shutil

import numpy as np
import pytest

from pnet_tf.runs import directory as runs
from pnet_tf.runs.export import export_run
from pnet_tf.runs.train import resume

from ..calls import call
from ..training.small import features, pictures, same
from .conftest import SETTINGS
from .test_resume import arrays, cameras, outcome

pytestmark = pytest.mark.usefixtures("eager")
KINDS = ("text", "dense", "image")
SECRET = "zanzibar"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Kind -> path of inputs without labels."""
    folder = tmp_path_factory.mktemp("unlabelled")
    rows = "".join(f"open {SECRET} {n}\n" for n in range(25))
    (folder / "text.tsv").write_text(f"{rows}\n \n")
    np.savez(folder / "dense.npz", x=features(30, 5)[0])
    np.savez(folder / "image.npz", x=255 - pictures()[0])
    return {path.stem: path for path in folder.iterdir()}


def settings_of(kind, files):
    more = {"schedule": {"epochs": 2, "batch_size": 16},
            "unlabelled": {"inputs": str(files[kind]), "ratio": 0.5}}  # fmt: skip
    return [SETTINGS[kind], more]


@pytest.fixture(scope="module")
def trained(sources, files, tmp_path_factory):
    """`trained(kind) -> Camera` of a run with unlabelled inputs."""
    return cameras(
        tmp_path_factory.mktemp("trained"), sources, lambda kind: settings_of(kind, files)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_says_what_it_learnt_from(trained, kind):
    run = trained(kind).out
    report = runs.read_json(run / runs.REPORT)
    assert report["unlabelled_examples"] == {"text": 25, "dense": 30, "image": 40}[kind]
    assert len(runs.read_run(run).config.unlabelled_sha256) == 64
    rows = list(csv.DictReader((run / runs.HISTORY).read_text().splitlines()))
    assert all(float(row["distillation_loss"]) > 0 for row in rows)


@pytest.mark.parametrize(("kind", "epoch"), [("text", 1), ("dense", 0), ("dense", 1)])
def test_a_killed_run_ends_as_one_that_was_not(sources, trained, tmp_path, kind, epoch):
    camera = trained(kind)
    run = shutil.copytree(camera.shot(epoch), tmp_path / "run")
    resume(sources[kind], run)
    assert outcome(run) == outcome(camera.out)
    assert same(arrays(run), arrays(camera.out))


def test_the_command_is_the_same_training(sources, files, trained, tmp_path):
    config, run = tmp_path / "c.json", tmp_path / "run"
    change = settings_of("text", files)
    runs.write_json(config, {**change[0], "schedule": change[1]["schedule"]})
    shown = call("train", sources["text"], "--out", run, "--config", config, "--unlabelled",
                 files["text"], "--unlabelled-ratio", "0.5").stdout  # fmt: skip
    assert outcome(run) == outcome(trained("text").out)
    assert "without a label" in shown and "25; left out: 1 empty" in shown


FEW = {"labels_per_class": 5, "unlabelled": {"ratio": 0.5},
       "schedule": {"epochs": 2, "batch_size": 16}}  # fmt: skip


@pytest.fixture(scope="module")
def few(sources, files, tmp_path_factory):
    """`few(kind) -> Camera` of a run with hidden labels; of texts, beside a table."""
    more = {"text": {"unlabelled": {"inputs": str(files["text"])}}}
    return cameras(
        tmp_path_factory.mktemp("few"),
        sources,
        lambda kind: [SETTINGS[kind], FEW, more.get(kind, {})],
    )


@pytest.mark.parametrize(("kind", "without"), [("text", 26 + 25), ("dense", 17)])
def test_hidden_labels_are_unlabelled_inputs(sources, few, tmp_path, kind, without):
    camera = few(kind)
    report = runs.read_json(camera.out / runs.REPORT)
    assert report["train_examples"] == {"text": 10, "dense": 15}[kind]
    assert report["unlabelled_examples"] == without
    assert runs.read_run(camera.out).config.settings.labels_per_class == 5
    for epoch in (0, 1):
        run = shutil.copytree(camera.shot(epoch), tmp_path / str(epoch))
        resume(sources[kind], run)
        assert outcome(run) == outcome(camera.out)
        assert same(arrays(run), arrays(camera.out))


MADE = {"text": 30, "image": 20, "dense": 20}


@pytest.fixture(scope="module")
def transferred(sources, files, tmp_path_factory):
    """`transferred(kind) -> Camera` of a run with made inputs, of texts beside others."""
    more = {"text": {**FEW, "unlabelled": {"inputs": str(files["text"])}}}
    return cameras(
        tmp_path_factory.mktemp("made"),
        sources,
        lambda kind: [SETTINGS[kind], more.get(kind, {}), {"augment": {"transfer": MADE[kind]}}],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_with_made_inputs_ends_as_one_that_was_not_killed(
    sources, transferred, tmp_path, kind
):
    camera = transferred(kind)
    report = runs.read_json(camera.out / runs.REPORT)
    others = {"text": 51, "image": 0, "dense": 0}[kind]
    assert report["made_examples"] == MADE[kind]
    assert report["unlabelled_examples"] == others + MADE[kind]
    for epoch in (0, 1):
        run = shutil.copytree(camera.shot(epoch), tmp_path / str(epoch))
        resume(sources[kind], run)
        assert outcome(run) == outcome(camera.out)
        assert same(arrays(run), arrays(camera.out))


def test_the_end_says_how_many_were_made(sources, tmp_path):
    config = tmp_path / "c.json"
    runs.write_json(config, {**SETTINGS["text"], "augment": {"transfer": 7}})
    shown = call("train", sources["text"], "--out", tmp_path / "run", "--config", config).stdout
    assert re.search(r"without a label +7, 7 of them made", shown)


def test_the_command_hides_labels_and_says_so(sources, few, tmp_path):
    config, run = tmp_path / "c.json", tmp_path / "run"
    runs.write_json(config, {**SETTINGS["dense"], **FEW, "labels_per_class": None})
    shown = call("train", sources["dense"], "--out", run, "--config", config,
                 "--labels-per-class", "5").stdout  # fmt: skip
    assert outcome(run) == outcome(few("dense").out)
    assert re.search(r"examples, train / valid +15 / ", shown)
    assert re.search(r"labels hidden +21 ", shown)
    assert re.search(r"without a label +17; left out: 4 in valid or test", shown)


def test_other_hidden_labels_than_those_of_the_start_are_refused(sources, few, tmp_path):
    run = shutil.copytree(few("dense").shot(1), tmp_path / "run")
    config = runs.read_json(run / runs.CONFIG)
    runs.write_json(run / runs.CONFIG, {**config, "unlabelled_sha256": "0" * 64})
    said = call("train", sources["dense"], "--out", run, "--resume", code=2).stderr
    assert "learned from other inputs without labels" in said and said.count("\n") == 1


HIDDEN = {
    "too many": ("dense", ["14"], "--labels-per-class must be at most 12, the labelled examples"),
    "none": ("dense", ["0"], "--labels-per-class must be a whole number of at least 1"),
    "regression": ("values", ["2", "--task", "regression"], "not for a regression"),
    "stored answers": ("dense", ["2", "--teacher-logits", "l.npz"], "hides labels, and teacher"),
}


@pytest.mark.parametrize(("kind", "options", "words"), HIDDEN.values(), ids=HIDDEN)
def test_labels_that_cannot_be_hidden(sources, tmp_path, kind, options, words):
    config = tmp_path / "c.json"
    runs.write_json(config, SETTINGS[kind])
    said = call("train", sources[kind], "--out", tmp_path / "run", "--config", config,
                "--labels-per-class", *options, code=2).stderr  # fmt: skip
    assert words in said and said.count("\n") == 1 and not (tmp_path / "run").exists()


def test_changed_inputs_are_refused(sources, files, trained, tmp_path):
    run = shutil.copytree(trained("text").shot(1), tmp_path / "run")
    before = files["text"].read_text()
    files["text"].write_text(before.replace(f"{SECRET} 3", "other"))
    try:
        said = call("train", sources["text"], "--out", run, "--resume", code=2).stderr
    finally:
        files["text"].write_text(before)
    assert "text.tsv have changed since" in said and said.count("\n") == 1
    assert (run / runs.CHECKPOINT).exists()


def test_the_file_holds_nothing_of_them(trained, tmp_path):
    export_run(trained("text").out, tmp_path / "m.tflite")
    assert SECRET.encode() not in (tmp_path / "m.tflite").read_bytes()


REFUSED = {
    "missing": ("no.tsv", (), "no such file"),
    "another kind": ("dense.npz", (), "allowed: a table"),
    "no trainer": ("text.tsv", ("--trainer", "none"), "for a trainer to answer"),
    "ratio": ("text.tsv", ("--unlabelled-ratio", "0"), "ratio"),
    "a graph too": ("text.tsv", ("--graph", "edges.tsv"), "cannot be learned from at once"),
}


@pytest.mark.parametrize(("name", "options", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_leaves_nothing(sources, files, tmp_path, name, options, words):
    edges = tmp_path / "edges.tsv"
    edges.write_text("open door a0\tnew\t1\n")
    options = [str(edges) if option == "edges.tsv" else option for option in options]
    config = tmp_path / "c.json"
    runs.write_json(config, SETTINGS["text"])
    said = call("train", sources["text"], "--out", tmp_path / "run", "--config", config,
                "--unlabelled", files["text"].with_name(name), *options, code=2).stderr  # fmt: skip
    assert words in said and said.count("\n") == 1 and not (tmp_path / "run").exists()


def test_a_table_in_the_folder_is_learned_from(sources, files, trained, tmp_path):
    folder, config = tmp_path / "data", tmp_path / "c.json"
    folder.mkdir()
    shutil.copy(sources["text"], folder / "train.csv")
    shutil.copy(files["text"], folder / "Unlabelled.tsv")
    runs.write_json(config, SETTINGS["text"])
    asked = ("--config", config, "--epochs", "1", "--valid-fraction", "0.2")
    shown = call("train", folder, "--out", tmp_path / "run", *asked).stdout
    assert "without a label" in shown and "25; left out: 1 empty" in shown
    settings = runs.read_run(tmp_path / "run").config.settings
    assert settings.unlabelled.inputs == str(folder / "Unlabelled.tsv") and settings.trainer_first
    alone = call("train", folder, "--out", tmp_path / "alone", *asked, "--trainer", "none").stdout
    assert "without a label" not in alone
    shutil.copy(files["text"], folder / "unlabelled.csv")
    call("train", folder, "--out", tmp_path / "again", *asked, "--trainer", "none")
    said = call("train", folder, "--out", tmp_path / "two", *asked, code=2).stderr
    assert "both Unlabelled.tsv and unlabelled.csv hold unlabelled inputs" in said


def test_jointly_or_one_after_the_other(sources, files, tmp_path):
    config = tmp_path / "c.json"
    runs.write_json(config, SETTINGS["text"])
    asked = ("--config", config, "--unlabelled", files["text"], "--epochs", "1")
    for option, first in ((), True), (("--jointly",), False), (("--trainer-first",), True):
        out = tmp_path / "".join(["run", *option])
        call("train", sources["text"], "--out", out, *asked, *option)
        assert runs.read_run(out).config.settings.trainer_first is first
        (row,) = csv.DictReader((out / runs.HISTORY).read_text().splitlines())
        assert ("trainer_loss" in row) is not first
