"""Data sets made of lists and arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.data import data_sha256, load_dataset, make_dataset
from pnet_tf.errors import InputError

X = [f"text {i}" for i in range(12)]
Y = ["c", "a", "b"] * 4
IMAGES = np.arange(12 * 6, dtype=np.uint8).reshape(12, 2, 3)
ROWS = np.arange(36, dtype=np.float64).reshape(12, 3)


def test_texts():
    found = make_dataset(X, Y, valid_fraction=0.25)
    assert (found.name, found.kind, found.task) == ("data", "text", "classification")
    assert (found.labels, found.input_shape, found.test) == (("a", "b", "c"), (), None)
    assert (found.train.inputs.dtype, found.train.targets.dtype) == (object, np.int64)
    assert np.bincount(found.valid.targets).tolist() == [1, 1, 1]
    for split in (found.train, found.valid):
        assert [Y[int(t.split()[1])] for t in split.inputs] == [
            found.labels[i] for i in split.targets
        ]


@pytest.mark.parametrize("images", [IMAGES, IMAGES[..., None], list(IMAGES), IMAGES.tolist()])
def test_images(images):
    if isinstance(images, list) and isinstance(images[0], list):
        with pytest.raises(InputError, match=r"data: x is int64 \[12, 2, 3\]; allowed: texts, ui"):
            make_dataset(images, Y)
        return
    found = make_dataset(images, Y, valid=(IMAGES[:2], ["a", "b"]))
    assert (found.kind, found.input_shape) == ("image", (2, 3, 1))
    assert found.train.inputs.dtype == np.uint8
    assert found.train.inputs[..., 0].tolist() == IMAGES.tolist()
    assert (found.train.targets[:3].tolist(), found.valid.targets.tolist()) == ([2, 0, 1], [0, 1])


@pytest.mark.parametrize(
    "rows", [ROWS, ROWS.tolist(), ROWS.astype(np.int16), np.asfortranarray(ROWS)]
)
def test_features(rows):
    found = make_dataset(rows, Y, test=(rows, Y))
    assert (found.kind, found.input_shape) == ("dense", (3,))
    assert found.test.inputs.dtype == np.float32
    assert found.test.inputs.flags.c_contiguous
    assert found.test.inputs.tolist() == ROWS.tolist()


@pytest.mark.parametrize(
    "y",
    [
        [10, 9, 10, 9],
        np.array([10, 9, 10, 9], np.uint8),
        np.array([[10], [9]] * 2),
        ["10", "9"] * 2,
    ],
)
def test_integers_become_names(y):
    found = make_dataset(X[:4], y)
    assert found.labels == ("9", "10")
    assert sorted(found.train.targets.tolist()) in ([0, 0, 1], [0, 1, 1])


@pytest.mark.parametrize("kind", [list, np.array, tuple, lambda y: np.array(y, object)])
def test_integers_are_places_in_labels(kind):
    valid = (["v", "w"], kind([2, 1]))
    found = make_dataset(X[:3], kind([2, 0, 2]), labels=["no", "yes", "maybe"], valid=valid)
    assert found.labels == ("no", "yes", "maybe")
    assert (found.train.targets.tolist(), found.valid.targets.tolist()) == ([2, 0, 2], [2, 1])


def test_labels_give_the_order_of_names():
    valid, labels = (["v", "w"], ["z", "a"]), ("c", "b", "a", "unused")
    found = make_dataset(X[:3], Y[:3], labels=labels, valid=valid)
    assert found.labels == labels
    assert (found.train.targets.tolist(), found.valid.targets.tolist()) == ([0, 2, 1], [-1, 2])


@pytest.mark.parametrize("form", ["names", "integers", "objects", "places"])
def test_rows_without_a_label(form):
    y = [[0, 1, None][i % 3] for i in range(12)]
    labels = ["no", "yes"] if form == "places" else None
    if form == "names":
        y = [None if value is None else "ab"[value] for value in y]
    if form == "objects":
        y = np.array(y, dtype=object)
    for seed in range(5):
        found = make_dataset(X, y, seed=seed, valid_fraction=0.5, labels=labels)
        assert found.train.targets.tolist().count(-1) == 4
        assert np.bincount(found.valid.targets).tolist() == [2, 2]
        assert not set(found.valid.inputs) & set(X[2::3])
        assert found.train.inputs.tolist() == sorted(found.train.inputs, key=X.index)


def test_unlabelled_rows_do_not_change_the_division():
    plain = make_dataset(X, Y, seed=3, valid_fraction=0.25)
    more = make_dataset([*X, "new", "newer"], [*Y, None, None], seed=3, valid_fraction=0.25)
    assert plain.valid.inputs.tolist() == more.valid.inputs.tolist()
    assert more.train.inputs.tolist() == [*plain.train.inputs, "new", "newer"]


@pytest.mark.parametrize(
    "y", [[0.5, 1, 1.5, 2], np.array([0.5, 1, 1.5, 2]), [[0.5], [1], [1.5], [2]]]
)
def test_floats_are_regression(y):
    found = make_dataset(X[:4], y, test=(X[:4], y))
    assert (found.task, found.labels) == ("regression", ())
    assert (found.test.targets.dtype, found.test.targets.tolist()) == (
        np.float32, [[0.5], [1], [1.5], [2]]
    )  # fmt: skip
    assert (len(found.train.targets), len(found.valid.targets)) == (3, 1)


def test_task_overrides():
    assert make_dataset(X[:4], [1, 2, 3, 4], task="regression").labels == ()
    assert make_dataset(ROWS[:4], np.eye(4), task="regression").train.targets.shape == (3, 4)


def test_name_and_replies():
    found = make_dataset(X, Y, name="chat", replies={"a": ["Hello!", "Hi"], "b": ("Bye",)})
    assert found.name == "chat"
    assert found.replies == {"a": ("Hello!", "Hi"), "b": ("Bye",)}


def test_what_is_given_is_copied():
    images, rows, texts = IMAGES.copy(), ROWS.astype(np.float32), np.array(X, object)
    found = [make_dataset(x, Y, test=(x, Y)) for x in (images, rows, texts)]
    images[:], rows[:], texts[:] = 0, 0, "gone"
    assert found[0].test.inputs[..., 0].tolist() == IMAGES.tolist()
    assert found[1].test.inputs.tolist() == ROWS.tolist()
    assert found[2].test.inputs.tolist() == X


def test_fixed_width_texts_become_strings():
    found = make_dataset(np.array(X), np.array(Y))
    assert {type(text) for text in found.train.inputs} == {str}
    assert data_sha256(found) == data_sha256(make_dataset(X, Y))


def test_same_as_from_a_file(tmp_path):
    arrays = {"x_train": ROWS, "y_train": np.array(Y), "x_test": ROWS, "y_test": np.array(Y)}
    np.savez(tmp_path / "d.npz", **arrays)
    file = load_dataset(tmp_path / "d.npz", seed=4, valid_fraction=0.25)
    made = make_dataset(ROWS, Y, test=(ROWS, Y), seed=4, valid_fraction=0.25)
    assert data_sha256(file) == data_sha256(made)


class Frame:
    """As data frames and tensors do it."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype or object)


