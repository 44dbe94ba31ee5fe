"""What a run keeps of its data, so that an export needs nothing but the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..data import Dataset
from ..errors import InputError
from .directory import SAMPLES, Run, load_arrays, save_arrays

CALIBRATION_SAMPLES = 256
VALIDATION_SAMPLES = 10_000
VALIDATION_BYTES = 64 * 2**20  # of their inputs: large pictures are fewer


@dataclass(frozen=True)
class Samples:
    """Raw inputs [N, ...] of training for calibration; validation inputs and their targets."""

    calibration: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray


def choose_samples(
    data: Dataset, encode: Callable[[np.ndarray], np.ndarray]
) -> Samples:
    """Random examples, the same for the same data; `encode` makes raw inputs of `Split.inputs`."""
    rng = np.random.default_rng(0)
    some = _some(rng, len(data.train.targets), CALIBRATION_SAMPLES)
    calibration = encode(data.train.inputs[some])
    most = min(VALIDATION_SAMPLES, max(1, VALIDATION_BYTES // calibration[0].nbytes))
    kept = _some(rng, len(data.valid.targets), most)
    return Samples(calibration, encode(data.valid.inputs[kept]), data.valid.targets[kept])


def save_samples(run: Run, data: Dataset) -> None:
    """Keep `choose_samples` of `data` in the run."""
    spec = run.config.input
    found = choose_samples(data, lambda inputs: spec.encode(inputs).array)
    save_arrays(run.path / SAMPLES, [found.calibration, found.inputs, found.targets])


def load_samples(run: Run) -> Samples:
    """What `save_samples` kept; raises InputError when it is damaged or of another run."""
    path = run.path / SAMPLES
    arrays, _ = load_arrays(path)
    rows = [len(array) if array.ndim else 0 for array in arrays]
    if len(rows) != 3 or not all(rows) or rows[1] != rows[2]:
        raise InputError(f"{path} is damaged: it must hold calibration, inputs and targets")
    found, config = Samples(*arrays), run.config
    try:
        config.input.check(found.calibration)
        config.input.check(found.inputs)
    except InputError as error:
        raise InputError(f"{path} is damaged: {error}") from None
    whole = found.targets.ndim == 1 and found.targets.dtype.kind == "i"
    values = found.targets.shape[1:] == (config.outputs,) and found.targets.dtype.kind == "f"
    if not (whole if config.task == "classification" else values):
        raise InputError(
            f"{path} is damaged: its targets are {found.targets.dtype} {found.targets.shape}"
        )
    return found


def _some(rng: np.random.Generator, rows: int, most: int) -> np.ndarray:
    return rng.choice(rows, min(rows, most), replace=False)
