"""`bits`: train, export and measure every point of a sweep, in child processes, resumably."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data import Dataset, Split, data_sha256, load_dataset, read_source
from ..errors import InputError, WorkError
from ..runs import directory as runs
from ..settings import Settings, make_settings
from ..tflite.evaluate import evaluate_model
from ..tflite.model import load_model
from . import records
from .children import Children, Stopped, terminable
from .plan import (
    Plan,
    Sweep,
    Training,
    export_command,
    make_plan,
    point_folder,
    point_name,
    run_folder,
)
from .records import Failure, Point, SweepReport

Told = Callable[[int, int], None]
"""Is told how many points are done, of how many."""


@dataclass(frozen=True)
class _Work:
    """All that the threads of one sweep share."""

    plan: Plan
    folder: Path
    children: Children
    valid: _ValidSplits


def search_bits(
    source: str,
    out: str | Path,
    sweep: Sweep,
    *,
    jobs: int | None = None,
    test: bool = False,
    told: Told = lambda done, planned: None,
) -> SweepReport:
    """Make every point of `sweep` over `source` in the folder `out`, and draw them.

    A point that `out` has already is not made again, and a half-trained run goes on. `jobs` (the
    cores, at most) run side by side. `test` reads the test split too, for the points on a front.
    Raises InputError before anything is written; a point that fails is in the report's `failures`.
    """
    check_matplotlib()
    data = _load(source, sweep, test)
    plan = make_plan(source, data.kind, sweep)
    _check_trainings(data, plan)
    settings = {**plan.settings(), "data_sha256": data_sha256(data)}
    folder = Path(out)
    records.start_folder(folder, plan, settings)
    failures = run_points(plan, folder, _ValidSplits(source), jobs=jobs, told=told)
    report = finish(folder, settings, plan.names, failures)
    if test and data.test is not None:
        _test_fronts(folder, report, data.test)
        report = finish(folder, settings, plan.names, failures)
    return report


def draw_again(out: str | Path) -> SweepReport:
    """The table and the plots of `out` once more, from the points that it has."""
    check_matplotlib()
    folder = Path(out)
    stored = records.read_sweep(folder)
    names = [p.name for p in sorted((folder / "points").glob("*"))]
    failures = [Failure(**failure) for failure in stored.get("failures", [])]
    return finish(folder, stored["settings"], names, failures)


def finish(
    folder: Path, settings: Mapping[str, Any], names: tuple[str, ...] | list[str],
    failures: list[Failure],
) -> SweepReport:  # fmt: skip
    """Write the table and the plots of the points among `names` that are finished."""
    from .plot import draw

    points = records.read_points(folder, names)
    report = records.make_report(settings, len(names), points, failures)
    records.write_table(folder, report)
    if report.points:
        draw(folder, report)
    return report


def check_matplotlib() -> None:
    """Raises InputError where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("this command draws with matplotlib: install the extra, pnet-tf[plot]")


def _load(source: str, sweep: Sweep, test: bool) -> Dataset:
    found = read_source(source)
    if found.task != "classification":
        raise InputError(f"{source}: holds targets for regression; bits compares accuracies")
    settings = make_settings(found.kind, [sweep.config], recipe=sweep.recipe)
    data = found.divide(seed=sweep.seeds[0], valid_fraction=settings.valid_fraction)
    if test and data.test is None:
        raise InputError(f"{source}: has no test split; leave out --test")
    return data


def _check_trainings(data: Dataset, plan: Plan) -> None:
    """Refuse now what `train` or `export` would refuse later."""
    from ..training.planning import check_settings

    many: list[Settings] = [
        make_settings(data.kind, plan.changes(training), recipe=plan.sweep.recipe)
        for training in plan.trainings
    ]
    check_settings(data, many)
    if many[0].qat == "int8" and plan.sweep.quantize != ("int8",):
        raise InputError("a run trained with qat int8 exports as int8 alone; give --quantize int8")


