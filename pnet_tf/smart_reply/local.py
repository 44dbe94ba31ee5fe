"""The engine of one machine: pairs stream from disk, the graph of messages lies in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..data.soft import SoftLabel
from . import forms, links, messages
from .compare import Compared, compare
from .corpus import Corpus, message_id, message_key, read_corpus
from .counts import Counts, count_responses
from .engine import Watch
from .intents import Intents
from .normal import normal_form
from .pairs import Pair, ReadReport
from .progress import ANSWERED, COUNTING, DRAWING, UNLABELLED, labelling
from .rows import Drawn, Row, pair_hash, silent_draw, train_rows, true_row, undrawn_messages
from .source import Source, open_source
from .staged import staged
from .stages import Form, Stages, keep
from .wanted import pairs_digest

_SLICE = 1 << 12
_TOLD_EVERY = 5000
_T = TypeVar("_T")


class LocalEngine:
    """Works in this process, with SciPy."""

    def digest(self, pairs: Any) -> str:
        """See `engine.Engine`."""
        return pairs_digest(pairs)

    @contextmanager
    def open(self, pairs: Any, watch: Watch, stages: Stages | None = None) -> Iterator[LocalWork]:
        """See `engine.Engine`; what is done is kept in `stages`, where given."""
        source = open_source(pairs)
        if stages is None:
            yield LocalWork(source, {}, watch)
        else:
            yield LocalWork(*staged(source, stages, watch), watch, stages)


class LocalWork:
    """See `engine.Work`; `pairs` has the number of pairs of the splits, where it is known."""

    def __init__(
        self, source: Source, pairs: Mapping[str, int], watch: Watch, stages: Stages | None = None
    ) -> None:
        self._source, self._watch, self._stages = source, watch, stages
        self._pairs = dict(pairs)
        self.title, self.divided = source.title, source.divided
        self.splits = tuple(source.splits)

    @property
    def skipped(self) -> Mapping[str, ReadReport]:
        """Rows that made no pair, by split."""
        return self._source.skipped

    def count(self) -> Counts:
        """See `engine.Work`."""
        return count_responses(self.read("train", COUNTING))

    def answered(self, places: Mapping[str, int], seed: int) -> LocalAnswered:
        """See `engine.Work`."""
        corpus = self.keep(
            "answered", lambda: read_corpus(self.read("train", ANSWERED), places), forms.CORPUS
        )
        compared = self.keep(
            "compared", lambda: compare(corpus, len(places), seed, self._watch), forms.COMPARED
        )
        return LocalAnswered(self, replace(corpus, messages=()), compared, tuple(places), seed)

    def keep(self, name: str, make: Callable[[], _T], form: Form[_T]) -> _T:
        """The result of a stage, see `stages.keep`."""
        return keep(self._stages, name, make, form)

    def read(self, split: str, what: str) -> Iterator[Pair]:
        """The pairs of a split, from the first; the watch is told of them as `what`."""
        number, total = 0, self._pairs.get(split)
        for pair in self._source.splits[split]():
            if number % _TOLD_EVERY == 0:
                self._watch(what, number, total)
            number += 1
            yield pair
        self._pairs[split] = number
        self._watch(what, number, number)


class LocalAnswered:
    """See `engine.Answered`; the texts of `corpus` are not needed."""

    def __init__(
        self, work: LocalWork, corpus: Corpus, compared: Compared, keys: tuple[str, ...], seed: int
    ) -> None:
        self._work, self._corpus, self._keys, self._seed = work, corpus, keys, seed
        self._compared, self.messages = compared, len(corpus.ids)
        self._near = compared.near(self.messages)

    def contexts(self) -> tuple[np.ndarray, np.ndarray]:
        """See `engine.Answered`."""
        return self._compared.sums, self._compared.number

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

    def label(self, intents: Intents, most_silent: int, most_unlabelled: int) -> LocalLabelled:
        """See `engine.Answered`."""
        named = zip(self._keys, intents.of.tolist(), strict=True)
        intent_of = {key: intents.names[place] for key, place in named if place >= 0}
        drawn = self._work.keep(
            "labels",
            lambda: self._draw(intents, intent_of, most_silent, most_unlabelled),
            forms.DRAWN,
        )
        return LocalLabelled(self._work, drawn, intent_of, self._seed)

    def _draw(
        self, intents: Intents, intent_of: Mapping[str, str], most_silent: int, most_unlabelled: int
    ) -> Drawn:
        soft = soft_labels(self._corpus, intents, self._near)
        silent = mixed = 0

        def hashes() -> Iterator[int]:
            """Of the silent pairs of train, which are counted, as are the mixed ones."""
            nonlocal silent, mixed
            for pair in self._work.read("train", DRAWING):
                if message_id(message_key(pair.message)) not in soft:
                    silent += 1
                    yield pair_hash(pair, self._seed)
                elif normal_form(pair.response) not in intent_of:
                    mixed += 1

        draw = silent_draw(hashes(), most_silent, most_unlabelled)
        return Drawn(soft, draw, silent, mixed)


class LocalLabelled:
    """See `engine.Labelled`."""

    def __init__(
        self, work: LocalWork, drawn: Drawn, intent_of: Mapping[str, str], seed: int
    ) -> None:
        self._work, self._drawn, self._intent_of, self._seed = work, drawn, intent_of, seed
        self.silent, self.mixed = drawn.silent, drawn.mixed

    def rows(self, split: str, what: str | None = None) -> Iterator[Row]:
        """See `engine.Labelled`."""
        pairs = self._work.read(split, what or labelling(split))
        if split == "train":
            bound = self._drawn.draw.rows
            return train_rows(pairs, self._label_of, self._intent_of.get, bound, self._seed)
        return (true_row(pair, self._intent_of.get(normal_form(pair.response))) for pair in pairs)

    def unlabelled(self) -> Iterator[str]:
        """See `engine.Labelled`."""
        pairs = self._work.read("train", UNLABELLED)
        return undrawn_messages(pairs, self._label_of, self._drawn.draw, self._seed)

    def _label_of(self, message: str) -> SoftLabel | None:
        return self._drawn.soft.get(message_id(message_key(message)))


def soft_labels(corpus: Corpus, intents: Intents, near: csr_array) -> dict[int, SoftLabel]:
    """`message_id` -> shares of the messages that have a response with an intent.

    A message's own: pairs with each of its responses times the confidence of its intent. They are
    carried over edges of near messages, `link_units` CSR int64 [M, M], which raises what near
    messages agree in.
    """
    place = np.maximum(intents.of[corpus.columns], 0)
    counted = corpus.counts * messages.weights(intents)[corpus.columns]
    shape = (len(corpus.ids), len(intents.names))
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
