"""Text as a fixed number of UTF-8 bytes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError


@dataclass(frozen=True)
class EncodedText:
    """`bytes`: uint8 [N, byte_length], zero padded. `cut`: number of messages that were cut."""

    bytes: np.ndarray
    cut: int


def encode_text(texts: Iterable[str], byte_length: int) -> EncodedText:
    """UTF-8 bytes of each text, zero padded to `byte_length` or cut before the character that
    does not fit. A NUL inside a text becomes a space, a lone surrogate U+FFFD.

    Raises InputError when byte_length is below 1 or an item is not a str.
    """
    if byte_length < 1:
        raise InputError(f"byte_length must be 1 or more, got {byte_length}")
    rows = [_utf8(text) for text in texts]
    long = [index for index, row in enumerate(rows) if len(row) > byte_length]
    for index in long:
        rows[index] = cut_utf8(rows[index], byte_length)
    packed = np.array(rows, dtype=f"S{byte_length}")
    return EncodedText(packed.view(np.uint8).reshape(len(rows), byte_length), len(long))


def cut_utf8(data: bytes, byte_length: int) -> bytes:
    """Longest prefix of valid UTF-8 `data` of at most `byte_length` bytes and whole characters."""
    end = min(byte_length, len(data))
    while 0 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end]


def _utf8(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = _join_surrogates(text).encode()
    except AttributeError:
        raise InputError(f"a text must be a str, got {type(text).__name__}") from None
    return data.replace(b"\0", b" ") if b"\0" in data else data


def _join_surrogates(text: str) -> str:
    """Surrogate pairs as the one character they mean, lone surrogates as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
