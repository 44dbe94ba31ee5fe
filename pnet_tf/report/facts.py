"""Everything that a report says, as data: what the page's scripts read as JSON."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import read_text
from ..tflite.benchmark import benchmark_bytes
from ..tflite.counts import buffer_bytes, zipped_bytes
from ..tflite.metadata import ModelMetadata
from ..tflite.reader import read_model
from .measured import Measured, MeasuredValues

BENCHMARK_RUNS = 300


@dataclass(frozen=True)
class FileFacts:
    """A model file: bytes, and milliseconds of an answer on this machine."""

    name: str
    size_bytes: int
    zipped_bytes: int
    bytes_by_part: Mapping[str, int]
    quantize: str
    oldest_runtime: str
    runtime: str
    p50_ms: float
    p99_ms: float
    reference_ms: float | None
    arena_bytes: int


@dataclass(frozen=True)
class Score:
    """What one network reached: accuracy 0..1, or mean squared error of a regression."""

    who: str
    value: float


@dataclass(frozen=True)
class Facts:
    """A report. `source`: where the examples are from. `history`: column -> value of each epoch.

    `facts` are further rows, name -> text.
    """

    title: str
    task: str
    source: str
    facts: Mapping[str, str]
    scores: tuple[Score, ...] = ()
    file: FileFacts | None = None
    history: Mapping[str, tuple[float | None, ...]] | None = None
    measured: Measured | None = None
    values: MeasuredValues | None = None


def file_facts(
    content: bytes, metadata: ModelMetadata, name: str, parts: Mapping[str, int] | None = None
) -> FileFacts:
    """Sizes and times of a checked model; `parts` are its bytes by what they are for, if known."""
    found = benchmark_bytes(content, runs=BENCHMARK_RUNS)
    return FileFacts(
        name=name,
        size_bytes=len(content),
        zipped_bytes=zipped_bytes(content),
        bytes_by_part=parts or buffer_bytes(read_model(content)),
        quantize=metadata.quantize,
        oldest_runtime=metadata.oldest_runtime,
        runtime=found.runtime,
        p50_ms=found.p50_ms,
        p99_ms=found.p99_ms,
        reference_ms=found.reference_ms,
        arena_bytes=found.arena_bytes,
    )


def read_history(path: str | os.PathLike[str]) -> dict[str, tuple[float | None, ...]]:
    """Columns of a history.csv; None for what is no finite number. InputError for damage."""
    try:
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(read_text(path)), strict=True))
    except csv.Error as error:
        raise InputError(f"{path} is damaged: {error}") from None
    if not rows or "epoch" not in rows[0] or any(None in row for row in rows):
        raise InputError(f"{path} is damaged: it must have a row an epoch and a column epoch")
    return {name: tuple(_number(row[name]) for row in rows) for name in rows[0]}


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def name_of(path: str | os.PathLike[str]) -> str:
    """The last part of a path, also of one that ends in a slash or is a dot."""
    return Path(os.path.realpath(path)).name
