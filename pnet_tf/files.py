"""Files that appear whole or not at all, and files of people that are read with care."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

from .errors import InputError, WorkError

MOST_TEXT_BYTES = 16 * 2**20
CACHE_VARIABLE = "PNET_TF_CACHE"
"""Environment variable: the folder of caches, in the place of `pnet-tf` in the user's own."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}


def atomic_write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to a temporary name beside `path`, flush it to disk, then rename it.

    Raises InputError for a target that `check_target` refuses or a folder that cannot be written,
    WorkError when the disk is full; what was there before is then still there.
    """
    target = check_target(path)
    try:
        _write(target, data)
    except OSError as error:
        raise not_written(path, error) from None


def not_written(path: str | os.PathLike[str], error: OSError) -> InputError | WorkError:
    """What to raise for `error` of a write to `path`: WorkError when the disk is full."""
    kind = WorkError if error.errno in _FULL else InputError
    return kind(f"{path} cannot be written: {_reason(error)}")


def atomic_write_text(path: str | os.PathLike[str], text: str) -> None:
    """UTF-8 form of `atomic_write_bytes`; a lone surrogate, which UTF-8 has not, becomes "?"."""
    atomic_write_bytes(path, text.encode("utf-8", "replace"))


def check_target(path: str | os.PathLike[str]) -> Path:
    """The file that a write to `path` would make, links followed.

    Raises InputError where the folder does not exist or something is there that is no plain file:
    a rename would put a file in the place of a device.
    """
    try:
        target = Path(os.path.realpath(path))
        if not target.parent.is_dir():
            raise InputError(f"{target.parent} does not exist; make the folder first")
        found = target.lstat() if target.exists() else None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be written: {_reason(error)}") from None
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise InputError(f"{path} is a folder; give the name of a file")
    if found is not None and not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is no plain file; give the name of a file")
    return target


def check_writable(path: str | os.PathLike[str]) -> Path:
    """`check_target`, and that its folder takes new files: for before the work."""
    target = check_target(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".pnet-tf.")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {_reason(error)}") from None
    os.close(handle)
    Path(name).unlink()
    return target


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder; False too for what can be no path at all."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def read_bytes(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """All bytes of a plain file; raises InputError for what is missing, larger or no such file."""
    try:
        # a pipe would hang here and a device never end
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise InputError(f"{path} is no plain file")
        with Path(path).open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {_reason(error)}") from None
    if len(data) > most_bytes:
        raise InputError(f"{path}: more than the {most_bytes} bytes allowed")
    return data


def read_text(path: str | os.PathLike[str], most_bytes: int = MOST_TEXT_BYTES) -> str:
    """`read_bytes` as UTF-8."""
    try:
        return read_bytes(path, most_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: byte {error.start}") from None


def _write(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".pnet-tf.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o666 & ~umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def cache_folder() -> Path:
    """`$PNET_TF_CACHE`, or `pnet-tf` in `$XDG_CACHE_HOME` or `~/.cache`."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pnet-tf"


def umask() -> int:
    """Rights that a new file or folder of this process does not get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
