"""The main table: accuracy and whole-file size of what the default settings give.

    python scripts/main_figures.py --data FOLDER [--only ROW] [--out FOLDER]

FOLDER holds the data sets as folders (atis, clinc150, mnist, fashion_mnist). For each row the
commands `pnet-tf train`, `export` and `evaluate` run in turn, and are printed with their figures.
The test split is read once, by the last command of a row.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHOLE_IMAGE = "--projection structured --projections 60 --bits 12"


@dataclass(frozen=True)
class Row:
    """One line of the table: what is trained on which data, and what it has to reach."""

    name: str
    data: str
    options: str
    floor: float
    most_bytes: int


ROWS = (
    Row("ATIS", "atis", "", 0.960, 100_000),
    Row("CLINC150, in-scope", "clinc150", "", 0.915, 110_000),
    Row("MNIST, 720 bits, linear", "mnist", f"{WHOLE_IMAGE} --hidden 0", 0.920, 16_000),
    Row("MNIST, 720 bits, 256 hidden", "mnist", f"{WHOLE_IMAGE} --hidden 256", 0.977, 210_000),
    Row("Fashion-MNIST, default", "fashion_mnist", "", 0.890, 120_000),
)


def run(command: list[str]) -> None:
    """Run one `pnet-tf` command and show it; a failure ends the script."""
    print("$ pnet-tf " + shlex.join(command), flush=True)
    subprocess.run([sys.executable, "-m", "pnet_tf.cli", *command], check=True)


def measure(row: Row, data: Path, out: Path, seed: int) -> dict[str, Any]:
    """Train, export and evaluate one row; its figures."""
    name = "".join(c if c.isalnum() else "_" for c in row.name.lower()) + f"_{seed}"
    run_folder, model = str(out / name), str(out / f"{name}.tflite")
    source = str(data / row.data)
    started = time.perf_counter()
    run(["train", source, "--out", run_folder, "--seed", str(seed), *shlex.split(row.options)])
    seconds = time.perf_counter() - started
    run(["export", run_folder, "--tflite", model, "--json", str(out / f"{name}.export.json")])
    found = {}
    for what, path in (("tflite", model), ("student", run_folder)):
        target = out / f"{name}.{what}.json"
        run(["evaluate", path, source, "--json", str(target)])
        found[what] = json.loads(target.read_text(encoding="utf-8"))
    report = json.loads((out / f"{name}.export.json").read_text(encoding="utf-8"))
    return {
        "row": row.name,
        "seed": seed,
        "test_accuracy": found["tflite"]["accuracy"],
        "student_accuracy": found["student"]["accuracy"],
        "trainer_accuracy": found["student"]["trainer_accuracy"],
        "size_bytes": found["tflite"]["size_bytes"],
        "p50_ms": report["benchmark"]["p50_ms"],
        "reference_ms": report["benchmark"]["reference_ms"],
        "oldest_runtime": report["oldest_runtime"],
        "train_seconds": round(seconds),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown, each beside its floor and ceiling."""
    limits = {row.name: row for row in ROWS}
    lines = [
        "| | seed | .tflite, test | needed | Keras student | trainer | bytes | at most | p50 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        limit = limits[row["row"]]
        trainer = row["trainer_accuracy"]
        lines.append(
            f"| {row['row']} | {row['seed']} | {row['test_accuracy']:.2%} | {limit.floor:.1%} | "
            f"{row['student_accuracy']:.2%} | {'-' if trainer is None else f'{trainer:.2%}'} | "
            f"{row['size_bytes']:,} | {limit.most_bytes:,} | {row['p50_ms']:.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure the rows asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/main_figures"))
    parser.add_argument("--only", help="part of a row's name")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    chosen = [row for row in ROWS if args.only is None or args.only.lower() in row.name.lower()]
    rows = [measure(row, args.data, args.out, args.seed) for row in chosen]
    (args.out / "main_figures.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
