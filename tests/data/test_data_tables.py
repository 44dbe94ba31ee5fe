import gzip

import numpy as np
import pytest

from pnet_tf.data import InputSpec, limits, load_dataset, load_split
from pnet_tf.data.tables import parse_table
from pnet_tf.errors import InputError

ROWS = b"a\thello\nb\tbye\na\thi\nb\tciao\n"


def parse(data, name="t.tsv"):
    table = parse_table(data, name)
    return list(zip(table.lines, table.labels, table.texts, strict=True))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("t.tsv", b"a\tx y\nb\tz\n", [(1, "a", "x y"), (2, "b", "z")]),
        ("t.tsv", b"a\tx\r\n\r\nb\tz", [(1, "a", "x"), (3, "b", "z")]),
        ("t.tsv", b'a\t"x" y\n', [(1, "a", '"x" y')]),
        ("t.tsv", b"a \t x \n", [(1, "a", " x ")]),
        ("t.tsv", "a\tx\u2028y\x0bz\n".encode(), [(1, "a", "x\u2028y\x0bz")]),
        ("t.tsv", b"\xef\xbb\xbflabel\ttext\na\tx\n", [(2, "a", "x")]),
        ("t.TSV.GZ", b"Message\tIntent\nx\ta\n", [(2, "a", "x")]),
        ("t.csv", b"id,query,category\n7,x,a\n", [(2, "a", "x")]),
        ("t.csv", b'a,"x, ""y""\nz"\nb,w\n', [(1, "a", 'x, "y"\nz'), (3, "b", "w")]),
        ("t.csv", b"text,class,label\nx,wrong,right\n", [(2, "right", "x")]),
        ("t.csv", b"greeting,hello\n", [(1, "greeting", "hello")]),
    ],
)
def test_rows(name, data, expected):
    assert parse(data, name) == expected


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("t.tsv", b"\n\n", "t.tsv: the table is empty"),
        ("t.tsv", b"label\ttext\n", "a header and no row"),
        ("t.tsv", b"a\tx\nb\n", "row 2: found 1 columns; allowed: 2"),
        ("t.tsv", b"a\tx\nb\ty\tz\n", "row 2: found 3 columns; allowed: 2"),
        ("t.csv", b"hello\nbye\n", "no text column.*hello.*text, message"),
        ("t.csv", b"id,label\n1,a\n", "no text column"),
        ("t.csv", b"id,text\n1,a\n", "no label column"),
        ("t.csv", b"a,b,c\n", "no text column"),
        ("t.tsv", b"a\tx\nb\t \n", "row 2: the text is empty"),
        ("t.tsv", b"\tx\n", "row 1: the label is empty"),
        ("t.tsv", b"a\tx\nb\t\xff\n", "row 2: byte 0xff is not UTF-8"),
        ("t.tsv", b"a\tx\nb\ty\0\n", "row 2: found a NUL byte"),
        ("t.csv", b'a,x\nb,"y\nc,z\n', "row 2: not valid CSV"),
        ("t.csv", b'a,x\nb,"y"z\n', "row 2: not valid CSV"),
        ("t.csv", b"a,x\nb," + b"y" * 200_000, "row 2: not valid CSV"),
    ],
)
def test_refuses(name, data, message):
    with pytest.raises(InputError, match=message):
        parse(data, name)


@pytest.mark.parametrize("ending", [".tsv", ".csv", ".tsv.gz", ".csv.gz"])
def test_single_table(tmp_path, ending):
    data = ROWS * 10 if "tsv" in ending else (ROWS * 10).replace(b"\t", b",")
    path = tmp_path / f"greet{ending}"
    path.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    found = load_dataset(str(path), valid_fraction=0.25)
    assert (found.name, found.kind, found.task) == ("greet", "text", "classification")
    assert (found.labels, found.input_shape, found.test) == (("a", "b"), (), None)
    assert (found.train.inputs.dtype, found.train.targets.dtype) == (object, np.int64)
    assert (len(found.train.inputs), len(found.valid.inputs)) == (30, 10)
    assert np.bincount(found.valid.targets).tolist() == [5, 5]
    pairs = dict(zip(found.train.inputs, found.train.targets, strict=True))
    assert pairs == {"hello": 0, "hi": 0, "bye": 1, "ciao": 1}


