"""A finished model's replies on a split, and those of baselines on the same rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import InputError
from ..export.ranking import fit_threshold
from ..tflite.metadata import ModelMetadata
from .baselines import (
    calibrated,
    fasttext_baseline,
    frequent_baseline,
    has_fasttext,
    nearest_baseline,
)
from .candidates import Trials, draw_trials
from .figures import ResponseFigures, response_figures
from .labelled import LabelledPairs, ReplyData, read_reply_data
from .matching import fit_matcher
from .nearest import has_sklearn
from .offers import Offered, Rule, System, SystemFigures, check_rows, system_figures
from .words import WordList, read_words

SPLITS = ("test", "valid")


class ReplyModel(Protocol):
    """What is measured; a `TFLiteModel` is one."""

    metadata: ModelMetadata
    size_bytes: int
    runtime: str

    def scores(self, inputs: Any) -> np.ndarray:
        """Scores float32 [N, labels] of encoded messages uint8 [N, bytes]."""


@dataclass(frozen=True)
class ReplyEvaluation:
    """Figures of the model and of baselines on one split.

    `messages` of it, of which `with_intent` have a true response that is in the inventory.
    `cut_messages` are longer than the model's input. `valid_rate`: the model's trigger rate on the
    valid split, to which the thresholds of baselines are fitted there; None without baselines.
    `notes`: what is left out, and why.
    """

    split: str
    messages: int
    with_intent: int
    cut_messages: int
    size_bytes: int
    runtime: str
    seed: int
    valid_rate: float | None
    model: SystemFigures
    baselines: tuple[SystemFigures, ...]
    notes: tuple[str, ...]


def evaluate_files(
    model: str | Path, folder: str | Path, split: str = "test", *,
    words: str | Path | None = None, baselines: bool = True, candidates: int = 100, seed: int = 0,
) -> ReplyEvaluation:  # fmt: skip
    """`evaluate_replies` for a .tflite, a folder of tables and a file of words."""
    from ..tflite.model import load_model

    banned = read_words(words)
    data = read_reply_data(folder, ("train", "valid", "test"))
    return evaluate_replies(
        load_model(model), data, split, words=banned, baselines=baselines, candidates=candidates,
        seed=seed,
    )  # fmt: skip


def evaluate_replies(
    model: ReplyModel, data: ReplyData, split: str = "test", *,
    words: WordList | None = None, baselines: bool = True, candidates: int = 100, seed: int = 0,
) -> ReplyEvaluation:  # fmt: skip
    """Run `model` on a split of `data`, test or valid, and baselines trained on its train.

    `words`: what no reply may hold, None the shipped list. `candidates`: responses among which the
    true one is ranked. Raises InputError, before the work, for a model without a ranking, a split
    that is missing, empty or without any intent, and labels that the model does not know.
    """
    if split not in SPLITS:
        raise InputError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    rule, rows = Rule.of(model.metadata), data.rows(split)
    check_rows(rows, rule, f"{data.name}, {split}")
    compared = baselines and has_sklearn()
    for needed in ("train", "valid") if compared else ():
        data.rows(needed)
    bench = _make_bench(rule, data, rows, words, candidates, seed)
    system, encode = _model_system(model), rule.metadata.input_spec.encode
    own = bench.measured(system, rule.ranking.threshold)
    rate, others = bench.compared(system) if compared else (None, ())
    return ReplyEvaluation(
        split=split,
        messages=len(rows),
        with_intent=own.every.messages,
        cut_messages=encode(rows.messages).cut,
        size_bytes=model.size_bytes,
        runtime=model.runtime,
        seed=seed,
        valid_rate=rate,
        model=own,
        baselines=others,
        notes=tuple(_notes(bench, baselines)),
    )


def _model_system(model: ReplyModel) -> System:
    def score(messages: Sequence[str]) -> np.ndarray:
        return model.scores(model.metadata.input_spec.encode(messages).array)

    return System("model", score, probabilities=True, floor=None)


@dataclass(frozen=True, eq=False)
class _Bench:
    """What all systems are measured with; `trials` None where responses cannot be scored."""

    rule: Rule
    data: ReplyData
    rows: LabelledPairs
    words: WordList
    seed: int
    trials: Trials | None

    def measured(self, system: System, threshold: float) -> SystemFigures:
        """All figures of a system that answers from `threshold` on."""
        found = self._offered(system, self.rows)
        return system_figures(
            system.name, found, found.answered(threshold), self.rows, self.rule, self.words,
            probabilities=system.probabilities, responses=self._responses(system, found.scores),
        )  # fmt: skip

    def compared(self, model: System) -> tuple[float, tuple[SystemFigures, ...]]:
        """The model's trigger rate on valid, and the figures of baselines at that rate."""
        valid, found = self.data.rows("valid"), []
        answered = self._offered(model, valid).answered(self.rule.ranking.threshold)
        rate = float(answered.mean())
        silent = self.rule.ranking.silent
        for baseline in _baselines(self.data.rows("train"), valid, self.rule.labels, silent):
            threshold = fit_threshold(self._offered(baseline, valid).triggers, rate)
            found.append(self.measured(baseline, threshold))
        return rate, tuple(found)

    def _offered(self, system: System, rows: LabelledPairs) -> Offered:
        encoded = self.rule.metadata.input_spec.encode(rows.messages).array
        found = self.rule.offered(system.score(rows.messages), encoded, system.floor)
        if system.by_chance:
            drawn = np.random.default_rng(self.seed).random(len(rows))
            return replace(found, triggers=drawn)
        return found

    def _responses(self, system: System, scores: np.ndarray) -> ResponseFigures | None:
        if self.trials is None:
            return None
        rows = self.trials.rows
        with_intent = ~self.rule.silent([self.rows.labels[row] for row in rows])
        if system.match is not None:
            return response_figures(system.match(self.trials), with_intent)
        matcher = fit_matcher(system.score, self.data.rows("train"), self.trials.texts)
        found = matcher.scores(scores[rows], self.trials.candidates)
        return response_figures(found, with_intent)


def _make_bench(
    rule: Rule, data: ReplyData, rows: LabelledPairs, words: WordList | None, candidates: int,
    seed: int,
) -> _Bench:  # fmt: skip
    trials = draw_trials(rows, candidates, seed)
    if not has_sklearn() or "train" not in data.splits:
        trials = None
    return _Bench(rule, data, rows, words or read_words(), seed, trials)


def _baselines(
    train: LabelledPairs, valid: LabelledPairs, labels: Sequence[str], silent: Collection[str]
) -> Iterator[System]:
    yield frequent_baseline(train, labels)
    yield nearest_baseline(train, labels)
    if has_fasttext():
        yield calibrated(fasttext_baseline(train, labels), valid, labels, silent)


def _notes(bench: _Bench, baselines: bool) -> Iterator[str]:
    """What is left out, and why."""
    if not has_sklearn():
        yield "no baselines and no ranks of responses: scikit-learn is not installed (extra train)"
    elif "train" not in bench.data.splits:
        yield "no ranks of responses: they need the split train"
    elif bench.trials is None:
        yield "no ranks of responses: all responses of the split are the same"
    elif baselines and not has_fasttext():
        yield "no fastText: it is not installed (extra benchmark)"
