"""A harder validation split: whole clusters of similar messages are held out of training.

    python scripts/cluster_split.py DATA --out FOLDER [--similarity 0.7] [--fraction 0.2] [--seed 0]

Where messages come from few templates, a random validation split repeats what training saw and
says little about new messages. Here the train and valid messages of DATA are linked wherever the
cosine of their TF-IDF vectors (words and pairs of words) exceeds `--similarity`; whole connected
components go to valid, in random order, until `--fraction` of the messages is there. A component
larger than a tenth of all messages stays in train. The test split is never opened: FOLDER receives
`train.tsv.gz` and `valid.tsv.gz` only.
"""

from __future__ import annotations

import argparse
import gzip
import random
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer
from tsv import read_pairs

LARGEST = 0.1
Rows = list[tuple[str, str]]


def read_rows(folder: Path) -> Rows:
    """Label and text of every train and valid message under `folder`."""
    rows: Rows = []
    for split in ("train", "valid"):
        path = folder / f"{split}.tsv.gz"
        if path.exists():
            rows += read_pairs(path)
    if not rows:
        raise SystemExit(f"{folder}: no train.tsv.gz or valid.tsv.gz")
    return rows


def clusters(texts: list[str], similarity: float) -> np.ndarray:
    """Number of the connected component of each text, int32 [N]."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+").fit_transform(texts)
    near = vectors @ vectors.T
    near.data = (near.data > similarity).astype(np.int8)
    near.eliminate_zeros()
    return connected_components(near, directed=False)[1]


def held_out(component: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Which messages go to valid, bool [N]: whole components up to `fraction` of all."""
    sizes = np.bincount(component)
    order = [int(c) for c in np.flatnonzero(sizes <= LARGEST * len(component))]
    random.Random(seed).shuffle(order)
    room, chosen = fraction * len(component), []
    for c in order:
        if sizes[c] <= room:
            chosen.append(c)
            room -= sizes[c]
    return np.isin(component, chosen)


def write_rows(path: Path, rows: Rows) -> None:
    """Write a table, the same bytes every time."""
    text = "".join(f"{label}\t{message}\n" for label, message in rows)
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def main() -> None:
    """Split a folder of tables and say what went where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--similarity", type=float, default=0.7)
    parser.add_argument("--fraction", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rows = read_rows(args.data)
    component = clusters([text for _, text in rows], args.similarity)
    valid = held_out(component, args.fraction, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    for split, chosen in (("train", ~valid), ("valid", valid)):
        part = [row for row, use in zip(rows, chosen, strict=True) if use]
        write_rows(args.out / f"{split}.tsv.gz", part)
        print(f"{split}: {len(part)} messages, {len(np.unique(component[chosen]))} clusters")


if __name__ == "__main__":
    main()
