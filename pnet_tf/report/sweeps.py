"""The facts of a sweep of `bits`: its points, and which of them nothing beats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..search.records import JSON, read_sweep
from .facts import name_of

_NUMBERS = ("bits", "parameters", "size_bytes", "accuracy", "p50_ms", "train_seconds")


@dataclass(frozen=True)
class SweepPoint:
    """One file of a sweep; `accuracy` 0..1 is of the validation split. `front`: where it is on."""

    name: str
    quantize: str
    bits: float
    parameters: float
    size_bytes: float
    accuracy: float
    p50_ms: float
    train_seconds: float
    test_accuracy: float | None
    front: tuple[str, ...]


@dataclass(frozen=True)
class SweepFacts:
    """A report of a sweep: the points by rising size."""

    title: str
    data: str
    points: tuple[SweepPoint, ...]
    failures: tuple[str, ...]


def of_sweep(folder: Path) -> SweepFacts:
    """Raises InputError for a damaged sweep and one without a point."""
    stored = read_sweep(folder)
    try:
        points = tuple(_point(point) for point in stored["points"])
        failed = tuple(str(failure["name"]) for failure in stored.get("failures", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / JSON} is damaged: {error}") from None
    if not points:
        raise InputError(f"{folder} holds no finished point yet")
    return SweepFacts(name_of(folder), str(stored["settings"].get("data", "")), points, failed)


def _point(stored: Any) -> SweepPoint:
    numbers = {name: _number(stored[name]) for name in _NUMBERS}
    test = stored.get("test_accuracy")
    return SweepPoint(
        name=str(stored["name"]),
        quantize=str(stored["quantize"]),
        test_accuracy=None if test is None else _number(test),
        front=tuple(map(str, stored["front"])),
        **numbers,
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return float(value)
