"""A fit that is ready to run, and what it ends with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._keras import keras
from ..data import Dataset
from ..data.spec import InputSpec
from ..settings import Settings
from ..trainers import Trainer
from .graph import GraphExamples
from .joint import JointFit
from .preparation import Prepared
from .trainer_first import TrainerFirst
from .types import Silent, Watch
from .unlabelled import UnlabelledExamples


@dataclass(frozen=True)
class Fitted:
    """What a fit ends with.

    `student` and `trainer` (None without one) have their trained weights. `history` has one row an
    epoch: `loss`, `TERM_loss` of each term, and the metrics of both networks on the training
    examples and (`valid_...`) on the validation split. `best` is the row whose weights the student
    has. `seconds` of training; `cut_messages`: training messages that were cut to fit.
    """

    student: keras.Model
    trainer: Trainer | None
    data: Dataset
    settings: Settings
    spec: InputSpec
    history: tuple[Mapping[str, float], ...]
    best: Mapping[str, float]
    seconds: float
    cut_messages: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Label names in the order of the outputs; () for regression."""
        return self.data.labels


@dataclass(frozen=True)
class JointTraining:
    """A fit that is ready to run: both networks, their arrays, and the joint fit of them.

    `data` as given; with a `graph`, its nodes are examples too, and so are `unlabelled` ones.
    """

    data: Dataset
    settings: Settings
    spec: InputSpec
    student: keras.Model
    trainer: Trainer | None
    prepared: Prepared
    joint: JointFit
    first: TrainerFirst | None = None
    graph: GraphExamples | None = None
    unlabelled: UnlabelledExamples | None = None

    def run(
        self, watch: Watch | None = None, on_epoch: Callable[[JointFit], None] = lambda fit: None
    ) -> Fitted:
        """Train to the end; `on_epoch` may save `joint.state()` before the watch is told."""
        told, joint, started = watch or Silent(), self.joint, time.perf_counter()
        if self.first and not joint.progress.epoch:
            self.first.run(told)

        def close(fit: JointFit) -> None:
            on_epoch(fit)
            told.on_epoch(fit.progress.history[-1], fit.schedule.epochs)

        progress = joint.run(
            on_batch=lambda epoch, step, row: told.on_batch(epoch, step, joint.steps, row),
            on_epoch=close,
        )
        last = progress.best_epoch - 1 if joint.schedule.patience else -1
        return Fitted(
            student=self.student,
            trainer=self.trainer,
            data=self.data,
            settings=self.settings,
            spec=self.spec,
            history=tuple(progress.history),
            best=progress.history[last],
            seconds=time.perf_counter() - started,
            cut_messages=self.prepared.cut_messages,
        )
