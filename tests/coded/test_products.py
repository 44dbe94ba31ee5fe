from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pnet_tf.coded import products, reference
from pnet_tf.coded.matrix import encode_matrix
from pnet_tf.coded.tables import GAPS
from pnet_tf.errors import InputError

from .matrices import FORMS, in_kind, random_matrix

UNIT = 2.0**-24


def close(found, x, matrix):
    """Within what float32 sums of n products may be off: n u |x| |W|, in whatever order."""
    exact = x.astype(np.float64) @ matrix.astype(np.float64)
    bound = (len(matrix) + 1) * UNIT * (np.abs(x).astype(np.float64) @ np.abs(matrix))
    assert found.dtype == np.float32 and found.shape == exact.shape
    assert np.all(np.abs(found - exact) <= bound + 1e-45)


def left(*shape):
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("kind, blocks", FORMS)
@pytest.mark.parametrize("rows", [1, 3, 4, 37])
@pytest.mark.parametrize("zeros", [0, 0.6, 0.97])
def test_products_are_those_of_the_reference_and_of_numpy(kind, blocks, rows, zeros):
    matrix = random_matrix((rows, 13), 6, zeros, seed=rows)
    matrix[0, :2] = [0, 1]
    coded, x, batch = in_kind(matrix, kind, blocks), left(rows), left(3, rows)
    close(x @ coded, x, matrix)
    close(batch @ coded, batch, matrix)
    np.testing.assert_allclose(x @ coded, reference.product(coded, x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(batch @ coded, reference.product(coded, batch), rtol=1e-4, atol=1e-5)


def test_raw_values_multiply():
    matrix = np.random.default_rng(0).normal(size=(80, 90)).astype(np.float32)
    matrix[::7] = 0
    for blocks in (1, 4):
        coded = in_kind(matrix, GAPS, blocks)
        assert coded.tables.raw
        close(left(80) @ coded, left(80), matrix)
        close(left(5, 80) @ coded, left(5, 80), matrix)


@pytest.mark.parametrize("value", [0, 1.5, -0.25])
def test_one_value_multiplies(value):
    matrix = np.full((7, 3), value, np.float32)
    coded = encode_matrix(matrix)
    close(left(7) @ coded, left(7), matrix)
    close(left(2, 7) @ coded, left(2, 7), matrix)


def test_one_value_whose_product_is_too_large():
    coded = encode_matrix(np.full((4, 2), 3e38, np.float32))
    assert (np.ones(4, np.float32) @ coded).tolist() == [np.inf, np.inf]
    assert (np.array([1, 1, -1, 0], np.float32) @ coded).tolist() == [np.float32(3e38)] * 2


@pytest.mark.parametrize("rows", [0, 1, products.BATCH, 2 * products.BATCH + 1])
def test_batches_of_every_size(rows):
    matrix = random_matrix((6, 5), 4, 0.3)
    close(left(rows, 6) @ encode_matrix(matrix), left(rows, 6), matrix)


def test_a_column_longer_than_the_buffer():
    matrix = random_matrix((40_000, 3), 4, 0.9)
    close(left(40_000) @ encode_matrix(matrix), left(40_000), matrix)


def test_many_flat_blocks():
    matrix = random_matrix((300, 300), 8, 0)
    coded = encode_matrix(matrix)
    assert len(coded._prepared.code.columns) > 3
    close(left(300) @ coded, left(300), matrix)
    close(left(9, 300) @ coded, left(9, 300), matrix)


def test_products_from_several_threads():
    matrix = random_matrix((400, 500), 20, 0.5, skewed=True)
    coded, x = encode_matrix(matrix), left(400)
    assert coded.streams.blocks > 1
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: x @ coded, range(40)))
    assert all(np.array_equal(item, found[0]) for item in found)


def test_views_on_the_left():
    matrix = random_matrix((6, 5), 4, 0.3)
    wide = left(4, 12)
    close(wide[:, ::2] @ encode_matrix(matrix), wide[:, ::2], matrix)
    close(wide[1, ::2] @ encode_matrix(matrix), wide[1, ::2], matrix)


@pytest.mark.parametrize("x, sentence", [
    (np.zeros(5, np.float32), r"shape \[5\]; \[6\]"), (np.zeros((2, 5), np.float32), r"\[B, 6\]"),
    (np.zeros((1, 2, 6), np.float32), r"shape \[1, 2, 6\]"), (np.zeros(6), "array of float64"),
    (np.array([0, 0, 0, 0, 0, np.nan], np.float32), "NaN"),
])  # fmt: skip
def test_refused_left_sides(x, sentence):
    for matrix in (random_matrix((6, 5), 4, 0.3), np.ones((6, 5), np.float32)):
        with pytest.raises(InputError, match=sentence):
            x @ encode_matrix(matrix)
