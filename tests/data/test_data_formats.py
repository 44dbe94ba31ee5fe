"""The table of formats: what each says of itself, and one that comes from outside."""

import json
import subprocess
import sys

import numpy as np
import pytest

from pnet_tf.data import (
    BUILTIN_NAMES,
    Format,
    InputSpec,
    Part,
    Source,
    describe_formats,
    load_dataset,
    load_split,
    read_source,
)
from pnet_tf.data.formats import files_ending_in
from pnet_tf.data.types import object_array
from pnet_tf.errors import InputError
from pnet_tf.names import DATA_FORMATS

ROWS = [{"text": f"text {i}", "label": "ab"[i % 2]} for i in range(12)]


def read_jsonl(path, wanted, task):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    inputs = object_array(row["text"] for row in rows)
    part = Part(inputs, object_array(row["label"] for row in rows))
    return Source("text", "classification", {"train": part}, single=True)


JSONL = Format("lines", "a file .jsonl", files_ending_in((".jsonl",)), read_jsonl, (".jsonl",))


@pytest.fixture
def register(monkeypatch):
    """Registers formats for one test."""
    monkeypatch.setattr(DATA_FORMATS, "_entries", dict(DATA_FORMATS._entries))
    return DATA_FORMATS.register


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def reader(kind="text", task="classification", **parts):
    """A format for .x files whose reader finds `parts`."""
    source = Source(kind, task, {split: Part(*part) for split, part in parts.items()})
    return Format("x", "x", files_ending_in((".x",)), lambda *_: source, (".x",))


def test_a_format_from_outside(tmp_path, register):
    path = write(tmp_path / "greet.jsonl", ROWS)
    with pytest.raises(InputError, match="unknown ending"):
        load_dataset(path)
    register("jsonl", JSONL)
    found = load_dataset(path, valid_fraction=0.25)
    assert (found.name, found.kind, found.labels) == ("greet", "text", ("a", "b"))
    assert (len(found.train.inputs), len(found.valid.inputs)) == (9, 3)
    spec = InputSpec("text", (8,))
    rows = load_split(path, "test", labels=("b",), spec=spec, task="classification")
    assert rows.inputs.tolist() == [row["text"] for row in ROWS]
    assert rows.targets.tolist() == [-1, 0] * 6
    assert "lines: a file .jsonl" in describe_formats()
    with pytest.raises(InputError, match=r"unknown ending; allowed: \.csv, .*\.npz.*, \.jsonl, or"):
        load_dataset(write(tmp_path / "t.xlsx", ROWS))
    with pytest.raises(InputError, match="the file is empty"):
        load_dataset(write(tmp_path / "none.jsonl", []))
    with pytest.raises(InputError, match=r"bad.jsonl: damaged or not readable \('text'\)"):
        load_dataset(write(tmp_path / "bad.jsonl", [{}]))


def test_a_format_is_asked_in_the_order_of_the_table(tmp_path, register):
    (tmp_path / "t.csv").write_bytes(b"a,x\nb,y\n" * 3)
    register("csv", Format("mine", "mine", files_ending_in((".csv",)), read_jsonl))
    assert load_dataset(tmp_path / "t.csv").labels == ("a", "b")


def test_rows_without_a_label_from_outside(tmp_path, register):
    register("jsonl", JSONL)
    path = write(tmp_path / "t.jsonl", [*ROWS, {"text": "new", "label": None}])
    found = load_dataset(path, valid_fraction=0.5)
    assert (found.train.inputs[-1], found.train.targets[-1]) == ("new", -1)
    assert (found.valid.targets >= 0).all()


TEXTS, NAMES = object_array(["x", "y", "z", "w"]), object_array(["a", "b", "a", "b"])


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (reader(train=(TEXTS, NAMES[:3])), "train has 4 inputs and 3 targets; allowed: equal"),
        (reader(train=(TEXTS[:0], NAMES[:0])), "train has 0 inputs and 0 targets"),
        (reader("sound", train=(TEXTS, NAMES)), "holds 'sound'; allowed: text, image, dense"),
        (reader(train=(TEXTS, object_array([None] * 4))), "train has no label; needed: two"),
        (
            reader(train=(TEXTS, NAMES), valid=(TEXTS, object_array(["a", None, "a", "b"]))),
            "valid row 1 has no label; allowed: a label, which only rows of train may lack",
        ),
        (
            reader(train=(TEXTS, object_array(["a", "b", "\u200b", "b"]))),
            "the label of train row 2 is .*u200b', which shows nothing",
        ),
        (
            reader(train=(TEXTS, NAMES), test=(TEXTS, object_array(["a", "b", "a", 3]))),
            "the label of test row 3 is 3; allowed: text",
        ),
        (reader(test=(TEXTS, NAMES)), "no train split; found test"),
    ],
)
def test_what_no_format_may_hand_on(tmp_path, register, form, message):
    register("x", form)
    (tmp_path / "d.x").write_bytes(b"x")
    with pytest.raises(InputError, match=f"d.x: {message}"):
        read_source(tmp_path / "d.x")


def test_load_split_checks_as_load_dataset_does(tmp_path, register):
    register("x", reader(test=(TEXTS, object_array(["a", None, "a", "b"]))))
    (tmp_path / "d.x").write_bytes(b"x")
    spec = InputSpec("text", (8,))
    with pytest.raises(InputError, match="test row 1 has no label"):
        load_split(tmp_path / "d.x", "test", labels=("a",), spec=spec, task="classification")


def test_every_form_describes_itself_in_a_line():
    lines = describe_formats()
    assert len(lines) == 1 + len(DATA_FORMATS.names())
    assert all(name in lines[0] for name in BUILTIN_NAMES)
    assert "image folder: a folder train/<class>/*.png|jpg, also valid/ and test/" in lines
    assert all(line and "\n" not in line for line in lines)
    for name in DATA_FORMATS.names():
        form = DATA_FORMATS.get(name)
        assert isinstance(form, Format)
        assert all(e.startswith(".") and e == e.lower() for e in form.endings)


def test_descriptions_load_no_reader_of_others():
    code = (
        "import sys, pnet_tf.data as d; d.describe_formats();"
        "print({'tensorflow', 'sklearn', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_folders_named_like_files(tmp_path, make):
    folder = make.folder(tmp_path / "d.csv", {"train.tsv": b"a\tx\nb\ty\n" * 3})
    assert load_dataset(folder).name == "d"
    images = make.folder(tmp_path / "d.zip", make.images())
    assert load_dataset(images).kind == "image"
    assert np.array_equal(load_dataset(images).test.targets, [0, 0, 0, 1, 1, 1])
