"""`train`: a data set and settings in, a finished run directory out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from . import runs
from ._keras import keras, tf
from .batches import batched
from .data import Dataset, Split, encode_text, load_dataset
from .errors import InputError
from .joint import JointData, JointFit, Metrics, Progress
from .losses import JointLoss, check_lambdas
from .model import ProjectionNet, build_student
from .schedule import Schedule
from .settings import make_settings, plain_settings
from .trainers import Trainer, build_trainer, load_teacher_logits, rebuild_trainer
from .version import __version__

CALIBRATION_SAMPLES = 256
VALIDATION_SAMPLES = 2000
CACHE_BYTES = 4 * 2**30  # above this, bits are computed in each step instead of kept


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
    run = runs.create_run(Path(out), config, data.labels, data.replies)
    return _fit(run, data, student, trainer, loss, schedule, watch or _Silent())


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
    return _fit(run, data, student, trainer, loss, schedule, watch or _Silent())


def load_trainer(run: runs.Run) -> Trainer | None:
    """The trained trainer of a finished run; None when there was none."""
    if run.config["trainer"] is None:
        return None
    trainer = rebuild_trainer(run.config["trainer"])
    runs.load_weights(run.path / runs.TRAINER, trainer.model)
    return trainer


def encode_inputs(config: Mapping[str, Any], inputs: np.ndarray) -> tuple[np.ndarray, int]:
    """Split.inputs as raw model inputs [N, ...], and how many messages were cut."""
    if config["input"]["kind"] != "text":
        return inputs, 0
    encoded = encode_text(inputs, config["input"]["byte_length"])
    return encoded.bytes, encoded.cut


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
        "qat": settings["qat"],
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


def _fit(
    run: runs.Run,
    data: Dataset,
    student: ProjectionNet,
    trainer: Trainer | None,
    loss: JointLoss,
    schedule: Schedule,
    watch: Watch,
) -> TrainReport:
    started = time.perf_counter()
    settings = run.config["settings"]
    train_data, cut = _joint_data(run.config, data.train, student, trainer, settings)
    valid_data, _ = _joint_data(run.config, data.valid, student, trainer, None)
    fit = JointFit(
        student,
        trainer.model if trainer else None,
        train_data,
        replace(valid_data, cached=train_data.cached),
        loss=loss,
        schedule=schedule,
        class_weights=_class_weights(data, settings["class_weights"]),
        freeze_trainer=settings["freeze_trainer"],
    )
    _restore(run, fit)
    board = _TensorBoard(run.path / "tensorboard")
    progress = fit.run(
        on_batch=lambda e, s, m: watch.on_batch(e, s, fit.steps, m),
        on_epoch=lambda f: _save_epoch(run, f, board, watch),
    )
    return _finish(run, data, student, trainer, progress, cut, time.perf_counter() - started)


def _joint_data(
    config: Mapping[str, Any],
    split: Split,
    student: ProjectionNet,
    trainer: Trainer | None,
    settings: Mapping[str, Any] | None,
) -> tuple[JointData, int]:
    raw, cut = encode_inputs(config, split.inputs)
    cached, inputs = _project(student, raw)
    stored = None
    if settings and settings["teacher_logits"]:
        stored = load_teacher_logits(
            settings["teacher_logits"], examples=len(raw), outputs=config["outputs"]
        ).astype(np.float32)
    encoded = trainer.encode(split.inputs) if trainer else None
    return JointData(inputs, split.targets, encoded, stored, cached), cut


def _project(student: ProjectionNet, raw: np.ndarray) -> tuple[bool, np.ndarray]:
    """Bits as int8 when all of them fit the cache, else the raw inputs."""
    shape = student.head.input_shape[1:]
    if len(raw) * int(np.prod(shape)) > CACHE_BYTES:
        return False, raw
    project = tf.function(lambda x: tf.cast(student.projection(x), tf.int8), reduce_retracing=True)
    return True, batched(project, raw)


def _class_weights(data: Dataset, balanced: bool) -> np.ndarray | None:
    """N / (C * count of the class), so that the mean over examples is 1."""
    if not balanced or data.task == "regression":
        return None
    counts = np.bincount(data.train.targets, minlength=len(data.labels))
    return counts.sum() / (len(counts) * np.maximum(counts, 1))


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


def _finish(
    run: runs.Run,
    data: Dataset,
    student: ProjectionNet,
    trainer: Trainer | None,
    progress: Progress,
    cut: int,
    seconds: float,
) -> TrainReport:
    patience = run.config["settings"]["schedule"].get("patience", 0)
    last = progress.history[progress.best_epoch - 1 if patience else -1]
    report = TrainReport(
        run=str(run.path),
        data=run.config["data"],
        epochs=progress.epoch,
        seconds=seconds,
        parameters=student.head.count_params(),
        bits=int(np.prod(student.head.input_shape[1:])),
        train_examples=len(data.train.targets),
        valid_examples=len(data.valid.targets),
        cut_messages=cut,
        **{k: v for k, v in last.items() if k.startswith("valid_")},
    )
    _save_samples(run, data)
    if trainer:
        runs.save_weights(run.path / runs.TRAINER, trainer.model)
    runs.write_json(run.path / runs.REPORT, asdict(report))
    runs.save_weights(run.path / runs.STUDENT, student)
    (run.path / runs.CHECKPOINT).unlink(missing_ok=True)
    return report


def _save_samples(run: runs.Run, data: Dataset) -> None:
    """Keep what an export needs of the data, so that it needs nothing but the run."""
    rng = np.random.default_rng(0)
    some = _some(rng, len(data.train.targets), CALIBRATION_SAMPLES)
    kept = _some(rng, len(data.valid.targets), VALIDATION_SAMPLES)
    calibration, _ = encode_inputs(run.config, data.train.inputs[some])
    inputs, _ = encode_inputs(run.config, data.valid.inputs[kept])
    runs.save_arrays(run.path / runs.SAMPLES, [calibration, inputs, data.valid.targets[kept]])


def _some(rng: np.random.Generator, rows: int, most: int) -> np.ndarray:
    return rng.choice(rows, min(rows, most), replace=False)


class _TensorBoard:
    """Scalars of each epoch as TensorBoard events."""

    def __init__(self, folder: Path) -> None:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, row: Mapping[str, float]) -> None:
        with self._writer.as_default(step=int(row["epoch"])):
            for name, value in row.items():
                tf.summary.scalar(name, value)
        self._writer.flush()
