"""Stored answers of trainers: their average by hand, training with them, and what is refused."""

import numpy as np
import pytest

from pnet_tf.data import load_dataset
from pnet_tf.runs.directory import read_run
from pnet_tf.runs.train import load_trainer

from .calls import call

QUICK = ["--projection", "structured", "--hidden", "0", "--epochs", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs with trainers, one without, one of another seed."""
    out = tmp_path_factory.mktemp("teachers")
    call("train", "digits", "--out", out / "a", *QUICK, "--trainer", "ff")
    call("train", "digits", "--out", out / "b", *QUICK, "--trainer", "cnn")
    call("train", "digits", "--out", out / "none", *QUICK, "--trainer", "none")
    call("train", "digits", "--out", out / "seed", *QUICK, "--trainer", "ff", "--seed", "1")
    return out


def test_the_mean_of_scores_is_stored_and_trains_a_student(folder):
    call("teach", folder / "a", folder / "b", "digits", "--out", folder / "logits.npz")
    stored = np.load(folder / "logits.npz")["logits"]
    inputs = load_dataset("digits", seed=0, valid_fraction=0.1).train.inputs
    scores = []
    for name in "ab":
        trainer = load_trainer(read_run(folder / name))
        logits = np.asarray(trainer.model(trainer.encode(inputs)), np.float64)
        scores.append(np.exp(logits) / np.exp(logits).sum(-1, keepdims=True))
    np.testing.assert_allclose(np.exp(stored), np.mean(scores, axis=0), atol=1e-5)
    options = ["--trainer", "none", "--teacher-logits", folder / "logits.npz"]
    call("train", "digits", "--out", folder / "taught", *QUICK, *options)
    assert read_run(folder / "taught").finished


@pytest.mark.parametrize(
    ("names", "source", "words"),
    [
        (["none"], "digits", "was trained without a trainer"),
        (["a", "seed"], "digits", "was trained on the split of seed 1"),
        (["a"], "smart-reply", "has other labels than smart-reply"),
        (["missing"], "digits", "missing"),
    ],
)
def test_refused(folder, names, source, words):
    target = folder / "bad.npz"
    paths = [folder / name for name in names]
    result = call("teach", *paths, source, "--out", target, code=2)
    assert words in result.stderr and not target.exists()


def test_a_missing_folder_is_refused(folder):
    result = call("teach", folder / "a", "digits", "--out", folder / "no" / "x.npz", code=2)
    assert "make the folder first" in result.stderr


def test_seeds_may_differ_where_the_data_bring_their_validation_split(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, size in (("train", 24), ("valid", 12), ("test", 12)):
        arrays[f"x_{split}"] = rng.normal(size=(size, 6)).astype(np.float32)
        arrays[f"y_{split}"] = np.arange(size) % 3
    np.savez(tmp_path / "d.npz", **arrays)
    for seed in "01":
        call("train", tmp_path / "d.npz", "--out", tmp_path / seed, *QUICK[2:], "--trainer", "ff",
             "--seed", seed)  # fmt: skip
    call("teach", tmp_path / "0", tmp_path / "1", tmp_path / "d.npz", "--out", tmp_path / "l.npz")
    assert np.load(tmp_path / "l.npz")["logits"].shape == (24, 3)
