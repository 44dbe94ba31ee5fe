"""The true response among others of the split: a measure that the making of labels cannot flatter.

A system of intents scores response r for message m by sum_i p(i|m) p(i|r) / p(i)^PRIOR_POWER, the
silent label a class like the others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .labelled import LabelledPairs
from .nearest import Nearest
from .normal import normal_form

MOST_PAIRS = 1000
MOST_KNOWN = 200_000
"""Responses of train that others are compared with, the most frequent."""
NEAR_RESPONSES = 50
PRIOR_POWER = 1.25
"""Both, and the square of cosines, chosen on a validation split; see `docs/reply-figures.md`."""


@dataclass(frozen=True, eq=False)
class Trials:
    """P messages with C candidates each: places int64 [P, C] in `texts`, the true one first.

    `texts`: normal forms, each once. `rows`: places of the messages in their split.
    """

    messages: tuple[str, ...]
    rows: np.ndarray
    texts: tuple[str, ...]
    candidates: np.ndarray


def draw_trials(rows: LabelledPairs, candidates: int, seed: int) -> Trials | None:
    """At most MOST_PAIRS pairs of `rows`, each with `candidates` - 1 other responses of `rows`.

    Others are drawn as often as they are said, without the true one's normal form and none twice;
    where the split has fewer, all of them. None without any other. Raises InputError for fewer
    than two candidates.
    """
    if type(candidates) is not int or candidates < 2:
        raise InputError(f"candidates must be a whole number of at least 2, got {candidates!r}")
    forms = [normal_form(response) or response for response in rows.responses]
    texts = tuple(dict.fromkeys(forms))
    places = {text: place for place, text in enumerate(texts)}
    said = np.array([places[form] for form in forms], np.int64)
    count = min(candidates, len(texts))
    if count < 2:
        return None
    random = np.random.default_rng(seed)
    chosen = np.sort(random.permutation(len(rows))[:MOST_PAIRS])
    drawn = [[said[row], *_others(said, int(said[row]), count - 1, random)] for row in chosen]
    messages = tuple(rows.messages[row] for row in chosen)
    return Trials(messages, chosen, texts, np.array(drawn, np.int64))


def _others(said: np.ndarray, own: int, count: int, random: np.random.Generator) -> list[int]:
    """`count` different values of `said` but `own`, drawn by how often each is there."""
    found: dict[int, None] = {}
    for drawn in (random.choice(said, 4 * count), random.permutation(said)):
        found |= dict.fromkeys(drawn.tolist())
        found.pop(own, None)
        if len(found) >= count:  # most often the first, which does not go through all rows
            break
    return list(found)[:count]


@dataclass(frozen=True, eq=False)
class ResponseTable:
    """p(i|r) of T responses, float64 [T, L], and p(i) of the training split, [L]."""

    shares: np.ndarray
    prior: np.ndarray

    def scores(self, intents: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Scores [P, C] of places `candidates` for p(i|m) `intents` [P, L]."""
        weights = intents.astype(np.float64) / self.prior**PRIOR_POWER
        pairs = zip(weights, candidates, strict=True)
        return np.stack([self.shares[places] @ row for row, places in pairs])


def response_table(
    texts: Sequence[str], train: LabelledPairs, inventory: Mapping[str, str],
    labels: Sequence[str],
) -> ResponseTable:  # fmt: skip
    """The table of normal forms `texts` [T] for `labels` [L].

    A form of the inventory is its intent. Another one has the mean, weighted by cosine squared, of
    the label shares of the NEAR_RESPONSES nearest responses of train and inventory; the prior where
    none of them has anything in common with it.
    """
    prior = label_prior(train.labels, labels)
    known = _known_responses(train, inventory)
    counts = np.array([[of[label] for label in labels] for of in known.values()], np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    places, cosines = Nearest(tuple(known)).near(texts, NEAR_RESPONSES)
    found = _weighted(shares, places, cosines**2)
    total = found.sum(axis=1, keepdims=True)
    found = np.where(total > 0, found / np.where(total > 0, total, 1), prior)
    for row, text in enumerate(texts):
        if inventory.get(text) in labels:
            found[row] = np.array([label == inventory[text] for label in labels])
    return ResponseTable(found, prior)


def _weighted(shares: np.ndarray, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sums [T, L] of `shares` [R, L] at `places` [T, k], each times its weight [T, k]."""
    pairs = zip(places, weights, strict=True)  # row by row: [T, k, L] is large
    return np.stack([row @ shares[near] for near, row in pairs])


def label_prior(names: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Share of each of `labels` [L] among `names`, one more counted of each: (n + 1) / (N + L)."""
    counts = Counter(names)
    found = np.array([counts[label] + 1 for label in labels], np.float64)
    return found / found.sum()


def _known_responses(train: LabelledPairs, inventory: Mapping[str, str]) -> dict[str, Counter[str]]:
    """Normal form -> counts of its labels in train; once its intent for one that is not there.

    In train, where a row has the label of its message, a response of the inventory has its own
    intent. MOST_KNOWN of train, the most frequent, ties by their order.
    """
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for label, response in zip(train.labels, train.responses, strict=True):
        form = normal_form(response) or response
        found[form][inventory.get(form, label)] += 1
    if len(found) > MOST_KNOWN:
        frequent = sorted(found, key=lambda text: -found[text].total())[:MOST_KNOWN]
        found = defaultdict(Counter, {text: found[text] for text in frequent})
    for text, intent in inventory.items():
        if text not in found:
            found[text][intent] += 1
    return dict(found)