def test_what_turns_into_an_array():
    assert make_dataset(Frame(X), Frame(Y)).labels == ("a", "b", "c")
    assert make_dataset(Frame(X), Frame([3, 4] * 6)).labels == ("3", "4")


REPLIES = "the labels of train"


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (None, Y, {}, "x must be a list or an array, got NoneType"),
        (X, None, {}, "y must be a list or an array, got NoneType"),
        ("text", Y, {}, "x must be a list or an array, got str"),
        ({"a": 1}, Y, {}, "x must be a list or an array, got dict"),
        (X, Y[:5], {}, "x has 12 rows and y 5; allowed: equal numbers"),
        ([], [], {}, r"x is float64 \[0\]; allowed: texts, uint8 \[N, H, W\]"),
        (["a", 3], Y[:2], {}, r"x\[1\] is 3; allowed: text that is not empty"),
        (["a", None], Y[:2], {}, r"x\[1\] is None; allowed: text that is not empty"),
        (["a", " "], Y[:2], {}, r"x\[1\] is ' '; allowed: text that is not empty"),
        ([b"a", b"b"], Y[:2], {}, r"x is \|S1 \[2\]; allowed: texts, uint8"),
        ([[1], [1, 2]], Y[:2], {}, "x has rows of different shapes"),
        (ROWS[:, None], Y, {}, r"x is float64 \[12, 1, 3\]; allowed: texts"),
        ([[1, np.nan]], ["a"], {}, r"x\[0, 1\] is nan; allowed: finite 32-bit numbers"),
        ([[1, 1e39]], ["a"], {}, r"x\[0, 1\] is 1e\+39; allowed: finite"),
        (X, ["a"] * 12, {}, "train has one class, 'a'; needed: two or more"),
        (X, [None] * 12, {}, "train has no label; needed: two or more"),
        (X, ["a", None] * 6, {}, "train has one class, 'a'"),
        (X, ["", *Y[1:]], {}, r"y\[0\] is empty; allowed: any other"),
        (X, [*Y[1:], "\u200b"], {}, r"y\[11\] is '\\u200b', which shows nothing"),
        (X, [*Y[1:], "a\x1b[m"], {}, r"y\[11\] is 'a\\x1b\[m'; allowed: text without control"),
        (X, np.array([*Y[1:], "a\x1b[m"]), {}, r"y\[11\] is 'a\\x1b\[m'; allowed: text without"),
        (X, ["a", 1] * 6, {}, "y mixes text and numbers; allowed: one of the two"),
        (X, ["a", float("nan")] * 6, {}, "y mixes text and numbers"),
        (X, [1, 2.5, None] * 4, {}, r"y\[1\] is 2.5; allowed: label names or whole numbers"),
        (X, [True, False] * 6, {}, r"y is bool \[12\]; allowed for classification: integers"),
        (X, [True, None] * 6, {}, r"y\[0\] is True; allowed: label names"),
        (X, np.eye(12, dtype=int), {}, r"y is int64 \[12, 12\]; allowed for classification"),
        (X, [0.5, np.inf] * 6, {}, r"y\[1, 0\] is inf; allowed: finite"),
        (X, [0.5] * 12, {"task": "classification"}, "y is float64.*allowed for classification"),
        (X, Y, {"task": "regression"}, r"y is object \[12\]; allowed for regression: numbers"),
        (X, [1, None] * 6, {"task": "regression"}, "y is object .*allowed for regression"),
        (X, [0, 1, 2] * 4, {"labels": ["a", "b"]}, r"y\[2\] is 2; allowed: 0..1, places in la"),
        (X, [0, -1] * 6, {"labels": ["a", "b"]}, r"y\[1\] is -1; allowed: 0..1, places"),
        (X, Y, {"labels": ["a", "b"]}, r"y\[0\] is 'c'; allowed: the labels given"),
        (X, Y, {"labels": ["a", "b", "a"]}, "labels hold 'a' twice; allowed: once"),
        (X, Y, {"labels": ["a", "\u200b"]}, r"labels\[1\] is '\\u200b', which shows nothing"),
        (X, Y, {"labels": [0, 1]}, r"labels\[0\] is 0; allowed: text"),
        (X, Y, {"labels": "abc"}, "labels must be a list of text, got 'abc'"),
        (ROWS, [0.5] * 12, {"labels": ["a", "b"]}, "labels given for regression"),
        (X, Y, {"valid": X}, r"valid must be a pair \(x, y\), got \['text 0'"),
        (X, Y, {"test": (X, Y, Y)}, r"test must be a pair \(x, y\)"),
        (X, Y, {"valid": (X, Y[:3])}, "valid x has 12 rows and valid y 3"),
        (X, Y, {"valid": (X[:2], ["a", None])}, r"valid y\[1\] is None; allowed: a label, which"),
        (X, Y, {"test": (X[:2], ["a", ""])}, r"test y\[1\] is empty"),
        (X, Y, {"test": (ROWS, Y)}, "texts and dense features mixed; allowed: one kind"),
        (IMAGES, Y, {"valid": (ROWS, Y)}, "images and dense features mixed; allowed: one kind"),
        (ROWS, Y, {"test": (ROWS[:, :2], Y)}, r"test has shape \[2\] -> \[\]; allowed: \[3\]"),
        (X, Y, {"valid": (X[:2], ["q", "r"])}, "no label of the validation split is one of train"),
        (X, Y, {"replies": {"z": ["hi"]}}, f"replies for 'z'; allowed: {REPLIES}"),
        (X, Y, {"replies": {"a": "hi"}}, "replies for 'a' are 'hi'; allowed: a list of text"),
        (X, Y, {"replies": {"a": ["\x07"]}}, r"a reply for 'a' is '\\x07'; allowed: text without"),
        (X, Y, {"replies": [("a", "b")]}, "replies must map labels to lists, got"),
        (X, [0.5] * 12, {"replies": {"a": ["hi"]}}, f"replies for 'a'; allowed: {REPLIES}"),
        (X[:3], Y[:3], {}, "no validation split can be made: every class has a single example"),
    ],
)
def test_refuses(x, y, options, message):
    with pytest.raises(InputError, match=f"^data: {message}") as error:
        make_dataset(x, y, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "ranking"}, "task must be"),
        ({"seed": 2**32}, "seed must be"),
        ({"seed": -1}, "seed must be"),
        ({"valid_fraction": 1}, "valid_fraction must be"),
    ],
)
def test_refuses_options(options, message):
    with pytest.raises(InputError, match=message):
        make_dataset(X, Y, **options)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), min_size=2, max_size=40),
    st.floats(0.05, 0.95),
    st.integers(0, 2**32 - 1),
)
def test_every_row_is_in_one_split(y, fraction, seed):
    x = [f"text {i}" for i in range(len(y))]
    try:
        found = make_dataset(x, y, seed=seed, valid_fraction=fraction)
    except InputError:
        labelled = [value for value in y if value is not None]
        assert len(set(labelled)) < 2 or len(set(labelled)) == len(labelled)
        return
    assert sorted([*found.train.inputs, *found.valid.inputs]) == sorted(x)
    names = (*found.labels, None)
    for split in (found.train, found.valid):
        rows = [int(text.split()[1]) for text in split.inputs]
        assert rows == sorted(rows)
        assert [y[row] for row in rows] == [names[target] for target in split.targets]
    assert (found.valid.targets >= 0).all()
