"""Content hashes: what must change them, and what must not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.data import Split, data_sha256, load_dataset, make_dataset, split_sha256
from pnet_tf.data.types import object_array

LABELS = ("a", "b")


def texts(*rows, targets=(0, 1, 0)):
    return Split(object_array(rows), np.array(targets, np.int64))


BASE = texts("x", "y", "z")


def test_by_hand():
    assert split_sha256(BASE, LABELS) == (
        "2a5f19f68ccafb25fea6fbd7d4db37c997a58b78d998bec3d863682300302f63"
    )
    assert data_sha256(data()) == (
        "85c797b4a9e6b8500c4bff188a18eccc6aa07cadb4babdedb7fabe124ed0eafe"
    )


def data(**changes):
    found = make_dataset(
        ["p", "q", "r", "s"], ["a", "b", "a", "b"], valid=(["v", "w"], ["a", "b"]),
        test=(["t"], ["b"]), replies={"a": ["hi"]},
    )  # fmt: skip
    return replace(found, **changes)


@pytest.mark.parametrize(
    "other",
    [
        texts("X", "y", "z"),
        texts("y", "x", "z"),
        texts("x", "y", "z", targets=(0, 1, 1)),
        texts("x", "y", "z", targets=(1, 0, 0)),
        texts("x", "y", "z", targets=(0, 1, -1)),
        texts("xy", "", "z"),
        texts("x", "", "yz"),
        texts("x\0y", "", "z"),
        texts("x\0", "y", "z"),
        texts("x", "\0y", "z"),
        texts("x", "y", "z", "", targets=(0, 1, 0, 0)),
        texts("x", "y", targets=(0, 1)),
        Split(BASE.inputs, BASE.targets.astype(np.float32)[:, None]),
        Split(BASE.inputs, BASE.targets.astype(np.int32)),
    ],
)
def test_a_split_changes(other):
    assert split_sha256(other, LABELS) != split_sha256(BASE, LABELS)


@pytest.mark.parametrize("labels", [("a", "c"), ("b", "a"), ("ab", ""), ("a", "b", "c"), ()])
def test_labels_change(labels):
    assert split_sha256(BASE, labels) != split_sha256(BASE, LABELS)
    assert data_sha256(data(labels=labels)) != data_sha256(data())


def test_neighbours_do_not_run_together():
    one, other = texts("ab", "c", "z"), texts("a", "bc", "z")
    assert split_sha256(one, LABELS) != split_sha256(other, LABELS)
    nul = texts("a\0b", "c", "z"), texts("a", "b\0c", "z")
    assert split_sha256(nul[0], LABELS) != split_sha256(nul[1], LABELS)


def test_shapes_and_types_of_arrays_change():
    pixels, targets = np.arange(24, dtype=np.uint8), np.zeros(2, np.int64)
    shapes = [(2, 2, 3, 2), (2, 3, 2, 2), (2, 12, 1, 1), (2, 1, 12, 1)]
    splits = [Split(pixels.reshape(shape), targets) for shape in shapes]
    splits.append(Split(pixels.reshape(2, 12).view(np.int8), targets))
    splits.append(Split(pixels.reshape(2, 12).astype(np.float32), targets))
    assert len({split_sha256(split, LABELS) for split in splits}) == len(splits)


def test_order_in_memory_does_not_count():
    values, targets = np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(2, np.int64)
    found = {
        split_sha256(Split(rows, targets), LABELS)
        for rows in (values, np.asfortranarray(values), values.astype(">f4"), values[::-1][::-1])
    }
    assert len(found) == 1


def test_an_empty_split_and_lone_surrogates_have_a_hash():
    empty = Split(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))
    assert len(split_sha256(empty, LABELS)) == len(split_sha256(texts("\ud800", "", ""), LABELS))


def test_what_counts_of_a_data_set():
    whole = data_sha256(data())
    other = [
        data(kind="dense"),
        data(task="regression"),
        data(input_shape=(1,)),
        data(train=data().valid),
        data(valid=data().train),
        data(train=data().valid, valid=data().train),
    ]
    assert len({whole, *map(data_sha256, other)}) == 1 + len(other)
    same = [data(name="other"), data(test=None), data(replies={})]
    assert {data_sha256(one) for one in same} == {whole}


@pytest.mark.parametrize("source", ["digits", "smart-reply"])
def test_loaded_twice_is_equal(source):
    assert data_sha256(load_dataset(source)) == data_sha256(load_dataset(source))


def test_another_division_is_another_set():
    one, again, other = (data_sha256(load_dataset("digits", seed=seed)) for seed in (0, 0, 1))
    assert one == again != other


@settings(max_examples=80, deadline=None)
@given(*(st.lists(st.text("ab\0", max_size=3), min_size=1, max_size=4) for _ in "xy"))
def test_equal_hashes_mean_equal_texts(one, other):
    first, second = (texts(*rows, targets=[0] * len(rows)) for rows in (one, other))
    same = split_sha256(first, LABELS) == split_sha256(second, LABELS)
    assert same == (one == other)
