"""Rows of the tables that a model trains on, and is measured on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from ..data.soft import SoftLabel, best_label
from .corpus import hash_of
from .normal import normal_form
from .pairs import Pair
from .seeds import SILENT

COLUMNS = ("label", "text", "soft", "response")
IntentOf = Callable[[str], str | None]
"""Normal form of a response -> intent."""
LabelOf = Callable[[str], SoftLabel | None]
"""Message -> shares of its intents, None for one without."""
_GATHERED = 1 << 16


class Row(NamedTuple):
    """Label, message, shares of several labels or None, and the response that was given."""

    label: str
    text: str
    soft: SoftLabel | None
    response: str


@dataclass(frozen=True)
class Bound:
    """The smallest of numbers: those below `limit`, and the first `at_limit` at it."""

    limit: int
    at_limit: int


@dataclass(frozen=True)
class Draw:
    """Which silent pairs of train make a row, by their `pair_hash`, and which are drawn at all:
    those, and the ones whose message is for learning without a label.
    """

    rows: Bound
    all: Bound


@dataclass(frozen=True)
class Drawn:
    """`soft`: `message_id` -> shares of the messages with an intent; `draw` of the silent pairs.

    `silent`, `mixed`: how many pairs of train are so.
    """

    soft: Mapping[int, SoftLabel]
    draw: Draw
    silent: int
    mixed: int


def true_row(pair: Pair, intent: str | None) -> Row:
    """The row of valid and test: the intent of the response, or SILENT for None."""
    return Row(intent or SILENT, pair.message, None, pair.response)


def train_row(pair: Pair, shares: SoftLabel) -> Row:
    """The row of train for a pair whose message has `shares` and whose response an intent."""
    several = shares if len(shares) > 1 else None
    return Row(best_label(shares), pair.message, several, pair.response)


def train_rows(
    pairs: Iterable[Pair], label_of: LabelOf, intent_of: IntentOf, bound: Bound, seed: int
) -> Iterator[Row]:
    """Rows of the pairs with an intent and of the SILENT ones within `bound`, in their order.

    A pair is silent when its message never got a response with an intent. One whose message did,
    and whose own response has none, makes no row.
    """
    within = _within(bound)
    for pair in pairs:
        shares = label_of(pair.message)
        if shares is None:
            if within(pair_hash(pair, seed)):
                yield Row(SILENT, pair.message, None, pair.response)
        elif intent_of(normal_form(pair.response)) is not None:
            yield train_row(pair, shares)


def undrawn_messages(
    pairs: Iterable[Pair], label_of: LabelOf, draw: Draw, seed: int
) -> Iterator[str]:
    """Messages of the silent pairs that are drawn and make no row, in their order."""
    in_rows, in_all = _within(draw.rows), _within(draw.all)
    for pair in pairs:
        if label_of(pair.message) is None:
            place = pair_hash(pair, seed)
            drawn, makes_row = in_all(place), in_rows(place)
            if drawn and not makes_row:
                yield pair.message


def _within(bound: Bound) -> Callable[[int], bool]:
    """Whether numbers that are given one after the other are within `bound`."""
    left = bound.at_limit

    def within(place: int) -> bool:
        nonlocal left
        at = place == bound.limit and left > 0
        left -= at
        return place < bound.limit or at

    return within


def pair_hash(pair: Pair, seed: int) -> int:
    """63 bits that the pair and `seed` fix, by which silent pairs are drawn."""
    return hash_of(f"{seed} {pair.message}\t{pair.response}") >> 1


def silent_draw(hashes: Iterable[int], most_rows: int, most_unlabelled: int) -> Draw:
    """The draw of the `most_rows` smallest of `hashes`, and of `most_unlabelled` after them.

    Memory grows with these numbers alone.
    """
    kept, parts, most = np.empty(0, np.int64), iter(hashes), most_rows + most_unlabelled
    while (part := np.fromiter(islice(parts, _GATHERED), np.int64)).size:
        kept = np.concatenate([kept, part])
        if len(kept) > most:
            kept = np.partition(kept, most)[:most]
    kept.sort()
    return Draw(_bound(kept[:most_rows]), _bound(kept))


def _bound(kept: np.ndarray) -> Bound:
    """The bound of sorted numbers."""
    return Bound(int(kept[-1]), int((kept == kept[-1]).sum())) if kept.size else Bound(0, 0)


def table_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Lines of a table, the first of COLUMNS; cells have tabs between, `soft` is JSON or empty."""
    return chain(["\t".join(COLUMNS) + "\n"], map(_line, rows))


def _line(row: Row) -> str:
    shares = "" if row.soft is None else json.dumps(row.soft, ensure_ascii=False)
    return f"{row.label}\t{row.text}\t{shares}\t{row.response}\n"
