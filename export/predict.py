"""Answers for inputs as a person gives them: messages, image files, files of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .inputs import encode_inputs
from .interpreter import Prediction, TFLiteModel


@dataclass(frozen=True)
class Answer:
    """One input and what the model says: ranked labels, or `values` for regression.

    `replies` are the texts that the file holds for the best label, if any.
    """

    input: str
    predictions: tuple[Prediction, ...]
    replies: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


def predict_inputs(model: TFLiteModel, inputs: Sequence[str], top: int) -> list[Answer]:
    """The `top` labels of each input; raises InputError for an input that cannot be read."""
    if model.metadata.input_kind == "dense":
        batch = np.stack([_features(path) for path in inputs])
    else:
        batch = encode_inputs(model.metadata, list(inputs))
    if model.metadata.task == "regression":
        rows = model.predict(batch)
        return [
            Answer(name, (), values=tuple(map(float, row)))
            for name, row in zip(inputs, rows, strict=True)
        ]
    ranked = model.rank(batch, top)
    return [_answer(model, name, found) for name, found in zip(inputs, ranked, strict=True)]


def _answer(model: TFLiteModel, name: str, found: Sequence[Prediction]) -> Answer:
    replies = model.metadata.replies.get(found[0].label, ())
    return Answer(name, tuple(found), tuple(replies))


def _features(path: str) -> np.ndarray:
    try:
        found: Any = np.load(Path(path), allow_pickle=False)
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist; this model takes .npy files of features"
        ) from None
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not an .npy file of numbers: {error}") from None
    if not isinstance(found, np.ndarray) or not np.issubdtype(found.dtype, np.number):
        raise InputError(f"{path} must hold one array of numbers")
    features = found.astype(np.float32)
    if not np.isfinite(features).all():
        raise InputError(f"{path} holds NaN or infinity; features must be finite")
    return features
