"""Which answered messages are near, in slices: their vectors lie in a temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from scipy.sparse import csr_array

from ..errors import WorkError
from . import links
from .bits import BITS, COLUMNS, units
from .corpus import Corpus
from .engine import Watch
from .progress import COMPARING

_SLICE = 1 << 12


@dataclass(frozen=True, eq=False)
class Compared:
    """Near messages of a corpus, and what its R responses answer.

    `sources`, `targets` int32 [E] and `units` int16 [E], `links.link_units`: edges of messages,
    each once. `sums`, `number`: what `Answered.contexts` gives, int64 [R, COLUMNS] and [R].
    """

    sources: np.ndarray
    targets: np.ndarray
    units: np.ndarray
    sums: np.ndarray
    number: np.ndarray

    def near(self, size: int) -> csr_array:
        """The edges in both directions, CSR int64 [size, size]."""
        ends = (self.sources, self.targets)
        upper = csr_array((self.units.astype(np.int64), ends), shape=(size, size))
        return csr_array(upper + upper.T)


def compare(corpus: Corpus, responses: int, seed: int, watch: Watch) -> Compared:
    """`Compared` of a corpus with so many `responses`; raises WorkError where the disk is full."""
    size = len(corpus.ids)
    ones = np.ones(len(corpus.rows), np.int64)
    joins = csr_array((ones, (corpus.columns, corpus.rows)), shape=(responses, size))
    bits, sums = np.empty((size, BITS), bool), np.zeros((responses, COLUMNS), np.int64)
    try:
        with tempfile.TemporaryFile() as stream:
            mean = _write(stream, corpus, seed, watch)
            for part, vectors in _read(stream, size):
                away = links.away(vectors, mean)
                bits[part] = links.message_bits(away, seed)
                sums += joins[:, part] @ away.astype(np.int64)
    except OSError as error:
        reason = error.strerror or error
        raise WorkError(f"messages cannot be compared in the temporary folder: {reason}") from None
    i, j, weights = links.message_edges(bits, seed)
    watch(COMPARING, size, size)
    number = np.diff(joins.indptr).astype(np.int64)
    near = links.link_units(weights).astype(np.int16)
    return Compared(i.astype(np.int32), j.astype(np.int32), near, sums, number)


def _write(stream: IO[bytes], corpus: Corpus, seed: int, watch: Watch) -> np.ndarray:
    """Write `units` of the messages, int16 each; the `links.middle` of them."""
    size, total = len(corpus.ids), np.zeros(COLUMNS, np.int64)
    for start in range(0, size, _SLICE):
        watch(COMPARING, start, size)
        vectors = units(corpus.messages[start : start + _SLICE], seed)
        total += vectors.sum(axis=0, dtype=np.int64)
        stream.write(vectors.tobytes())
    return links.middle(total, size)


def _read(stream: IO[bytes], size: int) -> Iterator[tuple[slice, np.ndarray]]:
    stream.seek(0)
    for start in range(0, size, _SLICE):
        part = slice(start, min(start + _SLICE, size))
        data = stream.read((part.stop - start) * COLUMNS * 2)
        yield part, np.frombuffer(data, np.int16).reshape(-1, COLUMNS)
