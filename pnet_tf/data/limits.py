"""Reading what is not trusted: bounds on decompressed size, and one kind of error for damage."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ..errors import InputError

MAX_MEMBER_BYTES = 64 << 20
"""Largest image file, packed or not."""
MAX_TABLE_BYTES = 1 << 30
"""Largest table after decompression."""
MAX_TOTAL_BYTES = 4 << 30
"""Largest sum of what one archive or array file decompresses to, and of its pixels."""
MAX_RATIO = 200
"""Decompressed bytes for a compressed byte; text and images stay far below."""
RATIO_FLOOR_BYTES = 1 << 20
"""Decompressed size below which the ratio is not looked at."""
MAX_PIXELS = 1 << 24
"""Largest width times height of one image."""
MAX_MEMBERS = 2_000_000
"""Largest number of entries in one archive."""

_CHUNK_BYTES = 1 << 20


@contextmanager
def reading(name: object) -> Iterator[None]:
    """Turn whatever a decoder raises on damaged bytes into an InputError that names the file.

    Pillow, zipfile, tarfile, zlib and NumPy's header parser raise a dozen unrelated types between
    them, SyntaxError included, so nothing narrower than Exception is safe here.
    """
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{name}: damaged or not readable ({reason})") from error


def check_ratio(name: object, packed: int, unpacked: int, floor: int | None = None) -> None:
    """Raise InputError when `unpacked` bytes from `packed` bytes look like a zip bomb."""
    floor = RATIO_FLOOR_BYTES if floor is None else floor
    if unpacked > floor and unpacked > MAX_RATIO * max(packed, 1):
        raise InputError(
            f"{name}: {packed} bytes decompress to {unpacked} or more;"
            f" allowed: at most {MAX_RATIO} times the size"
        )


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class BoundedStream:
    """Forward-only reader over `stream` that raises InputError past `limit` bytes or the ratio."""

    def __init__(self, stream: _Readable, name: object, packed: int, limit: int) -> None:
        self._stream, self._name, self._packed, self._limit = stream, name, packed, limit
        self._position = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end; the memory taken follows what is there."""
        parts = []
        while size > 0 and (data := self._stream.read(min(size, _CHUNK_BYTES))):
            parts.append(data)
            size -= len(data)
            self._count(len(data))
        return b"".join(parts) if len(parts) != 1 else parts[0]

    def drain(self) -> None:
        """Read to the end, so that a checksum there is compared."""
        while self.read(_CHUNK_BYTES):
            pass

    def _count(self, size: int) -> None:
        self._position += size
        if self._position > self._limit:
            raise InputError(f"{self._name}: holds more than the {self._limit} bytes allowed")
        check_ratio(self._name, self._packed, self._position)


def check_plain(path: Path) -> None:
    """Raise InputError unless `path` is a file to open: a pipe would block, a device never end."""
    if not path.is_file():
        state = "not a plain file; allowed: plain files" if path.exists() else "no such file"
        raise InputError(f"{path}: {state}")


@contextmanager
def open_bounded(path: Path, limit: int, packed: bool) -> Iterator[BoundedStream]:
    """Open `path`, through gzip when `packed`, within the bounds."""
    with reading(path):
        check_plain(path)
        size = path.stat().st_size
        with path.open("rb") as raw:
            if not packed:
                yield BoundedStream(raw, path, size, limit)
                return
            with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                yield BoundedStream(stream, path, size, limit)


def read_bounded(path: Path, limit: int) -> bytes:
    """All bytes of a file, unpacked when its name ends in .gz; InputError when damaged or big."""
    with open_bounded(path, limit, path.name.lower().endswith(".gz")) as stream:
        return stream.read(limit + 1)


def read_plain(path: Path, limit: int) -> bytes:
    """All bytes of a file as they are; InputError when it is missing or big."""
    with open_bounded(path, limit, packed=False) as stream:
        return stream.read(limit + 1)


def shown(value: object, longest: int = 60) -> str:
    """`value` quoted for a message, shortened."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."
