"""Files of a folder, .zip or .tar(.gz), read one by one without extracting anything to disk."""

import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import InputError
from . import limits
from .limits import BoundedStream, check_ratio, open_bounded, reading, shown

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
_END_BLOCK = bytes(tarfile.BLOCKSIZE)


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
    or ratios beyond the limits.
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
        if len(seen) > limits.MAX_MEMBERS:
            raise InputError(f"{path}: more than the {limits.MAX_MEMBERS} files allowed")
        yield member


def _zip_members(path: Path) -> Iterator[Member]:
    total = 0
    with reading(path):
        archive = zipfile.ZipFile(path)
    with closing(archive):
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            name = _inside(path, info.filename)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise InputError(f"{path}: {shown(name)} is a link; allowed: plain files")
            if info.is_dir():
                continue
            total += info.file_size
            yield Member(name, _zip_reader(path, archive, info, total))


def _zip_reader(
    path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, total: int
) -> Callable[[], bytes]:
    """Reader of one member; the sizes it trusts are enforced by zipfile, which stops there."""

    def read() -> bytes:
        title = f"{path}: {shown(info.filename)}"
        _check_size(path, info.filename, info.file_size)
        check_ratio(title, info.compress_size, info.file_size)
        if total > limits.MAX_TOTAL_BYTES:
            raise InputError(f"{path}: holds more than the {limits.MAX_TOTAL_BYTES} bytes allowed")
        with reading(title):
            return archive.read(info)

    return read


def _tar_members(path: Path, packed: bool) -> Iterator[Member]:
    with open_bounded(path, limits.MAX_TOTAL_BYTES, packed) as stream:
        archive = tarfile.TarFile(fileobj=stream, mode="r")  # type: ignore[arg-type]
        while (info := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined] # or every header stays in memory
            name = _inside(path, info.name)
            if info.isdir():
                continue
            if not info.isreg() or info.sparse is not None:
                raise InputError(f"{path}: {shown(name)} is a link or device; allowed: plain files")
            _check_size(path, name, info.size)
            yield Member(name, _tar_reader(path, stream, info))
        if stream.last != _END_BLOCK:
            # tarfile takes a damaged header for the end and would drop the rest without a word
            raise InputError(f"{path}: damaged or truncated, the end mark of a tar is missing")
        stream.drain()


def _tar_reader(path: Path, stream: BoundedStream, info: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        stream.seek(info.offset_data)
        data = stream.read(info.size)
        if len(data) < info.size:
            raise InputError(f"{path}: truncated within {shown(info.name)}")
        return data

    return read


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
