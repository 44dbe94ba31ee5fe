"""What a model takes: the kind, shape and type of its raw input, and how people's inputs become it.

One class serves training, a run and a finished file, so that all three encode alike.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..frozen import Frozen
from .limits import shown
from .text import encode_text

INPUT_NAMES: Mapping[str, str] = {"text": "bytes", "image": "pixels", "dense": "features"}
"""Kind of input -> name of the one input of a file's signature."""
KINDS = tuple(INPUT_NAMES)
_RANKS = {"text": 1, "image": 3, "dense": 1}
_MOST_BYTES = 65536  # of a message
_MOST_VALUES = 2**24  # of an image or a row of features


@dataclass(frozen=True)
class Encoded:
    """`array`: raw inputs [N, *shape] of the model. `cut`: number of messages that were cut."""

    array: np.ndarray
    cut: int = 0


class InputSpec(Frozen):
    """Raw input of a model, without the batch.

    `kind` text: `shape` (bytes of a message,), uint8; image: (H, W, C), uint8; dense: (F,),
    float32. Raises InputError for another kind, rank or a size below 1, and for
    more than 65,536 bytes or 2^24 values.
    """

    __slots__ = ("kind", "shape")
    kind: str
    shape: tuple[int, ...]

    def __init__(self, kind: str, shape: tuple[int, ...]) -> None:
        if not isinstance(kind, str) or kind not in KINDS:
            raise InputError(f"input kind must be one of {', '.join(KINDS)}, got {shown(kind)}")
        whole = isinstance(shape, tuple) and all(map(_is_size, shape))
        if not whole or len(shape) != _RANKS[kind]:
            raise InputError(
                f"shape of {kind} input must be {_RANKS[kind]} whole numbers of at least 1, "
                f"got {shown(shape)}"
            )
        most = _MOST_BYTES if kind == "text" else _MOST_VALUES
        if math.prod(shape) > most:
            raise InputError(
                f"{kind} input must be of at most {most} values, got {_shape_text(shape)}"
            )
        self._set(kind=kind, shape=shape)

    @property
    def dtype(self) -> str:
        """NumPy name of the type: uint8, or float32 for dense features."""
        return "float32" if self.kind == "dense" else "uint8"

    @property
    def name(self) -> str:
        """Name of the input in a file's signature: bytes, pixels or features."""
        return INPUT_NAMES[self.kind]

    @classmethod
    def of(cls, kind: str, shape: Sequence[int], byte_length: int) -> InputSpec:
        """The spec of a data set's inputs; texts, which have no shape, get `byte_length` bytes."""
        return cls(kind, (byte_length,) if kind == "text" else tuple(shape))

    @classmethod
    def from_json(cls, value: Any) -> InputSpec:
        """`{"kind": "text", "byte_length": n}` or `{"kind": ..., "shape": [...]}`."""
        if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
            raise InputError(f"input must be an object with kind and shape, got {shown(value)}")
        text = value["kind"] == "text"
        shape: Any = [value.get("byte_length")] if text else value.get("shape")
        return cls(value["kind"], tuple(shape) if isinstance(shape, list | tuple) else shape)

    def to_json(self) -> dict[str, Any]:
        """The form that `from_json` reads."""
        if self.kind == "text":
            return {"kind": self.kind, "byte_length": self.shape[0]}
        return {"kind": self.kind, "shape": list(self.shape)}

    def encode(self, inputs: Any) -> Encoded:
        """Raw inputs [N, *shape] from what people have.

        Text: strings, or uint8 rows of bytes. Image: uint8 pixels [N, H, W, C], or paths of image
        files of that size. Dense: rows of numbers, or paths of .npy files with one row each. A lone
        string or path is a batch of one. Raises InputError for anything else, also for NaN.
        """
        if isinstance(inputs, np.ndarray) and inputs.dtype.kind not in "OUS":
            return Encoded(self.check(_as_float(inputs) if self.kind == "dense" else inputs))
        items = items_of(inputs)
        if self.kind == "text":
            encoded = encode_text(_all_text(items), self.shape[0])
            return Encoded(encoded.bytes, encoded.cut)
        rows = [self._row(item) for item in items]
        return Encoded(self.check(np.stack(rows)))

    def check(self, batch: np.ndarray) -> np.ndarray:
        """`batch` itself when it has this type and shape and only finite numbers."""
        if batch.shape[1:] != self.shape or batch.ndim < 1 or batch.dtype != self.dtype:
            raise InputError(
                f"inputs must be {self.dtype} {_shape_text(('N', *self.shape))}, "
                f"got {batch.dtype} {_shape_text(batch.shape)}"
            )
        if batch.dtype.kind == "f" and not np.isfinite(batch).all():
            row = int(np.argmin(np.isfinite(batch).all(axis=1)))
            raise InputError(f"input row {row} holds NaN or infinity; allowed: finite numbers")
        return batch

    def _row(self, item: Any) -> np.ndarray:
        """One image or row of features, from a path or from numbers."""
        path = isinstance(item, str | os.PathLike)
        if self.kind == "image":
            return _pixels(item, self.shape) if path else self.check(_as_batch(item))[0]
        row = _features(Path(item)) if path else _as_float(item)
        if row.shape != self.shape:
            where = f"{item}: " if path else ""
            raise InputError(
                f"{where}inputs must be float32 {_shape_text(('N', *self.shape))}, got rows of "
                f"{_shape_text(row.shape)}"
            )
        return row


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def items_of(inputs: Any) -> list[Any]:
    """The inputs as a list; a lone string would be read by its characters."""
    if isinstance(inputs, str | os.PathLike):
        return [inputs]
    if isinstance(inputs, np.ndarray):  # which claims to be iterable even without an axis
        inputs = np.atleast_1d(inputs).tolist()
    if not isinstance(inputs, Iterable):
        raise InputError(f"inputs must be a list or an array, got {type(inputs).__name__}")
    items = list(inputs)
    if not items:
        raise InputError("no inputs given; at least 1 is needed")
    return items


def _all_text(items: list[Any]) -> list[str]:
    for item in items:
        if not isinstance(item, str):
            raise InputError(f"inputs must be strings, got {type(item).__name__}")
    return items


def _pixels(path: Any, shape: Sequence[int]) -> np.ndarray:
    """uint8 pixels [H, W, C] of an image file that has exactly that size and mode."""
    from .images import read_image

    pixels = read_image(path)
    if pixels.shape != tuple(shape):
        raise InputError(
            f"{path}: an image of {_image_text(pixels.shape)}; the model takes {_image_text(shape)}"
        )
    return pixels


def _features(path: Path) -> np.ndarray:
    from .npz import read_npy

    return _as_float(read_npy(path))


def _as_batch(image: Any) -> np.ndarray:
    try:
        return np.asarray([image])
    except ValueError as error:
        raise InputError(f"inputs must be images of equal sizes: {error}") from None


def _as_float(values: Any) -> np.ndarray:
    try:
        found = np.asarray(values)
        if found.dtype.kind not in "biuf":
            raise ValueError(f"found {found.dtype}")
        with np.errstate(over="ignore"):  # infinity is refused where finite numbers are asked for
            return found.astype(np.float32)
    except (ValueError, TypeError) as error:
        raise InputError(f"inputs must be rows of numbers: {error}") from None


def _shape_text(shape: Sequence[Any]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _image_text(shape: Sequence[int]) -> str:
    height, width, channels = shape
    return f"{width} x {height} {'grey' if channels == 1 else 'RGB'}"
