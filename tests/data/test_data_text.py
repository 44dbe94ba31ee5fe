import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pnet_tf.data import encode_text
from pnet_tf.errors import InputError


def test_pads_with_zeros():
    encoded = encode_text(["hi", ""], 4)
    assert encoded.bytes.dtype == np.uint8
    assert encoded.bytes.tolist() == [[104, 105, 0, 0], [0, 0, 0, 0]]
    assert encoded.cut == 0


@pytest.mark.parametrize(
    ("text", "length", "expected", "cut"),
    [
        ("abcd", 4, b"abcd", 0),
        ("abcde", 4, b"abcd", 1),
        ("aé", 3, "aé".encode(), 0),
        ("aé", 2, b"a\0", 1),
        ("éa", 2, "é".encode(), 1),
        ("a\U0001f600", 4, b"a\0\0\0", 1),
        ("\U0001f600b", 4, "\U0001f600".encode(), 1),
        ("\U0001f600", 3, b"\0\0\0", 1),
        ("a\0b", 4, b"a b\0", 0),
        ("a\0", 4, b"a \0\0", 0),
        ("\udcff!", 6, "\ufffd!".encode() + b"\0\0", 0),
        ("\ud83dx", 6, "\ufffdx".encode() + b"\0\0", 0),
        ("\ud83d\ude00", 4, "\U0001f600".encode(), 0),
    ],
)
def test_cuts_at_a_character(text, length, expected, cut):
    encoded = encode_text([text], length)
    assert encoded.bytes.tobytes() == expected
    assert encoded.cut == cut


def test_no_texts():
    assert encode_text([], 8).bytes.shape == (0, 8)


def test_takes_any_iterable():
    assert encode_text(np.array(["a", "bb"], dtype=object), 1).cut == 1
    assert encode_text((t for t in "ab"), 1).bytes.tolist() == [[97], [98]]


@pytest.mark.parametrize("length", [0, -1])
def test_refuses_length(length):
    with pytest.raises(InputError, match="byte_length must be 1 or more"):
        encode_text(["a"], length)


def test_refuses_bytes_and_none():
    with pytest.raises(InputError, match="must be a str, got NoneType"):
        encode_text([None], 4)
    with pytest.raises(InputError, match="must be a str, got bytes"):
        encode_text([b"a"], 4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=5), st.integers(1, 20)
)
def test_rows_are_prefixes(texts, length):
    encoded = encode_text(texts, length)
    assert encoded.bytes.shape == (len(texts), length)
    clean = [text.replace("\0", " ") for text in texts]
    decoded = [bytes(row).rstrip(b"\0").decode() for row in encoded.bytes]
    assert all(text.startswith(prefix) for text, prefix in zip(clean, decoded, strict=True))
    assert encoded.cut == sum(len(text.encode()) > length for text in clean)
    assert encoded.cut == sum(t != p for t, p in zip(clean, decoded, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=12), st.integers(1, 20))
def test_every_string_gives_utf8(text, length):
    bytes(encode_text([text], length).bytes[0]).decode()
