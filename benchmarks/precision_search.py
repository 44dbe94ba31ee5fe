"""Precision search beside every choice of the same space, evaluated as a whole, in one run.

    python benchmarks/precision_search.py NAME=DATA:RECIPE[:EPOCHS[:QAT]] [...] [--keep X,X]

Trains each student, freezes it in float32 once, and chooses the bits of each layer's weights (4, 8
or 32, activations as kernels of that width have them) twice: by `export.precision`, which compares
ten inputs and evaluates a few files, and by evaluating every choice on all of valid. Both rewrite
the same float file with the same code; the conversion before them is in neither time. The smallest
file that keeps the accuracy wins. Writes precision.json and .md into results/synthesis, or --out.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np

from pnet_tf import fit, load_dataset
from pnet_tf.export.choice import Choice, kept_score
from pnet_tf.export.freeze import Job, Valid
from pnet_tf.export.precision import Space, last_outputs, search_space
from pnet_tf.export.quantize import plain, ready
from pnet_tf.export.shrink import shrink
from pnet_tf.export.storage import FLOAT, INT8, Layer, Storage, int4_storage, stored

FOLDER = Path(__file__).parents[1] / "results" / "synthesis"


@dataclass(frozen=True)
class Row:
    """One student and one `keep_accuracy`; bytes of the file before its metadata."""

    student: str
    layers: int
    choices: int
    valid_examples: int
    keep_accuracy: float
    float_bytes: int
    float_accuracy: float
    search_bytes: int
    search_accuracy: float
    search_bits: str
    search_r_squared: float
    search_candidates: int
    search_evaluations: int
    search_s: float
    exhaustive_bytes: int
    exhaustive_accuracy: float
    exhaustive_bits: str
    exhaustive_s: float
    ratio: float
    bytes_above: float


@dataclass(frozen=True)
class Student:
    """A frozen student: its job and float file."""

    name: str
    job: Job
    model: bytes

    def space(self, keep: float) -> Space:
        """Where both search: 4, 8 and 32 bits."""
        valid = self.job.valid
        job = Job(**{**vars(self.job), "valid": Valid(valid.inputs, valid.targets, keep)})
        return Space(self.model, job, by_bits)


def by_bits(layer: Layer) -> tuple[Storage, ...]:
    """One way to store a layer for each width, 3 at most."""
    return tuple(dict.fromkeys((FLOAT, INT8, int4_storage(layer))))


def trained(text: str, valid_fraction: float, most: int) -> Student:
    """The student of NAME=DATA:RECIPE[:EPOCHS[:QAT]], with the first `most` examples of valid.

    `valid_fraction` is held out where DATA has no valid.
    """
    name, _, what = text.partition("=")
    source, recipe, *more = what.split(":")
    data = load_dataset(source, valid_fraction=valid_fraction)
    change: dict[str, object] = {}
    if more:
        change["schedule"] = {"epochs": int(more[0]), "min_updates": 0}
    if len(more) > 1:
        change["qat"] = more[1]
    fitted = fit(data, change, recipe=recipe)
    student = fitted.student
    inputs = student.spec.encode(data.valid.inputs[:most]).array
    valid = Valid(inputs, np.asarray(data.valid.targets[:most]), 0.0)
    outputs = len(fitted.labels)
    job = ready(Job(student, student.spec, "classification", outputs, valid=valid), "auto")
    return Student(name, job, plain(job))


def every_choice(space: Space, told: Callable[[int], None]) -> dict[Choice, tuple[int, float]]:
    """Bytes, those of one more output among them, and accuracy of each choice on all of valid."""
    found = {}
    for choice in product(*(range(len(options)) for options in space.options)):
        made = stored(space.probe, space.ways(choice))
        outputs = last_outputs(made, space.valid.inputs)
        score = kept_score(outputs, space.valid.targets, space.task)
        found[choice] = (len(shrink(made)), score)
        told(len(found))
    return found


def rows(student: Student, keeps: Sequence[float]) -> list[Row]:
    """A row for each accuracy to keep; every choice is evaluated once for all of them."""
    space = student.space(0.0)
    choices = math.prod(map(len, space.options))
    start = time.perf_counter()
    table = every_choice(space, lambda done: _tell(student.name, done, choices))
    seconds = time.perf_counter() - start
    return [_row(student, keep, table, seconds) for keep in keeps]


def _tell(name: str, done: int, choices: int) -> None:
    if done % 100 == 0 or done == choices:
        print(f"{name}: {done} of {choices}", file=sys.stderr, flush=True)


def _row(
    student: Student, keep: float, table: dict[Choice, tuple[int, float]], seconds: float
) -> Row:
    space = student.space(keep)
    start = time.perf_counter()
    found = search_space(space)
    search_s = time.perf_counter() - start
    said = found.precision
    kept = [(size, -accuracy, choice) for choice, (size, accuracy) in table.items()
            if accuracy >= said.float_accuracy - keep - 1e-9]  # fmt: skip
    _, accuracy, choice = min(kept)
    size, search_bytes = (len(shrink(made)) for made in (space.file(choice), found.content))
    return Row(
        student=student.name,
        layers=len(space.layers),
        choices=len(table),
        valid_examples=len(space.valid.targets),
        keep_accuracy=keep,
        float_bytes=len(shrink(student.model)),
        float_accuracy=said.float_accuracy,
        search_bytes=search_bytes,
        search_accuracy=said.accuracy,
        search_bits=" ".join(str(layer.bits) for layer in said.layers),
        search_r_squared=said.r_squared,
        search_candidates=said.candidates,
        search_evaluations=said.evaluations,
        search_s=search_s,
        exhaustive_bytes=size,
        exhaustive_accuracy=-accuracy,
        exhaustive_bits=" ".join(str(way.bits) for way in space.ways(choice).values()),
        exhaustive_s=seconds,
        ratio=seconds / search_s,
        bytes_above=search_bytes / size - 1,
    )


def markdown(found: Sequence[Row], command: str) -> str:
    """The rows as a page."""
    lines = [
        "# Precision search beside every choice\n",
        "Bits of each layer's weights, 4, 8 or 32, that make the smallest file of at most so much "
        "less accuracy on valid than float32 has: by ten inputs, R^2 and a few evaluations, and by "
        "evaluating each choice on all of valid. Bytes before metadata; seconds without the one "
        "conversion that both start from. Made by\n",
        f"```sh\n{command}\n```\n",
        "| student | layers, choices | examples | may lose | float32 | search | bits | R^2 "
        "| every choice | bits | bytes above | search, s | every choice, s | ratio |",
        "|" + "---|" * 14,
    ]
    for row in found:
        lines.append(
            f"| {row.student} | {row.layers}, {row.choices:,} | {row.valid_examples} "
            f"| {row.keep_accuracy:g} "
            f"| {row.float_accuracy:.2%}, {row.float_bytes:,} "
            f"| {row.search_accuracy:.2%}, {row.search_bytes:,} | {row.search_bits} "
            f"| {row.search_r_squared:.5f} "
            f"| {row.exhaustive_accuracy:.2%}, {row.exhaustive_bytes:,} | {row.exhaustive_bits} "
            f"| {row.bytes_above:.1%} | {row.search_s:.1f} | {row.exhaustive_s:.0f} "
            f"| {row.ratio:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("students", nargs="+", metavar="NAME=DATA:RECIPE[:EPOCHS[:QAT]]")
    parser.add_argument("--keep", default="0,0.002,0.01", help="accuracies that may be lost")
    parser.add_argument("--valid-fraction", type=float, default=0.3, help="of DATA without valid")
    parser.add_argument("--most-valid", type=int, default=500, help="examples of valid")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    keeps = [float(text) for text in args.keep.split(",")]
    found = [
        row
        for text in args.students
        for row in rows(trained(text, args.valid_fraction, args.most_valid), keeps)
    ]
    words = [_portable(text) for text in args.students]
    command = " ".join(
        ["python benchmarks/precision_search.py", *words, "--keep", args.keep,
         "--valid-fraction", str(args.valid_fraction), "--most-valid", str(args.most_valid)]
    )  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    content = {"command": command, "rows": [asdict(row) for row in found]}
    (args.out / "precision.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    page = markdown(found, command)
    (args.out / "precision.md").write_text(page, "utf-8")
    print(page)


def _portable(text: str) -> str:
    """A student's argument without the folders that only this machine has."""
    name, _, what = text.partition("=")
    source, *more = what.split(":")
    return f"{name}={':'.join([Path(source).name, *more])}"


if __name__ == "__main__":
    main()
