"""A `.ptz`: one file, losslessly in fewer bytes; `docs/packing.md` specifies it.

    "PTZ" | version, 1 byte | size, uint32 | CRC-32 of what follows | 16 bytes of SHA-256 | payload

Little-endian; `size` and the hash are those of the content. The CRC says at once that a download is
damaged, the hash that what was unpacked is what was packed.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass

from ..errors import InputError, WorkError
from ..files import atomic_write_bytes, check_target, read_bytes
from ..tflite.counts import zipped_bytes
from .decoder import HEADER, MAGIC, MOST_BYTES, VERSION, dictionary, hash_of, unpack


@dataclass(frozen=True)
class PackReport:
    """`ratio` is packed_bytes / size_bytes, `zipped_bytes` the content deflated."""

    file: str
    size_bytes: int
    packed_bytes: int
    ratio: float
    zipped_bytes: int
    sha256: str


def pack(content: bytes) -> bytes:
    """The container of a content, a `.tflite` or any other file.

    The weights of a TFLite model are written symbol by symbol at their entropy, all else as
    literals and matches. Raises InputError for no bytes and for more than MOST_BYTES.
    """
    from .encoder import encode
    from .parts import parts_of

    if not content:
        raise InputError("there is nothing to pack: the file is empty")
    if len(content) > MOST_BYTES:
        raise InputError(f"{len(content):,} bytes are too many to pack; {MOST_BYTES:,} are allowed")
    body = hash_of(content) + encode(content, parts_of(content), dictionary())
    return HEADER.pack(MAGIC, VERSION, len(content), zlib.crc32(body)) + body


def pack_surely(content: bytes, name: str) -> bytes:
    """`pack`, unpacked again; raises WorkError, which names the file, if it does not come back."""
    packed = pack(content)
    if unpack(packed) != content:  # never seen; a wrong container would be worse than none
        raise WorkError(f"{name} does not come back as it was; nothing is written")
    return packed


def pack_file(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> PackReport:
    """Pack a file into another; its content is unpacked again before it is written."""
    target = check_target(out)
    content = read_bytes(path, MOST_BYTES)
    packed = pack_surely(content, os.fspath(path))
    atomic_write_bytes(target, packed)
    return _report(str(target), content, packed)


def unpack_file(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> PackReport:
    """Unpack a container into a file; nothing is written unless its hash agrees."""
    target = check_target(out)
    packed = read_bytes(path, 2 * MOST_BYTES)
    try:
        content = unpack(packed)
    except InputError as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None
    atomic_write_bytes(target, content)
    return _report(str(target), content, packed)


def _report(file: str, content: bytes, packed: bytes) -> PackReport:
    return PackReport(
        file=file, size_bytes=len(content), packed_bytes=len(packed),
        ratio=round(len(packed) / len(content), 4), zipped_bytes=zipped_bytes(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
