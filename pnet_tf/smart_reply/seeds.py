"""Seeds of intents: chosen among the responses, or given by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from ..data.labels import label_problem
from ..data.limits import shown
from ..errors import InputError
from ..files import read_text
from .normal import normal_form

SILENT = "no_reply"
"""The label of messages that get no reply of an intent."""
MOST_NEAR = 0.35
"""Nearness to a seed above which a response is no further seed."""
HEADER = ("response", "intent")
_NAMED = 3


def choose_seeds(
    weights: csr_array, counts: Sequence[int], most: int, known: Sequence[int] = ()
) -> list[int]:
    """Places of at most `most` responses that are frequent and far apart, first to last.

    Greedy, after the seeds that are `known`: the next one has the largest sqrt(count) (1 - nearness
    to a seed), where nearness is the product of likenesses, `weights` [R, R], on the best path of
    one or two steps; none above MOST_NEAR.
    """
    worth, near = np.sqrt(np.asarray(counts, np.float64)), np.zeros(len(counts))
    for place in known:
        _come_near(near, weights, place)
    found: list[int] = []
    while len(found) < most:
        left = np.where(near > MOST_NEAR, 0, worth * (1 - near))
        best = int(left.argmax())
        if left[best] <= 0:
            break
        found.append(best)
        _come_near(near, weights, best)
    return found


def _come_near(near: np.ndarray, weights: csr_array, seed: int) -> None:
    """Raise `near` to the nearness to `seed`."""
    around, likeness = _row(weights, seed)
    np.maximum.at(near, around, likeness)
    for place, first in zip(around.tolist(), likeness.tolist(), strict=True):
        further, second = _row(weights, place)
        np.maximum.at(near, further, first * second)
    near[seed] = 1


def _row(weights: csr_array, place: int) -> tuple[np.ndarray, np.ndarray]:
    part = slice(weights.indptr[place], weights.indptr[place + 1])
    return weights.indices[part], weights.data[part]


def read_reply_seeds(path: str | Path) -> dict[str, str]:
    """Response -> intent of a table with tabs between, perhaps under the header HEADER.

    Raises InputError that names the row, also where one response has two intents.
    """
    found: dict[str, str] = {}
    for row, line in enumerate(read_text(path).split("\n"), 1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.strip() or tuple(cell.lower() for cell in cells[:2]) == HEADER:
            continue
        if len(cells) != 2 or not all(cells):
            raise InputError(
                f"{path} row {row}: {shown(line.strip())}; allowed: a response, a tab, an intent"
            )
        response, intent = cells
        if found.setdefault(response, intent) != intent:
            raise InputError(
                f"{path} row {row}: {shown(response)} has the intents {shown(found[response])} and "
                f"{shown(intent)}; allowed: one"
            )
    if not found:
        raise InputError(f"{path}: no row; needed: rows of response and intent")
    return found


def place_seeds(
    seeds: Mapping[str, str], places: Mapping[str, int], title: str = "seeds"
) -> dict[int, str]:
    """Place of a response -> intent; responses are found by their normal form.

    Raises InputError for responses that are not in `places`, for one with two intents and for an
    intent that is no label or is SILENT, or begins so with a colon after it.
    """
    if not isinstance(seeds, Mapping) or not seeds:
        raise InputError(f"{title} must map responses to intents, got {shown(seeds)}")
    stray = [text for text in seeds if normal_form(text) not in places]
    if stray:
        more = ", ..." if len(stray) > _NAMED else ""
        raise InputError(
            f"{title}: {len(stray)} of {len(seeds)} are no response that is kept: "
            f"{', '.join(map(shown, stray[:_NAMED]))}{more}; allowed: the {len(places)} kept ones"
        )
    found: dict[int, str] = {}
    for text, intent in seeds.items():
        if (problem := label_problem(intent)) or "\t" in intent or (
            intent.partition(":")[0] == SILENT
        ):
            why = problem or f"is {shown(intent)}; allowed: any other"
            raise InputError(f"{title}: the intent of {shown(text)} {why}")
        if found.setdefault(places[normal_form(text)], intent) != intent:
            raise InputError(f"{title}: {shown(text)} has two intents; allowed: one")
    return found
