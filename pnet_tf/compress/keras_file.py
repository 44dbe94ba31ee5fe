"""A Keras model in a file, and labelled data, to its compressed weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._keras import keras, require_keras
from ..data import Dataset, Split, load_dataset
from ..errors import InputError
from .choose import Trainable, choose_plans
from .coded_model import CompressedTensor, measured
from .network import CompressedModel
from .plot import draw_trials
from .trials import WEIGHTS, Trial, plans_found

PLOT = "trials.png"
SLACK = 0.005
"""Where final epochs are to make it good."""


@dataclass(frozen=True)
class CompressReport:
    """What `compress` came to. Scores: accuracy 0..1, or minus the mean squared error.

    `ratio` is float32_bytes / size_bytes; `size_bytes` those of `file`, which has all weights.
    `standard_error` is that of `base_score`, from its `valid_examples`: where `keep_loss` is less,
    other examples may lose more.
    """

    file: str
    keep_loss: float
    valid_examples: int
    standard_error: float
    base_score: float
    score: float
    test_score: float | None
    base_test_score: float | None
    float32_bytes: int
    size_bytes: int
    ratio: float
    trials: int
    tensors: tuple[CompressedTensor, ...]


def compress_file(
    path: str | os.PathLike[str],
    source: str | Dataset,
    out: str | os.PathLike[str],
    *,
    keep_loss: float = 0.002,
    epochs: int = 1,
    final_epochs: int = 0,
    slack: float | None = None,
    like: str | os.PathLike[str] | None = None,
    batch_size: int = 64,
    learning_rate: float = 3e-4,
    seed: int = 0,
    show: Callable[[Trial], Any] = lambda trial: None,
) -> CompressReport:
    """Find the smallest form of a `.keras` model that loses at most `keep_loss` on valid.

    What a trial loses is counted with one standard error on top (`sure_score`). One that loses more
    is retrained for `epochs` on train and measured anew. With `final_epochs` it may lose `slack`
    (0.005) beyond that, and the smallest are retrained for so many at the end, until one is within
    `keep_loss`. `like`: the `out` of a model of the same shape; what was found there is tried
    first, or what lies between; if that keeps the loss it is all. The test split is read once, at
    the end. `out` holds the trials, their plot, and `weights.pnc`, which `load_coded(model, file)`
    puts back. Raises InputError for a file that is no such model, data that the model does not
    take, `slack` without `final_epochs`, and a `like` that does not fit.
    """
    if slack is None:
        slack = SLACK if final_epochs else 0.0
    elif not final_epochs:
        raise InputError("slack must be left out without final epochs, which make it good")
    data = load_dataset(source) if isinstance(source, str) else source
    model = read_keras(path)
    plans = None if like is None else plans_found(like, model)
    net = trainable(model, data, epochs, batch_size, learning_rate, final_epochs)
    folder = Path(out)
    before = _test_score(model, data)
    examples = scores_of(model, data.valid)
    choice = choose_plans(net, folder, keep_loss, slack=slack, like=plans, seed=seed, show=show)
    draw_trials(folder, choice.float32_bytes, folder / PLOT)
    return CompressReport(
        file=str(folder / WEIGHTS), keep_loss=keep_loss, valid_examples=len(examples),
        standard_error=float(np.std(examples) / np.sqrt(len(examples))),
        base_score=choice.base_score, score=score_of(model, data.valid),
        test_score=_test_score(model, data), base_test_score=before,
        float32_bytes=choice.float32_bytes, size_bytes=(folder / WEIGHTS).stat().st_size,
        ratio=choice.ratio, trials=choice.trials, tensors=tuple(measured(model)),
    )  # fmt: skip


def read_keras(path: str | os.PathLike[str]) -> keras.Model:
    """The model of a `.keras` file; layers that hold code are refused."""
    if Path(path).suffix != ".keras":
        raise InputError(f"{os.fspath(path)} must be a .keras file, as model.save writes it")
    if not Path(path).is_file():
        raise InputError(f"{os.fspath(path)} does not exist")
    try:
        model = keras.models.load_model(path, safe_mode=True)
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise InputError(
            f"{os.fspath(path)} is no model that tf_keras reads: {reason[0] if reason else error}"
        ) from None
    require_keras(model, keras.Model, os.fspath(path))
    return model


def trainable(
    model: keras.Model,
    data: Dataset,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    final_epochs: int = 0,
) -> Trainable:
    """How a model is retrained on train, rows without a label left out, and measured on valid.

    The score is the `sure_score` beside the model as it is now. The rate falls to 0 along a cosine
    within `final_epochs`.
    """
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value < 1:
            raise InputError(f"{name} must be 1 or more, got {value}")
    if final_epochs < 0:
        raise InputError(f"final_epochs must be 0 or more, got {final_epochs}")
    if not learning_rate > 0:
        raise InputError(f"learning_rate must be above 0, got {learning_rate}")
    _check_fits(model, data)
    loss = _loss(model, data)
    labelled = data.train.targets != -1 if data.labels else slice(None)
    inputs, targets = data.train.inputs[labelled], data.train.targets[labelled]

    def trained(small: CompressedModel, rate: Any, epochs: int) -> None:
        small.compile(keras.optimizers.Adam(rate), loss)
        small.fit(inputs, targets, batch_size, epochs, verbose=0)

    def fit(small: CompressedModel) -> None:
        trained(small, learning_rate, epochs)

    def finish(small: CompressedModel) -> None:
        steps = final_epochs * -(-len(targets) // batch_size)
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        trained(small, rate, final_epochs)

    before = scores_of(model, data.valid)

    def surely(net: keras.Model) -> float:
        return sure_score(scores_of(net, data.valid), before)

    return Trainable(model, fit, surely, finish if final_epochs else None)


def scores_of(model: keras.Model, split: Split) -> np.ndarray:
    """[N]: of each example 1 or 0 for its class id, or minus its values' mean squared error."""
    answers = model.predict(split.inputs, verbose=0)
    if np.issubdtype(split.targets.dtype, np.floating):
        errors = (answers.reshape(split.targets.shape) - split.targets) ** 2
        return -errors.reshape(len(errors), -1).mean(1)
    return (answers.argmax(-1) == split.targets).astype(np.float32)


