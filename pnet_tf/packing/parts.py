"""Which bytes of a file are weights, and of which kind."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..tflite.reader import Model, read_model
from .models import BYTES, MOST_SHARED, NIBBLES, TOKENS

_LEAST = 256
"""Bytes of weights that are worth a part of their own."""


@dataclass(frozen=True)
class Part:
    """`size` bytes of a file and their kind (`models.TOKENS`, `NIBBLES`, `BYTES` + k)."""

    kind: int
    size: int


def parts_of(content: bytes) -> list[Part]:
    """The parts of a file in order: weights of a TFLite model apart, of any other file one."""
    parts, at = [], 0
    for begin, end, type_ in weight_spans(content):
        kind = _kind(np.frombuffer(content[begin:end], np.uint8), type_)
        if kind == TOKENS or begin < at:
            continue
        parts += [Part(TOKENS, begin - at), Part(kind, end - begin)]
        at = end
    parts.append(Part(TOKENS, len(content) - at))
    return [part for part in parts if part.size]


def weight_spans(content: bytes) -> Iterator[tuple[int, int, str]]:
    """Begin, end and type of the quantised weights in a TFLite file, none of any other."""
    try:
        model = read_model(content)
    except InputError:
        return
    yield from sorted(set(_spans(model)))


def _spans(model: Model) -> Iterator[tuple[int, int, str]]:
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            place = model.buffers[tensor.buffer]
            if tensor.type in ("INT4", "INT8", "UINT8") and place.size_bytes >= _LEAST:
                yield place.offset, place.offset + place.size_bytes, tensor.type


def _kind(weights: np.ndarray, type_: str) -> int:
    """The kind that writes them in the fewest bytes; TOKENS where they repeat."""
    nibbles = np.stack([weights & 15, weights >> 4])
    bits = {NIBBLES: _bits(nibbles, 16)} if type_ == "INT4" else {}
    for shared in range(MOST_SHARED + 1):
        low = weights & ((1 << shared) - 1)
        bits[BYTES + shared] = _bits(weights >> shared, 256 >> shared) + _bits(low, 1 << shared)
    bits[TOKENS] = 8.0 * len(zlib.compress(weights.tobytes(), 9))
    return min(bits, key=lambda kind: bits[kind])


def _bits(symbols: np.ndarray, number: int) -> float:
    """Bits of symbols one by one by odds that are learned: entropy, and half log2 n a value."""
    counts = np.bincount(symbols.ravel(), minlength=number)
    counts = counts[counts > 0]
    entropy = -(counts * np.log2(counts / symbols.size)).sum()
    return float(entropy + len(counts) * 0.5 * np.log2(symbols.size))
