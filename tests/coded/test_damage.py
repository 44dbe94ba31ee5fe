"""Bytes that nobody wrote: InputError or a matrix, never a crash, a hang or much memory."""

import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest

from pnet_tf.coded import matrix as matrix_module
from pnet_tf.coded import reference
from pnet_tf.coded.container import decode_layers, encode_layers
from pnet_tf.coded.matrix import CodedMatrix, encode_matrix
from pnet_tf.coded.tables import DENSE, FLAT, GAPS
from pnet_tf.coded.wire import varint
from pnet_tf.errors import InputError

from .matrices import in_kind, random_matrix, same_bits

SMALL = random_matrix((9, 8), 6, 0.6)
RAW = np.random.default_rng(0).normal(size=(70, 60)).astype(np.float32)
RAW[::3] = 0
CODED = {
    "flat": in_kind(SMALL, FLAT, 1), "dense": in_kind(SMALL, DENSE, 1),
    "lanes": in_kind(SMALL, DENSE, 3), "gaps": in_kind(SMALL, GAPS, 1),
    "blocks": in_kind(SMALL, GAPS, 3), "constant": encode_matrix(np.full((3, 4), 0.1, np.float32)),
    "raw": in_kind(np.resize(np.arange(1, 4098, dtype=np.float32), (70, 60)), GAPS, 2),
}  # fmt: skip
LAYERS = encode_layers({
    "a": SMALL, "b": SMALL + 0, "c": np.ones(3, np.float32), "d": random_matrix((9, 9), 3, 0.95),
})  # fmt: skip


def checked(body):
    """A body with the checksum that it should have."""
    return body + matrix_module._check(body)


def body_of(coded):
    data = coded.to_bytes()
    return data[: -2 if len(data) < matrix_module.SHORT else -4]


def sealed(rest):
    return struct.pack("<3sBI", b"PTC", 1, zlib.crc32(rest)) + rest


def outcome(run):
    try:
        return run()
    except InputError:
        return None


