"""What the scripts `reproduce_*.py` share: the rows of a data set, their figures, their tables.

A row of the paper (Ravi 2017, arXiv 1708.00630, section 4) is T functions of d bits and a head. The
second table answers what the joint objective is worth: the default student trained jointly, trained
alone, and distilled from the trainer of the joint run, frozen; same seeds, same epochs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from measured import Figures, measure, run_folder

SEEDS = (0, 1, 2)
FLOAT_BYTES = 4


@dataclass(frozen=True)
class Row:
    """One line of a table: its name and the options of `pnet-tf train` and `export`."""

    name: str
    options: str
    export: str = ""


def whole_image_rows() -> tuple[Row, ...]:
    """The [T, d] rows of the paper, as structured projections of whole images."""
    sizes = ((8, 10, 0), (10, 12, 0), (60, 10, 0), (60, 12, 0), (60, 10, 128), (60, 12, 256),
             (70, 12, 256))  # fmt: skip
    return tuple(
        Row(
            f"T={functions} d={bits}" + (f" FC{units}" if units else ""),
            f"--projection structured --projections {functions} --bits {bits} --hidden {units}",
        )
        for functions, bits, units in sizes
    )


def token_rows() -> tuple[Row, ...]:
    """T*d bits a token for texts: 64 to 512, the default being 256."""
    return tuple(
        Row(f"T={functions} d=8", f"--projection text --projections {functions} --bits 8")
        for functions in (8, 16, 32, 64)
    )


def reproduce(name: str, rows: Sequence[Row], *, options: str = "") -> None:
    """Parse the command line, measure, and write `NAME.json` and `NAME.md` into `--out`.

    `options` go to every training of the second table.
    """
    parser = argparse.ArgumentParser(description=f"Tables of {name}.")
    parser.add_argument("--data", type=Path, required=True, help=f"folder that holds {name}/")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--runs", type=Path, default=Path("runs") / name)
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="of the second table")
    args = parser.parse_args()
    source = args.data / name
    paper = [
        measure(row.name, source, args.runs, options=row.options, export=row.export)
        for row in rows
    ]
    modes = {
        mode: [_mode(mode, source, args.runs, seed, options) for seed in range(args.seeds)]
        for mode in ("joint", "alone", "frozen trainer")
    }
    _write(name, args.out, args.data, paper, modes)


def _mode(mode: str, source: Path, runs: Path, seed: int, options: str) -> Figures:
    """Joint comes first: the frozen trainer is the one that the joint run of the seed trained."""
    trainer = run_folder("joint", runs, seed)
    more = {
        "joint": "",
        "alone": "--trainer none",
        "frozen trainer": f"--trainer-weights {trainer} --freeze-trainer",
    }[mode]
    return measure(mode, source, runs, seed=seed, options=f"{options} {more}".strip())


def _write(
    name: str, out: Path, data: Path, paper: list[Figures], modes: dict[str, list[Figures]]
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    stored = {
        "rows": [asdict(row) for row in paper],
        "modes": {mode: [asdict(row) for row in rows] for mode, rows in modes.items()},
    }
    (out / f"{name}.json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(
        [
            f"# {name}",
            "",
            f"    python scripts/reproduce_{name}.py --data FOLDER",
            "",
            *_paper_table(paper),
            "",
            *_mode_table(modes),
            "",
        ]
    )
    (out / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def _paper_table(rows: list[Figures]) -> list[str]:
    """Ratios: the trainer's parameters to the head's, its float32 bytes to the whole file's."""
    lines = [
        "| | seed | bits | .tflite, test | trainer | parameters | ratio | bytes | zipped | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        trainer = row.trainer_parameters or 0
        lines.append(
            f"| {row.name} | {row.seed} | {row.bits} | {row.test_accuracy:.2%} | "
            f"{row.trainer_accuracy or 0:.2%} | {row.head_parameters:,} | "
            f"{trainer / row.head_parameters:.0f} | {row.size_bytes:,} | {row.zipped_bytes:,} | "
            f"{FLOAT_BYTES * trainer / row.size_bytes:.0f} |"
        )
    return lines


def _mode_table(modes: dict[str, list[Figures]]) -> list[str]:
    """Mean and standard deviation over the seeds, and the margin over the student alone."""
    lines = [
        "| default student | seeds | .tflite, test | spread | over alone | bytes | training, s |",
        "|---|---|---|---|---|---|---|",
    ]
    alone = np.mean([row.test_accuracy for row in modes["alone"]])
    for mode, rows in modes.items():
        found = np.array([row.test_accuracy for row in rows])
        spread = found.std(ddof=1) if len(found) > 1 else 0.0
        lines.append(
            f"| {mode} | {len(rows)} | {found.mean():.2%} | {spread:.2%} | "
            f"{found.mean() - alone:+.2%} | {np.mean([row.size_bytes for row in rows]):,.0f} | "
            f"{np.mean([row.train_seconds for row in rows]):.0f} |"
        )
    return lines
