"""The weights of a model in coded bytes, and what each tensor has come to."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .._keras import keras, tf
from ..coded.container import decode_layers, encode_layers
from ..errors import InputError
from ..files import atomic_write_bytes, check_target, read_bytes
from .tensors import tensors_of, unused

MOST_FILE_BYTES = 1 << 31


@dataclass(frozen=True)
class CompressedTensor:
    """One weight tensor: `size` weights, `zeros` of them 0, `values` other values; bytes coded."""

    name: str
    size: int
    zeros: int
    values: int
    size_bytes: int
    float32_bytes: int


def floats_of(model: keras.Model) -> list[tf.Variable]:
    """What is coded of a model: all variables of numbers with a fraction, in its order.

    The vocabulary of a text layer and the count of a `Normalization` are no weights; they stay the
    model's own.
    """
    return [v for v in model.weights if isinstance(v, tf.Variable) and v.dtype.is_floating]


def set_floats(model: keras.Model, arrays: Iterable[np.ndarray]) -> None:
    """Give the variables of `floats_of` these values, of equal shapes."""
    for variable, array in zip(floats_of(model), arrays, strict=True):
        variable.assign(array)


def coded_bytes(model: keras.Model) -> bytes:
    """Every weight of a model, coded without loss: small where weights are 0 or share values."""
    found: dict[str, np.ndarray] = {}
    for variable in floats_of(model):
        found[unused(variable.name.rsplit(":", 1)[0], found)] = variable.numpy()
    return encode_layers(found)


def save_coded(model: keras.Model, path: str | os.PathLike[str]) -> int:
    """Write `coded_bytes` into a file; how many they are."""
    target = check_target(path)
    content = coded_bytes(model)
    atomic_write_bytes(target, content)
    return len(content)


def load_coded(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Give `model` the weights of a file that `save_coded` wrote.

    They are told by order and shape: names that Keras counts up differ from program to program.
    Raises InputError for a damaged file and for one of another model.
    """
    try:
        arrays = decode_layers(read_bytes(path, MOST_FILE_BYTES))
    except InputError as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None
    wanted, found = floats_of(model), list(arrays.values())
    if [array.shape for array in found] != [tuple(variable.shape) for variable in wanted]:
        raise InputError(
            f"{os.fspath(path)} is of another model: it has {len(found)} arrays, {_sizes(found)} "
            f"numbers; {model.name!r} has {len(wanted)}, {_sizes(wanted)}"
        )
    set_floats(model, found)


def _sizes(arrays: Sequence[np.ndarray | tf.Variable]) -> str:
    return f"{sum(math.prod(array.shape) for array in arrays):,}"


def measured(model: keras.Model) -> list[CompressedTensor]:
    """What each weight tensor of a model has come to."""
    return [_measured(name, variable.numpy()) for name, variable in tensors_of(model).items()]


def _measured(name: str, weights: np.ndarray) -> CompressedTensor:
    values, coded = np.unique(weights[weights != 0]), encode_layers({name: weights})
    return CompressedTensor(
        name=name, size=weights.size, zeros=int((weights == 0).sum()), values=len(values),
        size_bytes=len(coded), float32_bytes=4 * weights.size,
    )  # fmt: skip
