import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import pnet_tf
from pnet_tf.coded import compiled, reference
from pnet_tf.coded.ham import ham_bytes, sham_bytes
from pnet_tf.coded.matrix import CodedMatrix, _quickest, encode_matrix, encode_patterns
from pnet_tf.coded.patterns import MOST_SHARED, MOST_WEIGHTS, read_weights
from pnet_tf.coded.tables import CONSTANT, DENSE, FLAT, GAPS
from pnet_tf.errors import InputError

from .matrices import FORMS, in_kind, random_matrix, same_bits

NEGATIVE_ZERO = np.float32(-0.0)
LEAST = np.float32(1e-45)
BOOKS = [
    [0, 1], [0, NEGATIVE_ZERO], [NEGATIVE_ZERO, 0, LEAST, -LEAST], [1.5], [NEGATIVE_ZERO], [0],
    [0, 0.1, -0.1], [65504, 65536, 1], [65504, 6e-8, 0], [3.4e38, -3.4e38, 0, 1e-38],
]  # fmt: skip


def comes_back(coded, matrix):
    data = coded.to_bytes()
    assert coded.size_bytes == len(data)
    read = CodedMatrix.from_bytes(data)
    assert read.to_bytes() == data and read.shape == matrix.shape
    for item in (coded, read):
        assert same_bits(item.decode(), matrix)
    return read


@given(
    st.sampled_from(BOOKS), st.integers(1, 20), st.integers(1, 20), st.floats(0, 1),
    st.integers(0, 2**31),
)  # fmt: skip
def test_matrices_come_back_bit_for_bit(book, rows, columns, zeros, seed):
    random = np.random.default_rng(seed)
    matrix = random.choice(np.array(book, np.float32), (rows, columns))
    matrix[random.random(matrix.shape) < zeros] = 0
    comes_back(encode_matrix(matrix), matrix)


FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
SMALL = arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)


@given(arrays.arrays(np.float32, SMALL, elements=FINITE))
def test_any_finite_matrix_comes_back(matrix):
    comes_back(encode_matrix(matrix), matrix)


@pytest.mark.parametrize("kind, blocks", FORMS)
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 7, 8, 33])
@pytest.mark.parametrize("zeros", [0, 0.4, 0.95])
def test_every_kind_in_every_number_of_blocks(kind, blocks, rows, zeros):
    matrix = random_matrix((rows, 11), 6, zeros, seed=rows)
    matrix[0, :2] = [0, NEGATIVE_ZERO]
    coded = in_kind(matrix, kind, blocks)
    assert coded.tables.kind == kind and coded.streams.blocks == blocks
    comes_back(coded, matrix)
    assert same_bits(reference.decode(coded), matrix)


def test_gaps_of_more_than_sixteen_raw_bits():
    matrix = np.zeros((1 << 20, 2), np.float32)
    matrix[[5, 300_000, 1_000_000], [0, 0, 1]] = [1, 2, 1]
    for blocks in (1, 2):
        coded = in_kind(matrix, GAPS, blocks)
        comes_back(coded, matrix)
        assert same_bits(reference.decode(coded), matrix)
    assert encode_matrix(matrix).size_bytes < 40


def test_gaps_of_every_size():
    """Gaps 2^k - 1 behind each other: all raw bits of each number of them are ones."""
    matrix = np.zeros((1 << 21, 1), np.float32)
    matrix[np.cumsum([1 << k for k in range(21)]) - 1] = 1
    comes_back(in_kind(matrix, GAPS, 1), matrix)


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("zeros", [0, 0.9])
def test_too_many_values_for_a_codebook_stand_raw(blocks, zeros):
    matrix = np.random.default_rng(0).normal(size=(90, 100)).astype(np.float32)
    matrix[np.random.default_rng(1).random(matrix.shape) < zeros] = 0
    many = np.resize(np.arange(1, MOST_SHARED + 2, dtype=np.float32), (70, 80))
    for item in (many, matrix):
        if len(np.unique(item)) > MOST_SHARED:
            coded = in_kind(item, GAPS, blocks)
            assert coded.tables.raw
            comes_back(coded, item)
            assert same_bits(reference.decode(coded), item)
            assert coded.size_bytes <= 4 * np.count_nonzero(item) + item.size / 8 + 100


def test_as_many_values_as_a_codebook_has():
    matrix = np.resize(np.arange(MOST_SHARED, dtype=np.float32), (64, 80))
    coded = encode_matrix(matrix)
    assert not coded.tables.raw and len(coded.tables.values) == MOST_SHARED
    comes_back(coded, matrix)


def test_layouts_in_memory_do_not_matter():
    matrix = random_matrix((20, 30), 5, 0.5)
    whole = encode_matrix(matrix).to_bytes()
    assert encode_matrix(np.asfortranarray(matrix)).to_bytes() == whole
    assert encode_matrix(np.repeat(matrix, 2, 1)[:, ::2]).to_bytes() == whole


