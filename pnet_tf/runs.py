"""The run directory: plain files that appear whole or not at all, and nothing pickled.

config.json   everything needed to rebuild the models, with a schema version
labels.json   label names in the order of the outputs, and the replies of each
student.npz   weights of the ProjectionNet        trainer.npz   weights of the trainer
history.csv   one row an epoch                    report.json   what training ended with
samples.npz   inputs for calibration, validation examples: an export needs no other data
checkpoint.npz   the last epoch's whole state; gone when training has ended
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError
from .files import atomic_write_bytes, atomic_write_text

SCHEMA = 1
CONFIG, LABELS, REPORT = "config.json", "labels.json", "report.json"
STUDENT, TRAINER, CHECKPOINT = "student.npz", "trainer.npz", "checkpoint.npz"
SAMPLES = "samples.npz"
HISTORY = "history.csv"
_KEYS = ("task", "input", "outputs", "projection", "head", "settings", "data", "version")


@dataclass(frozen=True)
class Run:
    """A run directory as read: its configuration, labels and replies."""

    path: Path
    config: Mapping[str, Any]
    labels: tuple[str, ...]
    replies: Mapping[str, tuple[str, ...]]

    @property
    def finished(self) -> bool:
        """Whether training ended and left the student's weights."""
        return (self.path / STUDENT).is_file()


def is_run(path: str | Path) -> bool:
    """Whether `path` is a folder, which is how a run is told from a .tflite."""
    return Path(path).is_dir()


def create_run(
    path: Path,
    config: Mapping[str, Any],
    labels: Sequence[str],
    replies: Mapping[str, Sequence[str]],
) -> Run:
    """Start the run directory `path`; raises InputError when something is there already."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(
            f"{path} exists already; give another --out, or --resume to go on with that run"
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path} cannot be made: {error.strerror}") from None
    write_json(path / LABELS, {"labels": list(labels), "replies": dict(replies)})
    write_json(path / CONFIG, {"schema": SCHEMA, **config})
    return read_run(path)


def read_run(path: str | Path) -> Run:
    """The run in `path`; raises InputError for what is missing, damaged or of another schema."""
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a run directory: there is no such folder")
    config = _read_part(folder / CONFIG)
    if config.get("schema") != SCHEMA:
        raise InputError(
            f"{folder / CONFIG} has schema {config.get('schema')!r}; this version reads {SCHEMA}"
        )
    missing = [key for key in _KEYS if key not in config]
    if missing:
        raise InputError(f"{folder / CONFIG} lacks {', '.join(missing)}: it is no whole run")
    names = _read_part(folder / LABELS)
    if not isinstance(names.get("labels"), list) or not isinstance(names.get("replies"), dict):
        raise InputError(f"{folder / LABELS} must hold `labels` and `replies`")
    replies = {label: tuple(texts) for label, texts in names["replies"].items()}
    return Run(folder, config, tuple(names["labels"]), replies)


def read_finished_run(path: str | Path) -> Run:
    """`read_run`; raises InputError also when training has not ended."""
    run = read_run(path)
    if not run.finished:
        raise InputError(
            f"{run.path} is half written: it has no {STUDENT}; finish it with `train --resume`"
        )
    return run


def save_arrays(path: Path, arrays: Sequence[np.ndarray], **extra: Any) -> None:
    """Write arrays in order, and `extra` as JSON, to an .npz that appears whole."""
    stream = io.BytesIO()
    named = {f"a{index:05d}": array for index, array in enumerate(arrays)}
    text = np.frombuffer(json.dumps(extra).encode(), np.uint8)
    np.savez(stream, allow_pickle=False, extra=text, **named)
    atomic_write_bytes(path, stream.getvalue())


def load_arrays(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """What `save_arrays` wrote; raises InputError when the file is missing or damaged."""
    try:
        # from memory: NumPy leaves the file of a damaged archive open
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            extra = json.loads(stored["extra"].tobytes())
            names = sorted(name for name in stored.files if name != "extra")
            return [stored[name] for name in names], extra
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is damaged: {error}") from None


def save_weights(path: Path, model: Any) -> None:
    """The variables of a Keras model, in order."""
    save_arrays(path, [variable.numpy() for variable in model.variables])


def load_weights(path: Path, model: Any) -> None:
    """Set the variables of a Keras model; raises InputError when number or shapes differ."""
    arrays, _ = load_arrays(path)
    variables = model.variables
    same = len(arrays) == len(variables) and all(
        tuple(v.shape) == a.shape for v, a in zip(variables, arrays, strict=True)
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
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} must hold a JSON object")
    return content


def _read_part(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise InputError(f"{path.parent} is not a run directory: it has no {path.name}")
    return read_json(path)
