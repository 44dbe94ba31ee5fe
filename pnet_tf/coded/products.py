"""Products with a coded matrix, and the matrix itself: thin calls of the compiled loops."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import InputError
from . import gaps
from .compiled import kernels
from .frequencies import Frequencies, slots
from .streams import Streams, lanes_of
from .tables import CONSTANT, FLAT, Tables
from .wire import damaged

MOST_BLOCKS = 16
_FLAT_BLOCK = 1 << 14
BATCH = 256
"""Rows of X that one pass over the streams multiplies: so many stay within the cache."""
_TURN = threading.Lock()  # some of Numba's thread pools end the process if two threads use them


@dataclass(frozen=True, eq=False)
class Prepared:
    """A matrix ready for products: what the loops read, or the one value of all weights."""

    shape: tuple[int, int]
    code: Any
    value: np.float32


def prepare(shape: tuple[int, int], tables: Tables, streams: Streams) -> Prepared:
    """Look-up tables and offsets; 6 bytes for each slot of a frequency table."""
    if tables.kind == CONSTANT:
        return Prepared(shape, None, tables.values.view(np.float32)[0])
    return Prepared(shape, _code(kernels(), shape, tables, streams), np.float32(0))


def _code(loops: ModuleType, shape: tuple[int, int], tables: Tables, streams: Streams) -> Any:
    blocks = _flat_blocks(shape) if tables.kind == FLAT else streams.blocks
    gap_steps, classes, gap_precision = _slots(tables.gaps)
    steps, symbols, precision = _slots(tables.symbols)
    values = tables.values if tables.kind == FLAT or tables.raw else tables.values[symbols]
    return loops.Code(
        kind=tables.kind, rows=shape[0], columns=gaps.column_begins(shape[1], blocks),
        lanes=lanes_of(tables, streams.blocks), states=streams.states,
        begins=_begins(streams.sizes), words=streams.words, gap_steps=gap_steps,
        gaps=_gap_classes(tables)[classes], gap_precision=gap_precision, steps=steps,
        values=values, precision=precision, is_raw=tables.raw, raw=streams.raw,
        raw_begins=_begins(np.resize(streams.raw_counts, blocks)), flat=streams.flat,
        width=tables.width,
    )  # fmt: skip


def _gap_classes(tables: Tables) -> np.ndarray:
    """By class: its smallest gap 2^5 + its raw bits, uint32."""
    count = 1 if tables.gaps is None else len(tables.gaps.of)
    bases = gaps.class_bases(count, tables.mantissa)
    return (bases << 5 | gaps.class_lows(count, tables.mantissa)).astype(np.uint32)


def _slots(table: Frequencies | None) -> tuple[np.ndarray, np.ndarray, int]:
    found = table or Frequencies(0, np.ones(1, np.int64))
    return (*slots(found), found.precision)


def _begins(sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _flat_blocks(shape: tuple[int, int]) -> int:
    """Symbols of one width can be read from anywhere; threads are worth it for many."""
    return min(MOST_BLOCKS, shape[1], 1 + shape[0] * shape[1] // _FLAT_BLOCK)


def decode(prepared: Prepared) -> np.ndarray:
    """W, float32 [n, m], the only array of its size that is made."""
    if prepared.code is None:
        return np.full(prepared.shape, prepared.value, np.float32)
    patterns = np.zeros(prepared.shape, np.uint32)
    _run("scatter", prepared, np.zeros(1, np.float32), patterns)
    return patterns.view(np.float32)


def vector_product(prepared: Prepared, x: np.ndarray) -> np.ndarray:
    """The product x W, float32 [m]; raises InputError unless x is float32 [n] and finite."""
    x = _check(x, 1, prepared.shape[0])
    if prepared.code is None:
        return np.full(prepared.shape[1], _times(prepared.value, x))
    y = np.zeros(prepared.shape[1], np.float32)
    _run("dot", prepared, x, y)
    return y


def batch_product(prepared: Prepared, x: np.ndarray) -> np.ndarray:
    """The product X W, float32 [B, m]; raises InputError unless X is float32 [B, n] and finite."""
    x = _check(x, 2, prepared.shape[0])
    out = np.empty((len(x), prepared.shape[1]), np.float32)
    for at in range(0, len(x), BATCH):
        out[at : at + BATCH] = _batch(prepared, x[at : at + BATCH])
    return out


def _batch(prepared: Prepared, x: np.ndarray) -> np.ndarray:
    if prepared.code is None:
        return _times(prepared.value, x)[:, None]
    y = np.zeros((prepared.shape[1], len(x)), np.float32)
    _run("axpy", prepared, np.ascontiguousarray(x.T), y)
    return y.T


def _times(value: np.float32, x: np.ndarray) -> np.ndarray:
    """Sum of the last axis times the value: float32, infinite where that is too small for it."""
    with np.errstate(over="ignore"):
        return (x.sum(-1, dtype=np.float64) * float(value)).astype(np.float32)


def _run(name: str, prepared: Prepared, x: np.ndarray, y: np.ndarray) -> None:
    """One of the loops over all blocks; the cores share them where there are several."""
    loops, code = kernels(), prepared.code
    good = np.zeros(len(code.columns) - 1, np.bool_)
    if len(good) == 1:
        good[0] = getattr(loops, f"{name}_block")(0, code, x, y)
    else:
        with _TURN:
            getattr(loops, name)(code, x, y, good)
    if not good.all():
        raise damaged("a stream does not end where it should")


def _check(x: np.ndarray, dimensions: int, rows: int) -> np.ndarray:
    if not isinstance(x, np.ndarray) or x.dtype != np.float32:
        is_array = isinstance(x, np.ndarray)
        what = f"an array of {x.dtype}" if is_array else f"a {type(x).__name__}"
        raise InputError(f"the left side is {what}; a NumPy array of float32 is wanted")
    if x.ndim != dimensions or x.shape[-1] != rows:
        wanted = f"[{rows}]" if dimensions == 1 else f"[{rows}] or [B, {rows}]"
        raise InputError(f"the left side has shape {list(x.shape)}; {wanted} is wanted")
    if not np.isfinite(x).all():
        raise InputError("the left side has NaN or infinity, which a zero weight would leave out")
    return np.ascontiguousarray(x)
