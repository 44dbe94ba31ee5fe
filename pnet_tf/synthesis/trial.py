"""One network of a study: measured, and only if it keeps the limits probed and trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from .._keras import keras
from ..data import Dataset
from ..data.spec import InputSpec
from ..errors import InputError, WorkError
from ..export.draft import draft_student
from ..metrics import classification_metrics
from ..settings import Settings
from ..tflite.model import load_bytes
from ..training.planning import plan_fit
from .generator import Generator
from .inquisitor import accuracy_of, log_error
from .measure import CALIBRATION, measure
from .probe import probe_responses
from .records import (
    ACCURACY,
    BROKEN,
    CURVE,
    EPOCHS,
    FACTS,
    FAILED,
    FINISHED,
    FORETOLD,
    NETWORK,
    OUTSIDE,
    RESPONSES,
    STOPPED,
    Record,
    finished,
)
from .requirements import ACCURACY as ACCURACY_LIMIT
from .requirements import broken

Note = Callable[[str, Any], None]
"""Is told what is found of a network, by the names of `records`."""
HOPELESS = 0.05
"""A training goes on while the chance that it ends useful is at least this."""
CURVE_METRIC = "valid_projection_accuracy"


@dataclass(frozen=True)
class Task:
    """What the networks of a study are trained on, each for so many `epochs`.

    `judged` where hopeless trainings are stopped; `deadline`: `monotonic()` after which none goes
    on, None without one.
    """

    data: Dataset
    epochs: int
    judged: bool
    deadline: float | None = None


@dataclass(frozen=True)
class Trained:
    """A student that was trained to the end, and what its raw inputs are."""

    student: keras.Model
    spec: InputSpec


@dataclass
class _Course:
    """Where one training is; `record` as it will be stored, but for the end."""

    record: Record
    curve: list[float] = field(default_factory=list)
    foretold: dict[str, float] = field(default_factory=dict)


class _Hopeless(Exception):
    """Ends a training whose end would be of no use."""


class OutOfTime(Exception):
    """Ends a training at the deadline; `seconds` that a whole one is expected to take."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


def run_trial(
    task: Task,
    generator: Generator,
    number: int,
    network: Mapping[str, Any],
    note: Note = lambda name, value: None,
) -> tuple[Record, Trained | None]:
    """Measure, probe and train `network`; `note` is told what is found when it is found.

    `generator` has learned from all that is known now. A network that cannot be built or breaks a
    limit that needs no training costs no epoch. Raises OutOfTime at the task's deadline.
    """
    record = Record(number, dict(network), {}, OUTSIDE)
    note(NETWORK, dict(network))
    wanted = {one.name for one in generator.requirements}
    keras.backend.clear_session()
    settings = generator.settings(network)
    try:
        measured = measure(task.data, settings, wanted)
    except (InputError, WorkError) as error:
        note(BROKEN, [str(error)])
        return replace(record, broken=(str(error),)), None
    note(FACTS, measured.facts)
    record = replace(record, facts=measured.facts)
    if over := broken(generator.requirements, measured.facts):
        texts = [f"{one}: {measured.facts[one.name]:.10g}" for one in over]
        note(BROKEN, texts)
        return replace(record, broken=tuple(texts)), None
    spec = InputSpec.of(task.data.kind, task.data.input_shape, settings.byte_length)
    responses = probe_responses(measured.student, task.data, spec)
    note(RESPONSES, responses)
    return _trained(task, generator, settings, replace(record, responses=responses), note)


def _trained(
    task: Task, generator: Generator, settings: Settings, record: Record, note: Note
) -> tuple[Record, Trained | None]:
    """Train; the accuracy is that of the file on valid."""
    course = _Course(record)
    if task.judged and len(finished(generator.records)) > 1:
        start = generator.inquisitor.error([record.network]).mean[0]
        course.foretold["start"] = float(accuracy_of(start))
    began = monotonic()
    plan = plan_fit(task.data, settings)
    watch = _Epochs(lambda row: _judge(task, generator, course, row, began))
    ended, found, accuracy = FINISHED, None, None
    try:
        plan.run(watch)
        draft = draft_student(
            plan.student, task.data.labels, task.data.train.inputs[:CALIBRATION], plan.spec
        )
        accuracy = file_accuracy(draft.content, task.data)
        found = Trained(plan.student, plan.spec)
    except _Hopeless:
        ended = STOPPED
    except WorkError as error:
        ended = FAILED
        note(BROKEN, [str(error)])
    finally:
        note(CURVE, course.curve)
        note(EPOCHS, len(course.curve))
        note(FORETOLD, course.foretold)
    if accuracy is not None:
        note(ACCURACY, accuracy)
    record = replace(
        record, ended=ended, accuracy=accuracy, curve=tuple(course.curve),
        foretold=course.foretold, epochs=float(len(course.curve)),
    )  # fmt: skip
    return record, found


def file_accuracy(content: bytes, data: Dataset) -> float:
    """Share of right top labels of a file on valid."""
    scores = load_bytes(content, trusted=True).scores(data.valid.inputs)
    return float(classification_metrics(scores, data.valid.targets).accuracy)


def _judge(
    task: Task, generator: Generator, course: _Course, row: Mapping[str, float], began: float
) -> None:
    """After each epoch: note it, foretell the end, stop what is hopeless or out of time."""
    course.curve.append(float(row[CURVE_METRIC]))
    done = len(course.curve)
    if done >= task.epochs:
        return
    if task.deadline is not None and monotonic() > task.deadline:
        raise OutOfTime((monotonic() - began) / done * task.epochs)
    if not task.judged:
        return
    belief = generator.inquisitor.end(replace(course.record, curve=tuple(course.curve)))
    if belief is None:
        return
    foretold = float(accuracy_of(belief.mean[0]))
    if done == max(task.epochs // 4, 1):
        course.foretold["quarter"] = foretold
    if belief.below(float(log_error(needed(generator, course.record))))[0] < HOPELESS:
        course.foretold["end"] = foretold
        raise _Hopeless


def needed(generator: Generator, record: Record) -> float:
    """The accuracy that a network must exceed to be of use: its limit, or that of no larger ones.

    0 where no finished network is as small.
    """
    size = record.facts["bytes"]
    smaller = [other.accuracy or 0.0 for other in finished(generator.records)
               if other.facts["bytes"] <= size]  # fmt: skip
    limits = [one.limit for one in generator.requirements if one.name == ACCURACY_LIMIT]
    return max([0.0, *smaller, *limits])


class _Epochs:
    """A watch that hears of epochs alone."""

    def __init__(self, told: Callable[[Mapping[str, float]], None]) -> None:
        self._told = told

    def on_batch(self, epoch: int, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        """Nothing."""

    def on_epoch(self, row: Mapping[str, float], epochs: int) -> None:
        """Pass it on."""
        self._told(row)
