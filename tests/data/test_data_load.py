import builtins
import os
import subprocess
import sys

import numpy as np
import pytest

from pnet_tf.data import load_dataset, load_split
from pnet_tf.errors import InputError


def test_digits():
    found = load_dataset("digits")
    assert (found.name, found.kind, found.input_shape) == ("digits", "image", (8, 8, 1))
    assert found.labels == tuple("0123456789")
    sizes = [len(s.targets) for s in (found.train, found.valid, found.test)]
    assert sizes == [1294, 144, 359]
    assert (found.train.inputs.min(), found.train.inputs.max()) == (0, 255)
    assert set(np.unique(found.train.inputs)) <= {round(v * 255 / 16) for v in range(17)}


def test_digits_test_split_ignores_the_seed():
    first, second = load_dataset("digits", seed=1), load_dataset("digits", seed=2)
    assert np.array_equal(first.test.inputs, second.test.inputs)
    assert not np.array_equal(first.valid.inputs, second.valid.inputs)
    call = {"kind": "image", "input_shape": (8, 8, 1), "task": "classification"}
    alone = load_split("digits", "test", labels=first.labels, **call)
    assert np.array_equal(alone.inputs, first.test.inputs)
    assert np.array_equal(alone.targets, first.test.targets)


def test_digits_without_scikit_learn(monkeypatch):
    original = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("sklearn"):
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"pnet-tf\[train\]"):
        load_dataset("digits")


def test_smart_reply():
    found = load_dataset("smart-reply")
    assert (found.name, found.kind, found.input_shape) == ("smart-reply", "text", ())
    assert len(found.labels) >= 40
    assert set(found.replies) == set(found.labels)
    assert (found.test.targets >= 0).all()
    call = {"kind": "text", "input_shape": (), "task": "classification"}
    alone = load_split("smart-reply", "test", labels=found.labels, **call)
    assert alone.inputs.tolist() == found.test.inputs.tolist()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.csv", None, "no such file or folder; built-in names are digits, smart-reply"),
        ("no-such-name", None, "no such file or folder"),
        ("nul\0.csv", None, "damaged or not readable|no such file"),
        ("x" * 5000, None, "damaged or not readable|no such file"),
        ("t.xlsx", b"x", "unknown ending; allowed: .csv, .tsv"),
        ("t", b"x", "unknown ending"),
        ("t.csv", b"", "the file is empty"),
        ("t.npz", b"", "the file is empty"),
        ("t.zip", b"", "the file is empty"),
        ("t.zip", b"zip it is not", "damaged or not readable"),
        ("t.tar", b"tar it is not", "damaged or not readable"),
        ("t.tar.gz", b"tar it is not", "damaged or not readable"),
        ("t.tsv", b"a\tx\na\ty\n", "train has one class, 'a'; needed: two or more"),
        ("t.tsv", b"a\tx\nb\ty\n", "no validation split can be made"),
    ],
)
def test_refuses_a_source(tmp_path, name, data, message):
    path = f"{tmp_path}/{name}"
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        load_dataset(path)


def test_folders_that_hold_no_data(tmp_path, make):
    with pytest.raises(InputError, match="found nothing; allowed: train/valid/test tables"):
        load_dataset(str(tmp_path))
    (tmp_path / "readme.md").write_text("hi")
    with pytest.raises(InputError, match="found readme.md; allowed"):
        load_dataset(str(tmp_path))
    (tmp_path / "train").mkdir()
    with pytest.raises(InputError, match="no image found"):
        load_dataset(str(tmp_path))


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        load_dataset(str(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "ranking"}, "task must be classification or regression, got 'ranking'"),
        ({"valid_fraction": 0}, "valid_fraction must be above 0 and below 1, got 0"),
        ({"valid_fraction": float("nan")}, "valid_fraction must be above 0"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
    ],
)
def test_refuses_options(options, message):
    with pytest.raises(InputError, match=message):
        load_dataset("digits", **options)


def test_load_split_refuses_a_name():
    call = {"labels": [], "kind": "image", "input_shape": (), "task": "classification"}
    with pytest.raises(InputError, match="split must be train, valid, test, got 'dev'"):
        load_split("digits", "dev", **call)


def test_import_is_light():
    code = "import sys, pnet_tf.data; print({'tensorflow', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
