"""Text classifiers of other people, trained and measured in the same way as ours."""

import random
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pnet_tf.data import Dataset

BUCKETS, CUTOFF = 100_000, 10_000
FASTTEXT = {"epoch": 50, "lr": 0.5, "dim": 100, "wordNgrams": 2, "minn": 2, "maxn": 5}
LATENCY_MESSAGES = 500

Answer = Callable[[str], str]
"""One message to one label."""


@dataclass(frozen=True)
class Peer:
    """A trained classifier: its answer to a message, and what it weighs."""

    name: str
    answer: Answer
    size_bytes: int
    size_of: str


@dataclass(frozen=True)
class Messages:
    """Test messages and their labels; a label that train lacks is "" and never answered."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]


def test_messages(data: Dataset) -> Messages:
    """The test split of `data` by label names."""
    if data.test is None:
        raise SystemExit(f"{data.name}: no test split")
    labels = tuple("" if index < 0 else data.labels[index] for index in data.test.targets)
    return Messages(tuple(data.test.inputs), labels)


def damage(text: str, rng: random.Random, rate: float = 0.1) -> str:
    """`text` with each letter, at chance `rate`, swapped with the next sign, dropped or doubled."""
    signs, out, position = list(text), [], 0
    while position < len(signs):
        sign = signs[position]
        position += 1
        if not sign.isalpha() or rng.random() >= rate:
            out.append(sign)
            continue
        change = rng.choice(("swap", "drop", "double"))
        if change == "double":
            out += [sign, sign]
        elif change == "swap" and position < len(signs):
            out += [signs[position], sign]
            position += 1
        elif change == "swap":
            out.append(sign)
    return "".join(out)


def damaged(messages: Messages, seed: int) -> Messages:
    """The messages with one letter in ten damaged; the same for every classifier."""
    rng = random.Random(seed)
    return Messages(tuple(damage(text, rng) for text in messages.texts), messages.labels)


def accuracy(answer: Answer, messages: Messages) -> float:
    """Share of messages answered by their own label."""
    pairs = zip(messages.texts, messages.labels, strict=True)
    return float(np.mean([answer(text) == label for text, label in pairs]))


def median_ms(answer: Answer, texts: Sequence[str]) -> float:
    """Median milliseconds of an answer to one message, after a first round unmeasured."""
    some, times = texts[:LATENCY_MESSAGES], []
    for text in some:
        answer(text)
    for text in some:
        started = time.perf_counter_ns()
        answer(text)
        times.append(time.perf_counter_ns() - started)
    return float(np.median(times)) / 1e6


def fasttext_peers(data: Dataset) -> list[Peer]:
    """FastText with 2-grams and subwords (Joulin et al. 2017), and the same quantised."""
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "train.txt"
        corpus.write_text(_fasttext_corpus(data), encoding="utf-8")
        options = {**FASTTEXT, "bucket": BUCKETS, "seed": 0, "thread": 1, "verbose": 0}
        model = fasttext.train_supervised(str(corpus), **options)
        size = _saved_bytes(model, Path(folder) / "model.bin")
        small = fasttext.train_supervised(str(corpus), **options)
        small.quantize(str(corpus), qnorm=True, retrain=True, cutoff=CUTOFF, thread=1)
        small_size = _saved_bytes(small, Path(folder) / "model.ftz")
    names = [f"__label__{index}" for index in range(len(data.labels))]
    labels = dict(zip(names, data.labels, strict=True))
    return [
        Peer("fastText", _fasttext_answer(model, labels), size, "file"),
        Peer("fastText, quantised", _fasttext_answer(small, labels), small_size, "file"),
    ]


def linear_svm(data: Dataset) -> Peer:
    """TF-IDF of words (1-2) and letters (2-4), and a linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"\S+")
    letters = TfidfVectorizer(sublinear_tf=True, ngram_range=(2, 4), analyzer="char_wb")
    model = make_pipeline(make_union(words, letters), LinearSVC(random_state=0))
    model.fit(list(data.train.inputs), data.train.targets)
    terms = [*words.get_feature_names_out(), *letters.get_feature_names_out()]
    weights = model[-1].coef_.size + model[-1].intercept_.size + len(terms)
    size = 4 * weights + sum(len(term.encode()) + 1 for term in terms)
    name = f"TF-IDF ({len(terms) // 1000} k features), linear SVM"
    return Peer(name, lambda text: data.labels[model.predict([text])[0]], size, "float32 + terms")


def tflite_answer(model: Any) -> Answer:
    """The best label of a `TFLiteModel` of text, from the message as a string."""
    return lambda text: model.predict([text], top=1)[0].label


def _fasttext_line(text: str) -> str:
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def _fasttext_corpus(data: Dataset) -> str:
    pairs = zip(data.train.targets, data.train.inputs, strict=True)
    return "".join(f"__label__{target} {_fasttext_line(text)}\n" for target, text in pairs)


def _fasttext_answer(model: Any, labels: dict[str, str]) -> Answer:
    # The bare binding: the package's own `predict` adds an array of scores to every answer.
    def answer(text: str) -> str:
        found = model.f.predict(_fasttext_line(text) + "\n", 1, 0.0, "strict")
        return labels[found[0][1]] if found else ""

    return answer


def _saved_bytes(model: Any, path: Path) -> int:
    model.save_model(str(path))
    return path.stat().st_size
