"""Arrays: a folder of IDX files, and .npz files without pickles."""

import io
import math
import warnings
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import limits
from .limits import check_ratio, reading
from .types import SPLITS, Part, Source, object_array

IDX_PREFIXES = {"train": "train", "test": "t10k"}
_IDX_MAGIC = {"images": 0x0803, "labels": 0x0801}
_ARRAY_RATIO_FLOOR_BYTES = 64 << 20
"""Sorted labels and sparse features compress far better than files, so small ones are let be."""


def idx_file(split: str, what: str) -> str:
    """Name of an IDX file: `what` is images or labels."""
    return f"{IDX_PREFIXES[split]}-{what}-idx{3 if what == 'images' else 1}-ubyte.gz"


def is_idx_folder(folder: Path) -> bool:
    """Whether any of the four IDX files is there."""
    return any((folder / idx_file(s, w)).exists() for s in IDX_PREFIXES for w in _IDX_MAGIC)


def read_idx_folder(folder: Path, wanted: Collection[str]) -> Source:
    """The IDX files of MNIST and its kin: uint8 images [N, H, W, 1], labels as decimal text."""
    parts = {split: _idx_part(folder, split) for split in IDX_PREFIXES if split in wanted}
    return Source("image", "classification", parts)


def _idx_part(folder: Path, split: str) -> Part:
    images = read_idx(folder / idx_file(split, "images"), _IDX_MAGIC["images"])
    labels = read_idx(folder / idx_file(split, "labels"), _IDX_MAGIC["labels"])
    if len(images) != len(labels):
        raise InputError(
            f"{folder}: {idx_file(split, 'images')} holds {len(images)} images and"
            f" {idx_file(split, 'labels')} {len(labels)} labels; allowed: equal numbers"
        )
    return Part(images[..., None], object_array([str(label) for label in labels.tolist()]))


def read_idx(path: Path, magic: int) -> np.ndarray:
    """uint8 array of a gzipped IDX file; InputError unless magic number and length are right."""
    data = limits.read_bounded(path, limits.MAX_TOTAL_BYTES)
    rank = magic & 0xFF
    if len(data) < 4 + 4 * rank:
        raise InputError(f"{path}: {len(data)} bytes unpacked; needed: an IDX header and data")
    found, *shape = np.frombuffer(data, ">u4", 1 + rank).tolist()
    if found != magic:
        raise InputError(f"{path}: magic number 0x{found:08x}; allowed: 0x{magic:08x}")
    size, expected = len(data) - 4 - 4 * rank, math.prod(shape)
    if size != expected or not expected:
        raise InputError(
            f"{path}: {size} bytes of data; the header {'x'.join(map(str, shape))} needs"
            f" {expected}, and at least one"
        )
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


def read_npz(path: Path, wanted: Collection[str], task: str | None) -> Source:
    """x_train, y_train, x_test, y_test and perhaps x_valid, y_valid.

    x: uint8 [N, H, W] or [N, H, W, C] are images; numbers [N, F] are dense features. y: integers
    or text [N] are classes (labels as str); floats, or any number with task "regression", are
    values [N] or [N, K]. Raises InputError for anything else, NaN and infinity included.
    """
    arrays = _npz_arrays(path, wanted)
    chosen = task or _task_of(arrays)
    parts, kinds = {}, set()
    for split in SPLITS:
        if f"x_{split}" in arrays:
            x, y = f"x_{split}", f"y_{split}"
            inputs = _inputs(arrays[x], f"{path}: {x}")
            targets = _targets(arrays[y], f"{path}: {y}", chosen)
            if len(inputs) != len(targets):
                raise InputError(
                    f"{path}: {x} has {len(inputs)} rows and {y} {len(targets)};"
                    " allowed: equal numbers"
                )
            parts[split] = Part(inputs, targets)
            kinds.add("image" if inputs.ndim == 4 else "dense")
    if len(kinds) > 1:
        raise InputError(f"{path}: images and dense features mixed; allowed: one kind")
    return Source(kinds.pop(), chosen, parts)


def _task_of(arrays: dict[str, np.ndarray]) -> str:
    y = next(arrays[f"y_{split}"] for split in SPLITS if f"y_{split}" in arrays)
    return "regression" if y.dtype.kind == "f" else "classification"


