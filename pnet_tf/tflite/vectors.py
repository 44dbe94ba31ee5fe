"""Inputs with the answers that a file gives here: what a client in another language must give too.

The answers are those of the file itself, in this process: once as `predict` runs it, with XNNPACK,
once by TFLite's own kernels alone. Runtimes for Android are like the second, LiteRT in a browser is
like the first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..files import atomic_write_text, check_writable
from .metadata import ModelMetadata
from .model import TFLiteModel, load_bytes
from .ranking import suggest
from .vector_inputs import VectorInput, vector_inputs

VECTORS_VERSION = 1
TOP = 3
OWN_INPUTS = 200
CLOSE = 1e-4
_SHAKEN = 16
KERNELS = ("xnnpack", "builtin")


@dataclass(frozen=True)
class Expected:
    """`scores` in the order of the labels, 0 for those that a top-k file does not give, or the
    values of a regression; `top`: places of the best labels; `replies`: texts that are offered,
    None for a file without a ranking.
    """

    scores: tuple[float, ...]
    top: tuple[int, ...]
    replies: tuple[str, ...] | None


@dataclass(frozen=True)
class Vector:
    """One input and its answers, by `KERNELS`.

    `values`: what the input tensor holds, flat; of a text the bytes before the zeros that pad it.
    `message` and `raw` as in `VectorInput`. `close`: `top` or `replies` hinge on less than a
    ten-thousandth of a score, so that only scores can be compared.
    """

    case: str
    message: str | None
    raw: bytes | None
    values: np.ndarray
    close: bool
    expected: dict[str, Expected]


@dataclass(frozen=True)
class Vectors:
    """All that a client is compared with; `runtime` is the one that answered."""

    metadata: ModelMetadata
    runtime: str
    vectors: tuple[Vector, ...]

    def to_json(self) -> dict[str, Any]:
        """The form that `docs/vectors.md` describes."""
        meta = self.metadata
        return {
            "version": VECTORS_VERSION,
            "sha256": meta.sha256,
            "runtime": self.runtime,
            "task": meta.task,
            "input": dict(meta.input),
            "labels": list(meta.labels),
            "vectors": [_plain(vector, meta.input_spec.name) for vector in self.vectors],
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON, ASCII alone, whole or not at all."""
        atomic_write_text(path, json.dumps(self.to_json(), separators=(",", ":")) + "\n")


def make_vectors(content: bytes, own: Any = None, *, trusted: bool = False) -> Vectors:
    """What the file of these bytes answers to generated inputs and to the first 200 of `own`.

    `own`: real inputs as `InputSpec.encode` takes them. `trusted` as for `load_bytes`. Raises
    InputError for a file that cannot be run.
    """
    models = {
        name: load_bytes(content, xnnpack=name == "xnnpack", trusted=trusted) for name in KERNELS
    }
    model = models["xnnpack"]
    spec = model.metadata.input_spec
    inputs = vector_inputs(spec)
    rows = [_encoded(model, item) for item in inputs]
    if own is not None:
        real = spec.encode(own).array[:OWN_INPUTS]
        inputs += [_own(row, spec.kind) for row in real]
        rows += list(real)
    scores = {name: item.scores(np.stack(rows)) for name, item in models.items()}
    vectors = tuple(
        _vector(item, row, {name: scores[name][n] for name in KERNELS}, model.metadata)
        for n, (item, row) in enumerate(zip(inputs, rows, strict=True))
    )
    return Vectors(model.metadata, model.runtime, vectors)


def _encoded(model: TFLiteModel, item: VectorInput) -> np.ndarray:
    """The row of the input tensor."""
    if item.row is not None:
        return item.row
    spec = model.metadata.input_spec
    if item.message is not None:
        return spec.encode([item.message]).array[0]
    padded = (item.raw or b"").ljust(spec.shape[0], b"\0")
    return np.frombuffer(padded, np.uint8)


def _own(row: np.ndarray, kind: str) -> VectorInput:
    """A real input; a text is one again where its bytes are whole characters."""
    if kind != "text":
        return VectorInput("own", row=row)
    raw = row.tobytes().rstrip(b"\0")
    try:
        return VectorInput("own", message=raw.decode())
    except UnicodeDecodeError:
        return VectorInput("own", raw=raw)


def _vector(
    item: VectorInput, row: np.ndarray, scores: dict[str, np.ndarray], meta: ModelMetadata
) -> Vector:
    is_text = meta.input_spec.kind == "text"
    values = np.frombuffer(row.tobytes().rstrip(b"\0"), np.uint8) if is_text else row.reshape(-1)
    message = values.tobytes() if is_text else b""
    expected = {name: _expected(found, message, meta) for name, found in scores.items()}
    close = any(_is_close(found, message, meta) for found in scores.values())
    return Vector(item.case, item.message, item.raw, values, close, expected)


def _expected(scores: np.ndarray, message: bytes, meta: ModelMetadata) -> Expected:
    given = tuple(map(float, scores))
    top, replies = _decision(scores, message, meta)
    return Expected(given, top, replies)


def _decision(
    scores: np.ndarray, message: bytes, meta: ModelMetadata
) -> tuple[tuple[int, ...], tuple[str, ...] | None]:
    """Places of the best labels, and the replies of a file with a ranking."""
    if meta.task == "regression":
        return (), None
    places = np.argsort(-scores, kind="stable")[: min(TOP, meta.top_k or TOP)]
    top = tuple(int(place) for place in places)
    if meta.ranking is None:
        return top, None
    found = suggest(scores.tolist(), message, meta.labels, meta.replies, meta.ranking)
    return top, tuple(reply.text for reply in found.replies)


def _is_close(scores: np.ndarray, message: bytes, meta: ModelMetadata) -> bool:
    """Whether a small change of the scores changes what is decided."""
    decided, rng = _decision(scores, message, meta), np.random.default_rng(0)
    shaken = (scores * (1 + CLOSE * rng.uniform(-1, 1, scores.shape)) for _ in range(_SHAKEN))
    return any(_decision(other, message, meta) != decided for other in shaken)


def _plain(vector: Vector, name: str) -> dict[str, Any]:
    """JSON of one vector; `name` is that of the signature's input."""
    found: dict[str, Any] = {"case": vector.case}
    if name == "bytes":
        found["message"] = vector.message
        found["raw"] = None if vector.raw is None else list(vector.raw)
    found[name] = _numbers(vector.values)
    found["close"] = vector.close
    for kernels, expected in vector.expected.items():
        found[kernels] = {
            "scores": _numbers(np.array(expected.scores, np.float32)),
            "top": list(expected.top),
            "replies": None if expected.replies is None else list(expected.replies),
        }
    return found


def _numbers(values: np.ndarray) -> Sequence[Any]:
    """Whole numbers as they are, floats by the nine digits that tell float32s apart."""
    if values.dtype.kind != "f":
        return [int(value) for value in values]
    return [float(f"{value:.9g}") for value in values.tolist()]


def check_vectors_target(path: str | os.PathLike[str], model: str | os.PathLike[str]) -> None:
    """Raise InputError where vectors cannot be written or would take the place of their model."""
    if check_writable(path) == check_writable(model):
        raise InputError(f"{path} is the model itself; give the vectors another name")
