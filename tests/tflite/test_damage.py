"""Whatever happens to a file, loading it ends in `InputError` and this process lives on."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pnet_tf.errors import InputError
from pnet_tf.tflite import isolation
from pnet_tf.tflite.flatbuffer import pack, set_metadata_entry, unpack
from pnet_tf.tflite.inspect import inspect_model
from pnet_tf.tflite.metadata import ENTRY_NAME, rehash, write_metadata
from pnet_tf.tflite.model import check_model, load_bytes, load_model
from pnet_tf.tflite.reader import read_metadata_buffers, read_model
from pnet_tf.tflite.runtime import find_runtime
from tests.tflite.small_models import random_bytes, text_metadata


def test_a_flipped_byte_anywhere(text_model):
    """Every position: the hash, or the way to it, is wrong each time."""
    for position in range(len(text_model)):
        damaged = bytearray(text_model)
        damaged[position] ^= 1 << position % 8
        with pytest.raises(InputError):
            load_bytes(bytes(damaged), trusted=True)


def test_truncation_at_any_length(text_model):
    for length in [*range(64), *range(64, len(text_model), 7), len(text_model) - 1]:
        with pytest.raises(InputError):
            load_bytes(text_model[:length], trusted=True)


def test_bytes_added_at_the_end(text_model):
    with pytest.raises(InputError, match="damaged"):
        load_bytes(text_model + b"\0", trusted=True)


@given(st.binary(max_size=300))
def test_random_bytes_are_no_model(content):
    for data in (content, b"\x10\0\0\0TFL3" + content):
        with pytest.raises(InputError):
            check_model(data)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8)
)
def test_structure_reader_raises_nothing_else(text_model, changes):
    damaged = bytearray(text_model)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    try:
        read_model(bytes(damaged))
        check_model(rehash(bytes(damaged)))
    except (InputError, KeyError):  # KeyError: rehash finds no entry of ours
        pass


def test_a_list_that_names_one_table_a_million_times_meets_a_budget(text_model):
    """20,000 equal subgraphs of 20,000 equal nodes in a file of 200 KB."""
    import flatbuffers

    builder = flatbuffers.Builder(1024)

    def table(*fields):
        builder.StartObject(8)
        for field, offset in fields:
            builder.PrependUOffsetTRelativeSlot(field, offset, 0)
        return builder.EndObject()

    def repeated(target):
        builder.StartVector(4, 20_000, 4)
        for _ in range(20_000):
            builder.PrependUOffsetTRelative(target)
        return builder.EndVector()

    code = table()
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(code)
    codes = builder.EndVector()
    graphs = repeated(table((3, repeated(table()))))
    builder.StartObject(8)
    builder.PrependUint32Slot(0, 3, 0)
    builder.PrependUOffsetTRelativeSlot(1, codes, 0)
    builder.PrependUOffsetTRelativeSlot(2, graphs, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    with pytest.raises(InputError, match="more than 500000 items"):
        read_model(bytes(builder.Output()))


def test_a_tensor_too_large_to_allocate(text_model):
    tree = unpack(text_model)
    tree.subgraphs[0].tensors[-2].shape = np.array([2**31 - 1, 4], np.int32)
    with pytest.raises(InputError, match="tensor of 34359738352 bytes"):
        load_bytes(write_metadata(pack(tree), text_metadata()))


def test_a_child_takes_what_passes_the_checks(text_model):
    """Damage in the middle of the structure, hash computed anew: the runtime must not see it here.

    Each such file is refused or, where the damage changes nothing that matters, answers.
    """
    rng = np.random.default_rng(5)
    place = read_metadata_buffers(text_model)[ENTRY_NAME]
    refused = tried = 0
    while tried < 12:
        damaged = bytearray(text_model)
        for position in rng.integers(8, place.offset, 3):
            damaged[position] = rng.integers(0, 256)
        try:
            content = rehash(bytes(damaged))
            check_model(content)
        except (InputError, KeyError):
            continue
        tried += 1
        try:
            load_bytes(content).scores(random_bytes(2))
        except InputError:
            refused += 1
    assert refused > 0
    assert load_bytes(text_model).scores(random_bytes(2)).shape == (2, 5)


def test_a_crash_of_the_runtime_ends_only_the_child(text_model, monkeypatch, tmp_path):
    """A child that dies of a signal, as it does when the native runtime breaks."""
    program = tmp_path / "probe.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(isolation, "_PROBE", program)
    with pytest.raises(InputError, match=r"the runtime crashed in a trial run \(signal 11\)"):
        load_bytes(text_model)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise MemoryError('too large')", "the trial run failed: MemoryError: too large"),
        ("print('nothing')", "gave no result"),
        ("pass", "gave no result"),
    ],
)
def test_a_child_that_fails_otherwise(text_model, monkeypatch, tmp_path, code, message):
    (tmp_path / "probe.py").write_text(code)
    monkeypatch.setattr(isolation, "_PROBE", tmp_path / "probe.py")
    with pytest.raises(InputError, match=message):
        load_bytes(text_model)


def test_a_child_that_does_not_end(text_model, monkeypatch, tmp_path):
    (tmp_path / "probe.py").write_text("import time\ntime.sleep(60)")
    monkeypatch.setattr(isolation, "_PROBE", tmp_path / "probe.py")
    with pytest.raises(InputError, match=r"took more than 0\.5 s"):
        isolation.probe(text_model, find_runtime(), seconds=0.5)


def forged(model: bytes, **changes) -> bytes:
    """`model` with other metadata than writing lets through, its hash as it should be."""
    place = read_metadata_buffers(model)[ENTRY_NAME]
    values = json.loads(model[place.offset : place.offset + place.size_bytes])
    text = json.dumps(values | changes, separators=(",", ":"))  # sha256 stays the last key
    return rehash(set_metadata_entry(model, ENTRY_NAME, text.encode()))


def test_a_forgery_that_changes_nothing_is_a_model(text_model):
    found = check_model(forged(text_model, quantize="int8"))[0]
    assert replace(found, sha256="0" * 64) == text_metadata(quantize="int8")


@pytest.mark.parametrize(
    "changes",
    [
        {"input": {"kind": [], "byte_length": 16}},
        {"input": {"kind": {"kind": "text"}, "byte_length": 16}},
        {"input": {"kind": None}},
        {"input": {"kind": "text", "byte_length": True}},
        {"input": {"kind": "text", "byte_length": [16]}},
        {"input": {"kind": "text", "byte_length": 2**31}},
        {"input": {"kind": "text", "byte_length": float("inf")}},
        {"input": {"kind": "image", "shape": "444"}},
        {"input": {"kind": "image", "shape": [4, 4, {}]}},
        {"input": {"kind": "image", "shape": {"0": 4}}},
        {"input": ["text", 16]},
        {"input": "text"},
        {"task": []},
        {"task": {"classification": 1}},
        {"labels": {"greet": 0}},
        {"labels": [["greet"]] * 5},
        {"labels": "greet"},
        {"top_k": True},
        {"top_k": []},
        {"quantize": ["none"]},
        {"projection": []},
        {"training": None},
        {"replies": {"greet": "hi"}},
        {"replies": {"greet": [1]}},
        {"replies": []},
        {"oldest_runtime": 2},
        {"spec": []},
        {"spec": "1"},
        {"sha256": []},
    ],
)
def test_forged_metadata_of_any_type_is_refused(text_model, save, changes):
    path = save(forged(text_model, **changes))
    for read in (load_model, inspect_model):
        with pytest.raises(InputError, match=f"^{path}: [^\n]*$"):
            read(path)


def test_a_sentence_about_forged_metadata_stays_one(text_model):
    for changes in ({"labels": ["a" * 10**6, 3]}, {"spec": [0] * 10**5}, {"task": "x" * 10**6}):
        with pytest.raises(InputError) as caught:
            check_model(forged(text_model, **changes))
        assert len(str(caught.value)) < 200


def test_errors_name_the_file(text_model, save):
    path = save(text_model[:-1])
    for read in (load_model, inspect_model):
        with pytest.raises(InputError, match=f"^{path}: "):
            read(path)
