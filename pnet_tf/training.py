"""`train`: a data set and settings in, a finished run directory out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from . import runs
from ._keras import keras, tf
from .compress.plan import CompressionPlan
from .data import Dataset, load_dataset
from .errors import InputError
from .joint import JointFit, Metrics, Progress, StepHook
from .losses import JointLoss, check_lambdas
from .model import ProjectionNet, build_student
from .preparation import Prepared, prepare, save_samples
from .schedule import Schedule
from .settings import make_settings, plain_settings
from .trainers import Trainer, build_trainer, rebuild_trainer
from .version import __version__


@dataclass(frozen=True)
class TrainReport:
    """What training ended with; accuracies 0..1 (None for regression, where `*_mse` are set)."""

    run: str
    data: str
    epochs: int
    seconds: float
    parameters: int
    bits: int
    train_examples: int
    valid_examples: int
    cut_messages: int
    valid_trainer_accuracy: float | None = None
    valid_projection_accuracy: float | None = None
    valid_trainer_mse: float | None = None
    valid_projection_mse: float | None = None


class Watch(Protocol):
    """What the caller is told while training runs."""

    def on_batch(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None:
        """After each step of `steps`: running means of the terms and metrics of the epoch."""

    def on_epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """After each epoch of `epochs`: its history row."""


class _Silent:
    def on_batch(self, epoch: int, step: int, steps: int, metrics: Metrics) -> None: ...

    def on_epoch(self, row: Mapping[str, float], epochs: int) -> None: ...


def train(
    source: str,
    out: str | Path,
    changes: Sequence[Mapping[str, Any]] = (),
    *,
    recipe: str | None = None,
    task: str | None = None,
    watch: Watch | None = None,
) -> TrainReport:
    """Train a trainer and a ProjectionNet jointly on `source` and write the run `out`.

    `changes` are laid over the recipe, see `settings.make_settings`. Raises InputError
    for bad data or settings, also
    when `out` exists. Same arguments on one machine, same weights.
    """
    first = plain_settings(changes)
    data = load_dataset(
        source, seed=first["seed"], valid_fraction=first["valid_fraction"], task=task
    )
    settings = make_settings(data.kind, changes, recipe=recipe)
    _seed_everything(settings["seed"])
    student_config = _student_config(data, settings)
    student = build_student(student_config)  # refuses bad settings before anything is written
    loss, schedule = _objective(settings, data.task)
    trainer = _new_trainer(data, settings)
    config = {
        "version": __version__,
        "data": source,
        "task": data.task,
        **student_config,
        "trainer": dict(trainer.config) if trainer else None,
        "settings": dict(settings),
    }
    prepared = prepare(config, data, student, trainer)
    run = runs.create_run(Path(out), config, data.labels, data.replies)
    return _fit(_Work(run, data, student, trainer, prepared), loss, schedule, watch or _Silent())


def resume(source: str, out: str | Path, *, watch: Watch | None = None) -> TrainReport:
    """Go on with the run `out` from its last checkpoint; it ends as if it had never stopped.

    Raises InputError when the run is finished or was made from other data.
    """
    run = runs.read_run(out)
    if run.finished:
        raise InputError(f"{run.path} is finished: there is nothing to resume")
    if run.config["data"] != source:
        raise InputError(f"{run.path} was made from {run.config['data']!r}, not {source!r}")
    settings, task = run.config["settings"], run.config["task"]
    data = load_dataset(
        source, seed=settings["seed"], valid_fraction=settings["valid_fraction"], task=task
    )
    if data.labels != run.labels:
        raise InputError(f"the labels of {source} have changed since {run.path} was started")
    _seed_everything(settings["seed"])
    student = build_student(run.config)
    trainer = rebuild_trainer(run.config["trainer"]) if run.config["trainer"] else None
    loss, schedule = _objective(settings, data.task)
    prepared = prepare(run.config, data, student, trainer)
    return _fit(_Work(run, data, student, trainer, prepared), loss, schedule, watch or _Silent())


def check_settings(data: Dataset, many: Sequence[Mapping[str, Any]]) -> None:
    """Raise the InputError that `train` would end with for any of `many` whole settings.

    Nothing is written. The trainer is that of the first: give settings with the same one.
    """
    for settings in many:
        build_student(_student_config(data, settings))
        _objective(settings, data.task)
    _new_trainer(data, many[0])


def load_trainer(run: runs.Run) -> Trainer | None:
    """The trained trainer of a finished run; None when there was none."""
    if run.config["trainer"] is None:
        return None
    trainer = rebuild_trainer(run.config["trainer"])
    runs.load_weights(run.path / runs.TRAINER, trainer.model)
    return trainer


def _seed_everything(seed: int) -> None:
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _student_config(data: Dataset, settings: Mapping[str, Any]) -> dict[str, Any]:
    if data.kind == "text":
        model_input: dict[str, Any] = {"kind": "text", "byte_length": settings["byte_length"]}
    else:
        model_input = {"kind": data.kind, "shape": list(data.input_shape)}
    outputs = len(data.labels) if data.task == "classification" else data.train.targets.shape[1]
    projection = {"seed": settings["seed"], **settings["projection"]}
    return {
        "input": model_input,
        "outputs": int(outputs),
        "projection": projection,
        "head": settings["head"],
        **{key: settings[key] for key in ("qat", "prune", "cluster")},
    }


def _objective(settings: Mapping[str, Any], task: str) -> tuple[JointLoss, Schedule]:
    try:
        loss = JointLoss(**{**settings["loss"], "task": task})
        return replace(loss, lambdas=check_lambdas(loss.lambdas)), Schedule(
            **{**settings["schedule"], "seed": settings["seed"]}
        )
    except TypeError as error:
        raise InputError(f"loss or schedule does not take these settings: {error}") from None


def _new_trainer(data: Dataset, settings: Mapping[str, Any]) -> Trainer | None:
    options = dict(settings["trainer"])
    name = options.pop("name", "none")
    if name == "none" or settings["teacher_logits"]:
        return None
    outputs = len(data.labels) if data.task == "classification" else data.train.targets.shape[1]
    trainer = build_trainer(
        name,
        kind=data.kind,
        task=data.task,
        outputs=int(outputs),
        input_shape=data.input_shape,
        train_inputs=data.train.inputs,
        seed=settings["seed"],
        **options,
    )
    if settings["trainer_weights"]:
        runs.load_weights(Path(settings["trainer_weights"]) / runs.TRAINER, trainer.model)
    elif settings["freeze_trainer"]:
        raise InputError("freeze_trainer needs trainer_weights: an untrained trainer teaches noise")
    return trainer


@dataclass(frozen=True)
class _Work:
    """All that one training has at hand."""

    run: runs.Run
    data: Dataset
    student: ProjectionNet
    trainer: Trainer | None
    prepared: Prepared


def _fit(work: _Work, loss: JointLoss, schedule: Schedule, watch: Watch) -> TrainReport:
    started = time.perf_counter()
    fit = JointFit(
        work.student,
        work.trainer.model if work.trainer else None,
        work.prepared.train,
        work.prepared.valid,
        loss=loss,
        schedule=schedule.for_examples(len(work.data.train.targets)),
        class_weights=work.prepared.class_weights,
        freeze_trainer=work.run.config["settings"]["freeze_trainer"],
        view=work.prepared.view,
        compression=_compression(work),
    )
    _restore(work.run, fit)
    board = _TensorBoard(work.run.path / "tensorboard")
    fit.run(
        on_batch=lambda e, s, m: watch.on_batch(e, s, fit.steps, m),
        on_epoch=lambda f: _save_epoch(work.run, f, board, watch),
    )
    return _finish(work, fit, time.perf_counter() - started)


def _compression(work: _Work) -> StepHook | None:
    config = work.run.config
    plan = CompressionPlan(config.get("prune", 0.0), config.get("cluster", 0))
    if not plan.active:
        return None
    from .compress.compression import Compression

    return Compression(work.student.head, plan)


def _save_epoch(run: runs.Run, fit: JointFit, board: _TensorBoard, watch: Watch) -> None:
    runs.save_arrays(run.path / runs.CHECKPOINT, fit.state(), progress=asdict(fit.progress))
    runs.write_history(run.path / runs.HISTORY, fit.progress.history)
    board.write(fit.progress.history[-1])
    watch.on_epoch(fit.progress.history[-1], fit.schedule.epochs)


def _restore(run: runs.Run, fit: JointFit) -> None:
    path = run.path / runs.CHECKPOINT
    if path.is_file():
        arrays, extra = runs.load_arrays(path)
        fit.restore(arrays, Progress(**extra["progress"]))


def _finish(work: _Work, fit: JointFit, seconds: float) -> TrainReport:
    run, data, progress = work.run, work.data, fit.progress
    last = progress.history[progress.best_epoch - 1 if fit.schedule.patience else -1]
    report = TrainReport(
        run=str(run.path),
        data=run.config["data"],
        epochs=progress.epoch,
        seconds=seconds,
        parameters=work.student.head.count_params(),
        bits=int(np.prod(work.student.head.input_shape[1:])),
        train_examples=len(data.train.targets),
        valid_examples=len(data.valid.targets),
        cut_messages=work.prepared.cut_messages,
        **{k: v for k, v in last.items() if k.startswith("valid_")},
    )
    save_samples(run, data)
    if work.trainer:
        runs.save_weights(run.path / runs.TRAINER, work.trainer.model)
    runs.write_json(run.path / runs.REPORT, asdict(report))
    runs.save_weights(run.path / runs.STUDENT, work.student)
    (run.path / runs.CHECKPOINT).unlink(missing_ok=True)
    return report


class _TensorBoard:
    """Scalars of each epoch as TensorBoard events."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, row: Mapping[str, float]) -> None:
        with self._writer.as_default(step=int(row["epoch"])):
            for name, value in row.items():
                tf.summary.scalar(name, value)
        self._writer.flush()
