"""Arrays: a folder of IDX files, and .npz files of inputs and targets."""

import math
from collections.abc import Collection
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import limits
from .formats import Format, files_ending_in
from .npz import NpzFile, open_npz
from .parts import check_inputs, check_targets, make_part, one_kind
from .types import SPLITS, Part, Source, object_array

IDX_PREFIXES = {"train": "train", "test": "t10k"}
_IDX_MAGIC = {"images": 0x0803, "labels": 0x0801}


def idx_file(split: str, what: str) -> str:
    """Name of an IDX file: `what` is images or labels."""
    return f"{IDX_PREFIXES[split]}-{what}-idx{3 if what == 'images' else 1}-ubyte.gz"


def is_idx_folder(folder: Path) -> bool:
    """Whether any of the four IDX files is there."""
    names = [idx_file(split, what) for split in IDX_PREFIXES for what in _IDX_MAGIC]
    return folder.is_dir() and any((folder / name).exists() for name in names)


def read_idx_folder(folder: Path, wanted: Collection[str], task: str | None) -> Source:
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
    parts = {
        split: _npz_part(arrays, split, chosen, path) for split in SPLITS if f"x_{split}" in arrays
    }
    return Source(one_kind(parts.values(), str(path)) if parts else "dense", chosen, parts)


def _npz_part(arrays: dict[str, np.ndarray], split: str, task: str, path: Path) -> Part:
    x, y = f"x_{split}", f"y_{split}"
    inputs = check_inputs(arrays[x], f"{path}: {x}")
    targets = check_targets(arrays[y], f"{path}: {y}", task)
    return make_part(inputs, targets, (str(path), x, y))


def _npz_arrays(path: Path, wanted: Collection[str]) -> dict[str, np.ndarray]:
    with open_npz(path) as file:
        return file.read([key for split in SPLITS if split in wanted for key in _keys(split, file)])


def _keys(split: str, file: NpzFile) -> list[str]:
    """Keys of one split; only valid may be absent."""
    keys = [f"x_{split}", f"y_{split}"]
    missing = [key for key in keys if key not in file.names]
    if split == "valid" and len(missing) == 2:
        return []
    if missing:
        raise InputError(
            f"{file.title}: no {missing[0]}; found {file.listed()};"
            " needed: x_train, y_train, x_test, y_test"
        )
    return keys


def _task_of(arrays: dict[str, np.ndarray]) -> str:
    found = (arrays[f"y_{split}"] for split in SPLITS if f"y_{split}" in arrays)
    y = next(found, None)
    return "regression" if y is not None and y.dtype.kind == "f" else "classification"


IDX_FOLDER = Format(
    "IDX folder",
    "a folder of the four IDX .gz files of MNIST and its kin",
    is_idx_folder,
    read_idx_folder,
)
NPZ = Format(
    "array file",
    "a file .npz with x_train, y_train, x_test and y_test, perhaps x_valid and y_valid",
    files_ending_in((".npz",)),
    read_npz,
    (".npz",),
)
