"""The folder of a sweep: what it was made from, the points it has, the table of them.

sweep.json, sweep.csv   settings, points and fronts; the points as a table
commands.sh             the commands of every point      accuracy_*.png, .svg   the plots
runs/NAME               a run directory for each training
points/NAME             model.tflite, export.json, point.json (the figures), test.json (if asked)
"""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from ..errors import InputError
from ..files import atomic_write_text
from ..fronts import pareto_front
from ..runs import directory as runs
from .plan import Plan, Training, export_command, point_folder, point_name, run_folder

SCHEMA = 1
JSON, CSV, COMMANDS = "sweep.json", "sweep.csv", "commands.sh"
POINT, TEST = "point.json", "test.json"
COSTS = {"bits": "bits", "bytes": "size_bytes"}
"""Name of a front, and the cost of it."""


@dataclass(frozen=True)
class Point:
    """One exported file as measured.

    `bits` are all that the head sees of an example (text: of all tokens), `parameters` the head's,
    `accuracy` 0..1 that of the file on the `valid_examples` of the validation split, `p50_ms` the
    export's median latency, `train_seconds` those of the run's epochs. `test_accuracy` is None off
    the fronts, or when it was not asked for. `front`: names of the fronts that it is on.
    """

    name: str
    functions: int
    bits_per_function: int
    head: str
    hidden: int
    seed: int
    quantize: str
    bits: int
    parameters: int
    size_bytes: int
    accuracy: float
    valid_examples: int
    p50_ms: float
    train_seconds: float
    test_accuracy: float | None = None
    front: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A point that could not be made, and the last thing that its command said."""

    name: str
    reason: str


@dataclass(frozen=True)
class SweepReport:
    """All of a sweep: `front` maps bits and bytes to the names of the points on that front.

    `planned` is the number of points asked for; `points` come by rising size, then name.
    """

    settings: Mapping[str, Any]
    planned: int
    points: tuple[Point, ...]
    front: Mapping[str, tuple[str, ...]]
    failures: tuple[Failure, ...] = field(default=())


def start_folder(folder: Path, plan: Plan, settings: Mapping[str, Any]) -> None:
    """Make `folder` for the sweep, or find that it is that sweep's already.

    Raises InputError, with everything untouched, for a folder made from something else.
    """
    if (folder / JSON).is_file():
        _check_same(folder, settings)
    else:
        _check_empty(folder)
        for name in plan.names:
            point_folder(folder, name).mkdir(parents=True, exist_ok=True)
        write_commands(folder, plan)
        write_table(folder, make_report(settings, len(plan.names), (), ()))


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; --out takes a folder")
    known = {"points", COMMANDS}  # a sweep killed while it made them
    there = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    if [name for name in there if name not in known and not name.startswith(".")]:
        raise InputError(f"{folder} holds other files and no {JSON}; give another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror}") from None


def _check_same(folder: Path, settings: Mapping[str, Any]) -> None:
    before = runs.read_json(folder / JSON).get("settings", {})
    after = json.loads(json.dumps(settings))
    other = [name for name in after if before.get(name) != after[name]]
    if other:
        name = other[0]
        raise InputError(
            f"{folder} was made with {name} {json.dumps(before.get(name))}, not"
            f" {json.dumps(after[name])}; give another --out"
        )


def read_points(folder: Path, names: Sequence[str]) -> list[Point]:
    """The finished points among `names`, with the test accuracies that are there."""
    found = []
    for name in names:
        path = point_folder(folder, name) / POINT
        if path.is_file():
            found.append(_read_point(path))
    return found


def _read_point(path: Path) -> Point:
    test = path.with_name(TEST)
    tested = runs.read_json(test).get("test_accuracy") if test.is_file() else None
    stored = runs.read_json(path)
    own = [f.name for f in fields(Point) if f.name not in ("test_accuracy", "front")]
    if missing := [name for name in own if name not in stored]:
        raise InputError(f"{path} is damaged: it lacks {', '.join(missing)}; remove it")
    return Point(**{name: stored[name] for name in own}, test_accuracy=tested)


def write_point(folder: Path, point: Point) -> None:
    """Keep the figures of a point: from now on it is finished."""
    plain = {k: v for k, v in asdict(point).items() if k not in ("test_accuracy", "front")}
    runs.write_json(point_folder(folder, point.name) / POINT, plain)


def make_report(
    settings: Mapping[str, Any], planned: int, points: Sequence[Point], failures: Sequence[Failure]
) -> SweepReport:
    """The report of `points`: their fronts found, and test accuracies off the fronts left out.

    Seeds of one file count as one point at their mean, so that no front is made of lucky seeds.
    """
    ordered = sorted(points, key=lambda p: (p.size_bytes, p.bits, p.name))
    groups = seed_groups(ordered)
    front = {name: _front(groups, name) for name in COSTS}
    marked = tuple(_marked(point, front) for point in ordered)
    return SweepReport(settings, planned, marked, front, tuple(failures))


def seed_groups(points: Sequence[Point]) -> list[list[Point]]:
    """Points that differ in their seed only, together; in the order of their first ones."""
    groups: dict[tuple[Any, ...], list[Point]] = {}
    for p in points:
        key = (p.functions, p.bits_per_function, p.head, p.hidden, p.quantize)
        groups.setdefault(key, []).append(p)
    return list(groups.values())


def mean_of(group: Sequence[Point], name: str) -> float:
    """Mean over the seeds of a group of the field `name`."""
    return fmean(getattr(point, name) for point in group)


def _front(groups: Sequence[Sequence[Point]], name: str) -> tuple[str, ...]:
    costs = [mean_of(group, COSTS[name]) for group in groups]
    best = pareto_front(costs, [mean_of(group, "accuracy") for group in groups])
    return tuple(point.name for i in best for point in groups[i])


def _marked(point: Point, front: Mapping[str, Sequence[str]]) -> Point:
    on = tuple(name for name, members in front.items() if point.name in members)
    return replace(point, front=on, test_accuracy=point.test_accuracy if on else None)


def write_table(folder: Path, report: SweepReport) -> None:
    """sweep.csv and sweep.json."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [f.name for f in fields(Point)], lineterminator="\n")
    writer.writeheader()
    for point in report.points:
        writer.writerow({**asdict(point), "front": " ".join(point.front)})
    atomic_write_text(folder / CSV, stream.getvalue())
    runs.write_json(folder / JSON, {"schema": SCHEMA, **asdict(report)})