class _ValidSplits:
    """The validation split of each run, read again from the data: the whole, not a sample."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._splits: dict[tuple[int, float], Split] = {}
        self._lock = threading.Lock()

    def of(self, run: runs.Run) -> Split:
        """The examples that this run chose its epoch by, none of which it was trained on."""
        seed, fraction = run.config.settings.seed, run.config.settings.valid_fraction
        with self._lock:
            if (seed, fraction) not in self._splits:
                data = load_dataset(self._source, seed=seed, valid_fraction=fraction)
                self._splits[seed, fraction] = data.valid
            return self._splits[seed, fraction]


def run_points(
    plan: Plan, folder: Path, valid: _ValidSplits, *, jobs: int | None, told: Told
) -> list[Failure]:
    """Make the points that are missing, `jobs` trainings at a time; the failures, by name."""
    planned, cores = len(plan.names), os.cpu_count() or 1
    jobs = min(jobs or cores, len(plan.trainings))
    work = _Work(plan, folder, Children(max(1, cores // jobs)), valid)
    pool = ThreadPoolExecutor(jobs)
    failures: list[Failure] = []
    told(_finished(work), planned)
    with terminable():
        try:
            pending = {pool.submit(_make_points, work, t, failures) for t in plan.trainings}
            while pending:
                done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                told(_finished(work), planned)
        finally:
            work.children.stop()
            pool.shutdown(cancel_futures=True)
    return sorted(failures, key=lambda failure: plan.names.index(failure.name))


def _finished(work: _Work) -> int:
    return sum(_is_finished(work.folder, name) for name in work.plan.names)


def _is_finished(folder: Path, name: str) -> bool:
    return (point_folder(folder, name) / records.POINT).is_file()


def _make_points(work: _Work, training: Training, failures: list[Failure]) -> None:
    """Train one run and export it in each quantisation, but for what is there."""
    modes = {point_name(training, mode): mode for mode in work.plan.sweep.quantize}
    missing = [name for name in modes if not _is_finished(work.folder, name)]
    if not missing:
        return
    try:
        _train(work, training)
    except WorkError as error:
        failures += [Failure(name, str(error)) for name in missing]
        return
    except Stopped:
        return
    for name in missing:
        try:
            _make_point(work, training, modes[name])
        except (InputError, WorkError) as error:
            failures.append(Failure(name, str(error)))
        except Stopped:
            return


def _train(work: _Work, training: Training) -> None:
    """Train, go on with a run that has a checkpoint, or start over one that has none."""
    run = run_folder(work.folder, training)
    if (run / runs.STUDENT).is_file():
        return
    if (run / runs.CHECKPOINT).is_file():
        work.children.run(["train", work.plan.data, "--out", str(run), "--resume"])
        return
    shutil.rmtree(run, ignore_errors=True)
    work.children.run(work.plan.train_command(training, work.folder))


def _make_point(work: _Work, training: Training, mode: str) -> None:
    name = point_name(training, mode)
    into = point_folder(work.folder, name)
    into.mkdir(parents=True, exist_ok=True)
    work.children.run(export_command(training, mode, work.folder))
    exported = runs.read_json(into / "export.json")
    run = runs.read_finished_run(run_folder(work.folder, training))
    found = evaluate_model(load_model(into / "model.tflite", trusted=True), work.valid.of(run))
    records.write_point(work.folder, Point(
        name=name,
        functions=training.functions,
        bits_per_function=training.bits_per_function,
        head=training.head,
        hidden=training.hidden,
        seed=training.seed,
        quantize=mode,
        bits=exported["bits"],
        parameters=exported["parameters"],
        size_bytes=found.size_bytes,
        accuracy=found.accuracy if found.accuracy is not None else 0.0,
        valid_examples=found.examples,
        p50_ms=exported["benchmark"]["p50_ms"],
        train_seconds=records.train_seconds(work.folder, training),
    ))  # fmt: skip


def _test_fronts(folder: Path, report: SweepReport, split: Split) -> None:
    """Read the test split for the points on a front that it was not read for yet."""
    for point in report.points:
        into = point_folder(folder, point.name)
        if point.front and point.test_accuracy is None:
            found = evaluate_model(load_model(into / "model.tflite", trusted=True), split)
            content = {"test_accuracy": found.accuracy, "test_examples": found.examples}
            runs.write_json(into / records.TEST, content)
