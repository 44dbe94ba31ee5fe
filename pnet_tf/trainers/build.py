"""Trainers by name: build one for a data set, rebuild one from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._keras import keras
from ..data.text import encode_text
from ..errors import InputError
from . import array_nets, text_nets
from .base import KINDS, TASKS, Trainer
from .custom import custom_network
from .options import check_options
from .text_features import TextFeatures, fit_text_features, inverse_document_frequency

_BYTE_LENGTH = 128


@dataclass(frozen=True)
class _Network:
    build: Callable[..., keras.Model]
    options: Mapping[str, Any]


_NETWORKS: Mapping[str, Mapping[str, _Network]] = {
    "text": {
        "ff": _Network(text_nets.text_ff, text_nets.FF_OPTIONS),
        "cnn": _Network(text_nets.text_cnn, text_nets.CNN_OPTIONS),
        "lstm": _Network(text_nets.text_lstm, text_nets.RECURRENT_OPTIONS),
        "gru": _Network(text_nets.text_gru, text_nets.RECURRENT_OPTIONS),
    },
    "image": {
        "ff": _Network(array_nets.image_ff, array_nets.IMAGE_FF_OPTIONS),
        "cnn": _Network(array_nets.image_cnn, array_nets.IMAGE_CNN_OPTIONS),
    },
    "dense": {"ff": _Network(array_nets.dense_ff, array_nets.DENSE_FF_OPTIONS)},
}
_DEFAULTS = {"text": "gru", "image": "cnn", "dense": "ff"}


def default_trainer(kind: str) -> str:
    """The trainer that measured best for `kind`; InputError on a kind that does not exist."""
    return _DEFAULTS[_one_of("kind", kind, KINDS)]


def build_trainer(
    spec: str,
    *,
    kind: str,
    task: str,
    outputs: int,
    input_shape: tuple[int, ...],
    train_inputs: np.ndarray,
    seed: int = 0,
    **options: Any,
) -> Trainer:
    """A trainer with fresh weights that depend on `seed` alone.

    spec: `ff`, `cnn`, `lstm`, `gru`, or `module:function` for a Keras model of the user's own,
    which gets the raw inputs: text as uint8 [`byte_length`] (option, default 128), image as uint8
    [H, W, C], dense as float32 [F]. `train_inputs` sets what the encoder measures: lengths and
    document frequencies of texts, mean and deviation of dense features. Raises InputError on an
    unknown name, one that does not suit the kind, or an option it does not have.
    """
    _one_of("kind", kind, KINDS)
    _one_of("task", task, TASKS)
    if outputs < 1:
        raise InputError(f"outputs must be 1 or more, got {outputs}")
    network = None if ":" in spec else _network(spec, kind)
    known = network.options if network else {"byte_length": _BYTE_LENGTH} if kind == "text" else {}
    options = check_options(spec, known, options)
    config = {
        "spec": spec, "kind": kind, "task": task, "outputs": outputs,
        "input_shape": list(input_shape), "seed": seed, "options": options,
        "encoder": _fit_encoder(network is None, kind, train_inputs, options),
    }  # fmt: skip
    trainer = rebuild_trainer(config)
    if network and kind == "text":
        _set_idf(trainer, train_inputs)
    return trainer


def rebuild_trainer(config: Mapping[str, Any]) -> Trainer:
    """The trainer of a `Trainer.config`, with the weights of its seed.

    Load the saved weights into it: for text they include the IDF table, which is zero until then.
    """
    spec, kind, outputs = config["spec"], config["kind"], int(config["outputs"])
    seed, options, encoder = int(config["seed"]), config["options"], config["encoder"]
    shape = tuple(config["input_shape"])
    encode = _encoder(kind, encoder)
    if ":" in spec:
        shape = (options["byte_length"],) if kind == "text" else shape
        dtype = "float32" if kind == "dense" else "uint8"
        model = custom_network(spec, shape, dtype, outputs, seed)
    else:
        network = _network(spec, kind)
        source = TextFeatures(**encoder) if kind == "text" else shape
        model = network.build(source, outputs, seed, options)
    return Trainer(name=spec, model=model, encode=encode, config=config)


def _network(spec: str, kind: str) -> _Network:
    networks = _NETWORKS[kind]
    if spec not in networks:
        allowed = ", ".join((*networks, "module:function"))
        raise InputError(f"trainer for {kind} inputs must be one of {allowed}, got {spec!r}")
    return networks[spec]


def _fit_encoder(
    raw: bool, kind: str, inputs: np.ndarray, options: Mapping[str, Any]
) -> dict[str, Any]:
    """JSON of what `_encoder` needs; {} where the inputs pass as they are."""
    if kind == "text":
        return {"byte_length": options["byte_length"]} if raw else (
            fit_text_features(inputs, options).to_json()
        )
    if kind == "image" or raw:
        return {}
    deviation = inputs.std(axis=0, dtype=np.float64)
    return {
        "mean": inputs.mean(axis=0, dtype=np.float64).tolist(),
        "deviation": np.where(deviation > 0, deviation, 1.0).tolist(),
    }


def _encoder(kind: str, encoder: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    if "byte_length" in encoder:
        return lambda inputs: encode_text(inputs, encoder["byte_length"]).bytes
    if kind == "text":
        return TextFeatures(**encoder).encode
    if not encoder:
        dtype = np.uint8 if kind == "image" else np.float32
        return lambda inputs: np.asarray(inputs, dtype)
    mean = np.asarray(encoder["mean"], np.float32)
    scale = 1.0 / np.asarray(encoder["deviation"], np.float32)
    return lambda inputs: (np.asarray(inputs, np.float32) - mean) * scale


def _set_idf(trainer: Trainer, inputs: np.ndarray) -> None:
    buckets = trainer.config["encoder"]["buckets"]
    weights = inverse_document_frequency(trainer.encode(inputs), buckets)
    trainer.model.get_layer(text_nets.IDF_LAYER).set_weights([weights[:, None]])


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value