def write_commands(folder: Path, plan: Plan) -> None:
    """commands.sh: what the sweep runs, and what a person can run again."""
    lines = [
        "#!/bin/sh",
        "# The commands of each point, to run where the sweep was started. `train` writes over no",
        "# run, so move runs and points of this folder away before all of them are run again.",
        "set -e",
    ]
    for training in plan.trainings:
        lines += ["", f"# {training.name}", _shell(plan.train_command(training, folder))]
        for mode in plan.sweep.quantize:
            into = point_folder(folder, point_name(training, mode))
            lines.append(shlex.join(["mkdir", "-p", str(into)]))
            lines.append(_shell(export_command(training, mode, folder)))
    atomic_write_text(folder / COMMANDS, "\n".join(lines) + "\n")


def _shell(arguments: Sequence[str]) -> str:
    return shlex.join(["pnet-tf", *arguments])


def train_seconds(folder: Path, training: Training) -> float:
    """Seconds of all epochs of a run, also of those before it was killed and resumed."""
    path = run_folder(folder, training) / runs.HISTORY
    with path.open(encoding="utf-8", newline="") as stream:
        return sum(float(row["seconds"]) for row in csv.DictReader(stream))


def read_sweep(folder: Path) -> dict[str, Any]:
    """sweep.json of `folder`; raises InputError when there is none."""
    if not (folder / JSON).is_file():
        raise InputError(f"{folder} holds no sweep: it has no {JSON}")
    content = runs.read_json(folder / JSON)
    if content.get("schema") != SCHEMA or not isinstance(content.get("settings"), dict):
        raise InputError(f"{folder / JSON} is not what this version of pnet_tf writes")
    return content
