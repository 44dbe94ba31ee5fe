"""From what people have (messages, image files, numbers) to the raw input of a model."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .metadata import ModelMetadata


def encode_inputs(metadata: ModelMetadata, inputs: Sequence[Any] | np.ndarray) -> np.ndarray:
    """Batch `[N, ...]` of raw model inputs.

    Text models take strings, image models file paths or uint8 pixels, dense models rows of
    numbers; an array that is a batch already passes through the same checks.
    """
    if metadata.input_kind == "text" and not _is_batch(inputs):
        return _encode_texts(metadata, inputs)
    if metadata.input_kind == "image" and not _is_batch(inputs):
        return np.stack([read_pixels(path, metadata.input_shape) for path in _some(inputs)])
    if metadata.input_kind == "dense":
        return check_batch(metadata, _numbers(inputs))
    return check_batch(metadata, np.asarray(inputs))


def check_batch(metadata: ModelMetadata, batch: np.ndarray) -> np.ndarray:
    """`batch` itself when it has the model's type and shape and only finite numbers."""
    shape, dtype = metadata.input_shape, metadata.input_dtype
    if batch.ndim != len(shape) + 1 or batch.shape[1:] != shape or batch.dtype != dtype:
        raise InputError(
            f"inputs must be {dtype} {_shape_text(('N', *shape))}, "
            f"got {batch.dtype} {_shape_text(batch.shape)}"
        )
    if batch.dtype.kind == "f" and not np.isfinite(batch).all():
        row = int(np.argmin(np.isfinite(batch).all(axis=1)))
        raise InputError(f"input row {row} holds NaN or infinity; only finite numbers are allowed")
    return batch


def read_pixels(path: str | os.PathLike[str], shape: Sequence[int]) -> np.ndarray:
    """uint8 pixels `[H, W, C]` of an image file that has exactly that size and mode."""
    from ..data import read_image

    pixels = read_image(path)
    if pixels.shape != tuple(shape):
        raise InputError(
            f"{path}: an image of {_image_text(pixels.shape)}; the model takes {_image_text(shape)}"
        )
    return pixels


def _encode_texts(metadata: ModelMetadata, texts: Iterable[Any]) -> np.ndarray:
    from ..data import encode_text

    return encode_text(_some(texts), metadata.input_shape[0]).bytes


def _some(inputs: Iterable[Any]) -> list[Any]:
    """The inputs as a list of strings or paths; a lone string would be read by its characters."""
    items = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    if not items:
        raise InputError("no inputs given; at least 1 is needed")
    for item in items:
        if not isinstance(item, str | os.PathLike):
            raise InputError(f"inputs must be strings or paths, got {type(item).__name__}")
    return items


def _is_batch(inputs: Any) -> bool:
    return isinstance(inputs, np.ndarray) and inputs.dtype.kind not in "OUS"


def _numbers(inputs: Any) -> np.ndarray:
    try:
        return np.asarray(inputs, np.float32)
    except (ValueError, TypeError) as error:
        raise InputError(f"inputs must be rows of numbers: {error}") from None


def _shape_text(shape: Sequence[Any]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _image_text(shape: Sequence[int]) -> str:
    height, width, channels = shape
    return f"{width} x {height} {'grey' if channels == 1 else 'RGB'}"
