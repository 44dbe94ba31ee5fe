"""Labels of train hidden: how many stay, which ones, what is refused."""

import numpy as np
import pytest

from pnet_tf.data import hide_labels, make_dataset
from pnet_tf.errors import InputError

TEXTS = [f"text {i}" for i in range(12)]
LABELS = ["a", "b", "b"] * 4
DATA = make_dataset(TEXTS, LABELS, valid=(["v"], ["a"]), test=(["t"], ["b"]))


def labelled(found):
    return dict(zip(found.train.inputs, found.train.targets, strict=True))


def test_each_class_keeps_as_many_with_their_labels():
    few, rest = hide_labels(DATA, 3, seed=5)
    assert np.bincount(few.train.targets).tolist() == [3, 3]
    assert labelled(few).items() <= labelled(DATA).items()
    assert sorted([*few.train.inputs, *rest]) == sorted(TEXTS) and len(rest) == 6
    assert few.valid is DATA.valid and few.test is DATA.test and few.labels == DATA.labels


def test_the_seed_decides_which_and_fewer_are_a_part_of_more():
    found = [labelled(hide_labels(DATA, k, seed)[0]) for k, seed in ((2, 1), (3, 1), (3, 2))]
    assert found[0].items() < found[1].items() and found[1] != found[2]
    assert found[1] == labelled(hide_labels(DATA, 3, 1)[0])


def test_a_class_that_has_fewer_keeps_all_of_its_own():
    few, rest = hide_labels(DATA, 4)
    assert np.bincount(few.train.targets).tolist() == [4, 4] and len(rest) == 4
    more, left = hide_labels(DATA, 5)
    assert np.bincount(more.train.targets).tolist() == [4, 5] and len(left) == 3
    even = make_dataset(TEXTS, ["a", "b"] * 6, valid=(["v"], ["a"]))
    assert not len(hide_labels(even, 6)[1])


def test_what_had_no_label_or_several():
    some = [None, {"a": 0.7, "b": 0.3}, *LABELS[2:]]
    few, rest = hide_labels(make_dataset(TEXTS, some, valid=(["v"], ["a"])), 4)
    assert TEXTS[0] in rest
    row = few.train.inputs.tolist().index(TEXTS[1])
    assert few.train.soft.shares[row].tolist() == pytest.approx([0.7, 0.3])
    assert len(few.train.soft.shares) == len(few.train.targets) == 8


VALUES = make_dataset(np.ones((4, 2)), np.ones(4), valid=(np.ones((1, 2)), np.ones(1)))
BAD = {
    "too many": (DATA, 9, 0, "must be at most 8, the labelled examples of train that 'b', the la"),
    "none": (DATA, 0, 0, "labels_per_class must be a whole number of at least 1, got 0"),
    "a half": (DATA, 1.5, 0, "labels_per_class must be a whole number of at least 1, got 1.5"),
    "yes": (DATA, True, 0, "labels_per_class must be a whole number of at least 1, got True"),
    "seed": (DATA, 1, -1, "seed must be"),
    "regression": (VALUES, 1, 0, "for classes, not for a regression"),
}


@pytest.mark.parametrize(("data", "per_class", "seed", "words"), BAD.values(), ids=BAD)
def test_what_is_refused(data, per_class, seed, words):
    with pytest.raises(InputError) as raised:
        hide_labels(data, per_class, seed)
    assert words in str(raised.value) and "\n" not in str(raised.value)
