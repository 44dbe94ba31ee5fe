"""Intents of responses: few seeds, chosen or given, carried to the responses that are like them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.labels import label_problem
from ..errors import InputError
from ..graph import Graph, make_graph, make_seeds, propagate
from .bits import pooled
from .inventory import Inventory
from .links import Common, centred, response_edges
from .polarity import Polarity, read_polarity
from .seeds import SILENT, choose_seeds, place_seeds

LEAST_CONFIDENCE, MOST_CONFIDENCE = 0.4, 0.8
SEED_WEIGHT, PRIOR_WEIGHT = 100.0, 0.25
FIRST_SEEDS = 0.75
"""Share of the intents that begin far apart; the rest begin where the first have not come."""
FEWEST_INTENTS, MOST_INTENTS = 20, 80
MOST_REPLIES_SHOWN = 8
_LONGEST_NAME = 40


@dataclass(frozen=True, eq=False)
class Intents:
    """Intents of the R responses of an inventory.

    `names`: most frequent first. `of`: place in `names` of each response, -1 for none, int64 [R].
    `confidence`: score of the best intent, 0..1, also of one that was not taken, float64 [R].
    `seeds`: place of a response -> intent. `replies`: texts of each intent, the most frequent
    first, no text in two. `roles`: intent -> affirmative or negative. `edges`: of the graph.
    """

    names: tuple[str, ...]
    of: np.ndarray
    confidence: np.ndarray
    seeds: Mapping[int, str]
    replies: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str]
    edges: int


def default_intents(responses: int) -> int:
    """How many intents are sought among so many responses: 3 sqrt(R), 20..80, at most R."""
    return min(responses, max(FEWEST_INTENTS, min(MOST_INTENTS, round(3 * math.sqrt(responses)))))


def check_number(intents: int | None) -> None:
    """Raise InputError for a number of intents that is none, or below 2."""
    if intents is not None and (type(intents) is not int or intents < 2):
        raise InputError(f"intents must be a whole number of at least 2, got {intents!r}")


def build_intents(
    inventory: Inventory,
    meanings: np.ndarray,
    common: Common,
    *,
    seeds: Mapping[str, str] | None = None,
    intents: int | None = None,
    least_confidence: float = LEAST_CONFIDENCE,
    polarity: Polarity | None = None,
    seed: int = 0,
    title: str = "seeds",
) -> Intents:
    """Intents of the R responses of `inventory`, of what they answer: `meanings` [R, D], which are
    `contexts`, and which messages they have in `common`.

    `seeds` maps responses to intents; without, or where fewer than `intents`, further ones are
    chosen. They are carried over a graph of like responses (`response_edges`), held fast; a
    response takes its best intent from `least_confidence` on. Raises InputError for seeds that are
    no response, called `title`, and where only one intent comes about.
    """
    known = read_polarity() if polarity is None else polarity
    keys = [response.key for response in inventory.responses]
    given = {} if seeds is None else place_seeds(seeds, inventory.places(), title)
    number = _number(intents, len(set(given.values())), len(keys))
    graph = _graph(keys, meanings, common, known, seed)
    placed = _all_seeds(graph, inventory, given, number, least_confidence)
    best, confidence = _spread(graph, placed)
    best[confidence < least_confidence] = -1
    return _named(inventory, placed, set(given.values()), best, confidence, known, graph.edges)


def _number(intents: int | None, given: int, responses: int) -> int:
    check_number(intents)
    if intents is None:
        return given or default_intents(responses)
    return min(intents, responses)


def _graph(
    keys: Sequence[str], meanings: np.ndarray, common: Common, polarity: Polarity, seed: int
) -> Graph:
    kinds = np.array([polarity.kind(key) for key in keys])
    edges = response_edges(centred(pooled(keys, seed)), meanings, common, kinds, seed)
    return make_graph(*edges, nodes=tuple(map(str, range(len(keys)))))


def _all_seeds(
    graph: Graph, inventory: Inventory, given: dict[int, str], number: int, least: float
) -> dict[int, str]:
    """Seeds given, those far apart, and then the most frequent that none of these has come to."""
    counts = [response.count for response in inventory.responses]
    missing = number - len(set(given.values()))
    first = math.ceil(FIRST_SEEDS * missing)
    mark = "#" * (1 + max(map(len, given.values()), default=0))  # longer than any given name
    chosen = choose_seeds(graph.weights, counts, max(first, 0), list(given))
    placed = given | {place: f"{mark}{place}" for place in chosen}
    left = missing - len(chosen)
    if left > 0 and placed:
        _, confidence = _spread(graph, placed)
        away = np.flatnonzero(confidence < least)[:left]  # the inventory is frequent first
        placed |= {place: f"{mark}{place}" for place in away.tolist()}
    if len(set(placed.values())) < 2:
        raise InputError(
            f"only one intent comes about of {len(counts)} responses; needed: two or more; lower "
            "fewest, or give seeds of two intents"
        )
    return placed


def _spread(graph: Graph, seeds: Mapping[int, str]) -> tuple[np.ndarray, np.ndarray]:
    """(place of the best intent in the order of `seeds`, its score) of each response."""
    names = tuple(dict.fromkeys(seeds.values()))
    held = make_seeds(map(str, seeds), seeds.values(), np.full(len(seeds), SEED_WEIGHT))
    found = propagate(
        graph, held, labels=names, neighbour_weight=1.0, prior_weight=PRIOR_WEIGHT
    )
    best, score = found.best
    return best.copy(), score.copy()


def _named(
    inventory: Inventory, seeds: Mapping[int, str], given: set[str], best: np.ndarray,
    confidence: np.ndarray, polarity: Polarity, edges: int,
) -> Intents:  # fmt: skip
    """The intents by falling count, those that were not given named after their first reply."""
    responses = inventory.responses
    marks = tuple(dict.fromkeys(seeds.values()))
    members = {mark: np.flatnonzero(best == place).tolist() for place, mark in enumerate(marks)}
    total = {mark: sum(responses[p].count for p in members[mark]) for mark in marks}
    ranked = sorted(marks, key=lambda mark: (-total[mark], marks.index(mark)))
    names = _names(ranked, {mark: responses[members[mark][0]].key for mark in marks}, given)
    of = np.full(len(best), -1, np.int64)
    replies, roles = {}, {}
    for place, mark in enumerate(ranked):
        of[members[mark]] = place
        found = [responses[member] for member in members[mark]]
        replies[names[mark]] = tuple(response.text for response in found[:MOST_REPLIES_SHOWN])
        if role := polarity.role({response.key: response.count for response in found}):
            roles[names[mark]] = role
    placed = {place: names[mark] for place, mark in seeds.items()}
    ordered = tuple(names[mark] for mark in ranked)
    return Intents(ordered, of, confidence, placed, replies, roles, edges)


def _names(ranked: Sequence[str], keys: Mapping[str, str], given: set[str]) -> dict[str, str]:
    """Mark of an intent -> its name: a given one itself, another after the key of its response."""
    names = {mark: mark for mark in ranked if mark in given}
    for mark in ranked:
        if mark not in names:
            names[mark] = intent_name(keys[mark], {*names.values(), SILENT})
    return names


def intent_name(key: str, taken: set[str]) -> str:
    """An identifier of the normal form `key` that is not `taken`: "thank you" is thank_you.

    A text without letters is its own name. One that asks ends in _question where it must differ.
    """
    plain = re.sub(r"\W+", "_", key.replace("'", "")).strip("_")[:_LONGEST_NAME].strip("_")
    plain = plain if plain and not label_problem(plain) else key
    names = [plain, f"{plain}_question"] if key.endswith("?") else [plain]
    return next(
        name for name in (*names, *(f"{plain}_{n}" for n in range(2, len(taken) + 3)))
        if name not in taken
    )  # fmt: skip
