"""What offered replies are worth: precision, recall, ranks, variety, calibration; NumPy alone.

Formulae are in `docs/reply-figures.md`. A figure over no message is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics import expected_calibration_error, reliability
from ..tflite.ranking import Suggestion
from .words import WordList

BINS = 15
FEWER_THAN = 3
Offer = Sequence[Suggestion]
"""What one message is offered, best first; () for none."""


@dataclass(frozen=True)
class IntentFigures:
    """How often the intent of the true response is found, over messages that have one.

    `precision_at_1`: it is that of the first suggestion. `recall_at_3`: of one of the first three.
    `mrr`: mean of 1 / its rank among all intents by score, the silent label left out.
    """

    messages: int
    precision_at_1: float | None
    recall_at_3: float | None
    mrr: float | None


@dataclass(frozen=True)
class SuggestionFigures:
    """What the answered messages are shown.

    `distinct_share`: suggestions that differ from those before them in their message; 1 is right.
    `distinct_replies`: different texts over the whole split. `fewer_than_three_share`: of the
    answered messages. `banned`: suggestions that hold an entry of the word list; 0 is right.
    """

    suggestions: int
    distinct_share: float | None
    distinct_replies: int
    fewer_than_three_share: float | None
    banned: int


@dataclass(frozen=True)
class ReliabilityBin:
    """Examples whose score is in one of the bins, their mean score and share that was right."""

    examples: int
    score: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """Whether scores are shares of right answers, over all messages, in 15 bins.

    `label_ece`: of the best label, the silent one included. `trigger_ece`: of the score that
    decides on silence, against whether the best intent is that of the true response.
    `answered_ece`: the same over answered messages, where that score matters.
    """

    label_ece: float
    trigger_ece: float
    answered_ece: float | None
    label_bins: tuple[ReliabilityBin, ...]
    trigger_bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True)
class RankFigures:
    """Share of ranks up to 1 and up to 10, and mean of 1 / rank; ties have the mean rank."""

    pairs: int
    recall_at_1: float | None
    recall_at_10: float | None
    mrr: float | None


@dataclass(frozen=True)
class ResponseFigures:
    """Rank of the true response among `candidates` responses.

    `every`: over all pairs drawn. `with_intent`: over those whose true response has an intent.
    `chance_at_1`, `chance_at_10`: the recall of scores that know nothing.
    """

    candidates: int
    every: RankFigures
    with_intent: RankFigures
    chance_at_1: float
    chance_at_10: float


def mean_ranks(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Rank float64 [N], 1 the best, of column target [N] in its row of scores [N, C].

    Columns of an equal score share the mean of their ranks: 1 + higher + (equal - 1) / 2.
    """
    own = np.take_along_axis(scores, targets[:, None], axis=1)
    higher = (scores > own).sum(axis=1)
    return 1 + higher + ((scores == own).sum(axis=1) - 1) / 2


def recall_at(offers: Sequence[Offer], truth: Sequence[str], k: int) -> float | None:
    """Share of messages with the true label among their first `k` suggestions."""
    pairs = zip(offers, truth, strict=True)
    return mean_of([label in [one.label for one in offer[:k]] for offer, label in pairs])


def intent_figures(
    offers: Sequence[Offer], truth: Sequence[str], ranks: np.ndarray
) -> IntentFigures:
    """Figures of messages with a true intent; `ranks` [N] are those of `mean_ranks`."""
    return IntentFigures(
        len(offers), recall_at(offers, truth, 1), recall_at(offers, truth, 3), mean_of(1 / ranks)
    )


def suggestion_figures(offers: Sequence[Offer], words: WordList) -> SuggestionFigures:
    """Figures of what is offered to the answered messages."""
    texts = [[one.text for one in offer] for offer in offers]
    every = [text for row in texts for text in row]
    banned = {text for text in set(every) if words.find(text) is not None}
    distinct = sum(len(set(row)) for row in texts)
    return SuggestionFigures(
        suggestions=len(every),
        distinct_share=distinct / len(every) if every else None,
        distinct_replies=len(set(every)),
        fewer_than_three_share=mean_of([len(row) < FEWER_THAN for row in texts]),
        banned=sum(text in banned for text in every),
    )


def calibration(
    best: np.ndarray, best_right: np.ndarray, triggers: np.ndarray, trigger_right: np.ndarray,
    answered: np.ndarray,
) -> Calibration:  # fmt: skip
    """ECE and bins of the best label's scores and of the triggers; `answered` bool; all [N]."""
    some = triggers[answered], trigger_right[answered]
    return Calibration(
        expected_calibration_error(best, best_right, BINS),
        expected_calibration_error(triggers, trigger_right, BINS),
        expected_calibration_error(*some, BINS) if answered.any() else None,
        _bins(best, best_right),
        _bins(triggers, trigger_right),
    )


def response_figures(scores: np.ndarray, with_intent: np.ndarray) -> ResponseFigures:
    """Figures of scores [P, C] of candidates, the true response in the first column.

    `with_intent`, bool [P]: whether that has an intent.
    """
    pairs, candidates = scores.shape
    ranks = mean_ranks(scores, np.zeros(pairs, np.int64))
    return ResponseFigures(
        candidates, _rank_figures(ranks), _rank_figures(ranks[with_intent]),
        1 / candidates, min(10 / candidates, 1.0),
    )  # fmt: skip


def _rank_figures(ranks: np.ndarray) -> RankFigures:
    return RankFigures(len(ranks), mean_of(ranks <= 1), mean_of(ranks <= 10), mean_of(1 / ranks))


def mean_of(values: Sequence[bool] | np.ndarray) -> float | None:
    """Mean, None without values."""
    return float(np.mean(values)) if len(values) else None


def _bins(scores: np.ndarray, right: np.ndarray) -> tuple[ReliabilityBin, ...]:
    return tuple(ReliabilityBin(*row) for row in reliability(scores, right, BINS))
