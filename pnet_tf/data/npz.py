"""The one reader of .npz and .npy files: no pickles, and no memory that a header merely claims."""

import io
import math
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import limits
from .limits import check_plain, check_ratio, reading

_ENDING = ".npy"
_VERSIONS = ((1, 0), (2, 0))
_RATIO_FLOOR_BYTES = 64 << 20
"""Sorted labels and sparse features compress far better than files, so small ones are let be."""
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class NpzFile:
    """An open .npz: `names` of its arrays, sorted; `title` stands in messages."""

    title: str
    names: tuple[str, ...]
    archive: zipfile.ZipFile

    def read(self, keys: Collection[str], most_bytes: int | None = None) -> dict[str, np.ndarray]:
        """The arrays `keys`, in that order, of at most `most_bytes` unpacked bytes together.

        None means `limits.MAX_TOTAL_BYTES`. The arrays are writable. Raises InputError for one
        that is missing, too large, damaged or no plain array.
        """
        most = limits.MAX_TOTAL_BYTES if most_bytes is None else most_bytes
        missing = [key for key in keys if key not in self.names]
        if missing:
            raise InputError(f"{self.title}: no array {missing[0]}; found {self.listed()}")
        size = sum(self.archive.getinfo(key + _ENDING).file_size for key in keys)
        if size > most:
            what = f"{' and '.join(keys)} take {size} bytes; " if most_bytes is not None else ""
            raise InputError(f"{self.title}: {what}more than the {most} bytes allowed")
        return {key: self._array(key) for key in keys}

    def listed(self) -> str:
        """The first names of all that the file holds, for a message."""
        names = sorted(i.filename.removesuffix(_ENDING) for i in self.archive.infolist())[:12]
        return ", ".join(n if n.isprintable() else repr(n) for n in names) or "nothing"

    def _array(self, key: str) -> np.ndarray:
        info = self.archive.getinfo(key + _ENDING)
        title = f"{self.title}: {key}"
        check_ratio(title, info.compress_size, info.file_size, _RATIO_FLOOR_BYTES)
        with reading(title), self.archive.open(info) as stream:
            data = bytearray()
            while chunk := stream.read(_CHUNK_BYTES):
                data += chunk
            return parse_npy(data, title)


@contextmanager
def open_npz(path: Path) -> Iterator[NpzFile]:
    """The .npz at `path`, opened once; InputError when it is missing, no zip file or damaged."""
    with reading(path):
        check_plain(path)
        with path.open("rb") as raw:
            if not zipfile.is_zipfile(raw):
                raise InputError(f"{path}: not a zip file or a truncated one; needed: an .npz")
            with zipfile.ZipFile(raw) as archive:
                yield NpzFile(str(path), _names(archive, path), archive)


def read_npz_arrays(
    path: Path,
    keys: Collection[str] | None = None,
    *,
    optional: Collection[str] = (),
    most_bytes: int | None = None,
) -> dict[str, np.ndarray]:
    """Arrays of an .npz: `keys`, and those of `optional` that are there; all, by name, for None.

    `most_bytes` bounds their unpacked size together, `limits.MAX_TOTAL_BYTES` when None; it is
    compared before anything is unpacked. Raises InputError that names the file.
    """
    with open_npz(path) as file:
        if keys is None:
            return file.read(file.names, most_bytes)
        more = [key for key in optional if key in file.names and key not in keys]
        return file.read([*keys, *more], most_bytes)


def read_npy(path: Path, *, most_bytes: int | None = None) -> np.ndarray:
    """The array of an .npy of at most `most_bytes`, `limits.MAX_TOTAL_BYTES` when None.

    Raises InputError that names the file.
    """
    most = limits.MAX_TOTAL_BYTES if most_bytes is None else most_bytes
    data = bytearray(limits.read_plain(path, most))
    with reading(path):
        return parse_npy(data, str(path))


def parse_npy(data: bytes | bytearray, title: str) -> np.ndarray:
    """Array over .npy bytes. np.load would allocate what the header claims before it reads."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in _VERSIONS:
        found = ".".join(map(str, version))
        raise InputError(f"{title}: .npy version {found}; allowed: 1.0 and 2.0")
    one = version == (1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parse = np.lib.format.read_array_header_1_0 if one else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = parse(stream)
    if dtype.hasobject:
        raise InputError(f"{title}: holds Python objects (a pickle); allowed: plain numbers")
    size, expected = len(data) - stream.tell(), math.prod(shape) * dtype.itemsize
    if size != expected or min(shape, default=1) < 0:
        raise InputError(f"{title}: {size} bytes of data; the shape {shape} needs {expected}")
    flat = np.frombuffer(data, dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


def _names(archive: zipfile.ZipFile, path: Path) -> tuple[str, ...]:
    files = [info.filename for info in archive.infolist()]
    names = sorted(name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING))
    for name, following in zip(names, names[1:], strict=False):
        if name == following:
            raise InputError(f"{path}: {name} is in it twice; allowed: once")
    return tuple(names)
