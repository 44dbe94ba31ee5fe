"""Stored answers of trainers: their average by hand, training with them, and what is refused."""

import numpy as np
import pytest

from pnet_tf.data import load_dataset
from pnet_tf.errors import InputError
from pnet_tf.runs import directory as runs
from pnet_tf.runs.load import load_trainer
from pnet_tf.runs.teach import store_teacher_logits
from pnet_tf.runs.train import train
from pnet_tf.trainers.stored import HASH

from ..training.small import ALONE, TAUGHT, features, untraced

pytestmark = pytest.mark.usefixtures("eager")
QUICK = {"schedule": {"epochs": 1, "batch_size": 64}}


@pytest.fixture(scope="module")
def folder(sources, tmp_path_factory):
    """Two runs with trainers, one without, one of another seed."""
    out = tmp_path_factory.mktemp("teachers")
    changes = {"a": TAUGHT, "b": {**TAUGHT, "trainer": {"name": "ff", "units": [7]}},
               "none": ALONE, "seed": {**TAUGHT, "seed": 1},
               "half": {**TAUGHT, "valid_fraction": 0.5}}  # fmt: skip
    with untraced():
        for name, change in changes.items():
            train(sources["dense"], out / name, [change, QUICK])
    return out


def scores_of(path, inputs):
    trainer = load_trainer(runs.read_run(path))
    logits = np.asarray(trainer.model(trainer.encode(inputs)), np.float64)
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def test_the_mean_of_scores_is_stored_and_trains_a_student(folder, sources, tmp_path):
    paths, file = [folder / "a", folder / "b"], tmp_path / "l.npz"
    report = store_teacher_logits(paths, sources["dense"], file)
    data = load_dataset(sources["dense"])
    stored = np.load(file)["logits"]
    mean = np.mean([scores_of(path, data.train.inputs) for path in paths], axis=0)
    np.testing.assert_allclose(np.exp(stored), mean, atol=1e-6)
    assert stored.dtype == np.float32 and (report.examples, report.outputs) == (36, 3)
    assert report.trainers == 2 and report.file == str(file)
    assert report.train_accuracy == np.mean(mean.argmax(-1) == data.train.targets)
    train(sources["dense"], tmp_path / "run", [ALONE, QUICK, {"teacher_logits": str(file)}])
    history = (tmp_path / "run" / runs.HISTORY).read_text()
    assert "distillation_loss" in history and runs.read_run(tmp_path / "run").finished


def test_logits_are_for_their_own_split_alone(folder, sources, tmp_path):
    file = tmp_path / "l.npz"
    store_teacher_logits([folder / "a"], sources["dense"], file)
    assert np.load(file)[HASH].dtype == np.uint8
    change = {"teacher_logits": str(file), "seed": 1}
    with pytest.raises(InputError, match=r"l\.npz: its logits are of other examples than this"):
        train(sources["dense"], tmp_path / "run", [ALONE, change])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("names", "kind", "words"),
    [
        (["none"], "dense", "was trained without a trainer"),
        (["a", "none"], "dense", "was trained without a trainer"),
        (["a", "seed"], "dense", "was trained on the split of seed 1 and valid fraction 0.1"),
        (["a", "half"], "dense", "was trained on the split of seed 0 and valid fraction 0.5"),
        (["a"], "text", "has other labels than "),
        (["missing"], "dense", "missing' is not a run directory"),
    ],
)
def test_refused(folder, sources, tmp_path, names, kind, words):
    paths = [folder / name for name in names]
    with pytest.raises(InputError, match=words):
        store_teacher_logits(paths, sources[kind], tmp_path / "bad.npz")
    assert not any(tmp_path.iterdir())


def test_values_have_no_scores(finished, sources, tmp_path):
    with pytest.raises(InputError, match="is a regression run: it has no scores to average"):
        store_teacher_logits([finished("values")], sources["values"], tmp_path / "l.npz")


def test_a_target_that_cannot_be_is_told_first(folder, sources, tmp_path):
    (tmp_path / "file.npz").mkdir()
    for name, words in (("no/x.npz", "make the folder first"), ("file.npz", "is a folder")):
        with pytest.raises(InputError, match=words):
            store_teacher_logits([folder / "missing"], sources["dense"], tmp_path / name)


def test_seeds_may_differ_where_the_data_bring_their_validation_split(tmp_path):
    (x, y), source = features(48), str(tmp_path / "d.npz")
    parts = {"train": slice(0, 24), "valid": slice(24, 36), "test": slice(36, 48)}
    arrays = {f"x_{split}": x[rows] for split, rows in parts.items()}
    np.savez(source, **arrays, **{f"y_{split}": y[rows] for split, rows in parts.items()})
    for seed in (0, 1):
        train(source, tmp_path / str(seed), [TAUGHT, QUICK, {"seed": seed}])
    store_teacher_logits([tmp_path / "0", tmp_path / "1"], source, tmp_path / "l.npz")
    assert np.load(tmp_path / "l.npz")["logits"].shape == (24, 3)
