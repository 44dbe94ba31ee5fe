"""Logits of a teacher in a file: read as float32, tied to their examples, damage refused."""

import contextlib
import os

import numpy as np
import pytest

from pnet_tf.data import Split, split_sha256
from pnet_tf.errors import InputError
from pnet_tf.trainers import load_teacher_logits
from pnet_tf.trainers.stored import HASH

LABELS = ("no", "yes")
TWO = Split(np.array(["hi", "bye"], object), np.array([0, 1]))


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def digest(split, labels=LABELS):
    return np.frombuffer(bytes.fromhex(split_sha256(split, labels)), np.uint8)


def load(path, split=TWO, outputs=2):
    return load_teacher_logits(path, split, LABELS, outputs=outputs)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_logits_come_back_as_float32(tmp_path, kind):
    path = save(tmp_path / "t.npz", logits=np.array([[1.5, -2.0], [0.0, 3.0]]), other=np.ones(3))
    logits = load(kind(path))
    assert logits.dtype == np.float32
    np.testing.assert_array_equal(logits, [[1.5, -2.0], [0.0, 3.0]])


def test_whole_numbers_are_logits_too(tmp_path):
    path = save(tmp_path / "t.npz", logits=np.array([[1, -2], [0, 3]], np.int16))
    np.testing.assert_array_equal(load(path), [[1, -2], [0, 3]])


@pytest.mark.parametrize(
    "other",
    [
        Split(np.array(["bye", "hi"], object), np.array([0, 1])),
        Split(TWO.inputs, np.array([1, 0])),
        Split(np.array(["hi", "bye!"], object), TWO.targets),
    ],
)
def test_logits_with_a_hash_belong_to_their_examples(tmp_path, other):
    path = save(tmp_path / "t.npz", logits=np.ones((2, 2)), **{HASH: digest(TWO)})
    assert load(path).shape == (2, 2)
    with pytest.raises(InputError, match="of other examples than this training split, or in other"):
        load(path, other)


@pytest.mark.parametrize("stored", [digest(TWO, ("no", "yep")), np.zeros(32, np.uint8),
                                    digest(TWO)[:31], np.zeros(0), np.array("x")])  # fmt: skip
def test_another_hash_is_refused(tmp_path, stored):
    path = save(tmp_path / "t.npz", logits=np.ones((2, 2)), **{HASH: stored})
    with pytest.raises(InputError, match="of other examples"):
        load(path)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"scores": np.ones((2, 2))}, "no array logits; found scores"),
        ({}, "no array logits; found nothing"),
        ({"logits": np.ones((3, 2))}, r"\(2, 2\).*got \(3, 2\)"),
        ({"logits": np.ones(4)}, r"got \(4,\)"),
        ({"logits": np.ones((4000, 200))}, "more than the 65600 bytes allowed"),
        ({"logits": np.array([[1.0, 2.0], [np.nan, 0.0]])}, "row 1 .* not finite"),
        ({"logits": np.array([[np.inf, 2.0], [0.0, 0.0]])}, "row 0 .* not finite"),
        ({"logits": np.array([[1e300, 2.0], [0.0, 0.0]])}, "row 0 .* not finite"),
        ({"logits": np.array([["a", "b"], ["c", "d"]])}, "real numbers"),
        ({"logits": np.array([[True, True], [True, False]])}, "real numbers, got bool"),
        ({"logits": np.array([[1j, 1], [1, 1]])}, "real numbers"),
        ({"logits": np.array([[{}, 1], [1, 1]], dtype=object)}, "pickle"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, arrays, words):
    path = save(tmp_path / "t.npz", **arrays)
    with pytest.raises(InputError, match=words) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz: no such file"):
        load(tmp_path / "none.npz")
    os.mkfifo(tmp_path / "pipe.npz")
    for path in (tmp_path, tmp_path / "pipe.npz"):
        with pytest.raises(InputError, match="not a plain file"):
            load(path)


def test_every_truncation_is_refused(tmp_path):
    path = save(tmp_path / "t.npz", logits=np.ones((2, 2)))
    data = path.read_bytes()
    for size in range(0, len(data), 7):
        path.write_bytes(data[:size])
        with pytest.raises(InputError):
            load(path)


def test_damaged_bytes_end_in_the_array_or_an_input_error(tmp_path):
    path = save(tmp_path / "t.npz", logits=np.ones((2, 2)))
    data = bytearray(path.read_bytes())
    for place in range(len(data)):
        data[place] ^= 0xFF
        path.write_bytes(data)
        with contextlib.suppress(InputError):
            assert load(path).shape == (2, 2)
        data[place] ^= 0xFF