def sure_score(now: np.ndarray, before: np.ndarray) -> float:
    """The mean of `now` [N] less the standard error of its difference to `before` [N].

    Of many trials on few examples the luckiest would be kept: as many answers that became right as
    became wrong say little of other examples, the less the more of both there are.
    """
    error = np.std(now - before, dtype=np.float64) / np.sqrt(len(now))
    return float(np.mean(now, dtype=np.float64) - error)


def score_of(model: keras.Model, split: Split) -> float:
    """Accuracy of class ids, or minus the mean squared error of values."""
    return float(np.mean(scores_of(model, split), dtype=np.float64))


def _test_score(model: keras.Model, data: Dataset) -> float | None:
    return None if data.test is None else score_of(model, data.test)


def _loss(model: keras.Model, data: Dataset) -> Any:
    """That of a compiled model, else the one of its task; class ids want the sparse one."""
    compiled = model.loss if getattr(model, "compiled_loss", None) is not None else None
    if not data.labels:
        return compiled or "mse"
    if compiled is not None:
        found = keras.losses.get(compiled)
        name = getattr(found, "name", None) or getattr(found, "__name__", repr(found))
        if name != "sparse_categorical_crossentropy":
            raise InputError(
                f"model {model.name!r} is compiled with the loss {name}; labels want "
                "sparse_categorical_crossentropy, or a model that is not compiled"
            )
        return compiled
    last = getattr(model.layers[-1], "activation", None)
    logits = last is not keras.activations.softmax
    return keras.losses.SparseCategoricalCrossentropy(from_logits=logits)


def _check_fits(model: keras.Model, data: Dataset) -> None:
    try:
        answers = model(data.valid.inputs[:2])
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"model {model.name!r} does not take these inputs: {reason}") from None
    if data.labels and (len(answers.shape) != 2 or answers.shape[-1] != len(data.labels)):
        raise InputError(
            f"model {model.name!r} must give {len(data.labels)} scores an input, one a label; "
            f"it gives {tuple(answers.shape[1:])}"
        )
