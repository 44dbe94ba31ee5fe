"""Inputs without labels from files: tables, image folders, arrays; damage."""

import gzip

import numpy as np
import pytest
from PIL import Image

from pnet_tf.data.unlabelled import read_unlabelled
from pnet_tf.errors import InputError

TABLES = {
    "plain.tsv": ("one\ntwo\n", ["one", "two"]),
    "header.tsv": ("id\ttext\n1\tone\n2\t\n", ["one", ""]),
    "labelled.csv": ('label,message\nyes,"a, b"\n', ["a, b"]),
    "word.csv": ("text\nhello\n", ["hello"]),
    "empty.tsv": ("text\n", []),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(tmp_path, name):
    content, texts = TABLES[name]
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_unlabelled(tmp_path / name, "text").tolist() == texts
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode(), mtime=0))
    assert read_unlabelled(packed, "text").tolist() == texts


def test_images_of_a_folder_and_those_below(tmp_path):
    (tmp_path / "b").mkdir()
    for value, name in enumerate(("z.png", "b/a.png", ".hidden.png")):
        Image.new("L", (4, 3), value).save(tmp_path / name)
    (tmp_path / "note.txt").write_text("no image")
    found = read_unlabelled(tmp_path, "image")
    assert found.shape == (2, 3, 4, 1) and found[:, 0, 0, 0].tolist() == [1, 0]


def test_arrays(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.ones((3, 2)))
    found = read_unlabelled(tmp_path / "x.npz", "dense")
    assert found.dtype == np.float32 and found.shape == (3, 2)


BAD = {
    "two columns": ("two.tsv", "a\tb\n", "text", "no text column, the first row is"),
    "ragged": ("ragged.tsv", "text\tid\na\n", "text", "row 2: found 1 columns; allowed: 2"),
    "not UTF-8": ("latin.tsv", b"caf\xe9\n", "text", "not UTF-8"),
    "a list": ("list.txt", "a\n", "text", "allowed: a table .csv"),
    "a table": ("x.tsv", "a\n", "dense", "allowed: an .npz with x"),
    "damaged": ("x.npz", "a\n", "image", "x.npz"),
}


@pytest.mark.parametrize(("name", "content", "kind", "words"), BAD.values(), ids=BAD)
def test_bad_files(tmp_path, name, content, kind, words):
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as raised:
        read_unlabelled(tmp_path / name, kind)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_bad_folders(tmp_path):
    with pytest.raises(InputError, match="no image found"):
        read_unlabelled(tmp_path, "image")
    Image.new("L", (4, 3)).save(tmp_path / "a.png")
    Image.new("L", (5, 3)).save(tmp_path / "b.png")
    with pytest.raises(InputError, match=r"b.png: the image is 5 x 3 grey; allowed: 4 x 3 grey"):
        read_unlabelled(tmp_path, "image")
    with pytest.raises(InputError, match="no such file"):
        read_unlabelled(tmp_path / "none.tsv", "text")
