"""`generate`: seeds in, networks out, by a learned generator and with no search."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from .._keras import forgetting_gradients
from ..data import Dataset, Split, load_dataset
from ..errors import InputError, WorkError
from ..files import atomic_write_text, check_writable, not_written
from .generator import Generator, load_generator
from .keep import keep
from .records import finished
from .requirements import ACCURACY, broken
from .space import Network
from .survey import facts_of
from .trial import Task, run_trial

TRIED = 40
"""Candidates of a seed that are measured at most."""
MOST_SEEDS = 10_000


@dataclass(frozen=True)
class Generated:
    """The network of a seed: `facts` are those of its untrained file, within every limit on them.

    `accuracy` of the trained file on valid, `kept` whether it keeps every limit too; both None
    where it was not trained. `settings` is the file for `train --config`.
    """

    seed: int
    settings: str
    network: Network
    facts: dict[str, float]
    measured: int
    accuracy: float | None = None
    kept: bool | None = None


@dataclass(frozen=True)
class GenerateReport:
    """All networks of one call, in the order of their seeds."""

    generator: str
    networks: tuple[Generated, ...]
    distinct: int


def generate(
    generator: Generator | str | os.PathLike[str],
    seeds: Sequence[int],
    out: str | os.PathLike[str],
    *,
    data: Dataset | str | None = None,
    told: Callable[[Generated], Any] = lambda network: None,
) -> GenerateReport:
    """Write the settings of one network a seed into the folder `out`, measured and within limits.

    `generator`: what `synthesize` learned, or its file. The same seed gives the same network. With
    `data`, those that it was learned on, each is trained too and its file written. Raises
    InputError for no generator, bad seeds, other data, and WorkError for a seed none of whose
    candidates keeps the limits.
    """
    learned = generator if isinstance(generator, Generator) else load_generator(generator)
    if not seeds or any(not isinstance(s, int) or s < 0 for s in seeds) or len(seeds) > MOST_SEEDS:
        raise InputError(f"seeds must be 1 to {MOST_SEEDS:,} whole numbers of 0 or more")
    if not finished(learned.records):
        raise InputError("the generator has learned from no trained network yet")
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from None
    check_writable(folder / "seed_0.json")
    task = _task(learned, data)
    found = []
    for seed in dict.fromkeys(seeds):
        one = _generated(learned, seed, folder, task)
        one = one if data is None else _trained(learned, one, folder, task)
        told(one)
        found.append(one)
    distinct = len({learned.space.structure(one.network) for one in found})
    name = "" if isinstance(generator, Generator) else str(generator)
    return GenerateReport(name, tuple(found), distinct)


def _task(learned: Generator, data: Dataset | str | None) -> Task:
    """What networks are measured on, and trained on where `data` are given."""
    epochs = int(learned.base["schedule"]["epochs"])
    if data is None:
        return Task(_stand_in(learned), epochs, judged=False)
    seed = int(learned.base["seed"])
    found = load_dataset(data, seed=seed) if isinstance(data, str) else data
    if found.labels != learned.labels or found.input_shape != learned.input_shape:
        raise InputError("the generator was learned on other data: labels or inputs differ")
    return Task(found, epochs, judged=False)


def _stand_in(learned: Generator) -> Dataset:
    """Random inputs of the same kind: what is measured of a file does not depend on them."""
    rng = np.random.default_rng(0)
    kind, shape = learned.space.kind, learned.input_shape
    if kind == "text":
        inputs = np.array(["hello"] * 4, object)
    elif kind == "image":
        inputs = rng.integers(0, 256, (4, *shape), dtype=np.uint8)
    else:
        inputs = rng.normal(size=(4, *shape)).astype(np.float32)
    split = Split(inputs, np.zeros(4, np.int64))
    return Dataset(
        "stand-in", kind, "classification", learned.labels, shape, split, split, None, {}
    )


def _generated(learned: Generator, seed: int, folder: Path, task: Task) -> Generated:
    """The seed's first candidate whose real file keeps the limits."""
    for number, network in enumerate(islice(learned.networks(seed), TRIED)):
        facts = facts_of(task.data, learned, network)
        if facts is not None and not broken(learned.requirements, facts):
            target = folder / f"seed_{seed}.json"
            settings = learned.settings(network).to_json()
            atomic_write_text(target, json.dumps(settings, indent=1) + "\n")
            return Generated(seed, str(target), network, facts, number + 1)
    raise WorkError(f"seed {seed}: none of its first {TRIED} candidates keeps the limits")


@forgetting_gradients()
def _trained(learned: Generator, one: Generated, folder: Path, task: Task) -> Generated:
    """Train it and write its file where it keeps every limit."""
    record, trained = run_trial(task, learned, one.seed, one.network)
    accuracy = record.accuracy or 0.0
    kept = not broken(learned.requirements, {**one.facts, ACCURACY: accuracy})
    if kept and trained is not None:
        kept = keep(folder, task.data, learned, record, trained) is not None
    return replace(one, accuracy=accuracy, kept=kept)
