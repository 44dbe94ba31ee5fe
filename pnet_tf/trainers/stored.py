"""Logits of a teacher that ran elsewhere, from an .npz file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data import Split, split_sha256
from ..data.npz import read_npz_arrays
from ..errors import InputError

_HEADER_BYTES = 65536
HASH = "data_sha256"
"""Array of an .npz that says of which examples its logits are: 32 bytes, uint8."""


def load_teacher_logits(
    path: str | os.PathLike[str], split: Split, labels: Sequence[str], *, outputs: int
) -> np.ndarray:
    """Array `logits` [examples, outputs] of the .npz at `path`, as float32.

    Row i belongs to example i of `split`; a file of `teach` bears the hash of its examples, and
    those of another data set or another order are refused. Raises InputError naming the file when
    it is missing, no .npz, pickled, without `logits`, not of that shape, not of real numbers, or
    when a value is not finite.
    """
    examples = len(split.targets)
    most = examples * outputs * 16 + _HEADER_BYTES
    found = read_npz_arrays(Path(path), ["logits"], optional=[HASH], most_bytes=most)
    logits = check_logits(path, found["logits"], examples, outputs)
    stored = found.get(HASH)
    if stored is not None and stored.tobytes() != bytes.fromhex(split_sha256(split, labels)):
        raise InputError(
            f"{path}: its logits are of other examples than this training split, or in other order"
        )
    return logits


def check_logits(path: object, logits: np.ndarray, examples: int, outputs: int) -> np.ndarray:
    """`logits` as float32; raises InputError, that names `path`, for what no teacher answers."""
    if logits.shape != (examples, outputs):
        raise InputError(
            f"{path}: `logits` must have shape ({examples}, {outputs}), one row for each "
            f"training example, got {logits.shape}"
        )
    if logits.dtype.kind not in "fiu":
        raise InputError(f"{path}: `logits` must be real numbers, got {logits.dtype}")
    with np.errstate(over="ignore"):
        narrow = logits.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(narrow).all(axis=1))
    if bad.size:
        raise InputError(f"{path}: `logits` row {bad[0]} has a value that is not finite")
    return narrow
