"""What a system of scores offers to messages by the ranking of a file, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..tflite.metadata import ModelMetadata
from ..tflite.ranking import Ranking, Suggestion, suggest
from .candidates import Trials
from .figures import (
    Calibration,
    IntentFigures,
    ResponseFigures,
    SuggestionFigures,
    calibration,
    intent_figures,
    mean_of,
    mean_ranks,
    suggestion_figures,
)
from .labelled import LabelledPairs
from .words import WordList

Score = Callable[[Sequence[str]], np.ndarray]
"""Messages [N] to scores [N, L] of labels."""
Match = Callable[[Trials], np.ndarray]
"""Trials [P, C] to scores [P, C] of their candidates."""


@dataclass(frozen=True)
class System:
    """The model or a baseline.

    `match`: its own scores of responses; None: those that follow from its labels. `by_chance`:
    it says the same to all messages, so that it answers some of them by chance. `probabilities`:
    whether its scores are meant as such. `floor`: the least score that it offers; None: the file's.
    """

    name: str
    score: Score
    match: Match | None = None
    by_chance: bool = False
    probabilities: bool = False
    floor: float | None = 0.0


@dataclass(frozen=True)
class SystemFigures:
    """Figures of the model or of a baseline.

    `trigger_rate`: share of all messages that are answered. `kept_silent`: share of the messages
    without an intent that are not. `answered`: over answered messages; `every`: over all of them,
    as if each were answered. `calibration` only of systems whose scores are probabilities.
    """

    name: str
    trigger_rate: float
    kept_silent: float | None
    answered: IntentFigures
    every: IntentFigures
    suggestions: SuggestionFigures
    calibration: Calibration | None
    responses: ResponseFigures | None


@dataclass(frozen=True, eq=False)
class Rule:
    """Labels, replies and ranking of a file, which baselines are held to as well."""

    metadata: ModelMetadata
    ranking: Ranking

    @classmethod
    def of(cls, metadata: ModelMetadata) -> Rule:
        """Raises InputError for a file that does not choose among replies."""
        if metadata.ranking is None:
            raise InputError("the model does not choose replies; export it with --trigger-rate")
        return cls(metadata, metadata.ranking)

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the scores."""
        return self.metadata.labels

    @property
    def intents(self) -> np.ndarray:
        """Places of all labels but silent ones, int64 [I]."""
        return np.flatnonzero(~self.silent(self.labels))

    def silent(self, labels: Sequence[str]) -> np.ndarray:
        """Which of `labels` [N] are silent, bool [N]."""
        return np.array([label in self.ranking.silent for label in labels], bool)

    def offered(
        self, scores: np.ndarray, messages: np.ndarray, floor: float | None = None
    ) -> Offered:
        """What is offered for scores [N, L] and encoded messages uint8 [N, B], before silence.

        `floor` None: that of the ranking.
        """
        floor = self.ranking.floor if floor is None else floor
        ranking, meta = replace(self.ranking, threshold=0.0, floor=floor), self.metadata
        rows = [
            suggest(row, message.tobytes().rstrip(b"\0"), self.labels, meta.replies, ranking)
            for row, message in zip(scores.tolist(), messages, strict=True)
        ]
        triggers = np.array([row.trigger for row in rows])
        return Offered(scores, triggers, tuple(row.replies for row in rows))


@dataclass(frozen=True, eq=False)
class Offered:
    """Scores [N, L], triggers [N] and what each message would be offered if it were answered."""

    scores: np.ndarray
    triggers: np.ndarray
    offers: tuple[tuple[Suggestion, ...], ...]

    def answered(self, threshold: float) -> np.ndarray:
        """Whether each message is answered, bool [N]."""
        return (self.triggers >= threshold) & np.array([bool(offer) for offer in self.offers])


def system_figures(
    name: str, found: Offered, answered: np.ndarray, rows: LabelledPairs, rule: Rule,
    words: WordList, *, probabilities: bool, responses: ResponseFigures | None,
) -> SystemFigures:  # fmt: skip
    """All figures of a system that answers `answered`, bool [N], of `rows`."""
    silent = rule.silent(rows.labels)
    shown = [offer for offer, yes in zip(found.offers, answered, strict=True) if yes]
    return SystemFigures(
        name=name,
        trigger_rate=float(answered.mean()),
        kept_silent=mean_of(~answered[silent]),
        answered=_intents(found, rows, rule, answered & ~silent),
        every=_intents(found, rows, rule, ~silent),
        suggestions=suggestion_figures(shown, words),
        calibration=_calibration(found, rows, rule, answered) if probabilities else None,
        responses=responses,
    )


def _intents(found: Offered, rows: LabelledPairs, rule: Rule, chosen: np.ndarray) -> IntentFigures:
    places = np.flatnonzero(chosen)
    truth = [rows.labels[place] for place in places]
    names = [rule.labels[place] for place in rule.intents]
    targets = np.array([names.index(label) for label in truth], np.int64)
    ranks = mean_ranks(found.scores[places][:, rule.intents], targets)
    return intent_figures([found.offers[place] for place in places], truth, ranks)


def _calibration(
    found: Offered, rows: LabelledPairs, rule: Rule, answered: np.ndarray
) -> Calibration:
    best = found.scores.argmax(axis=1)
    best_right = [rule.labels[at] == label for at, label in zip(best, rows.labels, strict=True)]
    pairs = zip(found.offers, rows.labels, strict=True)
    trigger_right = [bool(offer) and offer[0].label == label for offer, label in pairs]
    return calibration(
        found.scores.max(axis=1).astype(np.float64), np.array(best_right),
        found.triggers, np.array(trigger_right), answered,
    )  # fmt: skip


def check_rows(rows: LabelledPairs, rule: Rule, title: str) -> None:
    """Raise InputError for a label that the model does not know and for rows without any intent."""
    known: Sequence[str] = rule.labels
    for row, label in enumerate(rows.labels, 1):
        if label not in known:
            raise InputError(
                f"{title}: the label {label!r} of example {row} is none of the model's {len(known)}"
                " labels; needed: the data that it was trained on"
            )
    if rule.silent(rows.labels).all():
        raise InputError(
            f"{title}: every label is silent, {rows.labels[0]!r} for one; needed: messages whose "
            "true response has an intent"
        )
