"""A search made ready: everything checked, the study open, the space surveyed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import Dataset, data_sha256, load_dataset
from ..errors import InputError
from ..export.precision import check_keep_accuracy
from ..files import check_writable, not_written
from ..settings import make_settings
from ..tflite.modes import AUTO
from .budget import Budget, check_budget, parse_budget
from .generator import UTILITIES, Generator
from .requirements import parse_requirements
from .space import search_space
from .study import SEARCHERS, open_study
from .survey import survey
from .trial import Task

if TYPE_CHECKING:
    import optuna

GENERATOR, REPORT, DATABASE, STUDY = "generator.json", "synthesis.json", "study.db", "synthesis"
EPOCHS = {"text": 12, "image": 12, "dense": 20}
"""Kind of input -> epochs of one network."""

FEW_EXAMPLES = 64_000
"""Examples of all epochs of a network, below which it is few updates."""


@dataclass(frozen=True)
class Search:
    """What a search is asked for; see `synthesize`."""

    require: tuple[str, ...] = ()
    networks: int = 8
    budget: str = "1h"
    epochs: int | None = None
    utility: str = "hypervolume"
    searcher: str = "generator"
    seed: int = 0
    jobs: int = 1
    storage: str | None = None
    recipe: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    keep_accuracy: float | None = None


@dataclass(frozen=True)
class Work:
    """All that one worker has at hand; `generator` has learned nothing yet."""

    folder: Path
    task: Task
    search: Search
    budget: Budget
    generator: Generator
    study: optuna.Study


def begin(data: Dataset | str, folder: Path, search: Search, worker: int = 0) -> Work:
    """Check everything, open the study and survey the space."""
    for name, least in (("networks", 1), ("jobs", 1), ("epochs", 1), ("seed", 0)):
        value = getattr(search, name)
        if value is not None and (not isinstance(value, int) or value < least):
            raise InputError(f"{name} must be {least} or more, got {value!r}")
    for name, allowed in (("utility", UTILITIES), ("searcher", SEARCHERS)):
        if getattr(search, name) not in allowed:
            raise InputError(
                f"{name} must be one of {', '.join(allowed)}, got {getattr(search, name)!r}"
            )
    if search.keep_accuracy is not None:
        check_keep_accuracy(search.keep_accuracy, AUTO.name)
    requirements, budget = parse_requirements(search.require), parse_budget(search.budget)
    found = load_dataset(data, seed=search.seed) if isinstance(data, str) else data
    if not isinstance(found, Dataset) or found.task != "classification":
        raise InputError("synthesize needs labelled examples of a classification")
    epochs = search.epochs or EPOCHS[found.kind]
    check_budget(budget, epochs)
    base = _base(found, search, epochs)
    space = search_space(found.kind, found.input_shape).narrowed(search.space)
    start = Generator(
        space, requirements, search.utility, (), data_sha256(found), found.input_shape,
        found.labels, base,
    )  # fmt: skip
    task = Task(found, epochs, search.searcher == "generator")
    _make_folder(folder)
    storage = search.storage or f"sqlite:///{folder.absolute() / DATABASE}"
    identity = _identity(start, search, task)
    study = open_study(
        storage, STUDY, identity, search.searcher, start, search.seed,
        lambda: survey(found, start, search.seed), worker,
    )  # fmt: skip
    return Work(folder, task, search, budget, start, study)


def _base(data: Dataset, search: Search, epochs: int) -> dict[str, Any]:
    """Settings that all networks have: students by themselves, unless the config says otherwise.

    The batch size is what a search begins with: few examples get more updates.
    """
    few = len(data.train.targets) * epochs < FEW_EXAMPLES
    asked = search.config.get("schedule", {})
    schedule = {"batch_size": 32 if few else 64, **asked, "epochs": epochs, "min_updates": 0}
    changes = {
        "trainer": {"name": "none"}, "seed": search.seed, **search.config, "schedule": schedule
    }  # fmt: skip
    found = make_settings(data.kind, [changes], recipe=search.recipe).to_json()
    plain: dict[str, Any] = json.loads(json.dumps(found))  # as a study gives it back
    return plain


def _identity(start: Generator, search: Search, task: Task) -> dict[str, Any]:
    """What must be equal for a search to go on."""
    return {
        "data": start.data_sha256, "space": start.space.fingerprint(),
        "limits": [str(one) for one in start.requirements], "epochs": task.epochs,
        "settings": dict(start.base), "seed": search.seed, "searcher": search.searcher,
    }  # fmt: skip


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from None
    check_writable(folder / REPORT)
    known = {GENERATOR, REPORT, DATABASE, "networks", "report.html", f"{DATABASE}-journal"}
    if other := [p.name for p in folder.iterdir() if p.name not in known]:
        raise InputError(f"{folder} has other files in it ({other[0]}); choose a new folder")
