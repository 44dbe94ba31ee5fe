"""A finished .tflite in the runtime of this process: messages, images or numbers in, answers out.

A file from outside is checked in three steps before the native runtime of this process sees it:
size, structure and content hash in pure Python; the operators it uses; a trial run in a child
process, which takes the crash if there is one.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.spec import items_of
from ..errors import InputError
from ..files import read_bytes
from .compatibility import check_operators
from .isolation import probe
from .metadata import ModelMetadata, read_metadata
from .ranking import Suggestions, suggest
from .reader import Model, Signature, Subgraph, read_model
from .runtime import Runtime, find_runtime

MAX_MODEL_BYTES = 64 * 2**20
MAX_TENSOR_BYTES = 256 * 2**20
SIGNATURE = "serve"


@dataclass(frozen=True)
class Prediction:
    """A label and its score (a probability, 0..1)."""

    label: str
    score: float


@dataclass(frozen=True)
class Answer:
    """What a model says to one input: ranked labels, or `values` for regression.

    `input` is the message or path, "" for arrays; `replies` are the texts that the file holds for
    the best label, if any. A file with a ranking gives `suggestions` instead, whose texts are then
    the `replies`: none where it stays silent.
    """

    input: str
    predictions: tuple[Prediction, ...] = ()
    replies: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    suggestions: Suggestions | None = None

    @property
    def label(self) -> str:
        """The best label."""
        return self.predictions[0].label

    @property
    def score(self) -> float:
        """The score of the best label, 0..1."""
        return self.predictions[0].score


class TFLiteModel:
    """A model in the runtime of this process; made by `load_model`.

    Inputs are what people have (`InputSpec.encode`): strings for a text model; uint8 pixels
    [N, H, W, C] or paths for an image model; rows of numbers or paths of .npy files for features.
    They run one at a time.
    """

    def __init__(
        self, model: bytes, metadata: ModelMetadata, signature: Signature, interpreter: Any,
        runtime: Runtime,
    ) -> None:  # fmt: skip
        self.metadata = metadata
        self.size_bytes = len(model)
        self.runtime = runtime.name
        self._interpreter = interpreter
        self._spec = metadata.input_spec
        self._input = signature.inputs[self._spec.name]
        self._outputs = dict(signature.outputs)

    @property
    def labels(self) -> tuple[str, ...]:
        """Label names in the order of the scores; () for regression."""
        return self.metadata.labels

    def predict(self, inputs: Any, top: int = 3) -> list[Answer]:
        """The `top` best labels of each input with their scores, or the values of a regression.

        Raises InputError for an input that is none of the model's kind.
        """
        if top < 1:
            raise InputError(f"top must be 1 or more, got {top}")
        inputs = list(inputs) if isinstance(inputs, Iterator) else inputs
        batch = self._spec.encode(inputs).array
        names = _names(inputs) or [""] * len(batch)
        if self.metadata.task == "regression":
            rows = self.scores(batch)
            return [
                Answer(name, values=tuple(map(float, row)))
                for name, row in zip(names, rows, strict=True)
            ]
        ranked = zip(names, batch, *self._ranked(batch), strict=True)
        return [self._answer(*row, top) for row in ranked]

    def scores(self, inputs: Any) -> np.ndarray:
        """Scores float32 `[N, labels]`, or values float32 `[N, K]` for regression.

        A top-k model's scores stand in their labels' columns, with zeros elsewhere.
        """
        batch = self._spec.encode(inputs).array
        if self.metadata.top_k is not None:
            return self._scatter(*self.top_k_scores(batch))
        name = "scores" if self.metadata.task == "classification" else "values"
        index = self._outputs[name]
        rows = [self._invoke(example).get_tensor(index)[0] for example in batch]
        columns = self._interpreter.get_tensor(index).shape[1]
        return np.array(rows, np.float32).reshape(len(batch), columns)

    def top_k_scores(self, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        """Scores float32 `[N, k]`, falling, and label indices int32 `[N, k]` of a top-k model."""
        top_k = self.metadata.top_k
        if top_k is None:
            raise InputError("this model gives all scores; it was not exported with top-k")
        batch = self._spec.encode(inputs).array
        scores = np.zeros((len(batch), top_k), np.float32)
        indices = np.zeros((len(batch), top_k), np.int32)
        for row, example in enumerate(batch):
            interpreter = self._invoke(example)
            scores[row] = interpreter.get_tensor(self._outputs["scores"])[0]
            indices[row] = interpreter.get_tensor(self._outputs["indices"])[0]
        if indices.size and not 0 <= indices.min() <= indices.max() < len(self.metadata.labels):
            raise InputError("unusable model: it gave an index outside its labels")
        return scores, indices

    def _ranked(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores, falling, and label indices of each input."""
        if self.metadata.top_k is not None:
            return self.top_k_scores(batch)
        scores = self.scores(batch)
        indices = np.argsort(-scores, axis=1, kind="stable")
        return np.take_along_axis(scores, indices, axis=1), indices

    def _answer(
        self, name: str, example: np.ndarray, scores: np.ndarray, indices: np.ndarray, top: int
    ) -> Answer:
        meta = self.metadata
        found = tuple(
            Prediction(meta.labels[index], float(score))
            for index, score in zip(indices[:top], scores[:top], strict=True)
        )
        if meta.ranking is None:
            return Answer(name, found, tuple(meta.replies.get(found[0].label, ())))
        spread = self._scatter(scores[None], indices[None])[0]
        message = example.tobytes().rstrip(b"\0")
        offered = suggest(spread.tolist(), message, meta.labels, meta.replies, meta.ranking)
        return Answer(name, found, tuple(r.text for r in offered.replies), suggestions=offered)

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


def _names(inputs: Any) -> list[str]:
    """What people call their inputs: messages and paths by themselves, numbers not at all."""
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind not in "OUS":
        return []
    items = items_of(inputs)
    return [str(item) if isinstance(item, str | os.PathLike) else "" for item in items]


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
    return read_bytes(path, MAX_MODEL_BYTES)


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
    spec = metadata.input_spec
    expected_in = {spec.name: (spec.dtype.upper(), (1, *spec.shape))}
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
