"""What pruning, shared values and packing are worth for text students: bytes against accuracy.

    python scripts/student_compression.py DATA_FOLDER --only atis [--seeds 3] [--drawn]

Students of the recipe `text-small` in three widths, as they are and with zeros and shared values,
each as a file and as a packed file. Points are compared on valid; test is read for each once and
decides nothing. What stands in the table under `--out` is not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

from measured import Table, mean, write_text

import pnet_tf
from pnet_tf.data import Dataset
from pnet_tf.fronts import pareto_front

SETS = ("atis", "clinc150", "trec6")
WIDTHS = {24: (48, 16), 48: (96, 32), 96: (128, 64)}
"""Embedding -> channels and rank."""
PLANS = {
    "int4": {"qat": "int4"},
    "int4, 50 % zeros": {"qat": "int4", "prune": 0.5},
    "int4, 70 % zeros": {"qat": "int4", "prune": 0.7},
    "int8": {"qat": "int8"},
    "int8, 16 values": {"qat": "int8", "cluster": 16},
    "int8, 8 values": {"qat": "int8", "cluster": 8},
    "int8, 50 % zeros, 16 values": {"qat": "int8", "prune": 0.5, "cluster": 16},
    "int8, 70 % zeros, 16 values": {"qat": "int8", "prune": 0.7, "cluster": 16},
    "int8, 80 % zeros, 8 values": {"qat": "int8", "prune": 0.8, "cluster": 8},
}
"""Name -> settings; the first is the recipe's."""


@dataclass(frozen=True)
class Point:
    """One student; accuracies 0..1 of its file."""

    data: str
    embedding: int
    plan: str
    seed: int
    size_bytes: int
    packed_bytes: int
    valid_accuracy: float
    test_accuracy: float


def measure(data: Dataset, name: str, embedding: int, plan: str, seed: int) -> Point:
    """Train, export, pack."""
    channels, rank = WIDTHS[embedding]
    head = {"embedding": embedding, "channels": channels, "rank": rank}
    fitted = pnet_tf.fit(data, [{"head": head, "seed": seed}, PLANS[plan]], recipe="text-small")
    exported = pnet_tf.export_student(
        fitted.student, fitted.labels, data.valid.inputs, targets=data.valid.targets,
        calibration=data.train.inputs[:256],
    )  # fmt: skip
    packed = pnet_tf.pack(exported.content)
    model = pnet_tf.load_bytes(exported.content)
    test = pnet_tf.evaluate_model(model, data.test).accuracy if data.test else 0.0
    valid = exported.report.valid.tflite or 0.0
    return Point(
        name, embedding, plan, seed, len(exported.content), len(packed), valid, test or 0.0
    )


def grouped(points: Sequence[Point]) -> dict[tuple[str, int, str], list[Point]]:
    """Seeds of one student together."""
    found: dict[tuple[str, int, str], list[Point]] = {}
    for one in points:
        found.setdefault((one.data, one.embedding, one.plan), []).append(one)
    return found


def table(points: Sequence[Point]) -> Iterator[str]:
    """A row a student; `front`: of which front on valid it is, of files or of packed ones."""
    yield "| data | embedding | weights | seeds | file | packed | valid, % | test, % | front |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for (name, embedding, plan), rows in grouped(points).items():
        valid = mean([100 * one.valid_accuracy for one in rows], ".2f")
        test = mean([100 * one.test_accuracy for one in rows], ".2f")
        fronts = ", ".join(key for key in ("file", "packed")
                           if (embedding, plan) in front(points, name, key))  # fmt: skip
        size, packed = (max(getattr(one, key) for one in rows)
                        for key in ("size_bytes", "packed_bytes"))  # fmt: skip
        yield (f"| {name} | {embedding} | {plan} | {len(rows)} | {size:,} | {packed:,} | {valid} | "
               f"{test} | {fronts} |")  # fmt: skip


def front(points: Sequence[Point], name: str, key: str) -> set[tuple[int, str]]:
    """Students of a data set that no other beats: files as they are, or all of them packed."""
    groups = [(group, rows) for group, rows in grouped(points).items() if group[0] == name]
    size = "size_bytes" if key == "file" else "packed_bytes"
    sizes = [max(getattr(one, size) for one in rows) for _, rows in groups]
    valid = [sum(one.valid_accuracy for one in rows) / len(rows) for _, rows in groups]
    return {groups[place][0][1:] for place in pareto_front(sizes, valid)}


def draw(points: Sequence[Point], target: Path) -> None:
    """Accuracy on valid against bytes: plain files of the recipe's weights, and all packed ones."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    names = list(dict.fromkeys(one.data for one in points))
    figure = Figure(figsize=(6 * len(names), 4.5), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for place, name in zip(axes, names, strict=True):
        groups = [(group, rows) for group, rows in grouped(points).items() if group[0] == name]
        for colour, plan in enumerate(PLANS):
            rows = [found for group, found in groups if group[2] == plan]
            for size, filled in (("size_bytes", False), ("packed_bytes", True)):
                x = [max(getattr(one, size) for one in found) for found in rows]
                y = [100 * sum(o.valid_accuracy for o in found) / len(found) for found in rows]
                place.plot(x, y, "o-" if filled else "o--", color=f"C{colour}", linewidth=0.8,
                           fillstyle="full" if filled else "none",
                           label=plan if filled else None)  # fmt: skip
        place.set(title=name, xlabel="bytes; filled: packed, hollow: the .tflite",
                  ylabel="accuracy on valid, %", xscale="log")  # fmt: skip
        place.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        place.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        place.xaxis.set_minor_formatter(NullFormatter())
        place.grid(alpha=0.3)
        place.legend(fontsize=7, loc="lower right")
    figure.savefig(target, dpi=110, metadata={"Software": None})


def page(points: Sequence[Point]) -> str:
    """The table with what it is."""
    return "\n".join([
        "# Compressed students", "", "    python scripts/student_compression.py DATA_FOLDER", "",
        "The recipe `text-small` in three widths, as it is (`int4`) and with zeros and shared "
        "values; bytes of the `.tflite` and of the `.ptz` that `pack` makes of it. Means over "
        "seeds. `front`: no other student of the data has no more bytes and is no worse on valid.",
        "", *table(points), "", "![bytes and accuracy](students.png)", "",
    ])  # fmt: skip


def main() -> None:
    """Measure; write `students.json`, `.md` and `.png` into `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=SETS, action="append")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--drawn", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("results/compression"))
    args = parser.parse_args()
    found = Table(args.out / "students.json", Point, ("data", "embedding", "plan", "seed"))
    for name in [] if args.drawn else args.only or SETS:
        for seed in range(args.seeds):
            data = pnet_tf.load_dataset(str(args.data / name), seed=seed)
            for embedding, plan in product(WIDTHS, PLANS):
                make = partial(measure, data, name, embedding, plan, seed)
                print(found.measured(make, name, embedding, plan, seed), flush=True)
    write_text(args.out / "students.md", page(found.rows))
    draw(found.rows, args.out / "students.png")
    print(page(found.rows))


if __name__ == "__main__":
    main()
