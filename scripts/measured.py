"""Commands of the toolkit run as a reader would run them, and the figures that they leave.

A figure whose JSON is already under the output folder is not made again, so that a script which was
stopped goes on where it was.
"""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

T = TypeVar("T")


class Table(Generic[T]):
    """Rows of a JSON file, one a measurement, told apart by the fields of `key`.

    A row is written as soon as it is measured, and what is there is not measured again: a table
    that takes days is made a row at a time, by several processes, and more is added to it later.
    """

    def __init__(self, path: Path, kind: Callable[..., T], key: Sequence[str]) -> None:
        self.path, self.kind, self.key = path, kind, key

    @property
    def rows(self) -> list[T]:
        """In the order in which they were measured."""
        return list(self._read().values())

    def measured(self, make: Callable[[], T], *key: Any) -> T:
        """The row of a key, by `make` if there is none."""
        rows = self._read()
        if key not in rows:
            row = make()
            if tuple(getattr(row, field) for field in self.key) != key:
                raise ValueError(f"{key} was asked for, {row} was measured")
            rows = {**self._read(), key: row}  # others may have written since
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path, [_plain(one) for one in rows.values()])
        return rows[key]

    def _read(self) -> dict[tuple[Any, ...], T]:
        found = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else []
        return {tuple(row[field] for field in self.key): self.kind(**row) for row in found}


def _plain(row: Any) -> dict[str, Any]:
    return asdict(row)


@dataclass(frozen=True)
class Figures:
    """One trained, exported and evaluated model; accuracies 0..1 on the test split.

    `head_parameters` and `trainer_parameters` are counted, sizes are of whole files. A trainer's
    size is that of its parameters in float32.
    """

    name: str
    seed: int
    options: str
    test_accuracy: float
    student_accuracy: float
    trainer_accuracy: float | None
    valid_accuracy: float
    size_bytes: int
    zipped_bytes: int
    head_parameters: int
    trainer_parameters: int | None
    bits: int
    p50_ms: float
    reference_ms: float
    oldest_runtime: str
    train_seconds: int


def pnet_tf(*command: str) -> None:
    """Run one `pnet-tf` command and show it; a failure ends the script."""
    print("$ pnet-tf " + shlex.join(command), flush=True)
    done = subprocess.run([sys.executable, "-m", "pnet_tf", *command], check=False)
    if done.returncode:
        raise SystemExit(f"pnet-tf {command[0]} ended with {done.returncode}")


def measure(
    name: str, source: Path, out: Path, *, seed: int = 0, options: str = "", export: str = ""
) -> Figures:
    """Train, export and evaluate; `options` are those of `train`, `export` those of `export`."""
    run = run_folder(name, out, seed)
    target = run.with_name(f"{run.name}.json")
    if not target.exists():
        out.mkdir(parents=True, exist_ok=True)
        found = _measure(name, source, run, seed, options, export)
        write_json(target, asdict(found))
    figures = Figures(**json.loads(target.read_text(encoding="utf-8")))
    if figures.options != options:
        raise SystemExit(f"{target} was made with {figures.options!r}; give another folder")
    return figures


def run_folder(name: str, out: Path, seed: int) -> Path:
    """Where `measure` leaves the run of `name`."""
    return out / ("".join(c if c.isalnum() else "_" for c in name.lower()) + f"_{seed}")


def _measure(name: str, source: Path, run: Path, seed: int, options: str, export: str) -> Figures:
    model = f"{run}.tflite"
    again = ["--resume"] if run.exists() else ["--seed", str(seed), *shlex.split(options)]
    if not (run / "report.json").exists():
        pnet_tf("train", str(source), "--out", str(run), *again)
    report = _json(run, "export", "export", str(run), "--tflite", model, *shlex.split(export))
    file = _json(run, "tflite", "evaluate", model, str(source))
    student = _json(run, "student", "evaluate", str(run), str(source))
    return Figures(
        name=name,
        seed=seed,
        options=options,
        test_accuracy=file["accuracy"],
        student_accuracy=student["accuracy"],
        trainer_accuracy=student["trainer_accuracy"],
        valid_accuracy=report["valid"]["tflite"],
        size_bytes=file["size_bytes"],
        zipped_bytes=report["zipped_bytes"],
        head_parameters=report["parameters"],
        trainer_parameters=_parameters(run / "trainer.npz"),
        bits=report["bits"],
        p50_ms=report["benchmark"]["p50_ms"],
        reference_ms=report["benchmark"]["reference_ms"],
        oldest_runtime=report["oldest_runtime"],
        train_seconds=round(json.loads((run / "report.json").read_text())["seconds"]),
    )


def _json(run: Path, what: str, *command: str) -> dict[str, Any]:
    target = run.with_name(f"{run.name}.{what}.json")
    pnet_tf(*command, "--json", str(target))
    return json.loads(target.read_text(encoding="utf-8"))


def _parameters(weights: Path) -> int | None:
    """Numbers in a run's file of weights, which names its arrays a00000, a00001 and so on."""
    if not weights.exists():
        return None
    with np.load(weights) as arrays:
        return sum(arrays[name].size for name in arrays.files if name.startswith("a"))


def write_json(path: Path, content: Any) -> None:
    """Indented JSON with a final newline, in the place of the file whole."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """`text` in the place of the file whole."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def mean(values: Sequence[float], form: str) -> str:
    """Mean, with the standard deviation of several in brackets."""
    spread = f" ({statistics.stdev(values):{form}})" if len(values) > 1 else ""
    return f"{statistics.mean(values):{form}}{spread}"
