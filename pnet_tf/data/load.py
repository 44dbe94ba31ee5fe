"""From the DATA argument to a `Dataset` or a `Split`."""

import os
from collections.abc import Sequence

from ..errors import InputError
from .limits import shown
from .sources import read_named, source_name, source_text
from .spec import InputSpec
from .types import SPLITS, Dataset, Split
from .undivided import (
    Undivided,
    check_division,
    check_part,
    check_task,
    make_undivided,
    to_split,
)


def read_source(source: str | os.PathLike[str], *, task: str | None = None) -> Undivided:
    """Read DATA: a built-in name, or a path in one of the forms that `describe_formats` lists.

    `task` None means what the source says: regression for float targets of an .npz, otherwise
    classification. Raises InputError in one sentence for whatever is wrong.
    """
    text = source_text(source)
    check_task(task)
    found = read_named(text, SPLITS, task)
    return make_undivided(text, source_name(text), found)


def load_dataset(
    source: str | os.PathLike[str],
    *,
    seed: int = 0,
    valid_fraction: float = 0.1,
    task: str | None = None,
) -> Dataset:
    """`read_source(source, task=task).divide(seed=seed, valid_fraction=valid_fraction)`."""
    check_division(seed, valid_fraction)  # before much is read in vain
    return read_source(source, task=task).divide(seed=seed, valid_fraction=valid_fraction)


def load_split(
    source: str | os.PathLike[str],
    split: str,
    *,
    labels: Sequence[str],
    spec: InputSpec,
    task: str,
) -> Split:
    """One split of DATA with targets numbered by `labels` (-1 for a label that is not there).

    A single table gives all its rows whatever `split` says. Raises InputError when the source has
    no such split, or holds another kind or shape of input than `spec`; texts have no shape.
    """
    text = source_text(source)
    if split not in SPLITS:
        raise InputError(f"split must be {', '.join(SPLITS)}, got {shown(split)}")
    check_task(task)
    found = read_named(text, (split,), task)
    part = found.parts.get("train" if found.single else split)
    if part is None:
        raise InputError(f"{text}: has no {split} split")
    check_part(text, "train" if found.single else split, part, found)
    if found.kind != spec.kind:
        raise InputError(f"{text}: holds {found.kind} inputs; allowed for this model: {spec.kind}")
    if spec.kind != "text" and part.inputs.shape[1:] != spec.shape:
        raise InputError(
            f"{text}: inputs of shape {list(part.inputs.shape[1:])}; allowed for this model:"
            f" {list(spec.shape)}"
        )
    return to_split(part, task, labels)