def test_folder_with_splits_and_replies(tmp_path, make):
    files = {"train.tsv": ROWS, "dev.csv": b"b,yo\n"}
    files |= {"test.tsv.gz": gzip.compress(b"c\thm\na\to\n")}
    files |= {"replies.tsv": b"intent\treply\na\tHello!\na\tHi\n", "notes.txt": b"", "x.tsv": b""}
    found = load_dataset(str(make.folder(tmp_path / "d", files)))
    assert found.labels == ("a", "b")
    assert found.train.targets.tolist() == [0, 1, 0, 1]
    assert (found.valid.inputs.tolist(), found.valid.targets.tolist()) == (["yo"], [1])
    assert found.test.targets.tolist() == [-1, 0]
    assert found.replies == {"a": ("Hello!", "Hi")}


def test_folder_refuses(tmp_path, make):
    both = make.folder(tmp_path / "both", {"train.tsv": ROWS, "train.csv": b"a,b\n"})
    with pytest.raises(InputError, match="both train.csv and train.tsv hold train"):
        load_dataset(str(both))
    none = make.folder(tmp_path / "none", {"test.tsv": ROWS})
    with pytest.raises(InputError, match="no train split; found test"):
        load_dataset(str(none))
    stray = make.folder(tmp_path / "stray", {"train.tsv": ROWS, "replies.tsv": b"z\thi\n"})
    with pytest.raises(InputError, match="replies for 'z'"):
        load_dataset(str(stray))


def test_regression(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"".join(b"%d.5\ttext %d\n" % (i, i) for i in range(10)))
    found = load_dataset(str(path), task="regression", valid_fraction=0.2)
    assert (found.task, found.labels) == ("regression", ())
    assert (found.train.targets.shape, found.valid.targets.shape) == ((8, 1), (2, 1))
    assert found.train.targets.dtype == np.float32
    values = [float(text.split()[1]) + 0.5 for text in found.valid.inputs]
    assert found.valid.targets[:, 0].tolist() == values


@pytest.mark.parametrize("label", [b"x", b"nan", b"-inf", b"1e39"])
def test_regression_refuses(tmp_path, label):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"1\ta\n" + label + b"\tb\n")
    with pytest.raises(InputError, match="row 2: the label is .*finite number"):
        load_dataset(str(path), task="regression")


def test_load_split_of_a_single_table_gives_all_rows(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"b\tx\nz\ty\n")
    options = {"labels": ["a", "b"], "spec": InputSpec("text", (8,))}
    found = load_split(str(path), "test", task="classification", **options)
    assert (found.inputs.tolist(), found.targets.tolist()) == (["x", "y"], [1, -1])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(ROWS, mtime=0)[:-9], "damaged or not readable"),
        (ROWS, "damaged or not readable"),
        (gzip.compress(ROWS, mtime=0) + b"tail", "damaged or not readable"),
        (gzip.compress(b"", mtime=0), "the table is empty"),
        (gzip.compress(b"a\t" + b"x" * (2 << 20), mtime=0), "at most 200 times"),
    ],
)
def test_damaged_gzip(tmp_path, data, message):
    path = tmp_path / "t.tsv.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        load_dataset(str(path))


def test_table_beyond_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "t.tsv"
    path.write_bytes(ROWS)
    monkeypatch.setattr(limits, "MAX_TABLE_BYTES", len(ROWS) - 1)
    with pytest.raises(InputError, match=f"more than the {len(ROWS) - 1} bytes allowed"):
        load_dataset(str(path))
    monkeypatch.setattr(limits, "MAX_TABLE_BYTES", len(ROWS))
    assert len(load_dataset(str(path)).train.inputs) == 3


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (b"label,text,label", "label"),
        (b"text,label,Text ", "text"),
        (b"intent,intent,message", "intent"),
        (b"reply,text,label,label", "label"),
    ],
)
def test_a_column_twice(header, column):
    row = b",".join([b"x"] * (header.count(b",") + 1))
    with pytest.raises(InputError, match=f"t.csv: 2 columns are named {column}; allowed: one"):
        parse(header + b"\n" + row + b"\n", "t.csv")


def test_another_column_twice_does_not_matter():
    assert parse(b"id,label,id,text\n1,a,2,x\n", "t.csv") == [(2, "a", "x")]


def test_replies_column_twice(tmp_path, make):
    files = {"train.tsv": ROWS, "replies.tsv": b"label\treply\treply\na\thi\tho\n"}
    with pytest.raises(InputError, match="replies.tsv: 2 columns are named reply"):
        load_dataset(make.folder(tmp_path / "d", files))
