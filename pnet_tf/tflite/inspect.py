"""What is inside a .tflite of pnet_tf, read in pure Python: no runtime is needed or started."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InputError
from .compatibility import check_operators
from .counts import buffer_bytes, count_operators, zipped_bytes
from .metadata import ModelMetadata
from .model import check_model, read_file, serve_signature
from .reader import Model


@dataclass(frozen=True)
class TensorInfo:
    """Name, type (as TFLite names it) and shape of an input or output."""

    name: str
    type: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ModelInfo:
    """A model file's contents.

    `input_bytes` is set for text, `input_shape` otherwise; `operators` counts nodes by operator;
    `bytes_by_part` splits `size_bytes` into constants by type, metadata and structure;
    `zipped_bytes` is the file deflated at level 9;
    `compatibility_problems` says what keeps the oldest promised runtime from running the file.
    """

    input_kind: str
    input_bytes: int | None
    input_shape: tuple[int, ...] | None
    labels: tuple[str, ...]
    operators: Mapping[str, int]
    size_bytes: int
    zipped_bytes: int
    oldest_runtime: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    bytes_by_part: Mapping[str, int]
    compatibility_problems: tuple[str, ...]
    metadata: ModelMetadata


def inspect_model(path: str | os.PathLike[str]) -> ModelInfo:
    """Contents of the model in file `path`, which may be untrusted."""
    content = read_file(path)
    try:
        metadata, model = check_model(content)
        problems = tuple(check_operators(content))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    signature, spec = serve_signature(model), metadata.input_spec
    text = spec.kind == "text"
    return ModelInfo(
        input_kind=spec.kind,
        input_bytes=spec.shape[0] if text else None,
        input_shape=None if text else spec.shape,
        labels=metadata.labels,
        operators=count_operators(model),
        size_bytes=len(content),
        zipped_bytes=zipped_bytes(content),
        oldest_runtime=metadata.oldest_runtime,
        inputs=_tensors(model, signature.inputs),
        outputs=_tensors(model, signature.outputs),
        bytes_by_part=buffer_bytes(model),
        compatibility_problems=problems,
        metadata=metadata,
    )


def _tensors(model: Model, named: Mapping[str, int]) -> tuple[TensorInfo, ...]:
    tensors = model.subgraphs[0].tensors
    return tuple(
        TensorInfo(name, tensors[index].type, tensors[index].shape)
        for name, index in sorted(named.items())
    )
