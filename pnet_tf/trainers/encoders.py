"""How arrays become what a network takes; texts have `text_features`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from ..errors import InputError
from ..parsing import parse

_MOST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Raw:
    """uint8 images [N, H, W, C] as they are."""

    shape: tuple[int, ...]

    @classmethod
    def fit(cls, inputs: np.ndarray, shape: tuple[int, ...], options: Any) -> Raw:
        """Nothing is measured."""
        return cls(shape)

    @classmethod
    def from_json(cls, state: Mapping[str, Any], shape: tuple[int, ...]) -> Raw:
        """The encoder of a `to_json`."""
        return cls(shape)

    def encode(self, inputs: Any) -> np.ndarray:
        """The same array."""
        return np.asarray(inputs, np.uint8)

    def to_json(self) -> dict[str, Any]:
        """Nothing."""
        return {}


@dataclass(frozen=True)
class Standardised:
    """Features [N, F] less their mean, over their standard deviation on the training split."""

    shape: tuple[int, ...]
    mean: tuple[Annotated[float, Meta(ge=-_MOST, le=_MOST)], ...]
    deviation: tuple[Annotated[float, Meta(gt=0, le=_MOST)], ...]

    @classmethod
    def fit(cls, inputs: np.ndarray, shape: tuple[int, ...], options: Any) -> Standardised:
        """Mean and deviation of each feature; 1 for one that never changes."""
        deviation = inputs.std(axis=0, dtype=np.float64)
        mean = inputs.mean(axis=0, dtype=np.float64)
        spread = np.where(deviation > 0, deviation, 1.0)
        return cls(shape, tuple(mean.tolist()), tuple(spread.tolist()))

    @classmethod
    def from_json(cls, state: Mapping[str, Any], shape: tuple[int, ...]) -> Standardised:
        """The encoder of a `to_json`."""
        found = parse({"shape": shape, **state}, cls, "encoder: ")
        if not len(found.mean) == len(found.deviation) == int(np.prod(shape)):
            raise InputError(f"encoder: mean and deviation must have {shape[0]} numbers each")
        return found

    def encode(self, inputs: Any) -> np.ndarray:
        """float32 [N, F]."""
        scale = 1.0 / np.asarray(self.deviation, np.float32)
        return (np.asarray(inputs, np.float32) - np.asarray(self.mean, np.float32)) * scale

    def to_json(self) -> dict[str, Any]:
        """Both lists."""
        return {"mean": list(self.mean), "deviation": list(self.deviation)}
