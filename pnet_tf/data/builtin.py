"""Data sets that come with the package or with scikit-learn."""

from collections.abc import Collection
from importlib import resources

import numpy as np

from ..errors import InputError
from .splits import stratified_split
from .tables import read_tables
from .types import Part, Source, object_array

BUILTIN_NAMES = ("digits", "smart-reply")


def read_builtin(name: str, wanted: Collection[str]) -> Source:
    """`digits` or `smart-reply`; InputError for another name."""
    if name == "digits":
        return _digits(wanted)
    if name == "smart-reply":
        return _smart_reply(wanted)
    raise InputError(f"no built-in data set {name!r}; allowed: {', '.join(BUILTIN_NAMES)}")


def _smart_reply(wanted: Collection[str]) -> Source:
    folder = resources.files(__package__) / "samples" / "smart_reply"
    if not folder.is_dir():
        raise InputError("the built-in data set smart-reply is missing from this installation")
    files = {entry.name: entry for entry in folder.iterdir()}
    return read_tables(
        sorted(files),
        lambda file: files[file].read_bytes(),
        "smart-reply",
        wanted,
        "classification",
    )


def _digits(wanted: Collection[str]) -> Source:
    """scikit-learn's 1797 digits, uint8 [8, 8, 1]; a fixed stratified fifth of them is test."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(
            "the built-in data set digits needs scikit-learn: pip install 'pnet-tf[train]'"
        ) from None
    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
    rest, test = stratified_split(bunch.target, 0.2, seed=0)
    names = object_array([str(digit) for digit in bunch.target.tolist()])
    indices = {"train": rest, "test": test}
    parts = {s: Part(images[i], names[i]) for s, i in indices.items() if s in wanted}
    return Source("image", "classification", parts)
