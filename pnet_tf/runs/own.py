"""Names of the files that a run directory has of its own."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG, LABELS, REPORT = "config.json", "labels.json", "report.json"
STUDENT, TRAINER, CHECKPOINT = "student.npz", "trainer.npz", "checkpoint.npz"
SAMPLES, HISTORY, TENSORBOARD = "samples.npz", "history.csv", "tensorboard"
OWN = frozenset(
    {CONFIG, LABELS, REPORT, STUDENT, TRAINER, CHECKPOINT, SAMPLES, HISTORY, TENSORBOARD}
)


def is_own(path: str | Path) -> bool:
    """Whether `path` names one of the files of a run directory that is there."""
    target = Path(os.path.realpath(path))
    events = target.parent.name == TENSORBOARD
    run = target.parent.parent if events else target.parent
    own = events or target.name in OWN
    return own and (run / CONFIG).is_file() and (run / LABELS).is_file()
