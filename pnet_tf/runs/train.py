"""`train`: a data set and settings in, a finished run directory out; `resume` goes on with one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .._keras import tf
from ..data import Dataset, data_sha256, read_source
from ..data.unlabelled import unlabelled_beside
from ..errors import InputError
from ..parsing import parse
from ..settings import Settings, make_settings
from ..trainers import Trainer
from ..training.fitted import Fitted, JointTraining
from ..training.joint import JointFit
from ..training.planning import outputs_of, plan_fit
from ..training.types import Metrics, Progress, Watch
from ..training.unlabelled import UnlabelledExamples
from ..version import __version__
from . import directory as runs
from .advice import advice
from .load import Trust, ask, fresh_trainer, load_trainer
from .samples import save_samples


@dataclass(frozen=True)
class TrainReport:
    """What training ended with; accuracies 0..1 (None for regression, where `*_mse` are set).

    `train_examples` are those of train that labels were learned from. `hidden_labels`: others of
    it, whose labels `labels_per_class` hid. `unlabelled_examples`: inputs without labels, those
    and the `made_examples` of `augment.transfer` among them; `unlabelled_dropped`: reason -> inputs
    that were left out. `advice`: what more inputs would bring where labels are few, else null.
    """

    run: str
    data: str
    epochs: int
    seconds: float
    parameters: int
    bits: int
    train_examples: int
    valid_examples: int
    cut_messages: int
    hidden_labels: int = 0
    unlabelled_examples: int = 0
    made_examples: int = 0
    unlabelled_dropped: Mapping[str, int] = field(default_factory=dict)
    advice: str | None = None
    valid_trainer_accuracy: float | None = None
    valid_projection_accuracy: float | None = None
    valid_trainer_mse: float | None = None
    valid_projection_mse: float | None = None


_SCORES = frozenset(name for name in TrainReport.__annotations__ if name.startswith("valid_")) - {
    "valid_examples"
}


def train(
    source: str,
    out: str | Path,
    changes: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),
    *,
    recipe: str | None = None,
    task: str | None = None,
    watch: Watch | None = None,
    trust: Trust = False,
) -> TrainReport:
    """Train a trainer and a ProjectionNet jointly on `source` and write the run `out`.

    `changes` are laid over the recipe, see `settings.make_settings`. Inputs without labels that lie
    in the folder `source` (`unlabelled_beside`) are learned from too. `trust`: whether the run that
    `trainer_weights` names may bring code. Raises InputError for bad data or settings, also when
    `out` exists. Same arguments on one machine, same weights.
    """
    path = runs.check_new(out)
    found = read_source(source, task=task)
    settings = _settings(source, found.kind, task, changes, recipe)
    data = found.divide(seed=settings.seed, valid_fraction=settings.valid_fraction)
    plan = plan_fit(data, settings, trainer=_borrowed(data, settings, trust))
    config = _config(source, plan)
    with runs.fresh_run(path, config, data.labels, data.replies, data.roles) as run:
        return _carry_out(run, plan, watch)


def resume(
    source: str, out: str | Path, *, watch: Watch | None = None, trust: Trust = False
) -> TrainReport:
    """Go on with the run `out` from its last checkpoint; it ends as if it had never stopped.

    Raises InputError when the run is finished or was made from other data.
    """
    run = runs.read_run(out)
    config, settings = run.config, run.config.settings
    if run.finished:
        raise InputError(f"{run.path} is finished: there is nothing to resume")
    if config.data != str(source):
        raise InputError(f"{run.path} was made from {config.data!r}, not {source!r}")
    found = read_source(source, task=config.task)
    data = found.divide(seed=settings.seed, valid_fraction=settings.valid_fraction)
    if data.labels != run.labels:
        raise InputError(f"the labels of {source} have changed since {run.path} was started")
    if config.data_sha256 not in ("", data_sha256(data)):
        raise InputError(f"the rows of {source} have changed since {run.path} was started")
    if (run.path / runs.CHECKPOINT).is_file():
        trainer = fresh_trainer(run, trust)  # all of its weights are in the checkpoint
    else:
        trainer = _borrowed(data, settings, trust)
    if trainer is None:
        ask(run, settings.trainer.name, trust)  # which plan_fit would import
    plan = plan_fit(data, settings, trainer=trainer)
    if config.teacher_sha256 not in ("", _teacher_sha256(plan)):
        raise InputError(
            f"the logits in {settings.teacher_logits} have changed since {run.path} was started"
        )
    if plan.graph and config.graph_sha256 not in ("", plan.graph.sha256):
        raise InputError(
            f"the graph in {settings.graph.edges} has changed since {run.path} was started"
        )
    if plan.unlabelled and config.unlabelled_sha256 not in ("", plan.unlabelled.sha256):
        raise InputError(
            f"the inputs in {settings.unlabelled.inputs} have changed since {run.path} was started"
            if settings.unlabelled.inputs is not None
            else f"{run.path} learned from other inputs without labels: it was started with "
            f"version {config.version}, this is {__version__}"
        )
    return _carry_out(run, plan, watch)


def _settings(
    source: str,
    kind: str,
    task: str | None,
    changes: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    recipe: str | None,
) -> Settings:
    """Those asked for, with the inputs without labels that lie in the folder `source`.

    These are left alone where others are named, for a regression, and without a trainer.
    """
    asked = make_settings(kind, changes, recipe=recipe)
    others = asked.unlabelled.inputs or asked.teacher_logits or asked.graph.edges
    if others or asked.trainer.name == "none" or task == "regression":
        return asked
    beside = unlabelled_beside(source, kind)
    if beside is None:
        return asked
    given = [changes] if isinstance(changes, Mapping) else list(changes)
    return make_settings(kind, [{"unlabelled": {"inputs": str(beside)}}, *given], recipe=recipe)


def _borrowed(data: Dataset, settings: Settings, trust: Trust) -> Trainer | None:
    """The trainer of the run that `trainer_weights` names, with its encoder and its weights."""
    stored = settings.trainer.name == "none" or settings.teacher_logits is not None
    if settings.trainer_weights is None or stored:
        return None
    run = runs.read_finished_run(settings.trainer_weights)
    if run.config.trainer is None:
        raise InputError(f"{run.path} was trained without a trainer; trainer_weights needs one")
    if run.config.trainer.get("spec") != settings.trainer.name:
        raise InputError(
            f"the trainer of {run.path} is {run.config.trainer.get('spec')!r}, "
            f"not {settings.trainer.name!r}"
        )
    spec = run.config.input
    shape = () if spec.kind == "text" else spec.shape
    theirs = (run.config.task, run.labels, run.config.outputs, spec.kind, shape)
    if theirs != (data.task, data.labels, outputs_of(data), data.kind, data.input_shape):
        raise InputError(f"the trainer of {run.path} is for other labels or inputs than these data")
    return load_trainer(run, trust)


def _config(source: str, plan: JointTraining) -> runs.RunConfig:
    trainer = plan.trainer
    return runs.RunConfig(
        version=__version__,
        data=str(source),
        data_sha256=data_sha256(plan.data),
        teacher_sha256=_teacher_sha256(plan),
        graph_sha256=plan.graph.sha256 if plan.graph else "",
        unlabelled_sha256=plan.unlabelled.sha256 if plan.unlabelled else "",
        task="regression" if plan.data.task == "regression" else "classification",
        input=plan.spec,
        outputs=outputs_of(plan.data),
        trainer=dict(trainer.config) if trainer and trainer.config else None,
        settings=plan.settings,
    )


def _teacher_sha256(plan: JointTraining) -> str:
    logits = plan.prepared.train.teacher_logits
    return "" if logits is None else hashlib.sha256(logits.tobytes()).hexdigest()


def _carry_out(run: runs.Run, plan: JointTraining, watch: Watch | None) -> TrainReport:
    _restore(run, plan.joint)
    board = _TensorBoard(run.path / runs.TENSORBOARD)
    fitted = plan.run(watch, on_epoch=lambda fit: save_epoch(run, fit, board))
    return _finish(run, fitted, plan)


def save_epoch(run: runs.Run, fit: JointFit, board: _TensorBoard) -> None:
    """The checkpoint of an epoch, its row of the history and its events."""
    runs.save_arrays(run.path / runs.CHECKPOINT, fit.state(), progress=asdict(fit.progress))
    runs.write_history(run.path / runs.HISTORY, fit.progress.history)
    board.write(fit.progress.history[-1])


def _restore(run: runs.Run, fit: JointFit) -> None:
    path = run.path / runs.CHECKPOINT
    if path.is_file():
        arrays, extra = runs.load_arrays(path)
        progress = parse(extra.get("progress"), Progress, f"{path} is damaged: ", finite=False)
        if not 0 <= progress.best_epoch <= progress.epoch == len(progress.history):
            raise InputError(f"{path} is damaged: its history is not of {progress.epoch} epochs")
        fit.restore(arrays, progress)


def _finish(run: runs.Run, fitted: Fitted, plan: JointTraining) -> TrainReport:
    student, trainer, data = fitted.student, fitted.trainer, fitted.data
    more = plan.unlabelled or UnlabelledExamples(data, 0, {})
    report = TrainReport(
        run=str(run.path),
        data=run.config.data,
        epochs=len(fitted.history),
        seconds=fitted.seconds,
        parameters=student.head.count_params(),
        bits=int(np.prod(student.head.input_shape[1:])),
        train_examples=more.examples,
        valid_examples=len(data.valid.targets),
        cut_messages=fitted.cut_messages,
        hidden_labels=more.hidden,
        unlabelled_examples=more.count,
        made_examples=more.made,
        unlabelled_dropped=more.dropped,
        advice=advice(plan),
        **{k: v for k, v in fitted.best.items() if k in _SCORES},
    )
    save_samples(run, data)
    if trainer:
        runs.save_weights(run.path / runs.TRAINER, trainer.model)
    runs.write_json(run.path / runs.REPORT, asdict(report))
    runs.save_weights(run.path / runs.STUDENT, student)
    (run.path / runs.CHECKPOINT).unlink(missing_ok=True)
    return report


class _TensorBoard:
    """Scalars of each epoch as TensorBoard events."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, row: Metrics) -> None:
        """One step, numbered by the epoch."""
        with self._writer.as_default(step=int(row["epoch"])):
            for name, value in row.items():
                tf.summary.scalar(name, value)
        self._writer.flush()
