"""The true response among others of the split: what the making of labels cannot flatter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .labelled import LabelledPairs
from .normal import normal_form

MOST_PAIRS = 1000


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
