"""Training that fails before its first checkpoint leaves nothing; later it leaves a run."""

import errno
import os

import numpy as np
import pytest

from pnet_tf import files
from pnet_tf.errors import InputError, WorkError
from pnet_tf.runs import directory as runs
from pnet_tf.runs import train as module
from pnet_tf.runs.train import resume, train
from pnet_tf.training.joint import JointFit

from ..training.small import ALONE

pytestmark = pytest.mark.usefixtures("eager")


class Failing:
    """A watch that raises `error` in a batch, or after an epoch."""

    def __init__(self, error, epoch=0):
        self.error, self.epoch = error, epoch

    def on_batch(self, epoch, step, steps, metrics):
        if not self.epoch and step == 1:
            raise self.error

    def on_epoch(self, row, epochs):
        if row["epoch"] == self.epoch:
            raise self.error


class Full:
    """A disk that is full from the file on whose name ends so."""

    def __init__(self, monkeypatch, ending):
        self.ending, self.write = ending, files._write
        monkeypatch.setattr(files, "_write", self)

    def __call__(self, target, data):
        if target.name.endswith(self.ending):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.write(target, data)


ERRORS = [WorkError("no"), KeyboardInterrupt(), InputError("no"), MemoryError(), SystemExit(3)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_fails_in_the_first_epoch_leaves_nothing(sources, tmp_path, error):
    out = tmp_path / "a" / "b" / "run"
    with pytest.raises(type(error)):
        train(sources["dense"], out, ALONE, watch=Failing(error))
    assert not any(tmp_path.iterdir())


def test_a_retry_works(sources, tmp_path):
    out = tmp_path / "a" / "run"
    for step in (JointFit, "state"), (JointFit, "run"), (module, "save_epoch"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*step, lambda *arguments, **options: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                train(sources["dense"], out, ALONE)
        assert not any(tmp_path.iterdir())
    assert train(sources["dense"], out, ALONE).epochs == 2
    assert runs.read_finished_run(out).labels == ("0", "1", "2")


@pytest.mark.parametrize("name", [runs.LABELS, runs.CONFIG, runs.CHECKPOINT])
def test_a_full_disk_leaves_nothing(sources, tmp_path, monkeypatch, name):
    Full(monkeypatch, name)
    with pytest.raises(WorkError, match=rf"{name} cannot be written: No space left on device"):
        train(sources["dense"], tmp_path / "a" / "run", ALONE)
    assert not any(tmp_path.iterdir())


def test_a_loss_that_is_not_finite_leaves_nothing(sources, tmp_path, monkeypatch):
    monkeypatch.setattr("pnet_tf.training.joint.total", lambda terms, values: values[0] * np.nan)
    with pytest.raises(WorkError, match="the loss of epoch 1 is nan"):
        train(sources["dense"], tmp_path / "run", ALONE)
    assert not any(tmp_path.iterdir())


def test_after_the_first_checkpoint_the_run_stays(sources, tmp_path):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(sources["dense"], out, ALONE, watch=Failing(KeyboardInterrupt(), epoch=1))
    names = {item.name for item in out.iterdir()}
    assert names == {"config.json", "labels.json", "checkpoint.npz", "history.csv", "tensorboard"}
    with pytest.raises(InputError, match="half written"):
        runs.read_finished_run(out)
    with pytest.raises(InputError, match="exists already; give another --out, or --resume"):
        train(sources["dense"], out, ALONE)
    assert resume(sources["dense"], out).epochs == 2


@pytest.mark.parametrize("name", [runs.SAMPLES, runs.REPORT, runs.STUDENT])
def test_a_disk_full_at_the_end_keeps_what_was_trained(sources, tmp_path, monkeypatch, name):
    with pytest.MonkeyPatch.context() as patch:
        Full(patch, name)
        with pytest.raises(WorkError, match=f"{name} cannot be written"):
            train(sources["dense"], tmp_path / "run", ALONE)
    assert (tmp_path / "run" / runs.CHECKPOINT).exists()
    report = resume(sources["dense"], tmp_path / "run")
    assert report.epochs == 2 and not (tmp_path / "run" / runs.CHECKPOINT).exists()


def test_an_empty_folder_that_was_there_stays(sources, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(WorkError):
        train(sources["dense"], tmp_path / "run", ALONE, watch=Failing(WorkError("no")))
    assert not any((tmp_path / "run").iterdir())
    assert train(sources["dense"], tmp_path / "run", ALONE).epochs == 2


def test_what_others_put_there_meanwhile_stays(sources, tmp_path):
    out = tmp_path / "a" / "run"

    class Guest(Failing):
        def on_batch(self, *arguments):
            (out / "notes.txt").write_text("mine")
            super().on_batch(*arguments)

    with pytest.raises(WorkError):
        train(sources["dense"], out, ALONE, watch=Guest(WorkError("no")))
    assert [item.name for item in out.iterdir()] == ["notes.txt"]
    with pytest.raises(InputError, match="exists already"):
        train(sources["dense"], out, ALONE)
    assert [item.name for item in out.iterdir()] == ["notes.txt"]


def test_two_trainings_into_one_folder_do_not_mix(sources, tmp_path):
    out = tmp_path / "run"

    class Rival(Failing):
        def on_batch(self, *arguments):
            with pytest.raises(InputError, match="exists already"):
                train(sources["dense"], out, ALONE)
            super().on_batch(*arguments)

    with pytest.raises(WorkError):
        train(sources["dense"], out, ALONE, watch=Rival(WorkError("no")))
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(sources, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made: Not a directory"):
        train(sources["dense"], tmp_path / "file" / "run", ALONE)
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
