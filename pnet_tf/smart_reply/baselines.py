"""What others would say: the most frequent replies, retrieval by TF-IDF, fastText.

Each is trained on the training split alone, offers by the same rule but for the floor, which is
made for the file's scores, and answers as many messages.
"""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..calibration import fit_calibration
from ..metrics import log_softmax
from .candidates import Trials
from .labelled import LabelledPairs
from .nearest import Nearest, Vectors
from .normal import normal_form
from .offers import Match, System

NEAR_MESSAGES = 50
"""Messages that vote for intents."""
NEAR_ANSWERED = 20
"""Messages whose responses a candidate is compared with."""
MOST_KNOWN = 200_000
"""Pairs of train that are looked through; of more, so many drawn by a fixed seed."""
FASTTEXT = {"epoch": 50, "lr": 0.5, "dim": 100, "wordNgrams": 2, "minn": 2, "maxn": 5,
            "bucket": 100_000}  # fmt: skip
"""Options of fastText, those of the project's benchmark."""
LEAST_SCORE = 1e-9
"""Of a probability whose logarithm is taken."""


def frequent_baseline(train: LabelledPairs, labels: Sequence[str]) -> System:
    """Every message has the label shares of train; a response scores how often it is said there."""
    prior = label_prior(train.labels, labels)
    said = Counter(normal_form(response) or response for response in train.responses)

    def match(trials: Trials) -> np.ndarray:
        return np.array([said[text] for text in trials.texts], np.float64)[trials.candidates]

    def score(messages: Sequence[str]) -> np.ndarray:
        return np.tile(prior, (len(messages), 1))

    return System("most frequent", score, match, by_chance=True)


def label_prior(names: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Share of each of `labels` [L] among `names`, one more counted of each: (n + 1) / (N + L)."""
    counts = Counter(names)
    found = np.array([counts[label] + 1 for label in labels], np.float64)
    return found / found.sum()


def nearest_baseline(train: LabelledPairs, labels: Sequence[str]) -> System:
    """The k nearest messages of train by TF-IDF.

    The score of a label is the sum of the cosines of those of k = NEAR_MESSAGES that have it,
    divided by k. That of a response is the mean over the first k = NEAR_ANSWERED of its cosine to
    their responses, each times the cosine of the message.
    """
    train = train.sample(MOST_KNOWN)
    near = Nearest([text.lower() for text in train.messages])
    places = {label: place for place, label in enumerate(labels)}
    targets = np.array([places.get(label, -1) for label in train.labels], np.int64)

    def score(messages: Sequence[str]) -> np.ndarray:
        found, cosines = near.near([text.lower() for text in messages], NEAR_MESSAGES)
        return votes(targets[found], cosines, len(labels))

    return System("nearest messages", score, _nearest_match(near, train))


def votes(targets: np.ndarray, cosines: np.ndarray, labels: int) -> np.ndarray:
    """Sums [N, labels] of `cosines` [N, k] by class ids [N, k], divided by k; -1 has no vote."""
    found = np.zeros((len(targets), labels + 1))
    np.add.at(found, (np.arange(len(targets))[:, None], targets), cosines)
    return found[:, :labels] / max(targets.shape[1], 1)


def _nearest_match(near: Nearest, train: LabelledPairs) -> Match:
    said = [normal_form(response) or response for response in train.responses]

    def match(trials: Trials) -> np.ndarray:
        vectors = Vectors(said)
        texts, known = vectors.of(trials.texts), vectors.of(said)
        found, cosines = near.near([text.lower() for text in trials.messages], NEAR_ANSWERED)
        rows = zip(trials.candidates, found, cosines, strict=True)
        return np.stack([_alike((texts[c] @ known[f].T).toarray(), s) for c, f, s in rows])

    return match


def _alike(alike: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """Means [C] of cosines of candidates to responses [C, k], weighted by those of messages [k]."""
    return (alike.astype(np.float64) * cosines).mean(axis=1)


def has_fasttext() -> bool:
    """Whether fastText is installed, of the extra `benchmark`."""
    return importlib.util.find_spec("fasttext") is not None


def fasttext_baseline(train: LabelledPairs, labels: Sequence[str]) -> System:
    """FastText with 2-grams and subwords (Joulin et al. 2017, arXiv 1607.01759)."""
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "train.txt"
        corpus.write_text("".join(_corpus(train, labels)), encoding="utf-8")
        model = fasttext.train_supervised(str(corpus), **FASTTEXT, seed=0, thread=1, verbose=0)

    def score(messages: Sequence[str]) -> np.ndarray:
        found = np.zeros((len(messages), len(labels)))
        for row, text in enumerate(messages):
            # the bare binding: the package's own `predict` fails with NumPy 2
            for share, name in model.f.predict(_line(text) + "\n", len(labels), 0.0, "strict"):
                found[row, int(name.removeprefix("__label__"))] = min(share, 1.0)
        return found

    return System("fastText", score, probabilities=True)


def calibrated(
    system: System, valid: LabelledPairs, labels: Sequence[str], silent: Collection[str] = ()
) -> System:
    """`system` with scores softmax((log p + b at `silent`) / T), fitted on `valid` as a file's."""
    places = {label: place for place, label in enumerate(labels)}
    targets = np.array([places.get(label, -1) for label in valid.labels], np.int64)
    at = [places[label] for label in silent]
    temperature, shift = fit_calibration(_logits(system.score(valid.messages)), targets, at)
    bias = np.where([label in silent for label in labels], shift, 0.0)

    def score(messages: Sequence[str]) -> np.ndarray:
        return np.exp(log_softmax((_logits(system.score(messages)) + bias) / temperature))

    return replace(system, score=score)


def _logits(scores: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(scores, LEAST_SCORE))


def _corpus(train: LabelledPairs, labels: Sequence[str]) -> Iterator[str]:
    places = {label: place for place, label in enumerate(labels)}
    for text, label in zip(train.messages, train.labels, strict=True):
        if label in places:
            yield f"__label__{places[label]} {_line(text)}\n"


def _line(text: str) -> str:
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))
