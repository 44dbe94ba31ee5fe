"""What of a building grows with the pairs, as operations that an engine does.

`build` sees counts, sums and rows: what is held in its memory is bounded by the number of responses
that are kept. The operations have one result whatever the engine, bit by bit: texts are judged by
the same functions, messages are known by the hash of their key, sums are of whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from .intents import Intents
from .inventory import ResponseCounts
from .pairs import ReadReport
from .rows import Row
from .stages import Stages


class Watch(Protocol):
    """Is told what is being done, and how many pairs, or messages, of it are done."""

    def __call__(self, what: str, done: int, total: int | None = None) -> None:
        """`total` None: not known."""
        ...


class Engine(Protocol):
    """Where the work is done."""

    def digest(self, pairs: Any) -> str:
        """What is another where the pairs are others: results are then not gone on with."""
        ...

    def open(
        self, pairs: Any, watch: Watch, stages: Stages | None = None
    ) -> AbstractContextManager[Work]:
        """The work on `pairs`, as `open_source` takes them; what it holds goes with its exit.

        It may keep what it has done in `stages`.
        """
        ...


class Work(Protocol):
    """The pairs of one building.

    `title` names them; `splits` of them there are, train first. `divided`: whether one table was
    divided by messages. `skipped`: rows that made no pair, by split, once they are read.
    """

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def splits(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def divided(self) -> bool: ...  # noqa: D102
    @property
    def skipped(self) -> Mapping[str, ReadReport]: ...  # noqa: D102

    def count(self) -> AbstractContextManager[ResponseCounts]:
        """Counts of the responses of train; raises InputError where there is no pair."""
        ...

    def answered(self, places: Mapping[str, int], seed: int) -> Answered:
        """Messages of train with a response of `places`, key -> place in the inventory, 0..R-1."""
        ...


class Answered(Protocol):
    """M answered messages, and which are near."""

    @property
    def messages(self) -> int:
        """M."""
        ...

    def contexts(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums of the vectors of `links.away` that each response answers, int64 [R, D]; and how
        many different messages these are, int64 [R].
        """
        ...

    def common(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """`links.overlaps` of pairs of responses (int64 [P]) over all messages, int64 [P]."""
        ...

    def label(self, intents: Intents, most_silent: int, most_unlabelled: int) -> Labelled:
        """Label the messages; `most_silent` silent pairs of train are to make a row, and
        `most_unlabelled` others to give a message without a label.
        """
        ...


class Labelled(Protocol):
    """Pairs with labels.

    `silent` pairs of train belong to messages without an intent; `mixed` ones, whose message has
    one and whose response has none, make no row.
    """

    @property
    def silent(self) -> int: ...  # noqa: D102
    @property
    def mixed(self) -> int: ...  # noqa: D102

    def rows(self, split: str, what: str | None = None) -> Iterator[Row]:
        """Rows of a split, in the order of its pairs, read anew; SILENT ones of train as drawn.

        The watch is told of them as `what`; None: as of labelling.
        """
        ...

    def unlabelled(self) -> Iterator[str]:
        """Messages of drawn silent pairs that make no row, in their order, read anew."""
        ...
