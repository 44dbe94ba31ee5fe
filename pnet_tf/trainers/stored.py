"""Logits of a teacher that ran elsewhere, from an .npz file."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..errors import InputError

_HEADER_BYTES = 65536


def load_teacher_logits(
    path: str | os.PathLike[str], *, examples: int, outputs: int
) -> np.ndarray:
    """Array `logits` [examples, outputs] of the .npz at `path`, as float32.

    Row i belongs to example i of the training split. Raises InputError naming the file when it is
    missing, no .npz, pickled, without `logits`, not of that shape, not of real numbers, or when a
    value is not finite.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"{source}: no such file; teacher logits are an .npz with `logits`")
    try:
        logits = _read(source, examples * outputs * 16 + _HEADER_BYTES)
    except InputError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError,
            NotImplementedError, MemoryError, SyntaxError) as error:
        raise InputError(f"{source}: not a readable .npz without pickles: {error}") from error
    _check(source, logits, examples, outputs)
    return logits.astype(np.float32)


def _read(source: Path, most_bytes: int) -> np.ndarray:
    with zipfile.ZipFile(source) as archive:
        sizes = {item.filename: item.file_size for item in archive.infolist()}
    if "logits.npy" not in sizes:
        found = ", ".join(sorted(name.removesuffix(".npy") for name in sizes)[:5]) or "nothing"
        raise InputError(f"{source}: has no array `logits`, found {found}")
    if sizes["logits.npy"] > most_bytes:
        size = sizes["logits.npy"]
        raise InputError(f"{source}: `logits` takes {size} bytes, allowed here are {most_bytes}")
    with np.load(source, allow_pickle=False) as arrays:
        return arrays["logits"]


def _check(source: Path, logits: np.ndarray, examples: int, outputs: int) -> None:
    if logits.shape != (examples, outputs):
        raise InputError(
            f"{source}: `logits` must have shape ({examples}, {outputs}), one row for each "
            f"training example, got {logits.shape}"
        )
    if logits.dtype.kind not in "fiu":
        raise InputError(f"{source}: `logits` must be real numbers, got {logits.dtype}")
    bad = np.flatnonzero(~np.isfinite(logits.astype(np.float32)).all(axis=1))
    if bad.size:
        raise InputError(f"{source}: `logits` row {bad[0]} has a value that is not finite")
