"""What it is worth to choose whom to label: `label_next` beside labels drawn at random.

    python scripts/label_next.py DATA --before 60 --more 60
    python scripts/label_next.py DATA --per-class 3 --more 450

A student learns from few labels of train; of the other messages `--more` are asked for and their
labels given, chosen by `label_next` or at random; another student learns from all of them. Prints
the share of validation messages that each is right on, a line a seed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

import pnet_tf


def few_labels(data: Any, before: int, per_class: int | None, seed: int) -> tuple[Any, np.ndarray]:
    """Places of the labelled examples of train, and of the others."""
    size = len(data.train.targets)
    if per_class is None:
        order = np.random.default_rng([seed, 77]).permutation(size)
        return np.sort(order[:before]), np.sort(order[before:])
    kept = set(pnet_tf.hide_labels(data, per_class, seed)[0].train.inputs.tolist())
    mine = np.array([text in kept for text in data.train.inputs])
    return np.flatnonzero(mine), np.flatnonzero(~mine)


def fitted(data: Any, rows: np.ndarray, seed: int, recipe: str) -> Any:
    """A student alone, of these examples of train."""
    changes = {"trainer": {"name": "none"}, "schedule": {"min_updates": 600}, "seed": seed}
    return pnet_tf.fit(replace(data, train=data.train.take(rows)), changes, recipe=recipe)


def right(found: Any) -> float:
    """The share of validation messages, 0..1."""
    return float(found.best["valid_projection_accuracy"])


def main() -> None:
    """Print a line a seed, and the means."""
    parser = argparse.ArgumentParser(description="label_next beside labels drawn at random.")
    parser.add_argument("data")
    parser.add_argument("--before", type=int, default=60, help="labels to begin with")
    parser.add_argument("--per-class", type=int, help="or so many of each class")
    parser.add_argument("--more", type=int, default=60, help="labels to ask for")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--recipe", default="text-small")
    given = parser.parse_args()
    data, rows = pnet_tf.load_dataset(given.data), []
    for seed in given.seeds:
        mine, rest = few_labels(data, given.before, given.per_class, seed)
        first = fitted(data, mine, seed, given.recipe)
        asked = pnet_tf.label_next(first, data.train.inputs[rest].tolist(), given.more).rows
        chosen = rest[[row.place for row in asked]]
        drawn = np.random.default_rng(seed).permutation(rest)[: len(chosen)]
        more = [
            fitted(data, np.concatenate([mine, new]), seed, given.recipe) for new in (drawn, chosen)
        ]
        rows.append([right(found) for found in (first, *more)])
        print(f"seed {seed}: " + ", ".join(f"{value:.1%}" for value in rows[-1]), flush=True)
    means = ", ".join(f"{value:.1%}" for value in np.mean(rows, axis=0))
    print(f"before, at random, by label_next; means: {means}")


if __name__ == "__main__":
    main()
