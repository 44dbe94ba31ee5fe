"""The workers of a study: each asks for a network, runs it and tells, until the budget is spent."""

from __future__ import annotations

import multiprocessing
import platform
import zlib
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import connection
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from .._keras import forgetting_gradients
from ..data import Dataset
from ..errors import InputError, WorkError
from .keep import Kept, keep, read_kept, worth_keeping
from .records import FAILED, OUTSIDE, STOPPED, Record, finished
from .requirements import ACCURACY
from .study import Asked, ask, known_records, running, tell
from .survey import nearest
from .trial import OutOfTime, run_trial
from .work import Search, Work, begin

if TYPE_CHECKING:
    import optuna

OUTSIDE_IN_A_ROW = 40
"""Networks outside the limits, one after another, after which a search gives up."""
Told = Callable[[Record, "tuple[Kept, ...]"], Any]
"""Is told of each network that has ended, and all that are kept."""


def carry_on(work: Work, told: Told) -> None:
    """Ask, run and tell until the budget is spent."""
    outside = 0
    while not _spent(work):
        with forgetting_gradients():
            asked = ask(work.study, work.generator.space)
            record = _one(work, asked, told)
        outside = outside + 1 if record.ended == OUTSIDE else 0
        if outside >= OUTSIDE_IN_A_ROW:
            facts = [one.facts for one in known_records(work.study) if one.facts]
            raise WorkError(
                f"{outside} networks in a row broke a limit; the nearest has "
                f"{nearest(facts, work.generator.requirements)}"
            )


def _one(work: Work, asked: Asked, told: Told) -> Record:
    """One network from its proposal to its end in the study."""
    learned = replace(work.generator, records=known_records(work.study))
    task = replace(work.task, deadline=_deadline(work))
    try:
        record, trained = run_trial(
            task, learned, asked.trial.number, asked.network, asked.trial.set_user_attr
        )
    except OutOfTime as late:
        tell(work.study, asked.trial, STOPPED)
        if not finished(learned.records):
            raise InputError(
                f"budget {work.budget.text} is too short for one network: {task.epochs} epochs of "
                f"it take about {late.seconds:.0f} s"
            ) from None
        return Record(asked.trial.number, asked.network, {}, STOPPED)
    except BaseException:
        tell(work.study, asked.trial, FAILED)
        raise
    kept = read_kept(work.folder)
    keeps = record.accuracy is not None and all(
        one.name != ACCURACY or record.accuracy >= one.limit for one in learned.requirements
    )
    if trained and keeps and worth_keeping(record, kept, work.search.networks):
        found = keep(work.folder, task.data, learned, record, trained, work.search.keep_accuracy)
        kept += [found] if found else []
    tell(work.study, asked.trial, record.ended, record.accuracy, record.facts)
    told(record, tuple(kept))
    return record


def _spent(work: Work) -> bool:
    records = [record for record in known_records(work.study) if record.number >= 0]
    epochs = work.task.epochs
    at_work = [Record(0, {}, {}, FAILED, epochs=float(epochs))] * running(work.study)
    seconds = seconds_of(work.study) / work.search.jobs
    return work.budget.spent([*records, *at_work], seconds, epochs)


def seconds_of(study: optuna.Study) -> float:
    """Of all trials that have ended."""
    trials = study.get_trials(deepcopy=False)
    return sum(trial.duration.total_seconds() for trial in trials if trial.duration)


def _deadline(work: Work) -> float | None:
    if work.budget.seconds is None:
        return None
    return monotonic() + work.budget.seconds - seconds_of(work.study) / work.search.jobs


def side_by_side(data: Dataset | str, work: Work, told: Told) -> None:
    """Workers in processes of their own; this one tells of what they end."""
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(
            target=_worker, args=(data, str(work.folder), work.search, number), daemon=True
        )
        for number in range(1, work.search.jobs + 1)
    ]
    seen = {record.number for record in known_records(work.study)}
    for worker in workers:
        worker.start()
    try:
        while alive := [worker.sentinel for worker in workers if worker.is_alive()]:
            connection.wait(alive, 1.0)
            seen |= _tell_new(work, seen, told)
    finally:
        for worker in workers:
            worker.terminate()
    _tell_new(work, seen, told)
    if all(worker.exitcode for worker in workers):
        raise WorkError("all workers failed; run with one job to see why")


def _tell_new(work: Work, seen: set[int], told: Told) -> set[int]:
    new = [record for record in known_records(work.study) if record.number not in seen]
    kept = tuple(read_kept(work.folder))
    for record in new:
        told(record, kept)
    return {record.number for record in new}


def _worker(data: Dataset | str, folder: str, search: Search, number: int) -> None:
    """What each process does."""
    own = _machine() * 1000 + number
    try:
        carry_on(begin(data, Path(folder), search, own), lambda record, kept: None)
    except (InputError, WorkError):
        raise SystemExit(1) from None  # the first process says that all failed


def _machine() -> int:
    """A number of this machine, so that workers on several differ."""
    return zlib.crc32(platform.node().encode())
