import hashlib
import json
import re
from dataclasses import replace

import pytest

from pnet_tf.data import InputSpec
from pnet_tf.errors import InputError
from pnet_tf.export.shrink import shrink
from pnet_tf.tflite.flatbuffer import set_metadata_entry
from pnet_tf.tflite.metadata import read_metadata, rehash, write_metadata
from tests.tflite.small_models import LABELS, text_metadata


def entry(model: bytes) -> dict:
    found = re.search(rb'\{"spec":1,.*"sha256":"[0-9a-f]{64}"\}', model)
    return json.loads(found.group())


def test_what_is_written_is_read(text_model):
    read = read_metadata(text_model)
    assert replace(read, sha256="0" * 64) == text_metadata()
    assert read.labels == LABELS and read.replies == {"greet": ("hi", "hey 👋")}
    assert read.input_spec == InputSpec("text", (16,)) and read.input_spec.name == "bytes"


def test_json_has_the_documented_keys_and_the_hash_is_last(text_model):
    assert list(entry(text_model)) == [
        "spec", "version", "task", "input", "labels", "top_k", "quantize", "projection",
        "training", "oldest_runtime", "replies", "sha256",
    ]  # fmt: skip


def test_hash_is_that_of_the_file_with_zeros_in_its_place(text_model):
    stored = entry(text_model)["sha256"]
    zeroed = text_model.replace(stored.encode(), b"0" * 64)
    assert stored == hashlib.sha256(zeroed).hexdigest()


def test_writing_twice_keeps_one_entry_and_is_deterministic(converted):
    once = write_metadata(shrink(converted), text_metadata())
    assert once == write_metadata(once, text_metadata())
    changed = write_metadata(once, text_metadata(quantize="int8"))
    assert changed.count(b'{"spec":1') == 1
    assert read_metadata(changed).quantize == "int8"


def test_no_replies_leave_no_key(converted):
    model = write_metadata(converted, text_metadata(replies={}))
    assert "replies" not in entry(model)
    assert read_metadata(model).replies == {}


def test_image_and_dense_inputs():
    image = text_metadata(input={"kind": "image", "shape": [4, 5, 3]}).input_spec
    assert (image.name, image.shape, image.dtype) == ("pixels", (4, 5, 3), "uint8")
    dense = text_metadata(input={"kind": "dense", "shape": [7]}).input_spec
    assert (dense.name, dense.shape, dense.dtype) == ("features", (7,), "float32")


@pytest.mark.parametrize(
    "change",
    [
        {"task": "ranking"},
        {"labels": ()},
        {"task": "regression"},
        {"top_k": 6},
        {"top_k": 0},
        {"input": {"kind": "sound"}},
        {"input": {"kind": "text", "byte_length": -1}},
        {"input": {"kind": "image", "shape": [4, 4]}},
        {"projection": "text"},
        {"labels": ("lone \ud800 surrogate",)},
        {"training": {"accuracy": float("nan")}},
        {"training": {"accuracy": object()}},
    ],
)
def test_invalid_metadata_is_neither_written_nor_read(converted, change):
    with pytest.raises(InputError, match="invalid pnet_tf metadata"):
        write_metadata(converted, text_metadata(**change))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a TFLite file: 0 bytes"),
        (b"PK\3\4 some other file", "not a TFLite file"),
        (b"\x10\0\0\0TFL3", "damaged or truncated"),
        (b"\xff\xff\xff\xffTFL3" + b"\0" * 40, "damaged or truncated"),
    ],
)
def test_other_files(content, message):
    with pytest.raises(InputError, match=message):
        read_metadata(content)


def test_a_model_that_is_not_ours(converted):
    with pytest.raises(InputError, match="not a pnet_tf model"):
        read_metadata(converted)


def test_other_spec_version(converted):
    model = set_metadata_entry(converted, "pnet_tf", b'{"spec":2,"sha256":"' + b"0" * 64 + b'"}')
    with pytest.raises(InputError, match="spec version 2; this pnet_tf reads 1"):
        read_metadata(rehash(model))


@pytest.mark.parametrize(
    "content", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"spec":1}', b"1"]
)
def test_entries_that_are_not_our_json(converted, content):
    with pytest.raises(InputError):
        read_metadata(set_metadata_entry(converted, "pnet_tf", content))


@pytest.mark.parametrize("depth", [33, 400, 900, 990])
@pytest.mark.parametrize("level", ["[%s]", '{"a":%s}'])
def test_entries_that_are_nested_deeply(text_model, depth, level):
    body, inner = entry(text_model), "1"
    for _ in range(depth - 1):
        inner = level % inner
    text = json.dumps(body).replace('"training": {', f'"training": {{"deep": {inner}, ')
    assert "deep" in text
    with pytest.raises(InputError, match="nested too deeply|not JSON"):
        read_metadata(rehash(set_metadata_entry(text_model, "pnet_tf", text.encode())))


def test_a_hash_stored_elsewhere_does_not_count(text_model):
    """The hash must be the JSON's last key, where writing puts it."""
    body = entry(text_model)
    moved = {"sha256": body.pop("sha256")} | body
    with pytest.raises(InputError):
        read_metadata(set_metadata_entry(text_model, "pnet_tf", json.dumps(moved).encode()))


def test_changed_content(text_model):
    changed = bytearray(text_model)
    changed[-5] ^= 1
    with pytest.raises(InputError, match="damaged"):
        read_metadata(bytes(changed))
