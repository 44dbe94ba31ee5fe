"""HAM and sHAM by hand: columns 0 0 2 and 1 0 0."""

import numpy as np
import pytest

from pnet_tf.coded.ham import HAM, SHAM, ham_bytes, sham_bytes
from pnet_tf.coded.huffman import canonical_codes, code_lengths, coded_bits
from pnet_tf.coded.patterns import read_weights

from .matrices import random_matrix, same_bits

W = np.array([[0, 1], [0, 0], [2, 0]], np.float32)


def test_code_lengths_by_hand():
    assert code_lengths(np.array([4, 1, 1])).tolist() == [1, 2, 2]
    assert code_lengths(np.array([1, 1, 2, 4])).tolist() == [3, 3, 2, 1]
    assert code_lengths(np.array([7])).tolist() == [1]
    assert coded_bits(np.array([1, 1, 2, 4])) == 14


def test_canonical_codes_by_hand():
    assert canonical_codes(np.array([3, 3, 2, 1])) == [0b110, 0b111, 0b10, 0b0]


def test_ham_by_hand():
    """0 -> 0, 1 -> 10, 2 -> 11: 0 0 11 10 0 0."""
    found = HAM.encode(W)
    assert found.coded.lengths.tolist() == [1, 2, 2]
    assert found.coded.code == "00111000" and found.coded.words.tolist() == [0x38000000]
    assert found.size_bytes == 8 + 3 * 5 + 4
    assert found.product(np.array([1, 10, 100], np.float32)).tolist() == [200, 1]


def test_sham_by_hand():
    """1 -> 0, 2 -> 1; two rows of 2 bits, three pointers of 2 bits."""
    found = SHAM.encode(W)
    assert found.coded.words.tolist() == [0x80000000]
    assert found.rows.tolist() == [2, 0] and found.pointers.tolist() == [0, 1, 2]
    assert found.size_bytes == 8 + 2 * 5 + 4 + 4 * (2 + 3)
    assert found.least_bytes == 8 + 2 * 5 + 4 + 4 + 4
    assert found.product(np.array([1, 10, 100], np.float32)).tolist() == [200, 1]


def test_a_word_more_for_the_33rd_bit():
    assert HAM.encode(np.ones((32, 1), np.float32)).size_bytes == 8 + 5 + 4
    assert HAM.encode(np.ones((33, 1), np.float32)).size_bytes == 8 + 5 + 8


@pytest.mark.parametrize("form", [HAM, SHAM])
@pytest.mark.parametrize("zeros", [0, 0.5, 0.97, 1])
def test_both_come_back_and_multiply(form, zeros):
    matrix = random_matrix((13, 9), 5, zeros)
    matrix[0, 0] = -0.0
    found = form.encode(matrix)
    assert same_bits(found.decode(), matrix)
    x = np.random.default_rng(1).normal(size=13).astype(np.float32)
    np.testing.assert_allclose(found.product(x), x.astype(float) @ matrix, rtol=1e-6, atol=1e-6)
    weights = read_weights(matrix)
    assert ham_bytes(weights) == HAM.encode(matrix).size_bytes
    sparse = SHAM.encode(matrix)
    assert sham_bytes(weights) == (sparse.size_bytes, sparse.least_bytes)
