"""Affinities of drugs and proteins: read, made ids, split, drawn in batches that convolve little.

A folder has `drugs.tsv.gz` (id, SMILES), `proteins.tsv.gz` (id, sequence), both with a header, and
`affinity.npz`: `drug_index`, `protein_index` and `value` of each pair, `test_fold` and
`train_fold_0`, `train_fold_1`, ... with numbers of pairs. Fold 0 is valid, the other train folds
are train.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pnet_tf.errors import InputError

LENGTHS = {"davis": (85, 1200), "kiba": (100, 1000)}
"""Data set -> characters of a SMILES and of a protein (Öztürk et al. 2018, section 2.2)."""
MOST_LENGTHS = (100, 1200)
"""Of other sets, which otherwise take their longest."""
SCALES = ("pkd", "raw")
MOST_RAW = 100.0
"""A set with a value above it holds Kd in nM by default; scores such as KIBA's stay below 20."""


@dataclass(frozen=True)
class Affinities:
    """Pairs and their targets; `train`, `valid` and `test` are numbers of pairs.

    `drugs` [D, L] and `proteins` [P, M] are ids of characters, 0 behind the end; each distinct row
    is there once. `pairs` [N, 2] has the row of each, `targets` [N] what is learned.
    """

    name: str
    drugs: np.ndarray
    proteins: np.ndarray
    pairs: np.ndarray
    targets: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def read_affinities(folder: Path, scale: str | None = None) -> Affinities:
    """The set of a folder; `scale` "pkd" makes Kd in nM pKd, "raw" takes the values as they are.

    Raises InputError for missing files, pairs that do not exist, and folds that overlap.
    """
    name = set_name(folder)
    drugs, drug_row = _rows(folder / "drugs.tsv.gz", LENGTHS.get(name), 0)
    proteins, protein_row = _rows(folder / "proteins.tsv.gz", LENGTHS.get(name), 1)
    try:
        with np.load(folder / "affinity.npz", allow_pickle=False) as arrays:
            found = {key: arrays[key] for key in arrays.files}
        ids = found["drug_index"], found["protein_index"]
        targets = scaled(found["value"], scale)
        train, valid, test = split(found, len(targets))
    except (OSError, KeyError) as error:
        raise InputError(f"{folder / 'affinity.npz'} does not fit: {error}") from None
    for what, rows, known in zip(
        ("drug_index", "protein_index"), ids, (drug_row, protein_row), strict=True
    ):
        if len(rows) != len(targets) or rows.min() < 0 or rows.max() >= len(known):
            raise InputError(f"{folder / 'affinity.npz'}: {what} must be below {len(known)}")
    pairs = np.stack([drug_row[ids[0]], protein_row[ids[1]]], axis=1).astype(np.int32)
    return Affinities(name, drugs, proteins, pairs, targets, train, valid, test)


def set_name(folder: Path) -> str:
    """The folder's, without the prefix of the family."""
    return folder.resolve().name.removeprefix("deepdta_")


def split(folds: dict[str, np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Train, valid and test numbers; raises InputError unless they are of `count` and disjoint."""
    names = sorted(name for name in folds if name.startswith("train_fold_"))
    if len(names) < 2:
        raise InputError("affinity.npz must have train_fold_0 and another train_fold_*")
    valid, *others = (folds[name] for name in names)
    parts = np.concatenate(others), valid, folds["test_fold"]
    together = np.concatenate(parts)
    if len(np.unique(together)) != len(together):
        raise InputError("folds of affinity.npz must not share pairs")
    if together.min() < 0 or together.max() >= count:
        raise InputError(f"folds of affinity.npz must hold numbers of the {count} pairs")
    return parts


def scaled(values: np.ndarray, scale: str | None) -> np.ndarray:
    """Targets [N], float32: pKd = -log10(Kd / 1e9) of Kd in nM, or the values themselves."""
    if not np.isfinite(values).all():
        raise InputError("value of affinity.npz must be finite numbers")
    if (scale or ("pkd" if values.max() > MOST_RAW else "raw")) == "raw":
        return values.astype(np.float32)
    if values.min() <= 0:
        raise InputError(f"Kd must be above 0 for pkd, got {values.min()}")
    return (9.0 - np.log10(values)).astype(np.float32)


def _rows(path: Path, lengths: Sequence[int] | None, which: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct rows of ids, and which of them each line of the file has."""
    texts = second_column(path)
    length = lengths[which] if lengths else min(MOST_LENGTHS[which], max(map(len, texts)))
    rows, which_row = np.unique(character_ids(texts, length), axis=0, return_inverse=True)
    return rows, which_row.reshape(-1)


def second_column(path: Path) -> list[str]:
    """Canonical SMILES or sequences, by line; the header left out."""
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()[1:]
        texts = [line.split("\t")[1] for line in lines]
    except (OSError, EOFError, UnicodeDecodeError, IndexError) as error:
        raise InputError(f"{path} is no .tsv.gz with an id and a sequence: {error}") from None
    if not texts:
        raise InputError(f"{path} has no line below its header")
    return texts


def character_ids(texts: Sequence[str], length: int) -> np.ndarray:
    """int32 [texts, length]: places in the sorted alphabet of all texts from 1; cut, 0 behind."""
    places = {character: place for place, character in enumerate(sorted(set("".join(texts))), 1)}
    found = np.zeros((len(texts), length), np.int32)
    for row, text in zip(found, texts, strict=True):
        cut = text[:length]
        row[: len(cut)] = [places[character] for character in cut]
    return found


def batches(
    pairs: np.ndarray,
    rows: np.ndarray,
    each: int,
    together: int,
    rng: np.random.Generator | None = None,
) -> Iterator[np.ndarray]:
    """Each of `rows` once, in batches of `together` groups: at most `each` pairs of one protein.

    A protein costs far more to convolve than a drug, so that a batch of 8 pairs each of 32 proteins
    costs about an eighth of one of 256 pairs. With `rng` pairs and groups are drawn at random.
    """
    drawn = rows if rng is None else rng.permutation(rows)
    proteins = pairs[drawn, 1]
    order = np.argsort(proteins, kind="stable")
    ends = np.flatnonzero(np.diff(proteins[order])) + 1
    groups = [
        part
        for one in np.split(drawn[order], ends)
        for part in np.array_split(one, -(-len(one) // each))
    ]
    turn = range(len(groups)) if rng is None else rng.permutation(len(groups)).tolist()
    for first in range(0, len(groups), together):
        yield np.concatenate([groups[number] for number in turn[first : first + together]])


def inputs_of(data: Affinities, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Distinct `drugs` [D, L] and `proteins` [P, M] of `rows`; places of `pairs` [B, 2] in them."""
    drugs, drug_places = np.unique(data.pairs[rows, 0], return_inverse=True)
    proteins, protein_places = np.unique(data.pairs[rows, 1], return_inverse=True)
    places = np.stack([drug_places.reshape(-1), protein_places.reshape(-1)], axis=1)
    return {"drugs": data.drugs[drugs], "proteins": data.proteins[proteins],
            "pairs": places.astype(np.int32)}  # fmt: skip
