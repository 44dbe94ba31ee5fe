"""`synthesize`: data, limits and a budget in, several different networks within them out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..data import Dataset
from ..errors import InputError, WorkError
from ..files import atomic_write_text
from ..settings import read_config_file
from .final import train_longer
from .keep import handed_out, read_kept, read_test
from .page import write_synthesis_page
from .records import finished
from .result import SynthesisReport, make_report
from .study import known_records, storage_errors
from .work import GENERATOR, REPORT, Search, Work, begin
from .workers import Told, carry_on, seconds_of, side_by_side


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
    final_epochs: int | None = None,
    keep_accuracy: float | None = None,
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
    `final_epochs` trains what is handed out once more, for so many epochs, and keeps the better
    file. `keep_accuracy`: each layer of a file whose network was trained for no bits is stored in
    the fewest that lose at most so much accuracy on valid. `test` reads the test split of what is
    handed out.

    Raises InputError for what cannot be searched, a limit that no network can keep, a folder or
    storage of another search, and a budget too short for one network; WorkError where no network
    kept every limit, with the nearest.
    """
    search = Search(
        tuple(require), networks, budget, epochs, utility, searcher, seed, jobs, storage, recipe,
        _settings_of(config), _settings_of(space), keep_accuracy,
    )  # fmt: skip
    if final_epochs is not None and not 1 <= final_epochs <= 1_000_000:
        raise InputError(f"final_epochs must be 1..1000000, got {final_epochs}")
    name = data if isinstance(data, str) else getattr(data, "name", "")
    with storage_errors():
        work = begin(data, Path(out), search)
        if jobs == 1:
            carry_on(work, told)
        else:
            side_by_side(data, work, told)
        return _finish(work, name, final_epochs, test)


def _settings_of(given: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    return read_config_file(given) if isinstance(given, str) else dict(given or {})


def _finish(work: Work, name: str, final_epochs: int | None, test: bool) -> SynthesisReport:
    """Write the generator and the report; raise WorkError where nothing can be handed out."""
    records = known_records(work.study)
    learned = replace(work.generator, records=records)
    learned.save(work.folder / GENERATOR)
    kept = read_kept(work.folder)
    handed = handed_out(kept, learned.space, work.search.networks, work.search.utility)
    if final_epochs is not None:
        handed = train_longer(
            work.folder, work.task.data, learned, handed, final_epochs, work.search.keep_accuracy
        )
    if test:
        handed = read_test(work.folder, handed, work.task.data)
    search, seconds = work.search, round(seconds_of(work.study), 1)
    report = make_report(
        learned, kept, handed, out=str(work.folder), data=name, seconds=seconds,
        require=search.require, searcher=search.searcher, seed=search.seed,
    )  # fmt: skip
    atomic_write_text(work.folder / REPORT, json.dumps(asdict(report), indent=1) + "\n")
    write_synthesis_page(work.folder, learned, report)
    if not handed:
        best = max((one.accuracy or 0.0 for one in finished(records)), default=0.0)
        raise WorkError(
            f"no network kept every limit ({', '.join(work.search.require)}); the best accuracy "
            f"was {best:.4f}; {work.folder} holds what was learned"
        )
    return report
