"""docs/coded.md says enough to read by: a reader written from it alone gives the same weights."""

import numpy as np
import pytest

from pnet_tf.coded.container import encode_layers
from pnet_tf.coded.matrix import encode_matrix

from . import plain_reader
from .matrices import FORMS, in_kind, random_matrix


def check(coded, matrix):
    shape, patterns = plain_reader.read_matrix(coded.to_bytes())
    assert shape == matrix.shape and patterns == in_column_order(matrix)


def in_column_order(matrix):
    return matrix.T.ravel().view(np.uint32).tolist()


def in_format(matrix, form):
    """Values that float32, float16 or bfloat16 is the shortest for."""
    kept = matrix.astype(np.float16).astype(np.float32) if form == 1 else matrix
    return (kept.view(np.uint32) & 0xFFFF0000).view(np.float32) if form == 2 else kept


@pytest.mark.parametrize("kind, blocks", FORMS)
@pytest.mark.parametrize("form", [0, 1, 2])
@pytest.mark.parametrize("zeros", [0, 0.9])
def test_every_kind_and_format(kind, blocks, form, zeros):
    matrix = in_format(random_matrix((37, 60), 9, zeros, seed=3, skewed=True), form)
    matrix[0, :2] = [0, np.float32(-0.0)]
    coded = in_kind(matrix, kind, blocks)
    assert coded.tables.form == form
    check(coded, matrix)


@pytest.mark.parametrize("value", [0, -0.0, 0.1])
def test_one_value(value):
    matrix = np.full((7, 3), value, np.float32)
    check(encode_matrix(matrix), matrix)


@pytest.mark.parametrize("kind, blocks", FORMS)
def test_two_values(kind, blocks):
    matrix = np.random.default_rng(0).choice(np.float32([0, 2]), (11, 9))
    check(in_kind(matrix, kind, blocks), matrix)


@pytest.mark.parametrize("form", [0, 1])
def test_raw_values_in_blocks(form):
    matrix = in_format(np.random.default_rng(0).normal(size=(150, 100)).astype(np.float32), form)
    matrix[::3] = 0
    coded = in_kind(matrix, 3, 4)
    assert coded.tables.raw and coded.tables.form == form
    check(coded, matrix)


def test_a_gap_of_more_than_sixteen_raw_bits():
    matrix = np.zeros((1 << 19, 1), np.float32)
    matrix[[5, 400_000], 0] = [1, 2]
    check(encode_matrix(matrix), matrix)


def test_both_checksums():
    sizes = []
    for rows in range(100, 200, 10):
        matrix = random_matrix((rows, 40), 3, 0.7)
        coded = encode_matrix(matrix)
        check(coded, matrix)
        sizes.append(coded.size_bytes)
    assert min(sizes) < 1024 <= max(sizes)


@pytest.mark.parametrize("zeros, skewed", [(0, False), (0, True), (0.9, False)])
def test_layers_with_and_without_shared_tables(zeros, skewed):
    whole = random_matrix((64, 256), 64, zeros, 1, skewed)
    layers = {f"part/{at}": whole[:, 64 * at : 64 * at + 64] for at in range(4)}
    layers |= {"\N{GREEK SMALL LETTER ALPHA}": np.array(3, np.float32),
               "kernel": random_matrix((27, 8), 4, 0.5).reshape(3, 3, 3, 8)}  # fmt: skip
    data = encode_layers(layers)
    assert data[9] == 1
    check_layers(data, layers)
    alone = encode_layers({"bias": random_matrix((1, 12), 12, 0)[0]})
    assert alone[9] == 0
    check_layers(alone, {"bias": random_matrix((1, 12), 12, 0)[0]})


def test_shared_tables_in_blocks():
    whole = random_matrix((300, 900), 200, 0.6, 1, True)
    layers = {"a": whole[:, :450], "b": whole[:, 450:]}
    data = encode_layers(layers)
    assert data[9] == 1
    check_layers(data, layers)


def check_layers(data, layers):
    found = plain_reader.read_layers(data)
    assert [(name, shape) for name, shape, _ in found] == [
        (name, tensor.shape) for name, tensor in layers.items()
    ]
    for (_, _, patterns), tensor in zip(found, layers.values(), strict=True):
        matrix = tensor.reshape(-1, tensor.shape[-1] if tensor.ndim else 1)
        assert patterns == in_column_order(matrix)
