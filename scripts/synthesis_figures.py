"""Generator and inquisitor beside random search, TPE and NSGA-II: equal space, limits and epochs.

    python scripts/synthesis_figures.py DATA_FOLDER --only digits [--seeds 5] [--drawn]

Each search has the same budget of epochs, summed over all of its networks. What stands in the table
under `--out` is not made again, and a search that was stopped goes on under `--runs`; `--drawn`
writes pages and plots of what is finished alone. Accuracies are of the whole file on valid, unless
test is said.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from measured import Table, mean, write_text

import pnet_tf
from pnet_tf.data import Dataset
from pnet_tf.synthesis.generator import Generator, load_generator
from pnet_tf.synthesis.study import SEARCHERS

SETS = {
    "digits": ("bytes<=16000", 400, 20, 5),
    "atis": ("bytes<=32000", 400, 20, 5),
    "mnist": ("bytes<=12000", 100, 5, 3),
    "fashion_mnist": ("bytes<=32000", 100, 5, 3),
    "clinc150": ("bytes<=36000", 100, 10, 3),
}
"""Data set -> limit, epochs of a search, of one network, seeds."""
EXAMPLES = 10_000
"""Training examples of the larger sets."""


@dataclass(frozen=True)
class Searched:
    """One search: after each network the epochs so far, the best accuracy and the hypervolume."""

    data: str
    searcher: str
    seed: int
    epochs: tuple[float, ...]
    best: tuple[float, ...]
    area: tuple[float, ...]
    test_accuracy: float
    counts: dict[str, int]
    rank_correlation: dict[str, float]
    seconds: float


def read_data(folder: Path, name: str, seed: int) -> Dataset:
    """The built-in digits, or a set of the folder with at most EXAMPLES for training."""
    source = name if name == "digits" else str(folder / name)
    data = pnet_tf.load_dataset(source, seed=seed)
    rows = np.random.default_rng(seed).permutation(len(data.train.targets))[:EXAMPLES]
    return replace(data, train=data.train.take(np.sort(rows)))


def searched(folder: Path, name: str, searcher: str, seed: int, runs: Path) -> Searched:
    """Carry one search to its end and read what was learned."""
    data, run = read_data(folder, name, seed), runs / f"{name}_{searcher}_{seed}"
    run.mkdir(parents=True, exist_ok=True)
    limit, budget, epochs, _ = SETS[name]
    report = pnet_tf.synthesize(
        data, run / "study", [limit], networks=4, budget=f"{budget}epochs", epochs=epochs,
        searcher=searcher, seed=seed, test=True,
        told=lambda record, kept: print(name, searcher, seed, record.number, record.ended,
                                        record.accuracy, record.facts.get("bytes"), flush=True),
    )  # fmt: skip
    learned = load_generator(run / "study" / "generator.json")
    spent, best, area = curves(learned)
    chosen = max(report.networks, key=lambda one: one.accuracy)
    return Searched(
        name, searcher, seed, spent, best, area, chosen.test_accuracy or 0.0, dict(report.counts),
        dict(report.rank_correlation), report.seconds,
    )  # fmt: skip


def curves(
    learned: Generator,
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Epochs, best accuracy and hypervolume after each network of a study."""
    sizes: list[float] = []
    accuracies: list[float] = []
    rows = []
    epochs = 0.0
    for record in (one for one in learned.records if one.number >= 0):
        epochs += record.epochs
        if record.accuracy is not None:
            sizes.append(record.facts["bytes"])
            accuracies.append(record.accuracy)
        area = learned.hypervolume(sizes, accuracies)
        rows.append((epochs, max(accuracies, default=0.0), area))
    spent, best, areas = zip(*rows, strict=True)
    return spent, best, areas


def reached(one: Searched, accuracy: float) -> float | None:
    """Epochs after which a search has at least `accuracy`; None if it never does."""
    for epochs, best in zip(one.epochs, one.best, strict=True):
        if best >= accuracy:
            return epochs
    return None


def table(found: Sequence[Searched]) -> Iterator[str]:
    """A row a searcher of each set; `epochs to random's best`: of seeds that reach it, how many."""
    yield ("| data | searcher | seeds | best valid, % | its test, % | hypervolume | epochs to "
           "random's best | foretold at the start | at a quarter | hours |")  # fmt: skip
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name in dict.fromkeys(one.data for one in found):
        random = {one.seed: one.best[-1] for one in found
                  if (one.data, one.searcher) == (name, "random")}  # fmt: skip
        for searcher in SEARCHERS:
            rows = [one for one in found if (one.data, one.searcher) == (name, searcher)]
            if rows:
                yield _row(rows, random)


