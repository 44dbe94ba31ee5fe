"""The facts of one trained model, from its run or from its file alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..data import load_split
from ..errors import InputError
from ..runs import directory as runs
from ..runs.samples import load_samples
from ..tflite.metadata import ModelMetadata
from ..tflite.model import TFLiteModel, load_bytes, read_file
from .facts import Facts, Score, file_facts, name_of, read_history
from .measured import measure, measure_values

Trust: TypeAlias = bool | Callable[[str], bool]
_TOLD = ("data", "epochs", "seconds", "train_examples", "valid_examples", "parameters", "bits")


def of_file(
    path: str | os.PathLike[str], *, data: str | None, split: str
) -> tuple[Facts, bytes]:
    """A model file, measured on `split` of `data` where that is given."""
    content, model = _loaded(path)
    meta = model.metadata
    parts: dict[str, Any] = {}
    if data is not None:
        examples = load_split(
            data, split, labels=meta.labels, spec=meta.input_spec, task=meta.task
        )
        raw = meta.input_spec.encode(examples.inputs).array
        parts = _measured(model, raw, examples.targets)
    facts = Facts(
        title=name_of(path),
        task=meta.task,
        source="" if data is None else f"{split} split of {name_of(data)}",
        facts=_told(meta.training),
        file=file_facts(content, meta, name_of(path)),
        scores=tuple(_file_scores(parts)),
        **parts,
    )
    return facts, content


def of_run(
    path: str | os.PathLike[str],
    *,
    tflite: str | os.PathLike[str] | None,
    data: str | None,
    split: str,
    trust: Trust,
) -> tuple[Facts, bytes]:
    """A finished run: also its trainer, its student, and how they came there."""
    run = runs.read_finished_run(Path(path))
    parts_of: Mapping[str, int] | None = None
    if tflite is None:
        content, model, parts_of = _exported(run)
    else:
        content, model = _loaded(tflite)
    _check_fits(run, model.metadata, tflite)
    report = runs.read_json(run.path / runs.REPORT)
    if data is None:
        samples = load_samples(run)
        parts = _measured(model, samples.inputs, samples.targets)
        trained = _valid_scores(run, report)
        source = "validation examples of the run"
    else:
        parts, trained = _on_split(run, model, data, split, trust)
        source = f"{split} split of {name_of(data)}"
    facts = Facts(
        title=name_of(path),
        task=run.config.task,
        source=source,
        facts=_told(report),
        file=file_facts(content, model.metadata, _file_name(path, tflite), parts_of),
        history=read_history(run.path / runs.HISTORY),
        scores=(*trained, *_file_scores(parts)),
        **parts,
    )
    return facts, content


def _loaded(path: str | os.PathLike[str]) -> tuple[bytes, TFLiteModel]:
    content = read_file(path)
    try:
        return content, load_bytes(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _file_name(run: str | os.PathLike[str], tflite: str | os.PathLike[str] | None) -> str:
    return f"{name_of(run)}.tflite" if tflite is None else name_of(tflite)


def _exported(run: runs.Run) -> tuple[bytes, TFLiteModel, Mapping[str, int]]:
    """The default export, and its bytes by what they are for."""
    from ..runs.export import export_run

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.tflite"
        report = export_run(run.path, file)
        content = file.read_bytes()
    return content, load_bytes(content, trusted=True), report.bytes_by_part


def _check_fits(run: runs.Run, meta: ModelMetadata, tflite: Any) -> None:
    same = meta.labels == run.labels and meta.input_spec == run.config.input
    if not same or meta.task != run.config.task:
        raise InputError(f"{tflite} is no export of {run.path}: labels, input or task differ")


def _measured(model: TFLiteModel, inputs: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """`values` of a regression or `measured` of a classifier, as `Facts` names them."""
    outputs = model.scores(inputs)
    if model.metadata.task == "regression":
        return {"values": measure_values(outputs, targets)}
    return {"measured": measure(outputs, targets, inputs, model.metadata.input_spec.kind)}


def _on_split(
    run: runs.Run, model: TFLiteModel, data: str, split: str, trust: Trust
) -> tuple[dict[str, Any], list[Score]]:
    from ..runs.evaluate import evaluate_run

    config = run.config
    found = evaluate_run(run.path, data, split, trust=trust)
    examples = load_split(data, split, labels=run.labels, spec=config.input, task=config.task)
    parts = _measured(model, config.input.encode(examples.inputs).array, examples.targets)
    theirs = (found.trainer_accuracy, found.accuracy)
    if config.task == "regression":
        theirs = (found.trainer_mse, found.mse)
    return parts, _known_scores(*theirs)


def _valid_scores(run: runs.Run, report: dict[str, Any]) -> list[Score]:
    metric = "accuracy" if run.config.task == "classification" else "mse"
    names = [f"valid_{who}_{metric}" for who in ("trainer", "projection")]
    return _known_scores(*(report.get(name) for name in names))


def _known_scores(trainer: Any, student: Any) -> list[Score]:
    given = (("trainer", trainer), ("student", student))
    return [Score(who, float(v)) for who, v in given if isinstance(v, int | float)]


def _file_scores(parts: dict[str, Any]) -> list[Score]:
    if "values" in parts:
        return [Score("file", parts["values"].mse)]
    return [Score("file", parts["measured"].accuracy)] if "measured" in parts else []


def _told(report: Any) -> dict[str, str]:
    """Rows for people of what training said."""
    found = {name: report[name] for name in _TOLD if name in report}
    if "data" in found:  # a report goes to others: not where it lies here
        found["data"] = name_of(str(found["data"]))
    return {name.replace("_", " "): _text(value) for name, value in found.items()}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
