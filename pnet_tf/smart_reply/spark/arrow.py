"""Between the columns of Spark, Arrow's, and those of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

Batches = Iterator[pa.RecordBatch]
Keep = Callable[[DataFrame], DataFrame]
"""A frame -> the same, kept by the workers once it is made."""


def mapped(frame: DataFrame, task: Callable[..., Batches], schema: str, *given: Any) -> DataFrame:
    """`task(batches, *given)` over each partition of `frame`; `given` is sent to every worker."""

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        return task(iter(batches), *given)

    return frame.mapInArrow(run, schema)


def texts(batch: pa.RecordBatch, name: str) -> list[str]:
    """A column of text."""
    found: list[str] = batch.column(name).to_pylist()
    return found


def numbers(batch: pa.RecordBatch, name: str) -> np.ndarray:
    """A column of numbers that are there."""
    return np.asarray(batch.column(name).to_numpy(zero_copy_only=False))


def matrix(batch: pa.RecordBatch, name: str, dtype: Any, width: int) -> np.ndarray:
    """A column of binary rows as [N, width]."""
    return np.frombuffer(b"".join(batch.column(name).to_pylist()), dtype).reshape(-1, width)


def binary(rows: np.ndarray) -> pa.Array:
    """Rows [N, width] as a column of binary."""
    return pa.array([row.tobytes() for row in np.ascontiguousarray(rows)], pa.binary())


def batch(**columns: Any) -> pa.RecordBatch:
    """A record batch of these columns."""
    return pa.RecordBatch.from_pydict(columns)
