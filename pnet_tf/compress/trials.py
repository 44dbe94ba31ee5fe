"""The folder of a search: what it is of, a line for each trial, the weights of those kept."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._keras import keras
from ..data.limits import shown
from ..errors import InputError
from ..files import atomic_write_text, check_writable, not_written, read_text
from .ladders import Plans
from .plan import CompressionPlan
from .tensors import sizes_of

SEARCH, TRIALS, WEIGHTS = "search.json", "trials.jsonl", "weights.pnc"
"""In the folder: what is searched, a line for each trial, all weights of the smallest."""


@dataclass(frozen=True)
class Trial:
    """Plans that were tried: `score` on valid, bytes of all weights coded, whether it was kept.

    What keeps the score as it is was not `retrained`. `final`: by the longer training, at the end
    or of plans found before.
    """

    number: int
    plans: dict[str, dict[str, Any]]
    score: float
    size_bytes: int
    kept: bool
    retrained: bool
    final: bool
    seconds: float


class TrialFolder:
    """Made anew, or that of the same search, whose trials so far are `done`.

    `identity`: what must be equal for a search to go on. Raises InputError for a folder that holds
    anything else, is damaged or cannot be written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = folder
        self.done = _begin(folder, identity)

    def add(self, trial: Trial) -> None:
        """On disk at once."""
        with (self.folder / TRIALS).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(trial)) + "\n")

    def weights_of(self, number: int) -> Path:
        """The weights of a trial that was kept."""
        return self.folder / f"trial_{number}.pnc"


def _begin(folder: Path, identity: Mapping[str, Any]) -> list[Trial]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from None
    place = folder / SEARCH
    check_writable(place)
    if not place.exists():
        if any(folder.iterdir()):
            raise InputError(f"{folder} has other files in it; choose a new folder")
        atomic_write_text(place, json.dumps(identity, indent=1) + "\n")
        return []
    try:
        same = json.loads(read_text(place)) == identity
    except (RecursionError, ValueError) as error:
        raise InputError(f"{place} is damaged: {error}") from None
    if not same:
        raise InputError(f"{folder} holds a search of another model, data, keep_loss or like")
    done = read_trials(folder)
    atomic_write_text(folder / TRIALS, "".join(json.dumps(asdict(t)) + "\n" for t in done))
    return done


def read_trials(folder: Path) -> list[Trial]:
    """The trials so far; a last line that was cut off is none."""
    place = folder / TRIALS
    try:
        lines = read_text(place).splitlines() if place.exists() else []
        return [Trial(**json.loads(line)) for line in lines if line.endswith("}")]
    except (RecursionError, TypeError, ValueError) as error:
        raise InputError(f"{place} is damaged: {error}") from None


def plans_found(folder: str | os.PathLike[str], model: keras.Model) -> Plans:
    """What a search in `folder` has come to so far, for the tensors of a `model` of the same shape.

    Tensors are told by their sizes and order, as Keras' names count up from model to model. Raises
    InputError where there is no search, or none that made a model smaller, and for a model of
    another number of tensors.
    """
    place, names = Path(folder), list(sizes_of(model))
    kept = [trial for trial in read_trials(place) if trial.kept]
    if not kept:
        raise InputError(f"{os.fspath(folder)} holds no search that made a model smaller")
    try:
        before = [str(name) for name in json.loads(read_text(place / SEARCH))["names"]]
        plans = {name: CompressionPlan(**plan) for name, plan in kept[-1].plans.items()}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise InputError(f"{os.fspath(folder)} is damaged: {error}") from None
    if len(before) != len(names):
        raise InputError(
            f"{os.fspath(folder)} is of a model with {len(before)} weight tensors, "
            f"{model.name!r} has {len(names)}"
        )
    if unknown := sorted(plans.keys() - set(before)):
        raise InputError(f"{os.fspath(folder)} is damaged: {SEARCH} has no {shown(unknown[0])}")
    return {now: plans[old] for old, now in zip(before, names, strict=True) if old in plans}
