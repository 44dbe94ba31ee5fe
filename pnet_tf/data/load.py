"""From the DATA argument to a `Dataset` or a `Split`."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from .archives import ARCHIVE_ENDINGS
from .arrays import is_idx_folder, read_idx_folder, read_npz
from .builtin import BUILTIN_NAMES, read_builtin
from .images import read_image_archive, read_image_folder
from .limits import reading, shown
from .splits import label_indices, sorted_labels, stratified_split
from .tables import TABLE_ENDINGS, is_table, read_table, read_table_folder, split_tables
from .types import SPLIT_OF, SPLITS, TASKS, Dataset, Part, Source, Split

_ENDINGS = (*TABLE_ENDINGS, *ARCHIVE_ENDINGS, ".npz")


def load_dataset(
    source: str, *, seed: int = 0, valid_fraction: float = 0.1, task: str | None = None
) -> Dataset:
    """Read DATA: a built-in name, a table, a folder of tables, of images or of IDX files, an
    archive of images, or an .npz.

    Without a validation split of its own, a stratified `valid_fraction` of train, drawn with
    `seed`, becomes one. `task` None means what the source says: regression for float targets of
    an .npz, otherwise classification. Raises InputError in one sentence for whatever is wrong.
    """
    source = os.fspath(source)
    _check_options(seed, valid_fraction, task)
    found = _read(source, SPLITS, task)
    if "train" not in found.parts:
        raise InputError(f"{source}: no train split; found {', '.join(found.parts) or 'none'}")
    labels = _labels(source, found)
    _check_shapes(source, found)
    splits = {name: _split(part, found.task, labels) for name, part in found.parts.items()}
    if "valid" not in splits:
        splits |= _divide(source, splits["train"], found.task, valid_fraction, seed)
    return Dataset(
        name=_name(source),
        kind=found.kind,
        task=found.task,
        labels=labels,
        input_shape=tuple(found.parts["train"].inputs.shape[1:]),
        train=splits["train"],
        valid=splits["valid"],
        test=splits.get("test"),
        replies=found.replies,
    )


def load_split(
    source: str,
    split: str,
    *,
    labels: Sequence[str],
    kind: str,
    input_shape: Sequence[int],
    task: str,
) -> Split:
    """One split of DATA with targets numbered by `labels` (-1 for a label that is not there).

    A single table gives all its rows whatever `split` says. Raises InputError when the source has
    no such split, or holds another kind or shape of input than the one given.
    """
    source = os.fspath(source)
    if split not in SPLITS:
        raise InputError(f"split must be {', '.join(SPLITS)}, got {shown(split)}")
    _check_options(0, 0.5, task)
    found = _read(source, (split,), task)
    part = found.parts.get("train" if found.single else split)
    if part is None:
        raise InputError(f"{source}: has no {split} split")
    if found.kind != kind:
        raise InputError(f"{source}: holds {found.kind} inputs; allowed for this model: {kind}")
    if part.inputs.shape[1:] != tuple(input_shape):
        raise InputError(
            f"{source}: inputs of shape {list(part.inputs.shape[1:])}; allowed for this model:"
            f" {list(input_shape)}"
        )
    return _split(part, task, labels)


def _check_options(seed: int, valid_fraction: float, task: str | None) -> None:
    if task is not None and task not in TASKS:
        raise InputError(f"task must be {' or '.join(TASKS)}, got {shown(task)}")
    if not 0 < valid_fraction < 1:
        raise InputError(f"valid_fraction must be above 0 and below 1, got {valid_fraction}")
    if seed < 0:
        raise InputError(f"seed must be 0 or more, got {seed}")


def _read(source: str, wanted: Collection[str], task: str | None) -> Source:
    """Dispatch on what `source` is."""
    if source in BUILTIN_NAMES:
        found = read_builtin(source, wanted)
    else:
        path = Path(source)
        with reading(source):
            read = _read_folder if path.is_dir() else _read_file
            found = read(path, wanted, task)
    if task and found.task != task:
        raise InputError(f"{source}: holds classes; allowed for {task}: tables and .npz files")
    return found


def _read_folder(folder: Path, wanted: Collection[str], task: str | None) -> Source:
    names = sorted(entry.name for entry in folder.iterdir())
    if is_idx_folder(folder):
        return read_idx_folder(folder, wanted)
    if any(name.lower() in SPLIT_OF and (folder / name).is_dir() for name in names):
        return read_image_folder(folder, wanted)
    if split_tables(names, str(folder)):
        return read_table_folder(folder, wanted, task or "classification")
    listed = ", ".join(names[:8]) or "nothing"
    raise InputError(
        f"{folder}: found {listed}; allowed: train/valid/test tables"
        f" ({', '.join(TABLE_ENDINGS)}), train/<class>/ images, or the four IDX .gz files"
    )


def _read_file(path: Path, wanted: Collection[str], task: str | None) -> Source:
    if not path.is_file():
        state = "is neither a file nor a folder" if path.exists() else "no such file or folder"
        raise InputError(f"{path}: {state}; built-in names are {', '.join(BUILTIN_NAMES)}")
    if not path.name.lower().endswith(_ENDINGS):
        raise InputError(f"{path}: unknown ending; allowed: {', '.join(_ENDINGS)}, or a folder")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty (0 bytes); needed: data")
    if is_table(path.name):
        return read_table(path, task or "classification")
    if path.name.lower().endswith(".npz"):
        return read_npz(path, wanted, task)
    return read_image_archive(path, wanted)


def _labels(source: str, found: Source) -> tuple[str, ...]:
    """Labels of train; every table of replies must keep to them."""
    labels: tuple[str, ...] = ()
    if found.task == "classification":
        labels = sorted_labels(found.parts["train"].targets)
        if len(labels) < 2:
            raise InputError(
                f"{source}: train has one class, {shown(labels[0])}; needed: two or more"
            )
    stray = sorted(set(found.replies) - set(labels))
    if stray:
        raise InputError(f"{source}: replies for {shown(stray[0])}; allowed: the labels of train")
    return labels


def _check_shapes(source: str, found: Source) -> None:
    """Inputs and regression targets must have one shape in all splits."""
    train = found.parts["train"]
    for name, part in found.parts.items():
        same_inputs = part.inputs.shape[1:] == train.inputs.shape[1:]
        if not same_inputs or part.targets.shape[1:] != train.targets.shape[1:]:
            here, there = (
                f"{list(p.inputs.shape[1:])} -> {list(p.targets.shape[1:])}" for p in (part, train)
            )
            raise InputError(f"{source}: {name} has shape {here}; allowed: {there} as in train")


def _split(part: Part, task: str, labels: Sequence[str]) -> Split:
    if task == "regression":
        return Split(part.inputs, part.targets)
    return Split(part.inputs, label_indices(part.targets, labels))


def _divide(
    source: str, train: Split, task: str, fraction: float, seed: int
) -> dict[str, Split]:
    """Train without, and valid with, the examples held out."""
    strata = train.targets if task == "classification" else np.zeros(len(train.targets), np.int64)
    try:
        kept, held = stratified_split(strata, fraction, seed)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    return {
        name: Split(train.inputs[index], train.targets[index])
        for name, index in (("train", kept), ("valid", held))
    }


def _name(source: str) -> str:
    """Built-in name, or the last part of the path without its ending."""
    name = Path(source).resolve().name
    ending = max((e for e in _ENDINGS if name.lower().endswith(e)), key=len, default="")
    return name[: len(name) - len(ending)] or name
