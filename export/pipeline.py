"""`export_student`: a trained student in, the bytes of one checked .tflite out, or nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .._keras import keras, require_keras
from ..batches import batched
from ..data.labels import check_replies, given_labels, given_replies
from ..data.replies import check_roles
from ..data.spec import InputSpec
from ..errors import InputError, WorkError
from ..files import atomic_write_bytes
from ..metrics import classification_metrics, mse
from ..names import QUANTIZATIONS
from ..tflite.benchmark import benchmark_bytes
from ..tflite.compatibility import OLDEST_RUNTIME, check_operators
from ..tflite.counts import buffer_bytes, operators, zipped_bytes
from ..tflite.metadata import ModelMetadata, write_metadata
from ..tflite.model import load_bytes
from ..tflite.modes import AUTO
from ..tflite.reader import read_model
from ..tflite.runtime import find_runtime
from ..version import __version__
from . import parity
from .freeze import Job, Valid
from .precision import check_keep_accuracy, search
from .quantize import check_mode, convert, ready, trained_mode
from .ranking import fit_ranking, label_bias, with_temperature
from .report import (
    Accuracies,
    ExportReport,
    Precision,
    bytes_by_part,
    multiply_accumulates,
    projection_bytes,
)
from .shrink import shrink
from .student import (
    check_logits,
    describe_projection,
    infer_spec,
    projection_scope,
    student_sizes,
)
from .weights import count_weights, sparsity

PARITY_SAMPLES = 256
CALIBRATION_SAMPLES = 256


@dataclass(frozen=True)
class Exported:
    """A finished file: its bytes, and what was measured of it."""

    content: bytes
    report: ExportReport

    def save(self, path: str | os.PathLike[str]) -> ExportReport:
        """Write the file whole or not at all; the report with its name."""
        atomic_write_bytes(path, self.content)
        return replace(self.report, file=str(path))


@dataclass(frozen=True)
class _Work:
    """All that one export has at hand; `metadata` but for the runtime that it was checked on."""

    job: Job
    mode: str
    inputs: np.ndarray
    targets: np.ndarray | None
    metadata: ModelMetadata


def export_student(
    student: keras.Model,
    labels: Sequence[str] = (),
    samples: Any = None,
    *,
    targets: Any = None,
    calibration: Any = None,
    spec: InputSpec | None = None,
    quantize: str | None = None,
    keep_accuracy: float | None = None,
    top_k: int | None = None,
    max_bytes: int | None = None,
    replies: Mapping[str, Sequence[str]] | None = None,
    roles: Mapping[str, str] | None = None,
    trigger_rate: float | None = None,
    projection: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    trainer_score: float | None = None,
) -> Exported:
    """Freeze a student into one .tflite once it agrees with the Keras model on `samples`.

    `student`: a ProjectionNet, or any tf_keras model, functional or subclassed, that takes raw
    inputs (UTF-8 bytes, pixels, features) and gives logits; no softmax at its end. `labels` in the
    order of the logits; none: a regression. `samples`: real inputs as `InputSpec.encode` takes
    them; up to 256 of them are compared, `targets` (class ids [N] or values [N, K]) of all of them
    give the accuracies of the report. `calibration`: inputs that tell the ranges of int8, the first
    256 samples unless given. `spec`: what raw inputs are, where the student does not say it.
    `quantize`: a name of `names.QUANTIZATIONS`; None is that of a student trained with qat, else
    dynamic; with auto the file may lose the accuracy `keep_accuracy`, 0.002 unless given, on
    `samples` and `targets`. `replies`, `projection` and `training` go into the file's metadata.
    With `trigger_rate`, the share of messages to answer, the file chooses among the replies by the
    rule of `docs/ranking.md`, its scores calibrated on `targets`; `roles` say which labels are
    affirmative, negative or silent. `trainer_score` is reported beside the others.

    Raises InputError for a bad argument, WorkError when the file disagrees, holds an operator
    outside the allow-list, or has more than `max_bytes` bytes.
    """
    require_keras(student, keras.Model, "student")
    if max_bytes is not None and max_bytes < 1:
        raise InputError(f"max_bytes must be 1 or more, got {max_bytes}")
    trained = trained_mode(student)
    mode = quantize or ("dynamic" if trained == "none" else trained)
    check_mode(mode, student)
    keep = check_keep_accuracy(keep_accuracy, mode)
    spec = spec or infer_spec(student, samples)
    if samples is None:
        raise InputError("samples are needed: real inputs that the file is compared on")
    inputs = spec.encode(samples).array
    measured = inputs[:CALIBRATION_SAMPLES] if calibration is None else calibration
    labels = given_labels(labels, "labels")
    answers_of = given_replies(replies or {}, "replies")
    check_replies(answers_of, labels, "replies")
    task = "classification" if labels else "regression"
    outputs = check_logits(student, inputs[:PARITY_SAMPLES], labels)
    known = None if targets is None else _checked_targets(targets, task, len(inputs), outputs)
    roles = check_roles(roles or {}, labels, "roles")
    valid = None if known is None else Valid(inputs, known, keep)
    job = Job(student, spec, task, outputs, spec.encode(measured).array, top_k, valid=valid)
    ranking = None
    if trigger_rate is not None:
        if known is None or task == "regression" or spec.kind != "text":
            raise InputError("trigger_rate needs targets of a classifier of messages")
        logits = batched(lambda x: student(x, training=False), inputs)
        ranking = fit_ranking(logits, known, labels, answers_of, roles, trigger_rate)
        bias = label_bias(ranking, labels)
        job = replace(job, temperature=ranking.temperature, bias=bias)
    metadata = ModelMetadata(
        version=__version__,
        task=task,
        input=spec.to_json(),
        labels=labels,
        top_k=top_k,
        quantize=mode,
        projection=describe_projection(student) if projection is None else projection,
        training=training or {},
        oldest_runtime="",
        replies=answers_of,
        ranking=ranking,
    )
    return _export(_Work(job, mode, inputs, known, metadata), max_bytes, trainer_score)


def _checked_targets(targets: Any, task: str, examples: int, outputs: int) -> np.ndarray:
    found = np.asarray(targets)
    if task == "regression" and found.ndim == 1:
        found = found[:, None]
    wanted = (examples,) if task == "classification" else (examples, outputs)
    kinds = "iu" if task == "classification" else "fiu"
    if found.shape != wanted or found.dtype.kind not in kinds:
        what = "class ids" if task == "classification" else "values"
        raise InputError(
            f"targets must be {what} {list(wanted)}, one a sample, got {found.dtype} "
            f"{list(found.shape)}"
        )
    return found


def _export(work: _Work, max_bytes: int | None, trainer_score: float | None) -> Exported:
    raw, precision = _converted(work)
    content, agreement = _checked(work, shrink(raw))
    if max_bytes is not None and len(content) > max_bytes:
        raise WorkError(
            f"the file would have {len(content)} bytes, more than the {max_bytes} asked"
        )
    report = _report(work, raw, content, agreement, trainer_score)
    return Exported(content, replace(report, precision=precision))


def _converted(work: _Work) -> tuple[bytes, Precision | None]:
    """The file as the converter gives it, and what auto chose."""
    if work.mode != AUTO.name:
        return convert(work.job, work.mode), None
    found = search(ready(work.job, work.mode))
    return with_temperature(found.content, work.job.temperature), found.precision


def _checked(work: _Work, plain: bytes) -> tuple[bytes, tuple[parity.Parity, ...]]:
    """The stamped file and its agreement with the student on every runtime at hand."""
    task, inputs, top_k = work.job.task, work.inputs[:PARITY_SAMPLES], work.job.top_k
    expected = batched(work.job.answers, inputs)
    host = _stamped(work, plain, find_runtime().name)
    problems = check_operators(host, versions=QUANTIZATIONS.get(work.mode).oldest)
    if problems:
        raise WorkError(f"the {work.mode} file would not run everywhere: {'; '.join(problems)}")
    found = [
        parity.check(parity.compare(name, _kept(expected, answer, top_k), answer, task), work.mode)
        for name, answer in parity.host_answers(host, inputs).items()
    ]
    stamped = _stamped(work, plain, OLDEST_RUNTIME)
    oldest = _oldest(work, stamped, inputs, expected)
    if oldest is None:
        return host, tuple(found)
    return stamped, (*found, oldest)


def _stamped(work: _Work, plain: bytes, runtime: str) -> bytes:
    return write_metadata(plain, replace(work.metadata, oldest_runtime=runtime))


def _oldest(
    work: _Work, content: bytes, inputs: np.ndarray, expected: np.ndarray
) -> parity.Parity | None:
    """Agreement on the oldest runtime; None where it cannot be asked, or need not run the mode."""
    top_k = work.job.top_k
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content)
        try:
            answer = parity.oldest_answers(path, inputs)
            if answer is None:
                return None
            if top_k is not None:  # scores come in falling order there, so compare them so
                expected = -np.sort(-expected, axis=-1)[:, :top_k]
            found = parity.compare(OLDEST_RUNTIME, expected, answer, work.job.task)
            return parity.check(found, work.mode)
        except WorkError:
            if QUANTIZATIONS.get(work.mode).oldest:
                raise
            return None


def _kept(expected: np.ndarray, answer: np.ndarray, top_k: int | None) -> np.ndarray:
    """`expected` where a top-k answer has a score; all of it without top-k."""
    return expected if top_k is None else np.where(answer > 0, expected, 0.0)


def _report(
    work: _Work,
    raw: bytes,
    content: bytes,
    agreement: tuple[parity.Parity, ...],
    trainer_score: float | None,
) -> ExportReport:
    scope = projection_scope(work.job.student)
    counts = count_weights(raw, scope)
    parameters, bits = student_sizes(work.job.student, work.job.spec)
    parts = bytes_by_part(
        buffer_bytes(read_model(content)), projection_bytes(raw, scope), len(content)
    )
    return ExportReport(
        file="",
        size_bytes=len(content),
        zipped_bytes=zipped_bytes(content),
        quantize=work.mode,
        oldest_runtime=load_bytes(content, trusted=True).metadata.oldest_runtime,
        bytes_by_part=parts,
        parameters=parameters,
        macs=multiply_accumulates(read_model(raw).subgraphs[0], scope),
        sparsity=sparsity(counts),
        distinct_weights={name: count.distinct for name, count in counts.items()},
        bits=bits,
        valid=_accuracies(work, content, trainer_score),
        parity=agreement,
        benchmark=benchmark_bytes(content, runs=300),
        operators=operators(content),
    )


def _accuracies(work: _Work, content: bytes, trainer_score: float | None) -> Accuracies:
    if work.targets is None:
        return Accuracies(trainer_score, None, None, 0)
    task = work.job.task
    found = batched(work.job.answers, work.inputs)
    return Accuracies(
        trainer=trainer_score,
        student=_score(found, work.targets, task),
        tflite=_score(load_bytes(content, trusted=True).scores(work.inputs), work.targets, task),
        examples=len(work.targets),
    )


def _score(found: np.ndarray, targets: np.ndarray, task: str) -> float:
    if task == "regression":
        return mse(found, targets)
    return classification_metrics(found, targets).accuracy
