import contextlib

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.trainers import load_teacher_logits


def save(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_logits_come_back_as_float32(tmp_path):
    path = save(tmp_path / "t.npz", logits=np.array([[1.5, -2.0], [0.0, 3.0]]), other=np.ones(3))
    logits = load_teacher_logits(path, examples=2, outputs=2)
    assert logits.dtype == np.float32
    np.testing.assert_array_equal(logits, [[1.5, -2.0], [0.0, 3.0]])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"scores": np.ones((2, 2))}, "no array `logits`, found scores"),
        ({"logits": np.ones((3, 2))}, r"\(2, 2\).*got \(3, 2\)"),
        ({"logits": np.ones(4)}, r"got \(4,\)"),
        ({"logits": np.ones((4000, 200))}, "allowed here are"),
        ({"logits": np.array([[1.0, 2.0], [np.nan, 0.0]])}, "row 1 .* not finite"),
        ({"logits": np.array([[np.inf, 2.0], [0.0, 0.0]])}, "row 0 .* not finite"),
        ({"logits": np.array([["a", "b"], ["c", "d"]])}, "real numbers"),
        ({"logits": np.array([[1j, 1], [1, 1]])}, "real numbers"),
        ({"logits": np.array([[{}, 1], [1, 1]], dtype=object)}, "pickle"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, arrays, words):
    path = save(tmp_path / "t.npz", **arrays)
    with pytest.raises(InputError, match=words) as caught:
        load_teacher_logits(path, examples=2, outputs=2)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_teacher_logits(tmp_path / "none.npz", examples=1, outputs=1)


def test_every_truncation_is_refused(tmp_path):
    path = save(tmp_path / "t.npz", logits=np.ones((2, 2)))
    data = path.read_bytes()
    for size in range(0, len(data), 7):
        path.write_bytes(data[:size])
        with pytest.raises(InputError):
            load_teacher_logits(path, examples=2, outputs=2)


def test_damaged_bytes_end_in_the_array_or_an_input_error(tmp_path):
    path = save(tmp_path / "t.npz", logits=np.ones((2, 2)))
    data = bytearray(path.read_bytes())
    for place in range(len(data)):
        data[place] ^= 0xFF
        path.write_bytes(data)
        with contextlib.suppress(InputError):
            assert load_teacher_logits(path, examples=2, outputs=2).shape == (2, 2)
        data[place] ^= 0xFF
