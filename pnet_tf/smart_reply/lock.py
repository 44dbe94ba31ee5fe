"""One process at a time: a lock that goes with its process, however that ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ..errors import InputError

_TRIES = 20


@contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the file `path`, which is made where it is missing; InputError `busy` where it is held.

    SQLite locks it, which works on every system; the file stays empty. Its holder may delete it:
    a lock on a file that is no longer there counts for nothing and is taken anew.
    """
    for _ in range(_TRIES):
        if not path.exists():  # to open and close one that is there would end its lock
            with suppress(FileNotFoundError):  # the folder has just gone
                path.touch()
        before = _number(path)
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as base:
            try:
                base.execute("PRAGMA journal_mode = MEMORY")  # no file beside this one
                base.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error as error:
                if "locked" in str(error):
                    raise InputError(busy) from None
                raise InputError(f"{path} cannot be locked: {error}") from None
            if before is not None and before == _number(path):
                yield
                return
    raise InputError(busy)


def _number(path: Path) -> int | None:
    """What tells a file from another one of its name, None where there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None
