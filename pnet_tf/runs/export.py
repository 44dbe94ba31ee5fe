"""`export_run`: a finished run in, one checked .tflite out, or nothing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ..data.limits import shown
from ..errors import InputError
from ..export.freeze import check_top_k
from ..export.pipeline import export_student
from ..export.precision import check_keep_accuracy
from ..export.quantize import check_mode
from ..export.report import ExportReport
from ..files import check_writable
from ..parsing import Component
from ..tflite.vectors import check_vectors_target, make_vectors
from . import directory as runs
from .load import load_student
from .own import is_own
from .samples import load_samples

_TOLD = ("epochs", "train_examples", "valid_projection_accuracy", "valid_projection_mse")


def export_run(
    path: str | Path,
    out: str | Path,
    *,
    quantize: str | None = None,
    keep_accuracy: float | None = None,
    top_k: int | None = None,
    max_bytes: int | None = None,
    trigger_rate: float | None = None,
    vectors: str | Path | None = None,
) -> ExportReport:
    """Freeze the run `path` into the file `out` once it agrees with the Keras student.

    Options as `export_student` has them. `vectors`: a JSON file to write beside it, of inputs and
    the answers that any client must give, see `make_vectors`. Raises InputError for a run that is
    not finished or a bad option, WorkError when the file disagrees, holds an operator outside the
    allow-list, or has more than `max_bytes` bytes; `out` is then left as it was.
    """
    check_keep_accuracy(keep_accuracy, quantize)
    run = runs.read_finished_run(path)
    target = check_writable(out)
    if is_own(target):
        raise InputError(f"{out} is a file of the run itself; give another name")
    if vectors is not None:
        check_vectors_target(vectors, target)
    student = load_student(run)
    if quantize is not None:
        check_mode(quantize, student)
    check_top_k(top_k, run.config.task, run.config.outputs)
    samples, report = load_samples(run), _training_report(run)
    metric = "accuracy" if run.config.task == "classification" else "mse"
    exported = export_student(
        student,
        run.labels,
        samples.inputs,
        targets=samples.targets,
        calibration=samples.calibration,
        quantize=quantize,
        keep_accuracy=keep_accuracy,
        top_k=top_k,
        max_bytes=max_bytes,
        replies=run.replies,
        roles=run.roles,
        trigger_rate=trigger_rate,
        projection=_described(run.config.student.projection),
        training={key: report[key] for key in _TOLD if key in report},
        trainer_score=report.get(f"valid_trainer_{metric}"),
    )
    saved = exported.save(out)
    if vectors is not None:
        make_vectors(exported.content, samples.inputs, trusted=True).save(vectors)
    return saved


def _training_report(run: runs.Run) -> dict[str, Any]:
    """The numbers of report.json; raises InputError for one that is not finite."""
    path = run.path / runs.REPORT
    stored = runs.read_json(path)
    found = {k: v for k, v in stored.items() if isinstance(v, int | float) and v is not True}
    for name, value in found.items():
        if not math.isfinite(value):
            raise InputError(f"{path} is damaged: {shown(name)} is {value}")
    return found


def _described(projection: Component) -> dict[str, Any]:
    """What the metadata says of the projection, its seed first."""
    options = dict(projection.options)
    return {"seed": options.pop("seed", 0), "name": projection.name, **options}
