import numpy as np
import pytest

from pnet_tf._keras import tf
from pnet_tf.errors import InputError
from pnet_tf.projections.seeded import (
    check_range,
    random_normal,
    random_packed,
    random_ternary,
    random_words,
    unpack_signs,
)


def test_stream_is_the_one_files_were_made_with():
    words = [15003734204198539638, 13859618513508960101]
    assert random_words(0, "dense", 2).tolist() == words
    assert random_packed(7, "structured", 32).tolist() == [109, 253, 222, 0]
    assert random_normal(0, "dense", 3)[0] == -0.865997314453125
    assert random_ternary(0, "local", 4).tolist() == [0, 1, -1, -1]


def test_unpacked_signs_are_the_bits_from_the_highest_down():
    packed = np.array([0b10000001, 0b00000000, 0b11111111, 0b01010101], dtype=np.uint8)
    signs = unpack_signs(packed, tf.zeros([1, 1])).numpy()
    np.testing.assert_array_equal(signs, 1 - 2.0 * np.unpackbits(packed))


def test_unpacking_is_right_for_every_byte():
    packed = np.arange(256, dtype=np.uint8)
    signs = unpack_signs(packed, tf.fill([1, 1], np.float32(-3e38))).numpy()
    np.testing.assert_array_equal(signs, 1 - 2.0 * np.unpackbits(packed))


def test_seeds_and_streams_differ_and_repeat():
    first = random_words(1, "dense", 8)
    np.testing.assert_array_equal(first, random_words(1, "dense", 100)[:8])
    assert not set(first) & set(random_words(2, "dense", 8))
    assert not set(first) & set(random_words(1, "local", 8))


def test_distributions():
    count = 40_000
    normal = random_normal(5, "dense", count)
    assert abs(normal.mean()) < 0.02 and abs(normal.std() - 1) < 0.02
    assert abs((np.abs(normal) < 1).mean() - 0.6827) < 0.01
    np.testing.assert_array_equal(normal * 2**16, np.round(normal * 2**16))
    assert abs(np.unpackbits(random_packed(5, "dense", count)).mean() - 0.5) < 0.01
    values, counts = np.unique(random_ternary(5, "dense", count), return_counts=True)
    assert values.tolist() == [-1, 0, 1] and np.abs(counts / count - 1 / 3).max() < 0.01


def test_odd_counts():
    assert random_normal(0, "dense", 3).shape == (3,)
    assert random_packed(0, "dense", 8).shape == (1,)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True])
def test_bad_seed(seed):
    with pytest.raises(InputError, match=r"seed must be 0\.\."):
        random_words(seed, "dense", 1)


@pytest.mark.parametrize("value", ["12", None, float("nan")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="bits must be 1..32"):
        check_range("bits", value, 1, 32)
