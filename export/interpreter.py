"""Running a finished .tflite from raw inputs, without TensorFlow.

A file from outside is checked in three steps before the native runtime of this process sees it:
size, structure and content hash in pure Python; the operators it uses; a trial run in a child
process, which takes the crash if there is one.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .compatibility import check_operators
from .inputs import check_batch, encode_inputs
from .isolation import probe
from .metadata import ModelMetadata, read_metadata
from .reader import Model, Signature, Subgraph, read_model
from .runtime import Runtime, find_runtime

__all__ = ["Prediction", "TFLiteModel", "encode_inputs", "load_bytes", "load_model", "read_file"]

MAX_MODEL_BYTES = 64 * 2**20
MAX_TENSOR_BYTES = 256 * 2**20
SIGNATURE = "serve"


@dataclass(frozen=True)
class Prediction:
    """A label and its score (a probability, 0..1)."""

    label: str
    score: float


class TFLiteModel:
    """A model in the runtime of this process; made by `load_model`."""

    def __init__(
        self, model: bytes, metadata: ModelMetadata, signature: Signature, interpreter: Any,
        runtime: Runtime,
    ) -> None:  # fmt: skip
        self.metadata = metadata
        self.size_bytes = len(model)
        self.runtime = runtime.name
        self._interpreter = interpreter
        self._input = signature.inputs[metadata.input_name]
        self._outputs = dict(signature.outputs)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Scores float32 `[N, labels]`, or values float32 `[N, K]` for regression.

        `inputs` is a batch `[N, ...]` of raw inputs, run one at a time. A top-k model's scores
        stand in their labels' columns, with zeros elsewhere.
        """
        batch = check_batch(self.metadata, np.asarray(inputs))
        if self.metadata.top_k is not None:
            return self._scatter(*self.predict_top_k(batch))
        name = "scores" if self.metadata.task == "classification" else "values"
        index = self._outputs[name]
        rows = [self._invoke(example).get_tensor(index)[0] for example in batch]
        columns = self._interpreter.get_tensor(index).shape[1]
        return np.array(rows, np.float32).reshape(len(batch), columns)

    def predict_top_k(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores float32 `[N, k]`, falling, and label indices int32 `[N, k]` of a top-k model."""
        top_k = self.metadata.top_k
        if top_k is None:
            raise InputError("this model gives all scores; it was not exported with top-k")
        batch = check_batch(self.metadata, np.asarray(inputs))
        scores = np.zeros((len(batch), top_k), np.float32)
        indices = np.zeros((len(batch), top_k), np.int32)
        for row, example in enumerate(batch):
            interpreter = self._invoke(example)
            scores[row] = interpreter.get_tensor(self._outputs["scores"])[0]
            indices[row] = interpreter.get_tensor(self._outputs["indices"])[0]
        if indices.size and not 0 <= indices.min() <= indices.max() < len(self.metadata.labels):
            raise InputError("unusable model: it gave an index outside its labels")
        return scores, indices

    def rank(self, inputs: np.ndarray, k: int = 1) -> list[list[Prediction]]:
        """The `k` best labels of each input, best first; fewer when the model gives fewer."""
        if k < 1:
            raise InputError(f"k must be 1 or more, got {k}")
        if self.metadata.task != "classification":
            raise InputError("only classification models rank labels; this one is for regression")
        if self.metadata.top_k is not None:
            scores, indices = self.predict_top_k(inputs)
        else:
            scores = self.predict(inputs)
            indices = np.argsort(-scores, axis=1, kind="stable")
            scores = np.take_along_axis(scores, indices, axis=1)
        return [self._predictions(*row, k) for row in zip(scores, indices, strict=True)]

    def _predictions(self, scores: np.ndarray, indices: np.ndarray, k: int) -> list[Prediction]:
        pairs = zip(indices[:k], scores[:k], strict=True)
        return [Prediction(self.metadata.labels[index], float(score)) for index, score in pairs]

    def _invoke(self, example: np.ndarray) -> Any:
        self._interpreter.set_tensor(self._input, example[None])
        try:
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise InputError(f"unusable model: {self.runtime} cannot run it: {error}") from None
        return self._interpreter

    def _scatter(self, scores: np.ndarray, indices: np.ndarray) -> np.ndarray:
        spread = np.zeros((len(scores), len(self.metadata.labels)), np.float32)
        np.put_along_axis(spread, indices.astype(np.int64), scores, axis=1)
        return spread


def load_model(
    path: str | os.PathLike[str], *, threads: int = 1, xnnpack: bool = True, trusted: bool = False
) -> TFLiteModel:
    """The model in file `path`, ready to run.

    `xnnpack=False` runs TFLite's own kernels only. `trusted=True` skips the trial run in a child
    process: for files that this program has just written. `InputError` names the file and says
    why it cannot be used.
    """
    content = read_file(path)
    try:
        return load_bytes(content, threads=threads, xnnpack=xnnpack, trusted=trusted)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def load_bytes(
    content: bytes, *, threads: int = 1, xnnpack: bool = True, trusted: bool = False
) -> TFLiteModel:
    """`load_model` for the bytes of a file."""
    metadata, model = check_model(content)
    runtime = find_runtime()
    if not trusted:
        probe(content, runtime, threads=threads, xnnpack=xnnpack)
    try:
        interpreter = runtime.interpreter(content, threads=threads, xnnpack=xnnpack)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"{runtime.name} refuses the model: {error}") from None
    return TFLiteModel(content, metadata, serve_signature(model), interpreter, runtime)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Bytes of a model file of at most 64 MiB."""
    try:
        size = Path(path).stat().st_size
        if size > MAX_MODEL_BYTES:
            raise InputError(f"{path}: {size} bytes; a model has at most {MAX_MODEL_BYTES}")
        with Path(path).open("rb") as stream:
            return stream.read(MAX_MODEL_BYTES)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def check_model(content: bytes) -> tuple[ModelMetadata, Model]:
    """Metadata and structure of a model, checked in pure Python; no runtime is needed."""
    metadata = read_metadata(content)
    model = read_model(content)
    problems = check_operators(content, versions=False)
    if problems:
        raise InputError(f"unusable model: {'; '.join(problems)}")
    _check_sizes(model)
    _check_signature(metadata, model)
    return metadata, model


def serve_signature(model: Model) -> Signature:
    """The signature `serve`, which must be of the first subgraph."""
    found = [item for item in model.signatures if item.key == SIGNATURE and item.subgraph == 0]
    if len(found) != 1:
        raise InputError(f"unusable model: it has {len(found)} signatures {SIGNATURE!r}, not 1")
    return found[0]


def _check_sizes(model: Model) -> None:
    largest = max((t.size_bytes for graph in model.subgraphs for t in graph.tensors), default=0)
    if largest > MAX_TENSOR_BYTES:
        raise InputError(
            f"unusable model: a tensor of {largest} bytes; at most {MAX_TENSOR_BYTES} are allowed"
        )


def _check_signature(metadata: ModelMetadata, model: Model) -> None:
    signature, graph = serve_signature(model), model.subgraphs[0]
    expected_in = {metadata.input_name: (metadata.input_dtype.upper(), (1, *metadata.input_shape))}
    _check_tensors("inputs", signature.inputs, graph, expected_in)
    _check_tensors("outputs", signature.outputs, graph, _expected_outputs(metadata))


def _expected_outputs(metadata: ModelMetadata) -> dict[str, tuple[str, tuple[int, ...]]]:
    if metadata.task == "regression":
        return {"values": ("FLOAT32", (1, -1))}
    if metadata.top_k is not None:
        shape = (1, metadata.top_k)
        return {"scores": ("FLOAT32", shape), "indices": ("INT32", shape)}
    return {"scores": ("FLOAT32", (1, len(metadata.labels)))}


def _check_tensors(
    side: str,
    found: Any,
    graph: Subgraph,
    expected: dict[str, tuple[str, tuple[int, ...]]],
) -> None:
    """-1 in an expected shape stands for any size."""
    if set(found) != set(expected):
        raise InputError(f"unusable model: its {side} are {sorted(found)}, not {sorted(expected)}")
    for name, (dtype, shape) in expected.items():
        tensor = graph.tensors[found[name]]
        fits = _fits(tensor.shape, shape)
        if tensor.type != dtype or not fits:
            raise InputError(
                f"unusable model: {name} is {tensor.type} {list(tensor.shape)}, "
                f"not {dtype} {list(shape)}"
            )


def _fits(shape: Sequence[int], expected: Sequence[int]) -> bool:
    pairs = zip(shape, expected, strict=False)
    return len(shape) == len(expected) and all(want in (-1, size) for size, want in pairs)
