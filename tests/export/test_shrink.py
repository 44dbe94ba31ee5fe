"""Shrinking: the same answers, and nothing in the file that no runtime reads."""

import numpy as np
import pytest

from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.tflite.flatbuffer import pack, set_metadata_entry, unpack
from pnet_tf.tflite.reader import read_metadata_buffers, read_model
from pnet_tf.tflite.runtime import find_runtime
from tests.tflite.small_models import BYTES, convert, random_bytes, text_scores


@pytest.fixture(scope="module")
def converted() -> bytes:
    return convert(text_scores, (BYTES,), "uint8", "bytes")


def run(model: bytes, inputs: np.ndarray, xnnpack: bool = True) -> np.ndarray:
    runner = find_runtime().interpreter(model, xnnpack=xnnpack).get_signature_runner("serve")
    return np.concatenate([runner(bytes=row[None])["scores"] for row in inputs])


@pytest.mark.parametrize("xnnpack", [True, False])
@pytest.mark.parametrize("optimize", [False, True])
def test_shrinking_keeps_the_outputs(optimize, xnnpack):
    model = convert(text_scores, (BYTES,), "uint8", "bytes", optimize=optimize)
    inputs = random_bytes(20)
    small = shrink(model)
    assert len(small) < 0.9 * len(model)
    np.testing.assert_array_equal(run(small, inputs, xnnpack), run(model, inputs, xnnpack))


def test_shrinking_is_deterministic_and_idempotent(converted):
    small = shrink(converted)
    assert small == shrink(converted) == shrink(small)


def test_only_names_of_inputs_and_outputs_stay(converted):
    model = read_model(shrink(converted))
    assert {tensor.name for tensor in model.subgraphs[0].tensors} == {"", "bytes", "scores"}
    (signature,) = model.signatures
    assert signature.key == "serve"
    assert model.subgraphs[0].tensors[signature.inputs["bytes"]].name == "bytes"
    assert model.subgraphs[0].tensors[signature.outputs["scores"]].name == "scores"


def test_converter_metadata_goes(converted):
    assert read_metadata_buffers(converted) and not read_metadata_buffers(shrink(converted))


def test_buffers_are_aligned_different_and_used(converted):
    small = set_metadata_entry(shrink(converted), "pnet_tf", b"12345")
    model = read_model(small)
    assert model.buffers[0].size_bytes == 0
    assert all(place.offset % 16 == 0 for place in model.buffers)
    contents = [small[b.offset : b.offset + b.size_bytes] for b in model.buffers]
    assert len(set(contents)) == len(contents)
    used = {tensor.buffer for tensor in model.subgraphs[0].tensors}
    assert len(used) == len(model.buffers) - 1  # one more belongs to the entry


def test_equal_constants_and_unused_tensors_and_codes_are_merged(converted):
    tree = unpack(converted)
    graph, node = tree.subgraphs[0], tree.subgraphs[0].operators[-2]
    twin = unpack(converted).subgraphs[0].tensors[int(node.inputs[1])]
    twin.name = b"twin"
    graph.tensors += [twin, unpack(converted).subgraphs[0].tensors[0]]
    node.inputs = np.array([node.inputs[0], len(graph.tensors) - 2, *node.inputs[2:]], np.int32)
    tree.operatorCodes.append(unpack(converted).operatorCodes[0])
    small, before = shrink(pack(tree)), shrink(converted)
    assert len(small) == len(before)
    assert len(read_model(small).subgraphs[0].tensors) == len(
        read_model(before).subgraphs[0].tensors
    )
    np.testing.assert_array_equal(run(small, random_bytes(3)), run(before, random_bytes(3)))


def test_not_a_flatbuffer():
    with pytest.raises(InputError, match="not a TFLite file"):
        shrink(b"definitely not")
