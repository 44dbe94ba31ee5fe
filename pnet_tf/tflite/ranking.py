"""Which replies a message gets, or none: version 2 of the specification in `docs/ranking.md`.

Everything it needs is in the file: scores, labels, replies and the `ranking` of its metadata. It
is the same few lines in every language.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..data.labels import given_labels
from ..data.limits import shown
from ..errors import InputError

RANKING_VERSION = 2
MOST_REPLIES = 10


@dataclass(frozen=True)
class Ranking:
    """How replies are chosen.

    `threshold`: below this score of the best label with a reply, the model stays silent. `floor`: a
    label is offered from so many times the best score on. `most_replies` at most. `plausible`: a
    label is where its score is at least so many times the best one. `silent`: labels of messages
    without a fitting reply. `affirmative`, `negative`: labels of which one each is offered where
    both are plausible. `silent_bias`, which is added to the logits of the silent labels, and
    `temperature`, by which all are then divided, within the file, and `trigger_rate`, the share of
    messages that the threshold was fitted to answer, are there for people.
    """

    threshold: float
    most_replies: int = 3
    floor: float = 0.02
    plausible: float = 0.2
    silent: tuple[str, ...] = ()
    affirmative: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    temperature: float = 1.0
    silent_bias: float = 0.0
    trigger_rate: float | None = None
    version: int = RANKING_VERSION

    def __post_init__(self) -> None:
        _check("threshold", self.threshold, 0.0, 1.0)
        _check("floor", self.floor, 0.0, 1.0)
        _check("plausible", self.plausible, 0.0, 1.0)
        _check("temperature", self.temperature, 1e-3, 1e3)
        _check("silent_bias", self.silent_bias, -1e3, 1e3)
        if self.trigger_rate is not None:
            _check("trigger_rate", self.trigger_rate, 0.0, 1.0)
        whole = isinstance(self.most_replies, int) and not isinstance(self.most_replies, bool)
        if not whole or not 1 <= self.most_replies <= MOST_REPLIES:
            raise InputError(
                f"most_replies must be 1..{MOST_REPLIES}, got {shown(self.most_replies)}"
            )
        for name in ("silent", "affirmative", "negative"):
            object.__setattr__(self, name, given_labels(getattr(self, name), name))
        both = set(self.affirmative) & set(self.negative)
        if both:
            raise InputError(f"{shown(min(both))} is both affirmative and negative")

    @classmethod
    def from_json(cls, value: Any) -> Ranking:
        """The form that `to_json` gives; raises InputError for anything else."""
        if not isinstance(value, Mapping):
            raise InputError(f"ranking must be an object, got {shown(value)}")
        if value.get("version") != RANKING_VERSION or isinstance(value.get("version"), bool):
            raise InputError(
                f"ranking of version {shown(value.get('version'))}; this pnet_tf reads "
                f"{RANKING_VERSION}"
            )
        known = set(cls.__dataclass_fields__)
        if "threshold" not in value or set(value) - known:
            odd = min(set(value) - known, key=str, default="threshold")
            raise InputError(f"ranking: {shown(odd)} is missing or does not exist")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the version first."""
        return {"version": self.version} | asdict(self)

    def check_labels(self, labels: Sequence[str]) -> None:
        """Raise InputError for a label of the ranking that is none of `labels`."""
        named = {*self.affirmative, *self.negative, *self.silent}
        stray = sorted(named - set(labels))
        if stray:
            raise InputError(f"ranking names {shown(stray[0])}; allowed: the labels")


@dataclass(frozen=True)
class Suggestion:
    """A reply, and the label and score that it stands for."""

    label: str
    score: float
    text: str


@dataclass(frozen=True)
class Suggestions:
    """What is offered, best first, and why.

    `trigger`: the best score of a label with a reply. `balanced`: labels that took the place of a
    better one so that a yes meets a no.
    """

    replies: tuple[Suggestion, ...]
    trigger: float
    threshold: float
    balanced: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether nothing is offered."""
        return not self.replies


def suggest(
    scores: Sequence[float],
    message: bytes,
    labels: Sequence[str],
    replies: Mapping[str, Sequence[str]],
    ranking: Ranking,
) -> Suggestions:
    """Replies for one message, whose bytes are those that the input tensor holds, unpadded.

    `scores` are those of `labels`; 0 for those that a top-k file does not give.
    """
    order = sorted(
        (i for i, label in enumerate(labels) if _offered(label, scores[i], replies, ranking)),
        key=lambda i: (-scores[i], i),
    )
    trigger = float(scores[order[0]]) if order else 0.0
    if not order or trigger < ranking.threshold:
        return Suggestions((), trigger, ranking.threshold)
    least = ranking.floor * scores[order[0]]
    order = [i for i in order if scores[i] >= least]
    chosen, balanced = _balanced(order, scores, labels, ranking)
    found = _texts(chosen, message, labels, replies)
    offered = tuple(Suggestion(labels[i], float(scores[i]), text) for i, text in found)
    return Suggestions(offered, trigger, ranking.threshold, tuple(labels[i] for i in balanced))


def form_hash(message: bytes) -> int:
    """32-bit FNV-1a (Fowler, Noll, Vo), which chooses among the texts of a label."""
    found = 2166136261
    for byte in message:
        found = (found ^ byte) * 16777619 % 2**32
    return found


def _offered(
    label: str, score: float, replies: Mapping[str, Sequence[str]], ranking: Ranking
) -> bool:
    return score > 0 and label not in ranking.silent and bool(replies.get(label))


def _balanced(
    order: list[int], scores: Sequence[float], labels: Sequence[str], ranking: Ranking
) -> tuple[list[int], list[int]]:
    """The places chosen, by falling score, and those among them that balance."""
    chosen, added = order[: ranking.most_replies], []
    least = ranking.plausible * scores[order[0]]
    poles = [
        next((i for i in order if labels[i] in names and scores[i] >= least), None)
        for names in (ranking.affirmative, ranking.negative)
    ]
    if None not in poles:
        for pole in [i for i in poles if i is not None and i not in chosen]:
            given_up = next((i for i in reversed(chosen[1:]) if i not in poles), None)
            if given_up is not None:
                chosen = [i for i in chosen if i != given_up] + [pole]
                added.append(pole)
    return sorted(chosen, key=order.index), added


def _texts(
    chosen: list[int], message: bytes, labels: Sequence[str], replies: Mapping[str, Sequence[str]]
) -> list[tuple[int, str]]:
    """A text of each label, none of them twice; a label without another one is left out."""
    start = form_hash(message)
    found: list[tuple[int, str]] = []
    for i in chosen:
        texts = replies[labels[i]]
        turned = [texts[(start + step) % len(texts)] for step in range(len(texts))]
        text = next((text for text in turned if text not in [t for _, t in found]), None)
        if text is not None:
            found.append((i, text))
    return found


def _check(name: str, value: Any, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"{name} must be a number {low:g}..{high:g}, got {shown(value)}")
