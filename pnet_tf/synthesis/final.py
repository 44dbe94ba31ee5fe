"""The last training of what is handed out: the same networks, for more epochs than a search has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..data import Dataset
from .generator import Generator
from .keep import Kept, keep
from .trial import Task, run_trial


def train_longer(
    folder: Path, data: Dataset, generator: Generator, handed: Sequence[Kept], epochs: int
) -> list[Kept]:
    """Each trained anew for `epochs`; a file is replaced by a more accurate one within the limits.

    What has had so many epochs already is left as it is, so that a killed command goes on.
    """
    schedule = {**generator.base["schedule"], "epochs": epochs}
    longer = replace(generator, base={**generator.base, "schedule": schedule})
    return [one if one.epochs >= epochs else _longer(folder, data, longer, one, epochs)
            for one in handed]  # fmt: skip


def _longer(folder: Path, data: Dataset, longer: Generator, before: Kept, epochs: int) -> Kept:
    task = Task(data, epochs, judged=False)
    record, trained = run_trial(task, longer, before.number, before.network)
    if trained is None or record.accuracy is None or record.accuracy <= before.accuracy:
        return before
    return keep(folder, data, longer, record, trained) or before
