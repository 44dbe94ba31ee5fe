"""A content in a container and back, and all that is no container."""

import hashlib
import random
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.errors import InputError, WorkError
from pnet_tf.packing import container
from pnet_tf.packing.container import pack, pack_file
from pnet_tf.packing.decoder import MOST_BYTES, decode, dictionary, unpack
from pnet_tf.packing.encoder import encode
from pnet_tf.packing.parts import Part

CONTENT = b"how are you? how are you?"


def sealed(packed):
    """With the checksum that is right for it."""
    return packed[:8] + zlib.crc32(packed[12:]).to_bytes(4, "little") + packed[12:]


def read_or_refused(packed, content):
    """Whether it was read; if so, as what it was."""
    try:
        assert unpack(packed) == content
    except InputError:
        return False
    return True


def test_the_header_says_what_is_in_it():
    packed = pack(CONTENT)
    assert packed[:4] == b"PTZ\x01"
    size, crc = struct.unpack_from("<II", packed, 4)
    assert (size, crc) == (25, zlib.crc32(packed[12:]))
    assert packed[12:28] == hashlib.sha256(CONTENT).digest()[:16]
    assert unpack(packed) == CONTENT


def test_the_dictionary_is_that_of_version_1():
    found = hashlib.sha256(dictionary()).hexdigest()
    assert (len(dictionary()), found[:16]) == (37_604, "f1a1a1974d0c0647")


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=1, max_size=120))
def test_any_bytes_come_back(content):
    assert unpack(pack(content)) == content


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.binary(min_size=1, max_size=40)), min_size=1),
    st.binary(max_size=30),
)
def test_parts_of_any_kind_come_back(given_parts, before):
    parts = [Part(kind, len(data)) for kind, data in given_parts]
    content = b"".join(data for _, data in given_parts)
    assert decode(encode(content, parts, before), before, len(content)) == content


def test_what_cannot_be_packed(monkeypatch):
    with pytest.raises(InputError, match="empty"):
        pack(b"")
    monkeypatch.setattr(container, "MOST_BYTES", 10)
    assert unpack(pack(bytes(10))) == bytes(10)
    with pytest.raises(InputError, match="11 bytes are too many to pack; 10 are allowed"):
        pack(bytes(11))


def test_cut_at_any_length():
    packed = pack(CONTENT)
    for size in range(len(packed)):
        with pytest.raises(InputError):
            unpack(packed[:size])
        read_or_refused(sealed(packed[: max(size, 12)]), CONTENT)


def test_any_bit_changed():
    packed = pack(CONTENT)
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InputError):
            unpack(bytes(damaged))


def test_ten_thousand_damaged_copies_with_the_right_checksum():
    rng, packed, read = random.Random(4), pack(CONTENT), 0
    for _ in range(10_000):
        damaged = bytearray(packed)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(28, len(packed))] = rng.randrange(256)
        read += read_or_refused(sealed(bytes(damaged)), CONTENT)
    assert read < 100  # bytes changed to what they were


def test_a_size_alone_takes_no_memory():
    packed = pack(CONTENT)
    claimed = packed[:4] + MOST_BYTES.to_bytes(4, "little") + packed[8:]
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="ends before"):
            unpack(claimed)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_what_follows_the_content_is_not_read():
    assert unpack(sealed(pack(CONTENT) + b"more")) == CONTENT


def test_nothing_is_written_that_does_not_come_back(tmp_path, monkeypatch):
    source, out = tmp_path / "a", tmp_path / "a.ptz"
    source.write_bytes(CONTENT)
    monkeypatch.setattr(container, "unpack", lambda packed: CONTENT[1:])
    with pytest.raises(WorkError, match="does not come back as it was"):
        pack_file(source, out)
    assert not out.exists()
