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

    `messages`: normal forms as they first appear. `texts`: a text of each. `rows`, `columns`,
    `counts`: int64 [E], place of the message, place of the response in the inventory, pairs.
    """

    messages: tuple[str, ...]
    texts: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray

    def places(self) -> dict[str, int]:
        """Normal form -> place of a message."""
        return {message: place for place, message in enumerate(self.messages)}


def message_key(message: str) -> str:
    """The form under which messages are one: the normal form, the text where that is empty."""
    return normal_form(message) or message


def read_corpus(pairs: Iterable[Pair], places: Mapping[str, int]) -> Corpus:
    """The messages of `pairs` that get a response of `places`, normal form -> place.

    Reads `pairs` once; memory grows with the answered messages alone.
    """
    numbers: dict[str, int] = {}
    texts: list[str] = []
    edges: dict[tuple[int, int], int] = {}
    for message, response in pairs:
        column = places.get(normal_form(response))
        if column is None:
            continue
        row = numbers.setdefault(message_key(message), len(numbers))
        if row == len(texts):
            texts.append(message)
        edges[row, column] = edges.get((row, column), 0) + 1
    ends = np.array(list(edges), np.int64).reshape(-1, 2)
    counts = np.fromiter(edges.values(), np.int64, len(edges))
    return Corpus(tuple(numbers), tuple(texts), ends[:, 0], ends[:, 1], counts)


def share(text: str, seed: int) -> float:
    """A number of [0, 1) that `text` and `seed` fix, spread evenly over texts."""
    data = f"{seed} {text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") / 2.0**64
