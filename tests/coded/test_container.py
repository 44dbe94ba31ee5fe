import numpy as np
import pytest

from pnet_tf.coded.container import decode_layers, encode_layers
from pnet_tf.coded.matrix import encode_matrix
from pnet_tf.coded.patterns import MOST_WEIGHTS
from pnet_tf.errors import InputError

from .matrices import random_matrix, same_bits


def comes_back(layers):
    data = encode_layers(layers)
    found = decode_layers(data)
    assert list(found) == list(layers)
    for name, tensor in layers.items():
        assert found[name].shape == tensor.shape and same_bits(found[name], tensor), name
    return data


def test_tensors_of_any_shape():
    comes_back({
        "conv/kernel": random_matrix((108, 12), 4, 0.5).reshape(3, 3, 12, 12),
        "conv/bias": random_matrix((1, 12), 12, 0)[0], "": random_matrix((9, 8), 5, 0.9),
        "scale \N{GREEK SMALL LETTER ALPHA}": np.array(3, np.float32),
        "zero": np.zeros((4, 4), np.float32), "one": np.full((2, 2, 2), -0.0, np.float32),
        "raw": np.random.default_rng(0).normal(size=(70, 80)).astype(np.float32),
        "large": random_matrix((300, 200), 32, 0.9),
    })  # fmt: skip


def test_bytes_by_hand():
    """A header of 8 bytes; one layer, no tables; name, 2 sizes, a body of one byte."""
    data = encode_layers({"a": np.zeros((2, 3), np.float32)})
    assert data[:4] == b"PTC\x01"
    assert data[8:] == b"\x01\x00\x01a\x02\x02\x03\x01\x28"


@pytest.mark.parametrize("zeros, skewed", [(0, False), (0, True), (0.9, False)])
def test_layers_of_one_codebook_share_its_tables(zeros, skewed):
    whole = random_matrix((64, 512), 64, zeros, 1, skewed)
    layers = {str(at): whole[:, 64 * at : 64 * at + 64] for at in range(8)}
    data = comes_back(layers)
    alone = sum(encode_matrix(np.ascontiguousarray(item)).size_bytes for item in layers.values())
    values = len(np.unique(whole))
    assert data[9] == 1 and len(data) < alone - 7 * 3 * values


def test_layers_of_other_codebooks_share_nothing():
    data = comes_back({str(at): random_matrix((64, 64), 32, 0.5, at) for at in range(3)})
    assert data[9] == 0


def test_layers_with_blocks_share():
    whole = random_matrix((300, 900), 200, 0.6, 1, True)
    assert comes_back({"a": whole[:, :450], "b": whole[:, 450:]})[9] == 1


@pytest.mark.parametrize("layers, sentence", [
    ({}, "no layers"), ({"a": np.zeros((0, 2), np.float32)}, "layer 'a': there are 0 weights"),
    ({"b": np.zeros(2)}, "layer 'b': the weights are an array of float64"),
    ({"c": np.array([np.inf], np.float32)}, "layer 'c': .*infinity"),
    ({3: np.zeros(2, np.float32)}, "named 3"), ({"\ud800": np.zeros(2, np.float32)}, "named"),
    ({"x" * 5000: np.zeros(2, np.float32)}, "at most 4,096 bytes"),
])  # fmt: skip
def test_refused_layers(layers, sentence):
    with pytest.raises(InputError, match=sentence):
        encode_layers(layers)


def test_too_many_weights_in_all():
    half = np.zeros(MOST_WEIGHTS // 2 + 1, np.float32)
    with pytest.raises(InputError, match="33,554,434 weights"):
        encode_layers({"a": half, "b": half})