def _row(rows: Sequence[Searched], random: dict[int, float]) -> str:
    asked = [one for one in rows if one.seed in random]
    epochs = [e for one in asked if (e := reached(one, random[one.seed])) is not None]
    when = f"{statistics.mean(epochs):.0f} ({len(epochs)} of {len(asked)})" if epochs else "never"
    judged = rows[0].searcher == "generator"
    ranks = [mean([one.rank_correlation[key] for one in rows], ".2f") if judged else ""
             for key in ("start", "quarter")]  # fmt: skip
    best = mean([100 * one.best[-1] for one in rows], ".2f")
    test = mean([100 * one.test_accuracy for one in rows], ".2f")
    area = mean([one.area[-1] for one in rows], ".3f")
    hours = f"{statistics.mean(one.seconds for one in rows) / 3600:.2f}"
    cells = [rows[0].data, rows[0].searcher, str(len(rows)), best, test, area, when, *ranks, hours]
    return f"| {' | '.join(cells)} |"


def draw(found: Sequence[Searched], target: Path) -> None:
    """Best accuracy and hypervolume against epochs, a column a data set, means over seeds."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(one.data for one in found))
    figure = Figure(figsize=(4.5 * len(names), 6), layout="constrained")
    axes = figure.subplots(2, len(names), squeeze=False)
    for column, name in enumerate(names):
        for colour, searcher in enumerate(SEARCHERS):
            rows = [one for one in found if (one.data, one.searcher) == (name, searcher)]
            if not rows:
                continue
            grid = np.linspace(0, max(one.epochs[-1] for one in rows), 60)
            for row, key in enumerate(("best", "area")):
                levels = np.array([_at(one.epochs, getattr(one, key), grid) for one in rows])
                scale = 100 if key == "best" else 1
                axes[row, column].step(grid, scale * levels.mean(0), where="post", label=searcher,
                                       color=f"C{colour}")  # fmt: skip
        axes[0, column].set(title=name, ylabel="best accuracy on valid, %")
        axes[1, column].set(xlabel="epochs of all networks", ylabel="hypervolume")
        axes[0, column].legend(loc="lower right", fontsize=8)
        for row in (0, 1):
            axes[row, column].grid(alpha=0.3)
        low = 100 * min(one.best[len(one.best) // 3] for one in found if one.data == name)
        high = 100 * max(one.best[-1] for one in found if one.data == name)
        axes[0, column].set_ylim(low - 3, min(high + 1, 100))
    figure.savefig(target, dpi=110, metadata={"Software": None})


def _at(epochs: Sequence[float], values: Sequence[float], grid: np.ndarray) -> np.ndarray:
    """Values of a step function at the grid's epochs, 0 before the first."""
    places = np.searchsorted(epochs, grid, side="right")
    return np.array([0.0, *values])[places]


def page(found: Sequence[Searched]) -> str:
    """The table with what it is."""
    limits = ", ".join(f"{name} {SETS[name][0]} and {SETS[name][1]} epochs, {SETS[name][2]} each"
                       for name in dict.fromkeys(one.data for one in found))  # fmt: skip
    return "\n".join([
        "# Searchers at equal budget", "",
        "    python scripts/synthesis_figures.py DATA_FOLDER", "",
        f"Limits and budgets: {limits}. Larger sets have {EXAMPLES:,} training examples. Networks "
        "outside the limit are measured, never trained, and cost no epoch. Accuracies are of the "
        "whole file; test is read of what is handed out. Means over seeds, standard deviations in "
        "brackets. `foretold`: Spearman's rank correlation of the accuracies that the inquisitor "
        "foretold of each network before its training, and after a quarter of it, with the true "
        "ones.", "", *table(found), "", "![curves](searchers.png)", "",
    ])  # fmt: skip


def main() -> None:
    """Search; write `searchers.json`, `.md` and `.png` into `--out`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=SETS, action="append")
    parser.add_argument("--searchers", choices=SEARCHERS, action="append")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--drawn", action="store_true")
    parser.add_argument("--runs", type=Path, default=Path("runs/synthesis"))
    parser.add_argument("--out", type=Path, default=Path("results/synthesis"))
    args = parser.parse_args()
    found = Table(args.out / "searchers.json", Searched, ("data", "searcher", "seed"))
    for name in [] if args.drawn else args.only or SETS:
        for seed in range(args.seeds or SETS[name][3]):
            for searcher in args.searchers or SEARCHERS:
                make = partial(searched, args.data, name, searcher, seed, args.runs)
                found.measured(make, name, searcher, seed)
    write_text(args.out / "searchers.md", page(found.rows))
    draw(found.rows, args.out / "searchers.png")
    print(page(found.rows))


if __name__ == "__main__":
    main()
