"""SHA-256 of the contents of a data set, which tells whether two are the same."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

from .types import Dataset, Split

_SCHEMA = "pnet_tf data 1"


def data_sha256(data: Dataset) -> str:
    """Hex digest of kind, task, labels, shape of the inputs, and the train and validation splits.

    Name, replies and test split do not count. The order of rows does, so another seed that divides
    train otherwise gives another digest.
    """
    digest = hashlib.sha256()
    _add_texts(digest, [_SCHEMA, data.kind, data.task])
    _add_texts(digest, data.labels)
    _add_array(digest, np.array(data.input_shape, np.int64))
    _add_texts(digest, [split_sha256(split, data.labels) for split in (data.train, data.valid)])
    return digest.hexdigest()


def split_sha256(split: Split, labels: Sequence[str]) -> str:
    """Hex digest of the rows of `split` in order, inputs and targets, and of their labels."""
    digest = hashlib.sha256()
    _add_texts(digest, labels)
    if split.inputs.dtype == object:
        _add_texts(digest, split.inputs.tolist())
    else:
        _add_array(digest, split.inputs)
    _add_array(digest, split.targets)
    if split.soft is not None:
        _add_array(digest, split.soft.labels)
        _add_array(digest, split.soft.shares)
    return digest.hexdigest()


def _add_texts(digest: "hashlib._Hash", texts: Iterable[str]) -> None:
    """Number and lengths before the bytes, so that no two lists give the same bytes."""
    rows = [text.encode("utf-8", "surrogatepass") for text in texts]
    _add_array(digest, np.array([len(row) for row in rows], np.int64))
    for row in rows:
        digest.update(row)


def _add_array(digest: "hashlib._Hash", array: np.ndarray) -> None:
    """Type and shape before the values, in C order and little endian on every machine."""
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    digest.update(f"{plain.dtype.str}{list(array.shape)};".encode())
    digest.update(plain.reshape(-1).view(np.uint8).data)
