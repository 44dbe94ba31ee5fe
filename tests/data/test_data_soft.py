"""Soft labels, from tables and from memory: shares by hand, who may be one, what is refused."""

import json

import numpy as np
import pytest

from pnet_tf.data import load_dataset, make_dataset
from pnet_tf.data.fingerprint import data_sha256
from pnet_tf.data.soft import MOST_SOFT_LABELS, best_label, number_shares, soft_label
from pnet_tf.data.tables import parse_table
from pnet_tf.errors import InputError

TEXTS = [f"message {i}" for i in range(8)]
SOFT = {"yes": 3, "thanks": 1}
Y = ["yes", SOFT, "no", {"no": 1}, "yes", "no", "yes", None]


def table(*cells, header="label\ttext\tsoft"):
    return "\n".join([header, *("\t".join(row) for row in cells)]).encode()


def test_shares_by_hand():
    assert soft_label({"b": 1, "a": 1, "c": 2}, "x") == {"c": 0.5, "a": 0.25, "b": 0.25}
    assert list(soft_label({"b": 1, "a": 1, "c": 2}, "x")) == ["c", "a", "b"]
    assert best_label({"b": 0.4, "a": 0.4, "c": 0.2}) == "a"


def test_numbers_by_hand():
    found = number_shares(["b", None, "a"], [{"b": 0.75, "a": 0.25}, None, None], ("a", "b"))
    assert found.labels.tolist() == [[1, 0], [0, 0], [0, 0]]
    assert found.shares.tolist() == [[0.75, 0.25], [0, 0], [1, 0]]
    assert (found.labels.dtype, found.shares.dtype) == (np.int32, np.float32)
    assert found.take(np.array([2])).shares.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "is .*an object of 1..64 labels"),
        ({}, "is .*an object of 1..64 labels"),
        ("yes", "is 'yes'; allowed: an object"),
        ({str(i): 1 for i in range(MOST_SOFT_LABELS + 1)}, "an object of 1..64 labels"),
        ({"": 1}, "has a label that is empty"),
        ({3: 1}, "has a label that is 3; allowed: text"),
        ({"\x1b[2J": 1}, "has a label that is .*without control characters"),
        ({"yes": 0}, "gives 'yes' the weight 0; allowed: a number above 0"),
        ({"yes": -1}, "the weight -1"),
        ({"yes": True}, "the weight True"),
        ({"yes": "1"}, "the weight '1'"),
        ({"yes": float("nan")}, "the weight nan"),
        ({"yes": float("inf")}, "the weight inf"),
        ({"yes": 1.1e9}, "the weight 1100000000.0"),
        ({"yes": 10**400}, "the weight 1000"),
    ],
)
def test_what_is_no_soft_label(value, words):
    with pytest.raises(InputError, match=f"^x .*{words}"):
        soft_label(value, "x")
    with pytest.raises(InputError, match="^data: y"):
        make_dataset(TEXTS, [value, *Y[1:]] if value != "yes" else [5, *Y[1:]])


def test_a_table_has_them_in_a_column():
    found = parse_table(table(["yes", "hi", json.dumps(SOFT)], ["no", "ho", " "]), "t.tsv")
    assert found.labels == ["yes", "no"] and found.texts == ["hi", "ho"]
    assert found.soft == [{"yes": 0.75, "thanks": 0.25}, None]
    assert parse_table(table(["yes", "hi"], header="label\ttext"), "t.tsv").soft is None
    assert parse_table(table(["yes", "hi"], header="yes\thi"), "t.tsv").soft is None


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("{", r"t\.tsv row 2: the soft label is '\{'; allowed: JSON"),
        ("[" * 100_000, "the soft label is .*allowed: JSON"),
        ("3", "row 2: the soft label is 3; allowed: an object"),
        ('{"yes": NaN}', "gives 'yes' the weight nan"),
    ],
)
def test_a_damaged_cell_is_named(cell, words):
    with pytest.raises(InputError, match=words) as caught:
        parse_table(table(["yes", "hi", cell]), "t.tsv")
    assert len(str(caught.value)) < 200


def test_two_columns_of_them_are_refused():
    with pytest.raises(InputError, match="2 columns are named soft"):
        parse_table(table(["yes", "hi", "", ""], header="label\ttext\tsoft\tsoft"), "t.tsv")


def check(data):
    """The set of `Y`, whose validation split has been drawn from train."""
    assert data.labels == ("no", "thanks", "yes")  # one that is never the best is a label too
    rows = dict(zip(data.train.inputs.tolist(), data.train.targets.tolist(), strict=True))
    held = dict(zip(data.valid.inputs.tolist(), data.valid.targets.tolist(), strict=True))
    assert (rows | held)["message 1"] == 2 and len(held) == 1
    for text, labels, shares in zip(
        data.train.inputs, data.train.soft.labels, data.train.soft.shares, strict=True
    ):
        if text == "message 1":
            assert labels.tolist() == [2, 1] and shares.tolist() == [0.75, 0.25]
        elif rows[text] < 0:
            assert shares.tolist() == [0, 0]
        else:
            assert labels[0] == rows[text] and shares.tolist() == [1, 0]


def test_in_memory():
    data = make_dataset(TEXTS, Y)
    check(data)
    assert sorted(data.train.targets.tolist())[0] == -1
    chosen = make_dataset(TEXTS, Y, labels=["yes", "no", "thanks"])
    assert chosen.labels == ("yes", "no", "thanks")
    with pytest.raises(InputError, match=r"^data: y\[1\] is .*allowed: the labels given"):
        make_dataset(TEXTS, Y, labels=["yes", "no"])


def test_from_a_file(tmp_path):
    rows = [
        [y if isinstance(y, str) else max(y, key=y.get), text, json.dumps(y) * isinstance(y, dict)]
        for y, text in zip(Y[:-1], TEXTS, strict=False)
    ]
    (tmp_path / "t.tsv").write_bytes(table(*rows))
    check(load_dataset(tmp_path / "t.tsv"))


def test_splits_that_measure_have_one_label(tmp_path):
    (tmp_path / "train.tsv").write_bytes(table(["yes", "hi", '{"yes": 1}'], ["no", "ho", ""]))
    (tmp_path / "valid.tsv").write_bytes(table(["yes", "he", '{"other": 1}']))
    data = load_dataset(tmp_path)
    assert data.train.soft is not None and data.valid.soft is None


def test_the_hash_knows_them():
    hashes = {
        data_sha256(make_dataset(TEXTS, [y, *Y[1:]], valid=(TEXTS[:1], Y[:1])))
        for y in ("yes", {"yes": 2, "no": 1}, {"yes": 3, "no": 1}, {"yes": 2, "thanks": 1})
    }
    assert len(hashes) == 4
