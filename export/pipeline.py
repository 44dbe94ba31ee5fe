"""`export_run`: a finished run in, one checked .tflite out, or nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import runs
from .._keras import keras
from ..batches import batched
from ..errors import InputError, WorkError
from ..files import atomic_write_bytes
from ..model import ProjectionNet, load_student
from ..version import __version__
from . import parity
from .benchmark import benchmark
from .compatibility import OLDEST_RUNTIME, check_operators
from .counts import buffer_bytes, operators, zipped_bytes
from .evaluate import classification_metrics, mse
from .flatbuffer import shrink
from .interpreter import load_bytes
from .metadata import ModelMetadata, write_metadata
from .quantize import MODES, convert, projection_scope
from .reader import read_model
from .report import Accuracies, ExportReport, bytes_by_part, multiply_accumulates
from .runtime import find_runtime
from .weights import WeightCount, count_weights, sparsity

PARITY_SAMPLES = 256
PROMISED_MODES = ("none", "dynamic")  # these must run on the oldest runtime


@dataclass(frozen=True)
class _Samples:
    """What a run keeps of its data: raw inputs for calibration, and validation examples."""

    calibration: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray


def export_run(
    path: str | Path,
    out: str | Path,
    *,
    quantize: str | None = None,
    top_k: int | None = None,
    max_bytes: int | None = None,
) -> ExportReport:
    """Freeze the run `path` into the file `out` once it agrees with the Keras student.

    `quantize` is one of MODES; None is that of a run trained with qat, else dynamic.
    Raises InputError for a run that is not finished or a bad option, WorkError when the file
    disagrees, holds an operator outside the allow-list, or has more than `max_bytes` bytes; `out`
    is then left as it was.
    """
    run = runs.read_finished_run(path)
    trained = run.config["settings"]["qat"]
    quantize = quantize or ("dynamic" if trained == "none" else trained)
    target = _check_target(out, quantize)
    student = load_student(run)
    samples = _Samples(*runs.load_arrays(run.path / runs.SAMPLES)[0])
    raw = convert(student, run.config, quantize, samples=samples.calibration, top_k=top_k)
    plain = shrink(raw)
    expected = batched(
        lambda x: student.predictions(x, run.config["task"]), samples.inputs[:PARITY_SAMPLES]
    )
    content, agreement = _checked(run, plain, quantize, top_k, samples, expected)
    if max_bytes is not None and len(content) > max_bytes:
        raise WorkError(
            f"the file would have {len(content)} bytes, more than the {max_bytes} asked"
        )
    atomic_write_bytes(target, content)
    counts = count_weights(raw, projection_scope(student))
    return _report(run, student, target, content, quantize, samples, agreement, counts)


def _check_target(out: str | Path, quantize: str) -> Path:
    if quantize not in MODES:
        raise InputError(f"quantize must be one of {', '.join(MODES)}, got {quantize!r}")
    target = Path(out)
    if not target.parent.is_dir():
        raise InputError(f"{target.parent} does not exist; make the folder first")
    if target.is_dir():
        raise InputError(f"{target} is a folder; --tflite takes the name of a file")
    return target


def _checked(
    run: runs.Run,
    plain: bytes,
    mode: str,
    top_k: int | None,
    samples: _Samples,
    expected: np.ndarray,
) -> tuple[bytes, tuple[parity.Parity, ...]]:
    """The stamped file and its agreement with the student on every runtime at hand."""
    task, inputs = run.config["task"], samples.inputs[:PARITY_SAMPLES]
    host = write_metadata(plain, _metadata(run, mode, top_k, find_runtime().name))
    problems = check_operators(host, versions=mode in PROMISED_MODES)
    if problems:
        raise WorkError(f"the {mode} file would not run everywhere: {'; '.join(problems)}")
    found = [
        parity.check(parity.compare(name, _kept(expected, answer, top_k), answer, task), mode)
        for name, answer in parity.host_answers(host, inputs).items()
    ]
    stamped = write_metadata(plain, _metadata(run, mode, top_k, OLDEST_RUNTIME))
    oldest = _oldest(stamped, mode, top_k, inputs, expected, task)
    if oldest is None:
        return host, tuple(found)
    return stamped, (*found, oldest)


def _oldest(
    content: bytes,
    mode: str,
    top_k: int | None,
    inputs: np.ndarray,
    expected: np.ndarray,
    task: str,
) -> parity.Parity | None:
    """Agreement on the oldest runtime; None where it cannot be asked, or need not run `mode`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content)
        try:
            answer = parity.oldest_answers(path, inputs)
            if answer is None:
                return None
            if top_k is not None:  # scores come in falling order there, so compare them so
                expected = -np.sort(-expected, axis=-1)[:, :top_k]
            return parity.check(parity.compare(OLDEST_RUNTIME, expected, answer, task), mode)
        except WorkError:
            if mode in PROMISED_MODES:
                raise
            return None


