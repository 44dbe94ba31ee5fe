"""Matrices that the tests of this room share."""

import numpy as np

from pnet_tf.coded.matrix import assemble
from pnet_tf.coded.patterns import read_weights
from pnet_tf.coded.tables import DENSE, FLAT, GAPS, of_weights


def random_matrix(shape, values, zeros, seed=0, skewed=False):
    """Float32: `values` normal values, equally likely or geometric, and a share of zeros."""
    random = np.random.default_rng(seed)
    book = random.normal(size=values).astype(np.float32)
    drawn = random.geometric(0.3, shape) - 1 if skewed else random.integers(0, values, shape)
    weights = book[np.minimum(drawn, values - 1)]
    weights[random.random(shape) < zeros] = 0
    return weights


def in_kind(matrix, kind, blocks, exact=False):
    """The matrix in a kind and a number of blocks that `encode_matrix` may not choose."""
    weights = read_weights(matrix)
    tables = of_weights(weights, kind, blocks, exact)
    return assemble(weights, tables, 1 if kind == FLAT else blocks)


FORMS = [(FLAT, 1), (DENSE, 1), (DENSE, 2), (DENSE, 5), (GAPS, 1), (GAPS, 2), (GAPS, 5)]


def same_bits(first, second):
    return first.dtype == second.dtype == np.float32 and np.array_equal(
        first.view(np.uint32), second.view(np.uint32)
    )
