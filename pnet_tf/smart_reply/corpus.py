"""What of the pairs the building looks at again: answered messages, and some of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from .normal import normal_form
from .pairs import Pair


@dataclass(frozen=True, eq=False)
class Corpus:
    """M answered messages and their kept responses, E different pairs of both.

    `ids`: `message_id` of each message, rising, int64 [M]. `messages`: the `message_key` of each.
    `rows`, `columns`, `counts`: int64 [E], place of the message, place of the response in the
    inventory, pairs; sorted by both places. Nothing of it depends on the order of the pairs.
    """

    ids: np.ndarray
    messages: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray


def message_key(message: str) -> str:
    """The form under which messages are one: the normal form, the text where that is empty."""
    return normal_form(message) or message


def message_id(key: str) -> int:
    """63 bits of BLAKE2 of a message key, the same on every machine: what a message is known by."""
    return hash_of(key) >> 1


def read_corpus(pairs: Iterable[Pair], places: Mapping[str, int]) -> Corpus:
    """The messages of `pairs` that get a response of `places`, normal form -> place.

    Reads `pairs` once; memory grows with the answered messages alone.
    """
    keys: dict[int, str] = {}
    edges: dict[tuple[int, int], int] = {}
    for message, response in pairs:
        column = places.get(normal_form(response))
        if column is None:
            continue
        key = message_key(message)
        number = message_id(key)
        keys[number] = min(key, keys.get(number, key))  # of two with one id, the same in any order
        edges[number, column] = edges.get((number, column), 0) + 1
    ids = np.array(sorted(keys), np.int64)
    ends = np.array(sorted(edges), np.int64).reshape(-1, 2)
    counts = np.fromiter((edges[edge] for edge in sorted(edges)), np.int64, len(edges))
    rows = np.searchsorted(ids, ends[:, 0])
    return Corpus(ids, tuple(keys[number] for number in ids.tolist()), rows, ends[:, 1], counts)


def hash_of(text: str) -> int:
    """64 bits of BLAKE2 of a text."""
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


def share(text: str, seed: int) -> float:
    """A number of [0, 1) that `text` and `seed` fix, spread evenly over texts."""
    return hash_of(f"{seed} {text}") / 2.0**64
