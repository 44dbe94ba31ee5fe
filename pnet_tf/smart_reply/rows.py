"""Rows of the tables that a model trains on, and is measured on."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..data.soft import SoftLabel, best_label
from .corpus import Corpus, message_key, share
from .messages import SoftLabels
from .normal import normal_form
from .pairs import Pair
from .seeds import SILENT

COLUMNS = ("label", "text", "soft", "response")
IntentOf = Callable[[str], str | None]
"""Normal form of a response -> intent."""


class Row(NamedTuple):
    """Label, message, shares of several labels or None, and the response that was given."""

    label: str
    text: str
    soft: SoftLabel | None
    response: str


def true_rows(pairs: Iterable[Pair], intent_of: IntentOf) -> Iterator[Row]:
    """A row a pair, in order: the intent of its response, or SILENT."""
    for message, response in pairs:
        yield Row(intent_of(normal_form(response)) or SILENT, message, None, response)


def train_rows(
    pairs: Iterable[Pair], corpus: Corpus, soft: SoftLabels, intent_of: IntentOf,
    most_silent: int, seed: int,
) -> tuple[list[Row], int, int]:  # fmt: skip
    """(rows of the pairs with an intent and of `most_silent` others, how many others there were,
    how many pairs make no row: their message has an intent and their response has none).

    The first have the soft labels of their message. The others, SILENT, are pairs whose message
    never got a response with an intent: those of the smallest hash. Rows keep the order of `pairs`.
    """
    places = corpus.places()
    rows: list[tuple[int, Row]] = []
    silent: list[tuple[float, int, Pair]] = []
    others = mixed = 0
    for number, pair in enumerate(pairs):
        shares = soft.get(places.get(message_key(pair.message), -1))
        if shares is None:
            others += 1
            place = share("\t".join(pair), seed)
            _put(silent, (-place, number, pair), most_silent)
        elif intent_of(normal_form(pair.response)) is not None:
            several = shares if len(shares) > 1 else None
            rows.append((number, Row(best_label(shares), pair.message, several, pair.response)))
        else:
            mixed += 1
    rows += [(number, Row(SILENT, pair.message, None, pair.response)) for _, number, pair in silent]
    return [row for _, row in sorted(rows, key=lambda item: item[0])], others, mixed


def _put(heap: list[tuple[float, int, Pair]], item: tuple[float, int, Pair], most: int) -> None:
    """Keep the `most` largest of what comes."""
    if len(heap) < most:
        heapq.heappush(heap, item)
    elif most:
        heapq.heappushpop(heap, item)


def table_text(rows: Iterable[Row]) -> str:
    """Tab-separated rows below COLUMNS; `soft` as JSON, or empty."""
    lines = ["\t".join(COLUMNS)]
    for label, text, soft, response in rows:
        shares = "" if soft is None else json.dumps(soft, ensure_ascii=False)
        lines.append(f"{label}\t{text}\t{shares}\t{response}")
    return "\n".join(lines) + "\n"
