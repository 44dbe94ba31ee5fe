"""Files of a folder, .zip or .tar(.gz), read one by one without extracting anything to disk."""

import os
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from . import limits
from .limits import BoundedStream, check_plain, check_ratio, open_bounded, reading, shown

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
_END_BLOCK = bytes(tarfile.BLOCKSIZE)
_NAME_HEADERS = (b"x", b"g", b"X", b"L", b"K")
"""Types of tar headers whose data, names and links of any length, tarfile reads at once."""
_UNCACHED: dict[str, Any] = {"stream": True} if sys.version_info >= (3, 13) else {}
"""Newer Pythons can forget the headers behind them; older ones keep at most MAX_MEMBERS."""


@dataclass(frozen=True)
class Member:
    """A file: its name relative to the root, with "/", and its bytes on demand.

    `read` of a tar member works only until the next member is asked for.
    """

    name: str
    read: Callable[[], bytes]


def folder_members(root: Path, tops: list[str]) -> Iterator[Member]:
    """Files at most three folders deep under the folders `tops` of `root`."""
    for top in tops:
        for folder, inner, files in os.walk(root / top, followlinks=True):
            relative = Path(folder).relative_to(root)
            inner.sort()
            if len(relative.parts) >= 3:
                inner.clear()
            for name in sorted(files):
                read = partial(limits.read_plain, Path(folder, name), limits.MAX_MEMBER_BYTES)
                yield Member((relative / name).as_posix(), read)


def archive_members(path: Path) -> Iterator[Member]:
    """Plain files of the archive, tar in its own order and zip sorted by name.

    Raises InputError for damage, a link, a name that leaves the archive, a name twice, and sizes
    or ratios beyond the limits. The rules are stricter than those of `tarfile.data_filter`, which
    is for extraction: that drops a leading "/" and lets links pass that stay inside.
    """
    if path.name.lower().endswith(".zip"):
        members = _zip_members(path)
    else:
        members = _tar_members(path, packed=not path.name.lower().endswith(".tar"))
    seen: set[str] = set()
    for member in members:
        if member.name in seen:
            raise InputError(f"{path}: {shown(member.name)} is in it twice; allowed: once")
        seen.add(member.name)
        _check_number(path, len(seen))
        yield member


def _zip_members(path: Path) -> Iterator[Member]:
    total = 0
    with reading(path):
        check_plain(path)
        archive = zipfile.ZipFile(path)
    with closing(archive):
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            name = _inside(path, info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise InputError(f"{path}: {shown(name)} is a link; allowed: plain files")
            if info.is_dir():
                continue
            total += info.file_size
            yield Member(name, partial(_zip_bytes, path, archive, info, total))


def _zip_bytes(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, total: int) -> bytes:
    """Bytes of one member; the sizes trusted here are enforced by zipfile, which stops there."""
    title = f"{path}: {shown(info.filename)}"
    _check_size(path, info.filename, info.file_size)
    check_ratio(title, info.compress_size, info.file_size)
    if total > limits.MAX_TOTAL_BYTES:
        raise InputError(f"{path}: holds more than the {limits.MAX_TOTAL_BYTES} bytes allowed")
    with reading(title):
        return archive.read(info)


class _EndMark(tarfile.HeaderError):
    """The block of zeros that ends a tar was read in the place of a header."""


class _Header(tarfile.TarInfo):
    """Tells the end mark of a tar, which tarfile does not tell from a damaged header.

    tarfile takes either for the end and would drop the rest of a damaged archive without a word.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        """The header in a block; raises HeaderError for damage and the end mark."""
        if buf == _END_BLOCK:
            raise _EndMark("end mark")
        header = super().frombuf(buf, encoding, errors)
        if header.type in _NAME_HEADERS and header.size > limits.MAX_MEMBER_BYTES:
            raise tarfile.HeaderError(f"a name of {header.size} bytes")
        return header


def _tar_members(path: Path, packed: bool) -> Iterator[Member]:
    # unpacked by gzip and not by tarfile, whose stream compares no checksum
    with open_bounded(path, limits.MAX_TOTAL_BYTES, packed) as stream:
        try:
            with _open_tar(stream) as archive:
                yield from _plain_files(path, archive)
        except _EndMark:
            stream.drain()
            return
        raise InputError(f"{path}: damaged or truncated, the end mark of a tar is missing")


def _open_tar(stream: BoundedStream) -> tarfile.TarFile:
    # typeshed asks for more than the `read` that the documentation of "r|" does
    return tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header, **_UNCACHED)  # type: ignore[call-overload]


def _plain_files(path: Path, archive: tarfile.TarFile) -> Iterator[Member]:
    """Files up to what tarfile takes for the end; raises _EndMark when that is the end."""
    headers = 0
    while (info := archive.next()) is not None:
        headers += 1
        _check_number(path, headers)
        name = _inside(path, info.name)
        if info.isdir():
            continue
        if not info.isreg() or info.issparse():
            raise InputError(f"{path}: {shown(name)} is a link or device; allowed: plain files")
        _check_size(path, name, info.size)
        yield Member(name, partial(_tar_bytes, path, archive, info))


def _tar_bytes(path: Path, archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    with reading(path):
        file = archive.extractfile(info)
        try:
            return file.read() if file else b""
        except tarfile.ReadError:
            raise InputError(f"{path}: truncated within {shown(info.name)}") from None


def _check_number(path: Path, number: int) -> None:
    if number > limits.MAX_MEMBERS:
        raise InputError(f"{path}: more than the {limits.MAX_MEMBERS} files allowed")


def _check_size(path: Path, name: str, size: int) -> None:
    if not 0 <= size <= limits.MAX_MEMBER_BYTES:
        raise InputError(
            f"{path}: {shown(name)} has {size} bytes; allowed: {limits.MAX_MEMBER_BYTES} or fewer"
        )


def _inside(path: Path, name: str) -> str:
    """`name` with "/" and without "." parts; InputError when it leaves the archive's root."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name[:1] in ("/", "\\") or name[1:2] == ":":
        raise InputError(
            f"{path}: the name {shown(name)} leaves the archive; allowed: names without '..' and"
            " without a leading '/'"
        )
    return "/".join(part for part in parts if part not in ("", "."))
