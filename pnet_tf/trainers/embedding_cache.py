"""Embeddings of texts kept on disk, so that a text runs through an encoder once."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path

import numpy as np

from ..errors import InputError, WorkError
from ..files import CACHE_VARIABLE, cache_folder, not_written

_PORTION = 1024
_SUM_BYTES = 4
_WAIT_SECONDS = 60
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"

Embed = Callable[[Sequence[str]], np.ndarray]
Tell = Callable[[int, int], None]
_watched: ContextVar[Tell] = ContextVar("watched", default=lambda done, total: None)


@contextmanager
def embedding_watch(tell: Tell) -> Iterator[None]:
    """While the block embeds texts that no cache has, call `tell(done, of_how_many)` now and then.

    An encoder takes milliseconds a text, and nothing else is seen of it: a fit has not begun yet.
    """
    before = _watched.set(tell)
    try:
        yield
    finally:
        _watched.reset(before)


def cached(texts: Sequence[str], key: str, width: int, embed: Embed) -> np.ndarray:
    """Vectors float32 [N, width] of `texts`; `embed` makes those that are not in the cache `key`.

    `key` is a hash of everything but the text that a vector depends on. A row that is damaged is
    made again, and so is a file that is no longer a database. New vectors are stored in portions,
    so that little is lost when the work is stopped. Raises InputError for a folder that cannot be
    written and a cache of another width, WorkError when the disk is full.
    """
    path = cache_folder() / "embeddings" / f"{key}.sqlite"
    _make_folder(path.parent)
    named = {_digest(text): text for text in texts}
    try:
        found = _vectors(path, named, width, embed)
    except _Damaged:
        path.unlink(missing_ok=True)
        found = _vectors(path, named, width, embed)
    rows = [found[_digest(text)] for text in texts]
    return np.stack(rows) if rows else np.zeros((0, width), np.float32)


class _Damaged(Exception):  # noqa: N818
    """The file is no database, or no longer one."""


def _vectors(
    path: Path, named: dict[bytes, str], width: int, embed: Embed
) -> dict[bytes, np.ndarray]:
    with _database(path) as base, closing(base):
        _check_width(base, path, width)
        stored = {digest: _read(base, digest, width) for digest in named}
        found = {digest: vector for digest, vector in stored.items() if vector is not None}
        needed = [digest for digest in named if digest not in found]
        tell = _watched.get()
        for start in range(0, len(needed), _PORTION):
            portion = needed[start : start + _PORTION]
            made = np.ascontiguousarray(embed([named[digest] for digest in portion]), np.float32)
            new = dict(zip(portion, made, strict=True))
            rows = [(digest, _packed(digest, vector)) for digest, vector in new.items()]
            with base:
                base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            found |= new
            tell(start + len(portion), len(needed))
    return found


@contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    """The open database; errors become those of this package."""
    try:
        base = sqlite3.connect(path, timeout=_WAIT_SECONDS)
        yield base
    except sqlite3.OperationalError as error:
        kind = WorkError if "full" in str(error) else InputError
        raise kind(
            f"{path}: the cache of embeddings cannot be used: {error}; "
            f"{CACHE_VARIABLE} names another folder"
        ) from None
    except sqlite3.DatabaseError as error:
        raise _Damaged(str(error)) from None


def _check_width(base: sqlite3.Connection, path: Path, width: int) -> None:
    """The width stands in the file's `user_version`, 0 in a new one."""
    (stored,) = base.execute("PRAGMA user_version").fetchone()
    if stored not in (0, width):
        raise InputError(
            f"{path}: the cache holds embeddings of width {stored}, the encoder gives {width}; "
            "delete that file, or give the encoder that made it"
        )
    if not stored:
        with base:
            base.execute(_TABLE)
            base.execute(f"PRAGMA user_version = {int(width)}")


def _read(base: sqlite3.Connection, digest: bytes, width: int) -> np.ndarray | None:
    """The stored vector; None where there is none, or one that is damaged."""
    row = base.execute("SELECT vector FROM vectors WHERE text = ?", (digest,)).fetchone()
    if row is None or not isinstance(row[0], bytes) or len(row[0]) != 4 * width + _SUM_BYTES:
        return None
    vector = np.frombuffer(row[0], "<f4", width)
    return vector.astype(np.float32) if _packed(digest, vector) == row[0] else None


def _packed(digest: bytes, vector: np.ndarray) -> bytes:
    """The vector, little-endian, and a checksum of text and vector."""
    data = vector.astype("<f4").tobytes()
    return data + zlib.crc32(digest + data).to_bytes(_SUM_BYTES, "little")


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from None
