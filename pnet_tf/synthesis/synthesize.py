"""`synthesize`: data, limits and a budget in, several different networks within them out."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import Dataset, data_sha256, load_dataset
from ..errors import InputError, WorkError
from ..files import atomic_write_text, check_writable, not_written
from ..fronts import hypervolume
from ..settings import make_settings, read_config_file
from .budget import Budget, check_budget, parse_budget
from .generator import UTILITIES, Generator
from .keep import Kept, front_of, handed_out, keep, read_kept, read_test, worth_keeping
from .records import FAILED, FINISHED, OUTSIDE, STOPPED, Record, finished
from .requirements import ACCURACY, parse_requirements
from .space import search_space
from .study import SEARCHERS, SURVEY, Asked, ask, known_records, open_study, tell
from .survey import nearest, survey
from .trial import OutOfTime, Task, run_trial

if TYPE_CHECKING:
    import optuna

GENERATOR, REPORT, DATABASE, STUDY = "generator.json", "synthesis.json", "study.db", "synthesis"
EPOCHS = {"text": 12, "image": 12, "dense": 20}
"""Kind of input -> epochs of one network."""
OUTSIDE_IN_A_ROW = 40
"""Networks outside the limits, one after another, after which a search gives up."""


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


@dataclass(frozen=True)
class SynthesisReport:
    """What a search came to.

    `networks` are handed out, by rising size, each within every limit; `front` names the numbers of
    all kept ones that no other beats. `counts`: how many networks were finished, stopped, outside
    the limits and failed. `rank_correlation`: Spearman's, of the accuracies that were foretold of
    finished networks before their training (`start`) and after a quarter of it with the true ones.
    `hypervolume` of all finished ones at `reference_bytes`, see `fronts.hypervolume`.
    """

    out: str
    data: str
    require: tuple[str, ...]
    utility: str
    searcher: str
    seed: int
    networks: tuple[Kept, ...]
    front: tuple[int, ...]
    counts: Mapping[str, int]
    epochs: float
    seconds: float
    best_accuracy: float
    hypervolume: float
    reference_bytes: float
    rank_correlation: Mapping[str, float]
    importance: Mapping[str, float]


Told = Callable[[Record, "tuple[Kept, ...]"], Any]
"""Is told of each network that has ended, and all that are kept."""


@dataclass(frozen=True)
class _Work:
    """All that one worker has at hand; `generator` has learned nothing yet."""

    folder: Path
    task: Task
    search: Search
    budget: Budget
    generator: Generator
    study: optuna.Study


def synthesize(
    data: Dataset | str,
    out: str | os.PathLike[str],
    require: Sequence[str] = (),
    *,
    networks: int = 8,
    budget: str = "1h",
    epochs: int | None = None,
    utility: str = "hypervolume",
    searcher: str = "generator",
    seed: int = 0,
    jobs: int = 1,
    storage: str | None = None,
    recipe: str | None = None,
    config: Mapping[str, Any] | str | None = None,
    space: Mapping[str, Sequence[Any]] | str | None = None,
    test: bool = False,
    told: Told = lambda record, kept: None,
) -> SynthesisReport:
    """Search for networks for `data` (what `load_dataset` takes, or a Dataset) within limits.

    `require`: limits such as "accuracy>=0.92" or "bytes<=32000", see
    `synthesis.requirements.MEASURES`. Up to `networks` different ones are handed out into the
    folder `out`, with the generator that has been learned; the same `out` goes on with a search
    that was stopped. `budget`: of all training, as "2h" (of each job) or "400epochs"; `epochs`:
    those of one network. `utility`: what networks are chosen by, one of `UTILITIES`. `searcher`:
    the generator, or random, tpe or nsga2 of Optuna. `jobs` processes work side by side; workers on
    other machines join by the URL of one `storage`. `config`: changes to the recipe, or a file of
    them, that all networks have. `space`: other values of some dimensions, or a file of them.
    `test` reads the test split of what is handed out.

    Raises InputError for what cannot be searched, a limit that no network can keep, a folder or
    storage of another search, and a budget too short for one network; WorkError where no network
    kept every limit, with the nearest.
    """
    search = Search(
        tuple(require), networks, budget, epochs, utility, searcher, seed, jobs, storage, recipe,
        _settings_of(config), _settings_of(space),
    )  # fmt: skip
    work = _begin(data, Path(out), search)
    if jobs == 1:
        _carry_on(work, told)
    else:
        _side_by_side(data, work, told)
    return _finish(work, str(data) if isinstance(data, str) else data.name, test)


def _settings_of(given: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    return read_config_file(given) if isinstance(given, str) else dict(given or {})


def _begin(data: Dataset | str, folder: Path, search: Search) -> _Work:
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
    requirements, budget = parse_requirements(search.require), parse_budget(search.budget)
    found = load_dataset(data, seed=search.seed) if isinstance(data, str) else data
    if not isinstance(found, Dataset) or found.task != "classification":
        raise InputError("synthesize needs labelled examples of a classification")
    task = _task(found, search)
    check_budget(budget, task.epochs)
    space = search_space(found.kind, found.input_shape).narrowed(search.space)
    start = Generator(
        space, requirements, search.utility, (), data_sha256(found), found.input_shape,
        found.labels, _plain_settings(task),
    )  # fmt: skip
    _make_folder(folder)
    storage = search.storage or f"sqlite:///{folder.absolute() / DATABASE}"
    study = open_study(
        storage, STUDY, _identity(start, search, task), search.searcher, start, search.seed
    )
    if study.user_attrs.get(SURVEY) is None:
        study.set_user_attr(SURVEY, survey(task, space, requirements, search.seed))
    return _Work(folder, task, search, budget, start, study)


def _task(data: Dataset, search: Search) -> Task:
    """Students by themselves, for a fixed number of epochs, unless the config says otherwise."""
    epochs = search.epochs or EPOCHS[data.kind]
    base: dict[str, Any] = {
        "trainer": {"name": "none"}, "seed": search.seed, **search.config,
        "schedule": {**search.config.get("schedule", {}), "epochs": epochs, "min_updates": 0},
    }  # fmt: skip
    task = Task(data, base, search.recipe, epochs, search.searcher == "generator")
    make_settings(data.kind, [base], recipe=search.recipe)
    return task


def _plain_settings(task: Task) -> dict[str, Any]:
    return make_settings(task.data.kind, [task.base], recipe=task.recipe).to_json()


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


def _carry_on(work: _Work, told: Told) -> None:
    """Ask, run and tell until the budget is spent."""
    outside = 0
    while not _spent(work):
        asked = ask(work.study, work.generator.space)
        record = _one(work, asked, told)
        outside = outside + 1 if record.ended == OUTSIDE else 0
        if outside >= OUTSIDE_IN_A_ROW:
            facts = [one.facts for one in known_records(work.study) if one.facts]
            raise WorkError(
                f"{outside} networks in a row broke a limit; the nearest has "
                f"{nearest(facts, work.generator.requirements)}"
            )


def _one(work: _Work, asked: Asked, told: Told) -> Record:
    """One network from its proposal to its end in the study."""
    learned = replace(work.generator, records=known_records(work.study))
    task = replace(work.task, deadline=_deadline(work))
    try:
        record, trained = run_trial(
            task, learned, asked.trial.number, asked.network, asked.trial.set_user_attr
        )
    except OutOfTime as late:
        tell(work.study, asked.trial, FAILED)
        if not finished(learned.records):
            raise InputError(
                f"budget {work.budget.text} is too short for one network: {task.epochs} epochs of "
                f"it take about {late.seconds:.0f} s"
            ) from None
        return Record(asked.trial.number, asked.network, {}, FAILED)
    except BaseException:
        tell(work.study, asked.trial, FAILED)
        raise
    kept = read_kept(work.folder)
    keeps = record.accuracy is not None and all(
        one.name != ACCURACY or record.accuracy >= one.limit for one in learned.requirements
    )
    if trained and keeps and worth_keeping(record, kept, work.search.networks):
        space, limits = learned.space, learned.requirements
        found = keep(work.folder, task, space, limits, record, trained)
        kept += [found] if found else []
    tell(work.study, asked.trial, record.ended, record.accuracy, record.facts)
    told(record, tuple(kept))
    return record


def _spent(work: _Work) -> bool:
    records = [record for record in known_records(work.study) if record.number >= 0]
    return work.budget.spent(records, _seconds(work.study) / work.search.jobs, work.task.epochs)


def _seconds(study: optuna.Study) -> float:
    """Of all trials that have ended."""
    trials = study.get_trials(deepcopy=False)
    return sum(trial.duration.total_seconds() for trial in trials if trial.duration)


def _deadline(work: _Work) -> float | None:
    if work.budget.seconds is None:
        return None
    return monotonic() + work.budget.seconds - _seconds(work.study) / work.search.jobs


def _side_by_side(data: Dataset | str, work: _Work, told: Told) -> None:
    """Workers in processes of their own; this one tells of what they end."""
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_worker, args=(data, str(work.folder), work.search), daemon=True)
        for _ in range(work.search.jobs)
    ]
    seen = {record.number for record in known_records(work.study)}
    for worker in workers:
        worker.start()
    try:
        while any(worker.is_alive() for worker in workers):
            workers[0].join(1.0)
            seen |= _tell_new(work, seen, told)
    finally:
        for worker in workers:
            worker.terminate()
    _tell_new(work, seen, told)
    if all(worker.exitcode for worker in workers):
        raise WorkError("all workers failed; run with one job to see why")


def _tell_new(work: _Work, seen: set[int], told: Told) -> set[int]:
    new = [record for record in known_records(work.study) if record.number not in seen]
    kept = tuple(read_kept(work.folder))
    for record in new:
        told(record, kept)
    return {record.number for record in new}


def _worker(data: Dataset | str, folder: str, search: Search) -> None:
    """What each process does."""
    _carry_on(_begin(data, Path(folder), search), lambda record, kept: None)


def _finish(work: _Work, name: str, test: bool) -> SynthesisReport:
    """Write the generator and the report; raise WorkError where nothing can be handed out."""
    records = known_records(work.study)
    learned = replace(work.generator, records=records)
    learned.save(work.folder / GENERATOR)
    kept = read_kept(work.folder)
    handed = handed_out(kept, learned.space, work.search.networks, work.search.utility)
    if test:
        handed = read_test(work.folder, handed, work.task.data)
    report = _report(work, learned, name, kept, handed)
    atomic_write_text(work.folder / REPORT, _json(report))
    if not handed:
        best = max((one.accuracy or 0.0 for one in finished(records)), default=0.0)
        raise WorkError(
            f"no network kept every limit ({', '.join(work.search.require)}); the best accuracy "
            f"was {best:.4f}; {work.folder} holds what was learned"
        )
    return report


def _report(
    work: _Work, learned: Generator, name: str, kept: Sequence[Kept], handed: Sequence[Kept]
) -> SynthesisReport:
    records = [record for record in learned.records if record.number >= 0]
    done = finished(records)
    sizes = [record.facts["bytes"] for record in done]
    most = learned.most_bytes()
    counts = {
        ended: sum(record.ended == ended for record in records)
        for ended in (FINISHED, STOPPED, OUTSIDE, FAILED)
    }
    accuracies = [record.accuracy or 0.0 for record in done]
    return SynthesisReport(
        out=str(work.folder), data=name, require=work.search.require,
        utility=work.search.utility, searcher=work.search.searcher, seed=work.search.seed,
        networks=tuple(handed), front=tuple(one.number for one in front_of(kept)), counts=counts,
        epochs=sum(record.epochs for record in records), seconds=round(_seconds(work.study), 1),
        best_accuracy=max(accuracies, default=0.0),
        hypervolume=hypervolume(sizes, accuracies, most), reference_bytes=most,
        rank_correlation={when: rank_correlation(done, when) for when in ("start", "quarter")},
        importance={k: round(v, 4) for k, v in learned.inquisitor.importance().items() if v > 0.01},
    )  # fmt: skip


def rank_correlation(records: Sequence[Record], when: str) -> float:
    """Spearman's, of foretold and true accuracies; 0 with fewer than three of them."""
    pairs = [(record.foretold[when], record.accuracy) for record in records
             if when in record.foretold]  # fmt: skip
    if len(pairs) < 3:
        return 0.0
    from scipy.stats import spearmanr

    found = float(spearmanr(*zip(*pairs, strict=True)).statistic)
    return found if np.isfinite(found) else 0.0


def _json(report: SynthesisReport) -> str:
    return json.dumps(asdict(report), indent=1) + "\n"