def test_bytes_by_hand():
    """First byte: kind, 8 for bfloat16 (4 float16), 32 for a zero, 64 for two values."""
    zero, one = np.zeros((2, 3), np.float32), np.full((1, 1), 1.5, np.float32)
    assert encode_matrix(zero).to_bytes()[:-2] == b"\x28\x02\x03"
    assert encode_matrix(one).to_bytes()[:-2] == b"\x08\x01\x01\xc0\x3f"
    pair = np.array([[1, 2], [2, 1]], np.float32)  # columns 1 2, 2 1: bits 0 1 1 0
    assert encode_matrix(pair).to_bytes()[:-2] == b"\x49\x02\x02\x80\x3f\x00\x40\x06"
    half = np.full((1, 1), 1 + 2**-10, np.float32)
    assert encode_matrix(half).to_bytes()[:-2] == b"\x04\x01\x01\x01\x3c"
    single = np.full((1, 1), 0.1, np.float32)
    assert encode_matrix(single).to_bytes()[:-2] == b"\x00\x01\x01\xcd\xcc\xcc\x3d"


def test_a_value_too_large_for_float16_is_none_and_warns_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coded = encode_matrix(np.array([[65520, 0.1]], np.float32))
    assert coded.tables.form == 0


def test_kinds_are_chosen_by_size():
    kinds = {
        CONSTANT: np.ones((50, 50), np.float32), FLAT: random_matrix((200, 200), 16, 0),
        GAPS: random_matrix((200, 200), 16, 0.95),
        DENSE: random_matrix((200, 200), 16, 0, skewed=True),
    }  # fmt: skip
    for kind, matrix in kinds.items():
        if kind == DENSE:
            matrix[:, ::2] = matrix[0, 0] or 1
        assert encode_matrix(matrix).tables.kind in ({DENSE, GAPS} if kind == DENSE else {kind})


@pytest.mark.parametrize("gaps, bound, chosen", [
    (1010, 2000, GAPS), (1011, 2000, DENSE), (1005, 1006, GAPS), (1005, 1005, DENSE),
    (1005, 900, DENSE),
])  # fmt: skip
def test_the_quicker_kind_within_a_hundredth_and_below_huffman(gaps, bound, chosen):
    found = [SimpleNamespace(size_bytes=size, tables=SimpleNamespace(kind=kind))
             for size, kind in ((gaps, GAPS), (1000, DENSE))]  # fmt: skip
    assert _quickest(found, bound).tables.kind == chosen


def test_a_large_matrix_has_blocks():
    coded = encode_matrix(random_matrix((700, 600), 30, 0.6, skewed=True))
    assert coded.streams.blocks > 4


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 7), (8, 8), (100, 1), (1, 100), (64, 64),
                                   (300, 200)])  # fmt: skip
def test_smaller_than_huffman_at_every_sparsity(shape):
    for zeros in (0, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1):
        for values in (1, 2, 3, 4, 16, 32, 256):
            for skewed in (False, True):
                weights = read_weights(random_matrix(shape, values, zeros, 7, skewed))
                size = encode_patterns(weights).size_bytes
                others = (ham_bytes(weights), *sham_bytes(weights))
                assert size < min(others), (zeros, values, skewed)


def test_near_the_entropy():
    for zeros in (0.3, 0.9, 0.99):
        weights = read_weights(random_matrix((1000, 1000), 32, zeros, 3))
        counts = weights.counts
        entropy = -(counts * np.log2(counts / counts.sum())).sum() / 8
        assert entropy < encode_patterns(weights).size_bytes < 1.005 * entropy + 200


@pytest.mark.parametrize("weights, sentence", [
    (np.zeros((0, 3), np.float32), "0 weights"), (np.zeros(3, np.float32), "1 dimensions"),
    (np.zeros((2, 2)), "an array of float64"), ([[1.0]], "a list"),
    (np.array([[np.nan]], np.float32), "NaN or infinity"),
    (np.array([[-np.inf]], np.float32), "NaN or infinity"),
    (np.broadcast_to(np.float32(0), (MOST_WEIGHTS + 1, 1)), "33,554,433 weights"),
])  # fmt: skip
def test_refused_weights(weights, sentence):
    with pytest.raises(InputError, match=sentence):
        encode_matrix(weights)


def test_without_numba(monkeypatch):
    matrix = random_matrix((4, 4), 3, 0.5)
    data = encode_matrix(matrix).to_bytes()
    compiled.kernels.cache_clear()
    compiled.encoders.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    for name in ("kernels", "encoders"):
        monkeypatch.delitem(sys.modules, f"pnet_tf.coded.{name}", raising=False)
    with pytest.raises(InputError, match=r"package numba, .* pip install pnet-tf\[compress\]"):
        CodedMatrix.from_bytes(data).decode()
    with pytest.raises(InputError, match=r"package numba, .* pip install pnet-tf\[compress\]"):
        encode_matrix(matrix)
    assert encode_matrix(np.ones((3, 3), np.float32)).decode().sum() == 9


@settings(max_examples=5)
@given(st.integers(0, 100))
def test_public_names(seed):
    matrix = random_matrix((6, 5), 3, 0.5, seed)
    assert same_bits(pnet_tf.encode_matrix(matrix).decode(), matrix)
    assert pnet_tf.CodedMatrix is CodedMatrix
    layers = pnet_tf.decode_layers(pnet_tf.encode_layers({"a": matrix}))
    assert same_bits(layers["a"], matrix)