def _npz_arrays(path: Path, wanted: Collection[str]) -> dict[str, np.ndarray]:
    with reading(path):
        if not zipfile.is_zipfile(path):
            raise InputError(f"{path}: not a zip file or a truncated one; needed: an .npz")
        with zipfile.ZipFile(path) as archive:
            names = {info.filename for info in archive.infolist()}
            keys = [key for split in SPLITS if split in wanted for key in _keys(split, names, path)]
            if sum(archive.getinfo(f"{k}.npy").file_size for k in keys) > limits.MAX_TOTAL_BYTES:
                raise InputError(f"{path}: more than the {limits.MAX_TOTAL_BYTES} bytes allowed")
            return {key: _npy(archive, key, path) for key in keys}


def _keys(split: str, names: set[str], path: Path) -> list[str]:
    """Keys of one split; only valid may be absent."""
    keys = [f"x_{split}", f"y_{split}"]
    missing = [key for key in keys if f"{key}.npy" not in names]
    if split == "valid" and len(missing) == 2:
        return []
    if missing:
        found = ", ".join(sorted(n.removesuffix(".npy") for n in names)[:12]) or "nothing"
        raise InputError(
            f"{path}: no {missing[0]}; found {found}; needed: x_train, y_train, x_test, y_test"
        )
    return keys


def _npy(archive: zipfile.ZipFile, key: str, path: Path) -> np.ndarray:
    info = archive.getinfo(f"{key}.npy")
    title = f"{path}: {key}"
    check_ratio(title, info.compress_size, info.file_size, _ARRAY_RATIO_FLOOR_BYTES)
    with reading(title):
        return _parse_npy(archive.read(info), title)


def _parse_npy(data: bytes, title: str) -> np.ndarray:
    """Array in .npy bytes. np.load would allocate what the header claims before it reads."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise InputError(f"{title}: .npy version {version}; allowed: 1.0 and 2.0")
    two = version == (2, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parse = np.lib.format.read_array_header_2_0 if two else np.lib.format.read_array_header_1_0
        shape, fortran, dtype = parse(stream)
    if dtype.hasobject:
        raise InputError(f"{title}: holds Python objects (a pickle); allowed: plain numbers")
    size, expected = len(data) - stream.tell(), math.prod(shape) * dtype.itemsize
    if size != expected or min(shape, default=1) < 0:
        raise InputError(f"{title}: {size} bytes of data; the shape {shape} needs {expected}")
    flat = np.frombuffer(data, dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


def _inputs(x: np.ndarray, title: str) -> np.ndarray:
    if x.dtype == np.uint8 and x.ndim in (3, 4) and x.size:
        return np.array(x if x.ndim == 4 else x[..., None])
    if x.dtype.kind in "biuf" and x.ndim == 2 and x.size:
        return _finite(x, title)
    raise InputError(
        f"{title} is {x.dtype} {list(x.shape)}; allowed: uint8 [N, H, W] or [N, H, W, C], or"
        " numbers [N, F], none of them 0"
    )


def _targets(y: np.ndarray, title: str, task: str) -> np.ndarray:
    if task == "regression" and y.dtype.kind in "biuf" and y.ndim in (1, 2) and y.size:
        return _finite(y if y.ndim == 2 else y[:, None], title)
    classes = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if task == "classification" and y.dtype.kind in "iuU" and classes.ndim == 1 and y.size:
        return object_array([str(value) for value in classes.tolist()])
    allowed = "integers [N]" if task == "classification" else "numbers [N] or [N, K]"
    raise InputError(f"{title} is {y.dtype} {list(y.shape)}; allowed for {task}: {allowed}")


def _finite(values: np.ndarray, title: str) -> np.ndarray:
    """float32 copy in C order; InputError names the first value that is not finite there."""
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(values.astype(np.float32))
    bad = np.argwhere(~np.isfinite(result))
    if len(bad):
        row, column = bad[0].tolist()
        raise InputError(
            f"{title}[{row}, {column}] is {values[row, column]}; allowed: finite 32-bit numbers"
        )
    return result