def _kept(expected: np.ndarray, answer: np.ndarray, top_k: int | None) -> np.ndarray:
    """`expected` where a top-k answer has a score; all of it without top-k."""
    return expected if top_k is None else np.where(answer > 0, expected, 0.0)


def _metadata(run: runs.Run, mode: str, top_k: int | None, oldest: str) -> ModelMetadata:
    training = json.loads((run.path / runs.REPORT).read_text(encoding="utf-8"))
    kept = ("epochs", "train_examples", "valid_projection_accuracy", "valid_projection_mse")
    summary = {key: training[key] for key in kept if training.get(key) is not None}
    return ModelMetadata(
        version=__version__,
        task=run.config["task"],
        input=run.config["input"],
        labels=run.labels,
        top_k=top_k,
        quantize=mode,
        projection=run.config["projection"],
        training=summary,
        oldest_runtime=oldest,
        replies=run.replies,
    )


def _report(
    run: runs.Run,
    student: ProjectionNet,
    target: Path,
    content: bytes,
    mode: str,
    samples: _Samples,
    agreement: tuple[parity.Parity, ...],
    counts: Mapping[str, WeightCount],
) -> ExportReport:
    model = load_bytes(content, trusted=True)
    keras_answers = batched(lambda x: student.predictions(x, run.config["task"]), samples.inputs)
    training = json.loads((run.path / runs.REPORT).read_text(encoding="utf-8"))
    metric = "accuracy" if run.config["task"] == "classification" else "mse"
    return ExportReport(
        file=str(target),
        size_bytes=len(content),
        zipped_bytes=zipped_bytes(content),
        quantize=mode,
        oldest_runtime=model.metadata.oldest_runtime,
        bytes_by_part=bytes_by_part(
            buffer_bytes(read_model(content)), _projection_bytes(student, run.config), len(content)
        ),
        parameters=student.head.count_params(),
        macs=multiply_accumulates(student.head),
        sparsity=sparsity(counts),
        distinct_weights={name: count.distinct for name, count in counts.items()},
        bits=int(np.prod(student.head.input_shape[1:])),
        valid=Accuracies(
            trainer=training.get(f"valid_trainer_{metric}"),
            student=_score(keras_answers, samples.targets, metric),
            tflite=_score(model.predict(samples.inputs), samples.targets, metric),
            examples=len(samples.targets),
        ),
        parity=agreement,
        benchmark=benchmark(target, runs=300),
        operators=operators(content),
    )


def _score(answers: np.ndarray, targets: np.ndarray, metric: str) -> float:
    if metric == "mse":
        return mse(answers, targets)
    return classification_metrics(answers, targets).accuracy


def _projection_bytes(student: ProjectionNet, config: Mapping[str, Any]) -> int:
    """Bytes of the constants of the projection alone, frozen in a file of its own."""
    shape = student.head.input_shape[1:]
    bits = keras.Input(shape)
    nothing = keras.Model(bits, keras.layers.Flatten()(bits) if len(shape) > 1 else bits)
    alone = ProjectionNet(student.projection, nothing)
    content = convert(
        alone,
        {**config, "task": "regression", "outputs": 1, "qat": "none"},
        "none",
        samples=np.empty(0),
    )
    sizes = buffer_bytes(read_model(shrink(content)))
    return sum(size for name, size in sizes.items() if name.startswith("constants"))
