import pytest

from pnet_tf.errors import InputError
from pnet_tf.tflite.counts import buffer_bytes, operators
from pnet_tf.tflite.flatbuffer import pack, set_metadata_entry, unpack
from pnet_tf.tflite.reader import read_model


def test_packing_again_changes_nothing(text_model):
    assert pack(unpack(text_model)) == text_model


def test_counts(text_model):
    counts = operators(text_model)
    assert counts["FULLY_CONNECTED"] == 2 and counts["GATHER"] == 1
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    parts = buffer_bytes(read_model(text_model))
    assert sum(parts.values()) == len(text_model)
    assert parts["constants_float32"] >= 4 * (12 * 8 + 8 * 5)
    assert parts["constants_int32"] >= 4 * (256 + 12)
    assert parts["metadata"] > 64


def test_tensor_sizes(text_model):
    sizes = {
        tensor.name: tensor.size_bytes for tensor in read_model(text_model).subgraphs[0].tensors
    }
    assert sizes["bytes"] == 16 and sizes["scores"] == 4 * 5


def test_not_a_flatbuffer():
    with pytest.raises(InputError, match="not a TFLite file"):
        unpack(b"definitely not")


def test_an_entry_comes_once_and_is_the_last_that_was_set(text_model):
    model = set_metadata_entry(text_model, "other", b"first")
    model = set_metadata_entry(model, "other", b"second")
    places = read_model(model).metadata
    assert sorted(places) == ["other", "pnet_tf"]
    place = places["other"]
    assert model[place.offset : place.offset + place.size_bytes] == b"second"
    assert b"first" not in model
