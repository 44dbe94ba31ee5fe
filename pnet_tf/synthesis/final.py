"""The last training of what is handed out: the same networks, for more epochs than a search has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .._keras import forgetting_gradients
from ..data import Dataset
from .generator import Generator
from .keep import Kept, keep
from .trial import Task, run_trial


@forgetting_gradients()
def train_longer(
    folder: Path,
    data: Dataset,
    generator: Generator,
    handed: Sequence[Kept],
    epochs: int,
    keep_accuracy: float | None = None,
) -> list[Kept]:
    """Each trained anew for `epochs`; a file is replaced by a more accurate one within the limits.

    What has had so many epochs already is left as it is, so that a killed command goes on.
    """
    schedule = {**generator.base["schedule"], "epochs": epochs}
    longer = replace(generator, base={**generator.base, "schedule": schedule})
    task = Task(data, epochs, judged=False)
    found = []
    for before in handed:
        after = None
        if before.epochs < epochs:
            record, trained = run_trial(task, longer, before.number, before.network)
            if trained and record.accuracy and record.accuracy > before.accuracy:
                after = keep(folder, data, longer, record, trained, keep_accuracy)
        found.append(after or before)
    return found
