"""The main table: accuracy and whole-file size of what the default settings give.

    python scripts/main_figures.py --data FOLDER [--only ROW] [--seeds N N] [--out FOLDER]

FOLDER holds the data sets as folders (atis, clinc150, mnist, fashion_mnist). For each row the
commands `pnet-tf train`, `export` and `evaluate` run in turn, and are printed with their figures.
The test split is read once, by the last command of a row.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from measured import Figures, measure

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


def table(rows: list[Figures]) -> str:
    """The rows as Markdown, each beside its floor and ceiling."""
    limits = {row.name: row for row in ROWS}
    lines = [
        "| | seed | .tflite, test | needed | Keras student | trainer | bytes | at most | p50 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        limit, trainer = limits[row.name], row.trainer_accuracy
        lines.append(
            f"| {row.name} | {row.seed} | {row.test_accuracy:.2%} | {limit.floor:.1%} | "
            f"{row.student_accuracy:.2%} | {'-' if trainer is None else f'{trainer:.2%}'} | "
            f"{row.size_bytes:,} | {limit.most_bytes:,} | {row.p50_ms:.3f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure the rows asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/main_figures"))
    parser.add_argument("--only", help="part of a row's name")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    args = parser.parse_args()
    chosen = [row for row in ROWS if args.only is None or args.only.lower() in row.name.lower()]
    rows = [
        measure(row.name, args.data / row.data, args.out, seed=seed, options=row.options)
        for row in chosen
        for seed in args.seeds
    ]
    text = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
    (args.out / "main_figures.json").write_text(text, encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
