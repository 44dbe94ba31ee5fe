"""The engine of one machine: pairs stream from disk, the graph of messages lies in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..data.soft import SoftLabel
from . import links, messages
from .bits import COLUMNS, units
from .corpus import Corpus, message_id, message_key, read_corpus
from .counts import Counts, count_responses
from .engine import Watch
from .intents import Intents
from .normal import normal_form
from .pairs import Pair, ReadReport
from .rows import Bound, Row, pair_hash, silent_bound, train_rows, true_row
from .source import Source, open_source

_SLICE = 1 << 14
_TOLD_EVERY = 5000


class LocalEngine:
    """Works in this process, with SciPy."""

    @contextmanager
    def open(self, pairs: Any, watch: Watch) -> Iterator[LocalWork]:
        """See `engine.Engine`."""
        yield LocalWork(open_source(pairs), watch)


class LocalWork:
    """See `engine.Work`."""

    def __init__(self, source: Source, watch: Watch) -> None:
        self._source, self._watch = source, watch
        self.title, self.divided = source.title, source.divided
        self.splits = tuple(source.splits)

    @property
    def skipped(self) -> Mapping[str, ReadReport]:
        """Rows that made no pair, by split."""
        return self._source.skipped

    def count(self) -> Counts:
        """See `engine.Work`."""
        return count_responses(self.read("train", "counting responses"))

    def answered(self, places: Mapping[str, int], seed: int) -> LocalAnswered:
        """See `engine.Work`."""
        corpus = read_corpus(self.read("train", "reading answered messages"), places)
        self._watch("comparing messages", len(corpus.messages))
        return LocalAnswered(self, corpus, tuple(places), seed)

    def read(self, split: str, what: str) -> Iterator[Pair]:
        """The pairs of a split, from the first; the watch is told of them as `what`."""
        for number, pair in enumerate(self._source.splits[split]()):
            if number % _TOLD_EVERY == 0:
                self._watch(what, number)
            yield pair


class LocalAnswered:
    """See `engine.Answered`."""

    def __init__(
        self, work: LocalWork, corpus: Corpus, keys: tuple[str, ...], seed: int
    ) -> None:
        self._work, self._corpus, self._keys, self._seed = work, corpus, keys, seed
        self.messages = len(corpus.messages)
        vectors = units(corpus.messages, seed)
        mean = links.middle(vectors.sum(axis=0, dtype=np.int64), self.messages)
        bits = []
        for start in range(0, self.messages, _SLICE):
            part = slice(start, start + _SLICE)
            vectors[part] = links.away(vectors[part], mean)
            bits.append(links.message_bits(vectors[part], seed))
        self._vectors = vectors
        self._near = _symmetric(links.message_edges(np.concatenate(bits), seed), self.messages)

    def contexts(self) -> tuple[np.ndarray, np.ndarray]:
        """See `engine.Answered`."""
        found, responses = self._corpus, len(self._keys)
        ones = np.ones(len(found.rows), np.int64)
        joins = csr_array((ones, (found.columns, found.rows)), shape=(responses, self.messages))
        sums = np.zeros((responses, COLUMNS), np.int64)
        for start in range(0, self.messages, _SLICE):
            part = slice(start, start + _SLICE)
            sums += joins[:, part] @ self._vectors[part].astype(np.int64)
        return sums, np.diff(joins.indptr).astype(np.int64)

    def common(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """See `engine.Answered`."""
        found, shape = self._corpus, (self.messages, len(self._keys))
        often = np.bincount(found.rows, minlength=self.messages)
        own = csr_array((links.damped(often[found.rows]), (found.rows, found.columns)), shape=shape)
        total = np.zeros(len(i), np.int64)
        for start in range(0, self.messages, _SLICE):
            part = slice(start, start + _SLICE)
            total += links.overlaps(links.answers(own[part], self._near[part] @ own), i, j)
        return total

    def label(self, intents: Intents, most_silent: int) -> LocalLabelled:
        """See `engine.Answered`."""
        soft = soft_labels(self._corpus, intents, self._near)
        named = zip(self._keys, intents.of.tolist(), strict=True)
        intent_of = {key: intents.names[place] for key, place in named if place >= 0}
        return LocalLabelled(self._work, soft, intent_of, most_silent, self._seed)


class LocalLabelled:
    """See `engine.Labelled`."""

    def __init__(
        self, work: LocalWork, soft: Mapping[int, SoftLabel], intent_of: Mapping[str, str],
        most_silent: int, seed: int,
    ) -> None:  # fmt: skip
        self._work, self._soft, self._intent_of, self._seed = work, soft, intent_of, seed
        self.silent = self.mixed = 0
        self._bound: Bound = silent_bound(self._silent_hashes(), most_silent)

    def rows(self, split: str) -> Iterator[Row]:
        """See `engine.Labelled`."""
        pairs = self._work.read(split, f"labelling {split}")
        if split == "train":
            return train_rows(pairs, self._label_of, self._intent_of.get, self._bound, self._seed)
        return (true_row(pair, self._intent_of.get(normal_form(pair.response))) for pair in pairs)

    def _label_of(self, message: str) -> SoftLabel | None:
        return self._soft.get(message_id(message_key(message)))

    def _silent_hashes(self) -> Iterator[int]:
        """`pair_hash` of the silent pairs of train, which are counted, as are the mixed ones."""
        for pair in self._work.read("train", "drawing silent pairs"):
            if self._label_of(pair.message) is None:
                self.silent += 1
                yield pair_hash(pair, self._seed)
            elif normal_form(pair.response) not in self._intent_of:
                self.mixed += 1


def soft_labels(corpus: Corpus, intents: Intents, near: csr_array) -> dict[int, SoftLabel]:
    """`message_id` -> shares of the messages that have a response with an intent.

    A message's own: pairs with each of its responses times the confidence of its intent. They are
    carried over edges of near messages, `link_units` CSR int64 [M, M], which raises what near
    messages agree in.
    """
    place = np.maximum(intents.of[corpus.columns], 0)
    counted = corpus.counts * messages.weights(intents)[corpus.columns]
    shape = (len(corpus.messages), len(intents.names))
    own = coo_array((counted, (corpus.rows, place)), shape=shape).tocsr()
    own.eliminate_zeros()
    labelled = np.flatnonzero(np.diff(own.indptr))
    own = messages.shares(csr_array(own[labelled]))
    near = csr_array(near[labelled][:, labelled])
    scores, total = own, np.asarray(near.sum(axis=1)).ravel()
    for _ in range(messages.STEPS):
        scores = messages.carried(own, near @ scores, total)
    return {
        number: messages.soft_label(_row(scores, row), _row(own, row), intents.names)
        for row, number in enumerate(corpus.ids[labelled].tolist())
    }


def _row(matrix: csr_array, row: int) -> dict[int, int]:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return dict(zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True))


def _symmetric(edges: links.Edges, size: int) -> csr_array:
    """`link_units` of edges in both directions, CSR int64 [size, size]."""
    units = links.link_units(edges[2])
    upper = csr_array((units, edges[:2]), shape=(size, size))
    return csr_array(upper + upper.T)
