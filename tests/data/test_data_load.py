import builtins
import os
import subprocess
import sys

import numpy as np
import pytest

from pnet_tf.data import InputSpec, load_dataset, load_split, read_source
from pnet_tf.errors import InputError

HELD = [4, 6, 10, 20, 23, 24]
"""What seed 7 holds out of 30 rows of three labels, from the first version on."""
STRANGE = [
    pytest.param(os.mkfifo, id="pipe"),
    pytest.param(lambda path: path.symlink_to("/dev/zero"), id="device"),
]
"""Ways to put at a path what must not be opened."""


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
    call = {"spec": InputSpec("image", (8, 8, 1)), "task": "classification"}
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
    call = {"spec": InputSpec("text", (128,)), "task": "classification"}
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
    with pytest.raises(InputError, match="found nothing; allowed: .* train/valid/test tables"):
        load_dataset(str(tmp_path))
    (tmp_path / "readme.md").write_text("hi")
    with pytest.raises(InputError, match="found readme.md; allowed"):
        load_dataset(str(tmp_path))
    (tmp_path / "train").mkdir()
    with pytest.raises(InputError, match="no image found"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("name", ["t.csv", "t.npz", "t.zip", "t.tar.gz"])
@pytest.mark.parametrize("place", STRANGE)
def test_a_pipe_or_device_is_refused_at_once(tmp_path, name, place):
    place(tmp_path / name)
    with pytest.raises(InputError, match="neither a file nor a folder"):
        load_dataset(str(tmp_path / name))


@pytest.mark.parametrize("place", STRANGE)
def test_a_pipe_or_device_in_a_folder_is_refused_at_once(tmp_path, make, place):
    rows = b"a\tx\nb\ty\n" * 3
    tables = make.folder(tmp_path / "tables", {"train.tsv": rows})
    for name in ("dev.tsv", "replies.csv.gz"):
        place(tables / name)
        with pytest.raises(InputError, match=f"{name}: not a plain file; allowed: plain files"):
            load_dataset(tables)
        (tables / name).unlink()
    images = make.folder(tmp_path / "images", make.images())
    place(images / "train/cat/9.png")
    with pytest.raises(InputError, match="9.png: not a plain file"):
        load_dataset(images)
    idx = make.idx(tmp_path / "idx")
    (idx / "train-labels-idx1-ubyte.gz").unlink()
    place(idx / "train-labels-idx1-ubyte.gz")
    with pytest.raises(InputError, match="idx1-ubyte.gz: not a plain file"):
        load_dataset(idx)


def test_a_table_that_is_a_folder_or_a_dangling_link_is_refused(tmp_path, make):
    folder = make.folder(tmp_path / "d", {"train.tsv": b"a\tx\nb\ty\n" * 3})
    (folder / "dev.tsv").mkdir()
    with pytest.raises(InputError, match="dev.tsv: not a plain file"):
        load_dataset(folder)
    (folder / "dev.tsv").rmdir()
    (folder / "dev.tsv").symlink_to("gone")
    with pytest.raises(InputError, match="dev.tsv: no such file"):
        load_dataset(folder)


def test_a_link_to_a_file_is_followed(tmp_path, make):
    folder = make.folder(tmp_path / "d", {"rows": b"a\tx\nb\ty\n" * 3})
    (folder / "train.tsv").symlink_to("rows")
    assert len(load_dataset(folder).train.inputs) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "ranking"}, "task must be classification or regression, got 'ranking'"),
        ({"valid_fraction": 0}, "valid_fraction must be above 0 and below 1, got 0"),
        ({"valid_fraction": float("nan")}, "valid_fraction must be above 0"),
        ({"valid_fraction": "0.1"}, "valid_fraction must be above 0 and below 1, got '0.1'"),
        ({"seed": -1}, r"seed must be a whole number 0\.\.4294967295, got -1"),
        ({"seed": 2**32}, r"seed must be a whole number 0\.\.4294967295, got 4294967296"),
        ({"seed": 1.5}, r"seed must be a whole number 0\.\.4294967295, got 1.5"),
        ({"seed": True}, r"seed must be a whole number 0\.\.4294967295, got True"),
    ],
)
def test_refuses_options(options, message):
    with pytest.raises(InputError, match=message):
        load_dataset("digits", **options)
    if "task" not in options:
        with pytest.raises(InputError, match=message):
            read_source("digits").divide(**options)


def test_the_largest_seed():
    assert len(load_dataset("digits", seed=2**32 - 1).valid.targets) == 144


def test_in_two_steps(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"".join(b"label %d\tmessage %d\n" % (i % 3, i) for i in range(30)))
    found = read_source(path)
    assert (found.name, found.kind, found.task, found.input_shape) == (
        "t", "text", "classification", ()
    )  # fmt: skip
    assert (found.labels, set(found.splits)) == (("label 0", "label 1", "label 2"), {"train"})
    divided = found.divide(seed=7, valid_fraction=0.2)
    assert divided.valid.inputs.tolist() == [f"message {i}" for i in HELD]  # as ever
    assert divided.valid.targets.tolist() == [i % 3 for i in HELD]
    assert len(divided.train.inputs) == 24
    whole = load_dataset(path, seed=7, valid_fraction=0.2)
    for one, other in ((divided.train, whole.train), (divided.valid, whole.valid)):
        assert one.inputs.tolist() == other.inputs.tolist()
        assert one.targets.tolist() == other.targets.tolist()
    assert found.divide(seed=8, valid_fraction=0.2).valid.inputs.tolist() != (
        divided.valid.inputs.tolist()
    )


def test_own_validation_split_stays_whole():
    found = read_source("smart-reply")
    for seed in (0, 1):
        assert found.divide(seed=seed, valid_fraction=0.5).valid is found.splits["valid"]


def test_a_source_that_is_no_path():
    for source in (3, b"digits", None):
        with pytest.raises(InputError, match="data must be a name or a path, got"):
            load_dataset(source)


def test_validation_split_of_unknown_labels_only(tmp_path, make):
    files = {"train.tsv": b"a\tx\nb\ty\n", "dev.tsv": b"c\tv\nd\tw\n"}
    folder = make.folder(tmp_path / "d", files)
    with pytest.raises(InputError, match="is one of train, the first is 'c'; needed"):
        load_dataset(folder)
    (folder / "dev.tsv").write_bytes(b"c\tv\nb\tw\n")
    assert load_dataset(folder).valid.targets.tolist() == [-1, 1]


def test_load_split_refuses_a_name():
    call = {"labels": [], "spec": InputSpec("image", (8, 8, 1)), "task": "classification"}
    with pytest.raises(InputError, match="split must be train, valid, test, got 'dev'"):
        load_split("digits", "dev", **call)


def test_import_is_light():
    code = "import sys, pnet_tf.data; print({'tensorflow', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
