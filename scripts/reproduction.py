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
from typing import Any

import numpy as np
from measured import Figures, measure, run_folder, write_json, write_text

SEEDS = (0, 1, 2)
FLOAT_BYTES = 4
PARTS = ("rows", "modes", "recipes")
MODES = {
    "joint": "",
    "alone": "--trainer none",
    "frozen trainer": "--trainer-weights {trainer} --freeze-trainer",
}


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


def token_rows(options: str = "") -> tuple[Row, ...]:
    """T*d bits a token for texts: 64 to 512, the default being 256; the student alone.

    A token's bits are a power of two, so that the rows of the paper have no form here.
    """
    more = f"--bits 8 --trainer none {options}".strip()
    return tuple(
        Row(f"T={functions} d=8", f"--projection text --projections {functions} {more}")
        for functions in (8, 16, 32, 64)
    )


def recipe_rows(*names: str) -> tuple[Row, ...]:
    """Named recipes as they are."""
    return tuple(Row(name, f"--recipe {name}") for name in names)


def alone_rows(*names: str) -> tuple[Row, ...]:
    """Named recipes without their trainer: a fifth of the time, for texts."""
    return tuple(Row(f"{name}, alone", f"--recipe {name} --trainer none") for name in names)


def reproduce(
    name: str,
    rows: Sequence[Row],
    recipes: Sequence[Row] = (),
    *,
    options: str = "",
    source: str | None = None,
) -> None:
    """Parse the command line, measure, and write `NAME.json` and `NAME.md` into `--out`.

    `source` is the data set below `--data`, `name` unless given. `options` go to every training of
    the table of modes. Parts that are not asked for keep what `NAME.json` has of them.
    """
    parser = argparse.ArgumentParser(description=f"Tables of {name}.")
    holds = f"folder that holds {source or name}"
    parser.add_argument("--data", type=Path, required=True, help=holds)
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--runs", type=Path, default=Path("runs") / name)
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="of the table of modes")
    parser.add_argument("--recipe-seeds", type=int, default=1, help="of the table of recipes")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=tuple(MODES))
    args = parser.parse_args()
    data, target = args.data / (source or name), args.out / f"{name}.json"
    stored = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    for part, asked, seeds in (("rows", rows, 1), ("recipes", recipes, args.recipe_seeds)):
        if part in args.parts:
            stored[part] = [
                asdict(
                    measure(
                        row.name, data, args.runs, seed=seed, options=row.options, export=row.export
                    )
                )
                for row in asked
                for seed in range(seeds)
            ]
    if "modes" in args.parts:
        for mode in args.modes:
            stored.setdefault("modes", {})[mode] = [
                asdict(_mode(mode, data, args.runs, seed, options)) for seed in range(args.seeds)
            ]
    _write(name, args.out, stored)


def _mode(mode: str, source: Path, runs: Path, seed: int, options: str) -> Figures:
    """Joint comes first: the frozen trainer is the one that the joint run of the seed trained."""
    more = MODES[mode].format(trainer=run_folder("joint", runs, seed))
    return measure(mode, source, runs, seed=seed, options=f"{options} {more}".strip())


def _write(name: str, out: Path, stored: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / f"{name}.json", stored)
    lines = [f"# {name}", "", f"    python scripts/reproduce_{name}.py --data FOLDER", ""]
    for part, title in (("recipes", "Recipes"), ("rows", "Bits")):
        if stored.get(part):
            lines += [f"## {title}", "", *figures_table(stored[part]), ""]
    if stored.get("modes"):
        lines += ["## What the joint objective is worth", "", *_mode_table(stored["modes"]), ""]
    text = "\n".join(lines)
    write_text(out / f"{name}.md", text)
    print(text)


def figures_table(rows: list[dict[str, Any]]) -> list[str]:
    """Ratios: the trainer's parameters to the head's, its float32 bytes to the whole file's."""
    lines = [
        "| | seed | bits | .tflite, test | valid | trainer, test | parameters | ratio | bytes | "
        "zipped | ratio | oldest runtime |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in (Figures(**values) for values in rows):
        trainer, accuracy = row.trainer_parameters, row.trainer_accuracy
        lines.append(
            f"| {row.name} | {row.seed} | {row.bits} | {row.test_accuracy:.2%} | "
            f"{row.valid_accuracy:.2%} | {'-' if accuracy is None else f'{accuracy:.2%}'} | "
            f"{row.head_parameters:,} | {_ratio(trainer, row.head_parameters)} | "
            f"{row.size_bytes:,} | {row.zipped_bytes:,} | "
            f"{_ratio(trainer and FLOAT_BYTES * trainer, row.size_bytes)} | {row.oldest_runtime} |"
        )
    return lines


def _ratio(trainer: int | None, student: float) -> str:
    return f"{trainer / student:.0f}" if trainer else "-"


def _mode_table(modes: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Mean and standard deviation over the seeds, and the margin over the student alone."""
    lines = [
        "| | seeds | .tflite, test | spread | over alone | trainer, test | ratio, parameters | "
        "bytes | ratio, bytes | training, s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    alone = [row["test_accuracy"] for row in modes.get("alone", [])]
    for mode, rows in modes.items():
        found = np.array([row["test_accuracy"] for row in rows])
        spread = f"{found.std(ddof=1):.2%}" if len(found) > 1 else "-"
        margin = f"{found.mean() - np.mean(alone):+.2%}" if alone else "-"
        trainer, size = rows[0]["trainer_parameters"], np.mean([r["size_bytes"] for r in rows])
        right = f"{np.mean([row['trainer_accuracy'] for row in rows]):.2%}" if trainer else "-"
        lines.append(
            f"| {mode} | {len(rows)} | {found.mean():.2%} | {spread} | {margin} | {right} | "
            f"{_ratio(trainer, rows[0]['head_parameters'])} | {size:,.0f} | "
            f"{_ratio(trainer and FLOAT_BYTES * trainer, size)} | "
            f"{np.mean([row['train_seconds'] for row in rows]):.0f} |"
        )
    return lines
