"""The run directory: plain files that appear whole or not at all, and nothing pickled.

config.json   everything needed to rebuild the models, with a schema version
labels.json   label names in the order of the outputs, the replies of each, and its role
student.npz   weights of the ProjectionNet        trainer.npz   weights of the trainer
history.csv   one row an epoch                    report.json   what training ended with
samples.npz   inputs for calibration, validation examples: an export needs no other data
checkpoint.npz   the last epoch's whole state; gone when training has ended
tensorboard/   the history as events
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from ..data.labels import check_replies, given_labels
from ..data.limits import shown
from ..data.npz import read_npz_arrays
from ..data.replies import check_roles
from ..data.spec import InputSpec
from ..errors import InputError
from ..files import atomic_write_bytes, atomic_write_text, is_folder, read_text
from ..parsing import parse, to_plain
from ..settings import Settings, StudentConfig
from .own import (
    CHECKPOINT,
    CONFIG,
    HISTORY,
    LABELS,
    OWN,
    REPORT,
    SAMPLES,
    STUDENT,
    TENSORBOARD,
    TRAINER,
)
from .schema import SCHEMA, upgraded

__all__ = [
    "CHECKPOINT",
    "CONFIG",
    "HISTORY",
    "LABELS",
    "OWN",
    "REPORT",
    "SAMPLES",
    "STUDENT",
    "TENSORBOARD",
    "TRAINER",
]


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """config.json: `data` as it was named and the hash of its content ("" in runs of schema 1)."""

    version: str
    data: str
    task: Literal["classification", "regression"]
    input: InputSpec
    outputs: int
    trainer: dict[str, Any] | None
    settings: Settings
    data_sha256: str = ""
    teacher_sha256: str = ""
    graph_sha256: str = ""
    unlabelled_sha256: str = ""

    @property
    def student(self) -> StudentConfig:
        """What `build_student` makes the student of."""
        return StudentConfig.of(self.settings, self.input, self.outputs)


@dataclass(frozen=True)
class Run:
    """A run directory as read: its configuration, and labels with their replies and roles."""

    path: Path
    config: RunConfig
    labels: tuple[str, ...]
    replies: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, str]

    @property
    def finished(self) -> bool:
        """Whether training ended and left the student's weights."""
        return (self.path / STUDENT).is_file()


def check_new(path: str | Path) -> Path:
    """`path`; raises InputError unless a run directory can be started there."""
    folder = Path(path)
    try:
        os.fsencode(folder)
        if "\0" in str(folder) or not str(path):
            raise ValueError("it is no name of a folder")
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{shown(str(path))} cannot be made: {reason}") from None
    if taken:
        raise InputError(
            f"{path} exists already; give another --out, or --resume to go on with that run"
        )
    return folder


@contextmanager
def fresh_run(
    path: Path,
    config: RunConfig,
    labels: Sequence[str],
    replies: Mapping[str, Sequence[str]],
    roles: Mapping[str, str],
) -> Iterator[Run]:
    """Start the run directory `path`; raises InputError when something is there already.

    What fails within before the first checkpoint leaves nothing behind that would block a retry.
    """
    check_new(path)
    made = [parent for parent in (path, *path.parents) if not parent.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{path} cannot be made: {error.strerror}") from None
        known = {"labels": list(labels), "replies": dict(replies), "roles": dict(roles)}
        write_json(path / LABELS, known)
        write_json(path / CONFIG, {"schema": SCHEMA, **to_plain(config)})
        yield read_run(path)
    except BaseException:
        if path.is_dir() and not (path / CHECKPOINT).exists() and not (path / STUDENT).exists():
            _remove(path, made)
        raise


def _remove(path: Path, made: Sequence[Path]) -> None:
    for name in OWN:
        inner = path / name
        if inner.is_dir():
            shutil.rmtree(inner, ignore_errors=True)
        else:
            inner.unlink(missing_ok=True)
    for folder in made:
        try:
            folder.rmdir()
        except OSError:
            return


def read_run(path: str | Path) -> Run:
    """The run in `path`; raises InputError for what is missing, damaged or of another schema."""
    folder = Path(path)
    if not is_folder(folder):
        raise InputError(f"{shown(str(folder))} is not a run directory: there is no such folder")
    stored = upgraded(_read_part(folder / CONFIG), folder / CONFIG)
    config = parse(stored, RunConfig, f"{folder / CONFIG}: ")
    named = _read_labels(folder / LABELS)
    labels = named.labels
    if len(labels) != (config.outputs if config.task == "classification" else 0):
        raise InputError(f"{folder / LABELS} has {len(labels)} labels for {config.outputs} outputs")
    return Run(folder, config, labels, named.replies, named.roles)


def read_finished_run(path: str | Path) -> Run:
    """`read_run`; raises InputError also when training has not ended."""
    run = read_run(path)
    if not run.finished:
        raise InputError(
            f"{run.path} is half written: it has no {STUDENT}; finish it with `train --resume`"
        )
    return run


class _Labels(msgspec.Struct, frozen=True):
    labels: tuple[str, ...]
    replies: dict[str, tuple[str, ...]]
    roles: dict[str, str] = {}


def _read_labels(path: Path) -> _Labels:
    found = parse(_read_part(path), _Labels, f"{path}: ")
    labels = given_labels(found.labels, f"{path}: labels")
    check_replies(found.replies, labels, str(path))
    check_roles(found.roles, labels, str(path))
    return found


def save_arrays(path: Path, arrays: Sequence[np.ndarray], **extra: Any) -> None:
    """Write arrays in order, and `extra` as JSON, to an .npz that appears whole."""
    stream = io.BytesIO()
    named = {f"a{index:05d}": array for index, array in enumerate(arrays)}
    text = np.frombuffer(json.dumps(extra).encode(), np.uint8)
    np.savez(stream, allow_pickle=False, extra=text, **named)
    atomic_write_bytes(path, stream.getvalue())


def load_arrays(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """What `save_arrays` wrote; raises InputError when the file is missing or damaged."""
    stored = read_npz_arrays(path)
    try:
        extra = json.loads(stored.pop("extra").tobytes())
    except (KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}") from None
    if not isinstance(extra, dict):
        raise InputError(f"{path} is damaged: its extra is no object")
    return [stored[name] for name in sorted(stored)], extra


def save_weights(path: Path, model: Any) -> None:
    """The variables of a Keras model, in order."""
    save_arrays(path, [variable.numpy() for variable in model.variables])


def load_weights(path: Path, model: Any) -> None:
    """Set the variables of a Keras model; raises InputError when number, shapes or types differ."""
    arrays, _ = load_arrays(path)
    variables = model.variables
    same = len(arrays) == len(variables) and all(
        tuple(v.shape) == a.shape and a.dtype == v.dtype.as_numpy_dtype
        for v, a in zip(variables, arrays, strict=True)
    )
    if not same:
        raise InputError(f"{path} does not fit the model that {CONFIG} beside it describes")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def write_history(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """All epochs so far as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    atomic_write_text(path, stream.getvalue())


def write_json(path: Path, content: Any) -> None:
    """Indented JSON with a final newline."""
    atomic_write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; raises InputError when the file is missing, damaged or something else."""
    try:
        content = json.loads(read_text(path))
    except RecursionError:
        raise InputError(f"{path} is damaged: nested too deeply") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold a JSON object")
    return content


def _read_part(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise InputError(f"{path.parent} is not a run directory: it has no {path.name}")
    return read_json(path)
