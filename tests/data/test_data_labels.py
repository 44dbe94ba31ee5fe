"""Labels and replies that may not be: empty ones, invisible ones, control characters."""

import numpy as np
import pytest

from pnet_tf.data import load_dataset
from pnet_tf.data.labels import check_replies, label_problem
from pnet_tf.errors import InputError

CONTROLS = ["a\x00", "a\x1b[31mb", "\ta", "a\nb", "a\x7f", "a\x85", "a\x9b31mb", "\ud800"]
INVISIBLE = ["\u200b", "\u200b\u200d \ufeff", "\u2060", "\u00ad", "\u3164", "\u2800\u200e"]


@pytest.mark.parametrize("label", CONTROLS)
def test_control_characters(label):
    assert label_problem(label).endswith("allowed: text without control characters")
    assert "\x1b" not in label_problem(label)


@pytest.mark.parametrize("label", INVISIBLE)
def test_invisible(label):
    assert label_problem(label).endswith("which shows nothing; allowed: any other")


@pytest.mark.parametrize("label", ["", " ", "\u00a0\u2003"])
def test_empty(label):
    assert label_problem(label) == "is empty; allowed: any other"


@pytest.mark.parametrize("label", [None, 3, b"a"])
def test_no_text(label):
    assert label_problem(label).endswith("; allowed: text")


@pytest.mark.parametrize(
    "label",
    [
        "a",
        "0",
        " a b ",
        "é",
        "e\u0301",
        "日本",
        "👩\u200d👧",
        "می\u200cخواهم",
        "\U0001fae9",
        "\ue000",
    ],
)
def test_allowed(label):
    assert label_problem(label) == ""


def test_replies():
    check_replies({"a": ("Hello!", "👩\u200d👧"), "b": ()}, ("a", "b"), "t")
    with pytest.raises(InputError, match="t: replies for 'c'; allowed: the labels of train"):
        check_replies({"a": ("x",), "c": ("y",)}, ("a", "b"), "t")
    with pytest.raises(InputError, match=r"t: a reply for 'a' is '\\x1b\[2J'; allowed: text with"):
        check_replies({"a": ("x", "\x1b[2J")}, ("a", "b"), "t")
    with pytest.raises(InputError, match="t: a reply for 'a' is 3; allowed: text"):
        check_replies({"a": (3,)}, ("a", "b"), "t")
    check_replies({"a": ("x" * 500,)}, ("a", "b"), "t")
    with pytest.raises(InputError, match="for 'a' has 1,501 characters; allowed: at most 500$"):
        check_replies({"a": ("x" * 1501,)}, ("a", "b"), "t")


@pytest.mark.parametrize("label", ["\u200b", "a\x1b[31m", "a\x85b"])
@pytest.mark.parametrize("name", ["t.tsv", "t.csv"])
def test_tables_refuse(tmp_path, label, name):
    comma = "\t" if name == "t.tsv" else ","
    rows = f"a{comma}x\nb{comma}y\n{label}{comma}z\n"
    (tmp_path / name).write_bytes(rows.encode())
    with pytest.raises(InputError, match=f"{name} row 3: the label is "):
        load_dataset(tmp_path / name)


def test_a_line_break_in_a_label_of_a_csv(tmp_path):
    (tmp_path / "t.csv").write_bytes(b'a,x\n"b\nc",y\n')
    with pytest.raises(InputError, match=r"row 2: the label is 'b\\nc'; allowed: text without"):
        load_dataset(tmp_path / "t.csv")


@pytest.mark.parametrize("reply", ["\x1b[2Jhi", "hi\x07", "\u200b"])
def test_tables_of_replies_refuse(tmp_path, make, reply):
    replies = f"intent\treply\na\thi\na\t{reply}\n".encode()
    make.folder(tmp_path, {"train.tsv": b"a\tx\nb\ty\n" * 3, "replies.tsv": replies})
    with pytest.raises(InputError, match="replies.tsv row 3: the reply is "):
        load_dataset(tmp_path)


@pytest.mark.parametrize("name", [" ", "\u200b", "a\x1b[31m", "a\x85b", "\u3164"])
def test_image_folders_and_archives_refuse(tmp_path, make, name):
    files = make.images() | {f"train/{name}/0.png": make.image(1)}
    (tmp_path / "d.tar").write_bytes(make.tar(files))
    paths = [make.folder(tmp_path / "d", files), make.zip(tmp_path / "d.zip", files)]
    for path in (*paths, tmp_path / "d.tar"):
        with pytest.raises(InputError, match="the name 'train/.*; allowed: printable UTF-8 text"):
            load_dataset(path)


@pytest.mark.parametrize("label", ["", "  ", "\u200b", "a\x1b[31m", "a\x9bb"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_npz_refuses(tmp_path, make, label, split):
    arrays = make.npz() | {"y_train": np.array(["a", "b", "c"] * 4), "y_test": np.array(["a"] * 4)}
    y = arrays[f"y_{split}"].astype("U8")
    y[3] = label
    np.savez(tmp_path / "d.npz", **arrays | {f"y_{split}": y})
    with pytest.raises(InputError, match=rf"d.npz: y_{split}\[3\] is "):
        load_dataset(tmp_path / "d.npz")