def damaged_copies(body, count, seed):
    """Copies with a few bytes changed, one taken out, or the end gone."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        data = bytearray(body)
        for _ in range(random.integers(1, 4)):
            place, way = random.integers(len(data)), random.integers(8)
            if way == 0 and len(data) > 1:
                del data[place]
            elif way == 1 and place:
                del data[place:]
            elif way == 2:
                data[place] = 255
            else:
                data[place] ^= 1 << random.integers(8)
        yield bytes(data)


@pytest.mark.parametrize("name", CODED)
def test_every_bit_and_every_end_is_noticed(name):
    data = CODED[name].to_bytes()
    step = max(1, len(data) // 200)
    for place in range(0, len(data), step):
        with pytest.raises(InputError):
            CodedMatrix.from_bytes(data[:place])
        for bit in range(8):
            wrong = bytearray(data)
            wrong[place] ^= 1 << bit
            with pytest.raises(InputError, match="checksum"):
                CodedMatrix.from_bytes(bytes(wrong))
    with pytest.raises(InputError):
        CodedMatrix.from_bytes(data + b"\0")


@pytest.mark.parametrize("name", [name for name in CODED if name != "raw"])
def test_damage_below_a_right_checksum_reads_as_in_the_reference(name):
    for body in damaged_copies(body_of(CODED[name]), 600, 1):
        coded = outcome(lambda body=body: CodedMatrix.from_bytes(checked(body)))
        if coded is None or coded.shape[0] * coded.shape[1] > 2000:
            continue
        found = outcome(coded.decode)
        expected = outcome(lambda coded=coded: reference.decode(coded))
        assert (found is None) == (expected is None)
        if found is not None:
            assert np.isfinite(found).all() and same_bits(found, expected)
        for x in (np.ones(coded.shape[0], np.float32), np.ones((2, coded.shape[0]), np.float32)):
            product = outcome(lambda x=x, coded=coded: x @ coded)
            assert (product is None) == (found is None)


def test_damaged_raw_values():
    for body in damaged_copies(body_of(CODED["raw"])[:400], 100, 2):
        whole = body + body_of(CODED["raw"])[400:]
        coded = outcome(lambda whole=whole: CodedMatrix.from_bytes(checked(whole)))
        if coded is not None:
            outcome(coded.decode)


def test_fewer_raw_values_than_gaps_say():
    coded = CODED["raw"]
    counts = coded.streams.raw_counts + np.array([-1, 1])
    wrong = replace(coded, streams=replace(coded.streams, raw_counts=counts))
    for run in (wrong.decode, lambda: reference.decode(wrong)):
        with pytest.raises(InputError, match="damaged"):
            run()


def test_raw_values_that_are_not_finite():
    coded = CODED["raw"]
    raw = np.array([0x7FC00000, *coded.streams.raw[1:]], np.uint32)
    data = replace(coded, streams=replace(coded.streams, raw=raw)).to_bytes()
    with pytest.raises(InputError, match="not finite"):
        CodedMatrix.from_bytes(data)


@pytest.mark.parametrize("body, sentence", [
    (b"", "end too early"), (b"\x28\x00\x01", "smaller than 1"),
    (b"\x28" + varint(1 << 25) + b"\x02", "33,554,432 x 2 weights"),
    (b"\x28" + varint(1 << 40) + b"\x01", "larger than 33,554,432"),
    (b"\xa8\x01\x01", "first byte"), (b"\x68\x01\x01", "first byte"),
    (b"\x38\x02\x02\x02", "blocks where there are none"), (b"\x0c\x01\x01", "tables are missing"),
    (b"\x08\x01\x01\x80\x7f", "not finite"), (b"\x08\x01\x01\x00\x00", "do not rise"),
    (b"\x49\x02\x02\x80\x3f\x80\x3f\x06", "do not rise"),
    (b"\x49\x02\x02\x00\x40\x80\x3f\x06", "do not rise"), (b"\x28\x01\x01\x00", "more bytes"),
    (b"\x09\x02\x02\x02\x80\x3f\x00\x40\x40\x40", "end too early"),
])  # fmt: skip
def test_bodies_that_cannot_be(body, sentence):
    with pytest.raises(InputError, match=sentence):
        CodedMatrix.from_bytes(checked(body))


def test_a_flat_symbol_without_a_value():
    body = b"\x09\x02\x01\x02\x80\x3f\x00\x40\x40\x40\x0f"  # three values, symbols 3 and 3
    coded = CodedMatrix.from_bytes(checked(body))
    for run in (coded.decode, lambda: np.ones(2, np.float32) @ coded):
        with pytest.raises(InputError, match="damaged"):
            run()


def test_containers_cut_off_or_changed():
    for size in range(len(LAYERS)):
        with pytest.raises(InputError):
            decode_layers(LAYERS[:size])
    for place in range(len(LAYERS)):
        wrong = bytearray(LAYERS)
        wrong[place] ^= 1 << place % 8
        with pytest.raises(InputError):
            decode_layers(bytes(wrong))
    with pytest.raises(InputError, match="version 2"):
        decode_layers(b"PTC\x02" + LAYERS[4:])
    with pytest.raises(InputError, match="checksum"):
        decode_layers(LAYERS + b"\0")


@pytest.mark.parametrize("copies", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_damaged_containers_in_little_memory(copies):
    tracemalloc.start()
    try:
        read = 0
        for rest in damaged_copies(LAYERS[8:], copies, 3):
            layers = outcome(lambda rest=rest: decode_layers(sealed(rest)))
            read += layers is not None
            assert layers is None or all(np.isfinite(item).all() for item in layers.values())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 256e6 and 0 < read < copies


def test_a_container_that_says_more_weights_than_a_reader_holds():
    layer = b"\x01%c\x01" + varint(1 << 24) + b"\x01\x28"
    two = b"\x02\x00" + layer % b"a" + layer % b"b"
    assert sum(item.size for item in decode_layers(sealed(two)).values()) == 1 << 25
    with pytest.raises(InputError, match="larger than|more than"):
        decode_layers(sealed(b"\x03" + two[1:] + layer % b"c"))
    wide = b"\x01b\x02\x02" + varint(1 << 24) + b"\x01\x28"
    with pytest.raises(InputError, match="more than 33,554,432"):
        decode_layers(sealed(b"\x02\x00" + layer % b"a" + wide))


@pytest.mark.parametrize("rest, sentence", [
    (b"\x00\x00", "smaller than 1"), (b"\x02\x00\x01a\x01\x01\x01\x28", "end too early|larger"),
    (b"\x02\x00" + 2 * b"\x01a\x01\x01\x01\x28", "one name"),
    (b"\x01\x00\x01\xff\x01\x01\x01\x28", "no text"),
    (b"\x01\x00\x01a\x01\x01\x01\x28\x00", "more bytes"),
    (b"\x01\x02\x28\x01a\x01\x01\x01\x28", "shared tables are none"),
    (b"\x01\x01\x28\x01a\x01\x01\x01\x28", "shared tables are none"),
    (b"\x01\x00\x01a\x01\x01\x01\x0c", "tables are missing"),
])  # fmt: skip
def test_containers_that_cannot_be(rest, sentence):
    with pytest.raises(InputError, match=sentence):
        decode_layers(sealed(rest))
